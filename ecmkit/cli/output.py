"""What all commands show text with."""

from rich.console import Console

__all__ = ["console"]


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
