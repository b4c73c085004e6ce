"""Permutation importance: what a model loses when a feature no longer fits its row."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable

__all__ = ["Importance", "permutation_importance"]


class Importance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one feature, or several taken together, is worth to a model."""

    name: str
    """Of the feature, or of the family."""
    drop: float
    """Mean loss of the score; 0: the model does without."""
    lower: float
    """Lower end of the interval of `drop` over repeats."""
    upper: float


def permutation_importance(
    score: Callable[[NDArray[np.float32]], float],
    table: FeatureTable,
    *,
    by: Literal["recording", "group"] = "recording",
    families: Mapping[str, Sequence[str]] | None = None,
    repeats: int = 20,
    level: float = 0.95,
    seed: int,
) -> tuple[Importance, ...]:
    """Measure what a score loses when features come from another recording.

    In each repeat every recording gets a feature's values from the windows of another
    one, drawn without replacement. Windows of one recording resemble each other:
    shuffled among themselves they would leave a feature nearly as good as it was, and
    shuffled singly they would be a mixture that no machine shows.

    Parameters
    ----------
    score : callable
        Takes features of all windows of `table`, shape (n_windows, n_features), and
        returns a number, larger for better, such as the balanced accuracy of a
        compiled model on windows that it has not learnt from.
    table : FeatureTable
        Windows to judge on; at least two recordings (or groups).
    by : {"recording", "group"}
        What stays together: recordings, or machines.
    families : mapping of str to sequence of str, optional
        Names of families, each with shell patterns of the features that are exchanged
        together. Features that tell the same stand in for each other, so each alone may
        seem worthless. Without, each feature is its own.
    repeats : int
        Exchanges for each feature, at least 2.
    level : float
        Coverage of the intervals, between 0 and 1.
    seed : int
        Decides the exchanges.

    Returns
    -------
    tuple of Importance
        The largest first. The interval is Student's, of the mean over repeats: it says
        what more repeats may change, not what other machines may.

    Raises
    ------
    ValueError
        If a setting is out of range, there is one recording only, or a pattern matches
        no feature.

    References
    ----------
    L. Breiman, Machine Learning 45 (2001), 5-32.

    Examples
    --------
    >>> n = 40
    >>> x = np.random.default_rng(1).normal(size=(n, 2)).astype(np.float32)
    >>> names = np.array([f"r{i // 2}" for i in range(n)])
    >>> table = FeatureTable(
    ...     x=x, names=("rms", "noise"), units=("g", "1"), recording=names,
    ...     start=np.zeros(n, np.int64), label=names, group=names, contract_id="",
    ... )
    >>> score = lambda x: -float(np.mean((x[:, 0] - table.x[:, 0]) ** 2))
    >>> found = permutation_importance(score, table, seed=0)
    >>> [one.name for one in found], found[1].drop
    (['rms', 'noise'], 0.0)
    """
    if repeats < 2 or not 0.0 < level < 1.0:
        raise ValueError(
            f"{repeats} repeats, level {level}: expected at least 2, between 0 and 1"
        )
    column = table.recording if by == "recording" else table.group
    members = [np.flatnonzero(column == name) for name in np.unique(column)]
    if len(members) < 2:
        raise ValueError(f"{by}: found {len(members)}, expected at least 2")
    rng = np.random.default_rng(seed)
    sources = [_exchange(members, rng) for _ in range(repeats)]
    whole = score(table.x)
    reach = _student(repeats, level)
    found = []
    for name, columns in _families(table, families).items():
        drops = np.array([
            whole - score(_exchanged(table.x, columns, rows)) for rows in sources
        ])  # fmt: skip
        mean = float(drops.mean())
        half = reach * float(drops.std(ddof=1)) / repeats**0.5
        found.append(
            Importance(name=name, drop=mean, lower=mean - half, upper=mean + half)
        )
    return tuple(sorted(found, key=lambda one: -one.drop))


def _exchange(
    members: Sequence[NDArray[np.intp]], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw for each row one of another recording; recordings are a derangement."""
    order = rng.permutation(len(members))
    while (order == np.arange(len(members))).any():
        order = rng.permutation(len(members))
    rows = np.empty(sum(len(own) for own in members), np.intp)
    for own, other in zip(members, order, strict=True):
        rows[own] = rng.choice(members[other], len(own))
    return rows


def _exchanged(
    x: NDArray[np.float32], columns: Sequence[int], rows: NDArray[np.intp]
) -> NDArray[np.float32]:
    changed = x.copy()
    changed[:, columns] = x[rows][:, columns]
    return changed


def _families(
    table: FeatureTable, families: Mapping[str, Sequence[str]] | None
) -> dict[str, list[int]]:
    """Columns of each family."""
    if families is None:
        return {name: [at] for at, name in enumerate(table.names)}
    found = {}
    for family, patterns in families.items():
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in table.names):
                raise ValueError(
                    f"families: found {pattern!r} in {family!r}, expected a pattern "
                    f"that matches one of {', '.join(table.names)}"
                )
        found[family] = [
            at
            for at, name in enumerate(table.names)
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        ]
    return found


def _student(n: int, level: float) -> float:
    """Half-width of the interval of a mean of n values in its standard errors."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 0.5 + level / 2.0))
