"""What do models of real recordings lose on their way to the device?"""

from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.harness import Figure, Results, Table
from benchmarks.int8_loss import models

EPOCHS = 6
SEED = 0
MOST = 0.005
"""Half a point."""
LOAD = "the recordings of load 3"
HELD_OUT = (*(f"{size} in" for size in models.SIZES), LOAD)
MODELS = ("autoencoder, AUC", "1-D CNN", "forest")
TABLES = {
    "loss": Table(
        "**Float and as on the device**, *measured*: area under the ROC curve for the "
        "autoencoder, balanced accuracy of three classes (guessing gives 0.333) for "
        "the others; the loss in points, a negative one is a gain.",
        ("model, held out", "float", "device", "loss"),
        rows=10,
    ),
    "mean": Table(
        f"**Mean loss** over what is held out, *measured*; at most {100 * MOST:g}.",
        ("model", "points"),
        rows=len(MODELS),
    ),
}

Pair = tuple[float, float]


def _pairs(folder: Path) -> dict[str, dict[str, Callable[[], Pair]]]:
    dataset = models.recordings(folder)
    table, windows = models.table_of(dataset), models.raw_windows(dataset)
    sizes = dict(zip(HELD_OUT, models.SIZES, strict=False))
    sides = {name: windows.size == size for name, size in sizes.items()}
    sides[LOAD] = windows.load == 3
    return {
        "autoencoder, AUC": {
            name: lambda size=size: models.autoencoder(table, size, seed=SEED)
            for name, size in sizes.items()
        },
        "1-D CNN": {
            name: lambda test=test: models.convolutions(
                windows, test, epochs=EPOCHS, seed=SEED
            )
            for name, test in sides.items()
        },
        "forest": {
            name: lambda size=size: models.forest(table, size, seed=SEED)
            for name, size in sizes.items()
        },
    }


@pytest.fixture(scope="module")
def pairs(
    real_data: Path, results: Results
) -> dict[str, dict[str, Callable[[], Pair]]]:
    results.inputs["recordings"] = models.recordings(real_data).hash
    return _pairs(real_data)


@pytest.mark.parametrize("model", MODELS)
def test_loss(
    benchmark: BenchmarkFixture,
    results: Results,
    pairs: dict[str, dict[str, Callable[[], Pair]]],
    model: str,
) -> None:
    found: dict[str, Pair] = benchmark.pedantic(
        lambda: {name: judge() for name, judge in pairs[model].items()}, rounds=1
    )
    lost = []
    for name, (real, device) in found.items():
        lost.append(real - device)
        results.row(
            "loss",
            [f"{model}, {name}", f"{real:.4f}", f"{device:.4f}",
             f"{100 * (real - device):.2f}"],
            [
                Figure(what=f"{model}/{name}/{kind}", value=round(value, 5), unit="1",
                       label="measured")
                for kind, value in (("float", real), ("device", device))
            ],
        )  # fmt: skip
    results.row(
        "mean",
        [model, f"{100 * mean(lost):.2f}"],
        [
            Figure(what=f"{model}/mean loss", value=round(mean(lost), 5), unit="1",
                   label="measured")
        ],
    )  # fmt: skip
    assert mean(lost) <= MOST
