"""A .tflite file of a quantised dense chain, built with the schema's own objects."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ecmkit.graph.program import DenseS8, Quantize


def build(first: Quantize, layers: list[DenseS8], n_inputs: int) -> bytes:
    """Float features, QUANTIZE, one FULLY_CONNECTED each; outputs: all int8 results."""
    model = s.ModelT()
    model.version, model.description = 3, "test"
    model.buffers = [s.BufferT()]
    graph = s.SubGraphT()
    graph.tensors, graph.operators = [], []

    def tensor(shape, kind, *, data=None, scale=None, zero=None, axis=0) -> int:
        made = s.TensorT()
        made.shape, made.type, made.name = list(shape), kind, f"t{len(graph.tensors)}"
        made.buffer = 0
        if data is not None:
            made.buffer = len(model.buffers)
            buffer = s.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(buffer)
        if scale is not None:
            made.quantization = s.QuantizationParametersT()
            made.quantization.scale = np.atleast_1d(np.float32(scale))
            made.quantization.zeroPoint = np.atleast_1d(np.int64(zero))
            made.quantization.quantizedDimension = axis
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    def operator(
        code: int, inputs: list[int], outputs: list[int], options=None
    ) -> None:
        made = s.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, outputs
        if options is not None:
            made.builtinOptionsType = s.BuiltinOptions.FullyConnectedOptions
            made.builtinOptions = options
        graph.operators.append(made)

    model.operatorCodes = []
    for builtin, version in (
        (s.BuiltinOperator.QUANTIZE, 1),
        (s.BuiltinOperator.FULLY_CONNECTED, 12),
    ):
        code = s.OperatorCodeT()
        code.deprecatedBuiltinCode = code.builtinCode = builtin
        code.version = version
        model.operatorCodes.append(code)

    kinds = s.TensorType
    features = tensor((1, n_inputs), kinds.FLOAT32)
    x = tensor((1, n_inputs), kinds.INT8, scale=first.scale, zero=first.zero)
    operator(0, [features], [x])
    outputs, scale = [x], first.scale
    for layer in layers:
        rows = len(layer.weights)
        zeros = np.zeros(rows, np.int64)
        w = tensor(
            layer.weights.shape, kinds.INT8, data=layer.weights,
            scale=layer.weight_scale, zero=zeros,
        )  # fmt: skip
        b = tensor(
            (rows,), kinds.INT32, data=layer.bias, scale=layer.weight_scale * scale,
            zero=zeros,
        )  # fmt: skip
        y = tensor(
            (1, rows), kinds.INT8, scale=layer.output_scale, zero=layer.output_zero
        )
        options = s.FullyConnectedOptionsT()
        if layer.output_min == layer.output_zero:
            options.fusedActivationFunction = s.ActivationFunctionType.RELU
        operator(1, [x, w, b], [y], options)
        outputs.append(y)
        x, scale = y, layer.output_scale
    graph.inputs, graph.outputs = [features], outputs
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def run(data: bytes, x: np.ndarray) -> list[np.ndarray]:
    """int8 results of all layers by the reference kernels, one row per window."""
    interpreter = Interpreter(
        model_content=data,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    at = interpreter.get_input_details()[0]["index"]
    # In the order of the graph, which the interpreter keeps.
    ends = [detail["index"] for detail in interpreter.get_output_details()]
    rows: list[list[np.ndarray]] = [[] for _ in ends]
    for window in x:
        interpreter.set_tensor(at, window[None])
        interpreter.invoke()
        for row, end in zip(rows, ends, strict=True):
            row.append(interpreter.get_tensor(end)[0].copy())
    return [np.stack(row) for row in rows]
