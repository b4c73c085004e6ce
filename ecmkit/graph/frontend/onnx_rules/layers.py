"""Layers with weights, and pools."""

from collections.abc import Callable, Sequence

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import has, need
from ecmkit.graph.ir import DType, Tensor

__all__ = ["RULES", "conv_of"]

Rule = Callable[[Builder, Operator], list[str]]


def _matmul(b: Builder, o: Operator) -> list[str]:
    return [b.matmul(need(b, o, 0), need(b, o, 1))]


def _gemm(b: Builder, o: Operator) -> list[str]:
    x, w = need(b, o, 0), need(b, o, 1)
    if len(b.shape(x)) != 2 or len(b.shape(w)) != 2:
        raise b.fail(f"matrices of shapes {list(b.shape(x))} and {list(b.shape(w))}")
    a_t, b_t = bool(o.get("transA", 0)), bool(o.get("transB", 0))
    (m, k), (k2, n) = b.shape(x), b.shape(w)
    m, k = (k, m) if a_t else (m, k)
    k2, n = (n, k2) if b_t else (k2, n)
    if k != k2:
        raise b.fail(f"matrices of {m} x {k} and {k2} x {n}")
    alpha, beta = float(o.get("alpha", 1.0)), float(o.get("beta", 1.0))
    bias = has(o, 2)
    kind = b.dtype(x)
    if bias is not None and beta != 1.0:
        bias = b.map("mul", bias, b.constant(beta, kind))
    plain = alpha == 1.0
    attrs = {
        "shape": (m, n),
        "k": k,
        "a": (1, 0) if a_t else (k, 0),
        "b": (0, k) if b_t else (0, 1),
        "a_k": m if a_t else 1,
        "b_k": 1 if b_t else n,
    }
    inputs = [x, w]
    if bias is not None and plain:
        own = b.shape(bias)
        attrs["c"] = _steps(own, (m, n), b)
        inputs.append(bias)
    (y,) = b.emit("matmul", inputs, Tensor(kind, (m, n)), attrs)
    if not plain:
        y = b.map("mul", y, b.constant(alpha, kind))
        y = b.map("add", y, bias) if bias is not None else y
    return [y]


def _steps(own: Sequence[int], to: Sequence[int], b: Builder) -> tuple[int, ...]:
    from ecmkit.graph.emit.loops import broadcast

    try:
        np.broadcast_to(np.empty(tuple(own)), tuple(to))
    except ValueError as error:
        raise b.fail(f"bias of shape {list(own)} for {list(to)}") from error
    return broadcast(own, to)


