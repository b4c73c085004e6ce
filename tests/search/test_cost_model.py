"""The cost model against the emulator: a few candidates; the benchmark has more."""

import msgspec
import pytest

from benchmarks.cost_model.samples import draw
from ecmkit.bench import ModelBench
from ecmkit.errors import MissingError
from ecmkit.graph import compile_graph
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from ecmkit.search import CostModel
from ecmkit.search.terms import instruction_terms
from ecmkit.targets import load_target

TARGET = load_target("mps2-an386")
FAMILIES = ("mlp", "ds-cnn", "tcn", "gru", "random-forest", "k-means")
FEWER = ("mlp", "gru", "random-forest")
"""On further cores, whose kernels are the same."""


@pytest.mark.emulator
@pytest.mark.parametrize(
    "name",
    ["mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "mps2-an385-m0plus"],
)
def test_candidates_that_were_not_fitted_to_are_foretold(name: str) -> None:
    target = load_target(name)
    model = CostModel.load(target)
    with ModelBench(target) as bench:
        for family in FAMILIES if target == TARGET else FEWER:
            sample = draw(family, 7000)
            cost = bench.cost(sample.compiled, sample.rows)
            said = model.predict(sample.compiled, sample.rows, target=name)
            assert said.ram_bytes == cost.ram_bytes, family
            assert said.flash_bytes == pytest.approx(cost.flash_bytes, rel=0.05), family
            near = pytest.approx(cost.instructions, rel=0.1)
            assert said.instructions == near, family
            assert said.label == "estimated"


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


def test_terms_grow_with_what_they_count() -> None:
    small, large = (instruction_terms(draw("mlp", s).compiled.graph) for s in (0, 0))  # type: ignore[arg-type]
    assert small == large
    assert small["run"] == 1
    assert small["int8_dense calls"] >= 2
