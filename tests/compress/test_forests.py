"""Pruned forests: fewer nodes, the same answers where nothing was lost."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from ecmkit.compress import prune_forest
from ecmkit.train import TrainedModel
from ecmkit.train.forest import onnx_of
from tests.compress.conftest import flat, signals
from tests.compress.test_prune import accuracy


def nodes(model: TrainedModel) -> int:
    return sum(tree.tree_.node_count for tree in model.estimator.estimators_)


@pytest.fixture(scope="module")
def fitted(forest, table) -> TrainedModel:
    rows = flat(table)
    estimator = RandomForestClassifier(20, max_depth=8, random_state=0)
    estimator.fit(rows.x, rows.label)
    return replace(
        forest, estimator=estimator, onnx=onnx_of(estimator, rows.x.shape[1])
    )


def test_splits_that_say_the_same_go_without_a_trace(fitted, others) -> None:
    made = prune_forest(fitted, flat(others))
    assert nodes(made) <= nodes(fitted)
    x = flat(others).x
    np.testing.assert_allclose(made.predict(x), fitted.predict(x), atol=1e-6)
    np.testing.assert_allclose(
        made.estimator.predict_proba(x), fitted.predict(x), atol=1e-6
    )


def test_equal_leaves_are_cut(fitted, others) -> None:
    rows = flat(others)
    y = np.where(rows.x[:, 3] > 2, "high", "low")
    estimator = RandomForestClassifier(3, random_state=0).fit(rows.x, y)
    for tree in estimator.estimators_:
        tree.tree_.value[:] = 0.5  # all leaves say the same
    model = replace(
        fitted, outputs=("high", "low"), estimator=estimator,
        onnx=onnx_of(estimator, rows.x.shape[1]),
    )  # fmt: skip
    assert nodes(model) > 3
    made = prune_forest(model, replace(rows, label=y))
    assert nodes(made) == 3
    assert (made.predict(rows.x) == 0.5).all()


def test_gain_trades_nodes_for_points(fitted, others) -> None:
    counts, scores = [], []
    for gain in (0.0, 0.02, 0.08):
        made = prune_forest(fitted, flat(others), gain=gain)
        counts.append(nodes(made))
        scores.append(accuracy(made, flat(others)))
    assert counts[0] > 1.2 * counts[1] > 1.2 * counts[2]
    assert scores[1] > scores[0] - 0.06


def test_few_chosen_trees_beat_the_first_ones(fitted) -> None:
    chosen_by, judged_by = flat(signals(11, 300)), flat(signals(12, 300))
    made = prune_forest(fitted, chosen_by, trees=5)
    assert len(made.estimator.estimators_) == 5
    first = replace(fitted, estimator=None)
    estimator = RandomForestClassifier(5, max_depth=8, random_state=0)
    estimator.fit(flat(signals(0)).x, flat(signals(0)).label)
    first = replace(fitted, onnx=onnx_of(estimator, judged_by.x.shape[1]))
    assert accuracy(made, judged_by) >= accuracy(first, judged_by)
    assert made.compile().flash_bytes < 0.4 * fitted.compile().flash_bytes


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"trees": 0}, "trees 0"), ({"trees": 21}, "1 to 20"), ({"gain": 1.0}, "gain 1")],
)
def test_settings_out_of_range(changes: dict, words: str, fitted, others) -> None:
    with pytest.raises(ValueError, match=words):
        prune_forest(fitted, flat(others), **changes)


def test_what_is_no_forest_is_refused(mlp, others) -> None:
    with pytest.raises(ValueError, match="family 'mlp', expected a forest of classes"):
        prune_forest(mlp, flat(others))
