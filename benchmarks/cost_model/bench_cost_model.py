"""How near does the cost model come to the emulator, before anything is trained?"""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cost_model.fit import TARGETS
from benchmarks.cost_model.samples import FAMILIES, Sample, samples
from benchmarks.harness import Case, Results, Table
from ecmkit.bench import ModelBench
from ecmkit.graph import ModelCost
from ecmkit.search import CostModel
from ecmkit.targets import load_target
from tests.c.cores import CORES

CORE = "m4f"
SEEDS = range(5000, 5006)
"""Of the candidates that check; none of them was fitted to."""
MOST = 0.10
"""Error at the 95th percentile."""
WHAT = {"flash_bytes": "flash", "ram_bytes": "RAM", "instructions": "instructions"}
TABLES = {
    "families": Table(
        f"**By family**: {len(SEEDS)} candidates each, drawn from the spaces of "
        "`ecmkit.search`, Cortex-M4F, gcc -Os; largest error of what the cost model "
        "says (*estimated*) beside the linked image and the emulator (*emulated*).",
        ("family", *WHAT.values(), "instructions of a run"),
        rows=len(FAMILIES),
    ),
    "all": Table(
        f"**All {len(SEEDS) * len(FAMILIES)} candidates**: error (*estimated* beside "
        f"*emulated*) at the 95th percentile, at most {MOST:.0%}, and the largest.",
        ("what", "95th percentile", "largest"),
        rows=len(WHAT),
    ),
}


def errors(cost: ModelCost, expected: ModelCost) -> list[float]:
    """Errors of flash, RAM and instructions, as shares."""
    return [abs(getattr(expected, n) / getattr(cost, n) - 1.0) for n in WHAT]


def show(
    results: Results,
    drawn: list[Sample],
    costs: list[ModelCost],
    expected: list[ModelCost],
) -> None:
    """Fill both tables."""
    pairs = zip(costs, expected, strict=True)
    found = np.array([errors(cost, said) for cost, said in pairs])
    case = Case(results, "check", *(s.compiled.source for s in drawn))
    for family in FAMILIES:
        own = [at for at, s in enumerate(drawn) if s.family == family]
        counts = [costs[at].instructions for at in own]
        worst = found[own].max(axis=0)
        span = f"{min(counts):,} to {max(counts):,}"
        results.row(
            "families",
            [family, *(f"{e:.1%}" for e in worst), span],
            [
                case.figure(f"{family}/largest error/{what}", round(float(e), 4), "1",
                            "estimated")
                for what, e in zip(WHAT.values(), worst, strict=True)
            ],
        )  # fmt: skip
    for at, what in enumerate(WHAT.values()):
        high, worst = np.quantile(found[:, at], 0.95), found[:, at].max()
        results.row(
            "all",
            [what, f"{high:.1%}", f"{worst:.1%}"],
            [
                case.figure(f"{name}/{what}", round(float(e), 4), "1", "estimated")
                for name, e in (("95th percentile", high), ("largest", worst))
            ],
        )
        assert high <= MOST, f"{what}: {high:.1%} at the 95th percentile"


def test_cost_model(benchmark: BenchmarkFixture, results: Results) -> None:
    tool = CORES[CORE].target("gcc").missing()
    if tool is not None:
        results.missing.add(tool)
        pytest.skip(f"{tool} is not installed")
    target = load_target(TARGETS[CORE])
    model, drawn = CostModel.load(target), samples(SEEDS)

    def measured() -> list[ModelCost]:
        with ModelBench(target) as bench:
            return [bench.cost(s.compiled, s.rows) for s in drawn]

    costs = benchmark.pedantic(measured, rounds=1)
    expected = [model.predict(s.compiled, s.rows, target=target.name) for s in drawn]
    show(results, drawn, costs, expected)
