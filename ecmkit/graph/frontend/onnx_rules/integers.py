"""Operators of quantised models, as ONNX defines them."""

from collections.abc import Callable

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import axis_of, has, need
from ecmkit.graph.frontend.onnx_rules.layers import conv_of
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[Builder, Operator], list[str]]


def _along(b: Builder, o: Operator, value: str, x: str) -> str:
    """Shape a scale or zero point as it is broadcast: one, or one a row of an axis."""
    own, rank = b.shape(value), len(b.shape(x))
    if int(o.get("block_size", 0)):
        raise b.fail("attribute `block_size`: expected 0")
    if len(own) != 1 or own == (1,):
        return b.reshape(value, ()) if own == (1,) else value
    axis = axis_of(b, o, rank, 1)
    if own[0] != b.shape(x)[axis]:
        raise b.fail(f"{own[0]} scales along an axis of {b.shape(x)[axis]}")
    return b.reshape(value, (own[0], *(1,) * (rank - axis - 1)))


def _zero(b: Builder, o: Operator, at: int, x: str, kind: str) -> str:
    name = has(o, at)
    if name is None:
        return b.constant(np.zeros((), Tensor(kind, ()).numpy))  # type: ignore[arg-type]
    return _along(b, o, name, x)


def _quantize(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    zero = _zero(b, o, 2, x, "u8")
    if b.dtype(zero) not in ("s8", "u8", "s16", "u16"):
        raise b.fail(f"zero point of type {b.dtype(zero)}")
    scale = _along(b, o, need(b, o, 1), x)
    tensor = Tensor(b.dtype(zero), b.shape(x))
    return b.emit("quantise", [b.cast(x, "f32"), scale, zero], tensor)


def _dequantize(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    scale = _along(b, o, need(b, o, 1), x)
    if has(o, 2) is None and b.dtype(x) == "s32":
        return [b.map("mul", b.cast(x, "f32"), scale)]
    zero = _zero(b, o, 2, x, b.dtype(x))
    return b.emit("dequantise", [x, scale, zero], Tensor("f32", b.shape(x)))


def _dynamic(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    zero, one = b.constant(0.0, "f32"), b.constant(255.0, "f32")
    axes = range(len(b.shape(x)))
    low = b.map("min", b.reduce("min", x, axes, keep=False), zero)
    high = b.map("max", b.reduce("max", x, axes, keep=False), zero)
    scale = b.map("div", b.map("sub", high, low), one)
    unit = b.constant(1.0, "f32")
    scale = b.map("where", b.map("equal", scale, zero), unit, scale)
    place = b.map("div", b.map("sub", zero, low), scale)
    rounded = b.map("clip", b.map("round", place), zero, one)
    point = b.cast(rounded, "u8")
    (y,) = b.emit("quantise", [x, scale, point], Tensor("u8", b.shape(x)))
    return [y, scale, point]


def _centred(b: Builder, x: str, zero: str | None, *, rows: bool = False) -> str:
    wide = b.cast(x, "s32")
    if zero is None:
        return wide
    if len(b.shape(zero)) == 1 and rows and b.shape(zero) != (1,):
        zero = b.reshape(zero, (b.shape(zero)[0], 1))
    return b.map("sub", wide, b.cast(zero, "s32"))


def _matmul_integer(b: Builder, o: Operator) -> list[str]:
    x = _centred(b, need(b, o, 0), has(o, 2), rows=True)
    return [b.matmul(x, _centred(b, need(b, o, 1), has(o, 3)))]


def _conv_integer(b: Builder, o: Operator) -> list[str]:
    x = _centred(b, need(b, o, 0), has(o, 2))
    w, zero = need(b, o, 1), has(o, 3)
    if zero is not None and len(b.shape(zero)) == 1:
        zero = b.reshape(zero, (b.shape(zero)[0], *(1,) * (len(b.shape(w)) - 1)))
    return [conv_of(b, o, x, _centred(b, w, zero), None, dtype="s32")]


def _qlinear_matmul(b: Builder, o: Operator) -> list[str]:
    a, a_scale, a_zero, w, w_scale, w_zero, y_scale, y_zero = (
        need(b, o, at) for at in range(8)
    )
    total = b.matmul(_centred(b, a, a_zero, rows=True), _centred(b, w, w_zero))
    scale = b.map("mul", a_scale, w_scale)
    if len(b.shape(a_scale)) == 1 and b.shape(a_scale) != (1,):
        scale = b.map("mul", b.reshape(a_scale, (b.shape(a_scale)[0], 1)), w_scale)
    real = b.map("mul", b.cast(total, "f32"), scale)
    return b.emit(
        "quantise", [real, y_scale, y_zero], Tensor(b.dtype(y_zero), b.shape(real))
    )


def _qlinear_conv(b: Builder, o: Operator) -> list[str]:
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero = (
        need(b, o, at) for at in range(8)
    )
    rank = len(b.shape(w))
    column = (-1, *(1,) * (rank - 1))
    if len(b.shape(w_zero)) == 1:
        w_zero = b.reshape(w_zero, (b.shape(w_zero)[0], *column[1:]))
    total = conv_of(
        b, o, _centred(b, x, x_zero), _centred(b, w, w_zero), has(o, 8), dtype="s32"
    )
    scale = b.map("mul", x_scale, w_scale)
    if len(b.shape(scale)) == 1:
        scale = b.reshape(scale, (b.shape(scale)[0], *column[2:]))
    real = b.map("mul", b.cast(total, "f32"), scale)
    return b.emit(
        "quantise", [real, y_scale, y_zero], Tensor(b.dtype(y_zero), b.shape(real))
    )


RULES: dict[str, Rule] = {
    "ConvInteger": _conv_integer,
    "DequantizeLinear": _dequantize,
    "DynamicQuantizeLinear": _dynamic,
    "MatMulInteger": _matmul_integer,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize,
}
