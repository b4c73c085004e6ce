"""The four networks of MLPerf Tiny: PyTorch to ONNX to int8 to TFLite, QDQ and C."""

import functools

import numpy as np
import pytest

from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_onnx,
    import_tflite,
    to_int8,
    write_onnx,
    write_tflite,
)
from tests.graph import litert
from tests.graph.single import off_onnxruntime, watched
from tests.graph.test_import import expected
from tests.graph.tiny import NETS, labelled, onnx_of, samples

QUICK = ["autoencoder", "keywords", "images"]
LAYERS = {
    "autoencoder": {"int8_dense": 10},
    "keywords": {"int8_conv": 5, "int8_depthwise": 4, "int8_pool": 1, "int8_dense": 1,
                 "int8_softmax": 1},
    "wake_words": {"int8_conv": 14, "int8_depthwise": 13, "int8_pool": 1,
                   "int8_dense": 1, "int8_softmax": 1},
    "images": {"int8_conv": 9, "int8_add": 3, "int8_pool": 1, "int8_dense": 1,
               "int8_softmax": 1},
}  # fmt: skip


@functools.cache
def quantised(name):
    graph = import_onnx(onnx_of(name))
    return to_int8(graph, samples(name, 4), ends="int8")


def rows_of(graph, name, n):
    """Inputs of the calibration's kind, and every other one of any bytes."""
    kind, rng = graph.tensors[graph.inputs[0]], np.random.default_rng(7)
    rows = []
    for at, (x,) in enumerate(samples(name, n, seed=5)):
        q = np.clip(np.rint(x / kind.scale) + kind.zero, -128, 127)
        q = rng.integers(-128, 128, kind.shape) if at % 2 else q
        rows.append([q.astype(np.int8)])
    return rows


def check(name, n):
    """C equals LiteRT byte by byte; the file that it came from reads back the same."""
    graph = quantised(name)
    ops = [node.op for node in graph.nodes]
    assert {op: ops.count(op) for op in set(ops) if "int8" in op} == LAYERS[name]
    data = write_tflite(graph)
    rows = rows_of(graph, name, n)
    every = watched(graph)
    host = GraphOnHost(compile_graph(every, name="m"), flags=("-O1",))
    ours = [dict(zip(every.outputs, host.run(*row), strict=True)) for row in rows]
    for found, theirs in zip(ours, litert.run(data, rows), strict=True):
        for out, wanted in zip(graph.outputs, theirs, strict=True):
            np.testing.assert_array_equal(found[out], wanted, err_msg=out)
    return graph, rows, ours


@pytest.mark.parametrize("name", QUICK)
def test_c_is_byte_equal_to_litert_and_near_onnxruntime(name):
    graph, rows, ours = check(name, 4)
    off = off_onnxruntime(graph, {graph.inputs[0]: rows[0][0], **ours[0]})
    assert set(off) == set(LAYERS[name]) | (set(off) & {"copy"})
    assert max(off.values()) <= 1


@pytest.mark.live
@pytest.mark.parametrize("name", NETS)
def test_c_is_byte_equal_to_litert_on_200_inputs(name):
    graph, rows, ours = check(name, 200)
    for row, values in zip(rows[:20], ours, strict=False):
        off = off_onnxruntime(graph, {graph.inputs[0]: row[0], **values})
        assert max(off.values()) <= 1


def test_the_quantised_files_come_back_as_the_same_layers():
    graph = quantised("keywords")
    (row,) = rows_of(graph, "keywords", 1)
    wanted = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",)).run(*row)
    for data, read in (
        (write_tflite(graph), import_tflite),
        (write_onnx(graph), import_onnx),
    ):
        back = read(data)
        ops = [node.op for node in back.nodes]
        assert {o: ops.count(o) for o in LAYERS["keywords"]} == LAYERS["keywords"]
        assert not {"conv", "matmul", "quantise", "dequantise"} & set(ops)
        host = GraphOnHost(compile_graph(back, name="m"), flags=("-O1",))
        for a, b in zip(host.run(*row), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_autoencoder_is_within_one_step_of_onnxruntime_from_end_to_end():
    graph = quantised("autoencoder")
    data = write_onnx(graph)
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    for row in rows_of(graph, "autoencoder", 10):
        (theirs,) = expected(data, {graph.inputs[0]: row[0]})
        (found,) = host.run(*row)
        assert np.abs(found.astype(int) - theirs.astype(int)).max() <= 1


@pytest.mark.live
@pytest.mark.parametrize("name", ["keywords", "images"])
def test_trained_networks_are_near_onnxruntime_from_end_to_end(name):
    """99 of 100 logits are within one step, all within two.

    Weights that have learnt something do not blow the steps of single layers up. Those
    of the third classifier do, whose 28 layers double a difference each.
    """
    graph = import_onnx(onnx_of(name, steps=50))
    known, _ = labelled(name, 8, seed=1000)
    graph = to_int8(graph, [[x[None]] for x in known], ends="int8")
    data = write_onnx(graph)
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    kind, off = graph.tensors[graph.inputs[0]], []
    for x in labelled(name, 200, seed=1001)[0]:
        q = np.clip(np.rint(x[None] / kind.scale) + kind.zero, -128, 127)
        q = q.astype(np.int8)
        theirs = expected(data, {graph.inputs[0]: q})[0]
        off.append(np.abs(host.run(q)[0].astype(int) - theirs.astype(int)))
    assert np.max(off) <= 2
    assert np.mean(np.array(off) > 1) < 0.01
