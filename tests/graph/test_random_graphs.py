"""Random graphs that Hypothesis draws: C, plain integers and two runtimes agree."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_onnx,
    import_tflite,
    write_onnx,
    write_tflite,
)
from tests.graph import litert
from tests.graph.integers import Integers
from tests.graph.random_graphs import int8_graphs
from tests.graph.single import off_onnxruntime
from tests.graph.test_import import expected, random_model

LOOSE = ("int8_mean", "int8_softmax")
WIDE = {"int8_softmax": 16}
"""Steps of int16 that LiteRT's tables are off."""
QUICK = settings(
    max_examples=10, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
LONG = settings(QUICK, max_examples=300)


def on_host(graph):
    return GraphOnHost(compile_graph(graph, name="m"), flags=("-O0",))


def exact(graph):
    """Outputs that LiteRT must give byte by byte, and those that may be one off."""
    loose, one = set(), set()
    for node in graph.nodes:
        if loose & set(node.inputs):
            loose.update(node.outputs)
        elif node.op in LOOSE or node.attrs.get("fn") in ("logistic", "tanh"):
            loose.update(node.outputs)
            one.update(node.outputs)
    return set(graph.outputs) - loose, one


def check_int8(graph):
    rng = np.random.default_rng(0)
    own = graph.tensors["x"]
    limits = np.iinfo(own.numpy)
    rows = [
        [rng.integers(limits.min, limits.max + 1, own.shape).astype(own.numpy)]
        for _ in range(2)
    ]
    data = write_tflite(graph)
    host, plain = on_host(graph), Integers(graph)
    same, one = exact(graph)
    for row, theirs in zip(rows, litert.run(data, rows), strict=True):
        ours = host.run(*row)
        values = {"x": row[0], **dict(zip(graph.outputs, ours, strict=True))}
        for name, a, b, c in zip(
            graph.outputs, ours, plain.run(*row), theirs, strict=True
        ):
            np.testing.assert_array_equal(a, b, err_msg=str(graph.writer(name)))
            off = np.abs(a.astype(int) - c.astype(int).reshape(a.shape)).max()
            limit = 0 if name in same else 1 if name in one else 65535
            if graph.tensors[name].dtype == "s16" and name in one:
                limit = WIDE.get(graph.writer(name).op, 1)
            assert off <= limit, f"{graph.writer(name)} is {off} off LiteRT"
    for op, off in off_onnxruntime(graph, values).items():
        assert off <= 1, f"{op} is {off} off onnxruntime"
    return rows, ours, data


@QUICK
@given(int8_graphs())
def test_int8_graphs_compute_what_plain_integers_do(graph):
    """And what LiteRT's reference does, and within one step what onnxruntime does."""
    rows, ours, data = check_int8(graph)
    for a, b in zip(on_host(import_tflite(data)).run(*rows[-1]), ours, strict=True):
        np.testing.assert_array_equal(a.reshape(b.shape), b)


@QUICK
@given(int8_graphs(("s16", "s8")))
def test_int16_graphs_compute_what_plain_integers_do(graph):
    """With int8 values among them."""
    rows, ours, data = check_int8(graph)
    for a, b in zip(on_host(import_tflite(data)).run(*rows[-1]), ours, strict=True):
        np.testing.assert_array_equal(a.reshape(b.shape), b)


@pytest.mark.live
@LONG
@given(int8_graphs(("s16", "s8")))
def test_many_int16_graphs_compute_what_plain_integers_do(graph):
    check_int8(graph)


@pytest.mark.live
@LONG
@given(int8_graphs())
def test_many_int8_graphs_compute_what_plain_integers_do(graph):
    check_int8(graph)


def check_float(seed):
    data = random_model(seed)
    graph = import_onnx(data)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(graph.tensors["x"].shape).astype(np.float32)
    first = expected(data, {"x": x})
    second = expected(write_onnx(graph), {"x": x})
    for a, b, c in zip(on_host(graph).run(x), first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=5e-5, atol=5e-6)
        np.testing.assert_allclose(c, b, rtol=5e-5, atol=5e-6)


@QUICK
@given(st.integers(0, 2**32 - 1))
def test_float_graphs_agree_with_onnxruntime_before_and_after_writing(seed):
    check_float(seed)


@pytest.mark.live
@LONG
@given(st.integers(0, 2**32 - 1))
def test_many_float_graphs_agree_with_onnxruntime(seed):
    check_float(seed)
