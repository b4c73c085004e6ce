"""How good and how fast are the sketches, beside their peers?"""

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.harness import Figure, Results, Table, Way, take_turns
from ecmkit.drift import P2, BinnedDistribution, Kll, LogHistogram, TopK

N, SLOW_N, ROUNDS = 200_000, 20_000, 9
PEERS = ("datasketches", "ddsketch", "crick")
Array = NDArray[np.float32]
QUANTILES = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])


def lognormal(n: int = N) -> Array:
    return np.random.default_rng(11).lognormal(0.0, 1.0, n).astype(np.float32)


def zigzag(x: Array) -> Array:
    """Smallest, largest, second smallest, ...: what upsets a sketch that adapts."""
    ordered = np.sort(x)
    made = np.empty_like(ordered)
    made[0::2], made[1::2] = ordered[: (len(x) + 1) // 2], ordered[::-1][: len(x) // 2]
    return made


ORDERS: dict[str, Callable[[Array], Array]] = {
    "as it comes": lambda x: x,
    "rising": np.sort,
    "falling": lambda x: np.sort(x)[::-1].copy(),
    "from both ends": zigzag,
}


@dataclass(frozen=True)
class Sketch:
    """How to make one, to fill it, to ask it, and what it weighs."""

    make: Callable[[], Any]
    fill: Callable[[Any, Array], None]
    quantile: Callable[[Any, float], float]
    weigh: Callable[[Any], int]
    promised: float | None
    relative: bool = False
    """Whether errors are of the value, not of the rank."""
    module: str = ""
    n: int = N


def each(sketch: Any, x: Array) -> None:
    for value in x.tolist():
        sketch.add(value)


def many(sketch: Any, x: Array) -> None:
    sketch.update_many(x)


def update(sketch: Any, x: Array) -> None:
    sketch.update(x)


def state(sketch: Any) -> int:
    return len(sketch.to_bytes())


def of(module: str) -> Any:
    return importlib.import_module(module)


def ours_log() -> LogHistogram:
    return LogHistogram(relative_error=0.02, smallest=1e-3, largest=1e3)


SKETCHES = {
    "`LogHistogram`, 2 %": Sketch(
        ours_log, many, lambda s, q: s.quantile(q), state, 0.02, relative=True
    ),
    "ddsketch, 2 %": Sketch(
        lambda: of("ddsketch").DDSketch(0.02),
        each,
        lambda s, q: float(s.get_quantile_value(q)),
        lambda s: 8 * len(s._store.bins),
        0.02,
        relative=True,
        module="ddsketch",
        n=SLOW_N,
    ),
    "`Kll`, k = 64": Sketch(
        lambda: Kll(64), many, lambda s, q: s.quantile(q), state, 0.04
    ),
    "`Kll`, k = 200": Sketch(
        lambda: Kll(200), many, lambda s, q: s.quantile(q), state, 0.0133
    ),
    "datasketches KLL, k = 200": Sketch(
        lambda: of("datasketches").kll_floats_sketch(200),
        update,
        lambda s, q: float(s.get_quantile(q)),
        lambda s: len(s.serialize()),
        0.0133,
        module="datasketches",
    ),
    "datasketches t-digest, k = 100": Sketch(
        lambda: of("datasketches").tdigest_float(100),
        update,
        lambda s, q: float(s.get_quantile(q)),
        lambda s: len(s.serialize()),
        None,
        module="datasketches",
    ),
    "crick t-digest, 100": Sketch(
        lambda: of("crick").TDigest(100.0),
        update,
        lambda s, q: float(s.quantile(q)),
        lambda s: 16 * len(s.centroids()),
        None,
        module="crick",
    ),
}
TABLES = {
    "errors": Table(
        f"**Largest error of seven quantiles**, 1 % to 99 %, of {N:,} lognormal values "
        "in four orders, *measured*: of the value for the first two, of the rank for "
        "the others. Bytes of the state after that; of peers of what they would send.",
        ("sketch", "bytes", "promised", *ORDERS),
        rows=len(SKETCHES),
    ),
    "speed": Table(
        f"**Taking {N:,} values** as one array, *measured*, one thread, by processor "
        "time; ddsketch has no arrays.",
        ("sketch", "million values/s"),
        rows=len(SKETCHES) + 3,
    ),
}


def error(sketch: Sketch, filled: Any, x: Array) -> float:
    ordered = np.sort(x)
    worst = 0.0
    for q in QUANTILES.tolist():
        found = sketch.quantile(filled, q)
        if sketch.relative:
            # Any rank next to the wanted one will do, as definitions differ by one.
            at = int(q * (len(x) - 1))
            near = ordered[[at, min(at + 1, len(x) - 1)]]
            worst = max(worst, float(np.min(np.abs(found / near - 1))))
        else:
            low = np.searchsorted(ordered, found, "left") / len(x)
            high = np.searchsorted(ordered, found, "right") / len(x)
            worst = max(worst, low - q, q - high)
    return worst


@pytest.fixture(scope="module", autouse=True)
def needed(results: Results) -> None:
    """Peers, or else the recorded answer stays; merged sketches are those of all."""
    results.missing |= {name for name in PEERS if not _has(name)}
    x = lognormal()
    whole, parts = ours_log(), [ours_log() for _ in range(3)]
    whole.update_many(x)
    for part, values in zip(parts, np.array_split(x, 3), strict=True):
        part.update_many(values)
    parts[0].merge(parts[2])
    parts[0].merge(parts[1])
    assert parts[0].to_bytes() == whole.to_bytes()
    halves = Kll(200, seed=1), Kll(200, seed=2)
    halves[0].update_many(np.sort(x)[: N // 3])
    halves[1].update_many(np.sort(x)[N // 3 :])
    halves[0].merge(halves[1])
    assert error(SKETCHES["`Kll`, k = 200"], halves[0], x) < 0.0133


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def one(what: str, value: float, unit: str) -> Figure:
    return Figure(what=what, value=float(f"{value:.4g}"), unit=unit, label="measured")


@pytest.mark.parametrize("name", SKETCHES)
def test_errors(name: str, results: Results, benchmark: BenchmarkFixture) -> None:
    sketch = SKETCHES[name]
    if sketch.module and not _has(sketch.module):
        pytest.skip(f"{sketch.module} is not installed: the recorded answer stays")
    x = lognormal()
    results.inputs["values"] = hashlib.sha256(x).hexdigest()
    found, weight = {}, 0

    def fill_all() -> None:
        nonlocal weight
        for order, arrange in ORDERS.items():
            filled = sketch.make()
            sketch.fill(filled, arrange(x))
            found[order] = error(sketch, filled, x)
            weight = max(weight, sketch.weigh(filled))

    benchmark.pedantic(fill_all, rounds=1)
    if sketch.promised is not None:
        assert max(found.values()) <= 1.001 * sketch.promised, found
    promised = "none" if sketch.promised is None else f"{100 * sketch.promised:.3g} %"
    shown = [f"{100 * value:.2f} %" for value in found.values()]
    figures = [one(f"errors/{name}/{k}", v, "1") for k, v in found.items()]
    figures.append(one(f"errors/{name}/bytes", weight, "B"))
    results.row("errors", [name, f"{weight:,}", promised, *shown], figures)


@pytest.mark.parametrize(
    "name", [*SKETCHES, "`P2`", "`TopK`, 8 of 11 classes", "`BinnedDistribution`, 32"]
)
def test_speed(name: str, results: Results, benchmark: BenchmarkFixture) -> None:
    sketch = SKETCHES.get(name)
    if sketch is not None and sketch.module and not _has(sketch.module):
        pytest.skip(f"{sketch.module} is not installed: the recorded answer stays")
    x = lognormal()
    way: Way
    if sketch is not None:
        part = x[: sketch.n]
        way = (lambda: sketch.fill(sketch.make(), part), sketch.n)
    elif name == "`P2`":
        way = (lambda: P2(0.95).update_many(x), N)
    elif name.startswith("`TopK`"):
        classes = np.random.default_rng(1).geometric(0.3, N).clip(max=11)
        way = (lambda: TopK(8).update_many(classes), N)
    else:
        binned = BinnedDistribution.of_reference(x[:5000], window_len=1000)
        way = (lambda: binned.update_many(x), N)
    sided = take_turns(benchmark, {name: way}, rounds=ROUNDS)
    speed = 1e-6 / sided.typical(name)
    figures = [one(f"speed/{name}", speed, "million values/s")]
    results.row("speed", [name, f"{speed:.3g}"], figures)