def _pads(
    b: Builder, o: Operator, sizes: Sequence[int], kernel: Sequence[int]
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Strides, dilations and what is added before and after each axis."""
    rank = len(sizes)
    strides = list(o.get("strides", [1] * rank))
    dilations = list(o.get("dilations", [1] * rank))
    if len(strides) != rank or len(dilations) != rank or min(strides + dilations) < 1:
        raise b.fail(f"strides {strides}, dilations {dilations} of {rank} axes")
    auto = str(o.get("auto_pad", "NOTSET"))
    pads = list(o.get("pads", [0] * (2 * rank)))
    if len(pads) != 2 * rank:
        raise b.fail(f"pads {pads} of {rank} axes")
    before, after = pads[:rank], pads[rank:]
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        before, after = [], []
        for n, k, s, d in zip(sizes, kernel, strides, dilations, strict=True):
            total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
            small = total // 2
            before.append(small if auto == "SAME_UPPER" else total - small)
            after.append(total - before[-1])
    elif auto == "VALID":
        before, after = [0] * rank, [0] * rank
    elif auto != "NOTSET":
        raise b.fail(f"attribute `auto_pad`: {auto!r}")
    if min([0, *before, *after]) < 0:
        raise b.fail(f"pads {pads}, expected none below 0")
    return strides, dilations, before, after


def conv_of(
    b: Builder,
    o: Operator,
    x: str,
    w: str,
    bias: str | None,
    *,
    dtype: DType = "f32",
) -> str:
    """Convolution of channels-first data with the settings of an operator."""
    own, weights = b.shape(x), b.shape(w)
    if len(own) < 3 or len(weights) != len(own):
        raise b.fail(f"input {list(own)}, weights {list(weights)}")
    kernel = weights[2:]
    given = tuple(o.get("kernel_shape", kernel))
    groups = int(o.get("group", 1))
    if given != kernel or own[1] != weights[1] * groups or weights[0] % groups:
        raise b.fail(
            f"input {list(own)}, weights {list(weights)}, groups {groups}, kernel "
            f"{list(given)} do not fit"
        )
    strides, dilations, before, after = _pads(b, o, own[2:], kernel)
    outs = tuple(
        (n + p + q - (k - 1) * d - 1) // s + 1
        for n, p, q, k, d, s in zip(
            own[2:], before, after, kernel, dilations, strides, strict=True
        )
    )
    if min(outs) < 1:
        raise b.fail(f"window {list(kernel)} is larger than the input {list(own[2:])}")
    x, more = b.padded_by(x)
    attrs = {
        "strides": tuple(strides),
        "dilations": tuple(dilations),
        "before": tuple(p + q for p, q in zip(before, more, strict=True)),
        "groups": groups,
    }
    tensor = Tensor(dtype, (own[0], weights[0], *outs))
    inputs = [x, w, bias] if bias is not None else [x, w]
    return b.emit("conv", inputs, tensor, attrs)[0]


def _conv(b: Builder, o: Operator) -> list[str]:
    return [conv_of(b, o, need(b, o, 0), need(b, o, 1), has(o, 2))]


def _conv_transpose(b: Builder, o: Operator) -> list[str]:
    x, w = need(b, o, 0), need(b, o, 1)
    own, weights = b.shape(x), b.shape(w)
    groups = int(o.get("group", 1))
    kernel = weights[2:]
    if len(own) != len(weights) or own[1] != weights[0] or own[1] % groups:
        raise b.fail(f"input {list(own)}, weights {list(weights)}, groups {groups}")
    rank = len(kernel)
    plain = Operator(
        op=o.op, domain=o.domain, inputs=o.inputs, n_outputs=1, opset=o.opset,
        attrs={k: v for k, v in o.attrs.items() if k != "auto_pad"},
    )  # fmt: skip
    strides, dilations, before, after = _pads(b, plain, own[2:], kernel)
    extra = list(o.get("output_padding", [0] * rank))
    full = [
        (n - 1) * s + (k - 1) * d + 1 + e
        for n, s, k, d, e in zip(
            own[2:], strides, kernel, dilations, extra, strict=True
        )
    ]
    auto = str(o.get("auto_pad", "NOTSET"))
    wanted = list(o.get("output_shape", ()))
    if wanted or auto in ("SAME_UPPER", "SAME_LOWER"):
        outs = wanted[-rank:] or [n * s for n, s in zip(own[2:], strides, strict=True)]
        total = [f - n for f, n in zip(full, outs, strict=True)]
        upper = auto == "SAME_UPPER"
        before = [t // 2 if upper else t - t // 2 for t in total]
    else:
        outs = [f - p - q for f, p, q in zip(full, before, after, strict=True)]
    attrs = {
        "strides": tuple(strides),
        "dilations": tuple(dilations),
        "before": tuple(before),
        "groups": groups,
    }
    tensor = Tensor("f32", (own[0], weights[1] * groups, *outs))
    bias = has(o, 2)
    inputs = [x, w, bias] if bias is not None else [x, w]
    return b.emit("conv_transpose", inputs, tensor, attrs)


def _pool(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x = need(b, o, 0)
        own = b.shape(x)
        kernel = tuple(o.get("kernel_shape", ()))
        if len(own) < 3 or len(kernel) != len(own) - 2 or min(kernel) < 1:
            raise b.fail(f"input {list(own)}, window {list(kernel)}")
        if fn == "lp" and int(o.get("p", 2)) < 1:
            raise b.fail(f"attribute `p`: {o.get('p')}, expected 1 or more")
        strides, dilations, before, after = _pads(b, o, own[2:], kernel)
        outs = []
        for n, p, q, k, d, s in zip(
            own[2:], before, after, kernel, dilations, strides, strict=True
        ):
            room = n + p + q - (k - 1) * d - 1
            count = room // s + 1
            if o.get("ceil_mode", 0):
                count = -(-room // s) + 1
                # A window that begins in the padding after the input is left out.
                count -= (count - 1) * s >= n + p
            outs.append(count)
        if min(outs) < 1:
            raise b.fail(f"window {list(kernel)} is larger than {list(own[2:])}")
        attrs = {
            "fn": fn,
            "kernel": kernel,
            "strides": tuple(strides),
            "dilations": tuple(dilations),
            "before": tuple(before),
            "after": tuple(after),
            "outs": tuple(outs),
            "include_pad": bool(o.get("count_include_pad", 0)),
            "p": float(o.get("p", 2)),
            "column_major": bool(o.get("storage_order", 0)),
        }
        tensor = Tensor(b.dtype(x), (*own[:2], *outs))
        made = [tensor]
        if fn == "max" and o.n_outputs > 1:
            made.append(Tensor("s64", tensor.shape))
        return b.emit("pool", [x], made, attrs)

    return rule


def _global(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        x = need(b, o, 0)
        own = b.shape(x)
        if all(own[:2]):
            b.require_elements(x)
        return [b.reduce(fn, x, range(2, len(own)), keep=True)]

    return rule


def _einsum(b: Builder, o: Operator) -> list[str]:
    text = str(o.get("equation", "")).replace(" ", "")
    if "." in text or len(o.inputs) != 2 or "->" not in text:
        raise b.fail(f"equation {text!r}, expected two inputs and a result by letters")
    left, right = text.split("->")
    names = left.split(",")
    x, y = need(b, o, 0), need(b, o, 1)
    if any(len(set(n)) != len(n) for n in names):
        raise b.fail(f"equation {text!r}, expected each letter once in an input")
    lengths: dict[str, int] = {}
    for letters, value in zip(names, (x, y), strict=True):
        if len(letters) != len(b.shape(value)):
            raise b.fail(f"equation {text!r} of shape {list(b.shape(value))}")
        for letter, n in zip(letters, b.shape(value), strict=True):
            if lengths.setdefault(letter, n) != n:
                raise b.fail(f"equation {text!r}: axis {letter} of {n}")
    folded = sorted(set(lengths) - set(right))
    every = [*right, *folded]
    parts = []
    for letters, value in zip(names, (x, y), strict=True):
        strides = dict(zip(letters, b.tensors[value].strides, strict=True))
        shape = [lengths[c] if c in letters else 1 for c in every]
        parts.append(b.view(value, shape, [strides.get(c, 0) for c in every]))
    product = b.map("mul", *parts)
    if not folded:
        return [product]
    axes = range(len(right), len(every))
    return [b.reduce("sum", product, axes, keep=False)]


RULES: dict[str, Rule] = {
    "AveragePool": _pool("mean"),
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Einsum": _einsum,
    "Gemm": _gemm,
    "GlobalAveragePool": _global("mean"),
    "GlobalLpPool": _global("l2"),
    "GlobalMaxPool": _global("max"),
    "LpPool": _pool("lp"),
    "MatMul": _matmul,
    "MaxPool": _pool("max"),
}
