"""Smaller forests: the trees that matter, and no split that changes nothing."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.train import TrainedModel
from ecmkit.train.forest import onnx_of

__all__ = ["prune_forest"]

_LEAF = -1


def prune_forest(
    model: TrainedModel,
    table: FeatureTable,
    *,
    trees: int | None = None,
    gain: float = 0.0,
) -> TrainedModel:
    """Keep the trees that together answer best, and cut splits that gain nothing.

    Parameters
    ----------
    model : TrainedModel
        A random or extra forest of classes, with its estimator.
    table : FeatureTable
        Rows that it has not learnt from: trees are chosen by them, so a third part is
        needed to judge the result.
    trees : int, optional
        How many trees stay; all if left out. Chosen one after another, each as the one
        that the sum of those before needs most.
    gain : float
        A split stays if it takes more than this share of all impurity of its tree
        away, 0 to below 1; 0 cuts only those whose leaves say the same.

    Returns
    -------
    TrainedModel
        Whose estimator has fewer trees and nodes.

    Raises
    ------
    ValueError
        If it is no forest, or a setting is out of range.

    References
    ----------
    G. Martinez-Munoz and A. Suarez, Pruning in ordered bagging ensembles, ICML 2006;
    L. Breiman et al., Classification and Regression Trees, 1984, chapter 3.
    """
    forest = model.estimator
    members: Sequence[Any] = getattr(forest, "estimators_", ())
    classes = hasattr(forest, "classes_")
    if not classes or not len(members) or not hasattr(members[0], "tree_"):
        raise ValueError(
            f"prune_forest: found a model of family {model.family!r}, expected a "
            "forest of classes with its estimator"
        )
    wanted = len(members) if trees is None else trees
    if not 1 <= wanted <= len(members) or not 0.0 <= gain < 1.0:
        raise ValueError(
            f"trees {trees}, gain {gain}: expected 1 to {len(members)}, and 0 to "
            "below 1"
        )
    made = deepcopy(forest)
    made.estimators_ = [_cut(tree, gain) for tree in made.estimators_]
    if trees is not None:
        chosen = _ordered(made, table, wanted)
        made.estimators_ = [made.estimators_[i] for i in chosen]
    made.n_estimators = len(made.estimators_)
    return replace(
        model,
        onnx=onnx_of(made, model.n_features),
        estimator=made,
        params=model.params | {"trees": str(wanted), "gain": f"{gain:g}"},
    )


def _ordered(forest: Any, table: FeatureTable, wanted: int) -> list[int]:
    """Numbers of the trees that are best together, in the order of choice."""
    answers = np.stack([tree.predict_proba(table.x) for tree in forest.estimators_])
    truth = np.searchsorted(forest.classes_, table.label)
    rows = np.arange(len(table.x))

    def loss(total: NDArray[np.float64], n: int) -> float:
        right = np.maximum(total[rows, truth] / n, 1e-6)
        return float(-np.mean(np.log(right)))

    chosen: list[int] = []
    total = np.zeros_like(answers[0], np.float64)
    while len(chosen) < wanted:
        left = [i for i in range(len(answers)) if i not in chosen]
        best = min(left, key=lambda i: loss(total + answers[i], len(chosen) + 1))
        chosen.append(best)
        total = total + answers[best]
    return chosen


def _cut(member: Any, gain: float) -> Any:
    """Return a tree without the splits that gain too little, from the leaves up."""
    from sklearn.tree._tree import Tree

    old = member.tree_
    state = old.__getstate__()
    nodes, values = state["nodes"].copy(), state["values"].copy()
    whole = nodes["impurity"][0] * nodes["weighted_n_node_samples"][0]
    left, right = nodes["left_child"], nodes["right_child"]
    for at in reversed(range(len(nodes))):  # children come after their parents
        if left[at] == _LEAF or left[left[at]] != _LEAF or left[right[at]] != _LEAF:
            continue
        a, b = left[at], right[at]
        taken = (
            nodes["impurity"][at] * nodes["weighted_n_node_samples"][at]
            - nodes["impurity"][a] * nodes["weighted_n_node_samples"][a]
            - nodes["impurity"][b] * nodes["weighted_n_node_samples"][b]
        )
        same = np.array_equal(values[a], values[b])
        if same or (gain > 0.0 and taken <= gain * whole):
            left[at] = right[at] = _LEAF
    order = _reachable(left, right)
    number = {old_at: at for at, old_at in enumerate(order)}
    kept = nodes[order]
    for side in ("left_child", "right_child"):
        kept[side] = [number.get(int(child), _LEAF) for child in kept[side]]
    tree = Tree(old.n_features, old.n_classes, old.n_outputs)
    tree.__setstate__(
        state | {"nodes": kept, "values": values[order], "node_count": len(kept)}
    )
    cut = deepcopy(member)
    cut.tree_ = tree
    return cut


def _reachable(left: NDArray[Any], right: NDArray[Any]) -> list[int]:
    """Numbers of the nodes that are still in the tree, parents first."""
    order, todo = [], [0]
    while todo:
        at = todo.pop()
        order.append(at)
        if left[at] != _LEAF:
            todo += [int(right[at]), int(left[at])]
    return order
