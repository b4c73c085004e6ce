"""CWRU: which part of a bearing is damaged, for bearings and loads never seen.

Recordings: drive end, 12 kHz, three fault sizes, all loads and positions, 52 in all;
and 8 of a fourth size, of another make and without outer races.

Bearing-wise: there is one physical bearing for each fault and size, so a size is held
out and the other two are learnt from. Everything is chosen on these two alone: learn
from one, score the other, both ways. The score is Brier's, the mean of the six that
this gives (two sizes, three classes), since balanced accuracy does not tell good
candidates apart; its standard error is that of this mean. Of all candidates within one
standard error of the best, the simplest is taken: fewest features, then the linear
model, then least depth, then the best score (L. Breiman et al., Classification and
Regression Trees, 1984, section 3.4.3). The held-out size is scored once for each seed,
by the compiled C.

Candidates are forests and logistic regression. Windows of one bearing are not so many
observations, so the regression is regularised as if a bearing were one: windows weigh
together as much as there are bearings, and the penalty is that of scikit-learn.

The fourth size is told by what all three others chose, each scored by the other two,
and taught. It was looked at once, after all of the above was settled.

Cross-load: nine classes, fault and size; learn from some loads, test on another. The
bearing is on both sides, as in all published figures of this kind. Nothing is chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import data, evaluate, features, graph, train
from ecmkit.features import FeatureTable
from ecmkit.graph import CompiledModel

__all__ = [
    "COLUMNS",
    "CROSS_LOAD",
    "SIZES",
    "UNSEEN",
    "Candidate",
    "Demodulation",
    "HeldOut",
    "Inner",
    "by_size",
    "choose",
    "chosen_of",
    "cross_load",
    "draw",
    "hold_out",
    "plan_of",
    "recordings",
    "tables",
    "taught",
]

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
SIZES = (0.007, 0.014, 0.021)
UNSEEN = 0.028
"""Size of which nothing is ever learnt [in]."""
CLASSES = ("ball", "inner", "outer")
SPANS = ((4096, 20.0), (4096, 60.0), (4096, 120.0), (8192, 60.0))
"""Samples of a window, and turns of the shaft in a spectrum of the envelope."""
BANDS_HZ = ((500.0, 5500.0), (1000.0, 4000.0), (2000.0, 5000.0))
FORMS = ("magnitude", "log")
COLUMNS = {
    "shares": ("env_share*",),
    "orders": ("env_*BP*", "env_*BSF*", "env_*FTF*", "env_*shaft"),
    "all": ("*",),
}
LINEAR = 0
DEPTHS = (LINEAR, 2, 4, 6)
"""Of the trees of a forest; LINEAR is a logistic regression."""
INNER_TREES, TREES, LEAF = 25, 40, 10
SEEDS = range(10)
PER_WINDOW = ("x", "recording", "start", "label", "group")
CROSS_LOAD = {
    "0 to 3": ((0,), 3),
    "1 to 2": ((1,), 2),
    "1 to 3": ((1,), 3),
    "2 to 1": ((2,), 1),
    "2 to 3": ((2,), 3),
    "3 to 1": ((3,), 1),
    "3 to 2": ((3,), 2),
    "0, 1, 2 to 3": ((0, 1, 2), 3),
}
"""Loads [hp] learnt from, and the one that is tested."""


@dataclass(frozen=True)
class Demodulation:
    """How an envelope is taken."""

    span: tuple[int, float]
    band_hz: tuple[float, float]
    form: str
    whiten: bool


@dataclass(frozen=True)
class Candidate:
    """All that is chosen."""

    demodulation: Demodulation
    columns: str
    depth: int
    """One of DEPTHS."""


@dataclass(frozen=True)
class Inner:
    """What a candidate scores on the sizes that are learnt from."""

    brier: float
    """0 is perfect, 2/3 is what equal probabilities have, 2 is certain and wrong."""
    error: float
    """Standard error of it."""
    n_features: int


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A size that nothing was learnt from."""

    size: float
    candidate: Candidate
    inner: Inner
    scores: list[float]
    """Balanced accuracy of the compiled C, one for each of SEEDS."""
    drawn: list[float]
    """The same where the recordings of each bearing that is learnt from are drawn with
    replacement, once for each of SEEDS."""
    model: CompiledModel
    rows: F32


