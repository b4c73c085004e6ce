"""The newer form of trees of ``ai.onnx.ml``, put into the older one.

``TreeEnsemble`` has inner nodes and leaves in tables of their own, which name each
other by their place; the older operators have rows for both, numbered tree by tree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator

__all__ = ["older_form"]

_MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT")
_AGGREGATES = {0: "AVERAGE", 1: "SUM", 2: "MIN", 3: "MAX"}
_NODE_COLUMNS = (
    *("nodes_modes", "nodes_treeids", "nodes_nodeids", "nodes_featureids"),
    *("nodes_values", "nodes_truenodeids", "nodes_falsenodeids"),
    "nodes_missing_value_tracks_true",
)
_LEAF_COLUMNS = ("target_ids", "target_treeids", "target_nodeids", "target_weights")


def older_form(b: Builder, o: Operator) -> Operator:
    """Write a ``TreeEnsemble`` as its nodes would be in a ``TreeEnsembleRegressor``.

    Raises
    ------
    FormatError
        If the tables do not fit each other, or nodes go in circles.
    """
    tables = _Tables.read(b, o)
    nodes, leaves = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for tree, root in enumerate(o.get("tree_roots", ())):
        for node, leaf in tables.walk(b, tree, int(root)):
            nodes.append(node)
            leaves += [leaf] if leaf else []
    columns = {
        name: [row[at] for row in rows]
        for names, rows in ((_NODE_COLUMNS, nodes), (_LEAF_COLUMNS, leaves))
        for at, name in enumerate(names)
    }
    how = _AGGREGATES.get(int(o.get("aggregate_function", 1)), "?")
    return Operator(
        op=o.op, domain=o.domain, inputs=o.inputs, n_outputs=1, opset=o.opset,
        attrs={**columns, "aggregate_function": how},
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Tables:
    """Columns of inner nodes, all of one length, and of leaves."""

    modes: list[Any]
    splits: list[Any]
    feature: list[Any]
    tracks: list[Any]
    """Whether a missing value takes the branch of what is true."""
    yes: list[Any]
    no: list[Any]
    yes_is_leaf: list[Any]
    no_is_leaf: list[Any]
    leaf_targets: list[Any]
    leaf_weights: list[float]

    @classmethod
    def read(cls, b: Builder, o: Operator) -> Self:
        def column(name: str) -> list[Any]:
            return np.asarray(o.get(name, ())).reshape(-1).tolist()

        splits = column("nodes_splits")
        n = len(splits)
        tracks = column("nodes_missing_value_tracks_true")
        made = cls(
            modes=column("nodes_modes"),
            splits=splits,
            feature=column("nodes_featureids"),
            tracks=tracks or [0] * n,
            yes=column("nodes_truenodeids"),
            no=column("nodes_falsenodeids"),
            yes_is_leaf=column("nodes_trueleafs"),
            no_is_leaf=column("nodes_falseleafs"),
            leaf_targets=column("leaf_targetids"),
            leaf_weights=column("leaf_weights"),
        )
        columns = (
            *(made.modes, made.feature, made.tracks, made.yes, made.no),
            *(made.yes_is_leaf, made.no_is_leaf),
        )
        if any(len(one) != n for one in columns) or not n:
            raise b.fail("tables of different length, or no nodes")
        return made

    def walk(
        self, b: Builder, tree: int, root: int
    ) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...] | None]]:
        """Give each node of a tree a number; a row for it, one more if it is a leaf."""
        n, leaves = len(self.splits), len(self.leaf_weights)
        waiting, fresh = [(root, 0, False)], 1
        while waiting:
            at, key, is_leaf = waiting.pop()
            if fresh > 2 * (n + leaves) + 2:
                raise b.fail(f"tree {tree}: its nodes go in circles")
            if is_leaf:
                if not 0 <= at < min(leaves, len(self.leaf_targets)):
                    raise b.fail(f"tree {tree}: leaf {at} of {leaves}")
                leaf = (self.leaf_targets[at], tree, key, float(self.leaf_weights[at]))
                yield ("LEAF", tree, key, 0, 0.0, 0, 0, 0), leaf
                continue
            if not 0 <= at < n or int(self.modes[at]) >= len(_MODES):
                raise b.fail(f"tree {tree}: node {at} of {n}, or its mode")
            node = (
                *(_MODES[int(self.modes[at])], tree, key, self.feature[at]),
                *(float(self.splits[at]), fresh, fresh + 1, self.tracks[at]),
            )
            yield node, None
            waiting.append((int(self.no[at]), fresh + 1, bool(self.no_is_leaf[at])))
            waiting.append((int(self.yes[at]), fresh, bool(self.yes_is_leaf[at])))
            fresh += 2
