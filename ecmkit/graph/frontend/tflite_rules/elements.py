"""Operators on elements one by one, and changes of kind."""

from collections.abc import Callable
from dataclasses import replace
from math import frexp, prod

import numpy as np

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.frontend.tflite_rules.helpers import (
    activated,
    activation,
    elements,
    is_scaled,
    of_real,
    same_integers,
    to_real,
)
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[TfliteReading, TfliteOp], list[str]]


def _one(fn: str, table: str = "") -> Rule:
    """Apply a function, by a table where values are int8."""

    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        x = r.value(r.need(op, 0))
        wanted = r.output(op)
        # Of int16 the runtimes have a table for these two alone.
        wide = wanted.dtype == "s16" and table not in ("logistic", "tanh")
        if table and same_integers(r, wanted, x) and not wide:
            return r.b.emit("int8_table", [x], wanted, {"fn": table})
        return of_real(r, op, [x], lambda reals: elements(r, fn, *reals))

    return rule


def _rectifier(name: str) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        x = r.value(r.need(op, 0))
        wanted = r.output(op)
        if same_integers(r, wanted, x):
            attrs = {"fn": "requantise", "activation": name}
            return r.b.emit("int8_table", [x], wanted, attrs)
        if name == "relu":
            return of_real(r, op, [x], lambda reals: elements(r, "relu", *reals))
        low, high = (0.0, 6.0) if name == "relu6" else (-1.0, 1.0)
        limits = [r.b.constant(v, "f32") for v in (low, high)]
        return of_real(r, op, [x], lambda reals: elements(r, "clip", *reals, *limits))

    return rule


