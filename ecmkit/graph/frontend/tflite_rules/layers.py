"""Layers with weights, pools, reductions and softmax."""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.frontend.tflite_rules.helpers import (
    activated,
    activation,
    as_first,
    as_last,
    clamped,
    is_scaled,
    of_real,
    same_integers,
)
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[TfliteReading, TfliteOp], list[str]]
_SAME = 0


def _weights(r: TfliteReading, op: TfliteOp, at: int = 1) -> NDArray[Any]:
    value = r.array(r.need(op, at))
    if value is None:
        raise r.b.fail("weights are computed, expected constants")
    return value


def _bias(r: TfliteReading, op: TfliteOp, n: int, *, int8: bool) -> str | None:
    at = r.optional(op, 2)
    if at is None:
        return r.b.constant(np.zeros(n, np.int32)) if int8 else None
    value = r.array(at)
    kinds = [np.int32, np.int64] if int8 else [np.float32]
    if value is None or value.dtype not in kinds or value.size != n:
        names = " or ".join(np.dtype(kind).name for kind in kinds)
        raise r.b.fail(f"bias is not {n} constants of {names}")
    if int8 and np.any(np.abs(value.astype(np.int64)) >= 1 << 31):
        raise r.b.fail("a bias leaves 32 bits: quantise the model with a smaller one")
    return r.b.constant(value.reshape(n).astype(kinds[0]))


def _scales(r: TfliteReading, op: TfliteOp, n: int, axis: int) -> str:
    """Scales of int8 weights, one or one for each output."""
    at = r.need(op, 1)
    found = r.quantisation(at)
    if found is None or len(found.scales) not in (1, n):
        raise r.b.fail(f"int8 weights without scales, expected 1 or {n}")
    if len(found.scales) > 1 and found.axis != axis:
        raise r.b.fail(f"scales of weights along axis {found.axis}, expected {axis}")
    if np.any(found.zeros):
        raise r.b.fail(
            "zero points of weights are not 0: convert the model with symmetric int8 "
            "weights"
        )
    return r.b.constant(found.scales)


def _kinds(r: TfliteReading, op: TfliteOp, x: str, weights: NDArray[Any]) -> bool:
    """Whether a layer has int8 weights; float32 if not."""
    wanted = r.output(op)
    kinds = (r.b.dtype(x), weights.dtype.name, wanted.dtype)
    if kinds == ("f32", "float32", "f32"):
        return False
    if kinds[1] == "int8" and same_integers(r, wanted, x):
        return True
    if kinds == ("f32", "int8", "f32"):
        raise r.b.fail(
            "weights are int8 and values float32 (dynamic-range quantisation): "
            "quantise the values too, or keep the weights in float32"
        )
    raise r.b.fail(
        f"values {kinds[0]}, weights {kinds[1]}, results {kinds[2]}: expected all "
        "float32, all int8, or int8 weights and int16"
    )


