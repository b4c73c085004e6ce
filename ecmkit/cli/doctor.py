"""``ecmkit doctor``: what this machine has, what it lacks, and how to install it."""

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console

__all__ = ["command"]


def command(
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show compilers and emulators, and how to install what is missing."""
    from ecmkit import bench

    findings = bench.doctor()
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        table = Table("tool", "for", "version", "how to install it")
        for row in findings:
            without = (
                f"missing; {row.instead} does its work" if row.instead else "missing"
            )
            table.add_row(
                row.name,
                row.purpose,
                row.version or without,
                "" if row.version else row.install,
                style="" if row.version else "yellow",
            )
        console().print(table)
    if not all(row.version or row.instead for row in findings):
        raise typer.Exit(3)
