"""Quantised after training: int8 layers that answer as the float model does."""

import numpy as np
import pytest
from onnx import helper

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, calibrate, compile_graph, import_onnx, to_int8
from tests.graph.test_import import model


class Net:
    """Nodes of a model, one after another."""

    def __init__(self, seed, shape):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.constants, self.shape = [], {}, shape
        self.last, self.count = "x", 0

    def add(self, op, *more, **attrs):
        self.count += 1
        name = f"v{self.count}"
        self.nodes.append(helper.make_node(op, [self.last, *more], [name], **attrs))
        self.last = name
        return name

    def weights(self, *shape):
        name = f"c{len(self.constants)}"
        fan = max(int(np.prod(shape[1:])), 1)
        value = self.rng.standard_normal(shape) / np.sqrt(fan)
        self.constants[name] = value.astype(np.float32)
        return name

    def conv(self, outputs, inputs, *kernel, groups=1, **attrs):
        w = self.weights(outputs, inputs // groups, *kernel)
        bias = self.weights(outputs)
        return self.add("Conv", w, bias, group=groups, **attrs)

    def dense(self, outputs, inputs):
        return self.add(
            "Gemm", self.weights(outputs, inputs), self.weights(outputs), transB=1
        )

    def graph(self):
        return import_onnx(
            model(self.nodes, {"x": self.shape}, [self.last], self.constants)
        )


def autoencoder():
    net = Net(1, (1, 40))
    for outputs, inputs in ((16, 40), (4, 16), (16, 4)):
        net.dense(outputs, inputs)
        net.add("Relu")
    net.dense(40, 16)
    return net.graph()


def series():
    net = Net(2, (1, 1, 128))
    net.conv(8, 1, 16, strides=[4], pads=[6, 6])
    net.add("Relu")
    net.conv(12, 8, 3, pads=[1, 1])
    net.add("Relu")
    net.add("MaxPool", kernel_shape=[2], strides=[2])
    net.conv(12, 12, 3, groups=12, pads=[1, 1])
    net.add("Relu")
    net.add("GlobalAveragePool")
    net.add("Flatten")
    net.dense(5, 12)
    net.add("Softmax", axis=-1)
    return net.graph()


def image():
    net = Net(3, (1, 3, 12, 10))
    net.conv(8, 3, 3, 3, pads=[1, 1, 1, 1])
    first = net.add("Relu")
    net.conv(8, 8, 3, 3, groups=2, pads=[1, 1, 1, 1])
    net.add("Add", first)
    net.add("Relu")
    net.add("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    net.add("Flatten")
    net.dense(7, 8 * 6 * 5)
    return net.graph()


NETS = {"autoencoder": autoencoder, "series": series, "image": image}
EXPECTED = {
    "autoencoder": {"int8_dense": 4},
    "series": {
        "int8_conv": 2, "int8_pool": 1, "int8_depthwise": 1, "int8_mean": 1,
        "int8_dense": 1,
    },
    "image": {"int8_conv": 2, "int8_add": 1, "int8_pool": 1, "int8_dense": 1},
}  # fmt: skip


def samples(graph, n=40, seed=9):
    rng = np.random.default_rng(seed)
    shape = graph.tensors["x"].shape
    return [[rng.standard_normal(shape).astype(np.float32)] for _ in range(n)]


@pytest.mark.parametrize("name", NETS)
def test_int8_answers_as_float_does(name):
    graph = NETS[name]()
    given = samples(graph)
    whole = to_int8(graph, given)
    ops = [node.op for node in whole.nodes]
    assert {op: ops.count(op) for op in EXPECTED[name]} == EXPECTED[name]
    assert ops.count("int8_from_real") == 1
    assert ops.count("int8_to_real") == 1
    real = GraphOnHost(compile_graph(graph, name="real"), flags=("-O1",))
    made = GraphOnHost(
        compile_graph(whole, name="whole"),
        flags=("-O1", "-Wall", "-Wextra", "-Werror"),
    )
    wanted = np.concatenate([real.run(*s)[0] for s in given]).reshape(len(given), -1)
    found = np.concatenate([made.run(*s)[0] for s in given]).reshape(len(given), -1)
    signal = np.mean((wanted - wanted.mean()) ** 2)
    noise = np.mean((found - wanted) ** 2)
    assert 10 * np.log10(signal / noise) > 28.0


@pytest.mark.parametrize("name", NETS)
def test_weights_take_a_quarter(name):
    graph = NETS[name]()
    real = compile_graph(graph, name="real")
    whole = compile_graph(to_int8(graph, samples(graph)), name="whole")
    assert whole.flash_bytes < 0.5 * real.flash_bytes
    assert whole.work_bytes <= real.work_bytes


def test_what_has_no_int8_form_stays_float():
    net = Net(4, (1, 8))
    net.dense(8, 8)
    net.add("Sin")
    net.dense(3, 8)
    graph = to_int8(net.graph(), samples(net.graph()))
    ops = [node.op for node in graph.nodes]
    assert ops == [
        *("int8_from_real", "int8_dense", "int8_to_real", "map"),
        *("int8_from_real", "int8_dense", "int8_to_real"),
    ]


def test_an_image_that_two_read_flat_keeps_its_order():
    """The dense layer takes pixels as they lie, the softmax as the model has them."""
    net = Net(5, (1, 2, 6))
    net.conv(3, 2, 3, pads=[1, 1])
    flat = net.add("Flatten")
    net.add("Softmax", axis=-1)
    other = net.last
    net.last = flat
    net.dense(18, 18)
    net.add("Add", other)
    graph = net.graph()
    given = samples(graph)
    real = GraphOnHost(compile_graph(graph, name="real"), flags=("-O1",))
    made = GraphOnHost(compile_graph(to_int8(graph, given), name="m"), flags=("-O1",))
    for sample in given:
        np.testing.assert_allclose(made.run(*sample)[0], real.run(*sample)[0], atol=0.1)


def test_ranges_are_those_of_the_values():
    net = Net(6, (1, 4))
    net.add("Relu")
    graph = net.graph()
    found = calibrate(graph, [[np.array([[-2, 0, 1, 3]])], [np.array([[0, 0, 0, 5]])]])
    assert found["x"] == (-2.0, 5.0)
    assert found[graph.outputs[0]] == (0.0, 5.0)


def test_no_samples_and_infinite_values_are_refused():
    net = Net(7, (1, 2))
    net.add("Reciprocal")
    graph = net.graph()
    with pytest.raises(ValueError, match="no samples"):
        to_int8(graph, [])
    with pytest.raises(FormatError, match="NaN or infinity"):
        to_int8(graph, [[np.zeros((1, 2))]])
