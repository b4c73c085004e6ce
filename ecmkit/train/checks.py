"""What every model family asks of a feature table before it is trained."""

import numpy as np

from ecmkit.features.table import FeatureTable

__all__ = ["require_table"]


def require_table(table: FeatureTable, *, family: str, at_least: int) -> None:
    """Refuse a table that no model can be trained on.

    Parameters
    ----------
    table : FeatureTable
        The table.
    family : str
        Name of the family, for messages.
    at_least : int
        Windows that the family needs.

    Raises
    ------
    ValueError
        Naming what was found and what was expected: too few windows, no features, or
        the first feature that is not finite with the recording it comes from.
    """
    n, width = table.x.shape
    if n < at_least:
        raise ValueError(f"{family}: {n} windows, expected at least {at_least}")
    if width == 0:
        raise ValueError(f"{family}: the table has no features")
    bad = np.argwhere(~np.isfinite(table.x))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{family}: feature {table.names[column]!r} is {table.x[row, column]} in "
            f"window {row} of recording {str(table.recording[row])!r} "
            f"({len(bad)} values are not finite)"
        )
