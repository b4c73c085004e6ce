"""Folds for inner choices: whole groups, every class in each part that learns."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable

__all__ = ["folds"]


def folds(
    table: FeatureTable,
    n: int,
    *,
    by: Literal["group", "recording"] = "group",
    seed: int = 0,
) -> tuple[NDArray[np.bool_], ...]:
    """Part the windows into folds of whole groups.

    Parameters
    ----------
    table : FeatureTable
        With labels, or a target.
    n : int
        Number of folds, 2 or more.
    by : {"group", "recording"}
        What is never on both sides.
    seed : int
        Decides which groups go together.

    Returns
    -------
    tuple of ndarray of bool, shape (n_windows,)
        For each fold the windows that are held out; every window in one. Of classes,
        each fold has shares as alike as whole groups allow.

    Raises
    ------
    ValueError
        If there are fewer groups or windows than folds, or a class would be missing
        where is learnt; names it.
    """
    owner = table.group if by == "group" else table.recording
    if by not in ("group", "recording") or n < 2:
        raise ValueError(
            f"{n} folds by {by!r}: expected 2 or more, by 'group' or 'recording'"
        )
    names = np.unique(owner)
    if len(table.x) < n or len(names) < n:
        raise ValueError(
            f"{len(table.x)} windows of {len(names)} {by}s, expected at least {n} of "
            f"both for {n} folds"
        )
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    kind = StratifiedGroupKFold if table.target is None else GroupKFold
    parts = kind(n, shuffle=True, random_state=seed)
    made = []
    for _, rows in parts.split(table.x, table.label, owner):
        held = np.zeros(len(table.x), bool)
        held[rows] = True
        made.append(held)
    if table.target is None:
        _require_all_classes(table, made, by)
    return tuple(made)


def _require_all_classes(
    table: FeatureTable, made: list[NDArray[np.bool_]], by: str
) -> None:
    for label in np.unique(table.label):
        rows = table.label == label
        for held in made:
            if not (rows & ~held).any():
                where = (table.group if by == "group" else table.recording)[rows]
                raise ValueError(
                    f"class {str(label)!r} is in {by} {', '.join(np.unique(where))} "
                    "alone: held out it cannot be learnt, expected it in two or more"
                )
