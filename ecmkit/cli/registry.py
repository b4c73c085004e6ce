"""``ecmkit registry``: versions of models and their aliases."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console, show

if TYPE_CHECKING:
    from ecmkit.registry import ModelVersion, Registry

__all__ = ["app"]

app = typer.Typer(help="List, show and promote versions.", no_args_is_help=True)

STORE = typer.Option(
    "runs/registry", "--store", help="Folder, or address of a server or database."
)
JSON = typer.Option(False, "--json", help="Print JSON.")
NAME = typer.Argument(help="Name of the model: that of its project.")


@app.command("list")
def list_command(store: str = STORE, as_json: bool = JSON) -> None:
    """List all versions with their aliases, the newest of each model first."""
    registry = _open(store)
    found = [
        registry.version(name, version)
        for name in registry.names()
        for version in reversed(registry.versions(name))
    ]
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("model", "version", "aliases", "registered", "about")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for one in found:
        table.add_row(
            one.name,
            str(one.version),
            ", ".join(one.aliases),
            f"{one.created:%Y-%m-%d %H:%M} UTC",
            one.about,
        )
    show(table)


@app.command("show")
def show_command(
    name: str = NAME,
    version: int | None = typer.Argument(None, help="Left out: the champion."),
    store: str = STORE,
    as_json: bool = JSON,
) -> None:
    """Show one version: its training and its model card."""
    registry = _open(store)
    found = _version(registry, name, version)
    training = registry.training(found.run_id)
    if as_json:
        told = {
            "version": found,
            "training": training,
            "environment": registry.environment(found.run_id),
            "package": str(registry.fetch(name, found.version)),
            "card": registry.card(name, found.version),
        }
        typer.echo(msgspec.json.encode(told).decode())
        return
    out = console(soft_wrap=True)
    aliases = f" ({', '.join(found.aliases)})" if found.aliases else ""
    out.print(f"{name} version {found.version}{aliases}")
    out.print(f"registered {found.created:%Y-%m-%d %H:%M} UTC, run {found.run_id}")
    out.print(f"package    {registry.fetch(name, found.version)}")
    for key, value in training.metrics.items():
        out.print(f"{key} {value:.4g}")
    out.print()
    out.print(registry.card(name, found.version) or "It has no model card.")


@app.command("promote")
def promote_command(
    name: str = NAME,
    version: int = typer.Argument(help="Which version."),
    store: str = STORE,
    as_json: bool = JSON,
) -> None:
    """Make a version champion; an older one: roll back."""
    _alias(store, name, "champion", version, as_json)


@app.command("alias")
def alias_command(
    name: str = NAME,
    alias: str = typer.Argument(help="champion, challenger or shadow."),
    version: int | None = typer.Argument(None, help="Left out: withdraw the alias."),
    store: str = STORE,
    as_json: bool = JSON,
) -> None:
    """Point an alias at a version, or withdraw it."""
    _alias(store, name, alias, version, as_json)


def _alias(
    store: str, name: str, alias: str, version: int | None, as_json: bool
) -> None:
    registry = _open(store)
    before = registry.alias(name, alias)
    if version is None:
        registry.withdraw(name, alias)
    else:
        registry.promote(name, version, alias)
    if as_json:
        typer.echo(msgspec.json.encode(registry.aliases(name)).decode())
        return
    was = f", before: {before}" if before is not None else ""
    now = "nowhere" if version is None else f"version {version}"
    console().print(f"{name}: {alias} is {now}{was}")


def _version(registry: "Registry", name: str, version: int | None) -> "ModelVersion":
    chosen = registry.alias(name, "champion") if version is None else version
    if chosen is None:
        known = ", ".join(registry.names()) or "none"
        raise ValueError(f"model {name!r} has no champion; the models are {known}")
    return registry.version(name, chosen)


def _open(store: str) -> "Registry":
    """Open a registry that is there: a mistyped folder shall not become a new one."""
    from ecmkit.registry import Registry

    if "://" in store:
        return Registry(store)
    if not Path(store, "mlflow.db").is_file():
        raise ValueError(
            f"--store {store}: found no registry, expected mlflow.db in it"
        )
    return Registry(Path(store))
