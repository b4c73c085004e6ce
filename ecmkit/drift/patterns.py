"""Names chosen by shell patterns, with errors that help."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ecmkit.formats import nearest

__all__ = ["matching"]


def matching(
    field: str, patterns: Sequence[str], names: Sequence[str]
) -> tuple[str, ...]:
    """Choose the names that match one of the patterns, in their order.

    Parameters
    ----------
    field : str
        Where the patterns come from, for messages.
    patterns : sequence of str
        Names, or shell patterns.
    names : sequence of str
        To choose from.

    Raises
    ------
    ValueError
        If a pattern matches none; names the nearest.

    Examples
    --------
    >>> matching("features", ["env_*"], ["rms", "env_bpfo"])
    ('env_bpfo',)
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = nearest(pattern, names)
            raise ValueError(
                f"{field}: found {pattern!r}, expected names or patterns of "
                f"{', '.join(names)}{hint}"
            )
    return tuple(name for name in names if any(fnmatchcase(name, p) for p in patterns))
