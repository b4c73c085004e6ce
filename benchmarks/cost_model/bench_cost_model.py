"""How near does the cost model come to the emulator, before anything is trained?"""

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cost_model.fit import TARGETS
from benchmarks.cost_model.samples import FAMILIES, Sample, samples
from benchmarks.harness import Case, Results, Table
from ecmkit.bench import ModelBench
from ecmkit.graph import ModelCost
from ecmkit.search import CostModel
from ecmkit.targets import load_target
from tests.c.cores import CORES

CORES_OF = {"m4f": "Cortex-M4F", "m0plus": "Cortex-M0+, which has no FPU"}
SEEDS = range(5000, 5006)
"""Of the candidates that check; none of them was fitted to."""
FURTHER = range(5006, 5009)
"""Of candidates of the M0+, whose terms were settled with a look at the others."""
MOST = 0.10
"""Error at the 95th percentile."""
WHAT = {"flash_bytes": "flash", "ram_bytes": "RAM", "instructions": "instructions"}


def _tables(core: str, name: str) -> dict[str, Table]:
    n = len(SEEDS) * len(FAMILIES)
    head = ("what", "95th percentile", "largest")
    made = {
        f"{core} families": Table(
            f"**By family, {name}**: {len(SEEDS)} candidates each, drawn from the "
            "spaces of `ecmkit.search`, gcc -Os; largest error of what the cost model "
            "says (*estimated*) beside the linked image and the emulator (*emulated*).",
            ("family", *WHAT.values(), "instructions of a run"),
            rows=len(FAMILIES),
        ),
        f"{core} all": Table(
            f"**All {n} candidates, {name}**: error (*estimated* beside *emulated*) at "
            f"the 95th percentile, at most {MOST:.0%}, and the largest.",
            head,
            rows=len(WHAT),
        ),
    }
    if core == "m0plus":
        made[f"{core} further"] = Table(
            f"**{len(FURTHER) * len(FAMILIES)} further candidates, {name}**, as above.",
            head,
            rows=len(WHAT),
        )
    return made


TABLES = {
    table: row
    for core, name in CORES_OF.items()
    for table, row in _tables(core, name).items()
}


def errors(cost: ModelCost, expected: ModelCost) -> list[float]:
    """Errors of flash, RAM and instructions, as shares."""
    return [abs(getattr(expected, n) / getattr(cost, n) - 1.0) for n in WHAT]


def show_families(
    results: Results,
    case: Case,
    core: str,
    drawn: list[Sample],
    costs: list[ModelCost],
    found: NDArray[np.float64],
) -> None:
    """Fill the table of families."""
    for family in FAMILIES:
        own = [at for at, s in enumerate(drawn) if s.family == family]
        counts = [costs[at].instructions for at in own]
        worst = found[own].max(axis=0)
        span = f"{min(counts):,} to {max(counts):,}"
        results.row(
            f"{core} families",
            [family, *(f"{e:.1%}" for e in worst), span],
            [
                case.figure(f"{family}/largest error/{what}", round(float(e), 4), "1",
                            "estimated")
                for what, e in zip(WHAT.values(), worst, strict=True)
            ],
        )  # fmt: skip


def show_all(
    results: Results, case: Case, table: str, found: NDArray[np.float64]
) -> None:
    """Fill a table of all candidates."""
    for at, what in enumerate(WHAT.values()):
        high, worst = np.quantile(found[:, at], 0.95), found[:, at].max()
        results.row(
            table,
            [what, f"{high:.1%}", f"{worst:.1%}"],
            [
                case.figure(f"{name}/{what}", round(float(e), 4), "1", "estimated")
                for name, e in (("95th percentile", high), ("largest", worst))
            ],
        )
        assert high <= MOST, f"{table}: {what} {high:.1%} at the 95th percentile"


@pytest.fixture(scope="module")
def drawn() -> dict[range, list[Sample]]:
    """Candidates of both cores."""
    return {seeds: samples(seeds) for seeds in (SEEDS, FURTHER)}


@pytest.mark.parametrize("core", CORES_OF)
def test_cost_model(
    benchmark: BenchmarkFixture,
    results: Results,
    drawn: dict[range, list[Sample]],
    core: str,
) -> None:
    tool = CORES[core].target("gcc").missing()
    if tool is not None:
        results.missing.add(tool)
        pytest.skip(f"{tool} is not installed")
    target = load_target(TARGETS[core])
    model = CostModel.load(target)
    parts = [SEEDS, FURTHER] if core == "m0plus" else [SEEDS]

    def measured() -> list[list[ModelCost]]:
        with ModelBench(target) as bench:
            return [[bench.cost(s.compiled, s.rows) for s in drawn[p]] for p in parts]

    for part, costs in zip(parts, benchmark.pedantic(measured, rounds=1), strict=True):
        name = "all" if part is SEEDS else "further"
        own = drawn[part]
        said = (model.predict(s.compiled, s.rows, target=target.name) for s in own)
        found = np.array([errors(c, s) for c, s in zip(costs, said, strict=True)])
        sources = (s.compiled.source for s in own)
        case = Case(results, core if name == "all" else f"{core} {name}", *sources)
        if name == "all":
            show_families(results, case, core, own, costs, found)
        show_all(results, case, f"{core} {name}", found)
