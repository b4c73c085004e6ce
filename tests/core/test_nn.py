"""int8 layers, byte for byte, against LiteRT's reference kernels."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn


def multiplier_of(real: float) -> tuple[int, int]:
    """QuantizeMultiplier of TFLite."""
    significand, shift = math.frexp(real)
    fixed = round(significand * 2**31)
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    return (0, 0) if shift < -31 else (fixed, shift)


class Layer:
    """A random fully connected layer, for us and as a .tflite model."""

    def __init__(self, seed: int, *, per_channel: bool, relu: bool) -> None:
        random = np.random.default_rng(seed)
        self.relu = relu
        self.n_in, self.n_out = int(random.integers(1, 70)), int(random.integers(1, 20))
        count = self.n_out if per_channel else 1
        self.in_scale = np.float32(random.uniform(0.005, 0.1))
        self.out_scale = np.float32(random.uniform(0.01, 0.2))
        self.scales = random.uniform(0.001, 0.05, count).astype(np.float32)
        self.in_zero, self.out_zero = (int(z) for z in random.integers(-128, 128, 2))
        shape = (self.n_out, self.n_in)
        self.weights = random.integers(-127, 128, shape).astype(np.int8)
        self.bias = random.integers(-5000, 5000, self.n_out).astype(np.int32)
        self.x = random.integers(-128, 128, (40, self.n_in)).astype(np.int8)
        self.x[0], self.x[1] = -128, 127

    def ours(self) -> NDArray[np.int8]:
        if len(self.scales) == 1:  # TFLite multiplies the scales in float32 here
            product = [float(self.in_scale * self.scales[0])] * self.n_out
        else:
            product = [float(self.in_scale) * float(s) for s in self.scales]
        pairs = [multiplier_of(p / float(self.out_scale)) for p in product]
        y = np.empty((len(self.x), self.n_out), np.int8)
        nn.dense_s8(
            self.weights,
            self.bias,
            np.array([m for m, _ in pairs], np.int32),
            np.array([s for _, s in pairs], np.int8),
            self.in_zero,
            self.out_zero,
            self.out_zero if self.relu else -128,
            127,
            self.x,
            y,
        )
        return y

    def tflite(self) -> bytes:
        import flatbuffers
        from ai_edge_litert import schema_py_generated as schema

        def tensor(
            shape: list[int], kind: int, buffer: int, scale: object, zero: list[int]
        ) -> object:
            made = schema.TensorT()
            made.shape, made.type, made.buffer = shape, kind, buffer
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale = list(np.atleast_1d(scale))
            made.quantization.zeroPoint = zero
            return made

        def buffer(data: bytes) -> object:
            made = schema.BufferT()
            made.data = np.frombuffer(data, np.uint8)
            return made

        int8, int32 = schema.TensorType.INT8, schema.TensorType.INT32
        zeros = [0] * len(self.scales)
        graph = schema.SubGraphT()
        graph.tensors = [
            tensor([1, self.n_in], int8, 0, self.in_scale, [self.in_zero]),
            tensor([self.n_out, self.n_in], int8, 1, self.scales, zeros),
            tensor([self.n_out], int32, 2, self.in_scale * self.scales, zeros),
            tensor([1, self.n_out], int8, 0, self.out_scale, [self.out_zero]),
        ]
        graph.inputs, graph.outputs = [0], [3]
        op = schema.OperatorT()
        op.opcodeIndex, op.inputs, op.outputs = 0, [0, 1, 2], [3]
        op.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        op.builtinOptions = schema.FullyConnectedOptionsT()
        op.builtinOptions.fusedActivationFunction = (
            schema.ActivationFunctionType.RELU
            if self.relu
            else schema.ActivationFunctionType.NONE
        )
        graph.operators = [op]
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = (
            schema.BuiltinOperator.FULLY_CONNECTED
        )
        code.version = 12 if len(self.scales) > 1 else 4
        model = schema.ModelT()
        model.version = 3
        model.operatorCodes, model.subgraphs = [code], [graph]
        model.buffers = [
            buffer(b""),
            buffer(self.weights.tobytes()),
            buffer(self.bias.astype("<i4").tobytes()),
        ]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def theirs(self) -> NDArray[np.int8]:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        interpreter = Interpreter(
            model_content=self.tflite(),
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        )
        interpreter.allocate_tensors()
        y = np.empty((len(self.x), self.n_out), np.int8)
        for i, row in enumerate(self.x):
            interpreter.set_tensor(0, row[None])
            interpreter.invoke()
            y[i] = interpreter.get_tensor(3)[0]
        return y


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_dense_equals_litert(per_channel: bool, relu: bool) -> None:
    pytest.importorskip("ai_edge_litert")
    clamped = inside = 0
    for seed in range(10):  # 400 inputs
        layer = Layer(seed, per_channel=per_channel, relu=relu)
        ours = layer.ours()
        np.testing.assert_array_equal(ours, layer.theirs())
        low = layer.out_zero if relu else -128
        clamped += int(((ours == low) | (ours == 127)).sum())
        inside += int(((ours > low) & (ours < 127)).sum())
    assert clamped > 100
    assert inside > 100


def test_mse_is_the_mean_square() -> None:
    random = np.random.default_rng(0)
    for n in (1, 2, 3, 4, 5, 100, 1001):
        x, y = random.normal(size=(2, n)).astype(np.float32)
        expected = np.mean((x.astype(float) - y) ** 2)
        assert nn.mse_f32(x, y) == pytest.approx(expected, rel=n * 2.0**-24 + 2.0**-22)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        nn.mse_f32(np.zeros(0, np.float32), np.zeros(0, np.float32))
    with pytest.raises(ValueError, match="length"):
        nn.mse_f32(np.zeros(1, np.float32), np.zeros(2, np.float32))
    layer = Layer(0, per_channel=False, relu=False)
    layer.bias = np.zeros(layer.n_out + 1, np.int32)
    with pytest.raises(ValueError, match="bias"):
        layer.ours()
