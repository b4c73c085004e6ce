"""The gate: what a package costs and whether it computes the proven bits."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ecmkit.bench.charge import Charge, Supply, charge_of
from ecmkit.bench.cycles import estimate_cycles
from ecmkit.bench.elf import Image, flash_of, read_image
from ecmkit.bench.golden import golden_hash
from ecmkit.bench.host import HostApp
from ecmkit.bench.mailbox import golden_rows
from ecmkit.bench.parity import Parity, compare_runs
from ecmkit.bench.profile import function_counts
from ecmkit.bench.records import Golden, Measurement
from ecmkit.bench.regression import against
from ecmkit.bench.report import (
    Accuracy,
    Budget,
    Estimate,
    GateReport,
    Label,
    Row,
)
from ecmkit.bench.runners import run as run_firmware
from ecmkit.bench.stages import (
    by_event,
    counts_per_window,
    inside_window,
    longest_step,
    stage_counts,
    stage_segments,
    while_it_waits,
)
from ecmkit.package import Package
from ecmkit.targets import Target

__all__ = ["gate"]

_KIB = 1024


def gate(
    package: Package,
    *,
    target: Target,
    golden: Golden,
    budget: Budget,
    runner: str = "auto",
    timeout_s: float = 300.0,
    connect: str = "",
    log: Path | None = None,
    host: HostApp | None = None,
    accuracy: Accuracy | None = None,
    baseline: GateReport | None = None,
    supply: Supply | None = None,
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
    log : Path, optional
        File for the raw counts of a board, see `ecmkit.bench.run`.
    host : HostApp, optional
        The package on this machine, if it is there already; it is started again.
    accuracy : Accuracy, optional
        Of the package's classifier, where it was judged on held-out windows.
    baseline : GateReport, optional
        Of the last release for this target, see `against`.
    supply : Supply, optional
        Currents and duty cycle, for the charge of a day; by default the target's own,
        and sampling all day.

    Returns
    -------
    GateReport
        A missed budget is a row that did not pass, not an error.

    Raises
    ------
    ValueError
        If the package is for another target, the golden signal has no window, the
        budget limits what is not known of it, or the baseline does not compare.
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If nothing here can run the target, or its packages are sources alone.
    """
    _check(package, target, golden)
    accuracy_rows = list(_accuracy_rows(accuracy, budget))
    measured = _measure(
        package, target, golden, runner=runner, timeout_s=timeout_s, connect=connect,
        log=log,
    )  # fmt: skip
    parity = compare_runs(
        (host or HostApp(package)).run(golden),
        measured.run,
        features=package.contract.names,
        outputs=package.outputs,
    )
    image = read_image(package.firmware, target)
    stages = stage_segments(package, measured)
    manifest = package.manifest
    estimate = estimate_cycles(
        measured,
        image,
        target,
        inside_window(stages),
        hop_s=manifest.memory.event_len / package.contract.fs_hz,
    )
    charge = charge_of(
        None if estimate is None else estimate.cpu_percent, supply or Supply(), target
    )
    report = GateReport(
        package=manifest.name,
        package_id=package.id,
        target=target.name,
        runner=measured.runner,
        counter=measured.counter,
        compiler=f"{manifest.compiler.name} {manifest.compiler.version}",
        windows=len(measured.run.events),
        golden=golden_hash(golden),
        budget=budget,
        rows=(
            *_rows(image, measured, parity, budget),
            *_third_party_rows(package, image),
            *_estimate_rows(estimate, measured, target, budget),
            *_queue_rows(package, measured, image, target),
            *_charge_rows(charge),
            *accuracy_rows,
        ),
        parity=parity,
        stages=tuple(stage_counts(measured, stages)),
        functions=function_counts(measured, image, stages),
        symbols=image.symbols,
        sections=image.sections,
        estimate=estimate,
        charge=charge,
        accuracy=accuracy,
    )
    return report if baseline is None else against(report, baseline)


def _check(package: Package, target: Target, golden: Golden) -> None:
    """Refuse a package for another target, and a signal without a whole window."""
    manifest = package.manifest
    if manifest.target != target.name:
        raise ValueError(f"package is for {manifest.target}, target is {target.name}")
    samples = golden_rows(golden.x, manifest).shape[1]
    if samples < manifest.memory.span_len:
        raise ValueError(
            f"golden.x has {samples} samples, expected at least "
            f"{manifest.memory.span_len} for a window with features"
        )


