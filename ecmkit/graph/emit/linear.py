"""Products of matrices, transposed convolutions and pools; sums in four lanes."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from ecmkit.graph.emit.elementwise import stored
from ecmkit.graph.emit.loops import Nest
from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = [
    "conv_transpose",
    "loop",
    "matmul",
    "pool",
    "span",
    "spatial",
    "window_loops",
]


def matmul(unit: Unit, node: Node) -> list[str]:
    """``y[.., m, n] = sum_k a[.., m, k] b[.., k, n]``, plus ``c`` if there is one.

    Settings: `shape` of y; `k`; `then`, see `conv`; steps `a`, `b` and `c` of each axis
    of y, and `a_k`, `b_k` of the sum.
    """
    at = node.attrs
    y = unit.tensor(node.outputs[0])
    shape: Sequence[int] = at["shape"]
    strides = tuple(prod(shape[i + 1 :]) for i in range(len(shape)))
    steps = {"y": strides, "a": at["a"], "b": at["b"]}
    if len(node.inputs) > 2:
        steps["c"] = at["c"]
    nest = Nest(shape, steps)
    kind = y.c_type
    wide = unit.tensor(node.inputs[0]).c_type != kind
    load = f"({kind})" if wide else ""
    total = SUM
    if len(node.inputs) > 2:
        total = f"({SUM}) + {nest.at('c')}"
    a, b = (unit.tensor(name).c_type for name in node.inputs[:2])
    whole, rest = divmod(int(at["k"]), 4)

    def product(lane: int, at_k: str) -> str:
        taken = [
            f"{load}{name}[{at_k} * {at[f'{letter}_k']}U]"
            for name, letter in (("p", "a"), ("q", "b"))
        ]
        return f"lane[{lane}] += {' * '.join(taken)};"

    body = [LANES[0].format(t=kind)]
    if at["k"]:
        body += [
            f"const {a} *p = a + {nest.index('a')};",
            f"const {b} *q = b + {nest.index('b')};",
        ]
    if whole:
        body += [
            "uint32_t k;",
            f"for (k = 0; k < {4 * whole}U; k += 4U) {{",
            *(f"    {product(lane, f'(k + {lane}U)')}" for lane in range(4)),
            "}",
        ]
    body += [product(lane, f"{4 * whole + lane}U") for lane in range(rest)]
    body += stored(unit, node, nest.at("y"), total)
    declared = nest.declare()
    return [
        *unit.declare(node),
        *([declared] if declared else []),
        *nest.around(body),
    ]


def spatial(node: Node) -> tuple[list[int], list[int], list[int]]:
    """Give steps, distances of taps and zeros in front along the axes of an image."""
    at = node.attrs
    return list(at["strides"]), list(at["dilations"]), list(at["before"])


def loop(name: str, length: int, body: list[str]) -> list[str]:
    """Repeat lines with a declared counter from 0."""
    return [
        f"for ({name} = 0; {name} < {length}U; {name}++) {{",
        *(f"    {line}" for line in body),
        "}",
    ]


def span(
    node: Node, axis: int, sizes: Sequence[int], kernel: Sequence[int], out: int
) -> tuple[int, int]:
    """First output of an axis whose window lies within the image, and their number."""
    strides, dilations, before = spatial(node)
    stride, pad = strides[axis], before[axis]
    reach = dilations[axis] * (kernel[axis] - 1)
    inside = [o for o in range(out) if 0 <= o * stride - pad < sizes[axis] - reach]
    return (inside[0], len(inside)) if inside else (0, 0)


def _needs_no_test(
    node: Node,
    axis: int,
    sizes: Sequence[int],
    kernel: Sequence[int],
    outs: Sequence[int],
) -> bool:
    """Whether an axis has no padding in front and no window that leaves the image."""
    whole = span(node, axis, sizes, kernel, outs[axis])[1] == outs[axis]
    return whole and not spatial(node)[2][axis]


def window_loops(
    node: Node,
    sizes: Sequence[int],
    kernel: Sequence[int],
    outs: Sequence[int],
    body: list[str],
    skip: str,
) -> list[str]:
    """Loops ``k0, k1, ..`` over a window at ``o0, o1, ..``; ``s`` is the place inside.

    Outside of the input, `skip` is done instead of `body`.
    """
    strides, dilations, before = spatial(node)
    lines = body
    for axis in reversed(range(len(sizes))):
        step = prod(sizes[axis + 1 :])
        inner = f"s{axis - 1} + " if axis else ""
        if _needs_no_test(node, axis, sizes, kernel, outs):
            place = f"(o{axis} * {strides[axis]}U + k{axis} * {dilations[axis]}U)"
            place = f"const uint32_t s{axis} = {inner}{place} * {step}U;"
            lines = loop(f"k{axis}", kernel[axis], [place, *lines])
            continue
        lines = loop(
            f"k{axis}",
            kernel[axis],
            [
                f"const int32_t p{axis} = (int32_t)(o{axis} * {strides[axis]}U + "
                f"k{axis} * {dilations[axis]}U) - {before[axis]};",
                f"const uint32_t s{axis} = {inner}(uint32_t)p{axis} * {step}U;",
                f"if (p{axis} < 0 || p{axis} >= {sizes[axis]}) {{",
                f"    {skip.format(n=prod(kernel[axis + 1 :]))}",
                "    continue;",
                "}",
                *lines,
            ],
        )
    return lines


def conv_transpose(unit: Unit, node: Node) -> list[str]:
    """Transpose of `conv`: each input element adds its window of weights (c, m, ..)."""
    a, b, y = (unit.tensor(n) for n in (*node.inputs[:2], node.outputs[0]))
    groups = int(node.attrs["groups"])
    sizes, outs = a.shape[2:], y.shape[2:]
    rank, window, per_group = len(sizes), prod(b.shape[2:]), b.shape[1]
    place = " + ".join(f"o{j} * {prod(sizes[j + 1 :])}U" for j in range(rank))
    body = [f"const {a.c_type} e = p[{place}];", *_added(node, b.shape[2:], outs)]
    for j in reversed(range(rank)):
        body = loop(f"o{j}", sizes[j], body)
    per_in = a.shape[1] // groups
    start = "c[m]" if len(node.inputs) > 2 else "0.0F"
    body = loop(
        "n",
        a.shape[0],
        loop(
            "m",
            y.shape[1],
            [
                f"float *r = y + (n * {y.shape[1]}U + m) * {prod(outs)}U;",
                f"for (i = 0; i < {prod(outs)}U; i++) {{ r[i] = {start}; }}",
                *loop(
                    "i",
                    per_in,
                    [
                        f"const uint32_t ch = m / {per_group}U * {per_in}U + i;",
                        f"const float *p = a + (n * {a.shape[1]}U + ch) * "
                        f"{prod(sizes)}U;",
                        f"const float *q = b + (ch * {per_group}U + "
                        f"m % {per_group}U) * {window}U;",
                        *body,
                    ],
                ),
            ],
        ),
    )
    counters = [f"{c}{j}" for c in "ok" for j in range(rank)]
    return [*unit.declare(node), f"uint32_t n, m, i, {', '.join(counters)};", *body]


def _added(node: Node, kernel: Sequence[int], outs: Sequence[int]) -> list[str]:
    """Add the window of weights ``q``, times ``e``, to what lies within ``r``."""
    strides, dilations, before = spatial(node)
    rank = len(outs)
    places = [
        f"const int32_t p{j} = (int32_t)(o{j} * {strides[j]}U + "
        f"k{j} * {dilations[j]}U) - {before[j]};"
        for j in range(rank)
    ]
    inside = " && ".join(f"p{j} >= 0 && p{j} < {outs[j]}" for j in range(rank))
    index = " + ".join(f"(uint32_t)p{j} * {prod(outs[j + 1 :])}U" for j in range(rank))
    weight = " + ".join(f"k{j} * {prod(kernel[j + 1 :])}U" for j in range(rank))
    body = [
        *places,
        f"if ({inside}) {{",
        f"    r[{index}] += e * q[{weight}];",
        "}",
    ]
    for j in reversed(range(rank)):
        body = loop(f"k{j}", kernel[j], body)
    return body


class _Pooling(NamedTuple):
    """C of what becomes of a window."""

    before: list[str]
    inner: list[str]
    """Of each element within the input."""
    after: list[str]
    skip: str
    """Of ``n`` elements of the window that lie outside of it."""


def pool(unit: Unit, node: Node) -> list[str]:
    """Largest, mean or p-norm of windows of channels-first data."""
    a, y = unit.tensor(node.inputs[0]), unit.tensor(node.outputs[0])
    kernel: Sequence[int] = node.attrs["kernel"]
    sizes, outs = a.shape[2:], y.shape[2:]
    rank = len(sizes)
    place = " + ".join(f"o{j} * {prod(outs[j + 1 :])}U" for j in range(rank))
    put = f"y[n * {prod(outs)}U + {place}]"
    inside = all(_needs_no_test(node, j, sizes, kernel, outs) for j in range(rank))
    if str(node.attrs["fn"]) != "max":
        made = _averaged(unit, node, put)
    elif inside and len(node.outputs) == 1:
        made = _largest_inside(unit, node, put)
    else:
        made = _largest(unit, node, put)
    body = [
        *made.before,
        *window_loops(node, sizes, kernel, outs, made.inner, made.skip),
        *made.after,
    ]
    for j in reversed(range(rank)):
        body = loop(f"o{j}", outs[j], body)
    body = loop(
        "n",
        a.shape[0] * a.shape[1],
        [f"const {a.c_type} *p = a + n * {prod(sizes)}U;", *body],
    )
    counters = [f"{c}{j}" for c in "ok" for j in range(rank)]
    return [*unit.declare(node), f"uint32_t n, {', '.join(counters)};", *body]


def _largest_inside(unit: Unit, node: Node, put: str) -> _Pooling:
    """Largest of windows that have no place outside of the input."""
    a = unit.tensor(node.inputs[0])
    sizes, strides = a.shape[2:], spatial(node)[0]
    here = f"s{len(sizes) - 1}"
    first = " + ".join(
        f"o{j} * {strides[j] * prod(sizes[j + 1 :])}U" for j in range(len(sizes))
    )
    is_nan = f" || p[{here}] != p[{here}]" if a.dtype == "f32" else ""
    return _Pooling(
        before=[f"{a.c_type} top = p[{first}];"],
        inner=[f"if (p[{here}] > top{is_nan}) {{ top = p[{here}]; }}"],
        after=[f"{put} = top;"],
        skip="",
    )


def _largest(unit: Unit, node: Node, put: str) -> _Pooling:
    """Largest of windows, and where it was if that is an output."""
    a = unit.tensor(node.inputs[0])
    sizes = a.shape[2:]
    here = f"s{len(sizes) - 1}"
    is_nan = f" || p[{here}] != p[{here}]" if a.dtype == "f32" else ""
    after = [f"{put} = top;"]
    if len(node.outputs) > 1:
        kind = unit.tensor(node.outputs[1]).c_type
        place = _column_major(sizes) if node.attrs.get("column_major") else "at"
        after.append(
            f"{put.replace('y[', 'y1[', 1)} = "
            f"({kind})(n * {prod(sizes)}U) + ({kind})({place});"
        )
    return _Pooling(
        before=[f"{a.c_type} top = 0;", "int32_t at = -1;"],
        inner=[
            f"if (at < 0 || p[{here}] > top{is_nan}) {{",
            f"    top = p[{here}];",
            f"    at = (int32_t){here};",
            "}",
        ],
        after=after,
        skip="(void)at;",
    )


def _averaged(unit: Unit, node: Node, put: str) -> _Pooling:
    """Mean, or p-norm, of windows, in four lanes."""
    sizes = unit.tensor(node.inputs[0]).shape[2:]
    term = f"p[s{len(sizes) - 1}]"
    if str(node.attrs["fn"]) == "mean":
        # Padding counts only as far as it was asked for, not what rounding up adds.
        whole = node.attrs.get("include_pad")
        count = _counted(node, sizes) if whole else "(float)count"
        after = [f"{put} = ({SUM}) / {count};"]
    else:
        unit.modules.update(("func", "math"))
        power = float(node.attrs["p"])
        term = f"ecm_func_pow_f32({term} < 0.0F ? -{term} : {term}, {power!r}F)"
        after = [f"{put} = ecm_func_pow_f32({SUM}, {1.0 / power!r}F);"]
    return _Pooling(
        before=[
            *(line.format(t="float") for line in LANES),
            "uint32_t count = 0;",
            "(void)count;",
        ],
        inner=[f"lane[k & 3U] += {term};", "k++;", "count++;"],
        after=after,
        skip="k += {n}U;",
    )


def _column_major(sizes: Sequence[int]) -> str:
    """Flat index with the first axis fastest, of the row-major index ``at``."""
    terms = []
    for j in range(len(sizes)):
        digit = f"at / {prod(sizes[j + 1 :])} % {sizes[j]}"
        terms.append(f"({digit}) * {prod(sizes[:j])}")
    return " + ".join(terms)


def _counted(node: Node, sizes: Sequence[int]) -> str:
    """Elements of a window within the input and its padding."""
    strides, dilations, before = spatial(node)
    kernel, after, outs = (node.attrs[key] for key in ("kernel", "after", "outs"))
    factors = []
    for j, size in enumerate(sizes):
        end = size + before[j] + after[j]
        if _all_inside(node, j, end, kernel[j], outs[j]):
            factors.append(f"{kernel[j]}U")
        else:
            room = f"({end}U - o{j} * {strides[j]}U + {dilations[j] - 1}U)"
            each = f"{room} / {dilations[j]}U"
            factors.append(f"({each} < {kernel[j]}U ? {each} : {kernel[j]}U)")
    return f"(float)({' * '.join(factors)})"


def _all_inside(node: Node, axis: int, end: int, kernel: int, outs: int) -> bool:
    """Whether the last window of an axis ends within its padded length."""
    strides, dilations, _ = spatial(node)
    return (outs - 1) * strides[axis] + (kernel - 1) * dilations[axis] < end
