"""The gate: what a package costs and whether it computes the proven bits."""

import math
from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np

from ecmkit.bench.elf import Image, SymbolSize, read_image
from ecmkit.bench.host import HostApp
from ecmkit.bench.mailbox import golden_rows
from ecmkit.bench.parity import Parity, compare_runs
from ecmkit.bench.records import Counter, Golden, Measurement
from ecmkit.bench.runners import run as run_firmware
from ecmkit.bench.stream import INIT, PUSH, REPORT, STEP
from ecmkit.package import Package
from ecmkit.targets import Target

__all__ = ["Budget", "GateReport", "Row", "Stage", "gate", "number", "slice_names"]

Label = Literal["measured", "emulated", "estimated"]
_SYMBOLS = 15
_KIB = 1024


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    parity: Literal["bits", "off"] = "bits"
    """``bits``: target and host must agree in every bit."""

    def __post_init__(self) -> None:
        """Refuse a limit that nothing can miss or meet, NaN above all."""
        for name in self.__struct_fields__:
            limit = getattr(self, name)
            if isinstance(limit, int | float) and not 0 < limit < math.inf:
                raise ValueError(f"`{name}`: found {limit}, expected a number above 0")


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instructions or cycles of one stage of a window."""

    name: str
    count: int
    """In the most expensive window; of what, the report's `counter` says."""
    p95: int | None = None
    """On a board, what 95 % of the runs keep to; `count` is of the medians of calls."""


class GateReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on a package."""

    version: int = 1
    """Format version of this record."""
    package: str
    package_id: str
    target: str
    runner: str
    counter: Counter
    """What `stages` count."""
    compiler: str
    windows: int
    """Golden windows that were run."""
    rows: tuple[Row, ...]
    parity: Parity
    stages: tuple[Stage, ...]
    symbols: tuple[SymbolSize, ...]
    """The largest in flash and RAM."""
    sections: dict[str, int]
    """Bytes of each section in flash and RAM."""

    @property
    def passed(self) -> bool:
        """Whether every row is within its budget."""
        return all(row.passed for row in self.rows)

    @property
    def misses(self) -> tuple[str, ...]:
        """What missed, and by how much, in words."""
        said = []
        for row in self.rows:
            if row.passed:
                continue
            if row.what == "parity":
                said.append(f"parity: {self.parity.first}")
            else:
                said.append(
                    f"{row.what}: {number(row.value)} {row.unit} is "
                    f"{number(row.excess)} above the budget of {number(row.budget)}"
                )
        return tuple(said)


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


def gate(
    package: Package,
    *,
    target: Target,
    golden: Golden,
    budget: Budget,
    runner: str = "auto",
    timeout_s: float = 300.0,
    connect: str = "",
    host: HostApp | None = None,
) -> GateReport:
    """Run a package on a golden signal and hold it against its budget.

    Parameters
    ----------
    package : Package
        Built for `target`.
    target : Target
        Where it runs.
    golden : Golden
        Signal of at least one window.
    budget : Budget
        What it may cost.
    runner : str
        ``auto``, or a name of `ecmkit.bench.RUNNERS`.
    timeout_s : float
        Wall clock after which the firmware is given up; on a board, of each run.
    connect : str
        Where a board is reached, see `ecmkit.bench.choose_runner`.
    host : HostApp, optional
        The package on this machine, if it is there already; it is started again.

    Returns
    -------
    GateReport
        A missed budget is a row that did not pass, not an error.

    Raises
    ------
    ValueError
        If the package is for another target, the golden signal has no window, or the
        budget limits what the runner does not count.
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If nothing here can run the target, or its packages are sources alone.
    """
    manifest = package.manifest
    if manifest.target != target.name:
        raise ValueError(f"package is for {manifest.target}, target is {target.name}")
    samples = golden_rows(golden.x, manifest).shape[1]
    if samples < manifest.memory.span_len:
        raise ValueError(
            f"golden.x has {samples} samples, expected at least "
            f"{manifest.memory.span_len} for a window with features"
        )
    measured = run_firmware(
        package, target, golden, runner=runner, timeout_s=timeout_s, connect=connect
    )
    names = package.contract.names, package.outputs
    parity = compare_runs(
        (host or HostApp(package)).run(golden),
        measured.run,
        features=names[0],
        outputs=names[1],
    )
    image = read_image(package.firmware, target)
    return GateReport(
        package=manifest.name,
        package_id=package.id,
        target=target.name,
        runner=measured.runner,
        counter=measured.counter,
        compiler=f"{manifest.compiler.name} {manifest.compiler.version}",
        windows=len(measured.run.events),
        rows=tuple(_rows(image, measured, parity, budget)),
        parity=parity,
        stages=tuple(_stages(package, measured)),
        symbols=image.symbols[:_SYMBOLS],
        sections=image.sections,
    )


def _rows(
    image: Image, measured: Measurement, parity: Parity, budget: Budget
) -> Iterable[Row]:
    ram = image.ram_bytes + measured.stack_bytes
    yield _row("flash", image.flash_bytes / _KIB, "KiB", "measured", budget.flash_kib)
    label = _label(measured)
    yield _row("ram", ram / _KIB, "KiB", label, budget.ram_kib)
    yield _row("stack", measured.stack_bytes, "B", label, budget.stack_bytes)
    yield from _count_rows(measured, budget)
    strict = budget.parity == "bits"
    yield Row(
        what="parity",
        value=float(parity.differences),
        unit="differences",
        label=label,
        budget=0.0 if strict else None,
        passed=not strict or parity.differences == 0,
        excess=float(parity.differences) if strict else 0.0,
    )


def _label(measured: Measurement) -> Label:
    return "measured" if measured.counter == "cycles-hw" else "emulated"


def _count_rows(measured: Measurement, budget: Budget) -> Iterable[Row]:
    """Judge the most expensive window by the limit on what was counted, if it was."""
    limits = {
        "instructions": budget.instructions_per_window,
        "cycles": budget.cycles_per_window,
    }
    if measured.counter == "none":
        if any(limits.values()):
            name = next(name for name, limit in limits.items() if limit)
            raise ValueError(f"budget: `{name}_per_window` is given, {measured.runner}")
        return
    unit = "instructions" if measured.counter == "instructions" else "cycles"
    if limits[unit] is None and any(limits.values()):
        other = next(name for name in limits if name != unit)
        raise ValueError(
            f"budget: `{other}_per_window` is given, {measured.runner} counts {unit}: "
            f"expected `{unit}_per_window`"
        )
    most = max(_per_window(measured).values(), default=0)
    yield _row(f"{unit} per window", most, unit, _label(measured), limits[unit])


def _row(what: str, value: float, unit: str, label: Label, limit: float | None) -> Row:
    excess = 0.0 if limit is None else max(0.0, value - limit)
    return Row(
        what=what,
        value=float(value),
        unit=unit,
        label=label,
        budget=limit,
        passed=excess == 0.0,
        excess=excess,
    )


def _per_window(measured: Measurement) -> dict[int, int]:
    """Count of each completed window, with event or without."""
    segments = measured.segments
    work = segments[(segments["stage"] == PUSH) | (segments["stage"] >= STEP)]
    # Behind each window that is complete comes a segment of the next one.
    last = int(work["window"].max(initial=0))
    return {
        window: int(work["count"][work["window"] == window].sum())
        for window in range(last)
    }


def _stages(package: Package, measured: Measurement) -> Iterable[Stage]:
    """Split the most expensive window into its stages; add start and report."""
    segments = measured.segments
    totals = _per_window(measured)
    worst = max(totals, key=lambda window: totals[window])
    inside = segments["window"] == worst
    names = {PUSH: "push"}
    names |= {STEP + i: name for i, name in enumerate(slice_names(package))}
    for stage, name in names.items():
        own = inside & (segments["stage"] == stage)
        many = measured.runs is not None
        yield Stage(
            name=name,
            count=int(segments["count"][own].sum()),
            p95=round(measured.percentile(95, own)) if many else None,
        )
    for stage, name in ((INIT, "init"), (REPORT, "report")):
        counts = segments["count"][segments["stage"] == stage]
        yield Stage(name=name, count=int(np.max(counts, initial=0)))


def slice_names(package: Package) -> list[str]:
    """Name the slices of ``ecm_app_step``, in order."""
    models = [model.name for model in package.manifest.models]
    return ["fetch and judge", *package.manifest.steps, *models, "monitors"]
