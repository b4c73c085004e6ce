"""``ecmkit bench``: what a package costs on its target, and whether it may leave."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ecmkit.cli.output import console, show
from ecmkit.cli.targets import FOLDERS, target_folders

if TYPE_CHECKING:
    from ecmkit.bench import GateReport
    from ecmkit.flow.context import Progress as Told
    from ecmkit.flow.gating import Benched

__all__ = ["command"]

_MOVED = 8
"""Functions, and symbols, that grew and are shown."""


def command(
    what: Path = typer.Argument(
        metavar="PROJECT.toml|PACKAGE", help="Project file, or folder of a package."
    ),
    target: str | None = typer.Option(
        None, help="In place of the project's target; a package has its own."
    ),
    runner: str = typer.Option(
        "auto", help="auto, qemu, unicorn, simavr; on a board gdb, serial, pyocd."
    ),
    connect: str = typer.Option(
        "", help="Where a board is: HOST:PORT of a GDB server, a serial port, a probe."
    ),
    baseline: str | None = typer.Option(
        None,
        help="A gate.json, a package, [NAME/]VERSION or [NAME/]ALIAS of the registry, "
        "or none. The default: the last release for the same target.",
    ),
    budget: Path | None = typer.Option(
        None, help="File with a table \\[gate], for a package. The default: its own."
    ),
    golden: Path | None = typer.Option(
        None,
        help="Golden signal for a package: samples (.npy), or another package. The "
        "default: its own.",
    ),
    speed_hz: float = typer.Option(
        0.0, "--speed", help="Shaft speed of --golden [Hz]."
    ),
    data: Path | None = typer.Option(
        None, "--data", help="Folder of recordings, in place of the project's."
    ),
    runs: Path = typer.Option(Path("runs"), help="Folder of results and registry."),
    fresh: bool = typer.Option(False, "--fresh", help="Forget cached stages first."),
    timeout_s: float = typer.Option(
        300.0, "--timeout", min=0.1, help="Seconds until firmware is given up."
    ),
    folders: list[Path] | None = FOLDERS,
    html: Path | None = typer.Option(None, help="Write a page with pictures."),
    junit: Path | None = typer.Option(None, help="Write JUnit XML."),
    summary: Path | None = typer.Option(None, help="Write a summary in Markdown."),
    quality: Path | None = typer.Option(
        None, "--code-quality", help="Write a code quality report for GitLab."
    ),
    out: Path | None = typer.Option(None, help="Write the report as gate.json."),
    as_json: bool = typer.Option(False, "--json", help="Print the report as JSON."),
) -> None:
    """Run the whole chain on golden signals; compare with budget and last release.

    Exit code 1: a budget was missed, or something grew too much. Under GitHub Actions
    misses are annotated, and the job's summary gets a table.
    """
    found = None
    try:
        with _progress() as progress:
            found = _run(
                what, target=target, runner=runner, baseline=baseline, budget=budget,
                golden=golden, speed_hz=speed_hz, data=data, runs=runs, fresh=fresh,
                timeout_s=timeout_s, connect=connect, folders=target_folders(folders),
                progress=progress,
            )  # fmt: skip
        _write(found, what, html, junit, summary, quality, out)
    except KeyboardInterrupt:
        console(stderr=True).print("interrupted; finished stages are kept")
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(msgspec.json.encode(found.report).decode())
    else:
        _show(found)
        _tell_github(found.report, what)
    raise typer.Exit(0 if found.report.passed else 1)


def _run(
    what: Path,
    *,
    target: str | None,
    runner: str,
    baseline: str | None,
    budget: Path | None,
    golden: Path | None,
    speed_hz: float,
    data: Path | None,
    runs: Path,
    fresh: bool,
    timeout_s: float,
    connect: str,
    folders: list[Path],
    progress: "Told",
) -> "Benched":
    from ecmkit import bench
    from ecmkit.flow import gating
    from ecmkit.flow.project import REGISTRY

    if not what.is_dir():
        for name, given in (("--budget", budget), ("--golden", golden)):
            if given is not None:
                raise ValueError(f"{name}: is for packages, {what} is a project")
        return gating.bench_project(
            what, target=target, runner=runner, baseline=baseline, data=data, runs=runs,
            fresh=fresh, targets=folders, timeout_s=timeout_s, connect=connect,
            progress=progress,
        )  # fmt: skip
    if data is not None or fresh:
        name = "--fresh" if data is None else "--data"
        raise ValueError(f"{name}: is for projects, {what} is a package")
    store = runs / REGISTRY
    return gating.bench_package(
        what, target=target, runner=runner, baseline=baseline,
        budget=None if budget is None else gating.load_budget(budget),
        golden=None if golden is None else bench.load_golden(golden, speed_hz=speed_hz),
        store=store if (store / "mlflow.db").is_file() else None,
        targets=folders, timeout_s=timeout_s, connect=connect, progress=progress,
    )  # fmt: skip


@contextmanager
def _progress() -> "Iterator[Told]":
    """Show on standard error what is being done, where that is a terminal."""
    err = console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bar:
        task = bar.add_task("start", total=None)
        yield lambda stage, note: bar.update(task, description=f"{stage}: {note}")


def _write(
    found: "Benched",
    what: Path,
    html: Path | None,
    junit: Path | None,
    summary: Path | None,
    quality: Path | None,
    out: Path | None,
) -> None:
    """Write the files that were asked for, each complete or not at all."""
    from ecmkit.bench import summaries
    from ecmkit.flow import gate_page
    from ecmkit.formats import as_json, write_atomic

    report = found.report
    if html is not None:
        write_atomic(html, gate_page.render(report, found.releases))
    if junit is not None:
        write_atomic(junit, summaries.junit_xml(report))
    if summary is not None:
        write_atomic(summary, summaries.markdown(report))
    if quality is not None:
        write_atomic(quality, summaries.code_quality(report, what.as_posix()))
    if out is not None:
        write_atomic(out, as_json(report))


def _tell_github(report: "GateReport", what: Path) -> None:
    """Annotate misses and add to the job's summary, where GitHub runs this."""
    from ecmkit.bench import summaries

    if os.environ.get("GITHUB_ACTIONS") == "true":
        typer.echo(summaries.annotations(report, what.as_posix()), nl=False)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page:
        with Path(page).open("a", encoding="utf-8") as stream:
            stream.write(summaries.markdown(report))


