"""Candidates drawn at random from the spaces of a search, untrained where that costs
the same."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search import Candidate, Drawn, Problem, chosen, space_of
from ecmkit.train import fit_forest
from tests.synthetic import table

__all__ = ["FAMILIES", "Sample", "draw", "forests_of_two", "samples"]

FAMILIES = (
    "mlp", "autoencoder", "vae", "ds-cnn", "tcn", "gru", "resnet", "random-forest",
    "k-means",
)  # fmt: skip
SAMPLES = (24, 40, 64, 100, 128, 200, 256)
OPEN = "mlp", "autoencoder", "vae", "random-forest", "k-means"
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
    """Draw a candidate; every fifth network stays in single precision."""
    random = np.random.default_rng([seed, len(family)])
    if family in OPEN:
        shape: tuple[int, ...] = (int(random.integers(4, 80)),)
    else:
        shape = int(random.integers(1, 4)), int(random.choice(SAMPLES))
    found = table(n=240, n_features=prod(shape), seed=seed)
    found = replace(found, shape=shape if len(shape) > 1 else ())
    inside = np.arange(len(found.x)) % 12 < 10
    folds = [(found.group != "m0", found.group == "m0")]
    problem = Problem(table=found, folds=folds, cost=_no_cost)
    options = chosen(space_of(family), Drawn(seed))
    candidate = Candidate(family=family, options=options)
    model = problem.untrained(candidate, found.rows(inside))
    if seed % 5 == 4:
        model = replace(model, calibration=None)
    rows = found.x[::8] if family in ("random-forest", "k-means") else found.x[:2]
    return Sample(
        name=f"{family} {seed}",
        family=family,
        compiled=model.compile(),
        rows=np.ascontiguousarray(rows),
    )


def samples(seeds: Iterable[int]) -> list[Sample]:
    """One candidate of each family for each seed."""
    return [draw(family, seed) for seed in seeds for family in FAMILIES]


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
