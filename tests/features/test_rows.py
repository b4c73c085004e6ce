"""Every feature of the table against float64, and its unit by what scaling does."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit import features
from ecmkit._core import feat
from ecmkit.features.blocks import BLOCKS
from ecmkit.formats import DenseLayer, EncodeStep, ProjectStep
from tests.vectors import make_rows as made

TABLE = {row[1]: row for row in feat.table()}
VECTORS = {
    name: float.fromhex(value)
    for name, value in json.loads(
        (Path(made.__file__).with_name("rows.json")).read_text()
    ).items()
}
# Lines are read between those beside them, by steps that know neither; an envelope is
# one of overlapping windows, behind a filter of 60 dB; velocity is that of two filters.
TOLERANCE = {
    "lines": 0.01, "peaks": 0.01, "velocity": 0.01, "envelope": 0.02, "track": 0.01,
}  # fmt: skip
SHARED = {"lo_hz", "hi_hz", "f_hz", "carrier_hz", "spacing_hz", "supply_hz"}


def plan(*, unit: str = "g", time: float = 1.0) -> features.FeaturePlan:
    """Make a plan of all features; with `time`, all frequencies are as many times."""

    def scaled(name: str, value: float) -> float:
        if name in SHARED:
            return value * time
        return value / time if name in ("lo_s", "hi_s") else value

    specs = [
        features.Feature(
            name=name,
            **{k: scaled(k, v) for k, v in made.ROWS.get(name, {}).items()},
        )
        for name in TABLE
        if TABLE[name][3] not in BLOCKS and (name != "velocity_rms" or time == 1.0)
    ]
    other: dict[str, Any] = {**made.ROWS["env_share"], "order": 5.415}
    lo, hi = made.BAND_HZ
    base = features.FeaturePlan(
        channel="a",
        unit=unit,
        fs_hz=made.FS * time,
        range=100.0,
        window_len=made.N,
        hop_len=made.HOP,
        speed_hz=(29.0 * time, 31.0 * time),
        mel=features.PlanMel(n_mels=made.MELS),
        envelope=features.PlanEnvelope(
            band_hz=(lo * time, hi * time),
            halfwidth=made.HALFWIDTH,
            top_hz=500.0 * time,
        ),
        features=(*specs, features.Feature(name="env_share", **other)),
    )
    return with_blocks(base)


def with_blocks(base: features.FeaturePlan) -> features.FeaturePlan:
    """Add a coordinate and an encoder of some features."""
    names = [row.name for row in base.rows]
    layer = DenseLayer(
        weights=(tuple(made.INT8_WEIGHTS.get(name, 0) for name in names),),
        bias=(made.BIAS,),
        multiplier=(made.FACTOR_Q31,),
        shift=(made.EXPONENT,),
        input_zero=made.INPUT_ZERO,
        output_zero=made.OUTPUT_ZERO,
        output_min=-128,
        output_max=127,
    )
    return msgspec.structs.replace(
        base,
        project=ProjectStep(
            mean=tuple(made.MEAN.get(name, 0.0) for name in names),
            components=(tuple(made.WEIGHTS.get(name, 0.0) for name in names),),
        ),
        encode=EncodeStep(
            layers=(layer,),
            input_scale=made.INPUT_SCALE,
            output_scale=made.OUTPUT_SCALE,
        ),
    )


def rows(p: features.FeaturePlan, x: NDArray[Any], speed: float) -> dict[str, float]:
    """Each feature, by its name in the table, of the last window."""
    last = features.Stream(p, speed_hz=speed).push(x)[-1]
    names = {row[0]: row[1] for row in feat.table()}
    found: dict[str, float] = {}
    for row, value in zip(p.rows, last, strict=True):
        found.setdefault(names[row.id], float(value))
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, float]:
    return rows(plan(), made.samples(), made.SPEED)


def test_every_feature_has_an_expected_value() -> None:
    assert VECTORS.keys() == TABLE.keys()
    assert made.ROWS.keys() == {name for name, row in TABLE.items() if any(row[4:7])}
    assert made.rows() == pytest.approx(VECTORS, rel=1e-9)


def test_the_program_knows_the_times_of_the_envelope() -> None:
    """Which samples its history holds; nothing else is taken from the design."""
    e = plan().contract().envelope
    assert e is not None
    found = (e.bin_hz * e.len, e.len, len(e.taps), e.factor, e.halfwidth)
    expected = (made.RATE_HZ, made.LEN, made.TAPS, made.FACTOR, made.HALFWIDTH)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", TABLE)
def test_a_feature_has_its_value(name: str, found: dict[str, float]) -> None:
    tolerance = TOLERANCE.get(TABLE[name][3], 2e-5)
    assert found[name] == pytest.approx(VECTORS[name], rel=tolerance, abs=2e-6)


def louder(name: str, factor: float) -> float:
    """By how much a level rises; a cepstral coefficient but the first does not."""
    return 0.0 if name == "mfcc" else 20 * float(np.log10(factor))


def test_twice_the_samples(found: dict[str, float]) -> None:
    """What has a unit is twice what it was, a ratio stays, a level rises by 6 dB."""
    twice = rows(plan(), 2 * made.samples(), made.SPEED)
    for name, value in found.items():
        expected = {
            "u": 2 * value, "u^2": 4 * value, "mm/s": 2 * value,
            "dB": value + louder(name, 2), "1": value, "Hz": value, "s": value,
        }[TABLE[name][2]]  # fmt: skip
        assert twice[name] == pytest.approx(expected, rel=2e-6), name


def test_samples_in_another_unit(found: dict[str, float]) -> None:
    """The same acceleration in m/s^2: numbers in u are others, velocity is the same."""
    other = rows(plan(unit="m/s^2"), 9.80665 * made.samples(), made.SPEED)
    for name, value in found.items():
        expected = {
            "u": 9.80665 * value, "u^2": 9.80665**2 * value, "mm/s": value,
            "dB": value + louder(name, 9.80665), "1": value, "Hz": value, "s": value,
        }[TABLE[name][2]]  # fmt: skip
        assert other[name] == pytest.approx(expected, rel=5e-6, abs=1e-6), name


def test_the_same_samples_in_half_the_time(found: dict[str, float]) -> None:
    """At twice the rate and the speed: frequencies are twice, times are half, and what
    is told by orders stays. But velocity, whose band is fixed, and bands of the mel
    scale, which are no multiples of each other."""
    fast = rows(plan(time=2.0), made.samples(), 2 * made.SPEED)
    for name, value in found.items():
        factor = {"Hz": 2.0, "s": 0.5}.get(TABLE[name][2], 1.0)
        if name not in ("velocity_rms", "mel_level", "mfcc"):
            assert fast[name] == pytest.approx(factor * value, rel=2e-6), name


def test_mel_levels_and_coefficients_are_those_of_librosa() -> None:
    librosa = pytest.importorskip("librosa")
    p = features.FeaturePlan(
        channel="a",
        unit="g",
        fs_hz=made.FS,
        range=100.0,
        window_len=made.N,
        hop_len=made.HOP,
        mel=features.PlanMel(n_mels=made.MELS),
        features=("mel_level", "mfcc"),
    )
    x = made.samples()[-made.N :]
    (found,) = features.Stream(p).push(x)
    power = librosa.feature.melspectrogram(
        y=x - x.mean(), sr=made.FS, n_fft=made.N, hop_length=made.N, center=False,
        n_mels=made.MELS,
    )  # fmt: skip
    level = 10 * np.log10(power)
    np.testing.assert_allclose(found[: made.MELS], level[:, 0], atol=2e-4)
    expected = librosa.feature.mfcc(S=level, n_mfcc=13)
    np.testing.assert_allclose(found[made.MELS :], expected[:, 0], atol=1e-3)
