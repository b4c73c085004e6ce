"""Verdicts: each fault of a recording is found, named, and only dropped on record."""

import itertools

import msgspec
import numpy as np
import pytest

from ecmkit.data import (
    Dataset,
    Expectations,
    QualityReport,
    Recording,
    RecordingInfo,
    check,
    clean,
)
from ecmkit.data.quality import longest_run
from ecmkit.errors import DataError


def noise(seed=0, n=5000):
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


def recording(x, name="a", **more):
    fields = {"machine": "m", "label": "inner", "unit": "g", "fs_hz": 1e3, **more}
    info = RecordingInfo(id=name, **fields)
    return Recording(info=info, channels=("DE",), x=np.atleast_2d(x))


def verdict(x, expect=None, **more):
    report = check(Dataset((recording(x, **more),)), expect=expect)
    return report.recordings[0]


def with_nan(x):
    x[[3, 7]] = np.nan, np.inf
    return x


def test_good_recording_is_kept():
    found = verdict(noise(), speed_hz=30.0)
    assert found.verdict == "keep"
    assert found.reasons == ()
    assert found.rms == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("x", "expect", "more", "words"),
    [
        (with_nan(noise()), {}, {}, "nonfinite: found 2"),
        (np.clip(noise(), -1, 1), {}, {"range": 1.0}, "clipped_share: found 0.3"),
        (np.clip(noise(), -1, 1), {"range": 1.0}, {}, "clipped_share"),
        (np.concatenate([noise(), np.ones(64, "f4")]), {}, {}, "stuck_run: found 64"),
        (noise() + 3, {"dc_share": 1.0}, {}, "mean: found 3"),
        (np.ones(9, "f4"), {"dc_share": 1.0}, {}, "mean: found 1"),
        (noise(n=100), {"min_len": 4096}, {}, "n_samples: found 100"),
        (noise(), {"fs_hz": 2e3}, {}, "fs_hz: found 1000, expected 2000"),
        (noise(), {"unit": "m/s2"}, {}, "unit: found 'g'"),
        (noise(), {"speed": True}, {}, "speed_hz: found none"),
        (noise(), {"label": True}, {"label": ""}, "label: found none"),
    ],
)
def test_each_fault_is_named(x, expect, more, words):
    found = verdict(x, Expectations(**expect), **more)
    assert found.verdict == "drop"
    assert len(found.reasons) == 1
    assert words in found.reasons[0]


def test_the_range_of_the_recording_wins_over_the_expected_one():
    x = np.clip(noise(), -1, 1)
    assert verdict(x, Expectations(range=1.0), range=2.0).clipped_share == 0


def test_an_offset_alone_is_no_fault():
    assert verdict(noise() + 3).verdict == "keep"


def test_the_worst_channel_counts():
    both = np.stack([noise(1), np.zeros(5000, np.float32)])
    info = recording(noise()).info
    dataset = Dataset((Recording(info=info, channels=("DE", "FE"), x=both),))
    assert "stuck_run: found 5000" in check(dataset).recordings[0].reasons[0]


def test_the_second_of_two_equal_recordings_is_dropped():
    dataset = Dataset(
        tuple(recording(noise(s), n) for n, s in zip("abc", (1, 2, 1), strict=True))
    )
    report = check(dataset)
    assert report.kept == ("a", "b")
    assert report.dropped[0].reasons == ("samples: found those of a, expected others",)


@pytest.mark.parametrize("seed", range(20))
def test_longest_run_against_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, rng.integers(1, 50)).astype(np.float32)
    best = run = 1
    for a, b in itertools.pairwise(x):
        run = run + 1 if a == b else 1
        best = max(best, run)
    assert longest_run(x) == best
    assert longest_run(np.array([], np.float32)) == 0


def test_clean_keeps_what_the_report_keeps():
    good, bad = recording(noise(), "good"), recording(noise(n=9), "bad")
    dataset = Dataset((bad, good))
    report = check(dataset, expect=Expectations(min_len=10))
    assert [r.info.id for r in clean(dataset, report)] == ["good"]


def test_clean_refuses_to_leave_nothing():
    dataset = Dataset((recording(noise(n=9)),))
    report = check(dataset, expect=Expectations(min_len=10))
    with pytest.raises(DataError, match="a: n_samples: found 9"):
        clean(dataset, report)
    with pytest.raises(DataError, match="the dataset is empty"):
        clean(Dataset(()), check(Dataset(())))


def test_clean_names_the_first_of_many():
    many = Dataset(tuple(recording(noise(i, n=3), f"r{i}") for i in range(100)))
    with pytest.raises(DataError, match=r"among 100.*r4: .*; and 95 more$"):
        clean(many, check(many, expect=Expectations(min_len=4)))


def test_clean_refuses_the_report_of_other_data():
    a, b = Dataset((recording(noise(1)),)), Dataset((recording(noise(2)),))
    with pytest.raises(ValueError, match="report: found one about dataset"):
        clean(a, check(b))


def test_the_report_goes_to_json_and_back():
    report = check(Dataset((recording(noise()),)))
    again = msgspec.json.decode(msgspec.json.encode(report), type=QualityReport)
    assert again == report


def test_a_channel_of_length_zero():
    assert verdict(np.empty((1, 0), np.float32)).verdict == "drop"
