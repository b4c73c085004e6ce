"""``ecmkit run``: the whole loop, from recordings to gated firmware and back."""

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

__all__ = ["command"]


def command(
    project: Path = typer.Argument(help="Project file, such as examples/demo.toml."),
    data: Path | None = typer.Option(
        None, "--data", help="Folder of recordings, in place of the project's."
    ),
    runs: Path = typer.Option(Path("runs"), help="Folder that results go to."),
    fresh: bool = typer.Option(False, "--fresh", help="Forget cached stages first."),
    as_json: bool = typer.Option(False, "--json", help="Print report.json."),
) -> None:
    """Read, check, extract, train, compile, package, gate, operate, close the loop."""
    from ecmkit import flow

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("start", total=len(flow.STAGES))

        def progress(stage: str, note: str) -> None:
            done = flow.STAGES.index(stage)
            bar.update(task, completed=done, description=f"{stage}: {note}")

        result = flow.run(project, data=data, runs=runs, fresh=fresh, progress=progress)
    if as_json:
        typer.echo((result.folder / "report.json").read_text("utf-8"))
    else:
        _show(result.report, result.folder)
    raise typer.Exit(0 if result.report.gate_passed else 1)


def _show(report: "object", folder: Path) -> None:
    from ecmkit.flow import RunReport

    assert isinstance(report, RunReport)
    table = Table("stage", "result", title=f"ecmkit run {report.name}")
    for row in report.summary:
        style = {"finding": "yellow", "failed": "red"}.get(row.state, "")
        table.add_row(row.stage, row.text, style=style)
    console = Console()
    console.print(table)
    console.print(f"report:  {folder / 'report.html'}", soft_wrap=True)
    kind = "package" if report.gate_passed else "refused"
    console.print(f"{kind}: {folder / kind}", soft_wrap=True)
