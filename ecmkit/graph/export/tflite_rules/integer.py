"""Integer operations, of int8 and int16 values."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ecmkit.graph.export.tflite_rules.windows import framed
from ecmkit.graph.export.tflite_writer import TfliteWriting, version_of
from ecmkit.graph.ir import Node, Tensor

__all__ = ["RULES"]

Rule = Callable[[TfliteWriting, Node], None]

_ACTIVATIONS = {"none": 0, "relu": 1, "relu_n1_to_1": 2, "relu6": 3}
_TABLES = {
    "logistic": ("LOGISTIC", (1 / 256, -128), ""),
    "tanh": ("TANH", (1 / 128, 0), ""),
    "hard_swish": ("HARD_SWISH", None, "HardSwishOptions"),
    "elu": ("ELU", None, ""),
    "exp": ("EXP", None, "ExpOptions"),
    "gelu": ("GELU", None, "GeluOptions"),
}
"""Operator, the scale and zero point that its result must have, kind of settings."""
_REAL = {"abs": ("ABS", "AbsOptions"), "negative": ("NEG", "NegOptions")}
"""Operators that the runtimes have for float32, or for int8 with reserves."""
_HALVES = {"logistic": ("LOGISTIC", ""), "tanh": ("TANH", "")}
"""Operators that they have for int16, to a scale of 1/32768."""


def _activation(node: Node) -> int:
    return _ACTIVATIONS[str(node.attrs.get("activation", "none"))]


def _layer(
    w: TfliteWriting, node: Node, axis: int, shape: tuple[int, ...]
) -> list[int]:
    """Return tensors of weights and bias."""
    x = w.kind(node.inputs[0])
    weights = w.known(node.inputs[1], "weights").reshape(shape)
    bias = w.known(node.inputs[2], "bias")
    scales = w.known(node.inputs[3], "scales").reshape(-1).astype(np.float32)
    step = (np.float32(x.scale) * scales).astype(np.float32)
    if x.dtype == "s16":
        bias = bias.astype(np.int64)  # which makes sums have 64 bits
    return [
        w.file.constant(weights, scales=scales, axis=axis),
        w.file.constant(bias, scales=step),
    ]


def _dense(w: TfliteWriting, node: Node) -> None:
    x, y = w.kind(node.inputs[0]), w.kind(node.outputs[0])
    n, k = w.kind(node.inputs[1]).shape
    by_channel = w.kind(node.inputs[3]).size > 1
    rows = y.size // n
    keep = len(x.shape) == len(y.shape) and x.shape[-1] == k
    kind = y if keep else replace(y, shape=(rows, n))
    inputs = [w.value(node.inputs[0]), *_layer(w, node, 0, (n, k))]
    version = 12 if by_channel else 7 if x.dtype == "s16" else 5 if keep else 4
    made = w.made(
        "FULLY_CONNECTED", inputs, kind, version=version,
        options="FullyConnectedOptions", fusedActivationFunction=_activation(node),
        keepNumDims=keep,
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _conv(w: TfliteWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    g = node.attrs["window"]
    at, padding = _framed(w, node, float(x.zero))
    weights = w.kind(node.inputs[1])
    common: dict[str, Any] = {
        "padding": padding,
        "strideH": g["stride_h"], "strideW": g["stride_w"],
        "dilationHFactor": g["dilation_h"], "dilationWFactor": g["dilation_w"],
        "fusedActivationFunction": _activation(node),
    }  # fmt: skip
    if node.op == "int8_depthwise":
        made = w.made(
            "DEPTHWISE_CONV_2D", [at, *_layer(w, node, 3, weights.shape)], y,
            version=5 if x.dtype == "s16" else 3,
            options="DepthwiseConv2DOptions",
            depthMultiplier=y.shape[3] // x.shape[3], **common,
        )  # fmt: skip
    else:
        version = 6 if int(node.attrs["groups"]) > 1 else 4 if x.dtype == "s16" else 3
        made = w.made(
            "CONV_2D", [at, *_layer(w, node, 0, weights.shape)], y, version=version,
            options="Conv2DOptions", **common,
        )  # fmt: skip
    w.put(node.outputs[0], made)


def _framed(w: TfliteWriting, node: Node, fill: float | None) -> tuple[int, int]:
    g = node.attrs["window"]
    outs, kernel, strides, dilations, before = (
        (int(g[f"{name}_h"]), int(g[f"{name}_w"]))
        for name in ("output", "kernel", "stride", "dilation", "pad")
    )
    at = w.value(node.inputs[0])
    return framed(w, at, outs, kernel, strides, dilations, before, fill=fill)


def _pool(w: TfliteWriting, node: Node) -> None:
    g, largest = node.attrs["window"], node.attrs["fn"] == "max"
    if (g["dilation_h"], g["dilation_w"]) != (1, 1):
        raise node.refuse("pool with dilation: TFLite has none; use dilation 1")
    y = w.kind(node.outputs[0])
    least = -128.0 if y.dtype == "s8" else -32768.0
    at, padding = _framed(w, node, least if largest else None)
    made = w.made(
        "MAX_POOL_2D" if largest else "AVERAGE_POOL_2D", [at], y,
        version=version_of(y), options="Pool2DOptions", padding=padding,
        strideH=g["stride_h"], strideW=g["stride_w"],
        filterHeight=g["kernel_h"], filterWidth=g["kernel_w"],
        fusedActivationFunction=_activation(node),
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _mean(w: TfliteWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    axes = tuple(node.attrs["axes"])
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    made = w.made(
        "MEAN" if node.attrs["fn"] == "mean" else "SUM",
        [w.value(node.inputs[0]), w.numbers(axes)], replace(y, shape=shape),
        version=version_of(y), options="ReducerOptions", keepDims=True,
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _two(w: TfliteWriting, node: Node) -> None:
    op = "MUL" if node.op == "int8_mul" else str(node.attrs["fn"]).upper()
    y = w.kind(node.outputs[0])
    made = w.made(
        op, [w.value(n) for n in node.inputs], y, version=version_of(y),
        options=f"{op.capitalize()}Options", fusedActivationFunction=_activation(node),
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _table(w: TfliteWriting, node: Node) -> None:
    name, x = str(node.attrs["fn"]), w.value(node.inputs[0])
    y = w.kind(node.outputs[0])
    if name == "requantise":
        w.put(node.outputs[0], _requantised(w, node, x, y))
        return
    if name in _TABLES and y.dtype == "s8":
        op, fixed, options = _TABLES[name]
        kind = y if fixed is None else replace(y, scale=fixed[0], zero=fixed[1])
        version = 1 if op in ("HARD_SWISH", "ELU") else 2
        made = w.made(op, [x], kind, version=version, options=options)
        if kind != y:
            made = _rescaled(w, made, y)
        w.put(node.outputs[0], made)
        return
    if name in _HALVES and y.dtype == "s16":
        op, options = _HALVES[name]
        kind = replace(y, scale=1 / 32768)
        made = w.made(op, [x], kind, version=3, options=options)
        w.put(node.outputs[0], made if kind == y else _rescaled(w, made, y))
        return
    plain = {key: (op, options) for key, (op, _, options) in _TABLES.items()} | _REAL
    if name not in (plain if y.dtype == "s16" else _REAL):
        raise node.refuse(
            f"TFLite has no int8 operator for the function {name!r}; the nearest is "
            "HARD_SWISH or LOGISTIC"
        )
    # Through float32, whose operator every runtime has.
    real = Tensor("f32", w.shape(x))
    version = version_of(w.file.kinds[x])
    made = w.made("DEQUANTIZE", [x], real, version=version, options="DequantizeOptions")
    op, options = plain[name]
    made = w.made(op, [made], real, options=options)
    made = w.made("QUANTIZE", [made], y, options="QuantizeOptions")
    w.put(node.outputs[0], made)


def _rescaled(w: TfliteWriting, x: int, y: Tensor) -> int:
    return w.made("QUANTIZE", [x], y, version=2, options="QuantizeOptions")


def _requantised(w: TfliteWriting, node: Node, x: int, y: Tensor) -> int:
    activation = str(node.attrs.get("activation", "none"))
    alpha = float(node.attrs.get("alpha", 1.0))
    if activation == "none" and alpha == 1.0:
        return _rescaled(w, x, y)
    if activation == "none":
        return w.made(
            "LEAKY_RELU", [x], y, version=2, options="LeakyReluOptions", alpha=alpha
        )
    if activation == "relu_n1_to_1":
        if y.dtype != "s8":
            raise node.refuse(
                "TFLite has RELU_N1_TO_1 of int8 and float32, not of int16; the "
                "nearest is RELU or RELU6"
            )
        return w.made(activation.upper(), [x], y, version=1)
    return w.made(activation.upper(), [x], y, version=version_of(y))


def _softmax(w: TfliteWriting, node: Node) -> None:
    y = w.kind(node.outputs[0])
    made = w.made(
        "SOFTMAX", [w.value(node.inputs[0])], y, version=version_of(y),
        options="SoftmaxOptions", beta=float(node.attrs["beta"]),
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _converted(w: TfliteWriting, node: Node) -> None:
    to_int8 = node.op == "int8_from_real"
    x = w.kind(node.inputs[0])
    made = w.made(
        "QUANTIZE" if to_int8 else "DEQUANTIZE", [w.value(node.inputs[0])],
        w.kind(node.outputs[0]), version=1 if to_int8 else version_of(x),
        options="QuantizeOptions" if to_int8 else "DequantizeOptions",
    )  # fmt: skip
    w.put(node.outputs[0], made)


RULES: dict[str, Rule] = {
    "int8_add": _two,
    "int8_conv": _conv,
    "int8_dense": _dense,
    "int8_depthwise": _conv,
    "int8_from_real": _converted,
    "int8_mean": _mean,
    "int8_mul": _two,
    "int8_pool": _pool,
    "int8_softmax": _softmax,
    "int8_table": _table,
    "int8_to_real": _converted,
}
