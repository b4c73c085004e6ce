"""What may be chosen: for each family, the options and their ranges, as data."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import msgspec
import numpy as np

__all__ = ["SPACES", "Axis", "Chooser", "RandomChooser", "chosen", "points", "space_of"]

Plain = str | int | float | bool


class Axis(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One option: a range of numbers, or choices.

    In TOML ``n_trees = {low = 4, high = 80, log = true}``, or ``kernel = {choices =
    [3, 5, 9]}``, or, of a list such as the widths of layers, ``widths = {low = 4, high
    = 48, length = [2, 4]}``. Whole numbers where both ends are whole.
    """

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    """Drawn on a logarithmic scale."""
    step: int | float | None = None
    choices: tuple[Plain, ...] = ()
    length: tuple[int, int] | None = None
    """Of a list whose elements each lie in the range: fewest and most."""

    def __post_init__(self) -> None:
        """Refuse an empty range, and both or neither of range and choices."""
        ranged = self.low is not None and self.high is not None
        if ranged == bool(self.choices):
            raise ValueError(
                f"found low {self.low}, high {self.high}, choices "
                f"{list(self.choices)}; expected low and high, or choices"
            )
        if self.low is not None and self.high is not None:
            if not self.low <= self.high or (self.log and self.low <= 0):
                raise ValueError(
                    f"found low {self.low}, high {self.high}; expected low <= high, "
                    "and low > 0 on a logarithmic scale"
                )
            if self.log and self.step is not None:
                raise ValueError("found step and log, expected one of the two")
        if self.length is not None and not 1 <= self.length[0] <= self.length[1]:
            raise ValueError(f"length: found {list(self.length)}, expected 1 <= a <= b")

    @property
    def whole(self) -> bool:
        """Whether the range is one of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


Space = Mapping[str, Axis]

_RATE = Axis(low=5e-4, high=1e-2, log=True)
_DROPOUT = Axis(low=0.0, high=0.4, step=0.1)
_TREES = Axis(low=4, high=80, log=True)
_PROTOTYPES = Axis(low=16, high=200, log=True)
_PENALTY = Axis(low=1e-2, high=1e2, log=True)
_BAGGED: Space = {
    "n_estimators": _TREES,
    "max_depth": Axis(low=3, high=14),
    "min_samples_leaf": Axis(low=1, high=16, log=True),
}
SPACES: dict[str, Space] = {
    "autoencoder": {
        "hidden": Axis(low=2, high=32, log=True, length=(1, 3)),
        "learning_rate": _RATE,
    },
    "ds-cnn": {
        "widths": Axis(low=4, high=48, log=True, length=(2, 4)),
        "first_kernel": Axis(choices=(7, 15, 31)),
        "kernel": Axis(choices=(3, 5, 9)),
        "dropout": _DROPOUT,
        "learning_rate": _RATE,
    },
    "extra-trees": _BAGGED,
    "forest-regression": _BAGGED,
    "gaussian-mixture": {
        "n_components": Axis(low=1, high=8),
        "regularisation": Axis(low=1e-4, high=1e-1, log=True),
    },
    "gradient-boosting": {
        "n_estimators": _TREES,
        "max_depth": Axis(low=2, high=5),
        "learning_rate": Axis(low=0.05, high=0.5, log=True),
    },
    "gru": {
        "widths": Axis(low=4, high=32, log=True, length=(1, 2)),
        "dropout": _DROPOUT,
        "learning_rate": _RATE,
    },
    "isolation-forest": {
        "n_estimators": Axis(low=10, high=100, log=True),
        "max_samples": Axis(choices=(0.1, 0.25, 0.5, 1.0)),
    },
    "k-means": {"n_clusters": Axis(low=2, high=32, log=True)},
    "lightgbm": {
        "n_estimators": _TREES,
        "max_depth": Axis(low=2, high=8),
        "num_leaves": Axis(low=4, high=32, log=True),
        "learning_rate": Axis(low=0.05, high=0.5, log=True),
    },
    "lof": {"n_neighbors": Axis(low=3, high=12), "n_prototypes": _PROTOTYPES},
    "logistic": {"C": _PENALTY},
    "mahalanobis": {},
    "mlp": {
        "widths": Axis(low=4, high=64, log=True, length=(1, 3)),
        "dropout": _DROPOUT,
        "learning_rate": _RATE,
    },
    "naive-bayes": {"var_smoothing": Axis(low=1e-9, high=1e-1, log=True)},
    "nearest-neighbours": {
        "n_neighbors": Axis(low=1, high=8),
        "n_prototypes": _PROTOTYPES,
    },
    "neighbours": {
        "n_neighbors": Axis(low=1, high=9, step=2),
        "n_prototypes": _PROTOTYPES,
    },
    "one-class-svm": {"nu": Axis(low=0.01, high=0.3, log=True)},
    "pca": {
        "n_components": Axis(low=0.8, high=0.98, step=0.02),
        "statistic": Axis(choices=("both", "t2", "q")),
    },
    "random-forest": {
        "n_trees": _TREES,
        "max_depth": Axis(low=3, high=14),
        "min_samples_leaf": Axis(low=1, high=16, log=True),
        "max_features": Axis(choices=("sqrt", "log2", 0.5)),
    },
    "resnet": {
        "widths": Axis(low=4, high=32, log=True, length=(2, 4)),
        "first_kernel": Axis(choices=(7, 15, 31)),
        "kernel": Axis(choices=(3, 5)),
        "dropout": _DROPOUT,
        "learning_rate": _RATE,
    },
    "ridge": {"alpha": Axis(low=1e-3, high=1e3, log=True)},
    "svm": {
        "C": _PENALTY,
        "gamma": Axis(low=1e-3, high=1.0, log=True),
        "kernel": Axis(choices=("rbf", "linear")),
    },
    "tcn": {
        "widths": Axis(low=4, high=32, log=True, length=(2, 4)),
        "kernel": Axis(choices=(2, 3, 5)),
        "dropout": _DROPOUT,
        "learning_rate": _RATE,
    },
    "vae": {
        "widths": Axis(low=4, high=32, log=True, length=(1, 2)),
        "latent": Axis(low=1, high=8),
        "learning_rate": _RATE,
    },
}
"""By family; a project file takes the place of single options."""


def space_of(family: str, own: Mapping[str, Axis] | None = None) -> dict[str, Axis]:
    """Space of a family, with the options that a project gives in place of ours.

    Raises
    ------
    ValueError
        If we have no space for the family, and the project gives none.
    """
    if family not in SPACES and not own:
        raise ValueError(
            f"family {family!r}: expected one of {', '.join(SPACES)}, or a space for it"
        )
    return {**SPACES.get(family, {}), **(own or {})}


class Chooser(Protocol):
    """Who decides: a trial of Optuna, or random numbers."""

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Choose a whole number, both ends included."""

    def suggest_float(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: float | None = None,
        log: bool = False,
    ) -> float:
        """Choose a number."""

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """Choose one of several."""


