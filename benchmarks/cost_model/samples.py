"""Candidates drawn at random from the spaces of a search, untrained where that costs
the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search import Candidate, Problem, RandomChooser, chosen, space_of
from ecmkit.train import fit_forest
from tests.synthetic import table

__all__ = [
    "FAMILIES",
    "FEWER",
    "NETWORKS",
    "Sample",
    "draw",
    "forests_of_two",
    "samples",
]

NETWORKS = ("mlp", "autoencoder", "vae", "ds-cnn", "tcn", "gru", "resnet")
FORESTS = (
    "random-forest", "extra-trees", "forest-regression", "gradient-boosting",
    "lightgbm", "isolation-forest",
)  # fmt: skip
OTHERS = (
    "k-means", "logistic", "ridge", "naive-bayes", "svm", "neighbours", "mahalanobis",
    "pca", "gaussian-mixture", "one-class-svm", "nearest-neighbours", "lof",
)  # fmt: skip
FAMILIES = (*NETWORKS, *FORESTS, *OTHERS)
FEWER = (*FORESTS[1:], *OTHERS[1:])
"""Families whose candidates differ less: fewer of them are fitted to."""
ONLY_VALUES = ("forest-regression", "ridge")
VALUES_TOO = ("extra-trees", "gradient-boosting", "lightgbm", "svm", "neighbours")
SAMPLES = (24, 40, 64, 100, 128, 200, 256)
OPEN = ("mlp", "autoencoder", "vae", *FORESTS, *OTHERS)
"""Families whose rows are features in no order."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A model that is measured, and rows that it is run on."""

    name: str
    family: str
    compiled: CompiledModel
    rows: NDArray[np.float32]


def _no_cost(compiled: CompiledModel, rows: NDArray[np.float32]) -> ModelCost:
    raise NotImplementedError


def draw(family: str, seed: int) -> Sample:
    """Draw a candidate; every fifth network stays in single precision.

    Every third estimator tells two classes apart, every fourth gives values if it can.
    """
    random = np.random.default_rng([seed, len(family)])
    if family in OPEN:
        shape: tuple[int, ...] = (int(random.integers(4, 80)),)
    else:
        shape = int(random.integers(1, 4)), int(random.choice(SAMPLES))
    n_classes = 3
    if family in FEWER and seed % 3 == 2:
        n_classes = 2
    found = table(n=240, n_features=prod(shape), n_classes=n_classes, seed=seed)
    found = replace(found, shape=shape if len(shape) > 1 else ())
    if family in ONLY_VALUES or (family in VALUES_TOO and seed % 4 == 3):
        sizes = (found.x / found.x.std(axis=0)).sum(axis=1)
        found = replace(found, target=sizes, target_name="size")
    inside = np.arange(len(found.x)) % 12 < 10
    folds = [(found.group != "m0", found.group == "m0")]
    problem = Problem(table=found, folds=folds, cost=_no_cost)
    options = chosen(space_of(family), RandomChooser(seed))
    candidate = Candidate(family=family, options=options)
    model = problem.untrained(candidate, found.rows(inside))
    if seed % 5 == 4:
        model = replace(model, calibration=None)
    rows = found.x[:2] if family in NETWORKS else found.x[::8]
    return Sample(
        name=f"{family} {seed}",
        family=family,
        compiled=model.compile(),
        rows=np.ascontiguousarray(rows),
    )


def samples(seeds: Iterable[int], families: Sequence[str] = FAMILIES) -> list[Sample]:
    """One candidate of each family for each seed."""
    return [draw(family, seed) for seed in seeds for family in families]


def forests_of_two(seeds: Iterable[int]) -> list[Sample]:
    """Forests of two classes: their export subtracts one probability from 1."""
    made = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        width = int(random.integers(4, 60))
        found = table(n=240, n_features=width, n_classes=2, seed=seed)
        forest = fit_forest(
            found,
            n_trees=int(random.integers(2, 60)),
            max_depth=int(random.integers(3, 12)),
            min_samples_leaf=int(random.integers(1, 8)),
            seed=seed,
        )
        made.append(
            Sample(
                name=f"random-forest of two {seed}",
                family="random-forest",
                compiled=forest.compile(),
                rows=np.ascontiguousarray(found.x[::8]),
            )
        )
    return made
