"""Fit the cost model of a core: `python -m benchmarks.cost_model.fit m4f`."""

import argparse
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from scipy.optimize import nnls

from benchmarks.cost_model.samples import (
    FAMILIES,
    FEWER,
    Sample,
    forests_of_two,
    samples,
)
from benchmarks.cost_model.sections import members, reached, sections_of
from ecmkit import formats, graph
from ecmkit._paths import csrc_dir
from ecmkit.bench import ModelBench
from ecmkit.graph import ModelCost
from ecmkit.search.cost_model import CostModel, Section
from ecmkit.search.terms import code_terms, instruction_terms
from ecmkit.targets import Target, load_target

COSTS = Path(graph.__file__).parents[1] / "search" / "costs"
TARGETS = {
    "m0plus": "mps2-an385-m0plus",
    "m4f": "mps2-an386",
    "m7": "mps2-an500",
    "m33": "mps2-an505",
    "m55": "mps3-an547",
}
SEEDS, FEWER_SEEDS = 26, 14
"""Candidates of each family to fit to; those that check come from other seeds."""


def fit_core(target: Target, drawn: Sequence[Sample]) -> CostModel:
    """Measure samples on a target's core and fit a cost model to them."""
    with ModelBench(target) as bench:
        costs, needed = [], []
        for at, sample in enumerate(drawn):
            began = time.monotonic()
            costs.append(bench.cost(sample.compiled, sample.rows))
            needed.append(needs_of(bench.source / "model.o"))
            print(f"{at + 1}/{len(drawn)} {sample.name}: {costs[-1].instructions:,} "
                  f"{time.monotonic() - began:.1f} s", flush=True)  # fmt: skip
        sections = library(bench, frozenset[str]().union(*needed))
        tool = bench.tool
    bare = CostModel(
        core=target.cpu.name,
        compiler=f"{tool.name} {tool.version}",
        optimise=target.build.optimise,
        sections=sections,
        code={},
        instructions={},
        routines=routines_of(drawn, needed),
    )
    return fitted(bare, drawn, costs)


def needs_of(model: Path) -> frozenset[str]:
    """Routines of the compiler that the object of a model's own function needs."""
    found = (s for own in sections_of(model.read_bytes()) for s in own.needs)
    return frozenset(name for name in found if name.startswith("__"))


def routines_of(
    drawn: Sequence[Sample], needed: Sequence[frozenset[str]]
) -> dict[str, tuple[str, ...]]:
    """Routines that are needed wherever there is an operation, by its name."""
    found: dict[str, frozenset[str]] = {}
    for sample, own in zip(drawn, needed, strict=True):
        graph = sample.compiled.graph
        for name, count in code_terms(graph).items() if graph else ():
            if count:
                found[name] = found.get(name, own) & own
    return {name: tuple(sorted(own)) for name, own in sorted(found.items()) if own}


def fitted(
    bare: CostModel, drawn: Sequence[Sample], costs: Sequence[ModelCost]
) -> CostModel:
    """Fit the coefficients to measured costs."""
    graphs = [s.compiled.graph for s in drawn]
    counted = [
        instruction_terms(g, s.rows) for g, s in zip(graphs, drawn, strict=True) if g
    ]
    instructions = _least(counted, [c.instructions for c in costs], "instructions")
    own = [code_terms(g) for g in graphs if g]
    free = msgspec.structs.replace(bare, instructions=instructions, code={})
    rest = [
        cost.flash_bytes
        - free.predict(s.compiled, s.rows, target=cost.target).flash_bytes
        for s, cost in zip(drawn, costs, strict=True)
    ]
    whole = [c.flash_bytes for c in costs]
    code = _least(own, rest, "code", weight=whole)
    return msgspec.structs.replace(free, code=code)


def _least(
    terms: Sequence[Mapping[str, float]],
    values: Sequence[float],
    what: str,
    weight: Sequence[float] | None = None,
) -> dict[str, float]:
    """Non-negative coefficients with the least relative squares."""
    names = sorted({name for row in terms for name in row})
    a = np.array([[row.get(name, 0.0) for name in names] for row in terms])
    y = np.array(values, np.float64)
    w = 1.0 / np.array(weight if weight is not None else values, np.float64)
    scale = np.maximum(np.abs(a * w[:, None]).max(axis=0), 1e-300)
    found, _ = nnls(a * w[:, None] / scale, y * w, maxiter=100 * len(names))
    error = np.abs(a @ (found / scale) - y) * w
    print(f"{what}: error of the fit {np.quantile(error, 0.95):.1%} at the 95th "
          f"percentile, {error.max():.1%} at most, {len(names)} terms")  # fmt: skip
    return {
        name: float(f"{value:.5g}")
        for name, value in zip(names, found / scale, strict=True)
    }


def library(bench: ModelBench, routines: Iterable[str] = ()) -> tuple[Section, ...]:
    """Sections of the library and of the compiler's routines that models may need.

    `routines` are those that the models' own functions need.
    """
    modules = [p.stem.removeprefix("ecm_") for p in csrc_dir().glob("ecm_nn*.c")]
    modules += ["tree", "kmeans", "func", "math", "quant", "bits", "feat", "stats"]
    objects = bench.objects(modules)
    every = [s for path in objects for s in sections_of(path.read_bytes())]
    roots = {
        name for s in every for name in s.symbols
        if name.startswith(("ecm_nn", "ecm_tree", "ecm_kmeans", "ecm_func", "ecm_math",
                            "ecm_quant", "ecm_bits", "ecm_feat_scale", "mem"))
    }  # fmt: skip
    roots |= {name for s in every for name in s.needs if name.startswith("__aeabi")}
    tool = bench.tool
    if tool.name == "gcc":
        said = subprocess.run(
            [*tool.command, *tool.flags, "-print-libgcc-file-name"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        kept = list(members(Path(said.stdout.strip())))
        every += [s for data in kept for s in sections_of(data)]
        roots |= {"__aeabi_fadd", "__aeabi_fmul", "__aeabi_fdiv", "__aeabi_uidiv"}
        roots |= set(routines)
    return reached(every, roots)


def every_sample() -> list[Sample]:
    """Draw all candidates that are fitted to."""
    many = [family for family in FAMILIES if family not in FEWER]
    return [
        *samples(range(SEEDS), many),
        *forests_of_two(range(14)),
        *samples(range(FEWER_SEEDS), FEWER),
    ]


def write(model: CostModel) -> Path:
    """Write the file of a core."""
    path = COSTS / f"{model.core}.json"
    text = msgspec.json.format(msgspec.json.encode(model), indent=0)
    formats.write_atomic(path, text + b"\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cores", nargs="+", choices=TARGETS)
    given = parser.parse_args()
    drawn = every_sample()
    for core in given.cores:
        print(write(fit_core(load_target(TARGETS[core]), drawn)))


if __name__ == "__main__":
    main()
