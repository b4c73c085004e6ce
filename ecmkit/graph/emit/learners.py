"""Models that are no networks: trees, distances to prototypes."""

from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["square_distances", "trees"]


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


def trees(unit: Unit, node: Node) -> list[str]:
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
        f"    const float *e = a + i * {width}U;",
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
