"""Models that are no networks: distances to prototypes."""

from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = ["mean_squares", "nearest", "rows_of", "square_distances"]


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
        *rows_of(
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
    return [*unit.declare(node), *rows_of(count, call, width, 1)]


def rows_of(count: int, call: str, x_step: int, y_step: int) -> list[str]:
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
