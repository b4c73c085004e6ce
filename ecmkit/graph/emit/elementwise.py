"""Operations on elements one by one: functions, casts, choices."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecmkit.graph.emit.functions import FUNCTIONS, literal
from ecmkit.graph.emit.unit import Unit, walk
from ecmkit.graph.ir import Node

__all__ = [
    "cast",
    "dequantise_elements",
    "expression",
    "map_elements",
    "quantise_elements",
    "stored",
]

_LEAST = {"s8": -128, "u8": 0, "s16": -32768, "u16": 0, "s32": -(2**31), "u32": 0,
          "s64": -(2**63), "u64": 0}  # fmt: skip
_MOST = {"s8": 127, "u8": 255, "s16": 32767, "u16": 65535, "s32": 2147483520,
         "u32": 4294967040, "s64": 2**63 - 2**39, "u64": 2**64 - 2**40}  # fmt: skip


def expression(
    unit: Unit, node: Node, attrs: Mapping[str, Any], names: Sequence[str], c_type: str
) -> str:
    """C of a function of elements, ``fn`` and its settings, with their names in it."""
    name = str(attrs["fn"])
    function = FUNCTIONS.get(name)
    dtype = unit.tensor(node.inputs[-1]).dtype
    text = function.text(dtype) if function else ""
    if not text or function is None:
        raise node.refuse(f"function {name!r} of elements of type {dtype}")
    if dtype == "f32":
        unit.modules.update(function.modules)
        if "ecm_bits" in text:
            unit.modules.add("bits")
    settings = {
        key: literal(value, dtype) if isinstance(value, float | int) else value
        for key, value in attrs.items()
        if key != "fn"
    }
    return text.format(*names, c=c_type, **settings)


def stored(unit: Unit, node: Node, target: str, value: str) -> list[str]:
    """Lines that store a result of a layer, after the functions that it applies."""
    then = node.attrs.get("then", ())
    if not then:
        return [f"{target} = {value};"]
    lines = [f"const float r0 = {value};"]
    for at, function in enumerate(then):
        others = [unit.number(value, "f32") for value in function["others"]]
        attrs = {k: v for k, v in function.items() if k != "others"}
        done = expression(unit, node, attrs, [f"r{at}", *others], "float")
        lines.append(f"const float r{at + 1} = {done};")
    return [
        "{",
        *(f"    {line}" for line in lines),
        f"    {target} = r{len(then)};",
        "}",
    ]


def map_elements(unit: Unit, node: Node) -> list[str]:
    """``y = fn(a, b, ...)`` with broadcasting; ``fn`` is a key of `FUNCTIONS`."""
    nest, exprs = walk(unit, node, node.inputs)
    loads, names = [], []
    for at, (letter, value) in enumerate(zip("abcdefgh", node.inputs, strict=False)):
        kind = unit.tensor(value).c_type
        loads.append(f"const {kind} e{at} = {exprs[letter]};")
        names.append(f"e{at}")
    kind = unit.tensor(node.outputs[0]).c_type
    done = expression(unit, node, node.attrs, names, kind)
    used = [
        line
        for line, value in zip(loads, node.inputs, strict=True)
        if unit.scalar(value)
    ]
    inside = [line for line in loads if line not in used]
    pointers = _pointers(unit, node)
    body = [*inside, f"{nest.at('y')} = {done};"]
    return [*pointers, *used, *_declared(nest.declare()), *nest.around(body)]


def _pointers(unit: Unit, node: Node) -> list[str]:
    """Declare pointers to what is not written as a literal."""
    lines = unit.declare(node)
    return [
        line
        for line, name in zip(lines, [*node.inputs, *node.outputs], strict=True)
        if name in node.outputs or not unit.scalar(name)
    ]


def _declared(text: str) -> list[str]:
    return [text] if text else []


def cast(unit: Unit, node: Node) -> list[str]:
    """Change the kind of elements: fractions are cut, what is beyond saturates."""
    source = unit.tensor(node.inputs[0]).dtype
    target = unit.tensor(node.outputs[0])
    nest, exprs = walk(unit, node, node.inputs)
    value = exprs["a"]
    if target.dtype == "bool":
        zero = "0.0F" if source == "f32" else "0"
        done = f"({value} != {zero} ? 1U : 0U)"
    elif source == "f32" and target.dtype != "f32":
        unit.modules.add("func")
        least = literal(float(_LEAST[target.dtype]), "f32")
        most = literal(float(_MOST[target.dtype]), "f32")
        done = (
            f"{value} == {value} ? ({target.c_type})ecm_func_clip_f32("
            f"{value}, {least}, {most}) : ({target.c_type})0"
        )
    else:
        done = f"({target.c_type}){value}"
    pointers = _pointers(unit, node)
    body = [f"{nest.at('y')} = {done};"]
    return [*pointers, *_declared(nest.declare()), *nest.around(body)]


def dequantise_elements(unit: Unit, node: Node) -> list[str]:
    """``y = (x - zero) * scale``, the difference in 32 bits."""
    nest, exprs = walk(unit, node, node.inputs)
    done = f"(float)((int32_t){exprs['a']} - (int32_t){exprs['c']}) * {exprs['b']}"
    pointers = _pointers(unit, node)
    body = [f"{nest.at('y')} = {done};"]
    return [*pointers, *_declared(nest.declare()), *nest.around(body)]


def quantise_elements(unit: Unit, node: Node) -> list[str]:
    """``y = saturate(round(x / scale) + zero)``, halves to the even integer."""
    target = unit.tensor(node.outputs[0])
    unit.modules.update(("func", "math"))
    nest, exprs = walk(unit, node, node.inputs)
    zero = exprs["c"]
    least, most = (float(table[target.dtype]) for table in (_LEAST, _MOST))
    low, high = literal(least, "f32"), literal(most, "f32")
    done = (
        f"({target.c_type})ecm_func_clip_f32(ecm_func_round_f32({exprs['a']} / "
        f"{exprs['b']}) + (float){zero}, {low}, {high})"
    )
    pointers = _pointers(unit, node)
    body = [f"{nest.at('y')} = {done};"]
    return [*pointers, *_declared(nest.declare()), *nest.around(body)]
