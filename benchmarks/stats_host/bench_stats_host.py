"""How fast are the time statistics of many windows, beside reading them from memory?"""

import ctypes
import hashlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.harness import (
    THREADS_HEAD,
    Figure,
    Results,
    Table,
    side_by_side,
    thread_rows,
    two_threads,
)
from ecmkit._core import batch, stats

LENGTH = 1024
WINDOWS = 65536
"""256 MiB, more than any cache."""
PARTS = 64
"""A round goes once through all of them; each way is timed on each part in turn."""
ROUNDS = 3
NUMPY_WINDOWS = 512
NAMES = ("the device code", "4 floats", "8 floats (AVX2)", "16 floats (AVX-512)")
ISAS = range(batch.isa() + 1)
TABLES = {
    "bandwidth": Table(
        "**18 time statistics of windows of 1024 samples from memory**, one thread, "
        "*measured*: medians over parts of 4 MiB of a buffer of 256 MiB, by processor "
        "time; the last column is the time of reading a part over that of a way.",
        ("way", "GB/s", "million windows/s", "share of reading"),
        rows=1 + len(ISAS),
    ),
    "threads": Table(
        "**Two threads**, 128 MiB of windows, *measured*: shortest wall times.",
        THREADS_HEAD,
        rows=3,
    ),
    "peers": Table(
        f"**The same statistics of {NUMPY_WINDOWS} windows by NumPy and SciPy**, "
        "*measured*, median µs a window and time over ours.",
        ("way", "µs a window", "ratio", "quartiles"),
        rows=3,
    ),
}
Array = NDArray[np.float32]
Seconds = dict[str, list[float]]