def _measure(
    package: Package,
    target: Target,
    golden: Golden,
    *,
    runner: str,
    timeout_s: float,
    connect: str,
    log: Path | None,
) -> Measurement:
    """Run the firmware; some window must be answered."""
    measured = run_firmware(
        package, target, golden, runner=runner, timeout_s=timeout_s, connect=connect,
        log=log,
    )  # fmt: skip
    if not len(measured.run.events):
        raise ValueError(
            f"golden: found no window that was answered, at {golden.speed_hz:g} Hz: "
            "the plan may need the shaft speed"
        )
    return by_event(measured, package.manifest.memory)


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


def _third_party_rows(package: Package, image: Image) -> Iterator[Row]:
    """Say how much of the flash is of others."""
    for part in package.manifest.third_party:
        object_name = f"package_{part.name.lower()}.o"
        size = flash_of(image, package.library, object_name)
        yield _row(f"flash of {part.name}", size / _KIB, "KiB", "measured", None)


def _label(measured: Measurement) -> Label:
    return "measured" if measured.counter == "cycles-hw" else "emulated"


def _count_rows(measured: Measurement, budget: Budget) -> Iterable[Row]:
    """Judge the most expensive window, and the longest step, by what was counted."""
    window = max(counts_per_window(measured).values(), default=0)
    for what, most in (("window", window), ("step", longest_step(measured))):
        limits = {
            unit: getattr(budget, f"{unit}_per_{what}")
            for unit in ("instructions", "cycles")
        }
        if measured.counter == "none":
            if any(limits.values()):
                name = next(name for name, limit in limits.items() if limit)
                raise ValueError(
                    f"budget: `{name}_per_{what}` is given, {measured.runner}"
                )
            continue
        unit = "instructions" if measured.counter == "instructions" else "cycles"
        if limits[unit] is None and any(limits.values()):
            other = next(name for name in limits if name != unit)
            raise ValueError(
                f"budget: `{other}_per_{what}` is given, {measured.runner} counts "
                f"{unit}: expected `{unit}_per_{what}`"
            )
        yield _row(f"{unit} per {what}", most, unit, _label(measured), limits[unit])


def _estimate_rows(
    estimate: Estimate | None, measured: Measurement, target: Target, budget: Budget
) -> Iterator[Row]:
    """Judge the share of the processor by its upper end; energy has no limit."""
    if estimate is None:
        if budget.cpu_percent is not None:
            raise ValueError(
                f"budget: `cpu_percent` is given, {target.name} has no table of cycles "
                f"for what {measured.runner} counts: expected none"
            )
        return
    hardware = measured.counter == "cycles-hw"
    yield _row(
        "cpu",
        estimate.cpu_percent[1],
        "%",
        "measured" if hardware else "estimated",
        budget.cpu_percent,
    )
    if estimate.energy_uj is not None:
        yield _row("energy per window", estimate.energy_uj[1], "µJ", "estimated", None)


def _queue_rows(
    package: Package, measured: Measurement, image: Image, target: Target
) -> Iterator[Row]:
    """Judge a queue that is shorter than a hop.

    What comes before a window gives its hop back must have room beside it.
    """
    memory = package.manifest.memory
    if memory.slack_len >= memory.hop_len:
        return
    estimate = estimate_cycles(
        measured,
        image,
        target,
        while_it_waits(package, measured),
        hop_s=memory.slack_len / package.contract.fs_hz,
    )
    if estimate is not None:
        label: Label = "measured" if measured.counter == "cycles-hw" else "estimated"
        yield _row("queue", estimate.cpu_percent[1], "%", label, 100.0)


def _charge_rows(charge: Charge) -> Iterator[Row]:
    """Tell the charge of a day by its upper end, without a limit, if it is known."""
    if charge.mah_per_day is not None:
        most = charge.mah_per_day[1]
        yield _row("charge per day", most, "mAh", "estimated", None)


def _accuracy_rows(accuracy: Accuracy | None, budget: Budget) -> Iterator[Row]:
    limit = budget.accuracy_drop_points
    if accuracy is not None:
        drop = accuracy.drop_points
        yield _row("accuracy drop", drop, "points", "measured", limit)
    elif limit is not None:
        raise ValueError(
            "budget: `accuracy_drop_points` is given, and the classifier was not "
            "judged on held-out windows: gate the project, not the package alone"
        )


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
