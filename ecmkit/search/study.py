"""A search: candidates drawn, cut, judged fold by fold, and kept in a storage."""

import multiprocessing
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ecmkit.graph import ModelCost
from ecmkit.search import optuna_parts
from ecmkit.search.candidate import Candidate, Problem
from ecmkit.search.checks import FAILURES, MOST_FAILED, require_searchable
from ecmkit.search.settings import SearchSettings
from ecmkit.search.spaces import chosen, points, space_of

if TYPE_CHECKING:
    import optuna

__all__ = ["Study", "Trial"]

_STATE = "ecmkit.state"
_CANDIDATE, _COST, _SCORES = "candidate", "cost", "scores"
_OWNER, _REASON = "owner", "reason"


class _CandidateError(Exception):
    """A candidate that failed; other errors end the search."""


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A candidate and what became of it."""

    number: int
    state: str
    """``done``; ``infeasible``: over a limit, not trained if already the cost model
    said so; ``pruned``: given up after some folds; ``failed``: could not be trained,
    compiled or judged; ``running``."""
    candidate: Candidate
    cost: ModelCost | None
    """Expected, or, once it was trained, of what was trained."""
    scores: tuple[float, ...]
    """Of each fold that was judged."""
    reason: str = ""
    """Why it failed."""

    @property
    def score(self) -> float:
        """Mean over the folds; NaN if none was judged."""
        return float(np.mean(self.scores)) if self.scores else float("nan")


@dataclass(frozen=True)
class Study:
    """Trials of a search in a storage that several processes may share.

    Parameters
    ----------
    name : str
        Of the study in its storage.
    settings : SearchSettings
        What is searched.
    storage : str or Path
        A journal file, or the URL of a database, such as
        ``postgresql+psycopg://user@host/optuna``.

    Examples
    --------
    See ``docs/tutorial-search.md``.
    """

    name: str
    settings: SearchSettings
    storage: str | Path

    def run(
        self,
        problem: Problem,
        *,
        jobs: int = 1,
        trials: int | None = None,
        progress: Callable[[Trial], None] | None = None,
    ) -> tuple[Trial, ...]:
        """Search until there are as many trials as wanted; goes on where it was.

        Parameters
        ----------
        problem : Problem
            What is trained on. With several jobs it must be picklable.
        jobs : int
            Processes; further ones, on other machines too, may join by the same call.
        trials : int, optional
            In place of the settings': those that the storage already has count,
            without the failed ones; when as many have failed the search ends too.
        progress : callable, optional
            Told each trial of this process that has ended.

        Returns
        -------
        tuple of Trial
            All, by number.

        Raises
        ------
        ValueError
            If a family or option does not exist, a family cannot be foretold, the
            storage has a study of this name with other objectives, or the first 10
            candidates all fail; a single one that does is a trial with its reason.
        """
        wanted = self.settings.trials if trials is None else trials
        require_searchable(problem, self.settings)
        study = self._study(0)
        self._recover(study)
        start = len(study.get_trials(deepcopy=False))
        if jobs <= 1:
            _work(self, problem, 0, wanted, start, progress)
        else:
            self._parallel(problem, jobs, wanted, start)
        found = self.trials()
        own = [trial for trial in found if trial.number >= start]
        if _all_failed(own):
            reasons = [trial.reason for trial in own if trial.reason]
            raise ValueError(
                f"none of {len(reasons)} candidates could be judged, the last: "
                f"{reasons[-1]}"
            )
        return found

    def _parallel(self, problem: Problem, jobs: int, wanted: int, start: int) -> None:
        """Work in several processes."""
        context = multiprocessing.get_context("spawn")
        workers = [
            context.Process(target=_work, args=(self, problem, at, wanted, start, None))
            for at in range(jobs)
        ]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                worker.join()
        finally:
            for worker in workers:
                if worker.is_alive():
                    worker.terminate()
                    worker.join()
        broken = [w.exitcode for w in workers if w.exitcode]
        if broken:
            raise ChildProcessError(f"a process of the search ended with {broken[0]}")

    def trials(self) -> tuple[Trial, ...]:
        """All trials so far, by number."""
        return _trials_of(self._study(0))

    def front(self) -> tuple[Trial, ...]:
        """Trials that keep the limits and that none beats in every objective.

        Sorted by score, best first; of a single objective the best alone.
        """
        done = [t for t in self.trials() if t.state == "done"]
        return pareto(done, self.settings)

    # ---- inside ----

    def _study(self, worker: int) -> "optuna.Study":
        import optuna

        # A trial that fails is a row of the report; what stops a search is raised.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        directions = [
            "maximize" if name == "score" else "minimize"
            for name in self.settings.objectives
        ]
        with optuna_parts.quiet():
            study = optuna.create_study(
                study_name=self.name,
                storage=optuna_parts.storage(self.storage),
                sampler=optuna_parts.sampler(self.settings, worker),
                pruner=optuna_parts.pruner(self.settings),
                directions=directions,
                load_if_exists=True,
            )
        found = [d.name.lower() for d in study.directions]
        if found != directions:
            raise ValueError(
                f"{self.storage}: study {self.name!r} has objectives {found}, expected "
                f"{directions}"
            )
        with optuna_parts.quiet():
            study.set_metric_names(list(self.settings.objectives))
        return study

    def _recover(self, study: "optuna.Study") -> None:
        """Give trials whose process on this machine has died to the next one."""
        from optuna.trial import TrialState

        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            host, _, process = trial.user_attrs.get(_OWNER, "").partition(" ")
            if host == socket.gethostname() and not _alive(process):
                study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
                study.enqueue_trial(trial.params, skip_if_exists=False)

    def candidate(self, trial: Any) -> Candidate:
        """Take a candidate from the space."""
        own = self.settings
        family = own.families[0]
        if len(own.families) > 1:
            family = trial.suggest_categorical("family", list(own.families))
        columns: tuple[str, ...] = ("*",)
        if own.features:
            name = next(iter(own.features))
            if len(own.features) > 1:
                name = trial.suggest_categorical("features", list(own.features))
            columns = tuple(own.features[name])
        space = space_of(family, own.space.get(family))
        if own.sampler == "grid":
            space = {name: points(axis, own.grid) for name, axis in space.items()}
        return Candidate(
            family=family,
            columns=columns,
            options=chosen(space, trial, f"{family}."),
            compression=chosen(own.compression, trial, "compression."),
        )

    def objective(self, problem: Problem, trial: "optuna.Trial") -> tuple[float, ...]:
        """Objective of Optuna: a candidate, judged; its failure is its own."""
        trial.set_user_attr(_OWNER, f"{socket.gethostname()} {_identity(os.getpid())}")
        candidate = self.candidate(trial)
        trial.set_user_attr(_CANDIDATE, msgspec.json.encode(candidate).decode())
        try:
            return self.judge(problem, candidate, trial)
        except FAILURES as error:
            trial.set_user_attr(_REASON, str(error) or type(error).__name__)
            raise _CandidateError from error

    def judge(
        self, problem: Problem, candidate: Candidate, trial: "optuna.Trial"
    ) -> tuple[float, ...]:
        """Cut a candidate, or train and test it fold by fold, with its cost."""
        for cost in self._foretold(problem, candidate):
            if self._over(cost):
                return self._cut(trial, cost)
        scores: list[float] = []
        for learn, test in problem.folds:
            rows = problem.table.rows(test)
            model = problem.fitted(candidate, problem.table.rows(learn))
            scores.append(problem.score(model, rows, model.predict(rows.x)))
            trial.set_user_attr(_SCORES, scores)
            if len(scores) == 1:
                cost = problem.actual(candidate, model)
                if self._over(cost):
                    return self._cut(trial, cost)
                self._cost(trial, cost)
            if len(scores) < len(problem.folds):
                self._prune(trial, scores, cost)
        trial.set_user_attr(_STATE, "done")
        return self._values(float(np.mean(scores)), cost)

    def _foretold(self, problem: Problem, candidate: Candidate) -> Iterator[ModelCost]:
        """Costs before it is trained: what it has at least, then what is expected."""
        limits = msgspec.to_builtins(self.settings.limits)
        if any(most is not None for most in limits.values()):
            surely = problem.lower_bound(candidate)
            if surely is not None:
                yield surely
        yield problem.expected(candidate)

    def _over(self, cost: ModelCost) -> bool:
        return any(v > 0 for v in self.settings.limits.violations(cost).values())

    def _cut(self, trial: "optuna.Trial", cost: ModelCost) -> tuple[float, ...]:
        """End a trial that is over a limit: samplers learn by how much."""
        self._cost(trial, cost)
        trial.set_user_attr(_STATE, "infeasible")
        return self._values(0.0, cost)

    def _cost(self, trial: "optuna.Trial", cost: ModelCost) -> None:
        trial.set_user_attr(_COST, msgspec.to_builtins(cost))
        for name, value in self.settings.limits.violations(cost).items():
            trial.set_constraint(name, value)

    def _values(self, score: float, cost: ModelCost) -> tuple[float, ...]:
        return tuple(
            score if name == "score" else float(getattr(cost, name))
            for name in self.settings.objectives
        )

    def _prune(
        self, trial: "optuna.Trial", scores: Sequence[float], cost: ModelCost
    ) -> None:
        """Give up a trial by the pruner, after each fold but the last."""
        import optuna

        mean, step = float(np.mean(scores)), len(scores)
        stop = False
        if len(self.settings.objectives) == 1:
            trial.report(mean, step)
            stop = trial.should_prune()
        elif self.settings.pruner == "median":
            others = [t for t in _trials_of(trial.study) if t.state == "done"]
            stop = beaten(scores, cost, others, self.settings)
        if stop:
            trial.set_user_attr(_STATE, "pruned")
            raise optuna.TrialPruned


def beaten(
    scores: Sequence[float],
    cost: ModelCost,
    others: Sequence[Trial],
    settings: SearchSettings,
) -> bool:
    """Median rule for several objectives: only cheaper candidates may prune.

    Parameters
    ----------
    scores : sequence of float
        Of the folds so far.
    cost : ModelCost
        Of the candidate.
    others : sequence of Trial
        Those that are done.
    settings : SearchSettings
        Objectives, and how many trials there must be.

    Returns
    -------
    bool
        Whether at least `startup` candidates cost no more in any objective, and the
        mean score so far is below the median of theirs after as many folds. What is
        cheap is never pruned for being worse than what is dear.
    """
    names = [name for name in settings.objectives if name != "score"]
    rivals = [
        other
        for other in others
        if other.cost is not None
        and all(getattr(other.cost, n) <= getattr(cost, n) for n in names)
    ]
    if not rivals or len(rivals) < settings.startup:
        return False
    n = len(scores)
    return float(np.mean(scores)) < median(
        float(np.mean(other.scores[:n])) for other in rivals
    )


def pareto(trials: Sequence[Trial], settings: SearchSettings) -> tuple[Trial, ...]:
    """Return the trials that no other one is as good as in all and better in one."""

    def worth(trial: Trial) -> tuple[float, ...]:
        return tuple(
            trial.score if name == "score" else -float(getattr(trial.cost, name))
            for name in settings.objectives
        )

    values = {t.number: worth(t) for t in trials}
    kept: list[Trial] = []
    for trial in trials:
        mine = values[trial.number]
        better = (
            all(a >= b for a, b in zip(v, mine, strict=True))
            and (v != mine or number < trial.number)
            for number, v in values.items()
            if number != trial.number
        )
        if not any(better):
            kept.append(trial)
    return tuple(sorted(kept, key=lambda t: (-t.score, t.number)))


def _work(
    study: Study,
    problem: Problem,
    worker: int,
    wanted: int,
    start: int,
    progress: Callable[[Trial], None] | None,
) -> None:
    """Work in one process until the storage has as many trials as wanted.

    From the trial `start` on those that fail are counted too.
    """
    from optuna.trial import TrialState

    made = study._study(worker)

    uncounted = TrialState.FAIL, TrialState.WAITING

    def enough() -> bool:
        trials = made.get_trials(deepcopy=False)
        if sum(t.state not in uncounted for t in trials) >= wanted:
            return True
        ended = [t for t in map(_trial_of, trials[start:]) if t is not None]
        failed = sum(bool(t.reason) for t in ended)
        return failed >= max(wanted, MOST_FAILED) or _all_failed(ended)

    def after(optuna_study: "optuna.Study", frozen: Any) -> None:
        trial = _trial_of(frozen)
        if progress is not None and trial is not None:
            progress(trial)
        if enough():
            optuna_study.stop()

    if not enough():
        with optuna_parts.quiet(), optuna_parts.one_thread(study.settings.sampler):
            made.optimize(
                partial(study.objective, problem),
                n_trials=None,
                callbacks=[after],
                catch=(_CandidateError,),
            )


def _all_failed(trials: Sequence[Trial]) -> bool:
    """Whether many failed and none was judged; one that was cut says nothing."""
    failed = sum(bool(t.reason) for t in trials)
    judged = any(
        t.scores and t.state in ("done", "infeasible", "pruned") for t in trials
    )
    return failed >= MOST_FAILED and not judged


def _trials_of(study: "optuna.Study") -> tuple[Trial, ...]:
    made = (_trial_of(frozen) for frozen in study.get_trials(deepcopy=False))
    return tuple(trial for trial in made if trial is not None)


def _trial_of(frozen: Any) -> Trial | None:
    """Read a trial of Optuna; None if it has not begun."""
    attrs = frozen.user_attrs
    if _CANDIDATE not in attrs:
        return None
    state = {"FAIL": "failed", "RUNNING": "running", "WAITING": "running"}.get(
        frozen.state.name, attrs.get(_STATE, "running")
    )
    cost = attrs.get(_COST)
    return Trial(
        number=frozen.number,
        state=state,
        candidate=msgspec.json.decode(attrs[_CANDIDATE], type=Candidate),
        cost=None if cost is None else msgspec.convert(cost, ModelCost),
        scores=tuple(attrs.get(_SCORES, ())),
        reason=attrs.get(_REASON, ""),
    )


def _identity(process: int) -> str:
    """Tell a process by its number and when it began: numbers are used again."""
    try:
        words = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2]
    except OSError:
        return f"{process} gone"
    return f"{process} {words.split()[19]}"


def _alive(identity: str) -> bool:
    process = identity.partition(" ")[0]
    return process.isdigit() and _identity(int(process)) == identity
