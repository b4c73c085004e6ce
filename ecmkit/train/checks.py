"""What every model family asks of a feature table before it is trained."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from ecmkit.features.table import FeatureTable

__all__ = [
    "only",
    "require_apart",
    "require_classes",
    "require_seed",
    "require_table",
    "require_target",
]

_SEEDS = range(2**32)


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


def require_seed(seed: int, *, family: str) -> None:
    """Refuse a seed that a library behind the families does not take.

    Parameters
    ----------
    seed : int
        Decides all randomness.
    family : str
        Name of the family, for messages.

    Raises
    ------
    ValueError
        If it is no whole number from 0 to 4294967295.
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or int(seed) not in _SEEDS:
        raise ValueError(
            f"{family}: seed {seed!r}, expected a whole number, 0 to {_SEEDS[-1]}"
        )


def require_classes(table: FeatureTable, *, family: str, least: int = 2) -> list[str]:
    """Names of the classes in alphabetical order, each with enough windows.

    Parameters
    ----------
    table : FeatureTable
        The table.
    family : str
        Name of the family, for messages.
    least : int
        Windows that each class needs.

    Raises
    ------
    ValueError
        If there is one class only, a window has no label, or a class has too few
        windows.
    """
    if table.label.dtype.kind not in "UT":
        raise ValueError(
            f"{family}: labels of type {table.label.dtype}, expected names of classes; "
            "numbers are a target"
        )
    classes, counts = np.unique(table.label, return_counts=True)
    found = dict(zip(classes.tolist(), counts.tolist(), strict=True))
    unknown = [label for label in found if label.strip().lower() in ("", "nan")]
    if unknown:
        row = int(np.flatnonzero(table.label == unknown[0])[0])
        raise ValueError(
            f"{family}: label {unknown[0]!r} in window {row} of recording "
            f"{str(table.recording[row])!r} ({found[unknown[0]]} such windows), "
            "expected the name of a class"
        )
    if len(classes) < 2 or counts.min() < least:
        number = {2: "two"}.get(least, str(least))
        raise ValueError(
            f"{family}: windows of each class {found}, expected at least two "
            f"classes with {number} windows each"
        )
    return [str(label) for label in classes]


def require_target(table: FeatureTable, *, family: str) -> None:
    """Refuse a table without anything that a regression could learn.

    Parameters
    ----------
    table : FeatureTable
        The table.
    family : str
        Name of the family, for messages.

    Raises
    ------
    ValueError
        If there is no target, a value of it is not finite, or all are the same.
    """
    if table.target is None:
        raise ValueError(
            f"{family}: the table has no target, expected one; see ecmkit.train.targets"
        )
    what = table.target_name or "target"
    bad = np.flatnonzero(~np.isfinite(table.target))
    if len(bad):
        raise ValueError(
            f"{family}: {what!r} is {table.target[bad[0]]} in window {bad[0]} of "
            f"recording {str(table.recording[bad[0]])!r} ({len(bad)} values are not "
            "finite)"
        )
    if table.target.min() == table.target.max():
        raise ValueError(
            f"{family}: {what!r} is {table.target[0]:g} in all {len(table.target)} "
            "windows, expected values that differ"
        )


def require_apart(
    learn: FeatureTable,
    test: FeatureTable,
    *,
    by: Sequence[Literal["recording", "group"]] = ("recording", "group"),
) -> None:
    """Refuse tables for learning and testing that share what may not be shared.

    Parameters
    ----------
    learn, test : FeatureTable
        The tables.
    by : sequence of {"recording", "group"}
        What may not be in both.

    Raises
    ------
    ValueError
        Naming what is in both: a score on it would tell how well it is recognised.
    """
    for kind in by:
        both = np.intersect1d(getattr(learn, kind), getattr(test, kind))
        if len(both):
            shown = ", ".join(both[:3]) + (", ..." if len(both) > 3 else "")
            raise ValueError(
                f"leaky split: {kind} {shown} in training and test ({len(both)} in "
                "both), expected none"
            )


def only(table: FeatureTable, patterns: Sequence[str]) -> FeatureTable:
    """Return the table with every column constant that no pattern matches.

    Parameters
    ----------
    table : FeatureTable
        The table.
    patterns : sequence of str
        Shell patterns of the features that are kept.

    Raises
    ------
    ValueError
        If a pattern matches no feature.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in table.names):
            raise ValueError(
                f"features: found {pattern!r}, expected a pattern that matches one of "
                f"{', '.join(table.names)}"
            )
    chosen = [any(fnmatchcase(name, p) for p in patterns) for name in table.names]
    return replace(table, x=np.where(chosen, table.x, np.float32(0.0)))
