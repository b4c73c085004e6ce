"""``ecmkit drift``: limits from a rate of false alarms, and monitors tried out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import bar, console, show
from ecmkit.errors import FormatError, saying
from ecmkit.formats import require_folder

if TYPE_CHECKING:
    from ecmkit.drift import (
        Alarm,
        Calibration,
        ClassMonitor,
        Monitor,
        TogetherMonitor,
    )
    from ecmkit.drift.calibration import RunLength
    from ecmkit.features import FeatureTable

__all__ = ["app"]

app = typer.Typer(
    help="Set drift monitors from a rate of false alarms; try them on recordings.",
    no_args_is_help=True,
)
_FACTOR = 1.5
"""Factor of the wanted run length beyond which a calibration is a finding."""


@app.command("calibrate")
def calibrate_command(
    plan: Path = typer.Argument(help="Drift plan, a .toml file."),
    reference: Path = typer.Option(
        ..., "--reference", help="Features of healthy windows, a Parquet file of "
        "`ecmkit features extract`."
    ),
    out: Path = typer.Option(..., "--out", help="JSON file to write."),
    seed: int = typer.Option(0, "--seed", help="Of the simulations."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:  # fmt: skip
    """Choose limits, try them, and show the rate and the delays that they have.

    Exits with 1 if a rate that was tried lies beyond 1.5 times the wanted one.
    """
    from ecmkit import drift
    from ecmkit.features import load_features

    require_folder(out)
    made, table = drift.load_drift_plan(plan), load_features(reference)
    with bar("features", len(made.watched(table.names))) as advance:
        found = drift.calibrate(
            table, made, seed=seed, progress=lambda done, _: advance(done)
        )
    found.save(out)
    missed = [monitor.name for monitor in found.all_monitors if _missed(monitor)]
    if as_json:
        typer.echo(msgspec.json.encode(_summary(found, missed)).decode())
    else:
        _show(found, missed, out)
    if missed:
        raise typer.Exit(1)


@app.command("simulate")
def simulate_command(
    calibration: Path = typer.Argument(help="JSON file of `ecmkit drift calibrate`."),
    data: Path = typer.Option(
        ..., "--data", help="Features, a Parquet file of `ecmkit features extract`; "
        "or a folder of recordings, with --features."
    ),
    features: str | None = typer.Option(
        None, "--features", help="Feature plan for a folder of recordings."
    ),
    baseline: Path | None = typer.Option(
        None, "--baseline", help="What the machine's own device learns, for a plan "
        "with a baseline: as --data, of the same machine as it should be."
    ),
    png: Path | None = typer.Option(None, "--png", help="Draw the monitors here."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:  # fmt: skip
    """Run monitors over windows; say what changed, when, and draw it.

    Exits with 1 if there was an alarm.
    """
    from ecmkit import drift
    from ecmkit.drift.picture import draw

    if png is not None:
        require_folder(png)
    found = drift.Calibration.load(calibration)
    if baseline is not None and found.plan.baseline is None:
        raise FormatError(
            f"{calibration}: plan: found no `baseline`, expected one for --baseline"
        )
    table, learnt = _features_of(data, features), None
    if baseline is not None:
        first = _features_of(baseline, features)
        with saying(str(baseline)):
            learnt = found.baseline_of(first)
    alarms = found.run(table, baseline=learnt)
    if png is not None:
        draw(found, table, alarms, png, baseline=learnt)
    if as_json:
        rows = [vars(alarm) for alarm in alarms]
        result: dict[str, Any] = {
            "windows": int(table.x.shape[0]),
            "expected_false_alarms": table.x.shape[0] / found.arl0,
            "alarms": rows,
        }
        typer.echo(msgspec.json.encode(result).decode())
    else:
        _show_alarms(alarms, found, int(table.x.shape[0]))
    if alarms:
        raise typer.Exit(1)


def _features_of(data: Path, features: str | None) -> "FeatureTable":
    from ecmkit.data import load
    from ecmkit.features import load_features, load_plan

    if features is None:
        if data.is_dir():
            raise FormatError(
                f"{data}: found a folder of recordings without --features, expected "
                "--features PLAN, or a Parquet file of `ecmkit features extract`"
            )
        return load_features(data)
    plan = load_plan(features)
    return plan.extract(load(data, channel=plan.inputs))


def _missed(monitor: "Monitor | TogetherMonitor | ClassMonitor") -> bool:
    """Whether a run length that was tried is surely too short."""
    tried = (monitor.simulated, monitor.resampled)
    return any(run is not None and run.high * _FACTOR < run.asked for run in tried)


def _summary(found: "Calibration", missed: list[str]) -> dict[str, Any]:
    monitors = [
        {
            "name": monitor.name,
            "feature": monitor.watched[0],
            "detector": monitor.watched[1],
            "regime": monitor.regime,
            "k": monitor.k,
            "limit": monitor.limit,
            "arl0": monitor.arl0,
            "simulated": msgspec.to_builtins(monitor.simulated),
            "resampled": msgspec.to_builtins(monitor.resampled),
            "delays": msgspec.to_builtins(monitor.delays),
        }
        for monitor in found.all_monitors
    ]
    return {
        "hash": found.hash,
        "plan": found.plan.hash,
        "reference": found.reference,
        "windows": found.n,
        "arl0": found.arl0,
        "missed": missed,
        "monitors": monitors,
    }


def _show(found: "Calibration", missed: list[str], out: Path) -> None:
    table = Table(
        "monitor", "limit", "windows per false alarm", "simulated (95 %), asked",
        "resampled (95 %), asked", "+0.5", "+1", "+2", "x1.5", "x2",
        title=f"{found.n:,} reference windows; all together one false alarm in "
        f"{found.arl0:,.0f} windows",
        caption="+0.5 ... x2: windows until a shift by so many standard deviations, "
        "or such a factor of the deviation, is found",
    )  # fmt: skip
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for monitor in found.all_monitors:
        table.add_row(
            monitor.name, f"{monitor.limit:.2f}", f"{monitor.arl0:,.0f}",
            _tried(monitor.simulated), _tried(monitor.resampled),
            *(f"{delay.windows:,.0f}" for delay in monitor.delays),
        )  # fmt: skip
    text = console()
    show(table, text)
    for name in missed:
        text.print(
            f"{name}: alarms come sooner than {_FACTOR} times the wanted rate",
            soft_wrap=True,
        )
    typer.echo(f"{out}: {len(found.all_monitors)} monitors, {found.hash[:8]}")


def _tried(run: "RunLength | None") -> str:
    if run is None:
        return "-"
    return f"{run.mean:,.0f} ({run.low:,.0f}-{run.high:,.0f}), {run.asked:,.0f}"


def _show_alarms(
    alarms: "tuple[Alarm, ...]", found: "Calibration", windows: int
) -> None:
    table = Table("feature", "what changed", "recording", "at window", "since window")
    levels = found.plan.persistence is not None
    if levels:
        table.add_column("level")
    if found.regimes is not None:
        table.add_column("regime")
    for alarm in alarms:
        row = [alarm.feature, alarm.what, alarm.recording, f"{alarm.at:,}"]
        row += [f"{alarm.since:,}", *([str(alarm.level)] if levels else [])]
        if found.regimes is not None:
            named = alarm.regime is not None
            row.append(found.regimes.name(alarm.regime or 0) if named else "any")
        table.add_row(*row)
    if alarms:
        show(table)
    typer.echo(
        f"{len(alarms)} alarms in {windows:,} windows; by chance "
        f"{windows / found.arl0:.2g}"
    )
