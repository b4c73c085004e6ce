"""Convolutions of channels-first data, each sum in four lanes.

In float32 a window is gathered once, with the zeros around the image in it, and meets
the filters of its group two by two (``ecm_nn_dot.h``); few products are written out,
for the places whose window lies within the image. Other types take loops.
"""

from collections.abc import Sequence
from math import prod

from ecmkit.graph.emit.elementwise import stored
from ecmkit.graph.emit.linear import loop, span, spatial, window_loops
from ecmkit.graph.emit.reduction import LANES, SUM
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node, Tensor

__all__ = ["conv", "written_out"]

_WRITTEN_OUT = 32
"""Products of a sum that are written one by one, if its window serves one filter."""


def conv(unit: Unit, node: Node) -> list[str]:
    """Correlation of channels-first data: ``a`` (n, c, ..), ``b`` (m, c / groups, ..).

    The sum runs over channels and then the window in C order; what lies outside of the
    input counts in the order, as the zero that it stands for. The setting `then`, if
    there is one, has functions that each result goes through, with their settings.
    """
    a, b, y = (unit.tensor(n) for n in (*node.inputs[:2], node.outputs[0]))
    if not a.dtype == b.dtype == y.dtype == "f32":
        return _in_loops(unit, node, "")
    if written_out(node, b):
        return _in_loops(unit, node, _whole_sum(node, a, b))
    return _gathered(unit, node, a, b, y)


def written_out(node: Node, weights: Tensor) -> bool:
    """Whether sums of float32 are written out, and no windows are gathered."""
    alone = weights.shape[0] == int(node.attrs["groups"])
    return alone and prod(weights.shape[1:]) <= _WRITTEN_OUT


def _in_loops(unit: Unit, node: Node, whole: str) -> list[str]:
    """Walk every window; `whole` is the sum of one within the image, or nothing."""
    a, b, y = (unit.tensor(n) for n in (*node.inputs[:2], node.outputs[0]))
    sizes, kernel, outs = a.shape[2:], b.shape[2:], y.shape[2:]
    rank, channels, window = len(sizes), b.shape[1], prod(kernel)
    kind = y.c_type
    load = f"({kind})" if a.c_type != kind else ""
    weight = " + ".join(
        [f"ch * {window}U"] + [f"k{j} * {prod(kernel[j + 1 :])}U" for j in range(rank)]
    )
    inner = window_loops(
        node, sizes, kernel, outs,
        [f"lane[k & 3U] += {load}p[s{rank - 1}] * {load}q[{weight}];", "k++;"],
        "k += {n}U;",
    )  # fmt: skip
    per_group = b.shape[0] // int(node.attrs["groups"])
    first = f"(n * {a.shape[1]}U + m / {per_group}U * {channels}U"
    walked = [
        f"const {a.c_type} *p = a + {first} + ch) * {prod(sizes)}U;",
        *inner,
    ]
    summed = [
        *(line.format(t=kind) for line in LANES),
        f"uint32_t ch, {', '.join(f'k{j}' for j in range(rank))};",
        *loop("ch", channels, walked),
    ]
    total = SUM
    inside = _inside(node, sizes, kernel, outs)
    if whole and inside != "0":
        image = f"const {a.c_type} *p = a + {first}) * {prod(sizes)}U"
        quick = [f"{image} + ({_start(node, sizes)});", f"total = {whole};"]
        rest = [*summed, f"total = {SUM};"]
        summed = [f"{kind} total;", *_either(inside, quick, rest)]
        total = "total"
    bias = " + c[m]" if len(node.inputs) > 2 else ""
    place = " + ".join(f"o{j} * {prod(outs[j + 1 :])}U" for j in range(rank))
    target = f"y[(n * {y.shape[1]}U + m) * {prod(outs)}U + {place}]"
    body = [
        f"const {b.c_type} *q = b + m * {channels * window}U;",
        *summed,
        *stored(unit, node, target, f"({total}){bias}"),
    ]
    for j in reversed(range(rank)):
        body = loop(f"o{j}", outs[j], body)
    body = loop("n", a.shape[0], loop("m", y.shape[1], body))
    counters = ", ".join(f"o{j}" for j in range(rank))
    return [*unit.declare(node), f"uint32_t n, m, {counters};", *body]


