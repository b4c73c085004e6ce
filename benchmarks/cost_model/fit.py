"""Fit the cost model of a core: `python -m benchmarks.cost_model.fit m4f`."""

import argparse
import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from benchmarks.cost_model.networks import KINDS, draw
from benchmarks.cost_model.sections import members, reached, sections_of
from ecmkit import formats, graph
from ecmkit._paths import csrc_dir
from ecmkit.bench import ModelBench
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search.cost_model import CostModel
from ecmkit.search.terms import code_terms, instruction_terms
from ecmkit.targets import Target, load_target
from ecmkit.train import TrainedModel, fit_forest, fit_kmeans
from tests.synthetic import table

COSTS = Path(graph.__file__).parents[1] / "search" / "costs"
TARGETS = {
    "m0plus": "nucleo-l073rz",
    "m4f": "mps2-an386",
    "m7": "mps2-an500",
    "m33": "mps2-an505",
    "m55": "mps3-an547",
}
SEEDS = 14
"""Networks of each kind to fit to; those that check are drawn from other seeds."""
_CALL = re.compile(r"\b(ecm_\w+|mem(?:cpy|set|move))\b")
_ROWS = 16


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A model that is measured, and rows that it is run on."""

    name: str
    compiled: CompiledModel
    rows: NDArray[np.float32]


def networks(seeds: Iterable[int]) -> Iterable[Sample]:
    """Drawn networks in int8, every fourth in single precision."""
    for seed in seeds:
        for kind in KINDS:
            drawn = draw(kind, seed)
            random = np.random.default_rng(seed)
            rows = random.standard_normal((_ROWS, drawn.width)).astype(np.float32)
            score = kind == "autoencoder"
            whole = graph.import_onnx(drawn.onnx)
            width = whole.tensors[whole.outputs[0]].size
            compiled = graph.compile_onnx(
                drawn.onnx,
                name="net",
                kind="score" if score else "class",
                outputs=[f"c{i}" for i in range(width)],
                calibration=None if seed % 4 == 3 else rows,
            )
            yield Sample(name=f"{kind} {seed}", compiled=compiled, rows=rows[:2])


def learners(seeds: Iterable[int]) -> Iterable[Sample]:
    """Forests and clusters of drawn sizes."""
    for seed in seeds:
        random = np.random.default_rng(seed)
        data = table(seed=seed)
        x = data.x[random.permutation(len(data.x))[:32]]
        forest = fit_forest(
            data,
            n_trees=int(random.integers(2, 60)),
            max_depth=int(random.integers(2, 12)),
            min_samples_leaf=int(random.integers(1, 8)),
            seed=seed,
        )
        means = fit_kmeans(data, n_clusters=int(random.integers(2, 24)), seed=seed)
        for model in (forest, means):
            yield Sample(
                name=f"{model.family} {seed}", compiled=compiled_of(model), rows=x
            )


def compiled_of(model: TrainedModel) -> CompiledModel:
    """Compile what a family exported."""
    return graph.compile_onnx(
        model.onnx, name="model", kind=model.kind, outputs=model.outputs,
        calibration=model.calibration,
    )  # fmt: skip


def fit_core(target: Target, samples: Sequence[Sample]) -> CostModel:
    """Measure samples on a target's core and fit a cost model to them."""
    with ModelBench(target) as bench:
        costs = []
        for at, sample in enumerate(samples):
            began = time.monotonic()
            costs.append(bench.cost(sample.compiled, sample.rows))
            print(f"{at + 1}/{len(samples)} {sample.name}: {costs[-1].instructions:,} "
                  f"{time.monotonic() - began:.1f} s", flush=True)  # fmt: skip
        sections = _sections(bench)
        tool = bench.tool
    bare = CostModel(
        core=target.cpu.name,
        compiler=f"{tool.name} {tool.version}",
        optimise=target.build.optimise,
        sections=sections,
        code={},
        instructions={},
    )
    return fitted(bare, samples, costs)


def fitted(
    bare: CostModel, samples: Sequence[Sample], costs: Sequence[ModelCost]
) -> CostModel:
    """Fit the coefficients to measured costs."""
    graphs = [s.compiled.graph for s in samples]
    counted = [
        instruction_terms(g, s.rows) for g, s in zip(graphs, samples, strict=True) if g
    ]
    instructions = _least(counted, [c.instructions for c in costs], "instructions")
    own = [code_terms(g) for g in graphs if g]
    free = msgspec.structs.replace(
        bare, instructions=instructions, code={}
    )
    rest = [
        cost.flash_bytes
        - free.predict(s.compiled, s.rows, target=cost.target).flash_bytes
        for s, cost in zip(samples, costs, strict=True)
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


def _sections(bench: ModelBench) -> tuple:  # type: ignore[type-arg]
    """Sections of the library and of the compiler's routines that models may need."""
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
    return reached(every, roots)


def write(model: CostModel) -> Path:
    """Write the file of a core."""
    path = COSTS / f"{model.core}.json"
    text = msgspec.json.format(msgspec.json.encode(model), indent=0)
    formats.write_atomic(path, text + b"\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cores", nargs="+", choices=TARGETS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    given = parser.parse_args()
    samples = [*networks(range(given.seeds)), *learners(range(given.seeds))]
    for core in given.cores:
        print(write(fit_core(load_target(TARGETS[core]), samples)))


if __name__ == "__main__":
    main()
