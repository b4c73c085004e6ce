"""Models that onnxruntime quantised: their layers become int8 layers."""

import warnings

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ecmkit.graph import GraphOnHost, compile_graph, import_onnx, write_onnx
from tests.graph.test_import import expected, model
from tests.graph.test_int8 import Net, samples


class Rows:
    """What onnxruntime's calibration reads."""

    def __init__(self, rows):
        self.rows = iter(rows)

    def get_next(self):
        row = next(self.rows, None)
        return None if row is None else {"x": row[0]}


def net(name):
    if name == "dense":
        made = Net(1, (1, 24))
        made.dense(12, 24)
        made.add("Relu")
        made.dense(5, 12)
        return made
    if name == "series":
        made = Net(2, (1, 2, 40))
        made.conv(6, 2, 5, strides=[2], pads=[2, 2])
        made.add("Relu")
        made.add("MaxPool", kernel_shape=[2], strides=[2])
        made.add("GlobalAveragePool")
        return made
    made = Net(3, (1, 4, 9, 8))
    made.conv(8, 4, 3, 3, pads=[1, 1, 1, 1], strides=[2, 2])
    first = made.add("Relu")
    made.conv(8, 8, 3, 3, groups=8, pads=[1, 1, 1, 1])
    made.add("Add", first)
    made.add("Sigmoid")
    return made


LAYERS = {
    "dense": {"int8_dense": 2},
    "series": {"int8_conv": 1, "int8_pool": 1, "int8_mean": 1},
    "image": {"int8_conv": 1, "int8_depthwise": 1, "int8_add": 1, "int8_table": 1},
}

# Each layer is within one step of what onnxruntime makes of the same input; a chain of
# layers, the last of which is steep, can carry more.
STEPS = {"dense": 1, "series": 1, "image": 3}


def bytes_of(made):
    return model([*made.nodes], {"x": made.shape}, [made.last], made.constants)


def quantised(tmp_path, made, activations, per_channel):
    from onnxruntime.quantization import (
        QuantFormat,
        QuantType,
        quant_pre_process,
        quantize_static,
    )

    source, ready, result = (tmp_path / f"{n}.onnx" for n in ("a", "b", "c"))
    whole = onnx.shape_inference.infer_shapes(onnx.load_from_string(bytes_of(made)))
    source.write_bytes(whole.SerializeToString())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quant_pre_process(str(source), str(ready))
        quantize_static(
            str(ready), str(result), Rows(samples(made.graph(), 20)),
            quant_format=QuantFormat.QDQ, per_channel=per_channel,
            activation_type=QuantType[activations], weight_type=QuantType.QInt8,
        )  # fmt: skip
    return result.read_bytes()


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("activations", "per_channel"), [("QInt8", True), ("QUInt8", False)]
)
def test_layers_become_int8_near_onnxruntime(tmp_path, name, activations, per_channel):
    made = net(name)
    data = quantised(tmp_path, made, activations, per_channel)
    graph = import_onnx(data)
    ops = [node.op for node in graph.nodes]
    assert {op: ops.count(op) for op in LAYERS[name]} == LAYERS[name]
    assert not {"conv", "matmul", "quantise", "dequantise", "map"} & set(ops)
    (last,) = (n for n in graph.nodes if n.op == "int8_to_real")
    step = graph.tensors[last.inputs[0]].scale
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O0",))
    for row in samples(made.graph(), 30, seed=4):
        (theirs,) = expected(data, {"x": row[0]})
        (found,) = host.run(*row)
        assert np.abs(found - theirs).max() <= (STEPS[name] + 0.01) * step


def qdq(op, scale, zero, **attrs):
    """x -> Q -> DQ -> operator -> Q -> DQ."""
    constants = {
        "s": np.array(0.05, np.float32), "z": np.array(3, np.int8),
        "t": np.array(scale, np.float32), "w": np.array(zero, np.int8),
    }  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["a"]),
        helper.make_node("DequantizeLinear", ["a", "s", "z"], ["b"]),
        helper.make_node(op, ["b"], ["c"], **attrs),
        helper.make_node("QuantizeLinear", ["c", "t", "w"], ["d"]),
        helper.make_node("DequantizeLinear", ["d", "t", "w"], ["y"]),
    ]
    return model(nodes, {"x": (1, 6)}, ["y"], constants)


