"""``ecmkit targets``: the boards and emulated machines to build packages for."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console

if TYPE_CHECKING:
    from ecmkit.bench import TargetCheck

__all__ = ["FOLDERS", "app", "target_folders"]

app = typer.Typer(help="List, show and check targets.", no_args_is_help=True)
FOLDERS = typer.Option(
    None,
    "--targets",
    help="Folder with target files of your own, looked at first; may be repeated. "
    "The default is ./targets, where there is one.",
)
_UNVERIFIED = "?"


def target_folders(given: Iterable[Path] | None) -> list[Path]:
    """Folders with the user's own targets.

    Parameters
    ----------
    given : iterable of Path or None
        Of the option ``--targets``; None stands for ``./targets``, if there is one.

    Raises
    ------
    ValueError
        If a folder that was given does not exist.
    """
    if not given:
        own = Path("targets")
        return [own] if own.is_dir() else []
    folders = list(given)
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"--targets: found {folder}, expected a folder")
    return folders


@app.command("list")
def list_command(
    folders: list[Path] | None = FOLDERS,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List all targets with their core, clock and memory."""
    from ecmkit.targets import list_targets, load_target

    search = target_folders(folders)
    found = [load_target(name, search=search) for name in list_targets(search=search)]
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("target", "core", "MHz", "flash KiB", "RAM KiB", "title")
    # A name is there to be typed: a narrow screen may fold the title, never the name.
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    table.columns[0].min_width = max(len(target.name) for target in found)

    def figure(value: float, name: str, unverified: tuple[str, ...]) -> str:
        return f"{value:g}" + (_UNVERIFIED if name in unverified else "")

    for target in found:
        memory, open_ = target.memory, target.unverified
        table.add_row(
            target.name,
            target.cpu.name,
            figure(target.clock.hz / 1e6, "clock", open_),
            figure(memory.flash.bytes / 1024, "memory.flash", open_),
            figure(memory.ram.bytes / 1024, "memory.ram", open_),
            target.title,
        )
    n = sum(len(target.unverified) for target in found)
    if n:
        table.caption = f"{_UNVERIFIED}: {n} figures that nobody looked up"
    console().print(table)


@app.command("show")
def show_command(
    name: str = typer.Argument(help="Name of a target, or a .toml file."),
    folders: list[Path] | None = FOLDERS,
) -> None:
    """Show one target with the source of each figure, as JSON."""
    from ecmkit.targets import load_target

    target = load_target(name, search=target_folders(folders))
    typer.echo(msgspec.json.format(msgspec.json.encode(target), indent=2).decode())


@app.command("check")
def check_command(
    names: list[str] | None = typer.Argument(
        None, metavar="[NAME|FILE]...", help="Targets, or .toml files; none means all."
    ),
    folders: list[Path] | None = FOLDERS,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Check files of targets, and whether this machine can compile and run for them.

    Exit code 2: a file is not valid. 3: a compiler or an emulator is missing here.
    """
    from ecmkit import bench
    from ecmkit.errors import TargetError
    from ecmkit.targets import list_targets, load_target

    search = target_folders(folders)
    found: list[TargetCheck] = []
    wrong: list[str] = []
    for name in names or list_targets(search=search):
        try:
            found.append(bench.check_target(load_target(name, search=search)))
        except TargetError as error:
            wrong.append(str(error))
    if as_json:
        typer.echo(msgspec.json.encode({"targets": found, "errors": wrong}).decode())
    else:
        _show(found)
    err = console(stderr=True, soft_wrap=True)
    for words in wrong:
        err.print(f"error: {words}", style="bold red")
    if wrong:
        raise typer.Exit(2)
    if any(one.state == "missing" for one in found):
        raise typer.Exit(3)


def _show(found: Iterable["TargetCheck"]) -> None:
    table = Table("target", "state", "what was found")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for one in found:
        words = one.words
        if one.unverified:
            words += f"; not looked up: {', '.join(one.unverified)}"
        style = "yellow" if one.state == "missing" else ""
        table.add_row(one.name, one.state, words, style=style)
    if table.row_count:
        console().print(table)
