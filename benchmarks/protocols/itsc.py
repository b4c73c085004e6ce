"""ITSC: which phase of a motor has shorted turns, and how many.

65 recordings of a second: 13 classes (none, or 10, 20, 30, 40 % in one of three
phases), five repetitions each. One repetition is held out, of all classes, each in
turn; window and features are chosen by leaving one of the other four out. A recording
is told by the mean of the probabilities of its windows.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import data, features, graph, train
from ecmkit.features import FeatureTable
from ecmkit.graph import CompiledModel

__all__ = [
    "REPETITIONS",
    "Fit",
    "Judged",
    "Setting",
    "fits",
    "judge",
    "plan_of",
    "recordings",
    "sides",
]

F32 = NDArray[np.float32]
PLAN = Path(__file__).parent / "itsc.toml"
REPETITIONS = range(1, 6)
WINDOWS = (128, 256, 480)
COLUMNS = {"rms": ("*rms*",), "all": ("*",)}
TREES, DEPTH = 60, 12
SEED = 0


@dataclass(frozen=True)
class Setting:
    """What is chosen without the repetition that is held out."""

    window_len: int
    columns: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the compiled C told."""

    told: dict[str, str]
    """Class by recording."""
    windows: float
    """Share of windows that are right."""
    settings: dict[int, Setting]
    """By repetition held out."""
    model: CompiledModel
    rows: F32

    @property
    def wrong(self) -> dict[str, str]:
        """Recordings that are told wrong."""
        return {r: c for r, c in self.told.items() if r.rpartition("_")[0] != c}

    @property
    def accuracy(self) -> float:
        """Share of recordings that are right."""
        return 1 - len(self.wrong) / len(self.told)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How far the RMS of the phase currents of a recording is from other ones [A]."""

    labelled: float
    """From the mean of the other repetitions of its class."""
    nearest: tuple[str, float]
    """From that of the nearest class."""
    pair: tuple[str, float]
    """From the nearest sum of its class and one of another phase: both shorts at once,
    each changing the healthy currents as it does alone."""


def recordings(folder: Path) -> data.Dataset:
    """Read all; the machine is the repetition, which is what may not be split."""
    from scipy.io import loadmat

    file = loadmat(
        folder / "itsc_motor_current" / "Data_ITSC.mat", squeeze_me=True
    )["itsc"].item()  # fmt: skip
    levels = [f"{phase}{level}" for phase in "CBA" for level in (10, 20, 30, 40)]
    made = []
    for label, repetitions in zip([*levels, "healthy"], file, strict=True):
        for repetition, x in zip(REPETITIONS, repetitions.item(), strict=True):
            a, b, c = np.asarray(x, np.float64).T
            channels = np.stack([a, b, c, a - b, b - c, c - a, a + b + c])
            info = data.RecordingInfo(
                id=f"{label}_{repetition}", machine=str(repetition), label=label,
                unit="A", fs_hz=1000.0,
            )  # fmt: skip
            names = features.load_plan(PLAN).channels
            made.append(
                data.Recording(
                    info=info, channels=names,
                    x=np.ascontiguousarray(channels, np.float32),
                )
            )  # fmt: skip
    return data.Dataset(tuple(made))


def sides(
    table: FeatureTable, among: tuple[int, ...]
) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Each repetition held out once: it, rows learnt from, rows tested."""
    for held in among:
        rest = [str(r) for r in among if r != held]
        yield held, np.isin(table.group, rest), table.group == str(held)


def judge(dataset: data.Dataset) -> Judged:
    """Choose without each repetition, then score the compiled C on it."""
    tables = {n: features.extract(dataset, plan_of(n)) for n in WINDOWS}
    every = {
        Setting(n, name): table.columns(
            [c for c in table.names if any(fnmatchcase(c, p) for p in patterns)]
        )
        for (n, table), (name, patterns) in product(tables.items(), COLUMNS.items())
    }
    told: dict[str, str] = {}
    settings, right, count = {}, 0, 0
    for held in REPETITIONS:
        others = tuple(r for r in REPETITIONS if r != held)
        setting = max(every, key=lambda s: _inner(every[s], others))
        settings[held] = setting
        table = every[setting]
        tested = table.rows(table.group == str(held))
        model = _forest(table.rows(table.group != str(held)))
        found = model.predict(tested.x)
        classes = np.array(model.outputs)
        right += int((classes[found.argmax(axis=1)] == tested.label).sum())
        count += len(found)
        told |= _by_recording(tested, found, classes)
    return Judged(
        told=told, windows=right / count, settings=settings, model=model, rows=tested.x
    )


def fits(dataset: data.Dataset, odd: Collection[str]) -> dict[str, Fit]:
    """Say what recordings are like, by the mean of those that are not odd."""
    rms = {r.info.id: r.x[:3].astype(np.float64).std(axis=1) for r in dataset}
    labels = {r.info.id: r.info.label for r in dataset}
    mean = {
        label: np.mean(
            [rms[i] for i in rms if labels[i] == label and i not in odd], axis=0
        )
        for label in dict.fromkeys(labels.values())
    }
    found = {}
    for i in odd:
        own = labels[i]
        away = {label: float(np.linalg.norm(rms[i] - mean[label])) for label in mean}
        both = {
            f"{own} and {other}": float(
                np.linalg.norm(rms[i] - mean[own] - mean[other] + mean["healthy"])
            )
            for other in mean
            if other[0] not in (own[0], "h")
        }
        nearest, pair = min(away, key=away.__getitem__), min(both, key=both.__getitem__)
        found[i] = Fit(
            labelled=away[own],
            nearest=(nearest, away[nearest]),
            pair=(pair, both[pair]),
        )
    return found


def plan_of(window_len: int) -> features.FeaturePlan:
    """Return the plan with another window."""
    return msgspec.structs.replace(
        features.load_plan(PLAN), window_len=window_len, hop_len=window_len // 2
    )


def _inner(table: FeatureTable, among: tuple[int, ...]) -> float:
    """Share of recordings right, by leaving one of some repetitions out."""
    from sklearn.ensemble import RandomForestClassifier

    scores = []
    for _, learnt, tested in sides(table, among):
        forest = RandomForestClassifier(TREES // 2, max_depth=DEPTH, random_state=SEED)
        forest.fit(table.x[learnt], table.label[learnt])
        rows = table.rows(tested)
        told = _by_recording(rows, forest.predict_proba(rows.x), forest.classes_)
        scores += [recording.rpartition("_")[0] == c for recording, c in told.items()]
    return float(np.mean(scores))


def _by_recording(
    table: FeatureTable, found: NDArray[np.floating], classes: NDArray[np.str_]
) -> dict[str, str]:
    return {
        str(r): str(classes[found[table.recording == r].mean(axis=0).argmax()])
        for r in np.unique(table.recording)
    }


def _forest(table: FeatureTable) -> CompiledModel:
    made = train.fit(
        table, family="random-forest", n_trees=TREES, max_depth=DEPTH,
        min_samples_leaf=1, seed=SEED,
    )  # fmt: skip
    return graph.compile_onnx(
        made.onnx, name="classifier", kind="class", outputs=made.outputs
    )
