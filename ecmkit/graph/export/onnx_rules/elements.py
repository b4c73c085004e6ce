"""Functions of elements, casts and conversions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ecmkit.graph.export.onnx_writer import OnnxWriting
from ecmkit.graph.ir import Node

__all__ = ["RULES", "function"]

Rule = Callable[[OnnxWriting, Node], None]

_PLAIN = {
    "abs": "Abs", "acos": "Acos", "acosh": "Acosh", "add": "Add", "and": "And",
    "asin": "Asin", "asinh": "Asinh", "atan": "Atan", "atanh": "Atanh",
    "bit_and": "BitwiseAnd", "bit_not": "BitwiseNot", "bit_or": "BitwiseOr",
    "bit_xor": "BitwiseXor", "ceil": "Ceil", "clip": "Clip", "cos": "Cos",
    "cosh": "Cosh", "div": "Div", "equal": "Equal", "erf": "Erf", "exp": "Exp",
    "floor": "Floor", "gelu": "Gelu", "greater": "Greater",
    "greater_equal": "GreaterOrEqual", "hard_swish": "HardSwish",
    "identity": "Identity", "isnan": "IsNaN", "less": "Less",
    "less_equal": "LessOrEqual", "log": "Log", "max": "Max", "min": "Min",
    "mish": "Mish", "mod": "Mod", "mul": "Mul", "neg": "Neg", "not": "Not", "or": "Or",
    "pow": "Pow", "prelu": "PRelu", "reciprocal": "Reciprocal", "relu": "Relu",
    "round": "Round", "sigmoid": "Sigmoid", "sign": "Sign", "sin": "Sin",
    "sinh": "Sinh", "softplus": "Softplus", "softsign": "Softsign", "sqrt": "Sqrt",
    "sub": "Sub", "tan": "Tan", "tanh": "Tanh", "where": "Where", "xor": "Xor",
}  # fmt: skip
_WITH = {
    "celu": ("Celu", ("alpha",)), "elu": ("Elu", ("alpha",)),
    "hard_sigmoid": ("HardSigmoid", ("alpha", "beta")),
    "leaky_relu": ("LeakyRelu", ("alpha",)), "selu": ("Selu", ("alpha", "gamma")),
    "shrink": ("Shrink", ("lambd", "bias")),
    "thresholded_relu": ("ThresholdedRelu", ("alpha",)),
}  # fmt: skip


def function(
    w: OnnxWriting,
    name: str,
    inputs: Sequence[str],
    shape: Sequence[int],
    attrs: Mapping[str, Any],
) -> str:
    """Write a function of elements.

    Raises
    ------
    FormatError
        If ONNX has none; names the node.
    """
    if name in _PLAIN:
        fmod = {"fmod": 1} if name == "fmod" else {}
        return w.made(_PLAIN[name], inputs, shape, **fmod)
    if name in _WITH:
        op, names = _WITH[name]
        return w.made(op, inputs, shape, **{n: float(attrs[n]) for n in names})
    if name == "gelu_tanh":
        return w.made("Gelu", inputs, shape, approximate="tanh")
    if name == "fmod":
        return w.made("Mod", inputs, shape, fmod=1)
    if name == "swish":
        steep, alpha = inputs[0], float(attrs["alpha"])
        if alpha != 1.0:
            factor = w.constant(np.array(alpha, np.float32))
            steep = w.made("Mul", [steep, factor], shape)
        gate = w.made("Sigmoid", [steep], shape)
        return w.made("Mul", [inputs[0], gate], shape)
    raise w.node.refuse(f"no ONNX operator for the function {name!r}")


def _map(w: OnnxWriting, node: Node) -> None:
    fn, y = str(node.attrs["fn"]), w.kind(node.outputs[0])
    inputs = [w.value(name) for name in node.inputs]
    made = function(w, fn, inputs, y.shape, node.attrs)
    w.put(node.outputs[0], made)


def _cast(w: OnnxWriting, node: Node) -> None:
    from onnx import helper

    y = w.kind(node.outputs[0])
    code = helper.np_dtype_to_tensor_dtype(y.numpy)
    made = w.made("Cast", [w.value(node.inputs[0])], y.shape, to=code)
    w.put(node.outputs[0], made)


def _converted(w: OnnxWriting, node: Node) -> None:
    op = "QuantizeLinear" if node.op == "quantise" else "DequantizeLinear"
    y = w.kind(node.outputs[0])
    inputs, attrs = [w.value(node.inputs[0])], {}
    for name in node.inputs[1:]:
        own = w.kind(name).shape
        if w.kind(name).size > 1:
            # One a row of an axis, as the shape that is broadcast says.
            attrs["axis"] = len(y.shape) - len(own)
            inputs.append(w.reshaped(w.value(name), (own[0],)))
        else:
            inputs.append(w.reshaped(w.value(name), ()))
    w.put(node.outputs[0], w.made(op, inputs, y.shape, **attrs))


RULES: dict[str, Rule] = {
    "cast": _cast,
    "dequantise": _converted,
    "map": _map,
    "quantise": _converted,
}
