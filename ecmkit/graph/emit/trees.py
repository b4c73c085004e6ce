"""The forms in which a forest goes to a device."""

from collections.abc import Mapping
from typing import Literal

from ecmkit.graph.emit.trees_inline import inline
from ecmkit.graph.emit.trees_packed import loaded, packed
from ecmkit.graph.emit.unit import Emitter, Unit
from ecmkit.graph.ir import Node

__all__ = ["FORESTS", "ForestForm", "loaded", "tables"]

ForestForm = Literal["tables", "packed", "inline", "loadable"]


def tables(unit: Unit, node: Node) -> list[str]:
    """Sum, mean, least or largest of the leaves that a row comes to.

    Inputs: rows, then thresholds, features, the other branch (or, of a leaf, its row),
    roots, and rows of leaves, as `ecm_tree.h` describes them. NaN takes the other
    branch.
    """
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
