"""Permutation importance: what decides is found, and intervals are honest."""

import itertools

import numpy as np
import pytest

from ecmkit.evaluate import permutation_importance
from ecmkit.features import FeatureTable

NAMES = ("cause", "twin", "noise")


def data(n_recordings: int = 8, per: int = 6, seed: int = 0) -> FeatureTable:
    """Recordings of two classes; two features tell them apart, as twins."""
    rng = np.random.default_rng(seed)
    recording = np.repeat([f"r{i}" for i in range(n_recordings)], per)
    faulty = np.repeat(np.arange(n_recordings) % 2, per)
    cause = faulty + 0.1 * rng.normal(size=len(faulty))
    x = np.column_stack([cause, cause, rng.normal(size=len(faulty))])
    return FeatureTable(
        x=x.astype(np.float32),
        names=NAMES,
        units=("g", "g", "1"),
        recording=recording,
        start=np.arange(len(faulty)),
        label=np.where(faulty, "faulty", "normal"),
        group=np.repeat([f"m{i // 2}" for i in range(n_recordings)], per),
        contract_id="",
    )


def accuracy(table: FeatureTable, column: int = 0):
    truth = table.label == "faulty"
    return lambda x: float(np.mean((x[:, column] > 0.5) == truth))


def test_only_what_the_model_reads_is_worth_something() -> None:
    table = data()
    found = permutation_importance(accuracy(table), table, seed=1)
    assert found[0].name == "cause"
    assert found[0].drop > 0.3
    assert found[0].lower < found[0].drop < found[0].upper
    assert {(one.drop, one.lower, one.upper) for one in found[1:]} == {(0.0, 0.0, 0.0)}


def test_whole_recordings_are_exchanged() -> None:
    """Every window gets its value from another recording, all from the same one."""
    table = data()
    origin = {float(v): r for v, r in zip(table.x[:, 2], table.recording, strict=True)}
    seen = []

    def score(x: np.ndarray) -> float:
        sources = np.array([origin[float(v)] for v in x[:, 2]])
        if (x[:, 2] != table.x[:, 2]).any():
            for name in np.unique(table.recording):
                (source,) = set(sources[table.recording == name])
                assert source != name
            seen.append(len(set(sources)))
        return 0.0

    permutation_importance(score, table, repeats=5, seed=1)
    # Drawn without replacement: each recording lends once.
    assert seen == [8] * 5


def test_twins_hide_each_other_unless_they_are_a_family() -> None:
    table = data()
    truth = table.label == "faulty"

    def either(x: np.ndarray) -> float:
        found = np.maximum(x[:, 0], x[:, 1]) - np.minimum(x[:, 0], x[:, 1]) < 0.5
        return float(np.mean(np.where(found, (x[:, 0] > 0.5) == truth, True)))

    alone = permutation_importance(either, table, seed=1)
    assert max(one.drop for one in alone) == 0.0
    families = {"both": ["cause", "tw*"], "rest": ["noise"]}
    together = permutation_importance(either, table, families=families, seed=1)
    assert [one.name for one in together] == ["both", "rest"]
    assert together[0].drop > 0.3


def test_machines_are_kept_together_where_asked() -> None:
    table = data()
    found = permutation_importance(accuracy(table), table, by="group", seed=1)
    assert found[0].name == "cause"


def test_intervals_cover_the_mean_over_all_exchanges() -> None:
    """At the stated rate, over many seeds; the truth is counted out."""
    table = data(n_recordings=5, per=1)
    score = accuracy(table)
    n = len(table.x)
    drops = []
    for order in itertools.permutations(range(n)):
        if all(i != j for i, j in enumerate(order)):
            x = table.x.copy()
            x[:, 0] = table.x[list(order), 0]
            drops.append(score(table.x) - score(x))
    truth = float(np.mean(drops))
    seeds = 400
    covered = 0
    for seed in range(seeds):
        found = permutation_importance(score, table, repeats=30, level=0.9, seed=seed)
        (one,) = (f for f in found if f.name == "cause")
        covered += one.lower <= truth <= one.upper
    # 90 %, and three standard deviations of a count of 400.
    assert abs(covered / seeds - 0.9) < 3 * (0.09 / seeds) ** 0.5


def test_settings_that_cannot_be_met_are_refused() -> None:
    table = data()
    score = accuracy(table)
    with pytest.raises(ValueError, match="1 repeats"):
        permutation_importance(score, table, repeats=1, seed=0)
    with pytest.raises(ValueError, match="found 'tvin' in 'both'"):
        permutation_importance(score, table, families={"both": ["tvin"]}, seed=0)
    one = table.rows(table.recording == "r0")
    with pytest.raises(ValueError, match="recording: found 1, expected at least 2"):
        permutation_importance(score, one, seed=0)
