"""int8 operations: what they are on reals, between conversions."""

from collections.abc import Callable
from math import prod

import numpy as np

from ecmkit.graph.export.onnx_rules.elements import function
from ecmkit.graph.export.onnx_writer import OnnxWriting
from ecmkit.graph.ir import Node

__all__ = ["RULES"]

Rule = Callable[[OnnxWriting, Node], None]

_FUNCTIONS = {
    "logistic": "sigmoid", "negative": "neg", "tanh": "tanh", "elu": "elu",
    "hard_swish": "hard_swish", "gelu": "gelu", "swish": "swish", "abs": "abs",
    "softplus": "softplus", "exp": "exp",
}  # fmt: skip
"""Names of tables as functions of elements."""


def _ended(w: OnnxWriting, node: Node, made: str) -> str:
    """Apply the activation that an operation ends with."""
    name = str(node.attrs.get("activation", "none"))
    shape = w.shapes[made]
    if name == "none":
        return made
    if name == "relu":
        return w.made("Relu", [made], shape)
    low, high = (0.0, 6.0) if name == "relu6" else (-1.0, 1.0)
    limits = [w.constant(np.array(v, np.float32)) for v in (low, high)]
    return w.made("Clip", [made, *limits], shape)


def _bias(w: OnnxWriting, node: Node) -> str:
    x = w.kind(node.inputs[0])
    scales = w.known(node.inputs[3], "scales").reshape(-1).astype(np.float32)
    step = (np.float32(x.scale) * scales).astype(np.float32)
    return w.scaled(w.known(node.inputs[2], "bias"), step)


def _dense(w: OnnxWriting, node: Node) -> None:
    rows = w.known(node.inputs[1], "weights")
    scales = w.known(node.inputs[3], "scales").reshape(-1)
    n, k = rows.shape
    x = w.value(node.inputs[0])
    count = prod(w.shapes[x]) // k
    flat = w.reshaped(x, (count, k))
    if flat != x:
        # onnxruntime wants conversions around each operator of int8 values.
        flat = w.quantised(flat, w.kind(node.inputs[0]))
    inputs = [flat, w.scaled(rows, scales), _bias(w, node)]
    made = _ended(w, node, w.made("Gemm", inputs, (count, n), transB=1))
    w.put(node.outputs[0], made)


