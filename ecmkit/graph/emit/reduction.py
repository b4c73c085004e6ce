"""Operations that fold an axis: sums, extremes, their places, sorted parts, softmax."""

from math import prod

from ecmkit.graph.emit.functions import literal
from ecmkit.graph.emit.loops import Nest
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node, Tensor

__all__ = ["arg", "cumulate", "reduce", "softmax", "standardise", "top_k"]

LANES = [
    "{t} lane[4] = {{0, 0, 0, 0}};",
    "uint32_t k = 0;",
]
SUM = "(lane[0] + lane[1]) + (lane[2] + lane[3])"


def reduce(unit: Unit, node: Node) -> list[str]:
    """Fold some axes; sums run in four lanes over the elements in C order."""
    axes = set(node.attrs["axes"])
    fn = str(node.attrs["fn"])
    a = unit.tensor(node.inputs[0])
    kept = [at for at in range(len(a.shape)) if at not in axes]
    outer_shape = [a.shape[at] for at in kept]
    outer = Nest(
        outer_shape,
        {
            "a": [a.strides[at] for at in kept],
            "y": Tensor(a.dtype, tuple(outer_shape)).strides,
        },
    )
    folded = sorted(axes)
    inner = Nest(
        [a.shape[at] for at in folded],
        {"a": [a.strides[at] for at in folded]},
        counters="j",
    )
    n = prod(a.shape[at] for at in folded)
    value = f"a[{_sum_of(outer.index('a'), inner.index('a'))}]"
    body = _folded(unit, node, fn, a, n, value, inner, outer.at("y"))
    declared = [d for d in (outer.declare(), inner.declare()) if d]
    return [*unit.declare(node), *declared, *outer.around(body)]


def _sum_of(*parts: str) -> str:
    shown = [part for part in parts if part != "0U"]
    return " + ".join(shown) or "0U"


def _folded(
    unit: Unit,
    node: Node,
    fn: str,
    a: Tensor,
    n: int,
    value: str,
    inner: Nest,
    place: str,
) -> list[str]:
    kind = a.c_type
    if fn in ("max", "min"):
        return _extreme(node, fn, a, n, value, inner, place)
    if fn == "prod":
        one = literal(1, a.dtype)
        fold = inner.around([f"all *= {value};"])
        return [f"{kind} all = {one};", *fold, f"{place} = all;"]
    term, last = {
        "sum": ("e", "{s}"),
        "mean": ("e", "({s}) / {n}"),
        "sum_squares": ("e * e", "{s}"),
        "l1": ("e < 0 ? -e : e", "{s}"),
        "l2": ("e * e", "ecm_math_sqrt_f32({s})"),
        "log_sum": ("e", "ecm_math_log_f32({s})"),
    }[fn]
    if fn in ("l2", "log_sum"):
        if a.dtype != "f32":
            raise node.refuse(f"{fn} of elements of type {a.dtype}")
        unit.modules.add("math")
    count = literal(n, a.dtype)
    fold = inner.around(
        [
            f"const {kind} e = {value};",
            f"lane[k & 3U] += {f'({kind})' if a.dtype != 'f32' else ''}({term});",
            "k++;",
        ]
    )
    return [
        *(line.format(t=kind) for line in LANES),
        *fold,
        f"{place} = ({kind})({last.format(s=SUM, n=count)});",
    ]


def _extreme(
    node: Node, fn: str, a: Tensor, n: int, value: str, inner: Nest, place: str
) -> list[str]:
    if n == 0:
        raise node.refuse(f"{fn} of no elements, expected 1 or more")
    sign = ">" if fn == "max" else "<"
    first = value
    for at in range(len(inner.axes)):
        first = first.replace(f"j{at}", "0U")
    nan = " || e != e" if a.dtype == "f32" else ""
    fold = inner.around(
        [
            f"const {a.c_type} e = {value};",
            f"if (e {sign} all{nan}) {{ all = e; }}",
        ]
    )
    return [f"{a.c_type} all = {first};", *fold, f"{place} = all;"]


