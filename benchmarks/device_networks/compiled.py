"""Networks of MLPerf Tiny that go through the compiler, with random weights."""

import itertools
import os
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from benchmarks.device_kernels.row import Kernel
from benchmarks.device_networks.networks import Network, noise
from ecmkit import graph

__all__ = ["COMPILED", "compiled_network"]

SAMPLES = 4
"""Inputs to calibrate with; the arithmetic does not depend on them."""


class _Model:
    """An ONNX model, layer after layer."""

    def __init__(self, shape: Sequence[int], seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.shape = tuple(shape)
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self.last, self.macs = "x", 0

    def add(self, op: str, *inputs: str, **attrs: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attrs))
        self.last = name
        return name

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        fan = max(int(np.prod(shape[1:])), 1)
        value = self.random.normal(0, (2.0 / fan) ** 0.5, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def conv(
        self,
        image: tuple[int, int],
        channels: tuple[int, int],
        kernel: tuple[int, int],
        *,
        stride: int = 1,
        groups: int = 1,
        relu: bool = True,
        x: str | None = None,
    ) -> str:
        """Convolve as TFLite's SAME padding does; `image` is the output's size."""
        inputs, outputs = channels
        pads = [0, 0, 0, 0]
        for axis, (out, taps) in enumerate(zip(image, kernel, strict=True)):
            total = max((out - 1) * stride + taps - self.sizes[axis], 0)
            pads[axis], pads[axis + 2] = total // 2, total - total // 2
        weights = self.weight(outputs, inputs // groups, *kernel)
        self.macs += (
            image[0] * image[1] * outputs * (inputs // groups) * kernel[0] * kernel[1]
        )
        y = self.add(
            "Conv", x or self.last, weights, self.weight(outputs), group=groups,
            pads=pads, strides=[stride, stride],
        )  # fmt: skip
        return self.add("Relu", y) if relu else y

    sizes: tuple[int, int] = (0, 0)
    """Of the image that the next convolution reads."""

    def head(self, channels: int, classes: int) -> ModelProto:
        """Mean over the image, classes, and the file."""
        self.add("GlobalAveragePool", self.last)
        self.add("Flatten", self.last)
        self.dense(channels, classes, relu=False)
        return self.file(classes)

    def dense(self, inputs: int, outputs: int, *, relu: bool = True) -> None:
        """Multiply by a matrix, add a bias, and cut off below zero."""
        y = self.add(
            "Gemm", self.last, self.weight(outputs, inputs), self.weight(outputs),
            transB=1,
        )  # fmt: skip
        self.macs += inputs * outputs
        if relu:
            self.add("Relu", y)

    def file(self, outputs: int) -> ModelProto:
        """The file, which ends at what was added last."""
        value = helper.make_tensor_value_info
        made = helper.make_graph(
            self.nodes,
            "net",
            [value("x", TensorProto.FLOAT, self.shape)],
            [value(self.last, TensorProto.FLOAT, [1, outputs])],
            self.weights,
        )
        return helper.make_model(
            made, opset_imports=[helper.make_opsetid("", 17)], ir_version=10
        )


def keyword_spotting() -> _Model:
    """DS-CNN: 49 x 10 x 1, four separable convolutions of 64, 12 classes."""
    net = _Model((1, 1, 49, 10), 11)
    net.sizes = (49, 10)
    net.conv((25, 5), (1, 64), (10, 4), stride=2)
    net.sizes = (25, 5)
    for _ in range(4):
        net.conv((25, 5), (64, 64), (3, 3), groups=64)
        net.conv((25, 5), (64, 64), (1, 1))
    return net


def wake_words() -> _Model:
    """MobileNetV1 of width 0.25: 96 x 96 x 3, 13 separable convolutions, 2 classes."""
    net = _Model((1, 3, 96, 96), 12)
    size, channels = 48, 8
    net.sizes = (96, 96)
    net.conv((size, size), (3, channels), (3, 3), stride=2)
    rows = [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)]
    rows += [(128, 1)] * 5 + [(256, 2), (256, 1)]
    for outputs, stride in rows:
        net.sizes = (size, size)
        size //= stride
        both = (channels, channels)
        net.conv((size, size), both, (3, 3), stride=stride, groups=channels)
        net.conv((size, size), (channels, outputs), (1, 1))
        channels = outputs
    return net


def image_classes() -> _Model:
    """ResNet-8: 32 x 32 x 3, three residual stacks of 16, 32 and 64, 10 classes."""
    net = _Model((1, 3, 32, 32), 13)
    net.sizes = (32, 32)
    net.conv((32, 32), (3, 16), (3, 3))
    channels = 16
    for outputs, size in ((16, 32), (32, 16), (64, 8)):
        start, stride = net.last, 1 if outputs == 16 else 2
        before = (size * stride, size * stride)
        net.sizes = before
        net.conv((size, size), (channels, outputs), (3, 3), stride=stride)
        net.sizes = (size, size)
        main = net.conv((size, size), (outputs, outputs), (3, 3), relu=False)
        if stride == 2:
            net.sizes = before
            start = net.conv(
                (size, size), (channels, outputs), (1, 1), stride=2, relu=False, x=start
            )
        net.add("Add", main, start)
        net.add("Relu", net.last)
        channels = outputs
    return net


def convolutions() -> _Model:
    """The convolutional network of `networks`: 1024 x 1, 16, 32 and 64 filters."""
    net = _Model((1, 1, 1, 1024), 14)
    net.sizes = (1, 1024)
    net.conv((1, 128), (1, 16), (1, 64), stride=8)
    net.sizes = (1, 128)
    net.conv((1, 128), (16, 32), (1, 3))
    net.add("MaxPool", net.last, kernel_shape=[1, 2], strides=[1, 2])
    net.sizes = (1, 64)
    net.conv((1, 64), (32, 64), (1, 3))
    net.add("MaxPool", net.last, kernel_shape=[1, 2], strides=[1, 2])
    return net


def autoencoder() -> _Model:
    """Dense layers of the autoencoder of `networks`: 640-128x4-8-128x4-640."""
    net = _Model((1, 640), 15)
    sizes = [640, *[128] * 4, 8, *[128] * 4, 640]
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes), 2):
        net.dense(inputs, outputs, relu=i < len(sizes))
    return net


