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
WINDOWS_A_CALL = (1, 4, 8, 16, 32)
WAYS = 2 + len(WINDOWS_A_CALL)
TABLES = {
    "features": Table(
        "**33 features of 4096 samples**, *measured*. The last two columns are the "
        "time of each way over that of the C core in the same round.",
        ("way", "windows/s", "µs a window", "ratio", "quartiles"),
        rows=WAYS,
    ),
}
# Largest difference of a feature from float64, as a share of its largest value.
FEATURE_TOLERANCE = 5e-5

Array = NDArray[np.float32]
Windows = list[tuple[Array, float]]


@pytest.fixture(scope="module")
def plan() -> features.FeaturePlan:
    return features.load_plan("bearing")


@pytest.fixture(scope="module")
def recordings() -> data.Dataset:
    """Eight recordings of the simulated rig, of 32 windows each, in all four states."""
    states = [("normal", 0.0), ("inner", 0.4), ("outer", 0.4), ("ball", 0.4)]
    seconds = (4096 + 31 * 2048) / 12000
    rig = data.SimulatorConfig(
        scenario=tuple(
            data.Scenario(label=s, fault_size=mm, machines=2, duration_s=seconds)
            for s, mm in states
        )
    )
    return data.simulate(rig, seed=1)


@pytest.fixture(scope="module")
def windows(plan: features.FeaturePlan, recordings: data.Dataset) -> Windows:
    """Windows and shaft speed of each recording."""
    return [
        (
            np.ascontiguousarray(
                data.window(
                    r.channel(plan.channel), length=plan.window_len, hop=plan.hop_len
                )
            ),
            r.info.speed_hz,
        )
        for r in recordings
    ]


def in_c(plan: features.FeaturePlan, windows: Windows) -> Callable[[], list[Array]]:
    runner = features.device_plan(plan.contract())
    calls = [
        (x, np.full(len(x), hz, np.float32), np.empty((len(x), len(plan.rows)), "f4"))
        for x, hz in windows
    ]

    def run() -> list[Array]:
        for x, hz, out in calls:
            runner.extract(x, hz, out)
        return [out for _, _, out in calls]

    return run


def in_numpy(
    way: NumpyFeatures, windows: Windows, a_call: int
) -> Callable[[], list[Array]]:
    parts = [
        (x[i : i + a_call], hz) for x, hz in windows for i in range(0, len(x), a_call)
    ]
    return lambda: [way(x, hz) for x, hz in parts]


def error(found: list[Array], truth: NDArray[np.float64]) -> float:
    return float((np.abs(np.concatenate(found) - truth) / np.abs(truth).max(0)).max())


def test_features(
    benchmark: BenchmarkFixture,
    results: Results,
    plan: features.FeaturePlan,
    recordings: data.Dataset,
    windows: Windows,
) -> None:
    results.inputs["recordings"] = recordings.hash
    ours, numpy = in_c(plan, windows), NumpyFeatures(plan)
    peers = {
        "C core through `features.extract`": lambda: [
            features.extract(recordings, plan).x
        ],
        **{
            f"NumPy/SciPy, {n} window{'s' * (n > 1)} a call": in_numpy(
                numpy, windows, n
            )
            for n in WINDOWS_A_CALL
        },
    }
    truth = np.concatenate(
        [NumpyFeatures(plan, np.float64)(x, hz) for x, hz in windows]
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
