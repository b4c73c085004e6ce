"""Float layers and reductions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ecmkit.graph.emit.loops import broadcast
from ecmkit.graph.export.onnx_writer import OnnxWriting
from ecmkit.graph.ir import Node

__all__ = ["RULES"]

Rule = Callable[[OnnxWriting, Node], None]


def _matmul(w: OnnxWriting, node: Node) -> None:
    x, b, y = (w.kind(n) for n in (*node.inputs[:2], node.outputs[0]))
    inputs = [w.value(n) for n in node.inputs[:2]]
    k, shape = int(node.attrs["k"]), tuple(node.attrs["shape"])
    by_row = int(node.attrs["b_k"]) == 1 and int(node.attrs["b"][-1]) == k
    matrices = len(x.shape) == 2 and len(b.shape) == 2 and len(shape) == 2
    if matrices:
        columns = int(node.attrs["a_k"]) != 1
        if columns and x.shape[0] != k:
            raise node.refuse(f"product of {x} that is no product of matrices")
        turned = by_row and b.shape[1] == k
        attrs: dict[str, Any] = {"transA": int(columns), "transB": int(turned)}
        if len(node.inputs) > 2:
            inputs.append(w.value(node.inputs[2]))
        w.put(node.outputs[0], w.made("Gemm", inputs, shape, **attrs))
        return
    if int(node.attrs["a_k"]) != 1 or (by_row and len(b.shape) > 1 and k > 1):
        raise node.refuse("product of more than matrices with transposed ones")
    made = w.made("MatMul", inputs, y.shape)
    if len(node.inputs) > 2:
        own = w.kind(node.inputs[2]).shape
        if tuple(node.attrs["c"]) != tuple(broadcast(own, shape)):
            raise node.refuse("bias that does not broadcast")
        made = w.made("Add", [made, w.value(node.inputs[2])], y.shape)
    w.put(node.outputs[0], made)


def _after(w: OnnxWriting, node: Node, kernel: tuple[int, ...]) -> list[int]:
    """Return pads after each axis, as the lengths of the result say."""
    x, y = w.kind(node.inputs[0]).shape[2:], w.kind(node.outputs[0]).shape[2:]
    names = ("strides", "dilations", "before")
    strides, dilations, before = (node.attrs[name] for name in names)
    return [
        max((m - 1) * s + (k - 1) * d + 1 - n - p, 0)
        for n, m, k, s, d, p in zip(
            x, y, kernel, strides, dilations, before, strict=True
        )
    ]


def _conv(w: OnnxWriting, node: Node) -> None:
    y, kernel = w.kind(node.outputs[0]), w.kind(node.inputs[1]).shape[2:]
    if y.dtype != "f32":
        raise node.refuse(f"convolution to {y}, expected float32")
    made = w.made(
        "Conv", [w.value(n) for n in node.inputs], y.shape,
        strides=list(node.attrs["strides"]), dilations=list(node.attrs["dilations"]),
        pads=[*node.attrs["before"], *_after(w, node, kernel)],
        group=int(node.attrs["groups"]),
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _conv_transpose(w: OnnxWriting, node: Node) -> None:
    x, y = (w.kind(n).shape for n in (node.inputs[0], node.outputs[0]))
    kernel = w.kind(node.inputs[1]).shape[2:]
    names = ("strides", "dilations", "before")
    strides, dilations, before = (list(node.attrs[name]) for name in names)
    after, extra = [], []
    for n, m, k, s, d, p in zip(
        x[2:], y[2:], kernel, strides, dilations, before, strict=True
    ):
        rest = (n - 1) * s + (k - 1) * d + 1 - p - m
        after.append(max(rest, 0))
        extra.append(max(-rest, 0))
    made = w.made(
        "ConvTranspose", [w.value(n) for n in node.inputs], y, strides=strides,
        dilations=dilations, pads=[*before, *after], output_padding=extra,
        group=int(node.attrs["groups"]),
    )  # fmt: skip
    w.put(node.outputs[0], made)


def _pool(w: OnnxWriting, node: Node) -> None:
    fn, y = str(node.attrs["fn"]), w.kind(node.outputs[0])
    kernel = tuple(node.attrs["kernel"])
    if len(node.outputs) > 1 or fn not in ("max", "mean"):
        raise node.refuse(f"pool {fn!r}, or with places as another output")
    attrs: dict[str, Any] = {
        "kernel_shape": list(kernel),
        "strides": list(node.attrs["strides"]),
        "dilations": list(node.attrs["dilations"]),
        "pads": [*node.attrs["before"], *node.attrs["after"]],
    }
    own = w.kind(node.inputs[0]).shape[2:]
    reach = [
        (m - 1) * s + (k - 1) * d + 1 > n + p + q
        for n, m, k, s, d, p, q in zip(
            own, y.shape[2:], kernel, node.attrs["strides"], node.attrs["dilations"],
            node.attrs["before"], node.attrs["after"], strict=True,
        )
    ]  # fmt: skip
    if any(reach):
        attrs["ceil_mode"] = 1
    if fn == "mean":
        attrs["count_include_pad"] = int(node.attrs["include_pad"])
    op = "MaxPool" if fn == "max" else "AveragePool"
    w.put(node.outputs[0], w.made(op, [w.value(node.inputs[0])], y.shape, **attrs))


_REDUCED = {
    "l1": "ReduceL1", "l2": "ReduceL2", "log_sum": "ReduceLogSum",
    "log_sum_exp": "ReduceLogSumExp", "max": "ReduceMax", "mean": "ReduceMean",
    "min": "ReduceMin", "prod": "ReduceProd", "sum": "ReduceSum",
    "sum_squares": "ReduceSumSquare",
}  # fmt: skip


def _reduce(w: OnnxWriting, node: Node) -> None:
    x, axes = w.kind(node.inputs[0]), tuple(node.attrs["axes"])
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    inputs = [w.value(node.inputs[0]), w.constant(np.array(axes, np.int64))]
    op = _REDUCED[str(node.attrs["fn"])]
    attrs = {"keepdims": 1} if axes else {"keepdims": 1, "noop_with_empty_axes": 1}
    w.put(node.outputs[0], w.made(op, inputs, shape, **attrs))


def _softmax(w: OnnxWriting, node: Node) -> None:
    y, axis = w.kind(node.outputs[0]), int(node.attrs["axis"])
    op = "LogSoftmax" if node.attrs["log"] else "Softmax"
    at = w.value(node.inputs[0])
    w.put(node.outputs[0], w.made(op, [at], y.shape, axis=axis))


def _standardise(w: OnnxWriting, node: Node) -> None:
    if len(node.outputs) > 1:
        raise node.refuse("mean and deviation as further outputs")
    y, n = w.kind(node.outputs[0]), int(node.attrs["n"])
    rows = (y.size // n, n)
    at = w.reshaped(w.value(node.inputs[0]), rows)
    epsilon = float(node.attrs["epsilon"])
    if node.attrs.get("centred", True):
        ones = w.constant(np.ones(n, np.float32))
        made = w.made("LayerNormalization", [at, ones], rows, epsilon=epsilon)
        w.put(node.outputs[0], made)
        return
    one, axes = (rows[0], 1), w.constant(np.array([1], np.int64))
    square = w.made("Mul", [at, at], rows)
    mean = w.made("ReduceMean", [square, axes], one, keepdims=1)
    shift = w.constant(np.array(epsilon, np.float32))
    root = w.made("Sqrt", [w.made("Add", [mean, shift], one)], one)
    w.put(node.outputs[0], w.made("Div", [at, root], rows))


def _arg(w: OnnxWriting, node: Node) -> None:
    x, y = w.kind(node.inputs[0]), w.kind(node.outputs[0])
    axis = int(node.attrs["axis"])
    shape = tuple(n for i, n in enumerate(x.shape) if i != axis)
    made = w.made(
        "ArgMax" if node.attrs["fn"] == "max" else "ArgMin", [w.value(node.inputs[0])],
        shape, axis=axis, keepdims=0, select_last_index=int(bool(node.attrs["last"])),
    )  # fmt: skip
    if y.dtype != "s64":
        from onnx import helper

        code = helper.np_dtype_to_tensor_dtype(y.numpy)
        made = w.made("Cast", [made], shape, to=code)
    w.put(node.outputs[0], made)


def _cumulate(w: OnnxWriting, node: Node) -> None:
    if node.attrs["fn"] != "sum":
        raise node.refuse("running product; ONNX 21 has running sums")
    y = w.kind(node.outputs[0])
    axis = w.constant(np.array(int(node.attrs["axis"]), np.int64))
    made = w.made(
        "CumSum", [w.value(node.inputs[0]), axis], y.shape,
        reverse=int(node.attrs["reverse"]), exclusive=int(node.attrs["exclusive"]),
    )  # fmt: skip
    w.put(node.outputs[0], made)


RULES: dict[str, Rule] = {
    "arg": _arg,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "cumulate": _cumulate,
    "matmul": _matmul,
    "pool": _pool,
    "reduce": _reduce,
    "softmax": _softmax,
    "standardise": _standardise,
}