def recordings(
    folder: Path, sizes: tuple[float, ...] = (*SIZES, UNSEEN)
) -> data.Dataset:
    """Read the 60 recordings, or those of some sizes."""
    select = data.Selection(files=("*12k_DE/*",), fault_sizes=sizes, labels=CLASSES)
    return data.load(folder / "cwru", channel="DE", fs_hz=12000.0, select=select)


def tables(dataset: data.Dataset) -> Iterator[tuple[Demodulation, FeatureTable]]:
    """Features of every way to take the envelope; the rest is the plan ``bearing``."""
    for values in product(SPANS, BANDS_HZ, FORMS, (False, True)):
        way = Demodulation(*values)
        yield way, features.extract(dataset, plan_of(way))


def plan_of(way: Demodulation) -> features.FeaturePlan:
    """Return the plan ``bearing`` with another envelope."""
    plan = features.load_plan("bearing")
    assert plan.envelope is not None
    window_len, turns = way.span
    envelope = msgspec.structs.replace(
        plan.envelope, band_hz=way.band_hz, form=way.form, whiten=way.whiten,
        turns=turns,
    )  # fmt: skip
    return msgspec.structs.replace(
        plan, envelope=envelope, window_len=window_len, hop_len=window_len // 2
    )


def by_size(dataset: data.Dataset, table: FeatureTable) -> NDArray[np.float64]:
    """Size of the fault of each window [in]."""
    sizes = {r.info.id: r.info.fault_size for r in dataset}
    return np.array([sizes[i] for i in table.recording])


def choose(
    dataset: data.Dataset, every: dict[Demodulation, FeatureTable], held: float
) -> dict[Candidate, Inner]:
    """Score all candidates on the sizes that may be learnt from, each by the others."""
    sizes = [size for size in SIZES if size != held]
    found = {}
    for way, table in every.items():
        size = by_size(dataset, table)
        for name, patterns in COLUMNS.items():
            own = _columns(table, patterns)
            for depth in DEPTHS:
                wrong: list[float] = []
                for tested in sizes:
                    learnt = [other for other in sizes if other != tested]
                    wrong += _brier(own, size, learnt, tested, depth)
                found[Candidate(way, name, depth)] = Inner(
                    brier=float(np.mean(wrong)),
                    error=float(np.std(wrong, ddof=1) / np.sqrt(len(wrong))),
                    n_features=len(own.names),
                )
    return found


def chosen_of(found: dict[Candidate, Inner]) -> Candidate:
    """Take the simplest within one standard error of the best."""
    best = min(found.values(), key=lambda inner: inner.brier)
    most = best.brier + best.error
    return min(
        (c for c in found if found[c].brier <= most),
        key=lambda c: (found[c].n_features, c.depth, found[c].brier),
    )


def hold_out(
    dataset: data.Dataset, every: dict[Demodulation, FeatureTable], held: float
) -> HeldOut:
    """Choose on the other sizes, learn from them, score it with the compiled C."""
    found = choose(dataset, every, held)
    candidate = chosen_of(found)
    table = _columns(every[candidate.demodulation], COLUMNS[candidate.columns])
    size = by_size(dataset, table)
    may = np.isin(size, [other for other in SIZES if other != held])
    learnt, rows = (table.rows(may), size[may]), table.rows(size == held)
    models = [taught(*learnt, candidate.depth, seed) for seed in SEEDS]
    drawn = [taught(*draw(*learnt, seed), candidate.depth, seed) for seed in SEEDS]
    return HeldOut(
        size=held,
        candidate=candidate,
        inner=found[candidate],
        scores=[_balanced(model, rows) for model in models],
        drawn=[_balanced(model, rows) for model in drawn],
        model=models[0],
        rows=rows.x,
    )


def taught(
    table: FeatureTable, size: NDArray[np.float64], depth: int, seed: int
) -> CompiledModel:
    """Learn from all windows of a table, of faults of some sizes [in]."""
    if depth != LINEAR:
        return _forest(table, depth=depth, seed=seed)
    strength = _strength(table, size)
    return train.fit(table, family="logistic", seed=seed, C=strength).compile()