def _three(a: Tensor, axis: int) -> tuple[int, int, int]:
    return prod(a.shape[:axis]), a.shape[axis], prod(a.shape[axis + 1 :])


def arg(unit: Unit, node: Node) -> list[str]:
    """Find where an axis is largest or smallest: the first, or last, of equals."""
    a = unit.tensor(node.inputs[0])
    outer, n, inner = _three(a, int(node.attrs["axis"]))
    sign = ">" if node.attrs["fn"] == "max" else "<"
    sign += "=" if node.attrs.get("last") else ""
    kind = unit.tensor(node.outputs[0]).c_type
    return [
        *unit.declare(node),
        "uint32_t i, j, k;",
        f"for (i = 0; i < {outer}U; i++) {{",
        f"    for (j = 0; j < {inner}U; j++) {{",
        f"        const {a.c_type} *e = a + i * {n * inner}U + j;",
        "        uint32_t at = 0;",
        f"        for (k = 1; k < {n}U; k++) {{",
        f"            if (e[k * {inner}U] {sign} e[at * {inner}U]) {{ at = k; }}",
        "        }",
        f"        y[i * {inner}U + j] = ({kind})at;",
        "    }",
        "}",
    ]


def top_k(unit: Unit, node: Node) -> list[str]:
    """Find the k largest (or smallest) of an axis in order, and their places."""
    a = unit.tensor(node.inputs[0])
    outer, n, inner = _three(a, int(node.attrs["axis"]))
    k = int(node.attrs["k"])
    sign = ">" if node.attrs["largest"] else "<"
    _, places = node.outputs
    kind = unit.tensor(places).c_type
    # An element comes before the last one chosen if it is beyond it, or equal and
    # earlier: then it has been chosen already.
    return [
        *unit.declare(node),
        "uint32_t i, j, k, m;",
        f"for (i = 0; i < {outer}U; i++) {{",
        f"    for (j = 0; j < {inner}U; j++) {{",
        f"        const {a.c_type} *e = a + i * {n * inner}U + j;",
        f"        for (m = 0; m < {k}U; m++) {{",
        f"            const uint32_t put = (i * {k}U + m) * {inner}U + j;",
        f"            uint32_t best = {n}U;",
        f"            for (k = 0; k < {n}U; k++) {{",
        "                if (m > 0U) {",
        f"                    const uint32_t was = (uint32_t)y1[put - {inner}U];",
        f"                    const {a.c_type} old = e[was * {inner}U];",
        f"                    const {a.c_type} now = e[k * {inner}U];",
        f"                    if (now {sign} old || (now == old && k <= was)) {{",
        "                        continue;",
        "                    }",
        "                }",
        f"                if (best == {n}U || e[k * {inner}U] {sign} "
        f"e[best * {inner}U]) {{",
        "                    best = k;",
        "                }",
        "            }",
        f"            ECM_REQUIRE(best < {n}U, ECM_ERR_ARG);",
        f"            y[put] = e[best * {inner}U];",
        f"            y1[put] = ({kind})best;",
        "        }",
        "    }",
        "}",
    ]


def cumulate(unit: Unit, node: Node) -> list[str]:
    """Sum (or multiply) up along an axis."""
    a = unit.tensor(node.inputs[0])
    outer, n, inner = _three(a, int(node.attrs["axis"]))
    fn = str(node.attrs["fn"])
    start, op = (
        (literal(0, a.dtype), "+") if fn == "sum" else (literal(1, a.dtype), "*")
    )
    at = f"{n - 1}U - k" if node.attrs["reverse"] else "k"
    step = f"all = ({a.c_type})(all {op} e[({at}) * {inner}U]);"
    put = f"r[({at}) * {inner}U] = all;"
    body = [put, step] if node.attrs["exclusive"] else [step, put]
    return [
        *unit.declare(node),
        "uint32_t i, j, k;",
        f"for (i = 0; i < {outer}U; i++) {{",
        f"    for (j = 0; j < {inner}U; j++) {{",
        f"        const {a.c_type} *e = a + i * {n * inner}U + j;",
        f"        {a.c_type} *r = y + i * {n * inner}U + j;",
        f"        {a.c_type} all = {start};",
        f"        for (k = 0; k < {n}U; k++) {{",
        *(f"            {line}" for line in body),
        "        }",
        "    }",
        "}",
    ]


