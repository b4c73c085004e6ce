"""What every benchmark shares: fair timing, labelled figures, answers that are kept."""

import importlib.metadata
import platform
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

import ecmkit
from ecmkit import formats
from ecmkit.bench import doctor
from ecmkit.flow.cache import code_hash
from ecmkit.formats import content_hash

__all__ = [
    "THREADS_HEAD",
    "Case",
    "Environment",
    "Figure",
    "Record",
    "Results",
    "Sided",
    "Table",
    "Way",
    "environment",
    "read_record",
    "side_by_side",
    "take_turns",
    "thread_rows",
    "two_threads",
]

Way = tuple[Callable[[], object], int]
"""What to call, and how many windows, values, ... it does."""
Label = Literal["measured", "emulated", "estimated"]
BEGIN, END = "<!-- answer -->", "<!-- end of answer -->"


class Figure(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """One number and what it is worth."""

    what: str
    """Path of its meaning, such as ``mps2-an386/gcc -Os/flash``."""
    value: float
    unit: str
    label: Label
    source: str = ""
    """Where a figure comes from that this run did not compute itself."""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What the figures depend on; names no machine."""

    ecmkit: str
    code: str
    """Start of the hash of ecmkit's sources."""
    cpu: str
    python: str
    versions: dict[str, str]
    """Of libraries, compilers and emulators, those that are here."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a results.json."""

    version: int = 1
    environment: Environment
    inputs: dict[str, str]
    """Hashes of what was measured."""
    figures: tuple[Figure, ...]

    def value(self, what: str) -> float:
        """Figure by its path."""
        return next(f.value for f in self.figures if f.what == what)


@dataclass(frozen=True)
class Table:
    """A part of an answer, as it is announced."""

    title: str
    """Markdown above it; says what was done and the labels."""
    head: tuple[str, ...]
    rows: int
    """How many make it whole."""


@dataclass
class Results:
    """Figures of one folder; they replace those of before once they are complete."""

    folder: Path
    tables: dict[str, Table]
    inputs: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    """Tools without which this run is not the whole one."""
    _figures: dict[str, list[Figure]] = field(default_factory=dict)
    _rows: dict[str, list[Sequence[object]]] = field(default_factory=dict)

    def row(
        self, table: str, cells: Sequence[object], figures: Iterable[Figure] = ()
    ) -> None:
        """Add a line to a table, and the figures behind it."""
        if len(cells) != len(self.tables[table].head):
            raise ValueError(f"{table}: {len(cells)} cells for {self.tables[table]}")
        self._rows.setdefault(table, []).append(cells)
        self._figures.setdefault(table, []).extend(figures)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, in the order of the tables."""
        return tuple(f for name in self.tables for f in self._figures.get(name, []))

    def publish(self) -> str:
        """Write results.json and the answer in README.md; nothing after a part run.

        Returns
        -------
        str
            What to show in the terminal.
        """
        shown = "\n\n".join(
            f"{table.title}\n\n{_markdown(table.head, self._rows[name])}"
            for name, table in self.tables.items()
            if name in self._rows
        )
        missing = sorted(self.missing)
        missing += [
            f"{table.rows} rows of {name!r}"
            for name, table in self.tables.items()
            if len(self._rows.get(name, [])) != table.rows
        ]
        if missing:
            return f"{shown}\n\nnot kept: without {', '.join(missing)}"
        record = Record(
            environment=environment(), inputs=self.inputs, figures=self.figures
        )
        text = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
        formats.write_atomic(self.folder / "results.json", text)
        readme = self.folder / "README.md"
        head, _, rest = readme.read_text("utf-8").partition(BEGIN)
        _, found, tail = rest.partition(END)
        if not found:
            raise ValueError(f"{readme}: no {BEGIN} ... {END} for the answer")
        formats.write_atomic(readme, f"{head}{BEGIN}\n{shown}\n{END}{tail}")
        return shown


def _markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out a table; all columns but the first are set to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def read_record(folder: Path) -> Record | None:
    """Read the results.json of a folder; None if there is none."""
    path = folder / "results.json"
    if not path.exists():
        return None
    return msgspec.json.decode(path.read_bytes(), type=Record)


class Case:
    """Figures of one thing; the same input must give the same counts as before."""

    def __init__(self, results: Results, name: str, *inputs: object) -> None:
        self._name, hashed = name, content_hash(*inputs)
        results.inputs[name] = hashed
        before = read_record(results.folder)
        same = before is not None and before.inputs.get(name) == hashed
        self._before = {f.what: f.value for f in before.figures} if same else {}

    def figure(self, what: str, value: float, unit: str, label: Label) -> Figure:
        path = f"{self._name}/{what}"
        if label == "emulated" and path in self._before:
            assert value == self._before[path], f"{path}: same bytes, other count"
        return Figure(what=path, value=value, unit=unit, label=label)


@dataclass(frozen=True)
class Sided:
    """Times of several ways to do one thing, taken in turn in every round."""

    seconds: dict[str, list[float]]
    """By name, ours first; as many as rounds."""

    def typical(self, name: str) -> float:
        """Median time [s]."""
        return statistics.median(self.seconds[name])

    def ratio(self, peer: str) -> tuple[float, float, float]:
        """Time of a peer over ours, round by round: lower quartile, median, upper."""
        ours = next(iter(self.seconds.values()))
        pairs = zip(self.seconds[peer], ours, strict=True)
        low, middle, high = statistics.quantiles([a / b for a, b in pairs], n=4)
        return low, middle, high

    def figures(self, what: str, n: int, unit: str) -> list[Figure]:
        """Times of one of `n` things and ratios of all ways."""
        made = []
        for name in self.seconds:
            rate = self.typical(name) / n * 1e6
            made.append(_measured(f"{what}/{name}/time", rate, f"µs a {unit}"))
        for name in list(self.seconds)[1:]:
            shares = zip(("lower quartile", "median", "upper quartile"),
                         self.ratio(name), strict=True)  # fmt: skip
            made += [_measured(f"{what}/{name}/ratio/{q}", r, "1") for q, r in shares]
        return made


def _measured(what: str, value: float, unit: str) -> Figure:
    return Figure(what=what, value=float(f"{value:.4g}"), unit=unit, label="measured")


def side_by_side(
    benchmark: BenchmarkFixture,
    ours: tuple[str, Callable[[], object]],
    peers: dict[str, Callable[[], object]],
    *,
    rounds: int,
) -> Sided:
    """Time everything once in each round, so that a busy machine hits all alike.

    pytest-benchmark times ours; the peers take their turn in its untimed setup.
    """
    name, function = ours
    seconds: dict[str, list[float]] = {peer: [] for peer in peers}
    for call in (function, *peers.values()):
        call()

    def peers_turn() -> None:
        for peer, call in peers.items():
            start = time.perf_counter()
            call()
            seconds[peer].append(time.perf_counter() - start)

    benchmark.pedantic(function, setup=peers_turn, rounds=rounds)
    mine = list(benchmark.stats.stats.data)
    return Sided({name: mine, **{k: v[: len(mine)] for k, v in seconds.items()}})


def take_turns(
    benchmark: BenchmarkFixture, ways: dict[str, Way], *, rounds: int
) -> Sided:
    """Processor time of this thread for one of what each way does, in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}

    def turns() -> None:
        for i in range(rounds + 1):  # the first is not counted
            for name, (way, count) in ways.items():
                start = time.thread_time()
                way()
                if i:
                    seconds[name].append((time.thread_time() - start) / count)

    benchmark.pedantic(turns, rounds=1)
    return Sided(seconds)


