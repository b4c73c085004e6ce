"""Values without elements: as in onnxruntime, or refused where it refuses them too."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_onnx, problems_of
from tests.graph.test_import import expected

RUN = ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover=undefined")


def numbers(*values):
    return np.array(values, np.int64)


def model(nodes, constants=None):
    """Serialise nodes that read ``x`` (2, 3), its ``s`` (2, 0) and ``t`` (0, 3)."""
    known = {"one": numbers(1), "zero": numbers(0), **(constants or {})}
    cuts = [
        helper.make_node("Slice", ["x", "zero", "zero", "one"], ["s"], name="columns"),
        helper.make_node("Slice", ["x", "zero", "zero", "zero"], ["t"], name="rows"),
        helper.make_node("Unsqueeze", ["s", "zero"], ["u"], name="image"),
    ]
    read = {name for node in nodes for name in node.input}
    outputs = [
        name for node in nodes for name in node.output if name and name not in read
    ]
    graph = helper.make_graph(
        [*cuts, *nodes],
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (2, 3))],
        [
            helper.make_empty_tensor_value_info(name)
            for name in (outputs or [name for node in nodes for name in node.output])
        ],
        [numpy_helper.from_array(v, name) for name, v in known.items()],
    )
    opset = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=8
    ).SerializeToString()


REDUCED = {
    "ReduceMax": -np.inf, "ReduceMin": np.inf, "ReduceSum": 0, "ReduceProd": 1,
    "ReduceL1": 0, "ReduceL2": 0, "ReduceSumSquare": 0, "ReduceLogSum": -np.inf,
    "ReduceLogSumExp": -np.inf,
}  # fmt: skip
ZEROS = {
    "two": np.zeros((0, 2), np.float32),
    "bias": np.float32([3, 4]),
    "none": np.zeros(0, np.int64),
    "wide": numbers(0, 1, 0, 1),
    "ones": np.ones((2, 2), np.float32),
}


def test_what_follows_from_nothing_is_as_onnxruntime_says():
    node = helper.make_node
    nodes = [node(op, ["s", "one"], [op]) for op in REDUCED]
    nodes += [node(op, ["t", "one"], [f"{op} of no rows"]) for op in REDUCED]
    nodes += [
        node(op, [value], [f"{op} {value}"], axis=1)
        for op in ("Softmax", "LogSoftmax", "Hardmax", "LpNormalization")
        for value in ("s", "t")
    ]
    nodes += [
        node("ArgMax", ["t"], ["argmax"], axis=1),
        node("ArgMin", ["t"], ["argmin"], axis=1),
        node("TopK", ["s", "zero"], ["k values", "k places"]),
        node("TopK", ["x", "zero"], ["k of 3", "k places of 3"]),
        node("TopK", ["t", "one"], ["k of t", "k places of t"]),
        node("MatMul", ["s", "two"], ["product"]),
        node("Gemm", ["s", "two", "bias"], ["gemm"]),
        node("Concat", ["s", "s"], ["nothing"], axis=1),
        node("Concat", ["s", "ones"], ["something"], axis=1),
        node("Gather", ["s", "none"], ["gathered"], axis=1),
        node("Pad", ["s", "wide"], ["padded"]),
        node("CumSum", ["s", "one"], ["cumulated"]),
        node("MeanVarianceNormalization", ["s"], ["normal"], axes=[1]),
        node("DynamicQuantizeLinear", ["s"], ["q", "scale", "point"]),
        node("Normalizer", ["s"], ["unit"], norm="MAX", domain="ai.onnx.ml"),
    ]
    data = model(nodes, ZEROS)
    host = GraphOnHost(compile_graph(import_onnx(data), name="m"), flags=RUN)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    found, wanted = host.run(x), expected(data, {"x": x})
    for mine, theirs in zip(found, wanted, strict=True):
        assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype)
        np.testing.assert_array_equal(mine, theirs)
    for value, mine in zip(REDUCED.values(), found, strict=False):
        assert mine.tolist() == [[value], [value]]


def test_a_constant_of_zeros_is_quantised_by_a_scale_of_1():
    data = model([helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "d", "z"])])
    host = GraphOnHost(compile_graph(import_onnx(data), name="m"), flags=RUN)
    x = np.zeros((2, 3), np.float32)
    for mine, theirs in zip(host.run(x), expected(data, {"x": x}), strict=True):
        np.testing.assert_array_equal(mine, theirs)


PICKING = {
    "ArgMax": (["s"], {"axis": 1}),
    "ArgMin": (["s"], {"axis": 1}),
    "ArrayFeatureExtractor": (["s", "zero"], {"domain": "ai.onnx.ml"}),
    "AveragePool": (["u"], {"kernel_shape": [2], "pads": [1, 1]}),
    "Gather": (["s", "zero"], {"axis": 1}),
    "GatherElements": (["s", "at"], {"axis": 1}),
    "GatherND": (["s", "pair"], {}),
    "GlobalAveragePool": (["u"], {}),
    "GlobalLpPool": (["u"], {}),
    "GlobalMaxPool": (["u"], {}),
    "MaxPool": (["u"], {"kernel_shape": [2], "pads": [1, 1]}),
    "Pad": (["s", "wide"], {"mode": "edge"}),
    "Resize": (["s", "", "", "sizes"], {"mode": "nearest"}),
    "ScatterElements": (["s", "at", "values"], {"axis": 1}),
    "ScatterND": (["s", "pair", "value"], {}),
}
PLACES = {
    "at": numbers([0], [0]), "pair": numbers([0, 0]), "sizes": numbers(2, 4),
    "values": np.ones((2, 1), np.float32), "value": np.ones(1, np.float32),
    "wide": numbers(0, 1, 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("op", PICKING)
def test_to_pick_from_nothing_is_refused_here_and_there(op):
    inputs, settings = PICKING[op]
    data = model([helper.make_node(op, inputs, ["y"], name="last", **settings)], PLACES)
    with pytest.raises(Exception, match=op):
        expected(data, {"x": np.ones((2, 3), np.float32)})
    shape = r"\[1, 2, 0\]" if inputs == ["u"] else r"\[2, 0\]"
    why = rf"input of shape {shape} has no elements, expected 1 or more along each axis"
    with pytest.raises(FormatError, match=rf"^ONNX node 'last' \({op}\): {why}$"):
        import_onnx(data)
    (problem,) = problems_of(data)
    assert problem.node == f"ONNX node 'last' ({op})"


def test_the_mean_of_nothing_is_refused():
    # ONNX leaves it open; onnxruntime gives 0, NumPy no number.
    data = model([helper.make_node("ReduceMean", ["s", "one"], ["y"], name="last")])
    with pytest.raises(FormatError, match=r"'last' \(ReduceMean\): input of shape"):
        import_onnx(data)


@pytest.mark.parametrize(("value", "shape"), [("s", r"\[2, 0\]"), ("x", r"\[2, 3\]")])
def test_more_than_there_are_cannot_be_the_largest(value, shape):
    data = model(
        [helper.make_node("TopK", [value, "k"], ["y", "at"], name="last")],
        {"k": numbers(4)},
    )
    why = rf"k is 4 along axis 1 of shape {shape}, expected 0 to its length"
    with pytest.raises(FormatError, match=rf"'last' \(TopK\): {why}"):
        import_onnx(data)
