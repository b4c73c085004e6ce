"""Passes that merge what stands around layers: fewer operations, the same values."""

import numpy as np
import pytest
import torch
from torch import nn

from ecmkit.graph import GraphOnHost, compile_graph, import_onnx, to_int8
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from ecmkit.graph.transform import (
    absorb_transposes,
    fold_affine,
    fold_constants,
    fuse_functions,
    merge_pads,
    simplified,
)

RNG = np.random.default_rng(5)


def exported(model, shape, tmp_path):
    path = tmp_path / "model.onnx"
    x = torch.from_numpy(RNG.normal(size=shape).astype(np.float32))
    torch.onnx.export(
        model.eval(), (x,), str(path), dynamo=False, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )  # fmt: skip
    return import_onnx(path.read_bytes()), x.numpy(), model(x).detach().numpy()


def run(graph, *inputs):
    """Without any pass."""
    from ecmkit.graph import CompiledModel
    from ecmkit.graph.emit import EMITTERS, write_graph

    w = write_graph(graph, EMITTERS, symbol="ecm_model_plain")
    plain = CompiledModel(
        name="plain", kind="values", outputs=graph.outputs, symbol="ecm_model_plain",
        source=w.source, inputs=w.inputs, results=w.outputs, work_bytes=w.work_bytes,
        align=w.align, modules=w.modules, flash_bytes=w.flash_bytes,
    )  # fmt: skip
    return GraphOnHost(plain, flags=("-O0",)).run(*inputs)[0]


def ops(graph):
    return [node.op for node in graph.nodes]


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(3, 6, 5), nn.BatchNorm1d(6)
        self.dense, self.second = nn.Linear(6, 4), nn.BatchNorm1d(4)
        for norm in (self.norm, self.second):
            norm.running_mean.uniform_(-1, 1)
            norm.running_var.uniform_(0.5, 2)
            nn.init.uniform_(norm.weight)
            nn.init.uniform_(norm.bias)

    def forward(self, x):
        x = nn.functional.pad(x, (4, 0))
        x = torch.relu(self.norm(self.conv(x))).mean(2)
        return torch.clamp(self.second(self.dense(x)), -0.5, 0.5)


@pytest.mark.filterwarnings("ignore")
def test_batch_norm_pads_and_activations_go_into_the_layers(tmp_path):
    graph, x, expected = exported(Normed(), (1, 3, 16), tmp_path)
    made = simplified(graph)
    assert ops(made) == ["conv", "reduce", "matmul"]
    assert [f["fn"] for f in made.nodes[0].attrs["then"]] == ["relu"]
    np.testing.assert_allclose(run(made, x), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run(graph, x), expected, rtol=1e-5, atol=1e-6)
    assert compile_graph(graph, name="m").work_bytes < 4 * (3 * 20 + 6 * 16)
    quantised = to_int8(graph, [[x]])
    assert "map" not in ops(quantised)


def test_functions_of_constants_have_the_bits_of_the_device():
    b = Builder()
    x = b.input("x", Tensor("f32", (7,)))
    c, d = (b.constant(RNG.uniform(0.5, 2, 7).astype(np.float32)) for _ in "cd")
    value = b.map("div", c, b.map("sqrt", b.map("mul", c, b.map("add", c, d))))
    graph = b.graph([b.map("add", x, b.map("neg", b.map("reciprocal", value)))])
    made = fold_constants(graph)
    assert ops(made) == ["map"]
    np.testing.assert_array_equal(run(made, np.ones(7)), run(graph, np.ones(7)))


def test_pads_keep_every_bit():
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 2, 9)))
    (padded,) = b.emit(
        "pad", [x, b.constant(0.0, "f32")], Tensor("f32", (1, 2, 15)),
        {"before": (0, 0, 4)},
    )  # fmt: skip
    w = b.constant(RNG.normal(size=(3, 2, 4)).astype(np.float32))
    window = {"strides": (1,), "dilations": (2,), "before": (0,), "groups": 1}
    graph = b.graph(b.emit("conv", [padded, w], Tensor("f32", (1, 3, 9)), window))
    made = merge_pads(graph)
    assert ops(made) == ["conv"]
    value = RNG.normal(size=(1, 2, 9))
    np.testing.assert_array_equal(run(made, value), run(graph, value))
    other = b.graph(b.emit("map", [padded], Tensor("f32", (1, 2, 15)), {"fn": "neg"}))
    assert ops(merge_pads(other)) == ["pad", "map"]


