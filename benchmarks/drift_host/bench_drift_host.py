"""How fast do the detectors of change run on the host, beside River's?"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import river.drift
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.drift_host.delays import CHANGES, PEERS, SEEDS, measured
from benchmarks.harness import Figure, Results, Table, Way, take_turns
from ecmkit.drift import (
    Adwin,
    BinnedDistribution,
    Cusum,
    Ddm,
    Eddm,
    EDetector,
    Ewma,
    HddmA,
    HddmW,
    PageHinkley,
    ScaleCusum,
)

N, PEER_N, SLOW_N, ROUNDS = 300_000, 30_000, 400, 9
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """A detector, what it takes, and River's of the same kind."""

    ours: Callable[[], Any]
    theirs: Callable[[], Any] | None = None
    losses: bool = False
    peer_n: int = PEER_N
    asked: float | None = None
    """Of the ratio, or without a peer million values a second."""


def binned() -> BinnedDistribution:
    known = np.random.default_rng(1).normal(size=5000)
    return BinnedDistribution.of_reference(known, bins=32, window_len=100)


class Distances:
    """Counters whose five distances are taken after each window."""

    def __init__(self) -> None:
        self._counted = binned()
        self.distances: list[float] = []

    def update_many(self, x: Array) -> None:
        for start in range(0, len(x), 100):
            self._counted.update_many(x[start : start + 100])
            self.distances.append(self._counted.distances.ks)


ARRAYS = {
    "CUSUM": Pair(Cusum, asked=100),
    "scale CUSUM": Pair(ScaleCusum),
    "EWMA": Pair(partial(Ewma, limit=5.0), asked=100),
    "Page-Hinkley, nothing forgotten": Pair(
        partial(PageHinkley, delta=0.5, alpha=1.0), asked=100
    ),
    "Page-Hinkley, River's defaults": Pair(
        PageHinkley, river.drift.PageHinkley, peer_n=N
    ),
    "e-detector of 10 alternatives": Pair(EDetector),
    "ADWIN, clock 32": Pair(Adwin, river.drift.ADWIN, peer_n=N, asked=10),
    "ADWIN, clock 1": Pair(
        partial(Adwin, clock=1), partial(river.drift.ADWIN, clock=1), peer_n=N, asked=3
    ),
    "counters of 32 bins; KSWIN": Pair(
        binned, partial(river.drift.KSWIN, seed=1), peer_n=SLOW_N, asked=1000
    ),
    "the same, distances each 100; KSWIN": Pair(
        Distances, partial(river.drift.KSWIN, seed=1), peer_n=SLOW_N
    ),
    "DDM": Pair(Ddm, river.drift.binary.DDM, losses=True),
    "HDDM-A": Pair(HddmA, river.drift.binary.HDDMA, losses=True),
    "HDDM-W": Pair(HddmW, river.drift.binary.HDDMW, losses=True),
}
SINGLE = {
    "CUSUM": Pair(Cusum),
    "EWMA": Pair(partial(Ewma, limit=5.0)),
    "Page-Hinkley": Pair(PageHinkley, river.drift.PageHinkley, asked=3),
    "ADWIN, clock 32": Pair(Adwin, river.drift.ADWIN, asked=3),
    "ADWIN, clock 1": Pair(
        partial(Adwin, clock=1), partial(river.drift.ADWIN, clock=1), asked=3
    ),
    "counters of 32 bins; KSWIN": Pair(
        binned, partial(river.drift.KSWIN, seed=1), peer_n=SLOW_N, asked=3
    ),
    "DDM": Pair(Ddm, river.drift.binary.DDM, losses=True, asked=3),
    "EDDM": Pair(Eddm, river.drift.binary.EDDM, losses=True, asked=3),
    "HDDM-A": Pair(HddmA, river.drift.binary.HDDMA, losses=True, asked=3),
    "HDDM-W": Pair(HddmW, river.drift.binary.HDDMW, losses=True, asked=3),
}
HEAD = ("detector", "million values/s", "River", "ratio", "quartiles", "asked")
TABLES = {
    "arrays": Table(
        f"**`update_many` of {N:,} values**, one thread, *measured*. River takes one "
        "value after another; the ratio is its time for a value over ours in the same "
        "round.",
        HEAD,
        rows=len(ARRAYS),
    ),
    "single": Table(
        f"**`update` of one value at a time**, {PEER_N:,} of them, from a loop in "
        "Python whose own time counts, *measured*.",
        HEAD,
        rows=len(SINGLE),
    ),
    "delays": Table(
        "**Delay at the same rate of false alarms**: median values from a change to "
        f"its alarm over {SEEDS} streams, *measured*. River's detectors have their "
        "defaults, and the rate that these give on standard normal values; ours have "
        "the limit for that rate, on values standardised by 2,000 others: a CUSUM for "
        "the shift, or of the scale.",
        ("River, false alarms in 100,000", "change", "River", "ecmkit", "ratio"),
        rows=len(PEERS) * len(CHANGES),
    ),
}


def values(losses: bool, n: int) -> Array:
    rng = np.random.default_rng(7)
    x = rng.random(n) < 0.1 if losses else rng.normal(size=n)
    return x.astype(np.float32)


def one_by_one(detector: Any, x: Sequence[float]) -> None:
    update = detector.update
    for value in x:
        update(value)


def alarms(detector: Any, x: Array) -> list[int]:
    found = []
    for i, value in enumerate(x):
        detector.update(float(value))
        if detector.drift_detected:
            found.append(i)
    return found


def cusum_alarms(x: Array, k: float, h: float) -> list[int]:
    """Page's sums as written."""
    up = down = 0.0
    found = []
    for i, value in enumerate(x.tolist()):
        up, down = max(0.0, up + value - k), max(0.0, down - value - k)
        if max(up, down) > h:
            found.append(i)
            up = down = 0.0
    return found


