"""Functions of elements, casts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from ecmkit.graph.export.tflite_writer import TfliteWriting, version_of
from ecmkit.graph.ir import Node, Tensor

__all__ = ["RULES"]

Rule = Callable[[TfliteWriting, Node], None]
Make = Callable[[TfliteWriting, list[int], Tensor], int]

_PLAIN: dict[str, tuple[str, str, int]] = {
    "abs": ("ABS", "AbsOptions", 1), "ceil": ("CEIL", "", 1),
    "cos": ("COS", "CosOptions", 1), "exp": ("EXP", "ExpOptions", 1),
    "floor": ("FLOOR", "", 1), "hard_swish": ("HARD_SWISH", "HardSwishOptions", 1),
    "log": ("LOG", "", 1), "neg": ("NEG", "NegOptions", 1), "relu": ("RELU", "", 1),
    "round": ("ROUND", "", 1), "sigmoid": ("LOGISTIC", "", 1), "sin": ("SIN", "", 1),
    "sqrt": ("SQRT", "", 1), "tanh": ("TANH", "", 1), "elu": ("ELU", "", 1),
    "gelu": ("GELU", "GeluOptions", 1), "sign": ("SIGN", "SignOptions", 1),
    "add": ("ADD", "AddOptions", 1), "sub": ("SUB", "SubOptions", 1),
    "mul": ("MUL", "MulOptions", 1), "div": ("DIV", "DivOptions", 1),
    "max": ("MAXIMUM", "MaximumMinimumOptions", 1), "pow": ("POW", "PowOptions", 1),
    "min": ("MINIMUM", "MaximumMinimumOptions", 1), "prelu": ("PRELU", "", 1),
    "equal": ("EQUAL", "EqualOptions", 1), "less": ("LESS", "LessOptions", 1),
    "less_equal": ("LESS_EQUAL", "LessEqualOptions", 1),
    "greater": ("GREATER", "GreaterOptions", 1),
    "greater_equal": ("GREATER_EQUAL", "GreaterEqualOptions", 1),
    "and": ("LOGICAL_AND", "LogicalAndOptions", 1), "not": ("LOGICAL_NOT", "", 1),
    "or": ("LOGICAL_OR", "LogicalOrOptions", 1),
    "where": ("SELECT_V2", "SelectV2Options", 1),
}  # fmt: skip


def _op(w: TfliteWriting, op: str, inputs: Sequence[int], kind: Tensor) -> int:
    """Add an operator of elements; the same kind for its result."""
    plain = next((p for p in _PLAIN.values() if p[0] == op), (op, "", 1))
    return w.made(op, inputs, kind, version=plain[2], options=plain[1])


def _reciprocal(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    return _op(w, "DIV", [w.scalar(1.0, y), *x], y)


def _clip(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    limits = [w.limit(at) for at in x[1:]]
    if limits == [0.0, 6.0]:
        return w.made("RELU6", x[:1], y)
    if limits == [-1.0, 1.0]:
        return w.made("RELU_N1_TO_1", x[:1], y)
    return _op(w, "MINIMUM", [_op(w, "MAXIMUM", x[:2], y), x[2]], y)


def _leaky(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    alpha = float(w.node.attrs["alpha"])
    return w.made("LEAKY_RELU", x, y, options="LeakyReluOptions", alpha=alpha)


def _elu(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    if float(w.node.attrs["alpha"]) != 1.0:
        raise w.node.refuse("ELU with another alpha than 1; TFLite has none")
    return _op(w, "ELU", x, y)


def _swish(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    alpha = float(w.node.attrs["alpha"])
    steep = x[0]
    if alpha != 1.0:
        steep = _op(w, "MUL", [steep, w.scalar(alpha, y)], y)
    return _op(w, "MUL", [x[0], _op(w, "LOGISTIC", [steep], y)], y)


def _hard_sigmoid(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    alpha, beta = (w.scalar(float(w.node.attrs[n]), y) for n in ("alpha", "beta"))
    line = _op(w, "ADD", [_op(w, "MUL", [x[0], alpha], y), beta], y)
    low = _op(w, "MAXIMUM", [line, w.scalar(0.0, y)], y)
    return _op(w, "MINIMUM", [low, w.scalar(1.0, y)], y)


def _softplus(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    """Write max(x, 0) + log(1 + exp(-|x|)), which does not overflow."""
    part = _op(w, "EXP", [_op(w, "NEG", [_op(w, "ABS", x, y)], y)], y)
    part = _op(w, "LOG", [_op(w, "ADD", [part, w.scalar(1.0, y)], y)], y)
    return _op(w, "ADD", [_op(w, "RELU", x, y), part], y)


def _gelu_tanh(w: TfliteWriting, x: list[int], y: Tensor) -> int:
    return w.made("GELU", x, y, options="GeluOptions", approximate=True)


_MADE: dict[str, Make] = {
    "clip": _clip,
    "elu": _elu,
    "gelu_tanh": _gelu_tanh,
    "hard_sigmoid": _hard_sigmoid,
    "leaky_relu": _leaky,
    "reciprocal": _reciprocal,
    "softplus": _softplus,
    "swish": _swish,
}


def _map(w: TfliteWriting, node: Node) -> None:
    fn, y = str(node.attrs["fn"]), w.kind(node.outputs[0])
    if fn == "identity":
        w.put(node.outputs[0], w.value(node.inputs[0]))
        return
    if fn not in _PLAIN and fn not in _MADE:
        raise node.refuse(f"TFLite has no operator for the function {fn!r}")
    inputs = _images(w, node)
    image = inputs is not None
    kind = w.image_kind(node.outputs[0]) if image else y
    given = inputs if inputs is not None else [w.value(n) for n in node.inputs]
    if fn in _MADE:
        made = _MADE[fn](w, given, kind)
    else:
        op, options, version = _PLAIN[fn]
        version = version_of(y) if y.dtype in ("s8", "s16") else version
        made = w.made(op, given, kind, version=version, options=options)
    if image:
        w.put_image(node.outputs[0], made)
    else:
        w.put(node.outputs[0], made)


def _images(w: TfliteWriting, node: Node) -> list[int] | None:
    """Return inputs with channels last, if all are at hand so."""
    own = w.kind(node.outputs[0]).shape
    if len(own) not in (3, 4) or not any(n in w.last for n in node.inputs):
        return None
    made = []
    for name in node.inputs:
        shape, value = w.kind(name).shape, w.graph.constants.get(name)
        if name in w.last and shape == own:
            made.append(w.last[name])
        elif prod(shape) == 1:
            made.append(w.reshaped(w.value(name), ()))
        elif value is not None and len(shape) <= len(own):
            wide = value.reshape((1,) * (len(own) - len(shape)) + shape)
            if len(own) == 3:
                wide = wide[:, :, None, :]
            last = np.ascontiguousarray(np.moveaxis(wide, 1, -1))
            made.append(w.file.constant(last))
        else:
            return None
    return made


def _cast(w: TfliteWriting, node: Node) -> None:
    x, y = (w.kind(n) for n in (node.inputs[0], node.outputs[0]))
    made = w.made(
        "CAST", [w.value(node.inputs[0])], replace(y, shape=x.shape),
        options="CastOptions",
        inDataType=w.file.type_of(x), outDataType=w.file.type_of(y),
    )  # fmt: skip
    w.put(node.outputs[0], made)


RULES: dict[str, Rule] = {"cast": _cast, "map": _map}