def _at_once(threads: int) -> float:
    """Wall time of a few milliseconds of additions in each of some threads [s]."""
    x = np.broadcast_to(np.ones(1024, np.float32), (40_000, 1024))
    start = threading.Barrier(threads + 1)

    def work() -> None:
        start.wait()
        np.add.reduce(x, axis=0)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    start.wait()
    begin = time.perf_counter()
    for thread in running:
        thread.join()
    return time.perf_counter() - begin


def two_threads(
    benchmark: BenchmarkFixture,
    batch: Callable[[int], object],
    *,
    rounds: int,
) -> dict[str, tuple[float, float]]:
    """What a second thread gains a batch, beside two that have nothing in common.

    The latter is what the machine allows: a processor that works alone may be clocked
    higher than two.

    Parameters
    ----------
    batch : callable
        Works on a batch with as many threads as it is told.

    Returns
    -------
    dict
        By ``one``, ``two`` and ``apart``: shortest time of the rounds [s], and the work
        that is done in it if one thread does 1 in its own shortest. Whoever else takes
        a processor only ever makes two threads longer.
    """
    seconds: dict[str, list[float]] = {"one": [], "two": [], "alone": [], "apart": []}

    def turns() -> None:
        for _ in range(rounds):
            for threads, name in enumerate(("one", "two"), start=1):
                begin = time.perf_counter()
                batch(threads)
                seconds[name].append(time.perf_counter() - begin)
            seconds["alone"].append(_at_once(1))
            seconds["apart"].append(_at_once(2))

    benchmark.pedantic(turns, rounds=1)
    work = {
        "one": ("one", "one", 1),
        "two": ("one", "two", 1),
        "apart": ("alone", "apart", 2),
    }
    return {
        name: (
            min(seconds[name]),
            n * min(seconds[by]) / min(seconds[of]),
        )
        for name, (by, of, n) in work.items()
    }


def thread_rows(
    results: Results, found: dict[str, tuple[float, float]], table: str = "threads"
) -> None:
    """Add what `two_threads` found to a table of three columns."""
    names = {
        "one": "one thread",
        "two": "two threads",
        "apart": "two that add in the first cache",
    }
    for name, shown in names.items():
        seconds, work = found[name]
        results.row(
            table,
            (shown, f"{seconds * 1e3:.2f}", f"{work:.2f}"),
            [
                _measured(f"{table}/{name}/time", seconds * 1e3, "ms"),
                _measured(f"{table}/{name}/work", work, "1"),
            ],
        )


THREADS_HEAD = ("way", "ms", "work in the time of one thread's")


def environment() -> Environment:
    """Look up versions and the model of the processor."""
    libraries = ("numpy", "scipy", "scikit-learn", "torch", "skl2onnx", "unicorn")
    versions = {name: importlib.metadata.version(name) for name in libraries}
    versions |= {found.name: found.version for found in doctor() if found.version}
    return Environment(
        ecmkit=ecmkit.__version__,
        code=code_hash()[:12],
        cpu=_cpu(),
        python=platform.python_version(),
        versions=dict(sorted(versions.items())),
    )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
