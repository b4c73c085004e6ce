"""``ecmkit verify`` and ``ecmkit keygen``: who sealed a package, and is it whole."""

import os
import sys
from pathlib import Path

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console
from ecmkit.cli.package import PASSWORD
from ecmkit.cli.targets import FOLDERS, target_folders

__all__ = ["command", "keygen"]


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

    if (key is None) is not unsigned:
        raise ValueError("expected either --key or --unsigned")
    if not package.exists():
        raise ValueError(f"{package}: no such folder or archive")
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
        console().print(table)
    raise typer.Exit(0 if found.passed else 1)


def keygen(
    key: Path = typer.Argument(help="File of the secret key, such as ../pump.key."),
    unencrypted: bool = typer.Option(
        False, "--unencrypted", help="Without a password: for machines that build."
    ),
) -> None:
    """Make a pair of keys: the secret one, and beside it the public one, as .pub."""
    from ecmkit.formats import minisign

    public = key.with_suffix(".pub")
    for path in (key, public):
        if path.exists():
            raise ValueError(f"{path}: is there already")
    password = "" if unencrypted else os.environ.get(PASSWORD, "")
    if not password and not unencrypted:
        if not sys.stdin.isatty():
            raise ValueError(f"{PASSWORD}: found nothing, expected a password")
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = minisign.SecretKey.generate()
    handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(made.text(password))
    public.write_text(made.public.text(), "utf-8")
    out = console(soft_wrap=True)
    out.print(f"secret key: {key} (keep it out of repositories and packages)")
    out.print(f"public key: {public}")
