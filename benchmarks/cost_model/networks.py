"""Networks with random sizes and weights, as ONNX, in the shapes of the zoo."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

__all__ = ["KINDS", "Drawn", "draw"]

OPSET = 17


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A network that was drawn, not trained."""

    kind: str
    onnx: bytes
    width: int
    """Elements of the input."""


class Net:
    """An ONNX model of one row, layer after layer; the input is flat."""

    def __init__(self, width: int, random: np.random.Generator) -> None:
        self.random = random
        self.width = width
        self.shape: tuple[int, ...] = (width,)
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self.last = "features"

    def add(self, op: str, *inputs: str, **attrs: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attrs))
        self.last = name
        return name

    def tensor(self, value: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, *shape: int) -> str:
        fan = max(prod(shape[1:]), 1)
        value = self.random.normal(0, (2.0 / fan) ** 0.5, shape)
        return self.tensor(value.astype(np.float32))

    def scale(self) -> None:
        self.add("Sub", self.last, self.weight(*self.shape))
        ones = np.full(self.shape, 0.9, np.float32)
        self.add("Mul", self.last, self.tensor(ones))

    def rows(self, channels: int) -> None:
        self.shape = channels, self.width // channels
        shape = self.tensor(np.array([1, *self.shape], np.int64))
        self.add("Reshape", self.last, shape)

    def dense(self, n: int, *, relu: bool = True) -> None:
        weights, bias = self.weight(n, prod(self.shape)), self.weight(n)
        self.add("Gemm", self.last, weights, bias, transB=1)
        self.shape = (n,)
        if relu:
            self.add("Relu", self.last)

    def conv(
        self,
        channels: int,
        taps: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        depthwise: bool = False,
        causal: bool = False,
        relu: bool = True,
    ) -> str:
        own, length = self.shape
        span = dilation * (taps - 1)
        pads = [span, 0] if causal else [span // 2, span - span // 2]
        groups = own if depthwise else 1
        weights = self.weight(channels, own // groups, taps)
        self.add(
            "Conv", self.last, weights, self.weight(channels), kernel_shape=[taps],
            strides=[stride], dilations=[dilation], pads=pads, group=groups,
        )  # fmt: skip
        self.shape = channels, (length + span - span - 1) // stride + 1
        if relu:
            self.add("Relu", self.last)
        return self.last

    def pool(self, op: str, window: int) -> None:
        self.add(op, self.last, kernel_shape=[window], strides=[window])
        self.shape = self.shape[0], self.shape[1] // window

    def mean(self) -> None:
        self.add("GlobalAveragePool", self.last)
        self.shape = (self.shape[0],)
        shape = self.tensor(np.array([1, *self.shape], np.int64))
        self.add("Reshape", self.last, shape)

    def gru(self, hidden: int) -> None:
        """Over the samples; what remains is the last state."""
        own, length = self.shape
        self.add("Transpose", self.last, perm=[2, 0, 1])
        inputs = [self.last, self.weight(1, 3 * hidden, own)]
        inputs += [self.weight(1, 3 * hidden, hidden), self.weight(1, 6 * hidden)]
        ends = [f"v{len(self.nodes)}", f"v{len(self.nodes)}_end"]
        self.nodes.append(
            helper.make_node(
                "GRU", inputs, ends, hidden_size=hidden, linear_before_reset=1
            )
        )
        shape = self.tensor(np.array([1, hidden], np.int64))
        self.last = ends[1]
        self.add("Reshape", self.last, shape)
        self.shape = (hidden,)

    def finish(self, op: str = "") -> bytes:
        if op:
            self.add(op, self.last, **({"axis": -1} if op == "Softmax" else {}))
        kind = TensorProto.FLOAT
        value = helper.make_tensor_value_info
        made = helper.make_graph(
            self.nodes,
            "network",
            [value("features", kind, ["n", self.width])],
            [value(self.last, kind, None)],
            self.weights,
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(made, ir_version=8, opset_imports=opsets)
        return bytes(model.SerializeToString())


def _int(random: np.random.Generator, low: int, high: int) -> int:
    """Draw from a logarithmic scale, both ends included."""
    return int(np.exp(random.uniform(np.log(low), np.log(high + 1))))


def _mlp(net: Net, random: np.random.Generator) -> bytes:
    net.scale()
    for _ in range(int(random.integers(1, 4))):
        net.dense(_int(random, 4, 96))
    net.dense(_int(random, 2, 10), relu=False)
    return net.finish("Softmax")


def _autoencoder(net: Net, random: np.random.Generator) -> bytes:
    net.scale()
    z = net.last
    for width in (_int(random, 6, 64), _int(random, 2, 12), _int(random, 6, 64)):
        net.dense(width)
    net.dense(net.width, relu=False)
    residual = net.add("Sub", z, net.last)
    net.add("Mul", residual, residual)
    net.add("ReduceMean", net.last, axes=[1], keepdims=1)
    return net.finish()


def _ds_cnn(net: Net, random: np.random.Generator) -> bytes:
    net.scale()
    net.rows(_channels(net, random))
    own = _int(random, 4, 32)
    net.conv(own, int(random.choice([3, 5, 7, 9, 16])), stride=_int(random, 1, 4))
    for _ in range(int(random.integers(1, 4))):
        if net.shape[1] < 4:
            break
        taps = int(random.choice([3, 5, 7]))
        net.conv(net.shape[0], taps, stride=_int(random, 1, 2), depthwise=True)
        net.conv(_int(random, 4, 48), 1)
    return _head(net, random)


def _tcn(net: Net, random: np.random.Generator) -> bytes:
    net.scale()
    net.rows(_channels(net, random))
    own, taps = _int(random, 4, 24), int(random.choice([2, 3, 5]))
    net.conv(own, taps, causal=True)
    for level in range(int(random.integers(1, 4))):
        before = net.last
        net.conv(own, taps, causal=True, dilation=2 << level)
        net.conv(own, taps, causal=True, dilation=2 << level, relu=False)
        net.add("Add", net.last, before)
        net.add("Relu", net.last)
    return _head(net, random)


def _resnet(net: Net, random: np.random.Generator) -> bytes:
    net.scale()
    net.rows(_channels(net, random))
    net.conv(_int(random, 4, 24), int(random.choice([5, 7, 9])), stride=2)
    if random.random() < 0.5 and net.shape[1] >= 4:
        net.pool(str(random.choice(["MaxPool", "AveragePool"])), 2)
    for _ in range(int(random.integers(1, 4))):
        if net.shape[1] < 4:
            break
        before, shape = net.last, net.shape
        stride, own = _int(random, 1, 2), _int(random, 4, 32)
        net.conv(own, 3, stride=stride)
        main = net.conv(own, 3, relu=False)
        after = net.shape
        net.last, net.shape = before, shape
        side = net.conv(own, 1, stride=stride, relu=False)
        net.last, net.shape = main, after
        net.add("Add", main, side)
        net.add("Relu", net.last)
    return _head(net, random)


def _gru(net: Net, random: np.random.Generator) -> bytes:
    net.scale()
    net.rows(_channels(net, random))
    net.gru(_int(random, 4, 32))
    net.dense(_int(random, 2, 10), relu=False)
    return net.finish("Softmax")


def _head(net: Net, random: np.random.Generator) -> bytes:
    if random.random() < 0.7:
        net.mean()
    else:
        shape = net.tensor(np.array([1, prod(net.shape)], np.int64))
        net.add("Reshape", net.last, shape)
    net.dense(_int(random, 2, 10), relu=False)
    return net.finish("Softmax")


def _channels(net: Net, random: np.random.Generator) -> int:
    return int(random.choice([n for n in (1, 2, 3, 4, 8) if net.width % n == 0]))


KINDS: dict[str, Callable[[Net, np.random.Generator], bytes]] = {
    "mlp": _mlp,
    "autoencoder": _autoencoder,
    "ds-cnn": _ds_cnn,
    "tcn": _tcn,
    "resnet": _resnet,
    "gru": _gru,
}


def draw(kind: str, seed: int) -> Drawn:
    """Draw a network of a kind; the same for the same seed."""
    random = np.random.default_rng([seed, *kind.encode()])
    if kind in ("mlp", "autoencoder"):
        width = _int(random, 4, 80)
    elif kind == "gru":
        width = 24 * _int(random, 1, 8)
    else:
        width = 24 * _int(random, 2, 30)
    return Drawn(kind=kind, onnx=KINDS[kind](Net(width, random), random), width=width)