def _show(found: "Benched") -> None:
    from ecmkit.bench.report import number

    report, screen = found.report, console()
    verdict = "passed" if report.passed else "MISSED"
    table = Table(
        "figure", "value", "budget", "label", "verdict",
        title=f"{report.package} on {report.target}: {verdict}",
    )  # fmt: skip
    for row in report.rows:
        table.add_row(
            row.what,
            f"{number(row.value)} {row.unit}",
            "" if row.budget is None else number(row.budget),
            row.label,
            "" if row.passed else f"{number(row.excess)} {row.unit} over",
            style="" if row.passed else "red",
        )
    screen.print(table)
    _show_stages(report)
    if report.changes:
        _show_changes(report)
    for line in _notes(found):
        screen.print(line, soft_wrap=True)


def _show_stages(report: "GateReport") -> None:
    before = {c.name: c for c in report.changes if c.place == "stage"}
    total = sum(s.count for s in report.stages if s.name not in ("init", "report"))
    table = Table("stage", report.counter, "of a window", "most of it in")
    table.columns[1].justify = table.columns[2].justify = "right"
    for stage in report.stages:
        own = [f for f in report.functions if f.stage == stage.name][:2]
        grew = before.get(stage.name)
        moved = "" if grew is None or not grew.before else f" ({grew.percent:+.1f} %)"
        outside = stage.name in ("init", "report")
        table.add_row(
            stage.name,
            f"{stage.count:,}{moved}",
            "" if outside else f"{stage.count / max(total, 1):.1%}",
            ", ".join(one.name for one in own),
        )
    show(table)


def _show_changes(report: "GateReport") -> None:
    from ecmkit.bench.report import number

    table = Table("moved", "name", "before", "now", "by", title="since the baseline")
    shown = [c for c in report.changes if c.place in ("figure", "stage")]
    for place in ("function", "symbol"):
        own = [c for c in report.changes if c.place == place and c.after > c.before]
        shown += own[:_MOVED]
    for change in shown:
        new = change.before == 0.0
        table.add_row(
            change.place,
            change.name,
            "new" if new else number(change.before),
            f"{number(change.after)} {change.unit}",
            "" if new else f"{change.percent:+.1f} %",
        )
    left = len(report.changes) - len(shown)
    if left > 0:
        table.caption = f"and {left} more: --json, --out or --html has all"
    show(table)


def _notes(found: "Benched") -> Iterator[str]:
    """Say what the figures rest on."""
    report, before = found.report, found.baseline
    how = ", found in the cache" if found.cached else ""
    yield f"run by {report.runner}, {report.windows} golden windows{how}"
    if report.estimate is not None:
        low, high = report.estimate.cycles
        kind = "measured" if report.estimate.counter == "cycles-hw" else "estimated"
        what = f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
        yield f"{kind}: {what} cycles a window on {report.estimate.core}"
        if report.estimate.unverified:
            n = len(report.estimate.unverified)
            yield f"the cycles of {n} classes of instructions were looked up nowhere"
    if before is None:
        yield "compared with no release"
        return
    yield f"compared with package {before.package_id[:12]}"
    if before.golden != report.golden:
        yield "the baseline ran on another golden signal: counts may differ for that"
    if before.compiler != report.compiler:
        yield f"the baseline was compiled by {before.compiler}, now {report.compiler}"
    if before.runner != report.runner:
        yield f"the baseline was run by {before.runner}"