def _dense(r: TfliteReading, op: TfliteOp) -> list[str]:
    x, weights, wanted = r.value(r.need(op, 0)), _weights(r, op), r.output(op)
    if weights.ndim != 2 or int(op.get("weightsFormat", 0)):
        raise r.b.fail(f"weights of shape {list(weights.shape)} or in another order")
    n, k = weights.shape
    size = prod(r.b.shape(x))
    if not k or size % k or wanted.size * k != size * n or wanted.shape[-1:] != (n,):
        raise r.b.fail(
            f"{size} values and weights {list(weights.shape)} to {wanted} do not fit"
        )
    if _kinds(r, op, x, weights):
        bias = _bias(r, op, n, int8=True)
        inputs = [x, r.b.constant(weights), str(bias), _scales(r, op, n, 0)]
        return r.b.emit("int8_dense", inputs, wanted, {"activation": activation(r, op)})
    bias = _bias(r, op, n, int8=False)
    flat = r.b.reshape(x, (size // k, k))
    attrs: dict[str, Any] = {
        "shape": (size // k, n), "k": k, "a": (k, 0), "b": (0, k), "a_k": 1, "b_k": 1,
    }  # fmt: skip
    names = [flat, r.b.constant(weights)]
    if bias is not None:
        attrs["c"] = (0, 1)
        names.append(bias)
    (made,) = r.b.emit("matmul", names, Tensor("f32", (size // k, n)), attrs)
    return [r.b.reshape(activated(r, op, made), wanted.shape)]


def _geometry(
    r: TfliteReading, op: TfliteOp, own: tuple[int, ...], kernel: tuple[int, int]
) -> dict[str, Any]:
    """Strides, dilations, padding and lengths of the results of a window."""
    if len(own) != 4:
        raise r.b.fail(f"input of shape {list(own)}, expected 4 axes")
    strides = (int(op.get("strideH", 1)), int(op.get("strideW", 1)))
    dilations = (
        int(op.get("dilationHFactor", 1)),
        int(op.get("dilationWFactor", 1)),
    )
    if min(*strides, *dilations, *kernel) < 1:
        raise r.b.fail(f"kernel {kernel}, strides {strides}, dilations {dilations}")
    same = int(op.get("padding", 0)) == _SAME
    before, after, outs = [], [], []
    for n, k, s, d in zip(own[1:3], kernel, strides, dilations, strict=True):
        reach = (k - 1) * d + 1
        out = -(-n // s) if same else (n - reach) // s + 1
        total = max((out - 1) * s + reach - n, 0) if same else 0
        before.append(total // 2)
        after.append(total - total // 2)
        outs.append(out)
    if min(outs) < 1:
        raise r.b.fail(f"window {kernel} is larger than the input {list(own[1:3])}")
    return {
        "strides": strides,
        "dilations": dilations,
        "before": tuple(before),
        "after": tuple(after),
        "outs": tuple(outs),
    }


def _inside(r: TfliteReading, x: str, g: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Let a convolution put the zeros around that an operator before it put there."""
    if x not in r.padded or any(g["before"]) or any(g["after"]):
        return x, g
    inside, before, after = r.padded[x]
    return inside, {**g, "before": before, "after": after}


def _window(
    g: dict[str, Any], own: tuple[int, ...], kernel: tuple[int, int]
) -> dict[str, int]:
    names = ("output", "stride", "dilation", "pad", "kernel", "input")
    values = (g["outs"], g["strides"], g["dilations"], g["before"], kernel, own[1:3])
    window = {
        f"{name}_{axis}": int(v)
        for name, pair in zip(names, values, strict=True)
        for axis, v in zip("hw", pair, strict=True)
    }
    return {**window, "input_c": int(own[3])}


def _conv(r: TfliteReading, op: TfliteOp) -> list[str]:
    x, weights, wanted = r.value(r.need(op, 0)), _weights(r, op), r.output(op)
    own = r.b.shape(x)
    if weights.ndim != 4 or len(own) != 4 or not weights.size:
        raise r.b.fail(f"input {list(own)}, weights {list(weights.shape)}")
    n, *kernel, per_group = weights.shape
    taps = (kernel[0], kernel[1])
    groups = own[3] // per_group
    if groups * per_group != own[3] or not groups or n % groups:
        raise r.b.fail(f"input {list(own)}, weights {list(weights.shape)} do not fit")
    x, g = _windows(r, op, x, taps, n, wanted)
    own = r.b.shape(x)
    if _kinds(r, op, x, weights):
        _one_image(r, own)
        bias = _bias(r, op, n, int8=True)
        inputs = [x, r.b.constant(weights), str(bias), _scales(r, op, n, 0)]
        attrs = {
            "window": _window(g, own, taps),
            "groups": groups,
            "activation": activation(r, op),
        }
        return r.b.emit("int8_conv", inputs, wanted, attrs)
    filters = np.ascontiguousarray(np.moveaxis(weights, 3, 1))
    return [_float_conv(r, op, x, filters, g, groups)]


def _windows(
    r: TfliteReading, op: TfliteOp, x: str, taps: tuple[int, int], n: int,
    wanted: Tensor,
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """Find where the windows of a convolution lie, and check the result of it."""
    own = r.b.shape(x)
    g = _geometry(r, op, own, taps)
    shape = (own[0], *g["outs"], n)
    if shape != wanted.shape:
        raise r.b.fail(f"result of shape {list(shape)}, the file says {wanted}")
    return _inside(r, x, g)


def _one_image(r: TfliteReading, own: tuple[int, ...]) -> None:
    if own[0] != 1:
        raise r.b.fail(f"{own[0]} images at once, expected 1")


def _float_conv(
    r: TfliteReading, op: TfliteOp, x: str, filters: NDArray[Any], g: dict[str, Any],
    groups: int,
) -> str:  # fmt: skip
    n = len(filters)
    bias = _bias(r, op, n, int8=False)
    names = [as_first(r, x), r.b.constant(filters), *([bias] if bias else [])]
    attrs = {key: g[key] for key in ("strides", "dilations", "before")}
    shape = (r.b.shape(x)[0], n, *g["outs"])
    (made,) = r.b.emit("conv", names, Tensor("f32", shape), {**attrs, "groups": groups})
    return clamped(r, as_last(r, made), activation(r, op))


def _depthwise(r: TfliteReading, op: TfliteOp) -> list[str]:
    x, weights, wanted = r.value(r.need(op, 0)), _weights(r, op), r.output(op)
    own = r.b.shape(x)
    if weights.ndim != 4 or len(own) != 4 or weights.shape[0] != 1:
        raise r.b.fail(f"input {list(own)}, weights {list(weights.shape)}")
    taps, n = (weights.shape[1], weights.shape[2]), weights.shape[3]
    if not own[3] or n % own[3] or not n:
        raise r.b.fail(f"{own[3]} channels, weights of {n}")
    x, g = _windows(r, op, x, taps, n, wanted)
    own = r.b.shape(x)
    if _kinds(r, op, x, weights):
        _one_image(r, own)
        bias = _bias(r, op, n, int8=True)
        inputs = [x, r.b.constant(weights), str(bias), _scales(r, op, n, 3)]
        attrs = {"window": _window(g, own, taps), "activation": activation(r, op)}
        return r.b.emit("int8_depthwise", inputs, wanted, attrs)
    filters = np.ascontiguousarray(np.moveaxis(weights, 3, 0))
    return [_float_conv(r, op, x, filters, g, own[3])]


def _transpose_conv(r: TfliteReading, op: TfliteOp) -> list[str]:
    x, weights, wanted = r.value(r.need(op, 2)), _weights(r, op), r.output(op)
    own = r.b.shape(x)
    if r.b.dtype(x) != "f32" or weights.dtype != np.float32:
        raise r.b.fail("transposed convolution of integers: expected float32")
    if weights.ndim != 4 or len(own) != 4 or len(wanted.shape) != 4:
        raise r.b.fail(f"input {list(own)}, weights {list(weights.shape)}")
    if weights.shape[3] != own[3] or weights.shape[0] != wanted.shape[3]:
        raise r.b.fail(f"input {list(own)}, weights {list(weights.shape)} to {wanted}")
    strides = (int(op.get("strideH", 1)), int(op.get("strideW", 1)))
    same = int(op.get("padding", 0)) == _SAME
    before = []
    for n, k, s, out in zip(
        own[1:3], weights.shape[1:3], strides, wanted.shape[1:3], strict=True
    ):
        fits = -(-out // s) if same else (out - k) // s + 1
        if s < 1 or fits != n:
            raise r.b.fail(f"{n} pixels with stride {s} cannot become {out}")
        before.append(max((n - 1) * s + k - out, 0) // 2 if same else 0)
    filters = np.ascontiguousarray(weights.transpose(3, 0, 1, 2))
    at = r.optional(op, 3)
    names = [as_first(r, x), r.b.constant(filters)]
    if at is not None:
        names.append(r.value(at))
    attrs = {
        "strides": strides, "dilations": (1, 1), "before": tuple(before), "groups": 1,
    }  # fmt: skip
    shape = (own[0], wanted.shape[3], *wanted.shape[1:3])
    (made,) = r.b.emit("conv_transpose", names, Tensor("f32", shape), attrs)
    return [clamped(r, as_last(r, made), activation(r, op))]


def _pool(fn: str) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        x, wanted = r.value(r.need(op, 0)), r.output(op)
        own = r.b.shape(x)
        kernel = (int(op.get("filterHeight", 0)), int(op.get("filterWidth", 0)))
        g = _geometry(r, op, own, kernel)
        shape = (own[0], *g["outs"], own[3])
        if shape != wanted.shape:
            raise r.b.fail(f"result of shape {list(shape)}, the file says {wanted}")
        if is_scaled(r, x):
            if r.b.tensors[x] != replace(wanted, shape=own):
                raise r.b.fail(f"from {r.b.tensors[x]} to {wanted}: expected one scale")
            _one_image(r, own)
            integer = {
                "window": _window(g, own, kernel),
                "fn": fn,
                "activation": activation(r, op),
            }
            return r.b.emit("int8_pool", [x], wanted, integer)
        if r.b.dtype(x) != "f32":
            raise r.b.fail(f"pool of {r.b.tensors[x]}, expected float32 or int8")
        attrs: dict[str, Any] = {
            **g, "fn": fn, "kernel": kernel, "include_pad": False, "p": 2.0,
            "column_major": False,
        }  # fmt: skip
        first = Tensor("f32", (own[0], own[3], *g["outs"]))
        (made,) = r.b.emit("pool", [as_first(r, x)], first, attrs)
        return [clamped(r, as_last(r, made), activation(r, op))]

    return rule


def _axes(r: TfliteReading, op: TfliteOp, rank: int) -> tuple[int, ...]:
    axes = r.known(r.need(op, 1), "axes")
    if any(not -rank <= axis < rank for axis in axes):
        raise r.b.fail(f"axes {axes} of {rank}")
    return tuple(sorted({axis % rank for axis in axes}))


def _reduce(fn: str) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        x, wanted = r.value(r.need(op, 0)), r.output(op)
        own = r.b.shape(x)
        axes = _axes(r, op, len(own))
        keep = bool(op.get("keepDims", False))
        shape = tuple(
            1 if i in axes else n for i, n in enumerate(own) if keep or i not in axes
        )
        if shape != wanted.shape or not axes:
            raise r.b.fail(f"axes {list(axes)} of {list(own)} to {wanted}")
        int8 = same_integers(r, wanted, x)
        near = axes == tuple(range(axes[0], axes[-1] + 1))
        if int8 and fn in ("mean", "sum") and near:
            return r.b.emit("int8_mean", [x], wanted, {"fn": fn, "axes": axes})
        if int8 and fn in ("max", "min"):
            # Their order is that of the reals.
            return r.b.emit("reduce", [x], wanted, {"fn": fn, "axes": axes})
        if wanted.dtype == "f32" and axes == (1, 2) and x in r.first:
            made = r.b.reduce(fn, r.first[x], (2, 3), keep=True)
            return [r.b.reshape(made, wanted.shape)]
        return of_real(r, op, [x], lambda p: r.b.reduce(fn, p[0], axes, keep=keep))

    return rule


def _softmax(log: bool) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        x, wanted = r.value(r.need(op, 0)), r.output(op)
        own = r.b.shape(x)
        beta = 1.0 if log else float(op.get("beta", 1.0))
        if not (own and 0.0 < beta < 1e6):
            raise r.b.fail(f"shape {list(own)}, beta {beta}")
        plain = (wanted.scale, wanted.zero) in ((1 / 256, -128), (1 / 32768, 0))
        small = plain and not log and own[-1] <= 1000
        if same_integers(r, wanted, x) and small:
            return r.b.emit("int8_softmax", [x], wanted, {"beta": beta})

        def make(p: list[str]) -> str:
            scaled = p[0]
            if beta != 1.0:
                scaled = r.b.map("mul", scaled, r.b.constant(beta, "f32"))
            attrs = {"axis": len(own) - 1, "log": log}
            return r.b.emit("softmax", [scaled], Tensor("f32", own), attrs)[0]

        return of_real(r, op, [x], make)

    return rule


def _arg(fn: str) -> Rule:
    def rule(r: TfliteReading, op: TfliteOp) -> list[str]:
        x, wanted = r.value(r.need(op, 0)), r.output(op)
        (axis,) = _axes(r, op, len(r.b.shape(x)))
        attrs = {"fn": fn, "axis": axis, "last": False}
        return r.b.emit("arg", [x], wanted, attrs)

    return rule


def _batch_matmul(r: TfliteReading, op: TfliteOp) -> list[str]:
    names = [r.value(r.need(op, at)) for at in (0, 1)]

    def make(p: list[str]) -> str:
        for at, name in enumerate(("adjX", "adjY")):
            if op.get(name, False):
                rank = len(r.b.shape(p[at]))
                order = [*range(rank - 2), rank - 1, rank - 2]
                p[at] = r.b.transpose(p[at], order)
        return r.b.matmul(*p)

    return of_real(r, op, names, make)


RULES: dict[str, Rule] = {
    "ARG_MAX": _arg("max"),
    "ARG_MIN": _arg("min"),
    "AVERAGE_POOL_2D": _pool("mean"),
    "BATCH_MATMUL": _batch_matmul,
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "LOG_SOFTMAX": _softmax(True),
    "MAX_POOL_2D": _pool("max"),
    "MEAN": _reduce("mean"),
    "REDUCE_MAX": _reduce("max"),
    "REDUCE_MIN": _reduce("min"),
    "REDUCE_PROD": _reduce("prod"),
    "SOFTMAX": _softmax(False),
    "SUM": _reduce("sum"),
    "TRANSPOSE_CONV": _transpose_conv,
}
