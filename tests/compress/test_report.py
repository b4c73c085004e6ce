"""Before and after: figures of the compiled C, budgets that fail a step by name."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from ecmkit.compress import BudgetError, Step, judge, markdown, points_of, prune
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.train import fit_autoencoder
from tests.compress.conftest import flat


def cost(compiled: CompiledModel) -> ModelCost:
    return ModelCost(
        target="nowhere",
        flash_bytes=compiled.flash_bytes,
        ram_bytes=compiled.work_bytes,
        instructions=compiled.flash_bytes // 2,
        label="estimated",
    )


def test_points_of_classes_are_scikit_learns(mlp, others) -> None:
    rows = flat(others)
    points, metric = points_of(mlp, rows)
    names = np.array(mlp.outputs)[np.argmax(mlp.compile().predict(rows.x), axis=1)]
    assert points == 100 * balanced_accuracy_score(rows.label, names)
    assert metric == "balanced accuracy [%]"


def test_points_of_scores_are_scikit_learns(table, others) -> None:
    rows = flat(table)
    model = fit_autoencoder(rows.rows(rows.label == "low"), epochs=5, seed=0)
    points, metric = points_of(model, flat(others), normal=["low"])
    score = model.compile().predict(flat(others).x)[:, 0]
    assert points == 100 * roc_auc_score(others.label != "low", score)
    assert metric == "ROC AUC [%]"
    with pytest.raises(ValueError, match=r"normal: found \[\]"):
        points_of(model, flat(others))


def test_a_step_has_figures_of_both_models(mlp, table, others) -> None:
    small = prune(mlp, flat(table), sparsity=0.5, rounds=1, epochs=1, seed=0)
    step = judge("half", mlp, small, flat(others), cost=cost, budget_points=60)
    assert step.passed
    assert step.after.cost.flash_bytes < step.before.cost.flash_bytes
    assert step.lost_points == pytest.approx(step.before.points - step.after.points)
    assert msgspec.json.decode(msgspec.json.encode(step), type=Step) == step
    text = markdown([step, msgspec.structs.replace(step, before=step.after, name="b")])
    assert [line.split("|")[1].strip() for line in text.splitlines()[2:]] == [
        "before", "half", "b",
    ]  # fmt: skip


def test_a_missed_budget_names_the_layer(mlp, others) -> None:
    ruined = mlp.network
    weights = dict(ruined.weights)
    weights["body.1.0.weight"] = np.zeros_like(weights["body.1.0.weight"])
    from ecmkit.train import model_of

    bad = model_of(replace(ruined, weights=weights), flat(others))
    with pytest.raises(
        BudgetError, match=r"points lost, budget 1; most of it in layer 'x'"
    ):
        judge(
            "ruin", mlp, bad, flat(others), cost=cost, budget_points=1,
            blame=lambda: "x",
        )  # fmt: skip
    asked: list[int] = []
    judge(
        "nothing", mlp, mlp, flat(others), cost=cost, budget_points=0,
        blame=lambda: asked.append(1) or "x",
    )  # fmt: skip
    assert not asked
