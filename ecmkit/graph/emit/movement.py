"""Operations that only move elements."""

from math import prod

from ecmkit.graph.emit.loops import Nest
from ecmkit.graph.emit.unit import Unit
from ecmkit.graph.ir import Node

__all__ = [
    "concat",
    "copy",
    "gather_elements",
    "gather_nd",
    "pad",
    "reshape",
    "scatter_elements",
    "scatter_nd",
    "take",
]


def reshape(unit: Unit, node: Node) -> list[str]:
    """Give the same elements another shape: nothing, or a copy to their place."""
    source, target = unit.pointer(node.inputs[0]), unit.pointer(node.outputs[0])
    if unit.home.get(node.outputs[0]) == unit.home.get(node.inputs[0], node.inputs[0]):
        return []
    return [f"memcpy({target}, {source}, {unit.tensor(node.outputs[0]).bytes}U);"]


def copy(unit: Unit, node: Node) -> list[str]:
    """``y[i] = a[offset + i . steps]``: transpose, slice, expand, split, reverse."""
    y = unit.tensor(node.outputs[0])
    nest = Nest(
        y.shape,
        {"y": y.strides, "a": node.attrs["steps"]},
        offsets={"a": node.attrs["offset"]},
    )
    return _copied(unit, node, nest)


def _copied(unit: Unit, node: Node, nest: Nest) -> list[str]:
    lines = unit.declare(node)
    declared = nest.declare()
    return [
        *lines,
        *([declared] if declared else []),
        *nest.around([f"{nest.at('y')} = {nest.at('a')};"]),
    ]


def concat(unit: Unit, node: Node) -> list[str]:
    """Put inputs one after another along an axis."""
    axis = int(node.attrs["axis"])
    y = unit.tensor(node.outputs[0])
    target = unit.pointer(node.outputs[0])
    inner = prod(y.shape[axis + 1 :])
    row = y.shape[axis] * inner
    lines = [f"{y.c_type} *y = {target};"]
    lines += ["uint32_t i;"] if prod(y.shape[:axis]) > 1 else []
    at = 0
    for name in node.inputs:
        part = unit.tensor(name)
        length = part.shape[axis] * inner
        n_bytes = length * part.itemsize
        source = unit.pointer(name)
        outer = prod(y.shape[:axis])
        if n_bytes == 0:
            continue
        if outer == 1:
            lines.append(f"memcpy(y + {at}, {source}, {n_bytes}U);")
        else:
            lines.append(
                f"for (i = 0; i < {outer}U; i++) {{ memcpy(y + i * {row}U + {at}U, "
                f"{source} + i * {length}U, {n_bytes}U); }}"
            )
        at += length
    return lines


def pad(unit: Unit, node: Node) -> list[str]:
    """Put a constant around: ``before`` elements ahead of each axis."""
    a, y = (unit.tensor(n) for n in (node.inputs[0], node.outputs[0]))
    before = node.attrs["before"]
    offset = sum(b * s for b, s in zip(before, y.strides, strict=True))
    nest = Nest(a.shape, {"y": y.strides, "a": a.strides}, offsets={"y": offset})
    value = unit.scalar(node.inputs[1]) or f"*({unit.pointer(node.inputs[1])})"
    lines = unit.declare(node)
    lines = [line for line in lines if not line.startswith(f"const {a.c_type} *b")]
    return [
        *lines,
        "uint32_t i;",
        *([nest.declare()] if nest.declare() else []),
        f"for (i = 0; i < {y.size}U; i++) {{ y[i] = {value}; }}",
        *nest.around([f"{nest.at('y')} = {nest.at('a')};"]),
    ]


def take(unit: Unit, node: Node) -> list[str]:
    """Rows of an axis by their numbers, counted from the end if negative."""
    axis = int(node.attrs["axis"])
    a = unit.tensor(node.inputs[0])
    numbers = unit.tensor(node.inputs[1]).size
    outer, inner = prod(a.shape[:axis]), prod(a.shape[axis + 1 :])
    length = a.shape[axis]
    return [
        *unit.declare(node),
        "uint32_t i, j;",
        f"for (i = 0; i < {outer}U; i++) {{",
        f"    for (j = 0; j < {numbers}U; j++) {{",
        f"        const int32_t at = (int32_t)b[j] + (b[j] < 0 ? {length} : 0);",
        f"        ECM_REQUIRE(at >= 0 && at < {length}, ECM_ERR_ARG);",
        f"        memcpy(y + (i * {numbers}U + j) * {inner}U,",
        f"               a + (i * {length}U + (uint32_t)at) * {inner}U,",
        f"               {inner * a.itemsize}U);",
        "    }",
        "}",
    ]


