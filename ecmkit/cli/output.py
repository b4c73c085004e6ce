"""What all commands show text with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

__all__ = ["bar", "console", "progress_bar", "show"]


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


def show(table: Table, out: Console | None = None) -> None:
    """Print a table of which no cell is cut, however narrow the output is.

    Cells are broken between words if all words have room; else each row becomes lines,
    one for each column.

    Parameters
    ----------
    table : Table
        With columns of text.
    out : Console, optional
        Where to; standard output if left out.
    """
    out = out or console()
    cells = [[str(c.header), *map(str, c.cells)] for c in table.columns]
    wide = [max(map(cell_len, column)) for column in cells]
    least = [
        width if column.no_wrap else max(_word(text) for text in texts)
        for column, texts, width in zip(table.columns, cells, wide, strict=True)
    ]
    room = out.width - 3 * len(cells) - 1  # what frames take
    if sum(least) > room:
        _show_rows(table, cells, out)
        return
    if sum(wide) > room:
        for column, width in zip(
            table.columns, _shared(least, wide, room), strict=True
        ):
            column.width = width
    out.print(table)


def _word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _shared(least: list[int], wide: list[int], room: int) -> list[int]:
    """Widths between two, which have room; where much is missing more is given."""
    widths = list(least)
    for _ in range(room - sum(least)):
        lacks = [full - width for full, width in zip(wide, widths, strict=True)]
        widths[lacks.index(max(lacks))] += 1
    return widths


def _show_rows(table: Table, cells: list[list[str]], out: Console) -> None:
    title, caption = table.title, table.caption
    if title:
        out.print(title, soft_wrap=True)
    for row in range(1, len(cells[0])):
        out.print(cells[0][row] or "-", soft_wrap=True)
        for column in cells[1:]:
            if column[row]:
                name = f"{column[0]}: " if column[0] else ""
                out.print(f"    {name}{column[row]}", soft_wrap=True)
    if caption:
        out.print(caption, soft_wrap=True)


def progress_bar() -> Progress:
    """Make a progress bar on standard error, seen where that is a terminal."""
    err = console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on standard error, where that is a terminal.

    Yields
    ------
    callable
        To be given how many are done.
    """
    with progress_bar() as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