def ewma_alarms(x: Array, weight: float, limit: float) -> list[int]:
    """The weighted mean as written, with its exact limits."""
    mean, n, found = 0.0, 0, []
    for i, value in enumerate(x.tolist()):
        mean, n = (1 - weight) * mean + weight * value, n + 1
        decay = (1 - weight) ** (2 * n)
        if mean**2 > limit**2 * weight / (2 - weight) * (1 - decay):
            found.append(i)
            mean, n = 0.0, 0
    return found


@pytest.fixture(scope="module", autouse=True)
def agreement() -> None:
    """Both sides do what they say, before they are timed."""
    rng = np.random.default_rng(3)
    x = rng.normal(np.repeat([0.0, 0.8, -0.5, 0.0], 3000)).astype(np.float32)
    assert Cusum(0.5, 8.0).update_many(x).tolist() == cusum_alarms(x, 0.5, 8.0)
    assert Ewma(0.1, 3.5).update_many(x).tolist() == ewma_alarms(x, 0.1, 3.5)
    losses = (rng.random(6000) < np.repeat([0.1, 0.4, 0.05], 2000)).astype(np.float32)
    same = [(PageHinkley(), river.drift.PageHinkley(), x)]
    same += [
        (pair.ours(), pair.theirs(), losses)
        for pair in SINGLE.values()
        if pair.losses and pair.theirs is not None
    ]
    for ours, theirs, taken in same:
        found = ours.update_many(taken).tolist()
        assert found
        assert found == alarms(theirs, taken)
    for clock in (1, 32):  # River leaves out some cuts, so only nearly the same
        ours = Adwin(clock=clock).update_many(x)
        theirs = np.array(alarms(river.drift.ADWIN(clock=clock), x))
        for change in (3000, 6000, 9000):
            for found in (ours, theirs):
                assert ((found >= change) & (found < change + 300)).any()
        assert not (ours < 3000).any()
        assert not (theirs < 3000).any()
    counted = binned()
    counted.update_many(x[:100])
    edges = counted.edges
    assert edges is not None
    bins = np.searchsorted(edges, x[:100])
    assert (counted.counts == np.bincount(bins, minlength=32)).all()
    jump = np.concatenate([x[:500], x[:500] + 3])
    assert alarms(river.drift.KSWIN(seed=1), jump)


def measure(
    table: str,
    name: str,
    pair: Pair,
    ours: Way,
    results: Results,
    benchmark: BenchmarkFixture,
) -> None:
    ways = {"ecmkit": ours}
    if pair.theirs is not None:
        x = values(pair.losses, pair.peer_n).tolist()
        theirs = pair.theirs
        ways["River"] = (lambda: one_by_one(theirs(), x), pair.peer_n)
    sided = take_turns(benchmark, ways, rounds=ROUNDS)
    speed = 1e-6 / sided.typical("ecmkit")
    cells = [name, f"{speed:.4g}", "", "", "", ""]
    reached = speed
    if pair.theirs is not None:
        low, reached, high = sided.ratio("River")
        cells[2] = f"{1e-6 / sided.typical('River'):.3g}"
        cells[3] = f"{reached:,.3g}" if reached < 1000 else f"{reached:,.0f}"
        cells[4] = f"{low:,.3g} to {high:,.3g}" if high < 1000 else (
            f"{low:,.0f} to {high:,.0f}"
        )  # fmt: skip
    if pair.asked is not None:
        unit = " M/s" if pair.theirs is None else ""
        missed = "" if reached >= pair.asked else ", missed"
        cells[5] = f"{pair.asked:,.0f}{unit}{missed}"
    results.row(table, cells, sided.figures(f"{table}/{name}", 1, "value"))


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str, results: Results, benchmark: BenchmarkFixture) -> None:
    pair = ARRAYS[name]
    x = values(pair.losses, N)
    results.inputs[f"values, losses {pair.losses}"] = hashlib.sha256(x).hexdigest()
    ours: Way = (lambda: pair.ours().update_many(x), N)
    measure("arrays", name, pair, ours, results, benchmark)


@pytest.mark.parametrize("name", SINGLE)
def test_single(name: str, results: Results, benchmark: BenchmarkFixture) -> None:
    pair = SINGLE[name]
    x = values(pair.losses, PEER_N).tolist()
    ours: Way = (lambda: one_by_one(pair.ours(), x), PEER_N)
    measure("single", name, pair, ours, results, benchmark)


def test_delays(results: Results, benchmark: BenchmarkFixture) -> None:
    found = benchmark.pedantic(lambda: list(measured()), rounds=1)
    best = {
        change: min(d.theirs for d in found if d.change == change) for change in CHANGES
    }
    assert all(np.isfinite(delay) for delay in best.values())
    for delay in found:
        seen = f"{delay.theirs:.0f}" if np.isfinite(delay.theirs) else "not in 3,000"
        ratio = delay.ours / delay.theirs
        what = f"delays/{delay.peer}/{delay.change}"
        figures = [
            Figure(what=f"{what}/ecmkit", value=delay.ours, unit="1", label="measured")
        ]
        if np.isfinite(delay.theirs):
            figures.append(
                Figure(what=f"{what}/River", value=delay.theirs, unit="1",
                       label="measured")
            )  # fmt: skip
        results.row(
            "delays",
            (
                f"{delay.peer}, {delay.per_1e5:.3g}",
                delay.change,
                seen,
                f"{delay.ours:.0f}",
                f"{ratio:.2f}" if ratio > 0 else "",
            ),
            figures,
        )
