"""Candidates: cost before training near that after it, scores, what is refused."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search import Candidate, Problem
from tests.synthetic import table

TABLE = table(n=240, n_features=6, separation=0.5)


def cost(compiled: CompiledModel, rows: NDArray[np.float32]) -> ModelCost:
    assert rows.shape[1] == TABLE.x.shape[1]
    return ModelCost(
        target="told",
        flash_bytes=compiled.flash_bytes,
        ram_bytes=compiled.work_bytes,
        instructions=len(compiled.source),
        label="estimated",
    )


def problem(**more: object) -> Problem:
    machines = np.unique(TABLE.group)
    folds = [(TABLE.group != m, TABLE.group == m) for m in machines]
    return Problem(table=TABLE, folds=folds, cost=cost, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "options", "near"),
    [
        ("random-forest", {"n_trees": 20, "max_depth": 6}, 0.15),
        ("k-means", {"n_clusters": 5}, 0.0),
        ("mlp", {"widths": [8, 5], "epochs": 2, "batch": 64}, 0.0),
    ],
)
def test_cost_before_training_is_near_that_after_it(
    family: str, options: dict[str, object], near: float
) -> None:
    made = problem()
    candidate = Candidate(family=family, options=options)
    before = made.expected(candidate)
    learn = TABLE.rows(made.folds[0][0])
    after = made.actual(candidate, made.fitted(candidate, learn))
    assert before.flash_bytes == pytest.approx(after.flash_bytes, rel=near)
    assert before.ram_bytes == pytest.approx(after.ram_bytes, rel=near)


def test_what_a_candidate_costs_at_least_is_told_without_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ecmkit.train.fit", None)
    plan = cost_of_the_plan()
    made = problem(column_cost=lambda columns: plan)
    options = {"n_prototypes": 60, "n_neighbors": 3}
    own = Candidate(family="nearest-neighbours", options=options)
    found = made.lower_bound(own)
    assert found is not None
    assert found.flash_bytes > 60 * 6 * 4 + plan.flash_bytes
    assert (found.label, found.target) == ("estimated", "told")
    # Of what is made smaller, and of a network, nothing is told before.
    small = Candidate(family="random-forest", compression={"bits": 8})
    assert made.lower_bound(small) is None
    assert made.lower_bound(Candidate(family="mlp")) is None


def cost_of_the_plan() -> ModelCost:
    return ModelCost(
        target="told", flash_bytes=7, ram_bytes=5, instructions=3, label="emulated"
    )


def test_columns_are_counted_and_compression_is_called() -> None:
    plan = cost_of_the_plan()
    seen = []

    def compress(model, windows, options):  # type: ignore[no-untyped-def]
        seen.append(dict(options))
        return replace(model, name="smaller")

    alone, both = problem(), problem(column_cost=lambda _: plan, compress=compress)
    candidate = Candidate(
        family="k-means", options={"n_clusters": 3}, compression={"bits": 8}
    )
    first, more = alone.expected(candidate), both.expected(candidate)
    assert more.flash_bytes - first.flash_bytes == 7
    assert more.ram_bytes - first.ram_bytes == 5
    assert seen == [{"bits": 8}]
    assert both.fitted(candidate, TABLE).name == "smaller"


def test_scores_of_classes_and_values() -> None:
    made = problem()
    forest = Candidate(family="random-forest", options={"n_trees": 8})
    model = made.fitted(forest, TABLE)
    names = np.array(model.outputs)
    perfect = (TABLE.label[:, None] == names).astype(np.float32)
    assert made.score(model, TABLE, perfect) == 1.0
    always = np.zeros_like(perfect)
    always[:, 0] = 1.0
    assert made.score(model, TABLE, always) == pytest.approx(1 / 3)
    target = np.arange(len(TABLE.x), dtype=np.float32)
    values = replace(model, kind="values", outputs=("life",))
    known = replace(TABLE, target=target)
    mean = np.full((len(target), 1), target.mean())
    assert made.score(values, known, target[:, None]) == 1.0
    assert made.score(values, known, mean) == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(ValueError, match="kind score, expected class"):
        made.score(replace(model, kind="score"), TABLE, mean)


def test_folds_that_leak_are_refused() -> None:
    rows = np.arange(len(TABLE.x))
    odd = rows % 2 == 1
    for folds, message in [
        ([], "found none"),
        ([(odd, odd)], "in both"),
        ([(rows < 0, odd)], "0 rows to learn from"),
        ([(odd, ~odd)], "recording 'r00' is learnt from and tested on"),
    ]:
        with pytest.raises(ValueError, match=message):
            Problem(table=TABLE, folds=folds, cost=cost)


def test_a_candidate_is_written_as_a_table_of_the_project_file() -> None:
    candidate = Candidate(
        family="mlp",
        columns=("rms", "env_*"),
        options={"widths": [8, 5], "learning_rate": 0.002, "schedule": "constant"},
    )
    made = tomllib.loads(candidate.toml("distance"))
    assert made == {
        "train": {
            "distance": {
                "family": "mlp",
                "features": ["rms", "env_*"],
                "options": candidate.options,
            }
        }
    }