def test_what_has_no_int8_form_goes_through_the_integers_all_the_same():
    data = qdq("Sin", 0.01, 0)
    graph = import_onnx(data)
    ops = [node.op for node in graph.nodes]
    assert ops == [
        *("int8_from_real", "int8_to_real", "map", "int8_from_real", "int8_to_real"),
    ]
    x = np.linspace(-4, 4, 6, dtype=np.float32)[None]
    (theirs,) = expected(data, {"x": x})
    (found,) = GraphOnHost(compile_graph(graph, name="m")).run(x)
    np.testing.assert_allclose(found, theirs, atol=0.0101)


def test_a_rectifier_between_its_own_scales_clamps():
    data = qdq("Relu", 0.04, -20)
    graph = import_onnx(data)
    (table,) = (n for n in graph.nodes if n.op == "int8_table")
    assert table.attrs["activation"] == "relu"
    x = np.linspace(-4, 4, 6, dtype=np.float32)[None]
    (theirs,) = expected(data, {"x": x})
    (found,) = GraphOnHost(compile_graph(graph, name="m")).run(x)
    np.testing.assert_allclose(found, theirs, atol=0.0401)
    assert found.min() == 0.0


def test_int8_ends_stay_integers():
    """Integers come in, integers leave: nothing is computed in float32."""
    constants = {
        "s": np.array(0.05, np.float32), "z": np.array(3, np.int8),
        "t": np.array(0.07, np.float32), "w": np.array(-128, np.int8),
    }  # fmt: skip
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "s", "z"], ["b"]),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("QuantizeLinear", ["c", "t", "w"], ["y"]),
    ]
    made = onnx.load_from_string(model(nodes, {"x": (1, 5)}, ["y"], constants))
    for value in (made.graph.input[0], made.graph.output[0]):
        value.type.tensor_type.elem_type = TensorProto.INT8
    data = made.SerializeToString()
    graph = import_onnx(data)
    assert [n.op for n in graph.nodes] == ["reshape", "int8_table", "reshape"]
    x = np.array([[-128, 0, 3, 50, 127]], np.int8)
    (theirs,) = expected(data, {"x": x})
    (found,) = GraphOnHost(compile_graph(graph, name="m")).run(x)
    assert np.abs(found.astype(int) - theirs).max() <= 1
    assert found.dtype == np.int8


def test_weights_with_a_zero_point_stay_float():
    constants = {
        "s": np.array(0.05, np.float32), "z": np.array(0, np.int8),
        "k": np.arange(12, dtype=np.int8).reshape(4, 3),
        "t": np.array(0.1, np.float32), "w": np.array(5, np.int8),
    }  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["a"]),
        helper.make_node("DequantizeLinear", ["a", "s", "z"], ["b"]),
        helper.make_node("DequantizeLinear", ["k", "t", "w"], ["v"]),
        helper.make_node("MatMul", ["b", "v"], ["c"]),
        helper.make_node("QuantizeLinear", ["c", "t", "z"], ["d"]),
        helper.make_node("DequantizeLinear", ["d", "t", "z"], ["y"]),
    ]
    graph = import_onnx(model(nodes, {"x": (1, 4)}, ["y"], constants))
    assert "matmul" in [node.op for node in graph.nodes]


def test_operations_without_an_operator_are_refused_by_name():
    from ecmkit.errors import FormatError

    node = helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=2, name="cell")
    constants = {
        "w": np.ones((1, 8, 3), np.float32), "r": np.ones((1, 8, 2), np.float32)
    }  # fmt: skip
    graph = import_onnx(model([node], {"x": (4, 1, 3)}, ["y"], constants))
    with pytest.raises(FormatError, match=r"'cell' \(LSTM\).*no ONNX operator"):
        write_onnx(graph)
