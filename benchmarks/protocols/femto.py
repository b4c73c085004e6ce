"""FEMTO: how much of its life a bearing has left.

Four bearings of the IEEE PHM 2012 challenge, run to failure under three loads and
speeds. Each is held out once, the other three are learnt from, nothing is chosen. The
target is the share of life that is left, since lives differ fivefold; a bearing counts
as worn in its last tenth. The challenge's own score is of other bearings, cut off
before they failed.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.protocols.onnx_parts import Statistics, chained, of_boosting
from ecmkit import data, features
from ecmkit.graph import CompiledModel

__all__ = ["BEARINGS", "PLAN", "Life", "Score", "judge", "read"]

F32 = NDArray[np.float32]
PLAN = Path(__file__).parent / "femto.toml"
BEARINGS = ("Bearing1_1", "Bearing1_2", "Bearing2_2", "Bearing3_1")
LENGTH, NEW = 20, 30
"""Snapshots of a row, and first ones that count as new."""
WORN = 0.1
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Life:
    """A bearing from its first snapshot to the last."""

    rows: F32
    left: F32
    """Share of its life."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What the compiled C is worth on a bearing that was held out."""

    rmse: float
    """Of the share of life that is left."""
    auc: float
    """Whether the last tenth is told from the rest: area under the ROC curve."""
    model: CompiledModel
    rows: F32


def read(folder: Path) -> dict[str, Life]:
    """Read the bearings, as rows of the last snapshots' features."""
    return {name: _life(folder, name) for name in BEARINGS}


def judge(lives: dict[str, Life], held: str) -> Score:
    """Learn from the others and score the compiled C."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.metrics import roc_auc_score

    front = _front(lives[held].rows.shape[1])
    others = [lives[name] for name in lives if name != held]
    x = np.concatenate([front.of(life.rows) for life in others])
    left = np.concatenate([life.left for life in others])
    weight = np.concatenate([np.full(len(o.left), 1 / len(o.left)) for o in others])
    boosted = HistGradientBoostingRegressor(
        max_iter=100, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=40,
        random_state=SEED,
    ).fit(x, left, sample_weight=weight / weight.mean())  # fmt: skip
    model = chained(
        front.onnx(), of_boosting(boosted), name="life_left", kind="values",
        outputs=("life_left",),
    )  # fmt: skip
    own = lives[held]
    found = np.clip(model.predict(own.rows)[:, 0], 0, 1)
    return Score(
        rmse=float(np.sqrt(np.mean((found - own.left) ** 2))),
        auc=float(roc_auc_score(own.left < WORN, -found)),
        model=model,
        rows=own.rows,
    )


def _front(width: int) -> Statistics:
    sensors = width // (LENGTH + 1)
    kinds = ("slope", "newest", "rise")
    return Statistics(length=LENGTH, sensors=sensors, kinds=kinds, logarithm=True)


def _life(folder: Path, name: str) -> Life:
    with np.load(folder / "femto_pronostia" / f"{name}.npz") as file:
        x, snapshot = (file["x"] * file["scale"]).astype(np.float32), file["snapshot"]
    plan = features.load_plan(PLAN)
    info = data.RecordingInfo(
        id=name, machine=name, label="", unit=plan.unit, fs_hz=plan.fs_hz
    )
    samples = np.ascontiguousarray(x.reshape(-1, x.shape[2]).T)
    recording = data.Recording(info=info, channels=plan.channels, x=samples)
    z = features.extract(data.Dataset((recording,)), plan).x
    windows = sliding_window_view(z, LENGTH, axis=0).swapaxes(1, 2)
    n = len(windows)
    new = np.tile(z[:NEW].mean(axis=0), (n, 1))
    rows = np.concatenate([windows.reshape(n, -1), new], axis=1)[NEW - LENGTH :]
    left = 1 - (snapshot + 1) / (snapshot[-1] + 1)
    return Life(
        rows=np.ascontiguousarray(rows, np.float32),
        left=left[NEW - 1 :].astype(np.float32),
    )
