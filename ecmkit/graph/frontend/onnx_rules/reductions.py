"""Operators that fold axes: reductions, places of extremes, softmax, norms."""

from collections.abc import Callable
from math import prod

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import axes_of, axis_of, has, need, whole
from ecmkit.graph.ir import Tensor

__all__ = ["RULES"]

Rule = Callable[[Builder, Operator], list[str]]


def _reduce(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x = need(b, o, 0)
        rank = len(b.shape(x))
        axes = axes_of(b, o, rank)
        keep = bool(o.get("keepdims", 1))
        if not axes:
            if o.get("noop_with_empty_axes", 0):
                return [_element(b, fn, x)]
            axes = list(range(rank))
        if rank == 0:
            return [_element(b, fn, x)]
        if fn == "log_sum_exp":
            return [_log_sum_exp(b, x, axes, keep)]
        kind = b.dtype(x)
        if kind == "bool":
            x = b.cast(x, "u8")
        return [b.cast(b.reduce(fn, x, axes, keep=keep), kind)]

    return rule


def _element(b: Builder, fn: str, x: str) -> str:
    """Reduce over no axes, which still does to each element what it does to one."""
    match fn:
        case "sum_squares":
            return b.map("mul", x, x)
        case "l1" | "l2":
            return b.map("abs", x)
        case "log_sum":
            return b.map("log", x)
    return x


def _log_sum_exp(b: Builder, x: str, axes: list[int], keep: bool) -> str:
    top = b.reduce("max", x, axes, keep=True)
    rest = b.map("exp", b.map("sub", x, top))
    total = b.map("add", b.reduce("log_sum", rest, axes, keep=True), top)
    if keep:
        return total
    shape = [n for at, n in enumerate(b.shape(x)) if at not in axes]
    return b.reshape(total, shape)


def _arg(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x = need(b, o, 0)
        own = b.shape(x)
        axis = axis_of(b, o, len(own), 0)
        shape = list(own)
        if o.get("keepdims", 1):
            shape[axis] = 1
        else:
            del shape[axis]
        attrs = {"fn": fn, "axis": axis, "last": bool(o.get("select_last_index", 0))}
        return b.emit("arg", [x], Tensor("s64", tuple(shape)), attrs)

    return rule


def _top_k(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    axis = axis_of(b, o, len(own), -1)
    k = int(o.attrs["k"] if "k" in o.attrs else whole(b, need(b, o, 1), "k")[0])
    if not 0 <= k <= own[axis]:
        raise b.fail(
            f"k is {k} along axis {axis} of shape {list(own)}, expected 0 to its length"
        )
    shape = (*own[:axis], k, *own[axis + 1 :])
    attrs = {"axis": axis, "k": k, "largest": bool(o.get("largest", 1))}
    return b.emit(
        "top_k", [x], [Tensor(b.dtype(x), shape), Tensor("s64", shape)], attrs
    )


def _cumulate(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x = need(b, o, 0)
        rank = len(b.shape(x))
        axis = int(b.known(need(b, o, 1), "axis").reshape(-1)[0])
        if not -rank <= axis < rank:
            raise b.fail(f"axis {axis} of {rank}")
        attrs = {
            "fn": fn,
            "axis": axis % rank,
            "reverse": bool(o.get("reverse", 0)),
            "exclusive": bool(o.get("exclusive", 0)),
        }
        return b.emit("cumulate", [x], b.tensors[x], attrs)

    return rule


def _softmax(log: bool) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x = need(b, o, 0)
        own = b.shape(x)
        axis = axis_of(b, o, len(own), -1 if o.opset >= 13 else 1)
        if o.opset < 13:
            # Up to version 11 all axes from there on are one.
            flat = b.reshape(x, (prod(own[:axis]), prod(own[axis:])))
            done = b.emit("softmax", [flat], b.tensors[flat], {"axis": 1, "log": log})
            return [b.reshape(done[0], own)]
        return b.emit("softmax", [x], b.tensors[x], {"axis": axis, "log": log})

    return rule


def _hardmax(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    axis = axis_of(b, o, len(own), -1 if o.opset >= 13 else 1)
    if 0 in own:
        return [x]
    shape = (*own[:axis], 1, *own[axis + 1 :])
    attrs = {"fn": "max", "axis": axis, "last": False}
    (top,) = b.emit("arg", [x], Tensor("s64", shape), attrs)
    numbers = np.arange(own[axis], dtype=np.int64)
    numbers = numbers.reshape([-1 if j == axis else 1 for j in range(len(own))])
    return [b.cast(b.map("equal", b.constant(numbers), top), b.dtype(x))]


def _layer_norm(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    axis = axis_of(b, o, len(own), -1)
    n = prod(own[axis:])
    attrs = {"n": n, "epsilon": float(o.get("epsilon", 1e-5))}
    outs = [b.tensors[x]]
    if o.n_outputs > 1:
        folded = Tensor("f32", (*own[:axis], *(1,) * (len(own) - axis)))
        outs += [folded, folded]
    done = b.emit("standardise", [x], outs, attrs)
    y = b.map("mul", done[0], need(b, o, 1))
    bias = has(o, 2)
    return [b.map("add", y, bias) if bias else y, *done[1:]]


def _rms_norm(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    n = prod(own[axis_of(b, o, len(own), -1) :])
    attrs = {"n": n, "epsilon": float(o.get("epsilon", 1e-5)), "centred": False}
    (done,) = b.emit("standardise", [x], b.tensors[x], attrs)
    return [b.map("mul", done, need(b, o, 1))]


def _per_channel(b: Builder, value: str, rank: int) -> str:
    return b.reshape(value, (prod(b.shape(value)), *(1,) * (rank - 2)))


def _instance_norm(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    attrs = {"n": prod(own[2:]), "epsilon": float(o.get("epsilon", 1e-5))}
    (done,) = b.emit("standardise", [x], b.tensors[x], attrs)
    scale, bias = (_per_channel(b, need(b, o, at), len(own)) for at in (1, 2))
    return [b.map("add", b.map("mul", done, scale), bias)]


def _group_norm(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    groups = int(o.get("num_groups", 1))
    if groups < 1 or own[1] % groups:
        raise b.fail(f"num_groups {groups} of {own[1]} channels")
    n = prod(own[1:]) // groups
    attrs = {"n": n, "epsilon": float(o.get("epsilon", 1e-5))}
    (done,) = b.emit("standardise", [x], b.tensors[x], attrs)
    scale, bias = need(b, o, 1), need(b, o, 2)
    if b.shape(scale) != (own[1],):
        # Up to version 18 there is one of each for a group.
        numbers = b.constant(np.arange(own[1]) // (own[1] // groups), "s64")
        scale, bias = b.take(scale, numbers, 0), b.take(bias, numbers, 0)
    scale, bias = (_per_channel(b, v, len(own)) for v in (scale, bias))
    return [b.map("add", b.map("mul", done, scale), bias)]


def _batch_norm(b: Builder, o: Operator) -> list[str]:
    if o.get("training_mode", 0):
        raise b.fail("training_mode is set, expected a model that was exported to run")
    x = need(b, o, 0)
    rank = max(len(b.shape(x)), 2)
    epsilon = b.constant(float(o.get("epsilon", 1e-5)), "f32")
    scale, bias, mean, var = (
        _per_channel(b, need(b, o, at), rank) for at in (1, 2, 3, 4)
    )
    root = b.map("sqrt", b.map("add", var, epsilon))
    factor = b.map("div", scale, root)
    return [b.map("add", b.map("mul", b.map("sub", x, mean), factor), bias)]


def _lrn(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    own = b.shape(x)
    size = int(o.get("size", 1))
    alpha, beta = float(o.get("alpha", 1e-4)), float(o.get("beta", 0.75))
    low, high = (size - 1) // 2, size - 1 - (size - 1) // 2
    square = b.map("mul", x, x)
    shape = (own[0], own[1] + low + high, *own[2:])
    before = (0, low, *(0,) * (len(own) - 2))
    zero = b.constant(0.0, "f32")
    (wide,) = b.emit("pad", [square, zero], Tensor("f32", shape), {"before": before})
    strides = b.tensors[wide].strides
    total = None
    for at in range(size):
        part = b.view(wide, own, strides, at * strides[1])
        total = part if total is None else b.map("add", total, part)
    if total is None:
        raise b.fail(f"size {size}, expected 1 or more")
    scaled = b.map("mul", total, b.constant(alpha / size, "f32"))
    base = b.map("add", scaled, b.constant(float(o.get("bias", 1.0)), "f32"))
    return [b.map("div", x, b.map("pow", base, b.constant(beta, "f32")))]


def _lp_norm(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    axis = axis_of(b, o, len(b.shape(x)), -1)
    fn = "l1" if int(o.get("p", 2)) == 1 else "l2"
    norm = b.reduce(fn, x, [axis], keep=True)
    zero, one = b.constant(0.0, "f32"), b.constant(1.0, "f32")
    safe = b.map("where", b.map("equal", norm, zero), one, norm)
    return [b.map("div", x, safe)]


def _mean_variance(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    axes = list(o.get("axes", (0, 2, 3)))
    if 0 in b.shape(x):
        return [x]
    rest = b.map("sub", x, b.reduce("mean", x, axes, keep=True))
    square = b.reduce("mean", b.map("mul", rest, rest), axes, keep=True)
    # ONNX adds this to the deviation, not to the variance.
    deviation = b.map("add", b.map("sqrt", square), b.constant(1e-9, "f32"))
    return [b.map("div", rest, deviation)]


RULES: dict[str, Rule] = {
    "ArgMax": _arg("max"),
    "ArgMin": _arg("min"),
    "BatchNormalization": _batch_norm,
    "CumProd": _cumulate("prod"),
    "CumSum": _cumulate("sum"),
    "GroupNormalization": _group_norm,
    "Hardmax": _hardmax,
    "InstanceNormalization": _instance_norm,
    "LRN": _lrn,
    "LayerNormalization": _layer_norm,
    "LogSoftmax": _softmax(True),
    "LpNormalization": _lp_norm,
    "MeanVarianceNormalization": _mean_variance,
    "RMSNormalization": _rms_norm,
    "ReduceL1": _reduce("l1"),
    "ReduceL2": _reduce("l2"),
    "ReduceLogSum": _reduce("log_sum"),
    "ReduceLogSumExp": _reduce("log_sum_exp"),
    "ReduceMax": _reduce("max"),
    "ReduceMean": _reduce("mean"),
    "ReduceMin": _reduce("min"),
    "ReduceProd": _reduce("prod"),
    "ReduceSum": _reduce("sum"),
    "ReduceSumSquare": _reduce("sum_squares"),
    "Softmax": _softmax(False),
    "TopK": _top_k,
}
