"""Streams: any pieces give the rows of the whole; what does not fit is refused."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.errors import DataError
from ecmkit.features import (
    Feature,
    FeaturePlan,
    PlanEnvelope,
    PlanFilter,
    Stream,
    extract,
    load_plan,
    plan_names,
)

FS, SPEED = 12000.0, 30.0
PLAIN = FeaturePlan(
    channel="DE",
    unit="g",
    fs_hz=FS,
    range=16.0,
    window_len=256,
    hop_len=96,
    features=("rms", "kurtosis", "median", "spectral_entropy"),
)
FULL = msgspec.structs.replace(
    PLAIN,
    window_len=512,
    hop_len=256,
    speed_hz=(25.0, 35.0),
    envelope=PlanEnvelope(band_hz=(2000.0, 5000.0), form="log", whiten=True),
    filters=(PlanFilter(passes="highpass", cutoffs_hz=(50.0,)),),
    welch=3,
    features=(
        "rms",
        "velocity_rms",
        "centroid",
        Feature(name="env_order", orders=(1.0, 3.5)),
    ),
)
RECTIFIED = msgspec.structs.replace(
    FULL, hop_len=200, envelope=PlanEnvelope(band_hz=(2000, 5000), detector="rectified")
)
BOTH = msgspec.structs.replace(FULL, channel=None, channels=("DE", "FE"))
SIGNAL = np.random.default_rng(1).standard_normal((2, 24_000)).astype(np.float32)


LONG = np.random.default_rng(3).standard_normal((1, 50_000)).astype(np.float32)


def whole(plan, x):
    info = RecordingInfo(
        id="a", machine="m", label="", unit=plan.unit, fs_hz=plan.fs_hz, speed_hz=SPEED
    )
    data = Dataset((Recording(info=info, channels=plan.all_channels, x=x),))
    return extract(data, plan).x


def pieces(plan, x, seed, most):
    stream, rng, at, rows = (
        Stream(plan, speed_hz=SPEED),
        np.random.default_rng(seed),
        0,
        [],
    )
    while at < x.shape[1]:
        n = int(rng.integers(0, most))
        rows.append(stream.push(x[:, at : at + n]))
        at += n
    return np.concatenate(rows)


@pytest.mark.parametrize("plan", [PLAIN, FULL, RECTIFIED, BOTH])
def test_any_pieces_give_the_rows_of_the_whole(plan):
    x = SIGNAL[: len(plan.all_channels)]
    expected = whole(plan, x)
    assert len(expected) > 20

    @settings(deadline=None, max_examples=12)
    @given(seed=st.integers(0, 2**31), most=st.sampled_from([2, 300, 1000, 30_000]))
    def check(seed, most):
        part = x if most > 2 else x[:, :600]
        found = pieces(plan, part, seed, most)
        np.testing.assert_array_equal(found, expected[: len(found)])
        assert len(found) == len(expected) or most == 2

    check()


@pytest.mark.parametrize("name", plan_names())
def test_ready_plans_in_pieces(name):
    plan = load_plan(name)
    rng = np.random.default_rng(2)
    channels = len(plan.all_channels)
    n = plan.span_len + 5 * plan.hop_len
    x = rng.standard_normal((channels, n)).astype(np.float32)
    info = RecordingInfo(
        id="a",
        machine="m",
        label="",
        unit=plan.unit,
        fs_hz=plan.fs_hz,
        speed_hz=plan.speed_hz[1] if plan.speed_hz else 0.0,
    )
    data = Dataset((Recording(info=info, channels=plan.all_channels, x=x),))
    expected = extract(data, plan)
    assert len(expected.x) == 6
    stream, cuts = Stream(plan, speed_hz=info.speed_hz), rng.integers(0, n, 30)
    rows = [stream.push(part) for part in np.split(x, np.sort(cuts), axis=1)]
    np.testing.assert_array_equal(np.concatenate(rows), expected.x)
    assert extract(data, plan, threads=2).hash == expected.hash


def test_holes_are_left_out_or_refused():
    x = LONG.copy()
    x[0, 25_000] = np.inf
    stream = Stream(FULL, speed_hz=SPEED)
    with pytest.raises(DataError, match="found 1 samples not finite"):
        stream.push(x)
    assert stream.windows == 0
    stream = Stream(FULL, speed_hz=SPEED, nonfinite="drop")
    found = stream.push(x)
    behind = -(-25_001 // 256) * 256
    expected = [whole(FULL, x[:, :25_000]), whole(FULL, x[:, behind:])]
    np.testing.assert_array_equal(found, np.concatenate(expected))
    assert stream.windows == (50_000 - 512) // 256 + 1


def test_a_gap_begins_anew():
    stream = Stream(FULL, speed_hz=SPEED)
    stream.push(LONG[:, :25_000])
    stream.gap()
    found = stream.push(LONG[:, :25_000])
    np.testing.assert_array_equal(found, whole(FULL, LONG[:, :25_000]))


def test_the_speed_may_change():
    stream = Stream(FULL, speed_hz=SPEED)
    first = stream.push(SIGNAL[:1, :20_000])
    stream.set_speed(33.0)
    later = stream.push(SIGNAL[:1, 20_000:])
    same = whole(FULL, SIGNAL[:1])
    np.testing.assert_array_equal(first, same[: len(first)])
    assert (later[:, -1] != same[len(first) :, -1]).any()
    np.testing.assert_array_equal(later[:, :3], same[len(first) :, :3])


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match="stream: speed_hz: found 0"):
        Stream(FULL)
    with pytest.raises(DataError, match="found 40, expected 25"):
        Stream(FULL, speed_hz=SPEED).set_speed(40.0)
    with pytest.raises(ValueError, match=r"x: found shape \(2, 9\).*one row for each"):
        Stream(PLAIN).push(np.zeros((2, 9)))
    assert Stream(PLAIN).push([]).shape == (0, 4)
