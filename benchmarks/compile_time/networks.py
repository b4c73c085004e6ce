"""The networks of MLPerf Tiny and their relatives as ONNX, with random weights."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

__all__ = ["NETWORKS"]


class _Net:
    """A network, layer by layer."""

    def __init__(self, *shape: int) -> None:
        self.rng = np.random.default_rng(0)
        self.shape = shape
        self.nodes: list[NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}
        self.last = "x"
        self.channels = shape[0]

    def add(self, op: str, *more: str, **attrs: object) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [self.last, *more], [name], **attrs))
        self.last = name
        return name

    def constant(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        fan = max(int(np.prod(shape[1:])), 1)
        value = self.rng.standard_normal(shape) * np.sqrt(2.0 / fan)
        self.weights[name] = value.astype(np.float32)
        return name

    def dense(self, outputs: int, inputs: int, *, relu: bool = True) -> None:
        self.add(
            "Gemm", self.constant(outputs, inputs), self.constant(outputs), transB=1
        )
        if relu:
            self.add("Relu")

    def conv(
        self,
        outputs: int,
        kernel: Sequence[int],
        *,
        stride: int = 1,
        pads: Sequence[int] = (),
        groups: int = 1,
        relu: bool = True,
    ) -> str:
        weights = self.constant(outputs, self.channels // groups, *kernel)
        strides = [stride] * len(kernel)
        attrs = {"pads": list(pads)} if pads else {}
        made = self.add(
            "Conv", weights, self.constant(outputs), strides=strides, group=groups,
            **attrs,
        )  # fmt: skip
        self.channels = outputs
        return self.add("Relu") if relu else made

    def head(self, outputs: int) -> None:
        self.add("GlobalAveragePool")
        self.add("Flatten")
        self.dense(outputs, self.channels, relu=False)

    def onnx(self) -> bytes:
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "net",
            [value("x", TensorProto.FLOAT, ["n", *self.shape])],
            [value(self.last, TensorProto.FLOAT, None)],
            [numpy_helper.from_array(v, name) for name, v in self.weights.items()],
        )
        opsets = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, ir_version=8, opset_imports=opsets)
        return bytes(model.SerializeToString())


def _autoencoder() -> bytes:
    net = _Net(640)
    widths = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128)
    for inputs, outputs in itertools.pairwise(widths):
        net.dense(outputs, inputs)
    net.dense(640, 128, relu=False)
    return net.onnx()


def _convolutions() -> bytes:
    net = _Net(1, 1024)
    net.conv(16, [64], stride=8)
    net.conv(32, [3])
    net.add("MaxPool", kernel_shape=[2], strides=[2])
    net.conv(64, [3])
    net.add("MaxPool", kernel_shape=[2], strides=[2])
    net.head(10)
    return net.onnx()


def _keywords() -> bytes:
    net = _Net(1, 49, 10)
    net.conv(64, [10, 4], stride=2, pads=(4, 1, 5, 1))
    for _ in range(4):
        net.conv(64, [3, 3], pads=(1, 1, 1, 1), groups=64)
        net.conv(64, [1, 1])
    net.head(12)
    return net.onnx()


def _mobile() -> bytes:
    net = _Net(3, 96, 96)
    net.conv(8, [3, 3], stride=2, pads=(0, 0, 1, 1))
    plan = (
        (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2),
        *[(128, 1)] * 5, (256, 2), (256, 1),
    )  # fmt: skip
    for outputs, stride in plan:
        pads = (1, 1, 1, 1) if stride == 1 else (0, 0, 1, 1)
        own = net.channels
        net.conv(own, [3, 3], stride=stride, pads=pads, groups=own)
        net.conv(outputs, [1, 1])
    net.head(2)
    return net.onnx()


def _residual() -> bytes:
    net = _Net(3, 32, 32)
    net.conv(16, [3, 3], pads=(1, 1, 1, 1))
    for outputs, stride in ((16, 1), (32, 2), (64, 2)):
        before, channels = net.last, net.channels
        pads = (1, 1, 1, 1) if stride == 1 else (0, 0, 1, 1)
        net.conv(outputs, [3, 3], stride=stride, pads=pads)
        after = net.conv(outputs, [3, 3], pads=(1, 1, 1, 1), relu=False)
        if stride > 1:
            net.last, net.channels = before, channels
            before = net.conv(outputs, [1, 1], stride=stride, relu=False)
        net.last = after
        net.add("Add", before)
        net.add("Relu")
    net.head(10)
    return net.onnx()


def _forest() -> bytes:
    from sklearn.ensemble import RandomForestClassifier

    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 4000)
    x = (rng.standard_normal((4000, 20)) + 0.3 * y[:, None]).astype(np.float32)
    forest = RandomForestClassifier(50, max_depth=8, random_state=0).fit(x, y)
    from skl2onnx import to_onnx

    made = to_onnx(
        forest, x[:1], options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3}
    )
    return bytes(made.SerializeToString())


NETWORKS: dict[str, Callable[[], bytes]] = {
    "autoencoder 640 - 4 x 128 - 8 - 4 x 128 - 640": _autoencoder,
    "1-D convolutions": _convolutions,
    "DS-CNN, keywords": _keywords,
    "MobileNetV1 0.25, 96 x 96": _mobile,
    "ResNet-8": _residual,
    "forest, 50 trees of depth 8": _forest,
}
