"""The command line: one module per command, each parses, calls one verb and shows.

Exit codes: 0 done; 1 done with a finding (drift, over budget); 2 wrong usage or input;
3 something is missing on this machine; 130 interrupted.
"""

import os
import sys
from typing import NoReturn

import typer

from ecmkit.cli import (
    bench,
    device,
    doctor,
    drift,
    features,
    graph,
    keygen,
    monitor,
    package,
    registry,
    run,
    search,
    targets,
    update,
    verify,
)
from ecmkit.cli.output import console
from ecmkit.errors import INSTALL, EcmError, MissingError

__all__ = ["app", "main"]

app = typer.Typer(
    name="ecmkit",
    help="From sensor recordings to gated firmware that watches a machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.command)
app.command("search")(search.command)
app.command("bench")(bench.command)
app.command("package")(package.command)
app.command("verify")(verify.command)
app.command("keygen")(keygen.command)
app.command("doctor")(doctor.command)
app.add_typer(device.app, name="device")
app.add_typer(drift.app, name="drift")
app.add_typer(features.app, name="features")
app.add_typer(graph.app, name="graph")
app.add_typer(monitor.app, name="monitor")
app.add_typer(registry.app, name="registry")
app.add_typer(targets.app, name="targets")
app.add_typer(update.app, name="update")


def _show_version(wanted: bool) -> None:
    if wanted:
        import ecmkit

        typer.echo(ecmkit.__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show it."
    ),
) -> None:
    """From sensor recordings to gated firmware that watches a machine."""


def main() -> NoReturn:
    """Run the command line and exit with a code of the table above."""
    try:
        app(prog_name="ecmkit")
    except (MissingError, EcmError, ValueError, OSError, ModuleNotFoundError) as error:
        if os.environ.get("ECMKIT_TRACEBACK"):
            raise
        missing = isinstance(error, MissingError | ModuleNotFoundError)
        _fail(_words(error), 3 if missing else 2)
    sys.exit(0)


def _words(error: Exception) -> str:
    """Return what to say; the libraries behind most stages are optional."""
    if isinstance(error, ModuleNotFoundError):
        return f"no Python package {error.name!r}: {INSTALL}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _fail(words: str, code: int) -> NoReturn:
    err = console(stderr=True, soft_wrap=True)
    err.print("error:", style="bold red", end=" ")
    err.print(words)
    sys.exit(code)
