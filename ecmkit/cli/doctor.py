"""``ecmkit doctor``: what this machine has, what it lacks, and how to install it."""

from pathlib import Path

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import show
from ecmkit.cli.targets import FOLDERS, target_folders

__all__ = ["command"]

_NAMED = 3


def command(
    target: list[str] | None = typer.Option(
        None, "--target", help="Look only for what this target needs; may be repeated."
    ),
    folders: list[Path] | None = FOLDERS,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show compilers and emulators, and what is missing for which target."""
    from ecmkit import bench
    from ecmkit.targets import load_target

    search = target_folders(folders)
    chosen = [load_target(name, search=search) for name in target or ()]
    findings = bench.doctor(targets=chosen or None)
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        table = Table("tool", "for", "version", "how to install it")
        for row in findings:
            table.add_row(
                row.name,
                row.purpose,
                row.version or _without(row.instead, row.targets),
                "" if row.version else row.install,
                style="" if row.version else "yellow",
            )
        show(table)
    if not all(row.passed for row in findings):
        raise typer.Exit(3)


def _without(instead: str, targets: tuple[str, ...]) -> str:
    """Say what it means that a tool is not here."""
    if targets:
        some = ", ".join(targets[:_NAMED])
        more = len(targets) - _NAMED
        return f"missing, for {some}" + (f" and {more} more" if more > 0 else "")
    return f"missing; {instead} does its work" if instead else "missing"
