"""The forms in which a forest goes to a device."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ecmkit.graph.c_writer import float_literal
from ecmkit.graph.emit.learners import rows_of
from ecmkit.graph.emit.trees_inline import inline
from ecmkit.graph.emit.trees_packed import loaded, packed
from ecmkit.graph.emit.unit import Emitter, Unit
from ecmkit.graph.ir import Node

__all__ = ["FORESTS", "ForestForm", "loaded", "tables"]

ForestForm = Literal["tables", "packed", "inline", "loadable"]


_NODE = np.dtype([("threshold", "<f4"), ("feature", "<u2"), ("right", "<u2")])
"""``ecm_tree_node_t``."""


def tables(unit: Unit, node: Node) -> list[str]:
    """Sum, mean, least or largest of the leaves that a row comes to.

    Inputs: rows, then thresholds, features, the other branch (or, of a leaf, its row),
    roots, and rows of leaves, as `ecm_tree.h` describes them. NaN takes the other
    branch. A sum is the library's mean of leaves that are as many times as large.
    """
    summed = node.attrs["how"] in ("sum", "average")
    if not summed or unit.tensor(node.inputs[0]).dtype != "f32":
        return _walked(unit, node)
    unit.modules.add("tree")
    constants = unit.graph.constants
    threshold, feature, right, roots, leaves = (constants[n] for n in node.inputs[1:])
    nodes = np.empty(len(feature), _NODE)
    nodes["threshold"], nodes["feature"], nodes["right"] = threshold, feature, right
    columns = (threshold.tolist(), feature.tolist(), right.tolist())
    words = [
        f"{{{float_literal(t)}, {f}U, {r}U}}" for t, f, r in zip(*columns, strict=True)
    ]
    if len(roots) > 0xFFFF:
        raise node.refuse(f"{len(roots)} trees, expected at most 65535")
    if node.attrs["how"] == "sum":
        leaves = (leaves.astype(np.float64) * len(roots)).astype(np.float32)
    width, targets = unit.tensor(node.inputs[0]).shape[-1], leaves.shape[1]
    rows = unit.tensor(node.inputs[0]).size // width
    name = f"{node.outputs[0]} "
    fields = {
        "nodes": unit.rows(f"{name}nodes", nodes, "ecm_tree_node_t", words),
        "roots": unit.pointer(node.inputs[4]),
        "leaves": unit.table(f"{name}leaves", leaves),
        "trees_len": len(roots),
        "classes_len": targets,
        "features_len": width,
    }
    return [
        *unit.declare(node, letters="a"),
        f"{unit.storage} ecm_tree_forest_t l = {{",
        *(f"    .{key} = {value}," for key, value in fields.items()),
        "};",
        *rows_of(rows, "ecm_tree_forest_predict_f32(&l, a{x}, y{y})", width, targets),
    ]


def _walked(unit: Unit, node: Node) -> list[str]:
    """Element by element, for any fold and any type of features."""
    x, leaves = unit.tensor(node.inputs[0]), unit.tensor(node.inputs[5])
    n_trees = unit.tensor(node.inputs[4]).size
    targets = leaves.shape[1]
    width = x.shape[-1]
    how = str(node.attrs["how"])
    start = {"min": "first ? w[k] : ", "max": "first ? w[k] : "}.get(how, "")
    fold = {
        "min": "w[k] < r[k] ? w[k] : r[k]",
        "max": "w[k] > r[k] ? w[k] : r[k]",
    }.get(how, "r[k] + w[k]")
    last = (
        [f"    for (k = 0; k < {targets}U; k++) {{ r[k] /= {n_trees}.0F; }}"]
        if how == "average"
        else []
    )
    first = ["        const bool first = t == 0U;"] if start else []
    return [
        # `e` is the row; the table of roots is `g`.
        *unit.declare(node, letters="abcdgf"),
        "uint32_t i, t, k;",
        f"for (i = 0; i < {x.size // width}U; i++) {{",
        f"    const {x.c_type} *e = a + i * {width}U;",
        f"    float *r = y + i * {targets}U;",
        f"    for (k = 0; k < {targets}U; k++) {{ r[k] = 0.0F; }}",
        f"    for (t = 0; t < {n_trees}U; t++) {{",
        *first,
        "        const float *w;",
        "        uint32_t at = g[t];",
        "        while (c[at] != 0xffffU) {",
        "            at = e[c[at]] <= b[at] ? at + 1U : g[t] + d[at];",
        "        }",
        f"        w = f + d[at] * {targets}U;",
        f"        for (k = 0; k < {targets}U; k++) {{ r[k] = {start}{fold}; }}",
        "    }",
        *last,
        "}",
    ]


def _summed(form: Emitter) -> Emitter:
    """Write sums and means in a form; the least and the largest by tables."""

    def emitter(unit: Unit, node: Node) -> list[str]:
        sums = node.attrs["how"] in ("sum", "average")
        return form(unit, node) if sums else tables(unit, node)

    return emitter


FORESTS: Mapping[str, Emitter] = {
    "inline": _summed(inline),
    "packed": _summed(packed),
    "tables": tables,
}
"""By form: a loadable one is an operation of its own, since it has another input."""
