"""Models that are no networks: distances to prototypes, decisions between pairs."""

from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = [
    "coupled",
    "mean_squares",
    "nearest",
    "pair_scores",
    "pair_sums",
    "rows_of",
    "square_distances",
]

_ROUNDS = 100
"""After which libsvm gives up."""
_LEAST = 1e-7
"""Of a probability before they are brought together, as in libsvm."""
_ENOUGH = 0.005
"""Error by the number of classes at which libsvm stops."""


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


def pair_scores(unit: Unit, node: Node) -> list[str]:
    """Add up for each pair of classes the support vectors of both, and `c`.

    Of `a`, the values of a kernel, class i has columns ``d[i]`` to ``d[i + 1]``; `b`,
    the weights, has a row less than there are classes: against j > i those of i are in
    row j - 1, and those of j in row i. Pairs go (0, 1), (0, 2), .., (1, 2), ..
    """
    others, n = unit.tensor(node.inputs[1]).shape
    y = unit.tensor(node.outputs[0])
    sides = (("i", "(j - 1U)"), ("j", "i"))
    body = [
        f"for (i = 0; i < {others}U; i++) {{",
        f"    for (j = i + 1U; j < {others + 1}U; j++) {{",
        *(f"        {line.format(t='float')}" for line in LANES),
        *(
            f"        {line}"
            for own, row in sides
            for line in (
                f"for (m = d[{own}]; m < d[{own} + 1U]; m++) {{",
                f"    lane[k & 3U] += b[{row} * {n}U + m] * a[m];",
                "    k++;",
                "}",
            )
        ),
        f"        y[at] = ({SUM}) + c[at];",
        "        at++;",
        "    }",
        "}",
    ]
    width = others * (others + 1) // 2
    return _each_row(unit, node, y.size // width, n, width, "i, j, m, at", body)


def pair_sums(unit: Unit, node: Node) -> list[str]:
    """Of each class what its pairs hold: plus where it is the first, else minus.

    They are added in the order of the pairs.
    """
    y = unit.tensor(node.outputs[0])
    width = unit.tensor(node.inputs[0]).shape[-1]
    classes = y.shape[-1]
    body = [
        f"for (i = 0; i < {classes}U; i++) {{ y[i] = 0.0F; }}",
        f"for (i = 0; i < {classes - 1}U; i++) {{",
        f"    for (j = i + 1U; j < {classes}U; j++) {{",
        "        y[i] += a[at];",
        "        y[j] -= a[at];",
        "        at++;",
        "    }",
        "}",
    ]
    return _each_row(unit, node, y.size // classes, width, classes, "i, j, at", body)


def coupled(unit: Unit, node: Node) -> list[str]:
    """Probabilities of classes from scores of pairs, as libsvm couples them.

    That of the first of a pair is 1 / (1 + e^(a b + c)).

    T.-F. Wu, C.-J. Lin and R. C. Weng, J. Mach. Learn. Res. 5 (2004), 975-1005,
    algorithm 2, with libsvm's end: scikit-learn's probabilities are what it has come to
    then. Written with sums of what is not negative: libsvm's differences need double
    precision.
    """
    unit.modules.update(("func", "math"))
    y = unit.tensor(node.outputs[0])
    classes = y.shape[-1]
    width = classes * (classes - 1) // 2
    ends = ", ".join(literal(v, "f32") for v in (_LEAST, 1.0 - _LEAST))
    table = unit.scratch(node, 4 * classes * classes, "float")
    off = unit.function(lambda name: _disagreement(name, classes))
    body = [
        f"for (i = 0; i < {classes - 1}U; i++) {{",
        f"    for (j = i + 1U; j < {classes}U; j++) {{",
        "        const float e = a[at] * b[at] + c[at];",
        *(
            f"        r[{at}] = ecm_func_clip_f32(ecm_math_logistic_f32({x}), {ends});"
            for at, x in ((f"i * {classes}U + j", "-e"), (f"j * {classes}U + i", "e"))
        ),
        "        at++;",
        "    }",
        "}",
        # What has no place on the diagonal: the sum of what a class is multiplied by.
        *_of_classes(classes, "{j} * {j}", f"r[i * {classes}U + i] = {SUM};"),
        f"for (i = 0; i < {classes}U; i++) {{ y[i] = {literal(1 / classes, 'f32')}; }}",
        f"for (n = 0; n < {_ROUNDS}U; n++) {{",
        f"    float error = 0.0F, rest = {off}(r, y);",
        *(
            f"    {line}"
            for line in _of_classes(
                classes,
                "{j} * ({j} * y[i] - {i} * y[j])",
                f"const float d = ({SUM}) - rest;",
                "const float size = d < 0.0F ? -d : d;",
                "if (!(size <= error)) { error = size; }",
            )
        ),
        f"    if (error < {literal(_ENOUGH / classes, 'f32')}) {{ break; }}",
        *(
            f"    {line}"
            for line in _of_classes(
                classes,
                "{j} * {i} * y[j]",
                "float total;",
                f"if (i > 0U) {{ rest = {off}(r, y); }}",
                f"y[i] = (rest + ({SUM})) / r[i * {classes}U + i];",
                "lane[0] = lane[1] = lane[2] = lane[3] = 0.0F;",
                f"for (j = 0; j < {classes}U; j++) {{ lane[j & 3U] += y[j]; }}",
                f"total = {SUM};",
                f"for (j = 0; j < {classes}U; j++) {{ y[j] /= total; }}",
            )
        ),
        "    if (error != error) { break; } /* nor has it become a number */",
        "}",
    ]
    counters = "i, j, n, at"
    rows = y.size // classes
    lines = _each_row(unit, node, rows, width, classes, counters, body)
    return [f"float *r = {table};", *lines]


def _of_classes(classes: int, term: str, *last: str) -> list[str]:
    """Sum a term over all others of each class, then do something with the lanes.

    The term has ``{j}`` for the probability of the other against the class, ``{i}`` for
    that of the class against the other.
    """
    sides = {"j": f"r[j * {classes}U + i]", "i": f"r[i * {classes}U + j]"}
    return [
        f"for (i = 0; i < {classes}U; i++) {{",
        *(f"    {line.format(t='float')}" for line in LANES),
        f"    for (j = 0; j < {classes}U; j++) {{",
        "        if (j != i) {",
        f"            lane[k & 3U] += {term.format(**sides)};",
        "            k++;",
        "        }",
        "    }",
        *(f"    {line}" for line in last),
        "}",
    ]


def _disagreement(name: str, classes: int) -> list[str]:
    """Sum over pairs the squares of what probabilities of classes do not fit theirs."""
    mine, other = f"r[j * {classes}U + i]", f"r[i * {classes}U + j]"
    return [
        f"static float {name}(const float *r, const float *p)",
        "{",
        "    uint32_t i, j;",
        *(f"    {line.format(t='float')}" for line in LANES),
        f"    for (i = 0; i < {classes - 1}U; i++) {{",
        f"        for (j = i + 1U; j < {classes}U; j++) {{",
        f"            const float d = {mine} * p[i] - {other} * p[j];",
        "            lane[k & 3U] += d * d;",
        "            k++;",
        "        }",
        "    }",
        f"    return {SUM};",
        "}",
        "",
    ]


def _each_row(
    unit: Unit,
    node: Node,
    rows: int,
    a_step: int,
    y_step: int,
    counters: str,
    body: list[str],
) -> list[str]:
    """Do something with each row of `a` and of `y`; ``at`` begins at 0 in each."""
    lines = [*unit.declare(node), f"uint32_t {counters.replace('at', 'at = 0')};"]
    if rows == 1:
        return [*lines, *body]
    return [
        *lines,
        "uint32_t row;",
        f"for (row = 0; row < {rows}U; row++) {{",
        "    at = 0;",
        *(f"    {line}" for line in body),
        f"    a += {a_step}U;",
        f"    y += {y_step}U;",
        "}",
    ]
