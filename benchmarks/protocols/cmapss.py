"""C-MAPSS FD001: cycles that a turbofan engine has left, by what its sensors read.

Train: 100 engines run to failure; the target is the remaining cycles, capped at 125.
Test: the last window of each of 100 other engines, against the remaining cycles that
come with the data, capped at 125 too, and as they are. What is chosen: cycles of the
window, and first cycles that count as new, by four folds of whole training engines.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.protocols.onnx_parts import Statistics, chained, of_boosting
from ecmkit.graph import CompiledModel

__all__ = [
    "CAP",
    "Engines",
    "Judged",
    "Setting",
    "fold_of",
    "judge",
    "read",
    "rows_of",
]

F32 = NDArray[np.float32]
CAP = 125.0
SENSORS = (6, 7, 8, 11, 12, 13, 15, 16, 17, 18, 19, 21, 24, 25)
"""Columns that vary, of 26."""
FOLDS = 4
LENGTHS, NEW = (20, 30), (10, 20, 30)
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Engines:
    """Readings of engines, cycle by cycle."""

    readings: dict[int, F32]
    """By number of the engine, shape (cycles, sensors), standardised."""
    left: dict[int, F32]
    """Cycles left after each; NaN where unknown."""


@dataclass(frozen=True)
class Setting:
    """What folds of the training engines choose."""

    length: int
    new: int

    @property
    def statistics(self) -> Statistics:
        """From rows to features."""
        return Statistics(
            length=self.length,
            sensors=len(SENSORS),
            kinds=("mean", "sd", "slope", "newest", "rise"),
            extras=1,
        )


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What was chosen and what it is worth."""

    setting: Setting
    inner: dict[Setting, float]
    """RMSE [cycles] over the folds of the training engines."""
    capped: float
    """RMSE [cycles] of the compiled C on the test engines, their life capped."""
    uncapped: float
    model: CompiledModel
    rows: F32
    """Of the test engines."""


def read(folder: Path) -> tuple[Engines, Engines]:
    """Read training and test engines, both scaled by the training ones."""
    train = np.loadtxt(folder / "cmapss" / "train_FD001.txt")
    test = np.loadtxt(folder / "cmapss" / "test_FD001.txt")
    life = np.loadtxt(folder / "cmapss" / "RUL_FD001.txt")
    x = train[:, SENSORS]
    mean, sd = x.mean(axis=0), x.std(axis=0)

    def engines(table: NDArray[Any], ends: NDArray[Any]) -> Engines:
        readings, left = {}, {}
        for number, end in zip(np.unique(table[:, 0]).astype(int), ends, strict=True):
            own = table[table[:, 0] == number]
            readings[number] = ((own[:, SENSORS] - mean) / sd).astype(np.float32)
            left[number] = (np.arange(len(own))[::-1] + end).astype(np.float32)
        return Engines(readings=readings, left=left)

    return engines(train, np.zeros(len(np.unique(train[:, 0])))), engines(test, life)


def rows_of(engines: Engines, setting: Setting) -> tuple[F32, F32, NDArray[np.int64]]:
    """Rows of all whole windows, cycles left, and the engine of each."""
    rows, left, number = [], [], []
    for i, z in engines.readings.items():
        windows = sliding_window_view(z, setting.length, axis=0).swapaxes(1, 2)
        n = len(windows)
        new = np.tile(z[: setting.new].mean(axis=0), (n, 1))
        age = np.arange(setting.length, setting.length + n)[:, None]
        rows.append(np.concatenate([windows.reshape(n, -1), new, age], axis=1))
        left.append(engines.left[i][setting.length - 1 :])
        number.append(np.full(n, i))
    x = np.ascontiguousarray(np.concatenate(rows), np.float32)
    return x, np.concatenate(left), np.concatenate(number)


def fold_of(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fold of each engine: all of its windows are on one side."""
    return number % FOLDS


def fitted(x: F32, left: F32) -> Any:
    """Gradient boosting on the capped life."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    boosted = HistGradientBoostingRegressor(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=12, min_samples_leaf=60,
        l2_regularization=1.0, random_state=SEED,
    )  # fmt: skip
    return boosted.fit(x, np.minimum(left, CAP))


def rmse(found: NDArray[Any], left: NDArray[Any]) -> float:
    """Root mean square error, what was found being cut to 0 ... CAP."""
    wrong = np.clip(found, 0, CAP) - left
    return float(np.sqrt(np.mean(wrong**2)))


def inner(engines: Engines, setting: Setting) -> float:
    """RMSE over the folds, of windows with about the life that test engines have."""
    rows, left, number = rows_of(engines, setting)
    x, fold = setting.statistics.of(rows), fold_of(number)
    found = np.zeros(len(x))
    for k in range(FOLDS):
        model = fitted(x[fold != k], left[fold != k])
        found[fold == k] = model.predict(x[fold == k])
    told = left <= CAP + 20
    return rmse(found[told], np.minimum(left[told], CAP))


def judge(folder: Path) -> Judged:
    """Choose on the training engines, score the compiled C on the others once."""
    train, test = read(folder)
    settings = [Setting(*v) for v in product(LENGTHS, NEW) if v[1] <= v[0]]
    scores = {s: inner(train, s) for s in settings}
    setting = min(scores, key=lambda s: scores[s])
    rows, left, _ = rows_of(train, setting)
    statistics = setting.statistics
    model = fitted(statistics.of(rows), left)
    compiled = chained(
        statistics.onnx(),
        of_boosting(model),
        name="remaining_life",
        kind="values",
        outputs=("remaining_life",),
    )
    rows, left, number = rows_of(test, setting)
    last = np.flatnonzero(np.diff(number, append=-1))
    found = compiled.predict(rows[last])[:, 0]
    return Judged(
        setting=setting,
        inner=scores,
        capped=rmse(found, np.minimum(left[last], CAP)),
        uncapped=rmse(found, left[last]),
        model=compiled,
        rows=rows[last],
    )