class RandomChooser:
    """Chooses at random.

    Parameters
    ----------
    seed : int
        Decides all choices.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Choose a whole number, both ends included."""
        if log:
            ends = np.log(low), np.log(high + 1)
            return min(int(np.exp(self._random.uniform(*ends))), high)
        return low + step * int(self._random.integers(0, (high - low) // step + 1))

    def suggest_float(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: float | None = None,
        log: bool = False,
    ) -> float:
        """Choose a number."""
        if step:
            steps = int(self._random.integers(0, round((high - low) / step) + 1))
            return low + step * steps
        if log:
            return float(np.exp(self._random.uniform(np.log(low), np.log(high))))
        return float(self._random.uniform(low, high))

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """Choose one of several."""
        return choices[int(self._random.integers(len(choices)))]


def chosen(space: Space, chooser: Chooser, prefix: str = "") -> dict[str, Any]:
    """Options that a chooser takes from a space.

    Examples
    --------
    >>> space = {"kernel": Axis(choices=(3,)), "n": Axis(low=2, high=2)}
    >>> chosen(space, RandomChooser(0))
    {'kernel': 3, 'n': 2}
    """
    made: dict[str, Any] = {}
    for name, axis in space.items():
        full = f"{prefix}{name}"
        if axis.length is None:
            made[name] = _one(axis, chooser, full)
            continue
        fewest, most = axis.length
        n = fewest
        if most > fewest:
            n = chooser.suggest_int(f"{full}.length", fewest, most)
        made[name] = [_one(axis, chooser, f"{full}.{i}") for i in range(n)]
    return made


def _one(axis: Axis, chooser: Chooser, name: str) -> Any:
    if axis.choices:
        return chooser.suggest_categorical(name, list(axis.choices))
    low, high = axis.low, axis.high
    if isinstance(low, int) and isinstance(high, int):
        step = 1 if axis.step is None else int(axis.step)
        return chooser.suggest_int(name, low, high, step=step, log=axis.log)
    least, most = float(low or 0.0), float(high or 0.0)
    value = chooser.suggest_float(name, least, most, step=axis.step, log=axis.log)
    return float(f"{value:.6g}")


def points(axis: Axis, n: int) -> Axis:
    """Turn a range into at most n choices, ends included; choices stay as they are.

    Examples
    --------
    >>> points(Axis(low=4, high=64, log=True), 3).choices
    (4, 16, 64)
    """
    if axis.choices or axis.low is None or axis.high is None:
        return axis
    scale = np.geomspace if axis.log else np.linspace
    values = scale(axis.low, axis.high, n)
    if axis.step is not None:
        values = axis.low + np.round((values - axis.low) / axis.step) * axis.step
    found: list[Plain] = []
    for value in values:
        one: Plain = round(value) if axis.whole else float(f"{value:.6g}")
        if one not in found:
            found.append(one)
    return Axis(choices=tuple(found), length=axis.length)


def every(space: Space) -> Iterator[dict[str, Any]]:
    """All combinations of a space of choices, in order."""
    lists = [_values(name, axis) for name, axis in space.items()]
    for values in itertools.product(*lists):
        yield dict(zip(space, values, strict=True))


def _values(name: str, axis: Axis) -> list[Any]:
    if not axis.choices:
        raise ValueError(f"{name}: a range, expected choices; see `points`")
    if axis.length is None:
        return list(axis.choices)
    fewest, most = axis.length
    sizes = range(fewest, most + 1)
    return [
        list(values)
        for n in sizes
        for values in itertools.product(axis.choices, repeat=n)
    ]


def key_of(options: Mapping[str, Any]) -> str:
    """Text that tells two choices apart."""
    return json.dumps(options, sort_keys=True, default=list)
