"""One quantised operator, run by LiteRT's reference kernels."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

S8 = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An int8 tensor, or int32 where it holds such constants."""

    shape: tuple[int, ...]
    scale: Any = None
    """One, or one for each index of `axis`; None for plain integers."""
    zero: int = 0
    data: NDArray[Any] | None = None
    axis: int = 0


def multiplier_of(real: float) -> tuple[int, int]:
    """QuantizeMultiplier of TFLite: multiplier, and right shift of the product."""
    significand, shift = math.frexp(real)
    fixed = round(significand * 2**31)
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    return (0, 31) if shift < -31 else (fixed, 31 - shift)


def once(acc: int, multiplier: int, shift: int) -> int:
    """Round half up, as LiteRT's fully connected layers."""
    return (acc * multiplier + (1 << (shift - 1))) >> shift


def twice(acc: int, multiplier: int, shift: int) -> int:
    """Round half up to 2^-31 and then half away from 0, as LiteRT's convolutions.

    Both roundings of MultiplyByQuantizedMultiplier: SaturatingRoundingDoublingHighMul
    and RoundingDivideByPOT.
    """
    limits = -(2**31), 2**31 - 1
    left = min(max(acc << max(31 - shift, 0), limits[0]), limits[1])
    high = (left * multiplier + (1 << 30)) >> 31
    right = max(shift - 31, 0)
    half = 1 << right >> 1
    return -((-high + half) >> right) if high < 0 else (high + half) >> right


def multipliers_of(reals: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """`multiplier_of` each, as a layer has them."""
    pairs = [multiplier_of(real) for real in np.atleast_1d(reals).tolist()]
    multiplier = np.array([m for m, _ in pairs], np.int32)
    return multiplier, np.array([s for _, s in pairs], np.uint8)


def run(
    operator: str,
    options: dict[str, Any],
    tensors: list[Tensor],
    output: Tensor,
    inputs: list[list[S8]],
    version: int = 5,
) -> list[S8]:
    """Return an output for each list of inputs, which go to tensors without data."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=_model(operator, options, tensors, output, version),
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    at = [i for i, tensor in enumerate(tensors) if tensor.data is None]
    results = []
    for row in inputs:
        for index, x in zip(at, row, strict=True):
            interpreter.set_tensor(index, x.reshape(tensors[index].shape))
        interpreter.invoke()
        results.append(interpreter.get_tensor(len(tensors)).copy())
    return results


def _model(
    operator: str,
    options: dict[str, Any],
    tensors: list[Tensor],
    output: Tensor,
    version: int,
) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as s

    model = s.ModelT()
    model.version, model.buffers = 3, [s.BufferT()]
    graph = s.SubGraphT()
    graph.tensors = []
    for tensor in (*tensors, output):
        made = s.TensorT()
        made.shape, made.name = list(tensor.shape), f"t{len(graph.tensors)}"
        made.type, made.buffer = s.TensorType.INT8, 0
        if tensor.data is not None:
            if tensor.data.dtype == np.int32:
                made.type = s.TensorType.INT32
            made.buffer = len(model.buffers)
            buffer = s.BufferT()
            buffer.data = np.frombuffer(tensor.data.tobytes(), np.uint8)
            model.buffers.append(buffer)
        if tensor.scale is not None:
            scales = np.atleast_1d(np.float32(tensor.scale))
            made.quantization = s.QuantizationParametersT()
            made.quantization.scale = scales
            made.quantization.zeroPoint = np.full(len(scales), tensor.zero, np.int64)
            made.quantization.quantizedDimension = tensor.axis
        graph.tensors.append(made)
    graph.inputs = [i for i, tensor in enumerate(tensors) if tensor.data is None]
    graph.outputs = [len(tensors)]
    op = s.OperatorT()
    op.opcodeIndex, op.inputs, op.outputs = 0, list(range(len(tensors))), graph.outputs
    kind = options.pop("kind", None)
    if kind is not None:
        op.builtinOptionsType = getattr(s.BuiltinOptions, kind)
        op.builtinOptions = getattr(s, f"{kind}T")()
        for name, value in options.items():
            setattr(op.builtinOptions, name, value)
    graph.operators = [op]
    code = s.OperatorCodeT()
    number = getattr(s.BuiltinOperator, operator)
    code.builtinCode, code.deprecatedBuiltinCode = number, min(number, 127)
    code.version = version
    model.operatorCodes, model.subgraphs = [code], [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
