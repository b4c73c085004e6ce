"""How fast does the host transform windows with the device's bits, beside its peers?"""

import hashlib
import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import scipy.fft
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.harness import (
    THREADS_HEAD,
    Figure,
    Results,
    Sided,
    Table,
    thread_rows,
    two_threads,
)
from ecmkit._core import fft
from ecmkit.features import RealTransform, instruction_sets

LENGTHS = (256, 512, 1024, 2048, 4096)
BATCH_BYTES = 256 * 1024
ROUNDS = 100
REPEAT = 20
"""Calls a measurement, after one that is not measured: each finds its own caches."""
STARTS = 20
PEERS = ("scipy", "mkl_fft", "pyfftw")
TABLES = {
    "batch": Table(
        "**Real transforms in float32, rows in, rows out**: 256 KiB of windows a call, "
        "one thread, results into arrays that are there (SciPy has no such argument). "
        "Median µs a window, *measured*, and times of the peers over ours.",
        ("length", "ecmkit", *PEERS, *(f"{peer} / ecmkit" for peer in PEERS)),
        rows=len(LENGTHS),
    ),
    "fused": Table(
        "**Mean removed, tapered, transformed, power of the bins**: the same windows. "
        "The peers do the rest in NumPy. Median µs a window, *measured*.",
        ("length", "ecmkit", *PEERS[:2], *(f"{peer} / ecmkit" for peer in PEERS[:2])),
        rows=len(LENGTHS),
    ),
    "one": Table(
        "**One window a call from Python**, new result each time. Median µs a call, "
        "*measured*.",
        ("length", "ecmkit", "SciPy", "SciPy / ecmkit"),
        rows=len(LENGTHS),
    ),
    "instructions": Table(
        "**The batch of length 1024 with narrower instructions**, *measured*: median "
        "µs a window and time over that of the widest.",
        ("instructions", "µs a window", "ratio"),
        rows=len(instruction_sets()),
    ),
    "threads": Table(
        "**Two threads**, 64 MiB of windows of 1024 samples to power, *measured*: "
        "shortest wall times.",
        THREADS_HEAD,
        rows=3,
    ),
    "import": Table(
        f"**Imports**, shortest of {STARTS} starts of Python, *measured*.",
        ("module", "ms", "over numpy"),
        rows=3,
    ),
}
Array = NDArray[np.float32]
Way = Callable[[], NDArray[np.generic]]
Peer = Callable[[Array, NDArray[np.complex64]], NDArray[np.complex64]]


def scipy_rfft(x: Array, out: NDArray[np.complex64]) -> NDArray[np.complex64]:
    return scipy.fft.rfft(x, workers=1)


def peers(results: Results) -> dict[str, Peer]:
    """Transforms that one can hand any rows, by each peer that is installed."""
    ways: dict[str, Peer] = {"scipy": scipy_rfft}
    try:
        mkl_fft = importlib.import_module("mkl_fft")
        ways["mkl_fft"] = lambda x, out: mkl_fft.rfft(x, out=out)
    except ImportError:
        results.missing.add("mkl_fft")
    return ways


