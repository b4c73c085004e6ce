"""How fast does the C core extract features on the host, beside NumPy and SciPy?"""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.fft
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.features_host.numpy_features import NumpyFeatures
from benchmarks.harness import Figure, Results, Table, side_by_side
from ecmkit import data, features
from ecmkit._core import fft

ROUNDS = 100
LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
FFT_HEAD = (
    "length", "ecmkit", "SciPy", "NumPy", "SciPy / ecmkit", "NumPy / ecmkit"
)  # fmt: skip
WINDOWS_A_CALL = (1, 4, 8, 16, 32)
WAYS = 2 + len(WINDOWS_A_CALL)
TABLES = {
    "features": Table(
        "**33 features of 4096 samples**, *measured*. The last two columns are the "
        "time of each way over that of the C core in the same round.",
        ("way", "windows/s", "µs a window", "ratio", "quartiles"),
        rows=WAYS,
    ),
    "single": Table(
        "**Real transform in float32, one a call from Python**: median µs, *measured*, "
        "and ratios of times.",
        FFT_HEAD,
        rows=len(LENGTHS),
    ),
    "batch": Table(
        "**Real transforms in float32, 128 KiB a call**: SciPy and NumPy take all rows "
        "at once; ecmkit is called from Python for each, and pays for a copy, since it "
        "works in place. Median µs a transform, *measured*, and ratios of times.",
        FFT_HEAD,
        rows=len(LENGTHS),
    ),
}
# Largest difference from float64: of a feature as a share of its largest value, of a
# transform as a share of its root mean square.
FEATURE_TOLERANCE = 5e-5
FFT_TOLERANCE = 5e-6

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


@pytest.mark.parametrize("table", ["single", "batch"])
@pytest.mark.parametrize("length", LENGTHS)
def test_fft(
    benchmark: BenchmarkFixture, results: Results, length: int, table: str
) -> None:
    rows = 32768 // length
    x = np.random.default_rng(1).standard_normal((rows, length)).astype(np.float32)
    work = np.empty_like(x)

    def ours() -> Array:
        np.copyto(work, x)
        for row in work:
            fft.r2c_f32(row)
        return work

    ways = {
        "single": {
            "SciPy": lambda: [scipy.fft.rfft(row, workers=1) for row in x],
            "NumPy": lambda: [np.fft.rfft(row) for row in x],
        },
        "batch": {
            "SciPy": lambda: scipy.fft.rfft(x, axis=1, workers=1),
            "NumPy": lambda: np.fft.rfft(x, axis=1),
        },
    }[table]
    truth = np.fft.rfft(x.astype(np.float64), axis=1)
    for way in (lambda: unpack(ours()), *ways.values()):
        found = np.array(way())
        assert found.dtype == np.complex64
        distance = np.abs(found - truth).max() / np.sqrt(np.mean(np.abs(truth) ** 2))
        assert distance < FFT_TOLERANCE
    sided = side_by_side(benchmark, ("ecmkit", ours), ways, rounds=ROUNDS)
    times = [f"{sided.typical(name) / rows * 1e6:.2f}" for name in sided.seconds]
    ratios = [f"{sided.ratio(name)[1]:.2f}" for name in ways]
    figures = sided.figures(f"fft/{table}/{length}", rows, "transform")
    results.row(table, [length, *times, *ratios], figures)


def unpack(packed: Array) -> NDArray[np.complex64]:
    """X[0], X[n/2], then the bins between, to bins 0 ... n/2."""
    bins = packed.view(np.complex64)
    found = np.concatenate([bins, bins[:, :1]], axis=1)
    found[:, 0], found[:, -1] = bins[:, 0].real, bins[:, 0].imag
    return found
