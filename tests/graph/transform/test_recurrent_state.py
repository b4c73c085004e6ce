"""Recurrent layers over windows against onnxruntime over the whole sequence."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_onnx, to_int8
from ecmkit.graph.transform import keep_state

STEPS, WIDTH, HIDDEN = 24, 3, 5
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def model(op, steps, *, start=None, **attrs):
    rng = np.random.default_rng(3)
    directions = 2 if attrs.get("direction") == "bidirectional" else 1
    rows = GATES[op] * HIDDEN
    values = {
        "w": rng.normal(size=(directions, rows, WIDTH)),
        "r": rng.normal(size=(directions, rows, HIDDEN)) / 2,
        "b": rng.normal(size=(directions, 2 * rows)) / 2,
    }
    inputs = ["x", "w", "r", "b"]
    if start is not None:
        values["h"] = np.full((directions, 1, HIDDEN), start)
        inputs += ["", "h"]
    node = helper.make_node(op, inputs, ["y", "h_end"], hidden_size=HIDDEN, **attrs)
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        "g",
        [info("x", TensorProto.FLOAT, [steps, 1, WIDTH])],
        [info("y", TensorProto.FLOAT, [steps, directions, 1, HIDDEN])],
        [numpy_helper.from_array(v.astype(np.float32), n) for n, v in values.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def on_host(made):
    return GraphOnHost(made, flags=("-O0",))


def compiled(op, steps, **attrs):
    data = model(op, steps, **attrs).SerializeToString()
    return compile_graph(keep_state(import_onnx(data)), name="cell")


X = np.random.default_rng(1).normal(size=(STEPS, 1, WIDTH)).astype(np.float32)


@pytest.mark.parametrize("start", [None, 0.25])
@pytest.mark.parametrize("op", GATES)
def test_windows_give_what_the_whole_sequence_gives(op, start):
    whole = model(op, STEPS, start=start).SerializeToString()
    session = onnxruntime.InferenceSession(whole, providers=["CPUExecutionProvider"])
    (expected,) = session.run(["y"], {"x": X})
    once = on_host(compile_graph(import_onnx(whole), name="cell")).run(X)[0]
    for window in (1, 8)[start is None :]:
        host = on_host(compiled(op, window, start=start))
        parts = [host.run(X[at : at + window])[0] for at in range(0, STEPS, window)]
        found = np.concatenate(parts)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)
        np.testing.assert_array_equal(found, once)


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("op", [*GATES, "GRU linear"])
def test_int8_products_stay_near_the_float_layer(op, direction):
    attrs = {"direction": direction}
    if op == "GRU linear":
        op, attrs["linear_before_reset"] = "GRU", 1
    graph = import_onnx(model(op, STEPS, start=0.5, **attrs).SerializeToString())
    quantised = to_int8(graph, [[X], [-X]])
    (node,) = quantised.nodes
    assert quantised.tensors[node.inputs[1]].dtype == "s8"
    host = on_host(compile_graph(quantised, name="cell"))
    floats = on_host(compile_graph(graph, name="cell"))
    found, expected = host.run(X)[0], floats.run(X)[0]
    error = np.abs(found - expected)
    # Weights, inputs and states of 8 bits, within the range (-1, 1) of a state.
    assert 0 < error.max() < 0.08
    assert error.mean() < 0.015
    sizes = [compile_graph(g, name="cell").flash_bytes for g in (quantised, graph)]
    assert sizes[0] < 0.7 * sizes[1]


def test_int8_layers_go_on_too():
    graph = import_onnx(model("LSTM", 8).SerializeToString())
    quantised = to_int8(graph, [[X[:8]], [X[8:16]]])
    host = on_host(compile_graph(keep_state(quantised), name="cell"))
    parts = [host.run(X[at : at + 8])[0] for at in (0, 8, 16)]
    whole = import_onnx(model("LSTM", STEPS).SerializeToString())
    expected = on_host(compile_graph(whole, name="cell")).run(X)[0]
    assert np.abs(np.concatenate(parts) - expected).max() < 0.08


def test_state_is_reset_read_and_put_back():
    made = compiled("LSTM", 4, start=0.5)
    host = on_host(made)
    first = host.run(X[:4])[0]
    kept = host.state
    assert len(kept) == made.state_bytes == 2 * 4 * HIDDEN
    second = host.run(X[4:8])[0]
    assert not np.array_equal(first, host.run(X[:4])[0])
    host.reset()
    np.testing.assert_array_equal(host.run(X[:4])[0], first)
    other = on_host(made)
    other.state = kept
    np.testing.assert_array_equal(other.run(X[4:8])[0], second)
    with pytest.raises(ValueError, match="expected 40"):
        host.state = b"1234"


def test_layers_that_cannot_go_on_are_refused():
    data = model("GRU", 4, direction="bidirectional").SerializeToString()
    with pytest.raises(FormatError, match="backwards"):
        keep_state(import_onnx(data))
    relu = helper.make_node("Relu", ["x"], ["y"])
    info = helper.make_tensor_value_info
    ports = [[info(name, TensorProto.FLOAT, [4])] for name in "xy"]
    plain = helper.make_model(helper.make_graph([relu], "g", *ports), ir_version=8)
    with pytest.raises(FormatError, match="no recurrent layer"):
        keep_state(import_onnx(plain.SerializeToString()))
