"""The first stages: stretches of recordings, their quality, their features."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from ecmkit.data import Dataset
from ecmkit.errors import DataError
from ecmkit.features import load_plan
from ecmkit.flow.cache import StageCache
from ecmkit.flow.project import STRETCHES
from ecmkit.flow.read import _part, check_stage, extract_stage
from tests.flow.recordings import dataset, project, recording

PLAN = load_plan("bearing")


def quiet(stage: str, note: str) -> None:
    """Show nothing."""


@pytest.mark.parametrize("n", [1, 7, 1000, 1001])
@pytest.mark.parametrize("cuts", [(0.6, 0.8), (0.1, 0.5), (1 / 3, 2 / 3), (0.6, 0.61)])
def test_parts_in_time_are_a_partition(n: int, cuts: tuple[float, float]) -> None:
    whole = Dataset((recording("a", n=n), recording("b", n=2 * n + 1)))
    edges = (0.0, *cuts, 1.0)
    parts = [_part(whole, (low, high)) for low, high in itertools.pairwise(edges)]
    for number, one in enumerate(whole):
        pieces = [part.recordings[number].x for part in parts]
        np.testing.assert_array_equal(np.concatenate(pieces, axis=1), one.x)
        assert all(part.recordings[number].info == one.info for part in parts)
        for (low, high), piece in zip(itertools.pairwise(edges), pieces, strict=True):
            assert abs(piece.shape[1] - (high - low) * one.x.shape[1]) <= 1


def test_the_whole_is_not_copied() -> None:
    whole = dataset("a1")
    assert _part(whole, (0.0, 1.0)) is whole


def test_bad_recordings_are_left_out_with_the_reason() -> None:
    bad = recording("burst")
    bad.x[0, 100:130] = np.nan
    life = {name: dataset("normal1", "normal2") for name in STRETCHES}
    life["before"] = Dataset((bad, recording("short", n=4095), recording("fine")))
    kept, dropped = check_stage(project(), PLAN, life, quiet)
    assert [r.info.id for r in kept["before"]] == ["fine"]
    assert kept["train"].hash == life["train"].hash
    assert len(dropped) == 2
    assert dropped[0] == "before: burst: nonfinite: found 30 samples, expected none"
    assert dropped[1].startswith("before: short: n_samples: found 4095, expected 16384")


def test_a_stretch_without_a_good_recording_is_named() -> None:
    life = {name: dataset("normal1") for name in STRETCHES}
    life["after"] = Dataset((recording("slow", fs_hz=6000.0),))
    with pytest.raises(DataError, match=r"^after stretch: .*slow: fs_hz: found 6000"):
        check_stage(project(), PLAN, life, quiet)


def test_features_are_computed_once_for_the_same_recordings(tmp_path: Path) -> None:
    cache = StageCache(tmp_path)
    life = {"train": dataset("normal1"), "before": dataset("normal1")}
    tables = extract_stage(PLAN, life, cache, quiet)
    assert cache.hits == ["extract"]
    assert tables["train"].hash == tables["before"].hash
    assert tables["train"].x.shape == (3, 34)
    extract_stage(PLAN, {"train": dataset("normal1", load=2.0)}, cache, quiet)
    assert cache.hits == ["extract"]
