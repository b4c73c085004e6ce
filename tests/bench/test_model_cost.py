"""The cost of a model alone: exact, and the same by every way to the same code."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit import graph
from ecmkit.bench import ModelBench, model_cost
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Graph, Tensor
from ecmkit.graph.transform import keep_outputs, keep_state
from ecmkit.targets import Target
from ecmkit.train import fit_forest
from tests.synthetic import table

pytestmark = pytest.mark.emulator

WIDTHS = (8, 6, 3)


def network() -> Graph:
    random = np.random.default_rng(0)
    b = Builder()
    name = b.input("features", Tensor("f32", (1, WIDTHS[0])))
    for n, m in pairwise(WIDTHS):
        weights = random.standard_normal((n, m)).astype(np.float32)
        name = b.map("relu", b.matmul(name, b.constant(weights)))
    return b.graph([name])


@pytest.fixture(scope="module")
def workshop(target: Target) -> Iterator[ModelBench]:
    with ModelBench(target) as made:
        yield made


def test_ram_is_what_the_caller_holds_and_flash_more_than_the_tables(
    workshop: ModelBench,
) -> None:
    compiled = graph.compile_graph(network(), name="net")
    cost = workshop.cost(compiled)
    ends = 4 * (WIDTHS[0] + WIDTHS[-1])
    assert cost.ram_bytes == -(-(ends + compiled.work_bytes) // 8) * 8
    assert compiled.flash_bytes == 4 * (8 * 6 + 6 * 3)
    assert compiled.flash_bytes < cost.flash_bytes < compiled.flash_bytes + 2000
    assert cost.instructions > 8 * 6 + 6 * 3
    assert (cost.target, cost.label) == (workshop.target.name, "emulated")
    assert workshop.cost(compiled) == cost


def test_emulators_and_a_bench_of_its_own_agree(
    workshop: ModelBench, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = graph.compile_graph(network(), name="net")
    by_unicorn = workshop.cost(compiled)
    monkeypatch.setattr("ecmkit.bench.runners.RUNNERS",
                        {"unicorn": "ecmkit.bench.unicorn_runner"})  # fmt: skip
    assert model_cost(compiled, target) == by_unicorn


def forest() -> tuple[Graph, np.ndarray]:
    data = table()
    whole = graph.import_onnx(fit_forest(data, n_trees=4, max_depth=5, seed=1).onnx)
    only = [n for n in whole.outputs if whole.tensors[n].dtype == "f32"]
    return keep_outputs(whole, only), data.x[:8]


def test_mean_of_rows_of_a_forest_in_all_its_forms(workshop: ModelBench) -> None:
    made, x = forest()
    packed = graph.compile_graph(made, name="forest")
    one = [workshop.cost(packed, row[None]).instructions for row in x[:2]]
    assert min(one) > 100
    assert workshop.cost(packed, x[:2]).instructions == -(-sum(one) // 2)
    loadable = graph.compile_graph(made, name="forest", forests="loadable")
    blobs = sum(map(len, loadable.blobs.values()))
    assert workshop.cost(loadable, x).flash_bytes > loadable.flash_bytes + blobs
    data = graph.compile_graph(made, name="forest", weights="data")
    assert workshop.cost(data, x).flash_bytes > len(data.weights)


def test_rows_that_do_not_fit_are_refused(workshop: ModelBench) -> None:
    compiled = graph.compile_graph(network(), name="net")
    with pytest.raises(ValueError, match=r"shape \(2, 5\), expected \(n, 8\)"):
        workshop.cost(compiled, np.zeros((2, 5), np.float32))
    with pytest.raises(ValueError, match="rows have shape"):
        workshop.cost(compiled, np.zeros((0, 8), np.float32))


def test_state_is_ram(workshop: ModelBench) -> None:
    weights = {"w": (1, 12, 3), "r": (1, 12, 4)}
    random = np.random.default_rng(0)
    node = helper.make_node("GRU", ["x", "w", "r"], ["y"], hidden_size=4)
    info, real = helper.make_tensor_value_info, TensorProto.FLOAT
    made = helper.make_graph(
        [node],
        "g",
        [info("x", real, [2, 1, 3])],
        [info("y", real, [2, 1, 1, 4])],
        [
            numpy_helper.from_array(random.normal(size=s).astype(np.float32), n)
            for n, s in weights.items()
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    data = helper.make_model(made, opset_imports=opsets, ir_version=8)
    whole = graph.import_onnx(data.SerializeToString())
    kept = graph.compile_graph(keep_state(whole), name="cell")
    once = graph.compile_graph(whole, name="cell")
    assert kept.state_bytes == 16
    ram = 4 * (2 * 3 + 2 * 4)
    assert workshop.cost(kept).ram_bytes == ram + 16 + kept.work_bytes
    assert workshop.cost(once).ram_bytes == ram + once.work_bytes