def draw(
    table: FeatureTable, size: NDArray[np.float64], seed: int
) -> tuple[FeatureTable, NDArray[np.float64]]:
    """As many recordings of each bearing as there are, drawn with replacement."""
    rng, rows = np.random.default_rng(seed), []
    for label, inches in product(CLASSES, np.unique(size)):
        own = np.flatnonzero((table.label == label) & (size == inches))
        for one in rng.choice(names := np.unique(table.recording[own]), len(names)):
            rows.append(own[table.recording[own] == one])
    at = np.concatenate(rows)
    drawn = {name: getattr(table, name)[at] for name in PER_WINDOW}
    return replace(table, **drawn), size[at]


def cross_load(dataset: data.Dataset) -> tuple[dict[str, float], CompiledModel, F32]:
    """Accuracy of nine classes on loads not learnt from, by the compiled C.

    Returns
    -------
    scores, model, rows
        By the names of CROSS_LOAD; model and test rows are of the last.
    """
    table = features.extract(dataset, features.load_plan("bearing"))
    infos = {r.info.id: r.info for r in dataset}
    kinds = [f"{infos[i].label} {infos[i].fault_size:g}" for i in table.recording]
    load = np.array([infos[i].load for i in table.recording])
    table = replace(table, label=np.array(kinds))
    scores = {}
    for name, (learnt, tested) in CROSS_LOAD.items():
        model = _forest(
            table.rows(np.isin(load, learnt)), depth=10, leaf=2, seed=SEEDS[0]
        )
        rows = table.rows(load == tested)
        told = np.array(model.outputs)[model.predict(rows.x).argmax(axis=1)]
        scores[name] = float(np.mean(told == rows.label))
    return scores, model, rows.x


def _columns(table: FeatureTable, patterns: tuple[str, ...]) -> FeatureTable:
    names = [n for n in table.names if any(fnmatchcase(n, p) for p in patterns)]
    return table.columns(names)


def _strength(table: FeatureTable, size: NDArray[np.float64]) -> float:
    """C of a logistic regression to which a bearing is one observation."""
    bearings = set(zip(table.label.tolist(), size.tolist(), strict=True))
    return len(bearings) / len(size)


def _brier(
    table: FeatureTable,
    size: NDArray[np.float64],
    learnt: list[float],
    tested: float,
    depth: int,
) -> list[float]:
    """Brier score of each class on a size, by scikit-learn's models of others."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    may = np.isin(size, learnt)
    own, other = table.rows(may), table.rows(size == tested)
    if depth == LINEAR:
        model = make_pipeline(
            StandardScaler(),
            LogisticRegression(
                C=_strength(own, size[may]), class_weight="balanced", max_iter=2000,
            ),
        )  # fmt: skip
    else:
        model = RandomForestClassifier(
            INNER_TREES, max_depth=depth, min_samples_leaf=LEAF,
            class_weight="balanced", random_state=0, n_jobs=1,
        )  # fmt: skip
    model.fit(own.x.astype(np.float64), own.label)
    true = other.label[:, None] == model.classes_
    told = model.predict_proba(other.x.astype(np.float64))
    wrong = ((told - true) ** 2).sum(axis=1)
    return [float(np.mean(wrong[other.label == c])) for c in CLASSES]


def _forest(
    table: FeatureTable, *, depth: int, leaf: int = LEAF, seed: int
) -> CompiledModel:
    made = train.fit(
        table, family="random-forest", n_trees=TREES, max_depth=depth,
        min_samples_leaf=leaf, seed=seed,
    )  # fmt: skip
    return graph.compile_onnx(
        made.onnx, name="classifier", kind="class", outputs=made.outputs
    )


def _balanced(model: CompiledModel, rows: FeatureTable) -> float:
    told = np.array(model.outputs)[model.predict(rows.x).argmax(axis=1)]
    matrix = evaluate.confusion_matrix(rows.label, told, classes=model.outputs)
    return evaluate.balanced_accuracy(matrix)
