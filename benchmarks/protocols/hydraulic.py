"""Hydraulic rig: state of its parts by four temperatures.

2205 cycles of a minute. Cycles after each other are alike, so whole stretches of cycles
in which the part did not change are held out: the first of every class, then the second
and so on. The cooler changes only twice; its stretches are those in which no part
changed, so that the same state of the cooler is on both sides. Nothing is chosen.
Pressures and flows, which published figures need, are not among the data.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols.onnx_parts import Statistics, chained
from ecmkit import evaluate, train
from ecmkit.features import FeatureTable
from ecmkit.graph import CompiledModel

__all__ = ["PARTS", "Rig", "Score", "folds", "judge", "read"]

F32 = NDArray[np.float32]
Ints = NDArray[np.int64]
PARTS = ("cooler", "valve", "pump", "accumulator", "stable")
FOLDS = {"accumulator": 3}
"""Of others 5; the accumulator has three stretches of every class."""
STATISTICS = Statistics(
    length=60, sensors=4, kinds=("mean", "sd", "slope", "least", "largest", "newest")
)
SEED = 0


@dataclass(frozen=True)
class Rig:
    """All cycles."""

    rows: F32
    """Readings of a minute, shape (cycles, 60 x 4)."""
    states: Ints
    """As the source gives them, shape (cycles, parts)."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What the compiled C is worth for a part."""

    balanced_accuracy: float
    classes: int
    stretches: int
    model: CompiledModel
    rows: F32


def read(folder: Path) -> Rig:
    """Read the four temperatures and the states."""
    files = [folder / "hydraulic" / f"TS{i}.txt" for i in (1, 2, 3, 4)]
    x = np.stack([np.loadtxt(file) for file in files], axis=2)
    states = np.loadtxt(folder / "hydraulic" / "profile.txt").astype(np.int64)
    rows = np.ascontiguousarray(x.reshape(len(x), -1), np.float32)
    return Rig(rows=rows, states=states)


def folds(rig: Rig, part: str) -> tuple[Ints, Ints]:
    """Stretch and fold of each cycle; a stretch has one fold."""
    column = PARTS.index(part)
    watched = rig.states[:, :4] if part == "cooler" else rig.states[:, [column]]
    change = (np.diff(watched, axis=0) != 0).any(axis=1)
    stretch = np.concatenate([[0], np.cumsum(change)])
    fold = np.zeros(len(stretch), np.int64)
    seen: dict[int, int] = {}
    for i in np.unique(stretch):
        state = int(rig.states[stretch == i, column][0])
        fold[stretch == i] = seen.get(state, 0) % FOLDS.get(part, 5)
        seen[state] = seen.get(state, 0) + 1
    return stretch, fold


def judge(rig: Rig, part: str) -> Score:
    """Learn from the other folds, score the compiled C on each."""
    label = np.array([f"{part} {v}" for v in rig.states[:, PARTS.index(part)]])
    stretch, fold = folds(rig, part)
    table = _table(STATISTICS.of(rig.rows), label, stretch)
    told = np.empty_like(label)
    for k in np.unique(fold):
        model = _forest(table.rows(fold != k))
        found = model.predict(rig.rows[fold == k])
        told[fold == k] = np.array(model.outputs)[found.argmax(axis=1)]
    classes = tuple(np.unique(label).tolist())
    matrix = evaluate.confusion_matrix(label, told, classes=classes)
    return Score(
        balanced_accuracy=evaluate.balanced_accuracy(matrix),
        classes=len(classes),
        stretches=len(np.unique(stretch)),
        model=model,
        rows=rig.rows[fold == k],
    )


def _table(x: F32, label: NDArray[np.str_], stretch: Ints) -> FeatureTable:
    names = tuple(f"f{i}" for i in range(x.shape[1]))
    return FeatureTable(
        x=x,
        names=names,
        units=("K",) * len(names),
        recording=stretch.astype(str),
        start=np.arange(len(x), dtype=np.int64),
        label=label,
        group=stretch.astype(str),
        contract_id="",
    )


def _forest(table: FeatureTable) -> CompiledModel:
    made = train.fit(
        table, family="random-forest", n_trees=30, max_depth=8, min_samples_leaf=4,
        seed=SEED,
    )  # fmt: skip
    return chained(
        STATISTICS.onnx(), made.onnx, name="state", kind="class", outputs=made.outputs
    )
