"""Float layers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ecmkit.graph.emit.loops import broadcast
from ecmkit.graph.export.tflite_rules.windows import VALID, framed
from ecmkit.graph.export.tflite_writer import TfliteWriting, version_of
from ecmkit.graph.ir import Node, Tensor

__all__ = ["RULES"]

Rule = Callable[[TfliteWriting, Node], None]


def _matmul(w: TfliteWriting, node: Node) -> None:
    x, y = w.kind(node.inputs[0]), w.kind(node.outputs[0])
    k, turned = int(node.attrs["k"]), int(node.attrs["b_k"]) == 1
    weights = w.graph.constants.get(node.inputs[1])
    plain = int(node.attrs["a_k"]) == 1 and x.shape[-1:] == (k,)
    if not plain or y.dtype != "f32":
        raise node.refuse(f"product of columns of {x}, expected rows of float32")
    made: int
    rest = list(node.inputs[2:])
    if weights is not None and weights.ndim == 2:
        rows = np.ascontiguousarray(weights if turned else weights.T)
        n = len(rows)
        flat = w.reshaped(w.value(node.inputs[0]), (x.size // k, k))
        inputs = [flat, w.file.constant(rows)]
        bias = w.graph.constants.get(rest[0]) if rest else None
        if bias is not None and bias.size == n and (n == 1 or node.attrs["c"][-1] == 1):
            inputs.append(w.file.constant(np.ascontiguousarray(bias.reshape(n))))
            rest = []
        made = w.made(
            "FULLY_CONNECTED", inputs, Tensor("f32", (x.size // k, n)),
            options="FullyConnectedOptions",
        )  # fmt: skip
    elif not turned and len(w.kind(node.inputs[1]).shape) >= 2 and len(x.shape) >= 2:
        inputs = [w.value(n) for n in node.inputs[:2]]
        shape = tuple(node.attrs["shape"])
        made = w.made(
            "BATCH_MATMUL", inputs, Tensor("f32", shape), options="BatchMatMulOptions"
        )
    else:
        raise node.refuse("product with computed columns: TFLite multiplies matrices")
    if rest:
        bias_at = w.value(rest[0])
        shape = tuple(node.attrs["shape"])
        steps = broadcast(w.kind(rest[0]).shape, shape)
        if tuple(node.attrs["c"]) != tuple(steps):
            raise node.refuse("bias that does not broadcast")
        made = w.made(
            "ADD", [w.reshaped(made, shape), bias_at], Tensor("f32", shape),
            options="AddOptions",
        )  # fmt: skip
    w.put(node.outputs[0], made)


def _pairs(node: Node, rank: int) -> list[tuple[int, int]]:
    """Strides, dilations and pads before, for two axes."""
    found = []
    for name, one in (("strides", 1), ("dilations", 1), ("before", 0)):
        values = list(node.attrs[name])
        if rank == 1:
            values.insert(0, one)
        found.append((int(values[0]), int(values[1])))
    return found


def _conv(w: TfliteWriting, node: Node) -> None:
    weights = w.known(node.inputs[1], "weights")
    rank = weights.ndim - 2
    if rank not in (1, 2) or w.kind(node.outputs[0]).dtype != "f32":
        raise node.refuse(f"convolution of {rank} dimensions, expected 1 or 2")
    filters = weights[:, :, None, :] if rank == 1 else weights
    strides, dilations, before = _pairs(node, rank)
    y = w.image_kind(node.outputs[0])
    kernel = (filters.shape[2], filters.shape[3])
    at, padding = framed(
        w, w.image(node.inputs[0]), (y.shape[1], y.shape[2]), kernel, strides,
        dilations, before, fill=0.0,
    )  # fmt: skip
    n, groups = len(filters), int(node.attrs["groups"])
    bias = np.zeros(n, np.float32)
    if len(node.inputs) > 2:
        bias = np.broadcast_to(w.known(node.inputs[2], "bias").reshape(-1), (n,))
    settings = {
        "padding": padding, "strideH": strides[0], "strideW": strides[1],
        "dilationHFactor": dilations[0], "dilationWFactor": dilations[1],
    }  # fmt: skip
    add = w.file.constant(np.ascontiguousarray(bias))
    if groups == w.kind(node.inputs[0]).shape[1] > 1 and filters.shape[1] == 1:
        taps = np.ascontiguousarray(filters.transpose(1, 2, 3, 0))
        made = w.made(
            "DEPTHWISE_CONV_2D", [at, w.file.constant(taps), add], y,
            version=1 if dilations == (1, 1) else 2, options="DepthwiseConv2DOptions",
            depthMultiplier=n // groups, **settings,
        )  # fmt: skip
    else:
        taps = np.ascontiguousarray(filters.transpose(0, 2, 3, 1))
        made = w.made(
            "CONV_2D", [at, w.file.constant(taps), add], y,
            version=1 if groups == 1 else 6, options="Conv2DOptions", **settings,
        )  # fmt: skip
    w.put_image(node.outputs[0], made)


def _conv_transpose(w: TfliteWriting, node: Node) -> None:
    weights = w.known(node.inputs[1], "weights")
    rank = weights.ndim - 2
    if rank not in (1, 2) or int(node.attrs["groups"]) != 1:
        raise node.refuse("transposed convolution of groups or of 3 dimensions")
    filters = weights[:, :, None, :] if rank == 1 else weights
    strides, dilations, before = _pairs(node, rank)
    if dilations != (1, 1):
        raise node.refuse("transposed convolution with dilation: TFLite has none")
    x, y = w.image(node.inputs[0]), w.image_kind(node.outputs[0])
    kernel = filters.shape[2:]
    sizes = w.shape(x)[1:3]
    # VALID, of which the result is a part; where it reaches further there are zeros.
    full = [(n - 1) * s + k for n, s, k in zip(sizes, strides, kernel, strict=True)]
    if any(p + out > n for p, out, n in zip(before, y.shape[1:3], full, strict=True)):
        raise node.refuse("transposed convolution with output padding beyond its reach")
    taps = w.file.constant(np.ascontiguousarray(filters.transpose(1, 2, 3, 0)))
    whole = replace(y, shape=(y.shape[0], *full, y.shape[3]))
    made = w.made(
        "TRANSPOSE_CONV", [w.numbers(whole.shape), taps, x], whole,
        options="TransposeConvOptions", padding=VALID,
        strideH=strides[0], strideW=strides[1],
    )  # fmt: skip
    if whole != y:
        inputs = [made, w.numbers((0, *before, 0)), w.numbers(y.shape)]
        made = w.made("SLICE", inputs, y, options="SliceOptions")
    if len(node.inputs) > 2:
        bias = w.known(node.inputs[2], "bias").reshape(-1)
        inputs = [made, w.file.constant(np.ascontiguousarray(bias))]
        made = w.made("ADD", inputs, y, options="AddOptions")
    w.put_image(node.outputs[0], made)


def _pool(w: TfliteWriting, node: Node) -> None:
    fn, kernel = str(node.attrs["fn"]), tuple(node.attrs["kernel"])
    if fn not in ("max", "mean") or len(kernel) > 2 or len(node.outputs) > 1:
        raise node.refuse(f"pool {fn!r} of {len(kernel)} dimensions, or with places")
    strides, dilations, before = _pairs(node, len(kernel))
    taps = (1, kernel[0]) if len(kernel) == 1 else (kernel[0], kernel[1])
    if dilations != (1, 1):
        raise node.refuse("pool with dilation: TFLite has none; use dilation 1")
    y = w.image_kind(node.outputs[0])
    fill: float | None = float(np.finfo(np.float32).min)
    if fn == "mean":
        fill = 0.0 if node.attrs["include_pad"] else None
    at, padding = framed(
        w, w.image(node.inputs[0]), (y.shape[1], y.shape[2]), taps, strides, dilations,
        before, fill=fill, same=fill != 0.0,
    )  # fmt: skip
    made = w.made(
        "MAX_POOL_2D" if fn == "max" else "AVERAGE_POOL_2D", [at], y,
        options="Pool2DOptions", padding=padding, strideH=strides[0],
        strideW=strides[1], filterHeight=taps[0], filterWidth=taps[1],
    )  # fmt: skip
    w.put_image(node.outputs[0], made)


_REDUCED = {
    "mean": "MEAN", "sum": "SUM", "max": "REDUCE_MAX", "min": "REDUCE_MIN",
    "prod": "REDUCE_PROD",
}  # fmt: skip


def _reduce(w: TfliteWriting, node: Node) -> None:
    name, fn = node.inputs[0], str(node.attrs["fn"])
    x, y = w.kind(name), w.kind(node.outputs[0])
    axes = tuple(node.attrs["axes"])
    if fn not in _REDUCED:
        raise node.refuse(f"TFLite has no reduction {fn!r}")
    if name in w.last and axes == tuple(range(2, len(x.shape))):
        own = w.image_kind(name)
        shape = (own.shape[0], 1, 1, own.shape[3])
        inputs, kind = [w.last[name], w.numbers((1, 2))], replace(y, shape=shape)
    else:
        kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        inputs, kind = [w.value(name), w.numbers(axes)], replace(y, shape=kept)
    version = version_of(y)
    made = w.made(
        _REDUCED[fn], inputs, kind, version=version, options="ReducerOptions",
        keepDims=True,
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _softmax(w: TfliteWriting, node: Node) -> None:
    y, axis = w.kind(node.outputs[0]), int(node.attrs["axis"])
    order = [*(i for i in range(len(y.shape)) if i != axis), axis]
    at = w.transposed(w.value(node.inputs[0]), order)
    kind = replace(y, shape=w.shape(at))
    if node.attrs["log"]:
        made = w.made("LOG_SOFTMAX", [at], kind, options="LogSoftmaxOptions")
    else:
        made = w.made("SOFTMAX", [at], kind, options="SoftmaxOptions", beta=1.0)
    back = [order.index(i) for i in range(len(order))]
    w.put(node.outputs[0], w.transposed(made, back))


def _standardise(w: TfliteWriting, node: Node) -> None:
    """Write (x - mean) / sqrt(variance + epsilon) of rows, operator by operator."""
    if len(node.outputs) > 1:
        raise node.refuse("mean and deviation as further outputs")
    y, n = w.kind(node.outputs[0]), int(node.attrs["n"])
    rows = Tensor("f32", (y.size // n, n))
    one = Tensor("f32", (y.size // n, 1))
    at = w.reshaped(w.value(node.inputs[0]), rows.shape)
    axes = w.numbers([1])
    if node.attrs.get("centred", True):
        mean = w.made("MEAN", [at, axes], one, options="ReducerOptions", keepDims=True)
        at = w.made("SUB", [at, mean], rows, options="SubOptions")
    square = w.made("MUL", [at, at], rows, options="MulOptions")
    var = w.made("MEAN", [square, axes], one, options="ReducerOptions", keepDims=True)
    epsilon = w.scalar(float(node.attrs["epsilon"]), one)
    var = w.made("ADD", [var, epsilon], one, options="AddOptions")
    root = w.made("SQRT", [var], one)
    w.put(node.outputs[0], w.made("DIV", [at, root], rows, options="DivOptions"))


def _arg(w: TfliteWriting, node: Node) -> None:
    x, y = w.kind(node.inputs[0]), w.kind(node.outputs[0])
    if node.attrs.get("last") or x.dtype not in ("f32", "s8"):
        raise node.refuse(f"last of equals, or {x}: TFLite finds the first of float32")
    largest, axis = node.attrs["fn"] == "max", int(node.attrs["axis"])
    inputs = [w.value(node.inputs[0]), w.numbers(np.array(axis))]
    kind = Tensor("s64", tuple(n for i, n in enumerate(x.shape) if i != axis))
    made = w.made(
        "ARG_MAX" if largest else "ARG_MIN", inputs, kind,
        options="ArgMaxOptions" if largest else "ArgMinOptions",
        outputType=w.file.type_of(kind), version=version_of(x),
    )  # fmt: skip
    if y.dtype != "s64":
        made = w.made(
            "CAST", [made], replace(y, shape=kind.shape), options="CastOptions",
            inDataType=w.file.type_of(kind), outDataType=w.file.type_of(y),
        )  # fmt: skip
    w.put(node.outputs[0], made)


RULES: dict[str, Rule] = {
    "arg": _arg,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "matmul": _matmul,
    "pool": _pool,
    "reduce": _reduce,
    "softmax": _softmax,
    "standardise": _standardise,
}
