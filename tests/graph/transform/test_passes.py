"""Rewrites keep the meaning; where they apply, the differences are never stored."""

import numpy as np
import pytest
from onnx import NodeProto, helper

from ecmkit.graph import GraphOnHost, compile_graph, import_onnx
from ecmkit.graph.emit import EMITTERS, write_graph
from ecmkit.graph.transform import fold_squares, keep_outputs, unshare
from tests.graph.oracles import make_model, run_onnx

RNG = np.random.default_rng(0)
CENTROIDS = RNG.normal(size=(5, 4)).astype(np.float32)
X = RNG.normal(size=(40, 4)).astype(np.float32)
CONSTANTS = {
    "one": np.array([1], np.int64),
    "two": np.array([2], np.int64),
    "centroids": CENTROIDS,
    "power": np.array(2.0, np.float32),
}


def node(op: str, inputs: list[str], outputs: list[str], **attrs: object) -> NodeProto:
    return helper.make_node(op, inputs, outputs, **attrs)


def distances(square: str = "Mul", *, swapped: bool = False) -> list[NodeProto]:
    squared = ["d", "d"] if square == "Mul" else ["d", "power"]
    sides = ["centroids", "r"] if swapped else ["r", "centroids"]
    return [
        node("Unsqueeze", ["features", "one"], ["r"]),
        node("Sub", sides, ["d"]),
        node(square, squared, ["q"]),
        node("ReduceSum", ["q", "two"], ["s"], keepdims=0),
    ]


def ops_of(data: bytes) -> list[str]:
    return [n.op for n in fold_squares(import_onnx(data)).nodes]


def check(data: bytes) -> None:
    graph = import_onnx(data)
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    np.testing.assert_allclose(host.predict(X), run_onnx(data, X), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("square", ["Mul", "Pow"])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("root_first", [False, True])
def test_spellings_of_the_nearest_row(square, swapped, root_first) -> None:
    ends = ["ReduceMin", "Sqrt"]
    nodes = distances(square, swapped=swapped)
    for op, x, y in zip(ends[::-1] if root_first else ends, "st", "ty", strict=True):
        nodes.append(node(op, [x], [y], **({"axes": [1]} if op != "Sqrt" else {})))
    data = make_model(nodes, CONSTANTS)
    assert ops_of(data) == ["reshape", "nearest"]
    check(data)


def test_distances_alone_are_kept_as_such() -> None:
    nodes = [*distances(), node("Identity", ["s"], ["y"])]
    data = make_model(nodes, CONSTANTS, width=5)
    assert "square_distances" in ops_of(data)
    check(data)


def test_squares_that_others_read_are_still_made() -> None:
    nodes = [
        *distances(),
        node("ReduceMax", ["q"], ["m"], axes=[1, 2], keepdims=0),
        node("Unsqueeze", ["m", "one"], ["k"]),
        node("Add", ["s", "k"], ["y"]),
    ]
    data = make_model(nodes, CONSTANTS, width=5)
    assert ops_of(data).count("square_distances") == 1
    assert "mul" in str(fold_squares(import_onnx(data)))
    check(data)


def test_mean_of_squared_differences_is_one_operation() -> None:
    nodes = [
        node("Relu", ["features"], ["r"]),
        node("Sub", ["features", "r"], ["d"]),
        node("Mul", ["d", "d"], ["q"]),
        node("ReduceMean", ["q"], ["y"], axes=[1]),
    ]
    data = make_model(nodes, {})
    assert ops_of(data) == ["map", "mean_squares"]
    check(data)


@pytest.mark.parametrize(
    ("square", "axes", "width"), [("Mul", [0], 4), ("Add", [1], 1), ("Abs", [1], 1)]
)
def test_other_sums_stay(square: str, axes: list[int], width: int) -> None:
    inputs = ["d"] if square == "Abs" else ["d", "d"]
    nodes = [
        node("Relu", ["features"], ["r"]),
        node("Sub", ["features", "r"], ["d"]),
        node(square, inputs, ["q"]),
        node("ReduceMean", ["q"], ["y"], axes=axes),
    ]
    data = make_model(nodes, {}, width=width)
    assert "reduce" in ops_of(data)
    if axes == [1]:
        check(data)


def test_only_what_an_output_needs_is_kept() -> None:
    nodes = [node("Relu", ["features"], ["y"]), node("Add", ["features", "c"], ["z"])]
    graph = import_onnx(make_model(nodes, {"c": X[0]}, width=4))
    both = graph.nodes[0].outputs[0]
    kept = keep_outputs(graph, [both])
    assert [n.op for n in kept.nodes] == ["map"]
    assert kept.constants == {}
    assert kept.inputs == graph.inputs


def test_equal_constants_of_two_readers_become_two() -> None:
    nodes = [
        node("Add", ["features", "a"], ["s"]),
        node("Mul", ["s", "b"], ["t"]),
        node("Sub", ["t", "t"], ["y"]),
    ]
    graph = import_onnx(make_model(nodes, {"a": X[0], "b": X[0]}, width=4))
    assert len(graph.constants) == 1
    made = unshare(graph)
    assert len(made.constants) == 2
    whole = write_graph(made, EMITTERS, symbol="m", as_data=True)
    assert len(whole.tables) == 2