@pytest.fixture(scope="module")
def windows() -> Array:
    """Noise with a heavy tail and a small offset."""
    rng = np.random.default_rng(1)
    block = rng.standard_normal((WINDOWS // 16, LENGTH), np.float32)
    block += np.float32(0.1) * block**3 + np.float32(0.05)
    return np.tile(block, (16, 1))


@pytest.fixture(scope="module")
def read_sum(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Array], float]:
    """Read all of an array, as fast as one thread can."""
    library = tmp_path_factory.mktemp("read") / "read_sum.so"
    source = Path(__file__).with_name("read_sum.c")
    command = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", source, "-o", library]
    subprocess.run(command, check=True)
    function = ctypes.CDLL(str(library)).read_sum
    function.restype = ctypes.c_float
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return lambda x: function(x.ctypes.data, x.size)


def rows(x: Array, isa: int, threads: int = 1) -> Array:
    out = np.empty((len(stats.time_fields()), len(x)), np.float32)
    stats.time_rows_f32(x, isa, threads, out)
    return out


def by_numpy(x: Array) -> Array:
    """All fields with NumPy in float32, as one would write it with care."""
    mean = x.mean(1, keepdims=True)
    d = x - mean
    size = np.abs(d)
    square = d * d
    variance = square.mean(1)
    rms = np.sqrt(variance)
    peak = size.max(1)
    mean_abs = size.mean(1)
    root = np.square(np.sqrt(size).mean(1))
    low, high = x.min(1), x.max(1)
    n = x.shape[1]
    return np.stack([
        mean[:, 0], rms, peak, high - low, mean_abs, root,
        (square * d).mean(1) / (variance * rms),
        (square * square).mean(1) / (variance * variance),
        peak / rms, rms / mean_abs, peak / mean_abs, peak / root,
        np.count_nonzero(np.diff(d >= 0, axis=1), axis=1) / n,
        np.count_nonzero(np.diff(x >= 0, axis=1), axis=1) / n,
        variance, np.sqrt(np.square(x).mean(1)), low, high,
    ]).astype(np.float32)  # fmt: skip


def by_scipy(x: Array) -> tuple[Array, Array]:
    """Skewness and kurtosis alone."""
    return scipy.stats.skew(x, axis=1), scipy.stats.kurtosis(x, axis=1, fisher=False)


@pytest.fixture(scope="module", autouse=True)
def agreement(windows: Array, read_sum: Callable[[Array], float]) -> None:
    """Bits of one window at a time; NumPy within rounding; the sum reads everything."""
    x = windows[:NUMPY_WINDOWS]
    names = stats.time_fields()
    single = [[stats.time_f32(row)[name] for row in x] for name in names]
    for isa in ISAS:
        np.testing.assert_array_equal(rows(x, isa), np.array(single, np.float32))
        np.testing.assert_array_equal(rows(x, isa, 2), np.array(single, np.float32))
    np.testing.assert_allclose(rows(x, 0), by_numpy(x), rtol=2e-5, atol=2e-6)
    found = dict(zip(names, rows(x, 0), strict=True))
    skew, kurtosis = by_scipy(x)
    np.testing.assert_allclose(found["skewness"], skew, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(found["kurtosis"], kurtosis, rtol=2e-5)
    expected = x.sum(dtype=np.float64)
    scale = np.abs(x).sum(dtype=np.float64)
    assert read_sum(x) == pytest.approx(expected, abs=1e-5 * scale)


def take_turns(ways: dict[str, Callable[[Array], object]], x: Array) -> Seconds:
    """Time each way on each part of x, always on parts that are not in a cache."""
    parts = np.split(x, PARTS)
    seconds: Seconds = {name: [] for name in ways}
    for turn in range(ROUNDS * PARTS):
        for shift, (name, way) in enumerate(ways.items()):
            part = parts[(turn + shift * PARTS // len(ways)) % PARTS]
            start = time.thread_time()
            way(part)
            seconds[name].append(time.thread_time() - start)
    return seconds


def test_share_of_the_memory(
    windows: Array,
    read_sum: Callable[[Array], float],
    results: Results,
    benchmark: BenchmarkFixture,
) -> None:
    results.inputs["windows"] = hashlib.sha256(windows[:NUMPY_WINDOWS]).hexdigest()
    ways: dict[str, Callable[[Array], object]] = {"reading": read_sum}
    for isa in ISAS:
        ways[NAMES[isa]] = lambda part, isa=isa: rows(part, isa)
    seconds = benchmark.pedantic(take_turns, args=(ways, windows), rounds=1)
    reading = np.median(seconds["reading"])
    n = len(windows) // PARTS
    for name, found in seconds.items():
        typical = float(np.median(found))
        figures = {
            "GB/s": n * LENGTH * 4 / typical / 1e9,
            "million windows/s": n / typical / 1e6,
            "share": float(reading / typical),
        }
        results.row(
            "bandwidth",
            (name, *(f"{value:.2f}" for value in figures.values())),
            [
                Figure(
                    what=f"bandwidth/{name}/{unit}",
                    value=float(f"{value:.4g}"),
                    unit="1" if unit == "share" else unit,
                    label="measured",
                )
                for unit, value in figures.items()
            ],
        )


def test_two_threads(
    windows: Array, results: Results, benchmark: BenchmarkFixture
) -> None:
    x = windows[: WINDOWS // 2]
    found = two_threads(benchmark, lambda n: rows(x, max(ISAS), n), rounds=50)
    thread_rows(results, found)


def test_beside_numpy_and_scipy(
    windows: Array, results: Results, benchmark: BenchmarkFixture
) -> None:
    x = windows[:NUMPY_WINDOWS]
    sided = side_by_side(
        benchmark,
        ("ecmkit", lambda: rows(x, max(ISAS))),
        {
            "NumPy, all 18": lambda: by_numpy(x),
            "SciPy, skewness and kurtosis alone": lambda: by_scipy(x),
        },
        rounds=50,
    )
    for name in sided.seconds:
        low, ratio, high = sided.ratio(name) if name != "ecmkit" else (1.0, 1.0, 1.0)
        results.row(
            "peers",
            (
                name,
                f"{sided.typical(name) / len(x) * 1e6:.2f}",
                f"{ratio:.1f}",
                f"{low:.1f} to {high:.1f}",
            ),
            sided.figures("peers", len(x), "window") if name == "ecmkit" else (),
        )
