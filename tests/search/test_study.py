"""Studies: pruners and samplers do what they say, and nothing is lost."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.errors import FormatError, MissingError
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search import (
    Axis,
    Candidate,
    Limits,
    Problem,
    SearchSettings,
    Study,
    Trial,
)
from ecmkit.search.settings import Objective
from ecmkit.search.study import beaten, pareto
from tests.search.told import Told, cost, rising
from tests.synthetic import table

ROOT = Path(__file__).parents[2]
TREES = {"random-forest": {"n_trees": Axis(low=1, high=200)}}
ONE: tuple[Objective, ...] = ("score",)


def settings(**changes: object) -> SearchSettings:
    own: dict[str, object] = {"space": TREES, "trials": 12, "startup": 3}
    return SearchSettings(**(own | changes))  # type: ignore[arg-type]


def done(number: int, scores: tuple[float, ...], instructions: int) -> Trial:
    return Trial(
        number=number,
        state="done",
        candidate=Candidate(family="random-forest"),
        cost=cost(instructions),
        scores=scores,
    )


def grid(*trees: int, **changes: object) -> SearchSettings:
    """Search exactly these numbers of trees, all other options fixed."""
    fixed = {"max_depth": 3, "min_samples_leaf": 1, "max_features": "sqrt"}
    space = {name: Axis(choices=(value,)) for name, value in fixed.items()}
    space["n_trees"] = Axis(choices=trees)
    return settings(space={"random-forest": space}, sampler="grid", **changes)


def test_median_pruning_reproduces_a_worked_example(tmp_path: Path) -> None:
    # The first two start up; their means are 0.5 and 0.8 after a fold, 0.6 and 0.9
    # after two. The medians are 0.65 and 0.75: a trial with 0.6 goes after its first
    # fold, one with 0.7 and 0.7 after its second, one with 0.9 stays.
    folds = [(0.5, 0.7, 0.5), (0.8, 1.0, 0.9), (0.6, 0.9, 0.9), (0.7, 0.7, 0.9),
             (0.9, 0.9, 0.95)]  # fmt: skip
    problem, order = Told(), list[int]()

    def scores(options: dict, fold: int) -> float:
        if options["n_trees"] not in order:
            order.append(options["n_trees"])
        return folds[order.index(options["n_trees"])][fold]

    problem.scores = scores
    study = Study(
        "a", grid(1, 2, 3, 4, 5, objectives=ONE, startup=2), tmp_path / "journal"
    )
    found = study.run(problem)
    assert [t.state for t in found] == ["done", "done", "pruned", "pruned", "done"]
    assert [len(t.scores) for t in found] == [3, 3, 1, 2, 3]
    assert [t.number for t in study.front()] == [4]


def test_hyperband_stops_some_and_keeps_the_best(tmp_path: Path) -> None:
    own = settings(
        objectives=ONE, pruner="hyperband", trials=40, sampler="random", seed=1
    )
    found = Study("a", own, tmp_path / "journal").run(Told(n_folds=9))
    states = {t.state for t in found}
    assert states == {"done", "pruned"}
    best = max(found, key=lambda t: t.candidate.options["n_trees"])
    assert best.state == "done"


def test_only_what_costs_no_more_may_prune() -> None:
    own = settings(startup=2)
    others = [done(0, (0.9, 0.9), 100), done(1, (0.7, 0.7), 200),
              done(2, (0.99, 0.99), 5000)]  # fmt: skip
    assert beaten((0.7,), cost(300), others, own)  # below the median, 0.8, of 0 and 1
    assert not beaten((0.8,), cost(300), others, own)
    assert not beaten((0.1,), cost(150), others, own)  # one rival, two are wanted
    assert not beaten((0.1,), cost(50), others, own)  # nothing is as cheap


def test_front_has_what_nothing_beats() -> None:
    trials = [done(0, (0.9,), 100), done(1, (0.8,), 50), done(2, (0.8,), 60),
              done(3, (0.9,), 100), done(4, (0.5,), 40)]  # fmt: skip
    assert [t.number for t in pareto(trials, settings())] == [0, 1, 4]


def test_infeasible_candidates_are_cut_before_training_and_counted(
    tmp_path: Path,
) -> None:
    own = settings(limits=Limits(instructions=10_000), pruner="none", trials=20)
    problem = Told()
    study = Study("a", own, tmp_path / "journal")
    found = study.run(problem)
    over = [t for t in found if t.candidate.options["n_trees"] > 100]
    assert over
    assert [t for t in found if t.state == "infeasible"] == over
    assert all(not t.scores and t.cost is not None for t in over)
    assert len(problem.trained) == 3 * (len(found) - len(over))
    assert all(t.candidate.options["n_trees"] <= 100 for t in study.front())
    # The sampler learns where the limit is: fewer are cut later than at first.
    late = [t for t in found if t.number >= 10 and t.state == "infeasible"]
    assert len(late) <= len([t for t in over if t.number < 10]) + 2


def test_detectors_that_keep_few_windows_are_searched_under_a_limit(
    tmp_path: Path,
) -> None:
    def told(compiled: CompiledModel, rows: object) -> ModelCost:
        return cost(len(compiled.source), compiled.flash_bytes)

    data = table(n=60, n_features=3, n_classes=1)
    first = data.group != "m3"
    few = Axis(choices=(7, 15, 30))
    space = {
        family: {"n_neighbors": Axis(choices=(3,)), "n_prototypes": few}
        for family in ("lof", "nearest-neighbours")
    }
    own = settings(
        families=tuple(space), space=space, sampler="grid", trials=6,
        limits=Limits(flash_bytes=10**6), pruner="none",
    )  # fmt: skip
    problem = Problem(
        table=data, folds=[(first, ~first)], cost=told,
        score=lambda model, rows, found: -float(np.mean(found)),
    )  # fmt: skip
    found = Study("a", own, tmp_path / "journal").run(problem)
    assert [t.state for t in found] == ["done"] * 6
    assert {t.candidate.family for t in found} == set(space)
    # Of few windows none has 60 neighbours: that ends those candidates alone.
    for family in space:
        space[family] = {"n_neighbors": Axis(choices=(3, 60)), "n_prototypes": few}
    own = msgspec.structs.replace(own, space=space, trials=12)
    found = Study("b", own, tmp_path / "journal").run(problem)
    many = [t for t in found if t.candidate.options["n_neighbors"] == 60]
    assert [t for t in found if t.state == "failed"] == many
    assert len(many) == len(found) - len(many) == 6
    assert all("expected at least 61" in t.reason for t in many)


def test_what_surely_does_not_fit_is_cut_without_a_short_training(
    tmp_path: Path,
) -> None:
    @dataclass
    class Bounded(Told):
        foretold: int = 0

        def lower_bound(self, candidate: Candidate) -> ModelCost:
            return cost(50 * candidate.options["n_trees"])

        def expected(self, candidate: Candidate) -> ModelCost:
            self.foretold += 1
            return super().expected(candidate)

    own = settings(limits=Limits(instructions=4_000), pruner="none", trials=12)
    problem = Bounded()
    found = Study("a", own, tmp_path / "journal").run(problem)
    surely = [t for t in found if t.candidate.options["n_trees"] > 80]
    assert surely
    assert all(t.state == "infeasible" for t in surely)
    # One candidate is foretold before the first trial.
    trained = len(problem.trained) // 3
    assert problem.foretold == 1 + len(found) - len(surely) + trained


def test_what_cannot_be_searched_is_refused_before_the_first_trial(
    tmp_path: Path,
) -> None:
    def unknown(candidate: Candidate) -> ModelCost:
        raise ValueError("the cost model of cortex-m9 knows no map-erf")

    problem = Told()
    problem.expected = unknown  # type: ignore[method-assign]
    study = Study("a", settings(), tmp_path / "journal")
    why = "'random-forest' cannot be searched here: .* cortex-m9 knows no map-erf"
    with pytest.raises(ValueError, match=why):
        study.run(problem)
    assert not study.trials()
    space = {"random-forest": {"n_tree": Axis(low=1, high=9)}}
    other = Study("b", settings(space=space), tmp_path / "journal")
    with pytest.raises(ValueError, match=r"'n_tree', expected .* mean 'n_trees'"):
        other.run(Told())
    assert not other.trials()


def test_grid_covers_every_combination_once(tmp_path: Path) -> None:
    space = {
        "random-forest": {
            "n_trees": Axis(low=10, high=40, log=True),
            "max_depth": Axis(choices=(3, 5)),
            "min_samples_leaf": Axis(choices=(1,)),
            "max_features": Axis(choices=("sqrt",)),
        }
    }
    own = settings(space=space, sampler="grid", pruner="none", trials=100)
    found = Study("a", own, tmp_path / "journal").run(Told())
    pairs = [
        (t.candidate.options["n_trees"], t.candidate.options["max_depth"])
        for t in found
    ]
    assert sorted(pairs) == [(n, d) for n in (10, 20, 40) for d in (3, 5)]


@pytest.mark.parametrize("sampler", ["random", "tpe", "nsga2", "gp", "grid"])
def test_the_same_seed_gives_the_same_candidates(tmp_path: Path, sampler: str) -> None:
    trials = 5 if sampler == "gp" else 12
    seeds = [7, 7] if sampler == "grid" else [7, 7, 8]
    found = [
        Study(
            "a", settings(sampler=sampler, trials=trials, seed=seed), tmp_path / f"{at}"
        ).run(Told())
        for at, seed in enumerate(seeds)
    ]
    assert [t.candidate for t in found[0]] == [t.candidate for t in found[1]]
    assert len(found[0]) == trials
    if sampler != "grid":
        assert [t.candidate for t in found[0]] != [t.candidate for t in found[2]]


def test_a_search_goes_on_where_it_was(tmp_path: Path) -> None:
    study = Study("a", settings(), tmp_path / "journal")
    first = study.run(Told(), trials=5)
    later: list[int] = []
    whole = study.run(Told(), trials=9, progress=lambda t: later.append(t.number))
    assert (len(first), len(whole)) == (5, 9)
    assert whole[:5] == first
    assert later == [5, 6, 7, 8]
    assert study.run(Told(), trials=9) == whole


def test_two_processes_on_one_study_lose_no_trial(tmp_path: Path) -> None:
    own = settings(pruner="none", trials=16, sampler="random")
    study = Study("a", own, tmp_path / "journal")
    found = study.run(Told(slow_s=0.02), jobs=2)
    assert [t.number for t in found] == list(range(len(found)))
    assert {t.state for t in found} == {"done"}
    # Each may begin one when the other has the last in hand.
    assert 16 <= len(found) <= 17
    assert all(len(t.scores) == 3 for t in found)


KILLED = """
import sys
from pathlib import Path
from ecmkit.search import Study
from tests.search.test_study import settings
from tests.search.told import Told
class Stuck(Told):
    def fitted(self, candidate, rows):
        if len(self.trained) == 10:
            print("stuck", flush=True)
            import time
            time.sleep(600)
        return super().fitted(candidate, rows)