def _start(node: Node, sizes: Sequence[int]) -> str:
    """Place of the first element of a window within the image."""
    strides, _, before = spatial(node)
    return " + ".join(
        f"(o{j} * {strides[j]}U - {before[j]}U) * {prod(sizes[j + 1 :])}U"
        for j in range(len(sizes))
    )


def _either(test: str, lines: Sequence[str], others: Sequence[str]) -> list[str]:
    """Choose by a condition, which is no question if it is 1."""
    if test == "1":
        return list(lines)
    return [
        f"if ({test}) {{",
        *(f"    {line}" for line in lines),
        "} else {",
        *(f"    {line}" for line in others),
        "}",
    ]


def _whole_sum(node: Node, a: Tensor, b: Tensor) -> str:
    """Write out the sum of a window within the image, from ``p`` and ``q``."""
    sizes, kernel = a.shape[2:], b.shape[2:]
    places = [0]
    for j, size in enumerate((b.shape[1], *kernel)):
        step = prod(sizes[j:])
        step *= node.attrs["dilations"][j - 1] if j else 1
        places = [place + k * step for place in places for k in range(size)]
    lanes = ["0.0F"] * 4
    for k, place in enumerate(places):
        lanes[k % 4] += f" + q[{k}] * p[{place}]"
    return f"(({lanes[0]}) + ({lanes[1]})) + (({lanes[2]}) + ({lanes[3]}))"


def _inside(
    node: Node, sizes: Sequence[int], kernel: Sequence[int], outs: Sequence[int]
) -> str:
    """C condition that the window at ``o0, o1, ..`` lies within the image; 0 or 1."""
    tests = []
    for axis, out in enumerate(outs):
        first, n = span(node, axis, sizes, kernel, out)
        if not n:
            return "0"
        if n < out:
            at = f"o{axis} - {first}U" if first else f"o{axis}"
            tests.append(f"{at} < {n}U")
    return " && ".join(tests) or "1"


def _gathered(unit: Unit, node: Node, a: Tensor, b: Tensor, y: Tensor) -> list[str]:
    """Gather the windows of two places, and let the filters meet them in pairs."""
    unit.modules.add("nn_dot")
    groups = int(node.attrs["groups"])
    taken, filters = prod(b.shape[1:]), b.shape[0] // groups
    places = prod(y.shape[2:])
    work = unit.scratch(node, 4 * taken * min(places, 2), "float")
    pairs, rows = "i + 1U < " + f"{places}U", "m + 1U < " + f"{filters}U"
    biased = len(node.inputs) > 2

    def put(row: int) -> list[str]:
        bias = (" + c[f]", " + c[f + 1U]")[row] if biased else ""
        first, second = (f"r[{row * places + at}]" for at in (0, 1))
        lines = stored(unit, node, first, f"sums[{row}]{bias}")
        if places > 1:
            other = stored(unit, node, second, f"sums[{row + 2}]{bias}")
            lines += _if(pairs, other, always=places % 2 == 0)
        return lines

    x1 = f"x + {taken}" if places > 1 else "x"
    w1 = f"q + {taken}" if filters % 2 == 0 else f"{rows} ? q + {taken} : q"
    meet = [
        f"const uint32_t f = g * {filters}U + m;",
        f"const float *q = b + f * {taken}U;",
        f"float *r = y + (n * {y.shape[1]}U + f) * {places}U + i;",
        f"(void)ecm_nn_dot_four_f32(q, {w1}, x, {x1}, {taken}U, sums);",
        *put(0),
    ]
    if filters > 1:
        meet += _if(rows, put(1), always=filters % 2 == 0)
    body = [
        f"for (i = 0; i < {places}U; i += 2U) {{",
        *(f"    {line}" for line in _gather(node, a, b, y)),
        f"    for (m = 0; m < {filters}U; m += 2U) {{",
        *(f"        {line}" for line in meet),
        "    }",
        "}",
    ]
    counters = ", ".join(f"k{j}" for j in range(len(a.shape) - 2))
    return [
        *unit.declare(node),
        f"float *x = {work};",
        "float sums[4];",
        f"uint32_t n, g, m, i, j, ch, {counters};",
        *loop("n", a.shape[0], loop("g", groups, body)),
    ]


