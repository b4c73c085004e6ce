"""The command line: one module per command, each parses, calls one verb and shows.

Exit codes: 0 done; 1 done with a finding (drift, over budget); 2 wrong usage or input;
3 something is missing on this machine; 130 interrupted.
"""

import os
import sys
from typing import NoReturn

import typer
from rich.console import Console

from ecmkit.cli import doctor, run, targets
from ecmkit.errors import EcmError, MissingError

__all__ = ["app", "main"]

app = typer.Typer(
    name="ecmkit",
    help="From sensor recordings to gated firmware that watches a machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.command)
app.command("doctor")(doctor.command)
app.add_typer(targets.app, name="targets")


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
        app()
    except MissingError as error:
        _fail(error, 3)
    except (EcmError, ValueError) as error:
        if os.environ.get("ECMKIT_TRACEBACK"):
            raise
        _fail(error, 2)
    except KeyboardInterrupt:
        Console(stderr=True).print("\ninterrupted; finished stages are kept")
        sys.exit(130)
    sys.exit(0)


def _fail(error: Exception, code: int) -> NoReturn:
    console = Console(stderr=True, soft_wrap=True)
    console.print("error:", style="bold red", end=" ")
    console.print(str(error), markup=False, highlight=False)
    sys.exit(code)
