"""What do int8, pruning and distillation cost a network, and what do they save?"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.harness import Figure, Results, Table
from ecmkit import bench, compress, data, train
from ecmkit.features import FeatureTable
from ecmkit.graph import CompiledModel, ModelCost, Quantisation
from ecmkit.targets import load_target
from ecmkit.train import Network, TrainedModel

WINDOW, HOP = 1024, 1024
CLASSES = ("ball", "inner", "outer")
SIZES = (0.007, 0.014, 0.021)
SEEDS = (0, 1, 2)
TEACHER = {"widths": (16, 32, 64, 64), "first_kernel": 31, "kernel": 5, "stride": 4}
STUDENT = {"widths": (16, 32, 32), "first_kernel": 31, "kernel": 9, "stride": 4}
TRAINING = {"epochs": 14, "patience": 14, "batch": 64}
MOST = 0.5
STEPS = (
    "float32",
    "int8",
    "pruned 75 % in blocks, int8",
    "half of the channels, int8",
    "distilled, int8",
    "distilled, in training int8",
)
TABLES = {
    "steps": Table(
        "**Before and after** on the recordings of load 3, mean of three seeds: "
        "balanced accuracy of three classes by the compiled C, *measured*; flash, "
        "RAM and instructions of a window on a Cortex-M4F, *emulated*, of the first "
        "seed.",
        ("network", "points", "lost", "flash [B]", "RAM [B]", "instructions"),
        rows=len(STEPS),
    ),
}


@dataclass
class Sides:
    """Windows to learn from, those held out of it, and those of other recordings."""

    learn: FeatureTable
    held: np.ndarray
    test: FeatureTable


@pytest.fixture(scope="module")
def sides(real_data: Path, results: Results) -> Sides:
    select = data.Selection(files=("*12k_DE/*",), fault_sizes=SIZES, labels=CLASSES)
    dataset = data.load(real_data / "cwru", channel="DE", fs_hz=12000.0, select=select)
    results.inputs["recordings"] = dataset.hash
    table = train.windows_table(dataset, length=WINDOW, hop=HOP, channels=["DE"])
    last = {r.info.id for r in dataset if r.info.load == 3}
    test = np.isin(table.recording, list(last))
    learn = table.rows(~test)
    # Which epoch is best is decided on the last tenth of each recording.
    held = np.zeros(len(learn.x), bool)
    for recording in np.unique(learn.recording):
        rows = np.flatnonzero(learn.recording == recording)
        held[rows[-len(rows) // 10 :]] = True
    return Sides(learn, held, table.rows(test))


def chain(sides: Sides, seed: int) -> dict[str, TrainedModel]:
    """All networks of one seed, each made of the one that its name says."""
    learn, held = sides.learn, sides.held
    how = {**TRAINING, "held": held, "seed": seed}
    full = train.fit(
        learn, family="resnet", normalise="window", name="network", **TEACHER, **how
    )
    small = Network.new(
        "ds-cnn", learn.shape, len(CLASSES), "classification", seed,
        normalise="window", **STUDENT,
    )  # fmt: skip
    student = compress.distil(full, small, learn, share=0.7, **how)
    made = {
        "float32": _float(full),
        "int8": compress.quantise(full, Quantisation()),
        "pruned 75 % in blocks, int8": compress.prune(
            full, learn, sparsity=0.75, learning_rate=1e-3, **(how | {"epochs": 24})
        ),
        "half of the channels, int8": compress.remove_channels(
            full, learn, share=0.5, learning_rate=1e-3, **how
        ),
        "distilled, int8": student,
        "distilled, in training int8": compress.quantise_aware(
            student, learn, epochs=4, seed=seed, held=held
        ),
    }
    assert tuple(made) == STEPS
    return made


def _float(model: TrainedModel) -> TrainedModel:
    from dataclasses import replace

    return replace(model, calibration=None)


def _cost(rows: np.ndarray) -> Callable[[CompiledModel], ModelCost]:
    target = load_target("mps2-an386")
    return lambda compiled: bench.model_cost(compiled, target, rows)


def test_steps(benchmark: BenchmarkFixture, results: Results, sides: Sides) -> None:
    def run() -> list[dict[str, TrainedModel]]:
        return [chain(sides, seed) for seed in SEEDS]

    chains = benchmark.pedantic(run, rounds=1)
    cost = _cost(sides.test.x[:: len(sides.test.x) // 4])
    exact: list[float] = []
    for name in STEPS:
        compiled = [models[name].compile() for models in chains]
        points = [
            compress.points_of(models[name], sides.test, compiled=one)[0]
            for models, one in zip(chains, compiled, strict=True)
        ]
        exact = exact or points
        lost = mean(a - b for a, b in zip(exact, points, strict=True))
        spent = cost(compiled[0])
        results.row(
            "steps",
            [name, f"{mean(points):.2f}", f"{lost:.2f}", f"{spent.flash_bytes:,}",
             f"{spent.ram_bytes:,}", f"{spent.instructions:,}"],
            [
                Figure(what=f"{name}/points", value=round(mean(points), 3), unit="%",
                       label="measured"),
                Figure(what=f"{name}/flash", value=spent.flash_bytes, unit="B",
                       label="emulated"),
                Figure(what=f"{name}/ram", value=spent.ram_bytes, unit="B",
                       label="emulated"),
                Figure(what=f"{name}/instructions", value=spent.instructions,
                       unit="1", label="emulated"),
            ],
        )  # fmt: skip
        assert lost <= MOST, name
