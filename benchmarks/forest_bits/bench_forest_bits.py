"""What do limits of 8 bits cost a forest of real recordings, and what do they save?"""

from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.cwru_bearingwise.bench_cwru_bearingwise import variant, windows
from benchmarks.harness import Figure, Results, Table
from ecmkit import bench, compress, data, train
from ecmkit.targets import load_target
from ecmkit.train import TrainedModel

SEEDS = range(5)
PART = "whole recordings"
FORMS = ("packed", "inline")
BITS = {"float32": None, "16 bits": 16, "8 bits": 8}
MOST = 0.5
TABLES = {
    "steps": Table(
        "**Before and after**, bearings of a fault size that was not learnt, mean of "
        "three sizes and five seeds: balanced accuracy of three classes by the "
        "compiled C, *measured*; flash, RAM and instructions of a window on a "
        "Cortex-M4F, *emulated*, of the first seed, 0.021 in held out.",
        ("forest", "points", "lost", "flash [B]", "RAM [B]", "instructions"),
        rows=len(FORMS) * len(BITS),
    ),
}


@pytest.fixture(scope="module")
def sides(real_data: Path, results: Results, tmp_path_factory: pytest.TempPathFactory):
    """Forests of float32 and the rows that they have not seen, 0.021 in first."""
    project = variant(PART, "project")
    aside = tmp_path_factory.mktemp("forest_bits")
    dataset, table = windows(project, real_data / "cwru", aside)
    results.inputs["recordings"] = dataset.hash
    model, found = project.train.classifier, []
    for made in reversed(list(data.leave_one_out(dataset, by="fault_size"))):
        learnt_from, tested = made.masks(table.recording)
        for seed in SEEDS:
            forest = train.fit(
                table.rows(learnt_from), family=model.family, features=model.features,
                name="classifier", seed=seed, **model.options,
            )  # fmt: skip
            found.append((forest, table.rows(tested)))
    return found


@pytest.mark.parametrize("form", FORMS)
def test_bits(benchmark: BenchmarkFixture, results: Results, sides, form: str) -> None:
    def run() -> dict[str, list[float]]:
        return {
            name: [
                compress.points_of(model, rows, compiled=_made(model, form, bits))[0]
                for model, rows in sides
            ]
            for name, bits in BITS.items()
        }

    points = benchmark.pedantic(run, rounds=1)
    target = load_target("mps2-an386")
    model, rows = sides[0]
    for name, bits in BITS.items():
        spent = bench.model_cost(_made(model, form, bits), target, rows.x[::8])
        lost = mean(np.subtract(points["float32"], points[name]).tolist())
        numbers = {
            "points": round(mean(points[name]), 3),
            "lost": round(lost, 3),
            "flash": spent.flash_bytes,
            "ram": spent.ram_bytes,
            "instructions": spent.instructions,
        }
        results.row(
            "steps",
            [f"{form}, {name}", f"{mean(points[name]):.2f}", f"{lost:.2f}",
             f"{spent.flash_bytes:,}", f"{spent.ram_bytes:,}",
             f"{spent.instructions:,}"],
            [
                Figure(what=f"{form}/{name}/{what}", value=value,
                       unit={"points": "%", "lost": "%", "instructions": "1"}.get(
                           what, "B"),
                       label="measured" if what in ("points", "lost") else "emulated")
                for what, value in numbers.items()
            ],
        )  # fmt: skip
        assert lost <= MOST, name


def _made(model: TrainedModel, form, bits):
    made = model if bits is None else compress.quantise_forest(model, bits=bits)
    return made.compile(forests=form)