def _conv(w: OnnxWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    weights = w.known(node.inputs[1], "weights")
    scales = w.known(node.inputs[3], "scales").reshape(-1)
    if node.op == "int8_depthwise":
        filters = np.ascontiguousarray(weights.transpose(3, 0, 1, 2))
        groups = x.shape[3]
    else:
        filters = np.ascontiguousarray(weights.transpose(0, 3, 1, 2))
        groups = int(node.attrs["groups"])
    g = node.attrs["window"]
    inputs = [w.image(node.inputs[0]), w.scaled(filters, scales), _bias(w, node)]
    shape = (1, y.shape[3], y.shape[1], y.shape[2])
    made = w.made(
        "Conv", inputs, shape, group=groups, pads=_pads(node),
        strides=[g["stride_h"], g["stride_w"]],
        dilations=[g["dilation_h"], g["dilation_w"]],
    )  # fmt: skip
    w.put_image(node.outputs[0], _ended(w, node, made))


def _pads(node: Node) -> list[int]:
    g = node.attrs["window"]
    before, after = [], []
    for axis in "hw":
        reach = (g[f"output_{axis}"] - 1) * g[f"stride_{axis}"] + 1
        reach += (g[f"kernel_{axis}"] - 1) * g[f"dilation_{axis}"]
        before.append(g[f"pad_{axis}"])
        after.append(max(reach - g[f"input_{axis}"] - g[f"pad_{axis}"], 0))
    return before + after


def _pool(w: OnnxWriting, node: Node) -> None:
    y, g = w.kind(node.outputs[0]), node.attrs["window"]
    largest = node.attrs["fn"] == "max"
    dilations = [g["dilation_h"], g["dilation_w"]]
    # onnxruntime's integer mean does not know the setting at all.
    wide = {"dilations": dilations} if dilations != [1, 1] else {}
    made = w.made(
        "MaxPool" if largest else "AveragePool", [w.image(node.inputs[0])],
        (1, y.shape[3], y.shape[1], y.shape[2]), pads=_pads(node),
        kernel_shape=[g["kernel_h"], g["kernel_w"]],
        strides=[g["stride_h"], g["stride_w"]], **wide,
    )  # fmt: skip
    w.put_image(node.outputs[0], _ended(w, node, made))


def _mean(w: OnnxWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    axes = tuple(node.attrs["axes"])
    op = "ReduceMean" if node.attrs["fn"] == "mean" else "ReduceSum"
    if node.inputs[0] in w.first and axes == (1, 2):
        at = w.constant(np.array([2, 3], np.int64))
        first = (x.shape[0], x.shape[3], 1, 1)
        made = w.made(op, [w.first[node.inputs[0]], at], first, keepdims=1)
        if y.shape == (x.shape[0], 1, 1, x.shape[3]):
            w.put_image(node.outputs[0], made)
            return
    else:
        at = w.constant(np.array(axes, np.int64))
        shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        made = w.made(op, [w.value(node.inputs[0]), at], shape, keepdims=1)
    w.put(node.outputs[0], made)


def _two(w: OnnxWriting, node: Node) -> None:
    op = "Mul" if node.op == "int8_mul" else str(node.attrs["fn"]).capitalize()
    a, b = node.inputs
    own = w.kind(a).shape
    if a in w.first and w.kind(b).size in (1, w.kind(a).size) and len(own) == 4:
        shape = (own[0], own[3], own[1], own[2])
        second = w.value(b) if w.kind(b).size == 1 else _as_image(w, b, own)
        made = w.made(op, [w.first[a], second], shape)
        w.put_image(node.outputs[0], _ended(w, node, made))
        return
    made = w.made(op, [w.value(a), w.value(b)], own)
    w.put(node.outputs[0], _ended(w, node, made))


def _as_image(w: OnnxWriting, name: str, own: tuple[int, ...]) -> str:
    """Return a second operand, whose shape may lack ones, channels first."""
    if w.kind(name).shape == own:
        return w.image(name)
    writer = w.graph.writer(name)
    if writer is not None and writer.op == "reshape":
        before = writer.inputs[0]
        if w.kind(before).shape == own and before in w.first:
            return w.first[before]
    real = w.transposed(w.reshaped(w.value(name), own), (0, 3, 1, 2))
    return w.quantised(real, w.kind(name))


def _table(w: OnnxWriting, node: Node) -> None:
    name, x = str(node.attrs["fn"]), node.inputs[0]
    image = x in w.first
    at = w.first[x] if image else w.value(x)
    if name == "requantise":
        alpha = float(node.attrs.get("alpha", 1.0))
        if alpha != 1.0:
            at = w.made("LeakyRelu", [at], w.shapes[at], alpha=alpha)
        made = _ended(w, node, at)
    else:
        made = function(w, _FUNCTIONS[name], [at], w.shapes[at], {"alpha": 1.0})
    if image:
        w.put_image(node.outputs[0], made)
    else:
        w.put(node.outputs[0], made)


def _softmax(w: OnnxWriting, node: Node) -> None:
    at, beta = w.value(node.inputs[0]), float(node.attrs["beta"])
    shape = w.shapes[at]
    if beta != 1.0:
        at = w.made("Mul", [at, w.constant(np.array(beta, np.float32))], shape)
    w.put(node.outputs[0], w.made("Softmax", [at], shape, axis=-1))


def _from_real(w: OnnxWriting, node: Node) -> None:
    if node.inputs[0] in w.first:
        w.put_image(node.outputs[0], w.first[node.inputs[0]])
        return
    w.put(node.outputs[0], w.value(node.inputs[0]))


def _to_real(w: OnnxWriting, node: Node) -> None:
    name = node.outputs[0]
    w.at[name] = w.reshaped(w.value(node.inputs[0]), w.kind(name).shape)


RULES: dict[str, Rule] = {
    "int8_add": _two,
    "int8_conv": _conv,
    "int8_dense": _dense,
    "int8_depthwise": _conv,
    "int8_from_real": _from_real,
    "int8_mean": _mean,
    "int8_mul": _two,
    "int8_pool": _pool,
    "int8_softmax": _softmax,
    "int8_table": _table,
    "int8_to_real": _to_real,
}
