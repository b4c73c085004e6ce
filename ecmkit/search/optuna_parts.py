"""What a study takes of Optuna: its sampler, its pruner and its storage."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ecmkit.search.settings import SearchSettings

__all__ = ["one_thread", "pruner", "quiet", "sampler", "storage"]


def sampler(settings: SearchSettings, worker: int) -> Any:
    """Make the sampler of one process, whose seed is its own."""
    from optuna import samplers

    seed = settings.seed + worker
    with quiet():
        if settings.sampler == "grid":
            return samplers.BruteForceSampler(seed=seed)
        if settings.sampler == "random":
            return samplers.RandomSampler(seed=seed)
        if settings.sampler == "gp":
            return samplers.GPSampler(seed=seed, n_startup_trials=settings.startup)
        if settings.sampler == "tpe":
            return samplers.TPESampler(
                seed=seed,
                n_startup_trials=settings.startup,
                multivariate=True,
                group=True,
                constant_liar=True,
            )
        return samplers.NSGAIISampler(
            seed=seed, population_size=max(settings.startup, 2)
        )


def pruner(settings: SearchSettings) -> Any:
    """Make what gives up candidates after some folds."""
    from optuna import pruners

    if settings.pruner == "median":
        return pruners.MedianPruner(n_startup_trials=settings.startup)
    if settings.pruner == "hyperband":
        return pruners.HyperbandPruner(min_resource=1)
    return pruners.NopPruner()


def storage(where: str | Path) -> Any:
    """Open a journal file, or the database of a URL."""
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    if "://" in str(where):
        return RDBStorage(str(where))
    path = Path(where)
    path.parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(path)))


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out that samplers with limits are new to Optuna: its version is pinned."""
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", message=".*independent_sampl.*")
        yield


@contextmanager
def one_thread(sampler: str) -> Iterator[None]:
    """Keep the algebra of a Gaussian process from waiting for other processes."""
    if sampler != "gp":
        yield
        return
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
