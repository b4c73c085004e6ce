"""A tree ensemble as ONNX stores it, brought into the tables of ``ecm_tree.h``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.onnx_reader import Node
from ecmkit.graph.program import Forest

__all__ = ["LEAF", "forest_of"]

LEAF = 0xFFFF
"""Mark of a leaf in the column of features: ``ECM_TREE_LEAF``."""


@dataclass(frozen=True)
class _Branch:
    feature: int
    threshold: float
    yes: int
    no: int


_Tree = dict[int, _Branch | None]
"""Nodes of one tree by their id; None is a leaf."""


def forest_of(node: Node, *, x: str, n_features: int) -> Forest:
    """Import a ``TreeEnsembleClassifier``.

    Parameters
    ----------
    node : Node
        The ONNX node.
    x : str
        Name of the vector that is read.
    n_features : int
        Width of `x`.

    Returns
    -------
    Forest
        Each tree in preorder; leaves with equal probabilities share a row. ONNX adds
        the trees' weights, the device averages them: the weights are multiplied by
        the number of trees.

    Raises
    ------
    FormatError
        For other branch modes, a post-transform, missing-value tracks, indices that
        do not form trees, or tables beyond 16-bit indices.
    """
    fail = _refuser(node)
    _check_settings(node, fail)
    trees = _trees(node, n_features, fail)
    weights = _weights(node, trees, fail)
    threshold: list[float] = []
    feature: list[int] = []
    right: list[int] = []
    roots: list[int] = []
    rows: dict[bytes, int] = {}
    leaves: list[NDArray[np.float32]] = []
    for number, tree in enumerate(trees):
        roots.append(len(feature))
        order, places = _preorder(trees[tree], tree, fail)
        for key in order:
            branch = trees[tree][key]
            if branch is not None:
                threshold.append(branch.threshold)
                feature.append(branch.feature)
                right.append(places[branch.no])
                continue
            row = weights[number][key]
            index = rows.setdefault(row.tobytes(), len(leaves))
            if index == len(leaves):
                leaves.append(row)
            threshold.append(0.0)
            feature.append(LEAF)
            right.append(index)
    if max(right) > 0xFFFF or len(trees) > 0xFFFF:
        raise fail(f"index {max(right)} or {len(trees)} trees do not fit into 16 bits")
    return Forest(
        x=x,
        threshold=np.array(threshold, np.float32),
        feature=np.array(feature, np.uint16),
        right=np.array(right, np.uint16),
        roots=np.array(roots, np.uint32),
        leaves=np.stack(leaves),
    )


_Fail = Callable[[str], FormatError]


def _refuser(node: Node) -> _Fail:
    return lambda why: FormatError(f"ONNX node {node.name!r} ({node.op}): {why}")


def _check_settings(node: Node, fail: _Fail) -> None:
    if node.texts("post_transform") not in ((), ("NONE",)):
        raise fail(f"post_transform {node.texts('post_transform')}, expected NONE")
    if any(node.ints("nodes_missing_value_tracks_true")):
        raise fail("nodes_missing_value_tracks_true is not supported")
    modes = set(node.texts("nodes_modes")) - {"BRANCH_LEQ", "LEAF"}
    if modes:
        raise fail(f"nodes_modes {sorted(modes)}, expected BRANCH_LEQ and LEAF")
    names = (
        "nodes_featureids", "nodes_modes", "nodes_nodeids", "nodes_treeids",
        "nodes_truenodeids", "nodes_falsenodeids", "nodes_values",
    )  # fmt: skip
    _same_lengths(node, names, fail)
    _same_lengths(
        node, ("class_ids", "class_nodeids", "class_treeids", "class_weights"), fail
    )


def _same_lengths(node: Node, names: tuple[str, ...], fail: _Fail) -> None:
    lengths = {
        n: len(v) if isinstance(v := node.attrs.get(n), tuple) else 0 for n in names
    }
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise fail(f"attributes of different length, or empty: {lengths}")


def _trees(node: Node, n_features: int, fail: _Fail) -> dict[int, _Tree]:
    columns = zip(
        node.ints("nodes_treeids"),
        node.ints("nodes_nodeids"),
        node.texts("nodes_modes"),
        node.ints("nodes_featureids"),
        node.floats("nodes_values"),
        node.ints("nodes_truenodeids"),
        node.ints("nodes_falsenodeids"),
        strict=True,
    )
    trees: dict[int, _Tree] = {}
    for tree, key, mode, feature, value, yes, no in columns:
        nodes = trees.setdefault(tree, {})
        if key in nodes:
            raise fail(f"tree {tree}: node {key} stands there twice")
        if mode == "LEAF":
            nodes[key] = None
            continue
        if not 0 <= feature < n_features:
            raise fail(
                f"tree {tree}, node {key}: feature {feature}, expected 0 to "
                f"{n_features - 1}"
            )
        if not np.isfinite(value):
            raise fail(f"tree {tree}, node {key}: threshold {value} is not finite")
        nodes[key] = _Branch(feature, value, yes, no)
    return trees


def _preorder(tree: _Tree, name: int, fail: _Fail) -> tuple[list[int], dict[int, int]]:
    """Ids in preorder with the "yes" branch first, and the place of each id."""
    order: list[int] = []
    places: dict[int, int] = {}
    waiting = [next(iter(tree))]
    while waiting:
        key = waiting.pop()
        if key not in tree or key in places:
            raise fail(f"tree {name}: node {key} is missing or has two parents")
        places[key] = len(order)
        order.append(key)
        branch = tree[key]
        if branch is not None:
            waiting += [branch.no, branch.yes]
    if len(order) != len(tree):
        raise fail(f"tree {name}: {len(tree) - len(order)} nodes are not reached")
    return order, places


def _weights(
    node: Node, trees: dict[int, _Tree], fail: _Fail
) -> list[dict[int, NDArray[np.float32]]]:
    """Class probabilities of each leaf of each tree."""
    labels = node.texts("classlabels_strings") or node.ints("classlabels_int64s")
    n_classes = len(labels)
    sums = [
        {key: np.zeros(n_classes) for key, branch in tree.items() if branch is None}
        for tree in trees.values()
    ]
    numbers = {tree: number for number, tree in enumerate(trees)}
    ids = node.ints("class_ids")
    # Two classes and weights for one id only: ONNX takes them as the second class's
    # probability and gives the first class the rest.
    binary = n_classes == 2 and len(set(ids)) == 1
    for tree, key, index, weight in zip(
        node.ints("class_treeids"),
        node.ints("class_nodeids"),
        ids,
        node.floats("class_weights"),
        strict=True,
    ):
        if tree not in numbers or key not in sums[numbers[tree]]:
            raise fail(f"class weight of tree {tree}, node {key}: no such leaf")
        if not 0 <= index < n_classes or not 0.0 <= weight <= 1.0:
            raise fail(
                f"class weight {weight} of class {index}: expected 0 to 1 and class 0 "
                f"to {n_classes - 1}"
            )
        sums[numbers[tree]][key][1 if binary else index] += weight * len(trees)
    result = []
    for leaves in sums:
        for row in leaves.values():
            if binary:
                row[0] = 1.0 - row[1]
        result.append({key: row.astype(np.float32) for key, row in leaves.items()})
    return result
