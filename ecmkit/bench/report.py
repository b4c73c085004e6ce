"""What a gate asks for and what it found: records that are stored and compared."""

import math
from typing import Literal

import msgspec

from ecmkit.bench.charge import Charge
from ecmkit.bench.elf import SymbolSize
from ecmkit.bench.parity import Parity
from ecmkit.bench.profile import FunctionCount
from ecmkit.bench.records import Counter

__all__ = [
    "Accuracy",
    "Budget",
    "Change",
    "Estimate",
    "GateReport",
    "Label",
    "Place",
    "Row",
    "Stage",
    "number",
]

Label = Literal["measured", "emulated", "estimated"]
Place = Literal["figure", "stage", "function", "symbol"]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parent of the records of a gate."""


class Budget(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a package may cost; what is None is reported and not limited."""

    flash_kib: float | None = None
    ram_kib: float | None = None
    """Variables and the stack that was in use."""
    stack_bytes: int | None = None
    instructions_per_window: int | None = None
    """Of the most expensive window, its pushes included, where instructions are
    counted."""
    cycles_per_window: int | None = None
    """The same where cycles are counted: the two are never compared."""
    instructions_per_step: int | None = None
    """Of the longest single call of ``ecm_app_step`` in the run: a watchdog that is fed
    after each call has to wait for no longer."""
    cycles_per_step: int | None = None
    """The same where cycles are counted."""
    cpu_percent: float | None = None
    """Share of the processor that the most expensive window takes of its hop: an
    estimate, unless cycles of hardware were counted."""
    parity: Literal["bits", "off"] = "bits"
    """``bits``: target and host must agree in every bit."""
    accuracy_drop_points: float | None = None
    """Points of balanced accuracy on held-out windows that the compiled classifier may
    lose against the float model that was trained."""
    regression_percent: float | None = None
    """Growth of a figure or a stage against the last release for the same target."""

    def __post_init__(self) -> None:
        """Refuse a limit that nothing can miss or meet, NaN above all."""
        for name in self.__struct_fields__:
            limit = getattr(self, name)
            least = 0.0 if name in _MAY_BE_ZERO else math.nextafter(0.0, 1.0)
            if isinstance(limit, int | float) and not least <= limit < math.inf:
                words = "0 or more" if name in _MAY_BE_ZERO else "a number above 0"
                raise ValueError(f"`{name}`: found {limit}, expected {words}")


_MAY_BE_ZERO = ("accuracy_drop_points", "regression_percent")


