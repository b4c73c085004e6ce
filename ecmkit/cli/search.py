"""``ecmkit search``: candidates by score and cost, and the front of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from ecmkit.cli.output import bar, console, show

if TYPE_CHECKING:
    from ecmkit.flow.search import SearchResult
    from ecmkit.search import Trial

__all__ = ["command"]


def command(
    project: Path = typer.Argument(help="Project file with a table \\[search]."),
    data: Path | None = typer.Option(
        None, "--data", help="Folder of recordings, in place of the project's."
    ),
    runs: Path = typer.Option(Path("runs"), help="Folder that results go to."),
    trials: int | None = typer.Option(None, help="In place of the project's."),
    jobs: int = typer.Option(1, help="Processes."),
    storage: str | None = typer.Option(
        None, help="Journal file, or URL of a database such as PostgreSQL."
    ),
    resume: bool = typer.Option(False, "--resume", help="Go on with earlier trials."),
    as_json: bool = typer.Option(False, "--json", help="Print report.json."),
) -> None:
    """Search for a model by what it finds and by what it costs on the target."""
    from ecmkit import flow
    from ecmkit.flow.search import search_project

    settings = flow.load_project(project).search
    total = trials or (settings.trials if settings is not None else 1)
    try:
        with bar("search", total) as show:

            def ended(trial: "Trial") -> None:
                show(trial.number + 1)

            result = search_project(
                project, data=data, runs=runs, trials=trials, jobs=jobs,
                storage=storage, resume=resume, ended=ended,
            )  # fmt: skip
    except KeyboardInterrupt:
        err = console(stderr=True)
        err.print("interrupted; trials that are done are kept: --resume goes on")
        raise typer.Exit(130) from None
    if as_json:
        typer.echo((result.folder / "report.json").read_text("utf-8"))
    else:
        _show(result)
    raise typer.Exit(0 if result.report.front else 1)


def _show(result: "SearchResult") -> None:
    report, out = result.report, console(soft_wrap=True)
    head, *rows = report.rows()
    table = Table(*head, title=f"ecmkit search {report.name}")
    for row in rows:
        table.add_row(*row)
    counts = ", ".join(f"{n} {state}" for state, n in report.counts.items())
    show(table)
    out.print(f"trials:  {counts}")
    out.print(f"report:  {result.folder / 'report.json'}")
    if result.picture is not None:
        out.print(f"picture: {result.picture}")
    else:
        limits = ", ".join(f"{name} {most}" for name, most in result.limits.items())
        out.print(
            "picture: none, since no candidate was judged"
            + (f"; all exceed a limit ({limits})" if limits else "")
        )
    if result.choice:
        out.print(f"\nThe best score, to write into the project:\n\n{result.choice}")
