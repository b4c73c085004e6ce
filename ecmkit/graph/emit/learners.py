"""Models that are no networks: distances to prototypes."""

from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["square_distances"]


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
