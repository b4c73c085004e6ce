"""Equalised layers compute the same, and their channels are alike."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.graph import GraphOnHost, compile_graph, layers_merged, to_int8
from ecmkit.graph.transform.equalise import equalise
from tests.graph.test_int8 import Net


def run(graph, x: np.ndarray) -> np.ndarray:
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    return np.asarray(host.run_rows(x)[0]).reshape(len(x), -1)


def unequal(net: Net, name: str, axis: int = 0) -> None:
    """Make the channels of a layer's weights as unequal as training can leave them."""
    value = net.constants[name]
    shape = [-1 if at == axis else 1 for at in range(value.ndim)]
    factor = np.logspace(-1.5, 1.5, value.shape[axis]).reshape(shape)
    net.constants[name] = (value * factor).astype(np.float32)


def dense() -> Net:
    net = Net(3, (1, 12))
    net.dense(16, 12)
    net.add("Relu")
    net.dense(8, 16)
    net.add("Relu")
    net.dense(4, 8)
    return net


def series(separable: bool) -> Net:
    net = Net(4, (1, 1, 64))
    net.conv(8, 1, 5, pads=[2, 2])
    net.add("Relu")
    if separable:
        net.conv(8, 8, 3, groups=8, pads=[1, 1])
        net.add("Relu")
    net.add("MaxPool", kernel_shape=[2], strides=[2])
    net.conv(6, 8, 3, pads=[1, 1])
    net.add("Relu")
    net.add("GlobalAveragePool")
    net.add("Flatten")
    net.dense(3, 6)
    return net


NETS = {
    "dense": dense,
    "series": lambda: series(False),
    "separable": lambda: series(True),
}


@pytest.mark.parametrize("name", NETS)
def test_the_meaning_stays_and_int8_is_nearer(name: str) -> None:
    net = NETS[name]()
    unequal(net, "c0")
    graph = layers_merged(net.graph())
    x = np.random.default_rng(5).normal(size=(60, *net.shape)).astype(np.float32)
    even = equalise(graph)
    expected = run(graph, x)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(run(even, x), expected, atol=2e-6 * scale, rtol=1e-5)
    assert len(even.nodes) == len(graph.nodes)

    samples = [[row] for row in x]
    error = [
        np.sqrt(np.mean(np.square(run(to_int8(g, samples), x) - expected)))
        for g in (graph, even)
    ]
    assert error[1] < 0.95 * error[0], error


def test_ranges_of_both_layers_meet() -> None:
    net = dense()
    unequal(net, "c0")
    even = equalise(layers_merged(net.graph()))
    first, second = (
        even.constants[node.inputs[1]]
        for node in [n for n in even.nodes if n.op == "matmul"][:2]
    )
    # As `transB=1` has them: outputs in rows.
    out, into = np.abs(first).max(axis=1), np.abs(second).max(axis=0)
    np.testing.assert_allclose(out, into, rtol=0.1)


@pytest.mark.parametrize("blocked", ["tanh", "two readers", "result", "shared"])
def test_what_does_not_commute_is_left_alone(blocked: str) -> None:
    net = Net(6, (1, 6))
    net.dense(5, 6)
    if blocked == "tanh":
        net.add("Tanh")
    relu = net.add("Relu")
    net.dense(5, 5)
    if blocked == "two readers":
        net.add("Add", relu)
    if blocked == "shared":
        net.add("Relu")
        net.nodes[-2].input[1] = net.nodes[0].input[1]
        net.constants["c0"] = np.eye(5, dtype=np.float32) * np.arange(1, 6)
        net.constants["c0"] = net.constants["c0"].astype(np.float32)
        net.shape = (1, 5)
    graph = net.graph()
    if blocked == "result":
        (wide, *_) = (n.outputs[0] for n in graph.nodes if n.op == "matmul")
        graph = replace(graph, outputs=(*graph.outputs, wide))
    graph = layers_merged(graph)
    even = equalise(graph)
    assert {k: v.tobytes() for k, v in even.constants.items()} == {
        k: v.tobytes() for k, v in graph.constants.items()
    }
