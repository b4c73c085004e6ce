"""Tables and correlated series that the tests of this folder share."""

from collections.abc import Callable

import numpy as np
import pytest

from ecmkit.features.table import FeatureTable


def _table_of(x: np.ndarray, recordings: list[str] | None = None) -> FeatureTable:
    n, columns = x.shape
    names = tuple(f"f{i}" for i in range(columns))
    text = np.array(recordings or ["r"] * n)
    return FeatureTable(
        x=np.ascontiguousarray(x, np.float32),
        names=names,
        units=("1",) * columns,
        recording=text,
        start=np.arange(n, dtype=np.int64),
        label=text,
        group=text,
        contract_id="c",
    )


def _ar1(rng: np.random.Generator, phi: float, n: int) -> np.ndarray:
    e = rng.normal(size=n) * np.sqrt(1 - phi**2)
    x = np.empty(n)
    x[0] = rng.normal()
    for i in range(1, n):
        x[i] = phi * x[i - 1] + e[i]
    return x


@pytest.fixture
def table_of() -> Callable[..., FeatureTable]:
    return _table_of


@pytest.fixture
def ar1() -> Callable[[np.random.Generator, float, int], np.ndarray]:
    return _ar1
