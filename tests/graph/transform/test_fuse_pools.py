"""Maxima of pairs go into the convolution before them, and nothing else does."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit.graph import GraphOnHost, compile_graph, import_onnx, simplified, to_int8
from tests.graph.integers import Integers

RNG = np.random.default_rng(0)


def network(width, *, kernel=2, stride=2, begin=0, twice=False, groups=1):
    """Convolution of 4 channels to 8 filters, maxima, and perhaps a second reader."""
    weights = RNG.normal(size=(8, 4 // groups, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1], group=groups),
        helper.make_node(
            "MaxPool", ["c"], ["y"], kernel_shape=[kernel], strides=[stride],
            pads=[begin, 0],
        ),
    ]  # fmt: skip
    if twice:
        nodes.append(helper.make_node("Relu", ["c"], ["z"]))
    constants = {"w": weights, "b": RNG.normal(size=8).astype(np.float32)}
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        nodes,
        "pairs",
        [value("x", TensorProto.FLOAT, [1, 4, width])],
        [value(n, TensorProto.FLOAT, None) for n in ("y", *(["z"] if twice else []))],
        [numpy_helper.from_array(v, name) for name, v in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    data = helper.make_model(made, opset_imports=opsets).SerializeToString()
    graph = import_onnx(data)
    samples = [[RNG.normal(size=(1, 4, width)).astype(np.float32)] for _ in range(4)]
    return to_int8(graph, samples, ends="int8")


def ops(graph):
    return [n.op for n in simplified(graph).nodes]


@pytest.mark.parametrize("width", [2, 3, 4, 9, 16, 33])
@pytest.mark.parametrize("groups", [1, 2])
def test_pairs_are_fused_with_the_same_bits(width, groups):
    graph = network(width, groups=groups)
    assert "int8_pool" not in ops(graph)
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    plain = Integers(graph)
    shape = graph.tensors[graph.inputs[0]].shape
    for _ in range(5):
        x = RNG.integers(-128, 128, shape).astype(np.int8)
        np.testing.assert_array_equal(host.run(x)[0], plain.run(x)[0])


def test_half_of_the_image_is_never_stored():
    work_bytes = compile_graph(network(512), name="m").work_bytes
    assert 512 * (4 + 4) <= work_bytes < 512 * (4 + 8)  # input, and half of 8 channels


@pytest.mark.parametrize(
    "other",
    [{"kernel": 3}, {"stride": 1}, {"stride": 3}, {"begin": 1}, {"twice": True}],
)
def test_other_pools_stay(other):
    assert "int8_pool" in ops(network(16, **other))
