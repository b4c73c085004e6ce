"""Zones among limits in the core: a look back at all values as judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import level

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "machine.json").read_text()
)


def f32(*values):
    return np.array(values, np.float32)


def follow(state, x):
    zones = np.empty(len(x), np.uint32)
    state.update(np.asarray(x, np.float32), zones)
    return zones


def test_vectors():
    x = [float.fromhex(v) for v in VECTORS["level"]["x"]]
    state = level.LevelF32(f32(-0.25, 0.25, 0.5), f32(-0.5, 0.0, 0.5), 2, 3)
    np.testing.assert_array_equal(follow(state, x), VECTORS["level"]["zone"])


def test_a_value_on_a_limit_belongs_to_the_zone_below():
    limits = f32(2.3, 4.5, 7.1)
    for i, limit in enumerate(limits):
        assert level.zone_f32(limits, limit) == i
        assert level.zone_f32(limits, np.nextafter(limit, f32(9)[0])) == i + 1
    assert level.zone_f32(limits, -np.inf) == 0
    assert level.zone_f32(limits, np.inf) == 3


@pytest.mark.parametrize("seed", range(5))
def test_without_brakes_it_is_the_zone_of_the_value(seed):
    rng = np.random.default_rng(seed)
    limits = np.sort(rng.standard_normal(rng.integers(1, 17))).astype(np.float32)
    x = rng.standard_normal(300).astype(np.float32)
    found = follow(level.LevelF32(limits, None, 1, 1), x)
    np.testing.assert_array_equal(found, (x[:, None] > limits).sum(axis=1))


def test_any_chunks_give_the_same_zones():
    x = np.random.default_rng(1).standard_normal(400)
    state = level.LevelF32(f32(-0.5, 0.5), f32(-0.7, 0.2), 2, 3)
    whole = follow(state, x)
    state.start()
    parts = [follow(state, part) for part in np.array_split(x, 37)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert len(set(whole)) == 3


def test_brakes_only_make_it_move_less():
    x = np.random.default_rng(2).standard_normal(2000)
    moves = []
    for release, hold in ((None, 1), (f32(-0.4, 0.0), 1), (f32(-0.4, 0.0), 3)):
        zones = follow(level.LevelF32(f32(0.0, 1.0), release, hold, hold), x)
        moves.append(np.count_nonzero(np.diff(zones.astype(int))))
    assert moves[0] > moves[1] > moves[2] > 0


def test_refusals():
    state = level.LevelF32(f32(1, 2), None, 1, 1)
    before = follow(state, [1.5])
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        follow(state, [np.nan])
    np.testing.assert_array_equal(follow(state, [1.5]), before)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        level.zone_f32(f32(1), np.nan)
    for limits, release, hold, name in (
        (f32(2, 1), None, 1, "ARG"),
        (f32(1, np.inf), None, 1, "ARG"),
        (f32(1, 2), f32(1, 2.5), 1, "ARG"),
        (f32(1, 2), f32(1, 0.5), 1, "ARG"),
        (f32(1, 2), None, 0, "ARG"),
        (f32(), None, 1, "NULL"),
        (np.arange(17, dtype=np.float32), None, 1, "LENGTH"),
    ):
        with pytest.raises(ValueError, match=f"ECM_ERR_{name}"):
            level.LevelF32(limits, release, hold, 1)
    with pytest.raises(ValueError, match="release has length 1"):
        level.LevelF32(f32(1, 2), f32(1), 1, 1)
    with pytest.raises(ValueError, match="zones has length 1"):
        state.update(f32(1, 2), np.zeros(1, np.uint32))