class Row(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure against its budget."""

    what: str
    value: float
    unit: str
    label: Label
    """*measured* on the linked image, *emulated*, or *estimated*."""
    budget: float | None
    passed: bool
    excess: float
    """How much above the budget, in `unit`; 0 within it."""


class Stage(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instructions or cycles of one stage of a window."""

    name: str
    count: int
    """In the most expensive window that is answered, not one of history; of what, the
    report's `counter` says."""
    p95: int | None = None
    """On a board, what 95 % of the runs keep to; `count` is of the medians of calls."""


class Estimate(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cycles and energy of that window: *estimated*, never measured."""

    counter: Counter = "cycles-model"
    """What the cycles are: those of a model of the core's timing."""
    core: str
    """Whose table of cycles was taken."""
    cycles: tuple[float, float]
    """Least and most, where the table leaves a range; memory without wait states."""
    cpu_percent: tuple[float, float]
    """Of the time from one window to the next, at the target's clock."""
    energy_uj: tuple[float, float] | None = None
    """Energy while it computes [µJ]; None where the target names no current."""
    sources: tuple[str, ...] = ()
    """Where the cycles of the instructions that ran come from, and the current."""
    unverified: tuple[str, ...] = ()
    """Classes of instructions that ran and whose cycles nobody looked up."""


class Accuracy(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Balanced accuracy of a classifier on held-out windows, *measured* on the host."""

    trained: float
    """Of the float model before it was made smaller, calibrated if the C is."""
    compiled: float
    """Of the C that is in the package, whose bits are those of the target."""

    @property
    def drop_points(self) -> float:
        """What was lost, in points; 0 where nothing was."""
        return max(0.0, round(100.0 * (self.trained - self.compiled), 9))


class Change(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number in two reports."""

    place: Place
    """A figure of the whole package, the work of a stage or of a function in a stage,
    or the size of a symbol."""
    name: str
    unit: str
    before: float
    after: float

    @property
    def percent(self) -> float:
        """Growth [%]; infinite where there was nothing before.

        Examples
        --------
        >>> row = Change(place="stage", name="a", unit="B", before=50, after=51)
        >>> row.percent, str(row)
        (2.0, 'stage a: 50 to 51 B, +2.0 %')
        """
        if self.before == 0.0:
            return 0.0 if self.after == 0.0 else math.inf
        return 100.0 * (self.after - self.before) / self.before

    def __str__(self) -> str:
        """One line for people."""
        if self.before == 0.0:
            return f"{self.place} {self.name}: new, {number(self.after)} {self.unit}"
        if self.after == 0.0:
            return f"{self.place} {self.name}: {number(self.before)} {self.unit}, gone"
        return (
            f"{self.place} {self.name}: {number(self.before)} to {number(self.after)} "
            f"{self.unit}, {self.percent:+.1f} %"
        )


class GateReport(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on a package."""

    version: int = 2
    """Format version of this record."""
    package: str
    package_id: str
    target: str
    runner: str
    counter: Counter
    """What `stages` and `functions` count."""
    compiler: str
    windows: int
    """Golden windows that were run."""
    golden: str = ""
    """Hash of the golden signal; empty in version 1."""
    budget: Budget | None = None
    """What `rows` were held against; None in version 1."""
    rows: tuple[Row, ...]
    parity: Parity
    stages: tuple[Stage, ...]
    functions: tuple[FunctionCount, ...] = ()
    """Of each stage; empty if the runner cannot tell."""
    symbols: tuple[SymbolSize, ...]
    """In flash and RAM, the largest first; in version 1 only those."""
    sections: dict[str, int]
    """Bytes of each section in flash and RAM."""
    estimate: Estimate | None = None
    """None without a table of cycles for the core."""
    charge: Charge | None = None
    """Of a day; None in reports from before it was estimated."""
    accuracy: Accuracy | None = None
    """None where no classifier was judged."""
    baseline: str = ""
    """Id of the package that this one was compared with; empty if with none."""
    changes: tuple[Change, ...] = ()
    """What moved since then, and where."""

    @property
    def passed(self) -> bool:
        """Whether every row is within its budget."""
        return all(row.passed for row in self.rows)

    @property
    def misses(self) -> tuple[str, ...]:
        """What missed, and by how much, in words."""
        return tuple(self.words(row) for row in self.rows if not row.passed)

    def words(self, row: Row) -> str:
        """Say by how much a row missed its budget, and where that comes from."""
        if row.what == "parity":
            return f"parity: {self.parity.first}"
        label = " (estimated)" if row.label == "estimated" else ""
        said = (
            f"{row.what}: {number(row.value)} {row.unit}{label} is "
            f"{number(row.excess)} above the budget of {number(row.budget)}"
        )
        if row.what.endswith("per step"):
            said += "".join(
                f", in {s.name}" for s in self.stages if s.count == row.value
            )
        if row.what == "growth":
            said += f": {'; '.join(map(str, self.culprits))}"
        return said

    @property
    def culprits(self) -> tuple[Change, ...]:
        """What grew most since the baseline, one of each place that grew."""
        first: dict[Place, Change] = {}
        for change in self.changes:
            if change.after > change.before:
                first.setdefault(change.place, change)
        return tuple(first.values())


def number(value: float | None) -> str:
    """Write a figure so that it can be told from its budget.

    Examples
    --------
    >>> number(1652217.0), number(39.4375), number(0.00390625), number(None)
    ('1,652,217', '39.44', '0.0039', 'none')
    """
    if value is None:
        return "none"
    if value == int(value):
        return f"{value:,.0f}"
    if abs(value) < 0.1:
        return f"{value:.2g}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
