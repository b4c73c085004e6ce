"""Sets of classes and intervals that hold the truth at a stated rate, by recording."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.train.model import TrainedModel

__all__ = ["Conformal", "CoverageOf", "conformal", "limit_of"]

CoverageOf = Literal["window", "recording"]


@dataclass(frozen=True, kw_only=True)
class Conformal:
    """A limit on how strange a truth may be: one comparison on a device."""

    coverage: float
    """Share of truths that are held at least."""
    of: CoverageOf
    limit: float
    """Of classes: 1 minus the probability that suffices; of values: half a width."""
    outputs: tuple[str, ...]
    unit: str = ""

    def sets(self, p: ArrayLike) -> NDArray[np.bool_]:
        """Classes that may be the truth.

        Parameters
        ----------
        p : array-like, shape (n, n_classes)
            Probabilities.

        Returns
        -------
        ndarray of bool, shape (n, n_classes)
            Those with a probability of at least ``1 - limit``. None: like nothing that
            was seen; several: the model cannot tell.
        """
        found: NDArray[np.bool_] = 1.0 - np.asarray(p, np.float64) <= self.limit
        return found

    def intervals(self, y: ArrayLike) -> NDArray[np.float64]:
        """Smallest and largest value that may be the truth.

        Parameters
        ----------
        y : array-like, shape (n,) or (n, 1)
            Values of a regression.

        Returns
        -------
        ndarray, shape (n, 2)
        """
        middle = np.asarray(y, np.float64).reshape(-1, 1)
        ends: NDArray[np.float64] = middle + np.array([-self.limit, self.limit])
        return ends


def conformal(
    model: TrainedModel,
    table: FeatureTable,
    *,
    coverage: float = 0.9,
    of: CoverageOf = "window",
    by: Literal["recording", "group"] = "recording",
) -> Conformal:
    """Find what a set or interval must hold to have the truth at a stated rate.

    Parameters
    ----------
    model : TrainedModel
        Of kind ``class`` or ``values``.
    table : FeatureTable
        Windows of recordings that it was not trained on, with labels or a target: the
        recordings that it will meet must be like these, in no order (exchangeable).
    coverage : float
        Wanted rate, above 0 and below 1.
    of : {"window", "recording"}
        What holds at this rate: the truth of a window that is drawn from a new
        recording, or the truths of all windows of a new recording at once.
    by : {"recording", "group"}
        What is new as a whole: a recording, or a machine.

    Returns
    -------
    Conformal

    Raises
    ------
    ValueError
        If the table does not suffice for this rate, or does not fit the model.

    Notes
    -----
    Windows of one recording are alike, so that a limit taken from windows as if they
    were drawn one by one promises too much. Here each recording weighs the same, and
    the one to come counts as one more whose scores are without limit: Y. Lee,
    R. F. Barber and R. Willett, arXiv 2306.06342 (2023); classes by M. Sadinle et al.,
    J. Am. Stat. Assoc. 114 (2019), 223-234. The rate holds over the draw of the
    recordings as well, not for every set of them.
    """
    if by not in ("recording", "group"):
        raise ValueError(f"by {by!r}, expected 'recording' or 'group'")
    if table.hash == model.table_hash:
        raise ValueError(
            f"{model.name}: the table that it was trained on, expected windows of "
            "other recordings"
        )
    owner = table.recording if by == "recording" else table.group
    limit = limit_of(_strangeness(model, table), owner, coverage=coverage, of=of)
    return Conformal(
        coverage=coverage,
        of=of,
        limit=limit,
        outputs=model.outputs,
        unit=table.target_unit if model.kind == "values" else "",
    )


def limit_of(
    strangeness: ArrayLike,
    owner: NDArray[np.str_],
    *,
    coverage: float,
    of: CoverageOf = "window",
) -> float:
    """Limit that the strangeness of what comes keeps at a stated rate.

    Parameters
    ----------
    strangeness : array-like, shape (n_windows,)
        Of the truths, such as the distance of a prediction.
    owner : ndarray of str, shape (n_windows,)
        Recording of each.
    coverage, of
        See `conformal`.

    Raises
    ------
    ValueError
        If there are too few recordings for this rate: at least
        ``coverage / (1 - coverage)``.

    Examples
    --------
    >>> limit_of([1, 2, 3, 9], np.array(["a", "a", "b", "c"]), coverage=0.5)
    3.0
    """
    if not 0 < coverage < 1 or of not in get_args(CoverageOf):
        raise ValueError(
            f"coverage {coverage}, of {of!r}: expected above 0 and below 1, and one of "
            f"{', '.join(get_args(CoverageOf))}"
        )
    found = np.asarray(strangeness, np.float64)
    names, at, counts = np.unique(owner, return_inverse=True, return_counts=True)
    k = len(names)
    if k + 1e-9 < coverage * (k + 1):
        least = int(np.ceil(coverage / (1 - coverage) - 1e-9))
        raise ValueError(
            f"{k} recordings, expected at least {least} for a coverage of {coverage:g}"
        )
    if of == "recording":
        most = np.full(k, -np.inf)
        np.maximum.at(most, at, found)
        found, weights = most, np.ones(k)
    else:
        weights = 1.0 / counts[at]
    order = np.argsort(found, kind="stable")
    reached = np.cumsum(weights[order]) >= coverage * (k + 1) - 1e-9
    return float(found[order][np.argmax(reached)])


def _strangeness(model: TrainedModel, table: FeatureTable) -> NDArray[np.float64]:
    """1 minus the probability of the true class, or the distance from the target."""
    found = model.predict(table.x).astype(np.float64)
    if model.kind == "class":
        numbers = {name: i for i, name in enumerate(model.outputs)}
        unknown = sorted(set(table.label.tolist()) - numbers.keys())
        if unknown:
            raise ValueError(
                f"{model.name}: label {unknown[0]!r}, expected one of "
                f"{', '.join(model.outputs)}"
            )
        true = np.array([numbers[label] for label in table.label.tolist()])
        missing: NDArray[np.float64] = 1.0 - found[np.arange(len(true)), true]
        return missing
    if model.kind == "values" and table.target is not None:
        away: NDArray[np.float64] = np.abs(found[:, 0] - table.target)
        return away
    raise ValueError(
        f"{model.name}: a model of kind {model.kind!r} and "
        f"{'no' if table.target is None else 'a'} target, expected a classifier, or a "
        "regression and a target"
    )
