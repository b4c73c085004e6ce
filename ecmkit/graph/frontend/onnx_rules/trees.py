"""Tree ensembles of ``ai.onnx.ml``: nodes in preorder, one walk for all kinds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.ir import Tensor

__all__ = ["LEAF", "ensemble_of"]

LEAF = 0xFFFF
"""Mark of a leaf in the column of features."""

_BEFORE = np.float32(-np.inf)


@dataclass(frozen=True)
class _Branch:
    """``x[feature] <= threshold``: yes, else no."""

    feature: int
    threshold: np.float32
    yes: int
    no: int
    missing: bool
    """Whether NaN is a yes."""


_Tree = dict[int, _Branch | None]


def ensemble_of(b: Builder, o: Operator, x: str, *, kind: str, n_targets: int) -> str:
    """Emit the sum (or mean, least, largest) of the leaves that a row comes to.

    Parameters
    ----------
    b, o
        The builder, and the node.
    x : str
        Rows of float32 features.
    kind : {"class", "target"}
        Prefix of the settings that hold the leaves' weights.
    n_targets : int
        Width of the result.

    Returns
    -------
    str
        Scores before base values and transform, shape (rows, n_targets).

    Raises
    ------
    FormatError
        If the tables do not form trees over the features of `x`.
    """
    n_features = b.shape(x)[-1]
    trees = _trees(b, o.attrs, n_features)
    weights = _weights(b, o.attrs, trees, kind, n_targets)
    x, missing = _with_missing(b, x, trees)
    threshold: list[np.float32] = []
    feature: list[int] = []
    right: list[int] = []
    roots: list[int] = []
    rows: dict[bytes, int] = {}
    leaves: list[NDArray[np.float32]] = []
    for number, (name, tree) in enumerate(trees.items()):
        order, places = _preorder(b, tree, name)
        roots.append(len(feature))
        for key in order:
            branch = tree[key]
            if branch is not None:
                threshold.append(branch.threshold)
                also = branch.missing
                feature.append(missing[branch.feature] if also else branch.feature)
                right.append(places[branch.no])
                continue
            row = weights[number][key]
            at = rows.setdefault(row.tobytes(), len(leaves))
            if at == len(leaves):
                leaves.append(row)
            threshold.append(np.float32(0))
            feature.append(LEAF)
            right.append(at)
    if max(right, default=0) > 0xFFFF or b.shape(x)[-1] >= LEAF:
        raise b.fail("a tree or the table of leaves does not fit into 16 bits")
    tables = [
        b.constant(np.array(threshold, np.float32)),
        b.constant(np.array(feature, np.uint16)),
        b.constant(np.array(right, np.uint16)),
        b.constant(np.array(roots, np.uint32)),
        b.constant(np.stack(leaves)),
    ]
    how = str(o.get("aggregate_function", "SUM")).lower()
    if how not in ("sum", "average", "min", "max"):
        raise b.fail(f"attribute `aggregate_function`: {how!r}")
    shape = (*b.shape(x)[:-1], n_targets)
    return b.emit("trees", [x, *tables], Tensor("f32", shape), {"how": how})[0]


def _with_missing(
    b: Builder, x: str, trees: Mapping[int, _Tree]
) -> tuple[str, dict[int, int]]:
    """Append features whose NaN is a yes, as minus infinity; return where they are."""
    branches = [n for tree in trees.values() for n in tree.values() if n is not None]
    features = sorted({branch.feature for branch in branches if branch.missing})
    if not features:
        return x, {}
    own = b.shape(x)
    columns = b.take(x, b.constant(np.array(features, np.int64)), len(own) - 1)
    lowest = b.constant(float(_BEFORE), "f32")
    also = b.map("where", b.map("isnan", columns), lowest, columns)
    places = {feature: own[-1] + at for at, feature in enumerate(features)}
    return b.concat([x, also], len(own) - 1), places


def _column(
    b: Builder, attrs: Mapping[str, Any], name: str, n: int | None = None
) -> list[Any]:
    value = attrs.get(f"{name}_as_tensor")
    found = list(attrs.get(name, ())) if value is None else value.reshape(-1).tolist()
    if n is not None and len(found) != n:
        raise b.fail(f"attribute `{name}`: {len(found)} values, expected {n}")
    return found


def _trees(b: Builder, attrs: Mapping[str, Any], n_features: int) -> dict[int, _Tree]:
    modes = [str(mode) for mode in attrs.get("nodes_modes", ())]
    if not modes:
        raise b.fail("no nodes")
    tracks = _column(b, attrs, "nodes_missing_value_tracks_true") or [0] * len(modes)
    if len(tracks) != len(modes):
        raise b.fail(
            f"attribute `nodes_missing_value_tracks_true`: {len(tracks)} values, "
            f"expected {len(modes)}"
        )
    names = (
        *("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values"),
        *("nodes_truenodeids", "nodes_falsenodeids"),
    )
    columns = [_column(b, attrs, name, len(modes)) for name in names]
    trees: dict[int, _Tree] = {}
    for mode, tree, key, feature, value, yes, no, track in zip(
        modes, *columns, tracks, strict=True
    ):
        nodes = trees.setdefault(int(tree), {})
        if key in nodes:
            raise b.fail(f"tree {tree}: node {key} stands there twice")
        if mode == "LEAF":
            nodes[int(key)] = None
            continue
        if not 0 <= feature < n_features:
            raise b.fail(
                f"tree {tree}, node {key}: feature {feature} of {n_features} features"
            )
        limit = np.float32(value)
        if mode in ("BRANCH_LT", "BRANCH_GTE"):
            # x < t is x <= the number before t.
            limit = np.nextafter(limit, _BEFORE)
        missing = bool(track)
        if mode in ("BRANCH_GT", "BRANCH_GTE"):
            yes, no, missing = no, yes, not missing
        elif mode not in ("BRANCH_LEQ", "BRANCH_LT"):
            raise b.fail(f"tree {tree}, node {key}: mode {mode!r}")
        if not np.isfinite(limit):
            raise b.fail(f"tree {tree}, node {key}: threshold {value}")
        nodes[int(key)] = _Branch(int(feature), limit, int(yes), int(no), missing)
    return trees


def _preorder(b: Builder, tree: _Tree, name: int) -> tuple[list[int], dict[int, int]]:
    """Ids in preorder with the "yes" branch first, and the place of each."""
    order: list[int] = []
    places: dict[int, int] = {}
    waiting = [next(iter(tree))]
    while waiting:
        key = waiting.pop()
        if key not in tree or key in places:
            raise b.fail(f"tree {name}: node {key} is missing or has two parents")
        places[key] = len(order)
        order.append(key)
        branch = tree[key]
        if branch is not None:
            waiting += [branch.no, branch.yes]
    if len(order) != len(tree):
        raise b.fail(f"tree {name}: {len(tree) - len(order)} nodes are not reached")
    return order, places


def _weights(
    b: Builder,
    attrs: Mapping[str, Any],
    trees: dict[int, _Tree],
    kind: str,
    n_targets: int,
) -> list[dict[int, NDArray[np.float32]]]:
    """Each leaf's row of weights, tree by tree."""
    sums = [
        {key: np.zeros(n_targets) for key, branch in tree.items() if branch is None}
        for tree in trees.values()
    ]
    numbers = {name: at for at, name in enumerate(trees)}
    ids = _column(b, attrs, f"{kind}_ids")
    columns = [
        _column(b, attrs, f"{kind}_{name}", len(ids))
        for name in ("treeids", "nodeids", "weights")
    ]
    for target, tree, key, weight in zip(ids, *columns, strict=True):
        if tree not in numbers or key not in sums[numbers[tree]]:
            raise b.fail(f"weight of tree {tree}, node {key}: no such leaf")
        if not 0 <= target < n_targets or not np.isfinite(weight):
            raise b.fail(f"weight {weight} of {kind} {target}, of {n_targets}")
        sums[numbers[tree]][key][int(target)] += weight
    return [
        {key: row.astype(np.float32) for key, row in leaves.items()} for leaves in sums
    ]
