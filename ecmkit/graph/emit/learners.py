"""Models that are no networks: trees, distances to prototypes."""

import numpy as np

from ecmkit.graph.c_writer import float_literal
from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["mean_squares", "nearest", "square_distances", "trees"]


def square_distances(unit: Unit, node: Node) -> list[str]:
    """Squared Euclidean distance of each row of `a` to each row of `b`."""
    rows, n = unit.tensor(node.inputs[0]), unit.tensor(node.inputs[1])
    count, width = n.shape
    return [
        *unit.declare(node),
        "uint32_t i, j;",
        f"for (i = 0; i < {rows.size // width}U; i++) {{",
        f"    for (j = 0; j < {count}U; j++) {{",
        *(f"        {line.format(t='float')}" for line in LANES),
        f"        for (; k < {width}U; k++) {{",
        f"            const float d = a[i * {width}U + k] - b[j * {width}U + k];",
        "            lane[k & 3U] += d * d;",
        "        }",
        f"        y[i * {count}U + j] = {SUM};",
        "    }",
        "}",
    ]


def nearest(unit: Unit, node: Node) -> list[str]:
    """Distance of each row of `a` to the nearest row of `b`, a constant."""
    unit.modules.add("kmeans")
    rows, table = unit.tensor(node.inputs[0]), unit.tensor(node.inputs[1])
    count, width = table.shape
    return [
        *unit.declare(node, letters="a"),
        f"{unit.storage} ecm_kmeans_t l = {{",
        f"    .centroids = {unit.pointer(node.inputs[1])},",
        f"    .clusters_len = {count},",
        f"    .features_len = {width},",
        "};",
        *_rows(
            rows.size // width,
            "ecm_kmeans_distance_f32(&l, a{x}, y{y}, NULL)",
            width,
            1,
        ),
    ]


def mean_squares(unit: Unit, node: Node) -> list[str]:
    """Mean over each row of the squared differences of `a` and `b`."""
    unit.modules.add("nn")
    width = int(node.attrs["width"])
    count = unit.tensor(node.inputs[0]).size // width
    call = f"ecm_nn_mse_f32(a{{x}}, b{{x}}, {width}U, y{{y}})"
    return [*unit.declare(node), *_rows(count, call, width, 1)]


def _rows(count: int, call: str, x_step: int, y_step: int) -> list[str]:
    """Call a function of the library for each row; one row needs no loop."""
    many = count > 1
    x, y = (f" + i * {step}U" if many else "" for step in (x_step, y_step))
    lines = [
        f"const ecm_status_t status = {call.format(x=x, y=y)};",
        "ECM_REQUIRE(status >= ECM_OK, status);",
    ]
    if not many:
        return lines
    loop = f"for (i = 0; i < {count}U; i++) {{"
    return ["uint32_t i;", loop, *(f"    {line}" for line in lines), "}"]


_NODE = np.dtype([("threshold", "<f4"), ("feature", "<u2"), ("right", "<u2")])
"""``ecm_tree_node_t``."""


def trees(unit: Unit, node: Node) -> list[str]:
    """Sum, mean, least or largest of the leaves that a row comes to.

    Inputs: rows, then thresholds, features, the other branch (or, of a leaf, its row),
    roots, and rows of leaves, as `ecm_tree.h` describes them. NaN takes the other
    branch. A sum is the library's mean of leaves that are as many times as large.
    """
    if node.attrs["how"] not in ("sum", "average"):
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
        *_rows(rows, "ecm_tree_forest_predict_f32(&l, a{x}, y{y})", width, targets),
    ]


def _walked(unit: Unit, node: Node) -> list[str]:
    """Least or largest leaf, element by element."""
    x, leaves = unit.tensor(node.inputs[0]), unit.tensor(node.inputs[5])
    n_trees = unit.tensor(node.inputs[4]).size
    targets, width = leaves.shape[1], x.shape[-1]
    sign = "<" if node.attrs["how"] == "min" else ">"
    return [
        # `e` is the row; the table of roots is `g`.
        *unit.declare(node, letters="abcdgf"),
        "uint32_t i, t, k;",
        f"for (i = 0; i < {x.size // width}U; i++) {{",
        f"    const float *e = a + i * {width}U;",
        f"    float *r = y + i * {targets}U;",
        f"    for (t = 0; t < {n_trees}U; t++) {{",
        "        const float *w;",
        "        uint32_t at = g[t];",
        "        while (c[at] != 0xffffU) {",
        "            at = e[c[at]] <= b[at] ? at + 1U : g[t] + d[at];",
        "        }",
        f"        w = f + d[at] * {targets}U;",
        f"        for (k = 0; k < {targets}U; k++) {{",
        f"            r[k] = t == 0U || w[k] {sign} r[k] ? w[k] : r[k];",
        "        }",
        "    }",
        "}",
    ]