def planned(x: Array, results: Results) -> dict[str, Way]:
    """FFTW's plan of these windows, between arrays that it has laid out itself."""
    try:
        pyfftw = importlib.import_module("pyfftw")
    except ImportError:
        results.missing.add("pyfftw")
        return {}
    start = pyfftw.empty_aligned(x.shape, np.float32)
    end = pyfftw.empty_aligned((len(x), x.shape[1] // 2 + 1), np.complex64)
    plan = pyfftw.FFTW(start, end, flags=("FFTW_MEASURE",))
    start[:] = x  # measuring has overwritten it

    def execute() -> NDArray[np.complex64]:
        plan.execute()
        return end

    return {"pyfftw": execute}


def take_turns(benchmark: BenchmarkFixture, ours: Way, others: dict[str, Way]) -> Sided:
    """Time the ways in turn, by what the processor did for this thread alone."""
    ways = {"ecmkit": ours, **others}
    seconds: dict[str, list[float]] = {name: [] for name in ways}

    def turns() -> None:
        for _ in range(ROUNDS):
            for name, way in ways.items():
                way()
                start = time.thread_time()
                for _ in range(REPEAT):
                    way()
                seconds[name].append((time.thread_time() - start) / REPEAT)

    benchmark.pedantic(turns, rounds=1)
    return Sided(seconds)


def error(found: NDArray[np.generic], expected: NDArray[np.generic]) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def row_of(
    results: Results, table: str, peers: tuple[str, ...], sided: Sided, windows: Array
) -> None:
    """One line: our time, times of the peers or a dash, ratios."""
    count, length = windows.shape
    times = {name: sided.typical(name) / count * 1e6 for name in sided.seconds}
    results.row(
        table,
        (
            length,
            f"{times['ecmkit']:.3f}",
            *(f"{times[n]:.3f}" if n in times else "-" for n in peers),
            *(f"{sided.ratio(n)[1]:.2f}" if n in times else "-" for n in peers),
        ),
        sided.figures(f"{table}/{length}", count, "window"),
    )


@pytest.fixture
def windows(length: int) -> Array:
    count = BATCH_BYTES // 4 // length
    rng = np.random.default_rng(length)
    return rng.standard_normal((count, length), np.float32) + np.float32(0.5)


@pytest.mark.parametrize("length", LENGTHS)
def test_batch(
    length: int, windows: Array, results: Results, benchmark: BenchmarkFixture
) -> None:
    results.inputs[f"windows of {length}"] = hashlib.sha256(windows).hexdigest()
    transform = RealTransform(length)
    shape = (len(windows), length // 2 + 1)
    ours, theirs = np.empty(shape, np.complex64), np.empty(shape, np.complex64)
    exact = np.fft.rfft(windows.astype(np.float64))
    packed = np.empty(length, np.float32)
    for row, bins in zip(windows, transform.rfft(windows), strict=True):
        fft.Plan(length // 2, True).r2c_f32(row, packed)
        assert (packed[2:].view(np.complex64) == bins[1:-1]).all()  # the device's bits
    mine = partial(transform.rfft, windows, out=ours)
    found = {n: partial(way, windows, theirs) for n, way in peers(results).items()}
    ways: dict[str, Way] = {**found, **planned(windows, results)}
    for way in (mine, *ways.values()):
        assert error(way(), exact) < 2e-7 * np.log2(length)
    row_of(results, "batch", PEERS, take_turns(benchmark, mine, ways), windows)


@pytest.mark.parametrize("length", LENGTHS)
def test_fused(
    length: int, windows: Array, results: Results, benchmark: BenchmarkFixture
) -> None:
    transform = RealTransform(length)
    shape = (len(windows), length // 2 + 1)
    power, bins = np.empty(shape, np.float32), np.empty(shape, np.complex64)
    taper = np.hanning(length).astype(np.float32)
    exact = windows.astype(np.float64)
    exact = np.abs(np.fft.rfft((exact - exact.mean(1, keepdims=True)) * taper)) ** 2

    def by(way: Peer) -> Array:
        """As one would write it with care."""
        y = windows - windows.mean(axis=1, keepdims=True)
        y *= taper
        z = way(y, bins)
        result = np.square(z.real)
        result += np.square(z.imag)
        return result

    def ours() -> Array:
        return transform.power(windows, taper=taper, remove_mean=True, out=power)

    ways = {name: partial(by, way) for name, way in peers(results).items()}
    for way in (ours, *ways.values()):
        assert error(way(), exact) < 4e-7 * np.log2(length)
    row_of(results, "fused", PEERS[:2], take_turns(benchmark, ours, ways), windows)


@pytest.mark.parametrize("length", LENGTHS)
def test_one(
    length: int, windows: Array, results: Results, benchmark: BenchmarkFixture
) -> None:
    window = windows[0]
    transform = RealTransform(length)
    found, expected = transform.rfft(window), scipy.fft.rfft(window.astype(np.float64))
    assert error(found, expected) < 2e-7 * np.log2(length)
    sided = take_turns(
        benchmark,
        lambda: transform.rfft(window),
        {"SciPy": lambda: scipy.fft.rfft(window)},
    )
    results.row(
        "one",
        (
            length,
            *(f"{sided.typical(n) * 1e6:.2f}" for n in sided.seconds),
            f"{sided.ratio('SciPy')[1]:.2f}",
        ),
        sided.figures(f"one/{length}", 1, "call"),
    )


@pytest.mark.parametrize("length", [1024])
def test_instructions(
    windows: Array, results: Results, benchmark: BenchmarkFixture
) -> None:
    names = instruction_sets()
    out = np.empty((len(windows), 513), np.complex64)
    ways = {
        name: partial(RealTransform(1024, instructions=name).rfft, windows, out=out)
        for name in names
    }
    widest = ways.pop(names[-1])
    expected = widest().copy()
    for way in ways.values():
        np.testing.assert_array_equal(way(), expected)
    sided = take_turns(benchmark, widest, ways)
    for name in names:
        key = name if name in ways else "ecmkit"
        ratio = sided.ratio(key)[1] if name in ways else 1.0
        time_us = sided.typical(key) / len(windows) * 1e6
        made = Figure(
            what=f"instructions/{name}/time",
            value=float(f"{time_us:.4g}"),
            unit="µs a window",
            label="measured",
        )
        results.row("instructions", (name, f"{time_us:.3f}", f"{ratio:.2f}"), [made])


def test_threads(results: Results, benchmark: BenchmarkFixture) -> None:
    x = np.random.default_rng(1).standard_normal((16384, 1024), np.float32)
    out, taper = np.empty((16384, 513), np.float32), np.hanning(1024).astype(np.float32)
    transform = RealTransform(1024)
    run = partial(transform.power, x, taper=taper, remove_mean=True, out=out)
    expected = run().copy()
    np.testing.assert_array_equal(run(threads=2), expected)
    found = two_threads(benchmark, lambda n: run(threads=n), rounds=ROUNDS)
    thread_rows(results, found)


def test_import(results: Results, benchmark: BenchmarkFixture) -> None:
    modules = ("numpy", "ecmkit", "ecmkit.features")
    seconds: dict[str, list[float]] = {name: [] for name in modules}

    def starts() -> None:
        for _ in range(STARTS):
            for name in modules:
                begin = time.perf_counter()
                subprocess.run([sys.executable, "-c", f"import {name}"], check=True)
                seconds[name].append(time.perf_counter() - begin)

    benchmark.pedantic(starts, rounds=1)
    assert statistics.median(seconds["numpy"]) > 0
    numpy_time = min(seconds["numpy"])
    for name in modules:
        ratio = min(seconds[name]) / numpy_time
        figures = [
            Figure(what=f"import/{name}/{what}", value=float(f"{value:.4g}"),
                   unit=unit, label="measured")
            for what, value, unit in (
                ("time", min(seconds[name]) * 1e3, "ms"), ("ratio", ratio, "1")
            )
        ]  # fmt: skip
        results.row(
            "import",
            (name, f"{min(seconds[name]) * 1e3:.0f}", f"{ratio:.2f}"),
            figures,
        )
