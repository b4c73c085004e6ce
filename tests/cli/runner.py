"""Run the command line in this process, as the installed script does."""

import contextlib
import io
import sys
from dataclasses import dataclass

from ecmkit.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


def ecmkit(*arguments: object) -> Done:
    """Run ``ecmkit ARGUMENTS``; what is not an exit is not caught."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["ecmkit", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as done:
        return Done(int(done.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.argv = before
