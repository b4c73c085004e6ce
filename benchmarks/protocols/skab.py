"""SKAB: is the water circuit as it was in the first 400 seconds?

Protocol of SKAB: each of 34 recordings has its own model, learnt from its first 400
rows; the rest is scored, all recordings pooled: F1 of the rows that are marked
anomalous, the share of normal rows that alarm and of anomalous ones that do not.

The model is Hotelling's T2 of the mean of the last rows. Its limit is a multiple of the
largest T2 of the reference. Rows of the mean and the multiple are chosen on the other
recordings: on all others, or on those of the two other folders, since experiments of a
folder resemble each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.drift_real.recordings import experiments
from benchmarks.protocols.onnx_parts import Statistics, chained, quadratic
from ecmkit.graph import CompiledModel

__all__ = ["Run", "Score", "Setting", "always", "choose", "judge", "learnt", "read"]

F32 = NDArray[np.float32]
REFERENCE = 400
LENGTHS, FACTORS = (10, 20, 30, 60), (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0)


@dataclass(frozen=True)
class Run:
    """A recording: readings once a second and which of them are anomalous."""

    name: str
    x: F32
    anomalous: NDArray[np.bool_]

    @property
    def folder(self) -> str:
        """Kind of experiment."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Setting:
    """What other recordings choose."""

    length: int
    factor: float


@dataclass(frozen=True)
class Score:
    """Counts of rows, pooled over recordings."""

    hit: int
    false: int
    missed: int
    quiet: int

    def __add__(self, other: "Score") -> "Score":
        """Pool."""
        return Score(
            self.hit + other.hit, self.false + other.false,
            self.missed + other.missed, self.quiet + other.quiet,
        )  # fmt: skip

    @property
    def f1(self) -> float:
        """Of the anomalous rows."""
        return 2 * self.hit / (2 * self.hit + self.false + self.missed)

    @property
    def far(self) -> float:
        """False alarms, % of normal rows."""
        return 100 * self.false / (self.false + self.quiet)

    @property
    def mar(self) -> float:
        """Missed rows, % of the anomalous."""
        return 100 * self.missed / (self.missed + self.hit)


def read(folder: Path) -> list[Run]:
    """Read all recordings with an anomaly."""
    return [
        Run(e.name, e.x.astype(np.float32), e.anomalous) for e in experiments(folder)
    ]


def judge(
    runs: list[Run], *, apart: str
) -> tuple[Score, dict[str, Setting], CompiledModel, F32]:
    """Score the compiled C of every recording under a setting chosen on others.

    Parameters
    ----------
    runs : list of Run
        All recordings.
    apart : {"name", "folder"}
        What a recording and those that choose for it do not share.
    """
    tried = {
        setting: {run.name: _float_score(run, setting) for run in runs}
        for setting in (Setting(*values) for values in product(LENGTHS, FACTORS))
    }
    total, chosen = Score(0, 0, 0, 0), {}
    for run in runs:
        setting = choose(tried, runs, run, apart=apart)
        chosen[run.name] = setting
        model, limit = _compiled(run, setting)
        rows = _rows(run, setting.length)
        alarm = model.predict(rows)[:, 0] > limit
        total += _count(alarm[-_scored(run) :], run.anomalous[REFERENCE:])
    return total, chosen, model, rows


def choose(
    tried: dict[Setting, dict[str, Score]], runs: list[Run], run: Run, *, apart: str
) -> Setting:
    """Take the setting with the best pooled F1 of recordings that are apart."""
    others = [r.name for r in runs if getattr(r, apart) != getattr(run, apart)]
    return max(tried, key=lambda s: _pooled([tried[s][n] for n in others]).f1)


def always(runs: list[Run]) -> Score:
    """Score of an alarm that is always on."""
    return _pooled(
        [_count(np.ones(_scored(r), bool), r.anomalous[REFERENCE:]) for r in runs]
    )


def _pooled(scores: Sequence[Score]) -> Score:
    return sum(scores, Score(0, 0, 0, 0))


def _scored(run: Run) -> int:
    return len(run.x) - REFERENCE


def _rows(run: Run, length: int) -> F32:
    """Windows that end at each row, oldest readings first."""
    windows = sliding_window_view(run.x, length, axis=0).swapaxes(1, 2)
    return np.ascontiguousarray(windows.reshape(len(windows), -1))


def learnt(run: Run, length: int) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Mean and whitening of the reference's window means, and their largest T2."""
    known = sliding_window_view(
        run.x[:REFERENCE].astype(np.float64), length, axis=0
    ).mean(axis=2)
    mean = known.mean(axis=0)
    sd = np.maximum(known.std(axis=0), 1e-6)
    values, vectors = np.linalg.eigh(np.cov(((known - mean) / sd).T))
    whitening = vectors / np.sqrt(np.maximum(values, 1e-4)) / sd[:, None]
    most = (((known - mean) @ whitening) ** 2).sum(axis=1).max()
    return mean, whitening, float(most)


def _float_score(run: Run, setting: Setting) -> Score:
    mean, whitening, most = learnt(run, setting.length)
    windows = sliding_window_view(run.x.astype(np.float64), setting.length, axis=0)
    t2 = (((windows.mean(axis=2) - mean) @ whitening) ** 2).sum(axis=1)
    alarm = t2[-_scored(run) :] > setting.factor * most
    return _count(alarm, run.anomalous[REFERENCE:])


def _compiled(run: Run, setting: Setting) -> tuple[CompiledModel, float]:
    """C from the window of readings to T2, and the limit of T2."""
    mean, whitening, most = learnt(run, setting.length)
    sensors = run.x.shape[1]
    front = Statistics(length=setting.length, sensors=sensors, kinds=("mean",))
    model = chained(
        front.onnx(), quadratic(mean, whitening), name="t2", kind="score",
        outputs=("t2",),
    )  # fmt: skip
    return model, setting.factor * most


def _count(alarm: NDArray[np.bool_], true: NDArray[np.bool_]) -> Score:
    return Score(
        int((alarm & true).sum()), int((alarm & ~true).sum()),
        int((~alarm & true).sum()), int((~alarm & ~true).sum()),
    )  # fmt: skip