COMPILED: dict[str, tuple[Callable[[], _Model], int, int]] = {
    "ds_cnn_s8": (keyword_spotting, 64, 12),
    "mobilenet_v1_025_s8": (wake_words, 256, 2),
    "resnet_8_s8": (image_classes, 64, 10),
    "autoencoder_s8 compiled": (autoencoder, 0, 640),
    "convolutions_s8 compiled": (convolutions, 64, 10),
    "convolutions_f32 compiled": (convolutions, 64, 10),
    "ds_cnn_f32": (keyword_spotting, 64, 12),
}
"""Network, channels of the last image (0: none), outputs; ``f32`` are not quantised."""


def compiled_network(name: str) -> tuple[Network, float]:
    """Compile a network.

    Parameters
    ----------
    name : str
        A key of `COMPILED`.

    Returns
    -------
    tuple of (Network, float)
        The row, and the seconds of CPU time from the ONNX file to C, of this process
        and of the C compiler that calibration calls.
    """
    build, channels, classes = COMPILED[name]
    net = build()
    end = net.head(channels, classes) if channels else net.file(classes)
    file = end.SerializeToString()
    samples = [[s] for s in _samples(net)]
    single = "_f32" in name
    start = _cpu_s()
    made = graph.import_onnx(file)
    if not single:
        made = graph.to_int8(made, samples, ends="int8")
    found = graph.compile_graph(made, name=name.replace(" ", "_"))
    seconds = _cpu_s() - start
    n = int(np.prod(net.shape))
    kind = "float" if single else "int8_t"
    headers = "".join(f'#include "ecm_{m}.h"\n' for m in found.modules)
    kernel = Kernel(
        name=name.replace(" ", "_"),
        header="ecm_nn_dense.h",
        data=f"{headers}{found.source}\nstatic {kind} x[{n}], y[{classes}];\n"
        f"static int32_t work[{-(-found.work_bytes // 4)}];\n"
        "static ecm_status_t status;",
        setup=noise(n, kind),
        call=f"status = {found.symbol}(x, y, work);",
        result='ecm_test_s32("status", status);\n'
        + (
            f'ecm_test_array_f32("y", y, {classes});'
            if single
            else 'ecm_test_bytes("y", y, sizeof y);'
        ),
    )
    row = Network(kernel=kernel, weight_bytes=found.flash_bytes, macs=net.macs)
    return row, seconds


def _cpu_s() -> float:
    return sum(os.times()[:4])


def _samples(net: _Model) -> NDArray[np.float32]:
    shape = (SAMPLES, *net.shape)
    return np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