def softmax(unit: Unit, node: Node) -> list[str]:
    """Exponentials over their sum along an axis, or logarithms of that."""
    unit.modules.add("math")
    a = unit.tensor(node.inputs[0])
    outer, n, inner = _three(a, int(node.attrs["axis"]))
    log = bool(node.attrs["log"])
    put = "e[k * {i}U] - top" if log else "ecm_math_exp_f32(e[k * {i}U] - top)"
    add = "ecm_math_exp_f32(r[k * {i}U])" if log else "r[k * {i}U]"
    last = "r[k * {i}U] - ecm_math_log_f32(total)" if log else "r[k * {i}U] / total"
    return [
        *unit.declare(node),
        "uint32_t i, j, k;",
        f"for (i = 0; i < {outer}U; i++) {{",
        f"    for (j = 0; j < {inner}U; j++) {{",
        f"        const float *e = a + i * {n * inner}U + j;",
        f"        float *r = y + i * {n * inner}U + j;",
        "        float top = e[0], total, lane[4] = {0, 0, 0, 0};",
        f"        for (k = 1; k < {n}U; k++) {{",
        f"            if (e[k * {inner}U] > top) {{ top = e[k * {inner}U]; }}",
        "        }",
        f"        for (k = 0; k < {n}U; k++) {{",
        f"            r[k * {inner}U] = {put.format(i=inner)};",
        f"            lane[k & 3U] += {add.format(i=inner)};",
        "        }",
        f"        total = {SUM};",
        f"        for (k = 0; k < {n}U; k++) {{",
        f"            r[k * {inner}U] = {last.format(i=inner)};",
        "        }",
        "    }",
        "}",
    ]


def standardise(unit: Unit, node: Node) -> list[str]:
    """Rows of the last axes less their mean, over their deviation; both are outputs."""
    unit.modules.add("math")
    a = unit.tensor(node.inputs[0])
    n = int(node.attrs["n"])
    rows = a.size // n
    epsilon = literal(float(node.attrs["epsilon"]), "f32")
    centred = bool(node.attrs.get("centred", True))
    extra = []
    if len(node.outputs) > 1:
        extra = ["        y1[i] = mean;", "        y2[i] = factor;"]
    return [
        *unit.declare(node),
        "uint32_t i, k;",
        f"for (i = 0; i < {rows}U; i++) {{",
        f"    const float *e = a + i * {n}U;",
        f"    float *r = y + i * {n}U;",
        "    float mean = 0.0F, factor, lane[4] = {0, 0, 0, 0};",
        *(
            [
                f"    for (k = 0; k < {n}U; k++) {{ lane[k & 3U] += e[k]; }}",
                f"    mean = ({SUM}) / {n}.0F;",
                "    lane[0] = lane[1] = lane[2] = lane[3] = 0.0F;",
            ]
            if centred
            else []
        ),
        f"    for (k = 0; k < {n}U; k++) {{",
        "        const float d = e[k] - mean;",
        "        lane[k & 3U] += d * d;",
        "    }",
        f"    factor = 1.0F / ecm_math_sqrt_f32(({SUM}) / {n}.0F + {epsilon});",
        f"    for (k = 0; k < {n}U; k++) {{ r[k] = (e[k] - mean) * factor; }}",
        *extra,
        "}",
    ]