Study("a", settings(pruner="none"), Path(sys.argv[1])).run(Stuck())
"""


def test_killed_in_a_trial_nothing_done_is_lost(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(journal)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGKILL)
    study = Study("a", settings(pruner="none"), journal)
    before = study.trials()
    assert [t.state for t in before] == ["done"] * 3 + ["running"]
    after = study.run(Told())
    assert after[:3] == before[:3]
    assert after[3].state == "failed"
    assert after[4].candidate == before[3].candidate
    assert [t.state for t in after[4:]] == ["done"] * 9


def test_another_search_of_the_same_name_is_refused(tmp_path: Path) -> None:
    Study("a", settings(), tmp_path / "journal").run(Told(), trials=1)
    other = Study("a", settings(objectives=("score",)), tmp_path / "journal")
    with pytest.raises(ValueError, match="'a' has objectives"):
        other.run(Told())
    with pytest.raises(ValueError, match="family 'forest': expected one of"):
        Study("b", settings(families=("forest",)), tmp_path / "journal").run(Told())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objectives": ("flash_bytes",)}, "expected score"),
        ({"objectives": ("score", "score")}, "each once"),
        ({"pruner": "hyperband"}, "knows what a candidate costs"),
        ({"trials": 0}, "trials >= 1"),
    ],
)
def test_settings_that_say_nothing_are_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        settings(**changes)


def test_a_candidate_that_fails_is_a_trial_with_its_reason(tmp_path: Path) -> None:
    problem = Told()

    def odd(options: dict, fold: int) -> float:
        n = options["n_trees"]
        if n % 2 and fold == n % 3:
            raise ValueError(f"{n} trees, expected an even number")
        return rising(options, fold)

    problem.scores = odd
    own = settings(pruner="none", trials=12)
    found = Study("a", own, tmp_path / "journal").run(problem)
    failed = [t for t in found if t.state == "failed"]
    assert [t for t in found if t.candidate.options["n_trees"] % 2] == failed
    assert {len(t.scores) for t in failed} == {0, 1, 2}
    assert len(found) - len(failed) == 12
    for trial in failed:
        n = trial.candidate.options["n_trees"]
        assert trial.reason == f"{n} trees, expected an even number"


@dataclass
class Failing(Told):
    """Fails in a fold, whatever the candidate; also unless it has few trees."""

    fold: int = 1
    few: int = 0

    def score(self, model, rows, found) -> float:
        n = model.candidate.options["n_trees"]
        if model.fold == self.fold and n > self.few:
            raise ValueError(f"fold 1 of {n} trees: one class, expected 2 or more")
        return super().score(model, rows, found)


@pytest.mark.parametrize(("fold", "jobs"), [(0, 1), (1, 1), (1, 2)])
def test_what_every_candidate_fails_of_ends_the_search(
    tmp_path: Path, fold: int, jobs: int
) -> None:
    study = Study("a", settings(trials=100), tmp_path / "journal")
    why = r"none of 1[01] candidates could be judged, the last: fold 1 .*: one class"
    with pytest.raises(ValueError, match=why):
        study.run(Failing(fold=fold), jobs=jobs)
    before = study.trials()
    assert {t.state for t in before} == {"failed"}
    assert 10 <= len(before) <= 11
    # Data that were mended are searched; what failed before does not count.
    after = study.run(Told(), trials=5)
    assert [t.state for t in after[len(before) :]] == ["done"] * 5


def test_no_more_candidates_fail_than_are_wanted(tmp_path: Path) -> None:
    space = {"random-forest": {"n_trees": Axis(low=1, high=200)}}
    own = settings(space=space, trials=30, sampler="random", pruner="none")
    found = Study("a", own, tmp_path / "journal").run(Failing(few=30))
    states = [t.state for t in found]
    assert states.count("failed") == 30
    assert 0 < states.count("done") < 30


def test_an_objective_that_no_study_could_hold_is_no_candidate_s(
    tmp_path: Path,
) -> None:
    study = Study("a", settings(sampler="random"), tmp_path / "journal")
    study.run(Told(), trials=2)
    space = {"random-forest": {"n_trees": Axis(choices=(10, 20))}}
    other = Study("a", settings(space=space), tmp_path / "journal")
    with pytest.raises(ValueError, match="distribution"):
        other.run(Told(), trials=4)


def test_a_draw_that_cannot_be_foretold_does_not_refuse_its_family(
    tmp_path: Path,
) -> None:
    @dataclass
    class Few(Told):
        asked: int = 0

        def expected(self, candidate: Candidate) -> ModelCost:
            self.asked += 1
            if self.asked < 4:
                raise FormatError("more neighbours than windows")
            return super().expected(candidate)

    study = Study("a", settings(trials=3), tmp_path / "journal")
    assert [t.state for t in study.run(Few())] == ["done"] * 3


def test_no_error_of_a_missing_compiler_is_swallowed(tmp_path: Path) -> None:
    problem = Told()

    def missing(options: dict, fold: int) -> float:
        raise MissingError("no C compiler")

    problem.scores = missing
    with pytest.raises(MissingError):
        Study("a", settings(), tmp_path / "journal").run(problem)
