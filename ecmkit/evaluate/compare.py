"""Champion against challenger on the same held-out windows."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.evaluate.metrics import (
    balanced_accuracy,
    bootstrap_interval,
)

__all__ = ["Comparison", "compare"]


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a comparison found and decided."""

    version: int = 1
    """Format version of this record."""
    champion: float
    """Balanced accuracy of the model in service, 0 to 1."""
    challenger: float
    """Balanced accuracy of the new model, 0 to 1."""
    difference: float
    """Challenger minus champion."""
    lower: float
    """Lower end of the interval of the difference."""
    upper: float
    """Upper end of the interval of the difference."""
    level: float
    """Coverage of the interval."""
    margin: float
    """Least difference that is worth a new model."""
    n_windows: int
    n_recordings: int
    disagreements: int
    """Windows that the two models judge differently."""
    promote: bool
    reason: str
    """The decision in words."""


def compare(
    truth: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    recording: ArrayLike,
    classes: Sequence[str],
    margin: float = 0.01,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int,
) -> Comparison:
    """Decide whether the challenger shall take the champion's place.

    Both judge the same windows; recordings, not windows, are drawn for the interval
    of the difference, within each class where a recording has one class.

    Parameters
    ----------
    truth, champion, challenger : array-like of str, shape (n_windows,)
        True and predicted classes.
    recording : array-like of str, shape (n_windows,)
        Recording of each window; at least two.
    classes : sequence of str
        All class names.
    margin : float
        Least gain in balanced accuracy that is worth a new model, >= 0.
    level : float
        Coverage of the interval.
    n_resamples : int
        Draws of the bootstrap.
    seed : int
        Decides the draws.

    Returns
    -------
    Comparison
        It promotes only if the gain reaches the margin and the interval of the gain
        lies above zero.

    Raises
    ------
    ValueError
        If lengths differ, labels are unknown, or there are fewer than two recordings.
    """
    labels = [np.asarray(c).reshape(-1) for c in (truth, champion, challenger)]
    names = np.asarray(recording).reshape(-1)
    lengths = [len(column) for column in (*labels, names)]
    if len(set(lengths)) != 1:
        raise ValueError(
            "truth, champion, challenger and recording have lengths "
            f"{lengths}, expected the same"
        )
    n_recordings = len(np.unique(names))
    if n_recordings < 2:
        raise ValueError(f"{n_recordings} recordings, expected at least two")
    if margin < 0.0:
        raise ValueError(f"margin {margin}, expected at least 0")
    true, old, new = labels
    cells_old = _cells(true, old, classes)
    cells_new = _cells(true, new, classes)
    n = len(classes)

    def score(cells: NDArray[np.int64], rows: NDArray[np.intp]) -> float:
        counts = np.bincount(cells[rows], minlength=n * n)
        return balanced_accuracy(counts.reshape(n, n))

    every = np.arange(len(true))
    a, b = score(cells_old, every), score(cells_new, every)
    lower, upper = bootstrap_interval(
        lambda rows: score(cells_new, rows) - score(cells_old, rows),
        groups=names,
        strata=true if _one_class_each(true, names) else None,
        n_resamples=n_resamples,
        level=level,
        seed=seed,
    )
    promote = b - a >= margin and lower > 0.0
    return Comparison(
        champion=a,
        challenger=b,
        difference=b - a,
        lower=lower,
        upper=upper,
        level=level,
        margin=margin,
        n_windows=len(true),
        n_recordings=n_recordings,
        disagreements=int((old != new).sum()),
        promote=promote,
        reason=_reason(b - a, lower, upper, margin),
    )


def _cells(
    truth: NDArray[np.generic], predicted: NDArray[np.generic], classes: Sequence[str]
) -> NDArray[np.int64]:
    """Place of each window in the flattened confusion matrix."""
    place = {name: index for index, name in enumerate(classes)}
    unknown = {*truth.tolist(), *predicted.tolist()} - set(place)
    if unknown:
        raise ValueError(f"labels {sorted(unknown)}: expected {list(classes)}")
    pairs = zip(truth.tolist(), predicted.tolist(), strict=True)
    return np.array([place[t] * len(place) + place[p] for t, p in pairs], np.int64)


def _one_class_each(truth: NDArray[np.generic], names: NDArray[np.generic]) -> bool:
    return all(len(np.unique(truth[names == name])) == 1 for name in np.unique(names))


def _reason(difference: float, lower: float, upper: float, margin: float) -> str:
    found = f"{difference:+.3f} ({lower:+.3f} to {upper:+.3f})"
    if difference < margin:
        return f"kept: the gain {found} is below the margin {margin:.3f}"
    if lower <= 0.0:
        return f"kept: the gain {found} may be chance"
    return f"promoted: the gain {found} reaches the margin {margin:.3f}"