def gather_elements(unit: Unit, node: Node) -> list[str]:
    """``y[.., j, ..] = a[.., b[.., j, ..], ..]`` along an axis."""
    axis = int(node.attrs["axis"])
    a, b = (unit.tensor(n) for n in node.inputs)
    steps = tuple(0 if at == axis else s for at, s in enumerate(a.strides))
    nest = Nest(b.shape, {"b": b.strides, "a": steps})
    length = a.shape[axis]
    body = [
        f"const int32_t at = (int32_t){nest.at('b')} + "
        f"({nest.at('b')} < 0 ? {length} : 0);",
        f"ECM_REQUIRE(at >= 0 && at < {length}, ECM_ERR_ARG);",
        f"y[{nest.index('b')}] = "
        f"a[{nest.index('a')} + (uint32_t)at * {a.strides[axis]}U];",
    ]
    declared = nest.declare()
    return [
        *unit.declare(node),
        *([declared] if declared else []),
        *nest.around(body),
    ]


def scatter_elements(unit: Unit, node: Node) -> list[str]:
    """Copy `a`; then ``y[.., b[.., j, ..], ..]`` becomes or takes ``c``."""
    axis = int(node.attrs["axis"])
    a, b = (unit.tensor(n) for n in node.inputs[:2])
    steps = tuple(0 if at == axis else s for at, s in enumerate(a.strides))
    nest = Nest(b.shape, {"b": b.strides, "y": steps})
    length = a.shape[axis]
    place = f"y[{nest.index('y')} + (uint32_t)at * {a.strides[axis]}U]"
    body = [
        f"const int32_t at = (int32_t){nest.at('b')} + "
        f"({nest.at('b')} < 0 ? {length} : 0);",
        f"ECM_REQUIRE(at >= 0 && at < {length}, ECM_ERR_ARG);",
        _combined(node, place, f"c[{nest.index('b')}]"),
    ]
    declared = nest.declare()
    return [
        *unit.declare(node),
        *([declared] if declared else []),
        f"memcpy(y, a, {a.bytes}U);",
        *nest.around(body),
    ]


def _combined(node: Node, place: str, value: str) -> str:
    match node.attrs.get("how", "none"):
        case "add":
            return f"{place} += {value};"
        case "mul":
            return f"{place} *= {value};"
        case "max":
            return f"if ({value} > {place}) {{ {place} = {value}; }}"
        case "min":
            return f"if ({value} < {place}) {{ {place} = {value}; }}"
        case _:
            return f"{place} = {value};"


def _nd_index(a_shape: tuple[int, ...], strides: tuple[int, ...], n: int) -> list[str]:
    lines = ["uint32_t at = 0;"]
    for j in range(n):
        lines += [
            f"const int32_t at{j} = (int32_t)b[i * {n}U + {j}U] + "
            f"(b[i * {n}U + {j}U] < 0 ? {a_shape[j]} : 0);",
            f"ECM_REQUIRE(at{j} >= 0 && at{j} < {a_shape[j]}, ECM_ERR_ARG);",
            f"at += (uint32_t)at{j} * {strides[j]}U;",
        ]
    return lines


def gather_nd(unit: Unit, node: Node) -> list[str]:
    """Blocks of `a` at index vectors, the last axis of `b`."""
    a, b = (unit.tensor(n) for n in node.inputs)
    depth = b.shape[-1]
    block = prod(a.shape[depth:])
    return [
        *unit.declare(node),
        "uint32_t i;",
        f"for (i = 0; i < {b.size // depth}U; i++) {{",
        *(f"    {line}" for line in _nd_index(a.shape, a.strides, depth)),
        f"    memcpy(y + i * {block}U, a + at, {block * a.itemsize}U);",
        "}",
    ]


def scatter_nd(unit: Unit, node: Node) -> list[str]:
    """Copy `a`; then the blocks at index vectors become or take ``c``."""
    a, b = (unit.tensor(n) for n in node.inputs[:2])
    depth = b.shape[-1]
    block = prod(a.shape[depth:])
    return [
        *unit.declare(node),
        "uint32_t i, j;",
        f"memcpy(y, a, {a.bytes}U);",
        f"for (i = 0; i < {b.size // depth}U; i++) {{",
        *(f"    {line}" for line in _nd_index(a.shape, a.strides, depth)),
        f"    for (j = 0; j < {block}U; j++) {{",
        f"        {_combined(node, 'y[at + j]', f'c[i * {block}U + j]')}",
        "    }",
        "}",
    ]
