"""``ecmkit verify``: who sealed a package, is it whole, and are its bits right."""

from pathlib import Path

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import show
from ecmkit.cli.targets import FOLDERS, target_folders
from ecmkit.errors import saying

__all__ = ["command"]


def command(
    package: Path = typer.Argument(help="Folder or archive of a package."),
    key: Path | None = typer.Option(
        None, "--key", help="Public key of minisign: who must have signed it."
    ),
    unsigned: bool = typer.Option(
        False, "--unsigned", help="Take it without a signature; its code is run here."
    ),
    at_least: str | None = typer.Option(
        None, "--at-least", help="Lowest version to take, such as the one in the field."
    ),
    folders: list[Path] | None = FOLDERS,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Check signature, hashes, contract, version, ecosystems, parity of a package."""
    from ecmkit import bench
    from ecmkit.formats import minisign
    from ecmkit.package import version_key

    if (key is None) is not unsigned:
        raise ValueError("expected either --key or --unsigned")
    if not package.exists():
        raise ValueError(f"{package}: no such folder or archive")
    if at_least is not None:
        with saying("--at-least"):
            version_key(at_least)
    public = None
    if key is not None:
        public = minisign.PublicKey.parse(key.read_text("utf-8"), where=str(key))
    found = bench.verify(
        package, key=public, at_least=at_least, search=target_folders(folders)
    )
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        table = Table("check", "", "what was found", title=f"ecmkit verify {package}")
        table.columns[1].no_wrap = True
        for row in found.checks:
            styles = {"refused": "red", "not run": "yellow"}
            table.add_row(row.what, row.state, row.words, style=styles.get(row.state))
        show(table)
    raise typer.Exit(0 if found.passed else 1)