def _if(test: str, lines: Sequence[str], *, always: bool) -> list[str]:
    if always:
        return list(lines)
    return [f"if ({test}) {{", *(f"    {line}" for line in lines), "}"]


def _ends(size: int, taps: int, test: str) -> list[str]:
    """Where a row ends, and where whole windows do; 0 unless `test` holds."""
    ends = {"end": size, "whole": max(size - taps, 0)}
    return [
        f"const uint32_t {name} = {f'{test} ? {n}U : 0U' if test else f'{n}U'};"
        for name, n in ends.items()
    ]


def _gather(node: Node, a: Tensor, b: Tensor, y: Tensor) -> list[str]:
    """Copy the windows at places ``i`` and ``i + 1`` of group ``g`` to ``x``."""
    sizes, outs = a.shape[2:], y.shape[2:]
    strides, _, before = spatial(node)
    places, channels, last = prod(outs), b.shape[1], len(sizes) - 1
    first = f"(n * {a.shape[1]}U + g * {channels}U + ch)"
    lines = [
        f"const float *p = a + {first} * {prod(sizes)}U;",
        *_taken(node, sizes, b.shape[2:], outs),
    ]
    corner = []
    for axis in range(len(sizes)):
        o = f"j / {prod(outs[axis + 1 :])}U" if axis < last else "j"
        o = f"{o} % {outs[axis]}U" if axis else o
        corner.append(
            f"const uint32_t p{axis} = {o} * {strides[axis]}U - {before[axis]}U;"
        )
    end = "" if places % 2 == 0 else f" && j < {places}U"
    return [
        "float *to = x;",
        f"for (j = i; j < i + 2U{end}; j++) {{",
        *(f"    {line}" for line in corner),
        *(f"    {line}" for line in loop("ch", channels, lines)),
        "}",
    ]


def _taken(
    node: Node, sizes: Sequence[int], kernel: Sequence[int], outs: Sequence[int]
) -> list[str]:
    """Copy the window at ``p0, p1, ..`` of a channel, zeros where it has no image."""
    dilations, last = spatial(node)[1], len(sizes) - 1
    reach = [
        span(node, axis, sizes, kernel, out)[1] < out for axis, out in enumerate(outs)
    ]
    value, taps = f"p[s{last}]", dilations[last] * (kernel[last] - 1)
    if any(reach):
        value = f"p{last} + k{last} * {dilations[last]}U < end ? {value} : 0.0F"
    lines = [f"*to++ = {value};"]
    for axis in reversed(range(len(sizes))):
        at = f"p{axis} + k{axis} * {dilations[axis]}U"
        inner = f"s{axis - 1} + " if axis else ""
        step = prod(sizes[axis + 1 :])
        start = [f"const uint32_t s{axis} = {inner}({at}) * {step}U;"]
        if any(reach) and axis == last - 1:
            tests = [
                f"p{j} + k{j} * {dilations[j]}U < {sizes[j]}U"
                for j in range(last)
                if reach[j]
            ]
            start += _ends(sizes[last], taps, " && ".join(tests))
        lines = loop(f"k{axis}", kernel[axis], [*start, *lines])
        if any(reach) and axis == last:
            tap = [f"*to++ = s[k{last} * {dilations[last]}U];"]
            lines = [
                f"if (p{last} < whole) {{ /* no tap beyond an end */",
                f"    const float *s = p + {inner}p{last};",
                *(f"    {line}" for line in loop(f"k{last}", kernel[last], tap)),
                "} else {",
                *(f"    {line}" for line in lines),
                "}",
            ]
    if any(reach) and last == 0:
        lines = [*_ends(sizes[0], taps, ""), *lines]
    return lines
