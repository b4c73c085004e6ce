"""A problem whose scores and costs are told, not trained: a function of the options."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ecmkit.graph import ModelCost
from ecmkit.search import Candidate
from tests.synthetic import table

TABLE = table(n=24, n_features=2)


def cost(instructions: float, flash: float = 0) -> ModelCost:
    return ModelCost(
        target="told",
        flash_bytes=int(flash),
        ram_bytes=0,
        instructions=int(instructions),
        label="estimated",
    )


@dataclass
class Model:
    candidate: Candidate
    fold: int

    def predict(self, x: np.ndarray) -> np.ndarray:
        return x


def rising(options: dict, fold: int) -> float:
    return 0.5 + options["n_trees"] / 1000 + fold / 100


@dataclass
class Told:
    """Looks like a `Problem` to a study."""

    scores: Callable[[dict, int], float] = rising
    n_folds: int = 3
    slow_s: float = 0.0
    trained: list[Candidate] = field(default_factory=list)

    def __post_init__(self) -> None:
        mask = np.arange(len(TABLE.x)) % 2 == 0
        self.folds = [(mask, ~mask)] * self.n_folds
        self.table = TABLE

    def lower_bound(self, candidate: Candidate) -> ModelCost | None:
        return None

    def expected(self, candidate: Candidate) -> ModelCost:
        n = candidate.options["n_trees"]
        return cost(100 * n, 50 * n)

    def actual(self, candidate: Candidate, model: Model) -> ModelCost:
        return self.expected(candidate)

    def fitted(self, candidate: Candidate, rows: object) -> Model:
        time.sleep(self.slow_s)
        before = sum(c is candidate for c in self.trained)
        self.trained.append(candidate)
        return Model(candidate, before)

    def score(self, model: Model, rows: object, found: object) -> float:
        return self.scores(model.candidate.options, model.fold)