def _leaky(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    wanted, alpha = r.output(op), float(op.get("alpha", 0.0))
    if same_integers(r, wanted, x) and alpha > 0.0:
        attrs = {"fn": "requantise", "alpha": alpha}
        return r.b.emit("int8_table", [x], wanted, attrs)
    return of_real(r, op, [x], lambda p: elements(r, "leaky_relu", *p, alpha=alpha))


def _gelu(r: TfliteReading, op: TfliteOp) -> list[str]:
    about = bool(op.get("approximate", False))
    return _one("gelu_tanh" if about else "gelu", "" if about else "gelu")(r, op)


def _elu(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    if r.output(op).dtype == "s8" and is_scaled(r, x):
        return _one("elu", "elu")(r, op)
    return of_real(r, op, [x], lambda p: elements(r, "elu", *p, alpha=1.0))


def _square(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    return of_real(r, op, [x], lambda p: elements(r, "mul", p[0], p[0]))


def _rsqrt(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    return of_real(
        r, op, [x], lambda p: elements(r, "reciprocal", elements(r, "sqrt", *p))
    )


def _squared_difference(r: TfliteReading, op: TfliteOp) -> list[str]:
    names = [r.value(r.need(op, at)) for at in (0, 1)]

    def make(p: list[str]) -> str:
        less = elements(r, "sub", *p)
        return elements(r, "mul", less, less)

    return of_real(r, op, names, make)


def _two(fn: str) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        names = [r.value(r.need(op, at)) for at in (0, 1)]
        wanted = r.output(op)
        integers = same_integers(r, wanted, *names)
        if integers and fn in ("add", "sub", "mul"):
            return _pair(r, op, fn, names, wanted)
        if wanted.dtype == "f32" or integers:
            return of_real(
                r, op, names, lambda p: activated(r, op, elements(r, fn, *p))
            )
        return [r.b.map(fn, *names)]

    return rule


def _pair(
    r: TfliteReading, op: TfliteOp, fn: str, names: list[str], wanted: Tensor
) -> list[str]:
    """Two integer values; where one starts over it is the second."""
    if r.b.shape(names[0]) != wanted.shape and fn != "sub":
        names = names[::-1]
    if r.b.shape(names[0]) != wanted.shape:
        names[0] = r.b.expand(names[0], wanted.shape)
    own = r.b.shape(names[1])
    trimmed = own
    while len(trimmed) > 1 and trimmed[0] == 1:
        trimmed = trimmed[1:]
    if prod(own) == 1:
        names[1] = r.b.reshape(names[1], (1,))
    elif trimmed == wanted.shape[len(wanted.shape) - len(trimmed) :]:
        names[1] = r.b.reshape(names[1], trimmed)
    else:
        names[1] = r.b.expand(names[1], wanted.shape)
    scales = [r.b.tensors[n].scale for n in names] + [wanted.scale]
    if (
        wanted.dtype == "s16"
        and fn != "mul"
        and all(frexp(v)[0] == 0.5 for v in scales)
    ):
        raise r.b.fail(
            f"sum of int16 in scales {scales} that are all powers of 2, whose rounding "
            "is another: quantise the model with any other scale"
        )
    attrs = {"activation": activation(r, op)}
    if fn == "mul":
        return r.b.emit("int8_mul", names, wanted, attrs)
    return r.b.emit("int8_add", names, wanted, {"fn": fn, **attrs})


def _greater(fn: str) -> Rule:
    """Return the greater (or less) of two: of int8 in one scale as of any integers."""

    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        names = [r.value(r.need(op, at)) for at in (0, 1)]
        wanted = r.output(op)
        kinds = {replace(r.b.tensors[n], shape=()) for n in names}
        if wanted.scale and kinds != {replace(wanted, shape=())}:
            return of_real(r, op, names, lambda p: elements(r, fn, *p))
        made = elements(r, fn, *names)
        if r.b.tensors[made] != wanted:
            (made,) = r.b.emit("reshape", [made], wanted)
        return [made]

    return rule


def _prelu(r: TfliteReading, op: TfliteOp) -> list[str]:
    names = [r.value(r.need(op, at)) for at in (0, 1)]
    return of_real(r, op, names, lambda p: elements(r, "prelu", *p))


def _quantize(r: TfliteReading, op: TfliteOp) -> list[str]:
    x = r.value(r.need(op, 0))
    wanted = r.output(op)
    if wanted.dtype not in ("s8", "s16") or not wanted.scale:
        raise r.b.fail(f"to {wanted}, expected int8 or int16 with one scale")
    if is_scaled(r, x):
        return r.b.emit("int8_table", [x], wanted, {"fn": "requantise"})
    if r.b.dtype(x) != "f32":
        raise r.b.fail(f"from {r.b.tensors[x]}, expected float32 or int8")
    return r.b.emit("int8_from_real", [x], wanted)


def _dequantize(r: TfliteReading, op: TfliteOp) -> list[str]:
    at = r.need(op, 0)
    constant, scales = r.array(at), r.quantisation(at)
    if constant is not None and scales is not None:
        axes = [-1 if i == scales.axis else 1 for i in range(constant.ndim)]
        by_axis = scales.scales.reshape(axes) if len(scales.scales) > 1 else (
            scales.scales[0])  # fmt: skip
        zeros = scales.zeros.reshape(axes) if len(scales.zeros) > 1 else scales.zeros[0]
        reals = (constant.astype(np.float32) - zeros) * by_axis
        return [r.b.constant(reals.astype(np.float32))]
    x = r.value(at)
    if r.b.dtype(x) == "f32":
        return [x]
    if not is_scaled(r, x):
        raise r.b.fail(f"from {r.b.tensors[x]}, expected int8 with one scale")
    return [to_real(r, x)]


def _cast(r: TfliteReading, op: TfliteOp) -> list[str]:
    return [r.b.cast(r.value(r.need(op, 0)), r.output(op).dtype)]


def _compare(fn: str) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        names = [to_real(r, r.value(r.need(op, at))) for at in (0, 1)]
        made = r.b.map(fn.removeprefix("not_"), *names)
        return [r.b.map("not", made) if fn.startswith("not_") else made]

    return rule


def _select(r: TfliteReading, op: TfliteOp) -> list[str]:
    names = [r.value(r.need(op, at)) for at in range(3)]
    wanted = r.output(op)
    if wanted.dtype in ("s8", "s16") and wanted.scale:
        names[1:] = [to_real(r, n) for n in names[1:]]
        return of_real(r, op, names[1:], lambda p: r.b.map("where", names[0], *p))
    return [r.b.map("where", *names)]


RULES: dict[str, Rule] = {
    "ABS": _one("abs", "abs"),
    "ADD": _two("add"),
    "CAST": _cast,
    "CEIL": _one("ceil"),
    "COS": _one("cos"),
    "DEQUANTIZE": _dequantize,
    "DIV": _two("div"),
    "ELU": _elu,
    "EQUAL": _compare("equal"),
    "EXP": _one("exp", "exp"),
    "FLOOR": _one("floor"),
    "GELU": _gelu,
    "GREATER": _compare("greater"),
    "GREATER_EQUAL": _compare("greater_equal"),
    "HARD_SWISH": _one("hard_swish", "hard_swish"),
    "LEAKY_RELU": _leaky,
    "LESS": _compare("less"),
    "LESS_EQUAL": _compare("less_equal"),
    "LOG": _one("log"),
    "LOGISTIC": _one("sigmoid", "logistic"),
    "MAXIMUM": _greater("max"),
    "MINIMUM": _greater("min"),
    "MUL": _two("mul"),
    "NEG": _one("neg", "negative"),
    "NOT_EQUAL": _compare("not_equal"),
    "POW": _two("pow"),
    "PRELU": _prelu,
    "QUANTIZE": _quantize,
    "RELU": _rectifier("relu"),
    "RELU6": _rectifier("relu6"),
    "RELU_N1_TO_1": _rectifier("relu_n1_to_1"),
    "ROUND": _one("round"),
    "RSQRT": _rsqrt,
    "SELECT": _select,
    "SELECT_V2": _select,
    "SIN": _one("sin"),
    "SQRT": _one("sqrt"),
    "SQUARE": _square,
    "SQUARED_DIFFERENCE": _squared_difference,
    "SUB": _two("sub"),
    "TANH": _one("tanh", "tanh"),
}