@pytest.mark.parametrize("fn", ["add", "sub", "mul", "div"])
@pytest.mark.parametrize("first", [True, False])
def test_affine_functions_of_channels_fold(fn, first):
    b = Builder()
    x = b.input("x", Tensor("f32", (2, 5)))
    y = b.matmul(x, b.constant(RNG.normal(size=(5, 3)).astype(np.float32)))
    c = b.constant(RNG.uniform(1, 2, 3).astype(np.float32))
    graph = b.graph([b.map(fn, *((y, c) if first else (c, y)))])
    made = fold_affine(graph)
    assert len(made.nodes) == (2 if fn == "div" and not first else 1)
    value = RNG.normal(size=(2, 5))
    np.testing.assert_allclose(run(made, value), run(graph, value), 1e-5, 1e-6)


def test_what_is_not_of_a_channel_stays():
    b = Builder()
    x = b.input("x", Tensor("f32", (3, 3)))
    y = b.matmul(x, b.constant(np.eye(3, dtype=np.float32)))
    rows = b.map("mul", y, b.constant(np.ones((3, 1), np.float32)))
    both = b.map("add", rows, y)
    twice = b.map("mul", b.matmul(x, x), b.constant(2.0, "f32"))
    for name in (rows, both, twice):
        graph = b.graph([name])
        assert fold_affine(graph) == graph


def turn(b, name, order):
    """Transpose that the builder does not merge with the one before."""
    kind = b.tensors[name]
    shape = tuple(kind.shape[i] for i in order)
    steps = [kind.strides[i] for i in order]
    attrs = {"steps": steps, "offset": 0}
    return b.emit("copy", [name], Tensor("f32", shape), attrs)[0]


def test_transposes_are_read_through():
    b = Builder()
    x = b.input("x", Tensor("f32", (2, 3, 4)))
    turned = turn(b, turn(b, x, (2, 0, 1)), (1, 2, 0))
    same = absorb_transposes(b.graph([turned]))
    assert ops(same) == ["reshape"]
    other = turn(b, turn(b, x, (2, 0, 1)), (2, 1, 0))
    graph = b.graph([other])
    value = RNG.normal(size=(2, 3, 4))
    once = absorb_transposes(graph)
    assert ops(once) == ["copy"]
    np.testing.assert_array_equal(run(once, value), run(graph, value))


@pytest.mark.parametrize("side", [0, 1])
def test_products_read_transposes_where_they_are(side):
    b = Builder()
    x = b.input("x", Tensor("f32", (2, 3, 4)))
    y = b.input("y", Tensor("f32", (2, 3, 4)))
    turned = b.transpose((x, y)[side], (0, 2, 1))
    graph = b.graph([b.matmul(turned, y) if side == 0 else b.matmul(x, turned)])
    made = absorb_transposes(graph)
    assert ops(made) == ["matmul"]
    values = RNG.normal(size=(2, 2, 3, 4))
    np.testing.assert_array_equal(run(made, *values), run(graph, *values))


def test_functions_with_numbers_keep_every_bit():
    b = Builder()
    x = b.input("x", Tensor("f32", (4, 6)))
    y = b.matmul(x, b.constant(RNG.normal(size=(6, 3)).astype(np.float32)))
    limits = [b.constant(v, "f32") for v in (-0.25, 0.75)]
    y = b.map("tanh", b.map("clip", y, *limits))
    graph = b.graph([b.map("add", y, b.input("z", Tensor("f32", (4, 3))))])
    made = fuse_functions(graph)
    assert ops(made) == ["matmul", "map"]
    values = RNG.normal(size=(4, 6)), RNG.normal(size=(4, 3))
    np.testing.assert_array_equal(run(made, *values), run(graph, *values))
