"""What a search found: counts, the front, what is chosen from it; as JSON and table."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import formats
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.search.candidate import Candidate, Problem
from ecmkit.search.settings import SearchSettings
from ecmkit.search.study import Study, Trial

__all__ = ["Confirmed", "SearchReport", "confirm", "report_of"]

Exact = Callable[[CompiledModel, NDArray[np.float32]], ModelCost]


class Confirmed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A candidate of the front as it would be released."""

    number: int
    candidate: Candidate
    expected_score: float
    """Mean of the folds, of the float model."""
    score: float
    """Mean of the same folds, of the compiled C on this machine."""
    scores: tuple[float, ...]
    expected: ModelCost
    cost: ModelCost
    """Of the model of all rows, by an emulator if there was one."""


class SearchReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """All trials of a study, and those that nothing beats."""

    version: int = 1
    name: str
    settings: SearchSettings
    counts: dict[str, int]
    """Trials by state."""
    front: tuple[Confirmed, ...]
    """Best score first."""
    trials: tuple[Trial, ...]

    def write(self, path: str | Path) -> None:
        """Write it as JSON; the file appears complete or not at all."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        formats.write_atomic(Path(path), text + b"\n")

    def rows(self) -> list[tuple[str, ...]]:
        """Table of the front: a head, and texts of one row a candidate."""
        head = ("trial", "family", "options", "score", "flash", "RAM", "instructions")
        return [head, *map(_row, self.front)]

    def best(self) -> Confirmed:
        """Return the candidate with the best score in compiled C, cheapest of equals.

        Raises
        ------
        ValueError
            If no candidate kept the limits.
        """
        if not self.front:
            counts = ", ".join(f"{n} {state}" for state, n in self.counts.items())
            raise ValueError(f"no candidate keeps the limits: {counts or 'no trials'}")
        return max(self.front, key=lambda c: (c.score, -c.cost.instructions))


def _row(found: Confirmed) -> tuple[str, ...]:
    options = ", ".join(f"{k} {v}" for k, v in found.candidate.options.items())
    cost = found.cost
    return (
        str(found.number),
        found.candidate.family,
        options,
        f"{found.score:.3f}",
        f"{cost.flash_bytes:,}",
        f"{cost.ram_bytes:,}",
        f"{cost.instructions:,}",
    )


def confirm(problem: Problem, trial: Trial, exact: Exact | None = None) -> Confirmed:
    """Judge a candidate once more, in compiled C.

    Parameters
    ----------
    problem : Problem
        Of the search.
    trial : Trial
        Done.
    exact : callable, optional
        Cost of a compiled model on rows, such as `ecmkit.bench.model_cost` of the
        target; the cost model's if left out. That of the columns is added.

    Returns
    -------
    Confirmed

    Raises
    ------
    BuildError, MissingError
        If this machine has no C compiler.
    ValueError
        If the trial is not done.
    """
    if trial.state != "done" or trial.cost is None:
        raise ValueError(f"trial {trial.number}: {trial.state}, expected done")
    candidate, table, scores = trial.candidate, problem.table, []
    for learn, test in problem.folds:
        model = problem.fitted(candidate, table.rows(learn))
        rows = table.rows(test)
        scores.append(problem.score(model, rows, model.compile().predict(rows.x)))
    whole = problem.fitted(candidate, table)
    cost = problem.actual(candidate, whole, exact)
    return Confirmed(
        number=trial.number,
        candidate=candidate,
        expected_score=trial.score,
        score=float(np.mean(scores)),
        scores=tuple(scores),
        expected=trial.cost,
        cost=cost,
    )


def report_of(study: Study, confirmed: Sequence[Confirmed]) -> SearchReport:
    """Collect what a study found.

    Parameters
    ----------
    study : Study
        Its storage is read.
    confirmed : sequence of Confirmed
        The front, see `confirm`.
    """
    trials = study.trials()
    return SearchReport(
        name=study.name,
        settings=study.settings,
        counts=dict(sorted(Counter(t.state for t in trials).items())),
        front=tuple(confirmed),
        trials=trials,
    )
