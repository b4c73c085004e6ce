"""What all commands show text with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

__all__ = ["bar", "console"]


def console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """Return a console that shows text as it is.

    Labels, names and messages come from files: a bracket in them is a bracket, no
    markup.

    Parameters
    ----------
    stderr : bool
        Write to standard error.
    soft_wrap : bool
        Leave long lines to the terminal, so that a path can be copied whole.
    """
    return Console(stderr=stderr, soft_wrap=soft_wrap, markup=False, highlight=False)


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error, where that is a terminal.

    Yields
    ------
    callable
        To be given how many are done.
    """
    err = console(stderr=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
