"""``ecmkit targets``: the boards and emulated machines to build packages for."""

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console

__all__ = ["app"]

app = typer.Typer(help="List and show targets.", no_args_is_help=True)


@app.command("list")
def list_command(
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List all targets with their core, clock and memory."""
    from ecmkit.targets import list_targets, load_target

    found = [load_target(name) for name in list_targets()]
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("target", "core", "MHz", "flash KiB", "RAM KiB", "title")
    # A name is there to be typed: a narrow screen may fold the title, never the name.
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    table.columns[0].min_width = max(len(target.name) for target in found)
    for target in found:
        table.add_row(
            target.name,
            target.cpu.name,
            f"{target.clock.hz / 1e6:g}",
            f"{target.memory.flash.bytes / 1024:g}",
            f"{target.memory.ram.bytes / 1024:g}",
            target.title,
        )
    console().print(table)


@app.command("show")
def show_command(name: str = typer.Argument(help="Name of a target.")) -> None:
    """Show one target with the source of each figure, as JSON."""
    from ecmkit.targets import load_target

    target = load_target(name)
    typer.echo(msgspec.json.format(msgspec.json.encode(target), indent=2).decode())
