"""Windows of three kinds of signals, and networks that tell them apart."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.features import FeatureTable
from ecmkit.train import Network, TrainedModel, fit_forest, model_of, train_network

LENGTH = 64


def signals(seed: int, n: int = 240) -> FeatureTable:
    """Sines of 3, 5 or 9 turns in noise; ten recordings of each, one machine each."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 3
    turns = np.array([3.0, 5.0, 9.0])[kind] + rng.normal(0, 0.2, n)
    t = np.arange(LENGTH) / LENGTH
    phase = rng.uniform(0, 2 * np.pi, n)
    x = np.sin(2 * np.pi * turns[:, None] * t + phase[:, None])
    x = x + rng.normal(0, 0.35, x.shape)
    recording = np.array([f"r{k}{i // 3 % 10}" for i, k in enumerate(kind)])
    return FeatureTable(
        x=x.astype(np.float32),
        names=tuple(f"s{i}" for i in range(LENGTH)),
        units=("g",) * LENGTH,
        recording=recording,
        start=np.arange(n, dtype=np.int64),
        label=np.array(["low", "mid", "top"])[kind],
        group=recording,
        contract_id="0" * 64,
        shape=(1, LENGTH),
    )


@pytest.fixture(scope="session")
def table() -> FeatureTable:
    return signals(0)


@pytest.fixture(scope="session")
def others() -> FeatureTable:
    """Rows of machines that nothing has learnt from."""
    return signals(1, 300)


def flat(table: FeatureTable) -> FeatureTable:
    """Spectra instead of samples, so that dense layers have an easy task."""
    x = np.abs(np.fft.rfft(table.x))[:, :32].astype(np.float32)
    names = tuple(f"bin{i}" for i in range(32))
    return replace(table, x=x, names=names, units=("g",) * 32, shape=())


def trained(table: FeatureTable, architecture: str, **options: object) -> TrainedModel:
    shape = table.shape or (len(table.names),)
    network = Network.new(architecture, shape, 3, "classification", 0, **options)
    return model_of(
        train_network(network.scaled(table), table, seed=0, epochs=12), table
    )


@pytest.fixture(scope="session")
def cnn(table: FeatureTable) -> TrainedModel:
    return trained(
        table, "ds-cnn", widths=(16, 32, 32), first_kernel=9, kernel=5, stride=2
    )


@pytest.fixture(scope="session")
def mlp(table: FeatureTable) -> TrainedModel:
    return trained(flat(table), "mlp", widths=(32, 32))


@pytest.fixture(scope="session")
def forest(table: FeatureTable) -> TrainedModel:
    return fit_forest(flat(table), n_trees=20, max_depth=6, seed=0)
