"""Scalers: fitted here, run by the device; the sizes that they promise."""

import msgspec
import numpy as np
import pytest

from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.errors import FormatError
from ecmkit.features import FeaturePlan, fit_scaler
from ecmkit.formats import convert

PLAN = FeaturePlan(
    channel="DE",
    unit="g",
    fs_hz=12000.0,
    range=16.0,
    window_len=256,
    hop_len=256,
    features=("rms", "kurtosis", "centroid", "mean"),
)


def recordings(seed=0, n=50):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((1, 256 * n)) * np.repeat(rng.uniform(1, 3, n), 256)
    info = RecordingInfo(id="a", machine="m", label="", unit="g", fs_hz=12000.0)
    return Dataset((Recording(info=info, channels=("DE",), x=x.astype(np.float32)),))


TABLE = PLAN.extract(recordings())


def scaled(scaler):
    return msgspec.structs.replace(PLAN, scaler=scaler).extract(recordings())


def test_zscore():
    table = scaled(fit_scaler(TABLE))
    np.testing.assert_allclose(table.x.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(table.x.std(0), 1, rtol=1e-5)
    assert table.units == ("1",) * 4
    assert table.contract_id != TABLE.contract_id


def test_minmax_and_robust():
    x = scaled(fit_scaler(TABLE, kind="minmax")).x
    np.testing.assert_allclose([x.min(0), x.max(0)], [[0] * 4, [1] * 4], atol=2e-6)
    x = scaled(fit_scaler(TABLE, kind="robust")).x
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(middle, 0, atol=1e-5)
    np.testing.assert_allclose(high - low, 1, rtol=1e-5)


def test_fixed_ranges_and_lines():
    at = [TABLE.names.index(name) for name in ("rms", "kurtosis", "centroid", "mean")]
    x = scaled(fit_scaler(TABLE, kind="range", by={"rms": (1, 3), "kurt*": (2, 4)})).x
    plain = TABLE.x[:, at]
    np.testing.assert_allclose(x[:, at[0]], (plain[:, 0] - 1) / 2, rtol=1e-6)
    np.testing.assert_allclose(x[:, at[1]], (plain[:, 1] - 2) / 2, rtol=1e-5)
    np.testing.assert_array_equal(x[:, at[2:]], plain[:, 2:])
    x = scaled(fit_scaler(TABLE, kind="linear", by={"*": (1.0, 0.5)})).x
    np.testing.assert_array_equal(x, (TABLE.x - np.float32(1)) * np.float32(0.5))


def test_a_feature_that_does_not_vary_is_ignored():
    flat = Dataset(
        (msgspec_replace(recordings().recordings[0], np.ones((1, 2560), np.float32)),)
    )
    table = PLAN.extract(flat)
    assert fit_scaler(table).factor == (0.0,) * 4


def msgspec_replace(recording, x):
    return Recording(info=recording.info, channels=recording.channels, x=x)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "range"}, ["by", "None", "mapping"]),
        ({"kind": "zscore", "by": {}}, ["by", "range and linear alone"]),
        ({"kind": "range", "by": {"rsm": (0, 1)}}, ["by", "'rsm'", "rms"]),
        ({"kind": "range", "by": {"rms": (1, 0)}}, ["by", "1 ... 0", "rising"]),
        ({"kind": "linear", "by": {"rms": (0, np.nan)}}, ["by", "finite"]),
        ({"kind": "quantile"}, ["kind", "quantile", "zscore"]),
    ],
)
def test_mistakes(options, words):
    with pytest.raises(ValueError, match="found") as caught:
        fit_scaler(TABLE, **options)
    for word in words:
        assert word in str(caught.value)


def test_a_plan_with_a_scaler_goes_through_a_file():
    plan = msgspec.structs.replace(PLAN, scaler=fit_scaler(TABLE))
    again = convert(msgspec.to_builtins(plan), FeaturePlan, where="plan.toml")
    assert again == plan
    assert again.contract().id == plan.contract().id
    short = {**msgspec.to_builtins(plan), "features": ["rms"]}
    with pytest.raises(FormatError, match=r"plan.toml.*scaler.offset.*4 numbers"):
        convert(short, FeaturePlan, where="plan.toml")
