"""How fast does the C core extract features on the host, beside NumPy and SciPy?"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.features_host.numpy_features import NumpyFeatures
from benchmarks.harness import Figure, Results, Table, side_by_side
from ecmkit import data, features

ROUNDS = 100
WINDOWS = 32
WAYS = 3
TABLES = {
    "features": Table(
        "**34 features of 4096 samples**, *measured*. The last two columns are the "
        "time of each way over that of the C core in the same round.",
        ("way", "windows/s", "µs a window", "ratio", "quartiles"),
        rows=WAYS,
    ),
}
# Largest difference of a feature from float64, as a share of its largest value.
FEATURE_TOLERANCE = 5e-5

Array = NDArray[np.float32]
Signals = list[tuple[Array, float]]


@pytest.fixture(scope="module")
def plan() -> features.FeaturePlan:
    return features.load_plan("bearing")


@pytest.fixture(scope="module")
def recordings(plan: features.FeaturePlan) -> data.Dataset:
    """Eight recordings of the simulated rig, of 32 windows each, in all four states."""
    states = [("normal", 0.0), ("inner", 0.4), ("outer", 0.4), ("ball", 0.4)]
    n = plan.span_len + (WINDOWS - 1) * plan.hop_len
    rig = data.SimulatorConfig(
        scenario=tuple(
            data.Scenario(label=s, fault_size=mm, machines=2, duration_s=n / 12000)
            for s, mm in states
        )
    )
    return data.simulate(rig, seed=1)


@pytest.fixture(scope="module")
def signals(plan: features.FeaturePlan, recordings: data.Dataset) -> Signals:
    """Samples and shaft speed of each recording."""
    return [(r.channel(plan.channel or ""), r.info.speed_hz) for r in recordings]


def in_c(plan: features.FeaturePlan, signals: Signals) -> Callable[[], list[Array]]:
    return lambda: [features.Stream(plan, speed_hz=hz).push(x) for x, hz in signals]


def in_numpy(way: NumpyFeatures, signals: Signals) -> Callable[[], list[Array]]:
    return lambda: [way(x, hz) for x, hz in signals]


def error(found: list[Array], truth: NDArray[np.float64]) -> float:
    return float((np.abs(np.concatenate(found) - truth) / np.abs(truth).max(0)).max())


def test_features(
    benchmark: BenchmarkFixture,
    results: Results,
    plan: features.FeaturePlan,
    recordings: data.Dataset,
    signals: Signals,
) -> None:
    results.inputs["recordings"] = recordings.hash
    ours, numpy = in_c(plan, signals), NumpyFeatures(plan)
    peers = {
        "C core through `features.extract`": lambda: [
            features.extract(recordings, plan).x
        ],
        "NumPy/SciPy, a recording a call": in_numpy(numpy, signals),
    }
    truth = np.concatenate(
        [NumpyFeatures(plan, np.float64)(x, hz) for x, hz in signals]
    )
    errors = {"C core": error(ours(), truth)}
    errors |= {name: error(way(), truth) for name, way in peers.items()}
    assert max(errors.values()) < FEATURE_TOLERANCE, errors
    sided = side_by_side(benchmark, ("C core", ours), peers, rounds=ROUNDS)
    n = len(truth)
    figures = sided.figures("features", n, "window")
    figures += [
        Figure(what=f"features/{name}/error", value=float(f"{value:.2g}"), unit="1",
               label="measured")
        for name, value in errors.items()
    ]  # fmt: skip
    for name in sided.seconds:
        us = sided.typical(name) / n * 1e6
        low, ratio, high = sided.ratio(name)
        cells = [name, f"{1e6 / us:,.0f}", f"{us:.1f}", f"{ratio:.2f}"]
        results.row("features", [*cells, f"{low:.2f} to {high:.2f}"], figures)
        figures = []
