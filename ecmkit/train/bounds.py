"""What a model costs at least, told before it is trained."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.graph import CompiledModel
from ecmkit.train.checks import only, require_table
from ecmkit.train.detectors import DETECTORS, fit_detector
from ecmkit.train.estimators import ESTIMATORS, fit_estimator
from ecmkit.train.forest import fit_forest
from ecmkit.train.kmeans import fit_kmeans
from ecmkit.train.networks import untrained
from ecmkit.train.scaler import Scaler

__all__ = ["PROBES", "TREES", "LowerBound", "lower_bound", "require_size"]

_NETWORKS = ("autoencoder", "ds-cnn", "gru", "mlp", "resnet", "tcn", "vae")
PROBES = (2, 4)
"""Trees of the forests from whose costs that of a larger one is drawn out."""
TREES: dict[str, tuple[str, int]] = {
    "extra-trees": ("n_estimators", 40),
    "forest-regression": ("n_estimators", 40),
    "gradient-boosting": ("n_estimators", 40),
    "isolation-forest": ("n_estimators", 50),
    "lightgbm": ("n_estimators", 40),
    "random-forest": ("n_trees", 40),
}
"""Families of trees: the option for their number, and its default."""
_SIZES = {
    "gaussian-mixture": "n_components",
    "k-means": "n_clusters",
    "lof": "n_prototypes",
    "nearest-neighbours": "n_prototypes",
    "neighbours": "n_prototypes",
    "one-class-svm": "nu",
    "pca": "n_components",
    **{family: option for family, (option, _) in TREES.items()},
}
"""The option that the size goes with, beside the number of features."""
_SHARES = ("one-class-svm", "pca")
"""Families of which it may be a share."""
_GROWING = (
    "bootstrap", "ccp_alpha", "max_samples", "min_impurity_decrease",
    "min_samples_leaf", "min_samples_split", "min_weight_fraction_leaf", "subsample",
)  # fmt: skip
"""Options that say where a tree ends: the smallest trees take no notice."""
_ROUNDED = 1e-6
_FEWEST = 20
"""Rows of a stand-in: detectors ask for as many."""


@dataclass(frozen=True, kw_only=True)
class LowerBound:
    """The smallest models that a family gives with some settings."""

    what: str
    """In words, such as ``k-means of 12 features, n_clusters 8``."""
    models: tuple[CompiledModel, ...]
    """One; or of a family of trees two, with few trees."""
    steps: float = 0.0
    """How often the difference of the two is added to the first."""

    def cost(self, of: Callable[[CompiledModel], Mapping[str, int]]) -> dict[str, int]:
        """Follow the line through the costs of the models.

        Parameters
        ----------
        of : callable
            Cost of a compiled model, by name.

        Returns
        -------
        dict of str to int
            What no model of the settings costs less than.
        """
        found = [of(model) for model in self.models]
        return {
            name: max(int(low + self.steps * (found[-1][name] - low)), 0)
            for name, low in found[0].items()
        }


def lower_bound(
    table: FeatureTable,
    *,
    family: str,
    features: Sequence[str] = ("*",),
    **options: Any,
) -> LowerBound | None:
    """Make the smallest models that a family could give, without training on a table.

    A stand-in of random numbers takes the place of the table: as many features and
    classes, and as few rows as the settings allow. What is sure of each family is in
    the notes.

    Parameters
    ----------
    table : FeatureTable
        What is to be trained on: features that vary, classes, and for families that
        keep windows how many different ones there are.
    family, features, **options
        As of `ecmkit.train.fit`.

    Returns
    -------
    LowerBound or None
        None of a family of another package, of which nothing is known.

    Raises
    ------
    ValueError, TypeError
        If the size is no number, or from the family, if an option is out of range or
        there is no such.
    FormatError
        If what the settings give has no form on the device; names the part.

    Notes
    -----
    A network, ``logistic``, ``ridge``, ``naive-bayes``, ``mahalanobis``, ``k-means``
    and ``gaussian-mixture`` are as large as that, trained or not. Neighbours keep
    ``n_prototypes`` windows where there are as many different ones. Of trees only the
    number is sure: each counts as one split; of ``lightgbm``, and where training may
    stop early, those of one round. ``pca`` by a share of the variance has one component
    at least, a radial ``svm`` one window of each class, ``one-class-svm`` the share
    ``nu`` of the windows (B. Schölkopf et al., Neural Computation 13 (2001), 1443).

    Examples
    --------
    >>> from ecmkit.features import FeatureTable
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)
    >>> table = FeatureTable(
    ...     x=x, names=tuple("abcdef"), units=("1",) * 6, contract_id="0" * 64,
    ...     recording=np.repeat("r", 500), start=np.arange(500),
    ...     label=np.repeat("normal", 500), group=np.repeat("m", 500),
    ... )
    >>> smallest = lower_bound(table, family="nearest-neighbours", n_prototypes=300)
    >>> smallest.what
    'nearest-neighbours of 6 features, n_prototypes 300'
    >>> smallest.cost(lambda model: {"flash": model.flash_bytes})["flash"] > 300 * 6 * 4
    True
    """
    known = {"random-forest", "k-means", *ESTIMATORS, *DETECTORS, *_NETWORKS}
    if family not in known:
        return None
    table = only(table, features)
    require_size(family, options)
    what = _words(table, family, options)
    if family in _NETWORKS:
        model = untrained(table, family=family, **options)
        return LowerBound(what=what, models=(model.compile(),))
    require_table(table, family=family, at_least=1)
    if family in TREES:
        return _trees(table, family, options, what)
    if family == "one-class-svm":
        return _support(table, options, what)
    rows, settings = _smallest(table, family, options)
    return LowerBound(what=what, models=(_made(rows, family, settings),))


def require_size(family: str, options: Mapping[str, Any]) -> None:
    """Refuse a size that is no number.

    Parameters
    ----------
    family : str
        Family that the options are of.
    options : mapping of str to object
        As of `ecmkit.train.fit`.

    Raises
    ------
    ValueError
        Naming family, option, found and expected. What numbers there may be is told by
        the family itself.
    """
    option = _SIZES.get(family, "")
    value = options.get(option, 1)
    number = isinstance(value, int | float | np.integer | np.floating)
    share = family in _SHARES
    if not number or not (share or (np.isfinite(value) and value == int(value))):
        raise ValueError(
            f"{family}: {option} {value!r}, "
            f"expected a {'' if share else 'whole '}number"
        )


def _words(table: FeatureTable, family: str, options: Mapping[str, Any]) -> str:
    option = _SIZES.get(family, "")
    given = options.get(option, _usual(family, option))
    text = f"{family} of {len(table.names)} features"
    return text if given is None else f"{text}, {option} {given}"


def _usual(family: str, option: str) -> Any:
    """Value of an option that is not given; None if it does not count."""
    if family in TREES:
        return TREES[family][1]
    if family in DETECTORS:
        return DETECTORS[family].options.get(option)
    if family in ESTIMATORS:
        return ESTIMATORS[family].own.get(option)
    return 8 if family == "k-means" else None


def _made(rows: FeatureTable, family: str, options: Mapping[str, Any]) -> CompiledModel:
    """Train on a stand-in and compile; what is odd about the stand-in is not told."""
    given: dict[str, Any] = dict(options, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if family == "random-forest":
            return fit_forest(rows, **given).compile()
        if family == "k-means":
            return fit_kmeans(rows, **given).compile()
        function = fit_detector if family in DETECTORS else fit_estimator
        return function(rows, family=family, **given).compile()


def _trees(
    table: FeatureTable, family: str, options: Mapping[str, Any], what: str
) -> LowerBound:
    """Trees of one leaf, or of one split: no tree is smaller in any form."""
    option, usual = TREES[family]
    own = {k: v for k, v in options.items() if k not in _GROWING}
    total = int(own.get(option, usual))
    if family == "lightgbm" or own.pop("n_iter_no_change", None) is not None:
        total = 1
    if family in ("gradient-boosting", "lightgbm"):
        own |= {"max_depth": 1, "learning_rate": 1e-60}  # leaves of 0 in float32
    else:
        own |= {"max_samples": 1}
        own |= {} if family in ("random-forest", "isolation-forest") else {
            "bootstrap": True
        }  # fmt: skip
    rows = _stand_in(table, _FEWEST, one=True)
    probes = PROBES if total > PROBES[1] else (total,)
    models = tuple(_made(rows, family, own | {option: n}) for n in probes)
    return LowerBound(what=what, models=models, steps=(total - probes[0]) / 2)


def _support(table: FeatureTable, options: Mapping[str, Any], what: str) -> LowerBound:
    """Support vectors: the share `nu` of the windows."""
    own = {"nu": _usual("one-class-svm", "nu")} | dict(options)
    if not 0 < own["nu"] <= 1:
        return LowerBound(what=what, models=(_made(table, "one-class-svm", own),))
    total = max(ceil(own["nu"] * len(table.x) - _ROUNDED), 1)
    probes = (total,) if total <= 2 * _FEWEST else (_FEWEST, 2 * _FEWEST)
    models = []
    for n in probes:
        rows = _stand_in(table, max(n, _FEWEST))
        # All windows are alike to so wide a kernel: the first guess is the answer.
        own |= {"nu": (n - 0.5) / len(rows.x), "gamma": 1e-12}
        models.append(_made(rows, "one-class-svm", own))
    steps = (total - probes[0]) / _FEWEST
    return LowerBound(what=what, models=tuple(models), steps=steps)


def _smallest(
    table: FeatureTable, family: str, options: Mapping[str, Any]
) -> tuple[FeatureTable, dict[str, Any]]:
    """Stand-in and options of the smallest model of a family without trees."""
    own, n = dict(options), _FEWEST
    given = own.get(_SIZES.get(family, ""), _usual(family, _SIZES.get(family, "")))
    if family == "k-means":
        n, own["n_starts"] = max(n, int(given)), 1
    elif family == "gaussian-mixture":
        n = max(n, int(given) + 1)
    elif family == "pca" and given < 1:
        own["n_components"] = 1
    elif family == "svm" and own.get("kernel", "rbf") == "rbf":
        own["kernel"] = "linear"  # a column of weights a class: as a window of each
    elif family == "neighbours":
        n = _kept(table, family, int(given))
        own["n_prototypes"] = max(n, int(given)) if given > 1 else given
    elif family in ("lof", "nearest-neighbours"):
        n = _kept(table, family, int(given))
        # Equal windows are kept once: as many different ones, and enough to train on.
        return _stand_in(table, max(n, _FEWEST), different=n), own
    return _stand_in(table, n), own


def _kept(table: FeatureTable, family: str, n: int) -> int:
    """Windows that are kept of a table."""
    classes = np.zeros(len(table.x), np.int64)
    if family == "neighbours":
        if len(table.x) <= n:
            return len(table.x)
        if table.target is None:
            classes = np.unique(table.label, return_inverse=True)[1]
    z = Scaler.fit(table.x).apply(table.x)
    most = max(1, n // (int(classes.max()) + 1))
    counts = [len(np.unique(z[classes == k], axis=0)) for k in np.unique(classes)]
    return sum(min(most, count) for count in counts)


def _stand_in(
    table: FeatureTable, n: int, *, one: bool = False, different: int = 0
) -> FeatureTable:
    """Random rows with the features, classes and kind of target of a table.

    Features that are constant stay so; with `one`, all but the first that varies. After
    as many rows as are `different` the same ones follow again.
    """
    random = np.random.default_rng(0)
    varies = table.x.max(axis=0) > table.x.min(axis=0)
    if one:
        varies &= np.cumsum(varies) == 1
    classes = np.unique(table.label)
    n = max(n, 2 * len(classes)) if len(classes) > 1 else n
    x: NDArray[np.float64] = np.where(varies, random.normal(size=(n, len(varies))), 0.0)
    x = x[np.arange(n) % (different or n)]
    ends = np.arange(n) % 2
    return replace(
        table,
        x=np.ascontiguousarray(x, np.float32),
        recording=np.repeat("stand-in", n),
        start=np.arange(n, dtype=np.int64),
        label=classes[np.arange(n) % len(classes)],
        group=np.repeat("stand-in", n),
        target=None if table.target is None else ends.astype(table.target.dtype),
    )
