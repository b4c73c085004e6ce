"""``ecmkit run``: the whole loop, from recordings to gated firmware and back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from ecmkit.cli.output import console, progress_bar
from ecmkit.cli.targets import FOLDERS, target_folders

if TYPE_CHECKING:
    from ecmkit.flow import RunReport, RunResult

__all__ = ["command", "stage_bar"]


def command(
    project: Path = typer.Argument(help="Project file, such as examples/demo.toml."),
    data: Path | None = typer.Option(
        None, "--data", help="Folder of recordings, in place of the project's."
    ),
    runs: Path = typer.Option(Path("runs"), help="Folder that results go to."),
    fresh: bool = typer.Option(False, "--fresh", help="Forget cached stages first."),
    folders: list[Path] | None = FOLDERS,
    as_json: bool = typer.Option(False, "--json", help="Print report.json."),
) -> None:
    """Read, check, extract, train, compile, package, gate, operate, close the loop."""
    try:
        result = _run(
            project,
            data=data,
            runs=runs,
            fresh=fresh,
            targets=target_folders(folders),
        )
    except KeyboardInterrupt:
        console(stderr=True).print("interrupted; finished stages are kept")
        raise typer.Exit(130) from None
    if as_json:
        typer.echo((result.folder / "report.json").read_text("utf-8"))
    else:
        _show(result.report, result.folder)
    raise typer.Exit(0 if result.report.gate_passed else 1)


def _run(
    project: Path, *, data: Path | None, runs: Path, fresh: bool, targets: list[Path]
) -> "RunResult":
    from ecmkit import flow

    with stage_bar(flow.STAGES) as progress:
        return flow.run(
            project,
            data=data,
            runs=runs,
            fresh=fresh,
            targets=targets,
            progress=progress,
        )


@contextmanager
def stage_bar(stages: Sequence[str]) -> Iterator[Callable[[str, str], None]]:
    """Show how far a run is on standard error, where that is a terminal.

    Yields
    ------
    callable
        To be told the stage and what it is doing.
    """
    with progress_bar() as bar:
        task = bar.add_task("start", total=len(stages))

        def progress(stage: str, note: str) -> None:
            done = stages.index(stage)
            bar.update(task, completed=done, description=f"{stage}: {note}")

        yield progress


def _show(report: "RunReport", folder: Path) -> None:
    table = Table("stage", "result", title=f"ecmkit run {report.name}")
    for row in report.summary:
        style = {"finding": "yellow", "failed": "red"}.get(row.state, "")
        table.add_row(row.stage, row.text, style=style)
    out = console()
    out.print(table)
    out.print(f"report:  {folder / 'report.html'}", soft_wrap=True)
    kind = "package" if report.gate_passed else "refused"
    out.print(f"{kind}: {folder / kind}", soft_wrap=True)
