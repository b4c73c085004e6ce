"""Operators on elements one by one."""

from collections.abc import Callable
from functools import reduce

import numpy as np

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.frontend.onnx_file import Operator
from ecmkit.graph.frontend.onnx_rules.helpers import has, need, needs
from ecmkit.graph.ir import DType, Tensor

__all__ = ["RULES", "dtype_of"]

Rule = Callable[[Builder, Operator], list[str]]


def dtype_of(b: Builder, code: int) -> DType:
    """Kind of elements of ONNX's number for it.

    Raises
    ------
    FormatError
        If no device has it.
    """
    from onnx import helper

    try:
        numpy = np.dtype(helper.tensor_dtype_to_np_dtype(int(code)))
    except KeyError as error:
        raise b.fail(f"element type {code}") from error
    if numpy == np.float64 or numpy == np.float16:
        raise b.fail(f"elements of type {numpy}, expected float32 or integers")
    return Tensor.of(np.empty(0, numpy)).dtype


def _one(fn: str, **defaults: float) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        settings = {key: float(o.get(key, value)) for key, value in defaults.items()}
        return [b.map(fn, need(b, o, 0), dtype=None, **settings)]

    return rule


def _two(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        if "axis" in o.attrs or "broadcast" in o.attrs:
            raise b.fail("attribute `broadcast` of the first operator sets")
        x, y = need(b, o, 0), need(b, o, 1)
        if b.dtype(x) != b.dtype(y):
            y = b.cast(y, b.dtype(x))
        return [b.map(fn, x, y)]

    return rule


def _many(fn: str) -> Rule:
    def rule(b: Builder, o: Operator) -> list[str]:
        return [reduce(lambda x, y: b.map(fn, x, y), needs(b, o))]

    return rule


def _mean(b: Builder, o: Operator) -> list[str]:
    parts = needs(b, o)
    total = reduce(lambda x, y: b.map("add", x, y), parts)
    n = b.constant(len(parts), b.dtype(parts[0]))
    return [b.map("div", total, n)]


def _cast(b: Builder, o: Operator) -> list[str]:
    return [b.cast(need(b, o, 0), dtype_of(b, o.get("to", 0)))]


def _cast_like(b: Builder, o: Operator) -> list[str]:
    return [b.cast(need(b, o, 0), b.dtype(need(b, o, 1)))]


def _clip(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    kind = b.dtype(x)
    lo, hi = has(o, 1), has(o, 2)
    least, most = _limits(kind)
    lo = lo or b.constant(o.get("min", least), kind)
    hi = hi or b.constant(o.get("max", most), kind)
    return [b.map("clip", x, b.reshape(lo, ()), b.reshape(hi, ()))]


def _limits(kind: DType) -> tuple[float, float]:
    numpy = Tensor(kind, ()).numpy
    info = np.finfo(numpy) if kind == "f32" else np.iinfo(numpy)
    return info.min, info.max


def _mod(b: Builder, o: Operator) -> list[str]:
    fn = "fmod" if o.get("fmod", 0) else "mod"
    return [b.map(fn, need(b, o, 0), need(b, o, 1))]


def _where(b: Builder, o: Operator) -> list[str]:
    return [b.map("where", *needs(b, o))]


def _gelu(b: Builder, o: Operator) -> list[str]:
    fn = "gelu_tanh" if o.get("approximate", "none") == "tanh" else "gelu"
    return [b.map(fn, need(b, o, 0))]


def _prelu(b: Builder, o: Operator) -> list[str]:
    x, slope = need(b, o, 0), need(b, o, 1)
    own = b.shape(slope)
    rank = len(b.shape(x))
    if len(own) == 1 and rank > 1 and own[0] not in (1, b.shape(x)[-1]):
        slope = b.reshape(slope, (own[0], *(1,) * (rank - 2)))
    return [b.map("prelu", x, slope)]


def _shift(b: Builder, o: Operator) -> list[str]:
    left = o.get("direction", "LEFT") == "LEFT"
    fn = "shift_left" if left else "shift_right"
    return [b.map(fn, need(b, o, 0), need(b, o, 1))]


def _isinf(b: Builder, o: Operator) -> list[str]:
    return [
        b.map(
            "isinf",
            need(b, o, 0),
            positive=str(int(o.get("detect_positive", 1))),
            negative=str(int(o.get("detect_negative", 1))),
        )
    ]


def _identity(b: Builder, o: Operator) -> list[str]:
    return [need(b, o, 0)]


def _dropout(b: Builder, o: Operator) -> list[str]:
    training = has(o, 2)
    if training is not None and b.known(training, "training_mode").any():
        raise b.fail("training_mode is set, expected a model that was exported to run")
    x = need(b, o, 0)
    mask = b.constant(np.ones(b.shape(x), np.bool_)) if o.n_outputs > 1 else ""
    return [x, mask]


def _shrink(b: Builder, o: Operator) -> list[str]:
    x = need(b, o, 0)
    lambd, bias = float(o.get("lambd", 0.5)), float(o.get("bias", 0.0))
    return [b.map("shrink", x, lambd=lambd, bias=bias)]


def _pow(b: Builder, o: Operator) -> list[str]:
    x, y = need(b, o, 0), need(b, o, 1)
    exponent = b.value(y)
    if exponent is not None and exponent.size == 1 and exponent.item() == 2:
        return [b.map("mul", x, x)]
    kind = b.dtype(x)
    power = b.map("pow", b.cast(x, "f32"), b.cast(y, "f32"))
    return [b.cast(power if kind == "f32" else b.map("round", power), kind)]


RULES: dict[str, Rule] = {
    **{
        op: _one(op.lower())
        for op in (
            *("Neg", "Abs", "Sign", "Reciprocal", "Sqrt", "Exp", "Log", "Tanh"),
            *("Sigmoid", "Sin", "Cos", "Atan", "Floor", "Ceil", "Round", "Tan"),
            *("Asin", "Acos", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Erf"),
            *("Softplus", "Relu", "Mish", "Softsign", "Not", "IsNaN"),
        )
    },
    "Add": _two("add"),
    "And": _two("and"),
    "BitShift": _shift,
    "BitwiseAnd": _two("bit_and"),
    "BitwiseNot": _one("bit_not"),
    "BitwiseOr": _two("bit_or"),
    "BitwiseXor": _two("bit_xor"),
    "Cast": _cast,
    "CastLike": _cast_like,
    "Celu": _one("celu", alpha=1.0),
    "Clip": _clip,
    "Div": _two("div"),
    "Dropout": _dropout,
    "Elu": _one("elu", alpha=1.0),
    "Equal": _two("equal"),
    "Gelu": _gelu,
    "Greater": _two("greater"),
    "GreaterOrEqual": _two("greater_equal"),
    "HardSigmoid": _one("hard_sigmoid", alpha=0.2, beta=0.5),
    "HardSwish": _one("hard_swish"),
    "Identity": _identity,
    "IsInf": _isinf,
    "LeakyRelu": _one("leaky_relu", alpha=0.01),
    "Less": _two("less"),
    "LessOrEqual": _two("less_equal"),
    "Max": _many("max"),
    "Mean": _mean,
    "Min": _many("min"),
    "Mod": _mod,
    "Mul": _two("mul"),
    "Or": _two("or"),
    "PRelu": _prelu,
    "Pow": _pow,
    "Selu": _one(
        "selu", alpha=1.67326319217681884765625, gamma=1.05070102214813232421875
    ),
    "Shrink": _shrink,
    "Sub": _two("sub"),
    "Sum": _many("add"),
    "Swish": _one("swish", alpha=1.0),
    "ThresholdedRelu": _one("thresholded_relu", alpha=1.0),
    "Where": _where,
    "Xor": _two("xor"),
}
