"""The cost model against the emulator: a few candidates; the benchmark has more."""

import msgspec
import numpy as np
import pytest

from benchmarks.cost_model.samples import NETWORKS, draw
from ecmkit.bench import ModelBench
from ecmkit.errors import MissingError
from ecmkit.graph import compile_graph
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from ecmkit.search import SPACES, CostModel
from ecmkit.search.reading import rows_at
from ecmkit.search.terms import instruction_terms
from ecmkit.targets import load_target
from ecmkit.train import fit
from tests.synthetic import table

TARGET = load_target("mps2-an386")
FAMILIES = (
    "mlp", "ds-cnn", "tcn", "gru", "random-forest", "k-means", "lightgbm", "svm",
    "gaussian-mixture", "lof",
)  # fmt: skip
FEWER = ("mlp", "gru", "random-forest")
"""On further cores, whose kernels are the same."""
SOFT = (*FEWER, "extra-trees", "k-means", "ridge", "svm", "mahalanobis")
"""On a core without an FPU, where floats are routines of the compiler."""
KINDS = {"mps2-an386": FAMILIES, "mps2-an385-m0plus": SOFT}


@pytest.mark.emulator
@pytest.mark.parametrize(
    "name",
    ["mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "mps2-an385-m0plus"],
)
def test_candidates_that_were_not_fitted_to_are_foretold(name: str) -> None:
    target = load_target(name)
    model = CostModel.load(target)
    with ModelBench(target) as bench:
        for family in KINDS.get(name, FEWER):
            sample = draw(family, 7000)
            cost = bench.cost(sample.compiled, sample.rows)
            said = model.predict(sample.compiled, sample.rows, target=name)
            assert said.ram_bytes == cost.ram_bytes, family
            assert said.flash_bytes == pytest.approx(cost.flash_bytes, rel=0.08), family
            near = pytest.approx(cost.instructions, rel=0.1)
            assert said.instructions == near, family
            assert said.label == "estimated"


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("core", ["mps2-an386", "mps2-an385-m0plus"])
def test_every_family_is_foretold(core: str, classes: int) -> None:
    # What a family is made of depends on the number of classes: sigmoid or softmax.
    model = CostModel.load(load_target(core))
    learnt = table(n=120, n_features=5, n_classes=classes)
    for family in sorted(set(SPACES) - set(NETWORKS) - {"forest-regression", "ridge"}):
        compiled = fit(learnt, family=family, seed=0).compile()
        cost = model.predict(compiled, learnt.x[:20], target=TARGET.name)
        assert cost.instructions > 100, family


def test_a_core_without_a_cost_model_is_named() -> None:
    other = msgspec.structs.replace(
        TARGET, cpu=msgspec.structs.replace(TARGET.cpu, name="cortex-m85")
    )
    with pytest.raises(MissingError, match="no cost model of cortex-m85, only of"):
        CostModel.load(other)


def test_an_operation_that_was_not_fitted_is_named() -> None:
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 3)))
    compiled = compile_graph(b.graph([b.map("erf", x)]), name="m")
    with pytest.raises(ValueError, match="knows no map-erf"):
        CostModel.load(TARGET).predict(compiled, target=TARGET.name)


def test_products_with_a_zero_are_told_from_others() -> None:
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 4)))
    weights = np.array([[1, 0, 2], [0, 0, 3], [4, 0, 0], [5, 6, 7]], np.float32)
    first = b.matmul(x, b.constant(weights))
    cut = b.map("relu", first)
    last = b.matmul(cut, b.constant(np.ones((3, 2), np.float32)))
    terms = instruction_terms(compile_graph(b.graph([last]), name="m").graph)  # type: ignore[arg-type]
    assert terms["matmul filled"] == 7 + 6 / 2


def test_what_the_compiler_puts_in_a_function_is_linked_once() -> None:
    soft = CostModel.load(load_target("mps2-an385-m0plus"))
    assert "__aeabi_fsub" in soft.routines["map-sub"]
    once = soft.library_bytes(["__aeabi_fsub"])
    assert once > 400
    assert soft.library_bytes(["__aeabi_fsub", "__aeabi_fsub"]) == once
    assert CostModel.load(TARGET).routines == {}


def test_terms_grow_with_what_they_count() -> None:
    small, large = (instruction_terms(draw("mlp", s).compiled.graph) for s in (0, 0))  # type: ignore[arg-type]
    assert small == large
    assert small["run"] == 1
    assert small["int8_dense calls"] >= 2


def test_trees_that_read_more_columns_than_there_are_features() -> None:
    # LightGBM sends NaN left: such features are read twice, once with NaN as the least.
    learnt = table()
    compiled = fit(learnt, family="lightgbm", seed=0, n_estimators=4).compile()
    graph, x = compiled.graph, learnt.x[:40]
    assert graph is not None
    trees = next(node for node in graph.nodes if node.op == "trees")
    assert graph.tensors[trees.inputs[0]].size > x.shape[1]
    twelve = 4 * 3
    assert instruction_terms(graph, x)["trees trees"] == twelve
    walked = instruction_terms(graph, x)["trees splits"]
    assert twelve < walked <= 3 * twelve
    # One row walks a whole number of splits.
    assert instruction_terms(graph, x[:1])["trees splits"].is_integer()
    read = rows_at(graph, trees.inputs[0], x)
    assert read is not None
    assert np.array_equal(read[:, :12], x)
    assert np.isin(read[:, 12:], x).all()


def test_what_a_layer_makes_is_not_foreseen() -> None:
    graph = draw("mlp", 0).compiled.graph
    assert graph is not None
    assert rows_at(graph, graph.outputs[0], np.zeros((2, 4), np.float32)) is None
