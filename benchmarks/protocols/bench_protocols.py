"""How good are models that fit a Cortex-M4F, by protocols that do not leak?"""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.harness import Case, Figure, Results, Table
from benchmarks.protocols import cmapss, cwru, femto, hydraulic, itsc, skab
from ecmkit import bench, features
from ecmkit.errors import MissingError
from ecmkit.features import FeaturePlan
from ecmkit.formats import content_hash
from ecmkit.graph import CompiledModel
from ecmkit.targets import load_target

TARGET = "mps2-an386"
ROWS = 32
"""Of the data that is tested, on which instructions are counted."""
BAR = "what the project asks for"
SIZES = tuple(f"{size} in" for size in cwru.SIZES)
UNSEEN = f"{cwru.UNSEEN} in"
LOADS = tuple(cwru.CROSS_LOAD)
PAIRS = LOADS[:-1]
BASELINE = "an earlier run of another program"
BEARING_WISE = {
    BAR: ((0.93, 0.50, 0.93), "the goal"),
    "the example's forest, chosen while looking at these scores": (
        (0.945, 0.521, 0.981), "benchmarks/cwru_bearingwise"),
    "forest, 48 orders of the envelope, windows of 4096 (accuracy)": (
        (0.912, 0.353, 0.881), BASELINE),
    "the same, windows of 12,000 (accuracy)": ((0.835, 0.500, 0.820), BASELINE),
    "logistic regression of these (accuracy)": ((0.875, 0.567, 0.855), BASELINE),
    "forest, 61 general features, windows of 2048 (accuracy)": (
        (0.312, 0.323, 0.303), BASELINE),
}  # fmt: skip
CROSS = {
    "forest, 61 general features": (
        (0.778, 1.000, 0.968, 0.966, 0.998, 0.870, 0.998, 1.000), BASELINE),
    "logistic regression of these": (
        (0.776, 1.000, 0.942, 0.938, 0.944, 0.889, 0.893, 0.878), BASELINE),
}  # fmt: skip
WDCNN = "W. Zhang et al., Sensors 17 (2017) 425, from memory"
SKAB_README = "leaderboard of waico/SKAB, README of 2024-08-11"
DETECTORS = {
    "convolutional autoencoder, published": ((0.78, 13.6, 28.0), SKAB_README),
    "MSET, published": ((0.78, 39.7, 14.1), SKAB_README),
    "T-squared+Q (PCA), published": ((0.76, 26.6, 24.9), SKAB_README),
    "LSTM autoencoder, published": ((0.74, 30.0, 25.9), SKAB_README),
    "T-squared+Q (PCA)": ((0.757, 40.3, 17.8), BASELINE),
}
ENGINES = {
    BAR: (11.4, None, "the goal"),
    "gradient boosting, 30-cycle statistics": (11.40, 12.72, BASELINE),
    "forest, 30-cycle statistics": (11.50, 12.88, BASELINE),
    "DCNN, published": (12.61, None, "X. Li et al., 2018, from memory"),
    "LSTM, published": (14.93, None, "arXiv 2604.27234"),
    "LSTM, published first": (16.14, None, "S. Zheng et al., 2017"),
}
QUATERNION = "table of ibarram/ITSC's README: Cardenas-Cornejo et al., 2023"
MODELS = (
    *(f"CWRU, {size} held out" for size in SIZES), "CWRU, load 3 held out", "SKAB",
    "C-MAPSS", *(f"FEMTO, {name}" for name in femto.BEARINGS), "ITSC",
    *(f"hydraulic, {part}" for part in hydraulic.PARTS),
)  # fmt: skip
PLANS = (*(f"CWRU, {size} held out" for size in SIZES), "ITSC", "FEMTO")
TABLES = {
    "bearing-wise": Table(
        "**CWRU, bearing-wise**: balanced accuracy of three classes (guessing gives "
        f"0.333) on the size that was held out, mean of {len(cwru.SEEDS)} seeds and in "
        "brackets the least, *measured*. Nothing was ever learnt from 0.028 in, which "
        "has no outer races; its scores were looked at once.",
        ("model", *SIZES, UNSEEN),
        rows=2 + len(BEARING_WISE),
    ),
    "chosen": Table(
        "**What the other sizes chose**, and its Brier score there (equal "
        "probabilities have 0.67), *measured*.",
        ("held out", "window", "turns", "band", "envelope", "whitened", "features",
         "model", "Brier score"),
        rows=len(SIZES) + 1,
    ),
    "cross-load": Table(
        "**CWRU, cross-load**: accuracy of nine classes (guessing gives 0.111) from "
        "loads [hp] to another, *measured*. Bearings are on both sides. Published "
        "figures are of ten classes, with a healthy one, and of these six pairs.",
        ("model", *LOADS, "mean of the six between 1, 2, 3"),
        rows=1 + len(CROSS) + 2,
    ),
    "skab": Table(
        "**SKAB**: rows that are anomalous, 34 recordings pooled, *measured*.",
        ("detector", "F1", "false alarms, %", "missed, %"),
        rows=4 + len(DETECTORS),
    ),
    "engines": Table(
        "**C-MAPSS FD001**: error of the cycles that 100 test engines have left, root "
        f"mean square, *measured*. Capped: both sides at {cmapss.CAP:g}.",
        ("model", "capped", "not capped"),
        rows=1 + len(ENGINES),
    ),
    "bearings": Table(
        "**FEMTO**: share of life that is left, of a bearing that was held out; error, "
        "root mean square (a constant 0.5 has 0.289), and whether the last tenth is "
        "told from the rest, area under the ROC curve, *measured*.",
        ("held out", "error", "area"),
        rows=len(femto.BEARINGS),
    ),
    "motor": Table(
        "**ITSC**: 13 classes, a repetition held out, *measured*.",
        ("model", "recordings", "windows"),
        rows=4,
    ),
    "odd": Table(
        "**The recordings that are told wrong**: how far the RMS of the three currents "
        "is from the mean of its class, from the nearest one, and from its class with "
        "a short of another phase on top [A], *measured*. Those of other recordings "
        "are 0.01 to 0.26 from their class.",
        ("recording", "told", "its class", "nearest class", "both shorts"),
        rows=5,
    ),
    "hydraulic": Table(
        "**Hydraulic rig**: balanced accuracy from four temperatures, whole stretches "
        "held out, *measured*.",
        ("part", "balanced accuracy", "guessing", "stretches"),
        rows=len(hydraulic.PARTS),
    ),
    "models": Table(
        f"**Cost of the models** alone on a Cortex-M4F ({TARGET}): flash and RAM of "
        f"the linked image, instructions of a row, mean of {ROWS}, all *emulated*.",
        ("model", "flash", "RAM", "instructions"),
        rows=len(MODELS),
    ),
    "plans": Table(
        "**Cost of the features** that come first: an application with the plan alone, "
        "its queue of samples included, instructions of a window, *emulated*.",
        ("plan", "flash", "RAM", "instructions"),
        rows=len(PLANS),
    ),
}  # fmt: skip


def one(what: str, value: float, unit: str = "1", source: str = "") -> Figure:
    return Figure(
        what=what, value=float(f"{value:.5g}"), unit=unit, label="measured",
        source=source,
    )  # fmt: skip


def model_row(
    results: Results, name: str, model: CompiledModel, rows: np.ndarray
) -> None:
    """Measure a model on the emulated core."""
    some = rows[:: max(1, len(rows) // ROWS)][:ROWS]
    try:
        cost = bench.model_cost(model, load_target(TARGET), some)
    except MissingError as error:
        results.missing.add(str(error))
        return
    case = Case(results, f"model/{name}", model.hash, some)
    counts = (cost.flash_bytes, cost.ram_bytes, cost.instructions)
    units = {"flash": "bytes", "RAM": "bytes", "instructions": "instructions"}
    results.row(
        "models",
        [name, *(f"{count:,}" for count in counts)],
        [
            case.figure(what, count, unit, "emulated")
            for (what, unit), count in zip(units.items(), counts, strict=True)
        ],
    )


def plan_row(results: Results, name: str, plan: FeaturePlan) -> None:
    """Measure a plan on the emulated core."""
    contract = plan.contract()
    try:
        cost = bench.plan_cost(contract, load_target(TARGET))
    except MissingError as error:
        results.missing.add(str(error))
        return
    counts = (cost.flash_bytes, cost.ram_bytes, cost.total)
    results.row(
        "plans",
        [name, *(f"{count:,}" for count in counts)],
        [
            Figure(what=f"plan/{name}/{what}", value=count, unit=unit,
                   label="emulated")
            for what, unit, count in zip(
                ("flash", "RAM", "instructions"), ("bytes", "bytes", "instructions"),
                counts, strict=True,
            )
        ],
    )  # fmt: skip


def quoted(
    results: Results,
    table: str,
    name: str,
    values: Sequence[float | None],
    what: Sequence[str],
    source: str,
    *,
    layout: str = "{:.3f}",
    unit: str = "1",
) -> None:
    """Add a line of figures that this run did not compute."""
    results.row(
        table,
        [name, *("" if v is None else layout.format(v) for v in values)],
        [
            one(f"{table}/{name}/{w}", v, unit, source)
            for w, v in zip(what, values, strict=True)
            if v is not None
        ],
    )


def test_cwru_bearing_wise(
    benchmark: BenchmarkFixture, results: Results, real_data: Path
) -> None:
    dataset = cwru.recordings(real_data)
    results.inputs["cwru"] = dataset.hash
    every = dict(cwru.tables(dataset))
    sizes = (*SIZES, UNSEEN)
    held = benchmark.pedantic(
        lambda: [
            cwru.hold_out(dataset, every, size) for size in (*cwru.SIZES, cwru.UNSEEN)
        ],
        rounds=1,
    )
    for name, kind, scores in (
        ("everything chosen on the other sizes", "ours", [h.scores for h in held]),
        ("the same candidate, recordings to learn from drawn anew for each seed",
         "drawn", [h.drawn for h in held]),
    ):  # fmt: skip
        results.row(
            "bearing-wise",
            [name, *(f"{mean(s):.3f} ({min(s):.3f})" for s in scores)],
            [
                one(f"bearing-wise/{kind}/{size}/{what}", value)
                for size, s in zip(sizes, scores, strict=True)
                for what, value in (("mean", mean(s)), ("least", min(s)))
            ],
        )
    for name, (values, source) in BEARING_WISE.items():
        quoted(results, "bearing-wise", name, (*values, None), sizes, source)
    for size, h in zip(sizes, held, strict=True):
        way, depth = h.candidate.demodulation, h.candidate.depth
        low, high = way.band_hz
        results.row(
            "chosen",
            [size, way.span[0], f"{way.span[1]:g}", f"{low:g} to {high:g} Hz", way.form,
             "yes" if way.whiten else "no", h.candidate.columns,
             "regression" if depth == cwru.LINEAR else f"forest, depth {depth}",
             f"{h.inner.brier:.2f}"],
            [one(f"chosen/{size}/Brier score", h.inner.brier)],
        )  # fmt: skip
        if size == UNSEEN:
            continue
        model_row(results, f"CWRU, {size} held out", h.model, h.rows)
        plan_row(results, f"CWRU, {size} held out", cwru.plan_of(way))


def test_cwru_cross_load(
    benchmark: BenchmarkFixture, results: Results, real_data: Path
) -> None:
    dataset = cwru.recordings(real_data, cwru.SIZES)
    results.inputs["cwru, cross-load"] = dataset.hash
    scores, model, rows = benchmark.pedantic(lambda: cwru.cross_load(dataset), rounds=1)
    every = {"forest, plan `bearing`, nothing chosen": (tuple(scores.values()), "")}
    for name, (values, source) in (every | CROSS).items():
        of_six = mean(values[1:7])
        quoted(results, "cross-load", name, (*values, of_six), (*LOADS, "mean"), source)
    blank = (None,) * len(LOADS)
    for name, value in (("WDCNN, published", 0.900), ("the same with AdaBN", 0.959)):
        quoted(
            results, "cross-load", name, (*blank, value), (*LOADS, "mean"), WDCNN
        )  # fmt: skip
    model_row(results, "CWRU, load 3 held out", model, rows)


def test_skab(benchmark: BenchmarkFixture, results: Results, real_data: Path) -> None:
    runs = skab.read(real_data)
    results.inputs["skab"] = content_hash(*(run.x for run in runs))
    what = ("F1", "false alarms", "missed")
    (score, _, model, rows), (strict, *_) = benchmark.pedantic(
        lambda: [skab.judge(runs, apart=apart) for apart in ("name", "folder")],
        rounds=1,
    )
    for name, found in {
        "T2 of window means, chosen on the other recordings": score,
        "the same, chosen on the other folders": strict,
        "an alarm that is always on": skab.always(runs),
    }.items():
        values = (found.f1, found.far, found.mar)
        results.row(
            "skab",
            [name, f"{values[0]:.3f}", *(f"{v:.1f}" for v in values[1:])],
            [one(f"skab/{name}/{w}", v) for w, v in zip(what, values, strict=True)],
        )
    results.row("skab", [BAR, "0.80", "", ""], [one(f"skab/{BAR}/F1", 0.80)])
    for name, (values, source) in DETECTORS.items():
        results.row(
            "skab",
            [name, f"{values[0]:g}", *(f"{v:.1f}" for v in values[1:])],
            [
                one(f"skab/{name}/{w}", v, source=source)
                for w, v in zip(what, values, strict=True)
            ],
        )
    model_row(results, "SKAB", model, rows)


def test_cmapss(benchmark: BenchmarkFixture, results: Results, real_data: Path) -> None:
    train, test = cmapss.read(real_data)
    results.inputs["cmapss"] = content_hash(
        *train.readings.values(), *test.readings.values()
    )
    found = benchmark.pedantic(lambda: cmapss.judge(real_data), rounds=1)
    s, what = found.setting, ("capped", "not capped")
    name = f"boosting, window {s.length}, wear since the first {s.new} cycles, age"
    every = {name: (found.capped, found.uncapped, "")}
    for label, (capped, uncapped, source) in (every | ENGINES).items():
        quoted(
            results, "engines", label, (capped, uncapped), what, source,
            layout="{:.2f}", unit="cycles",
        )  # fmt: skip
    model_row(results, "C-MAPSS", found.model, found.rows)


def test_femto(benchmark: BenchmarkFixture, results: Results, real_data: Path) -> None:
    lives = femto.read(real_data)
    results.inputs["femto"] = content_hash(*(life.rows for life in lives.values()))
    scores = benchmark.pedantic(
        lambda: {name: femto.judge(lives, name) for name in lives}, rounds=1
    )
    for name, score in scores.items():
        results.row(
            "bearings",
            [name, f"{score.rmse:.3f}", f"{score.auc:.3f}"],
            [one(f"femto/{name}/error", score.rmse),
             one(f"femto/{name}/area", score.auc)],
        )  # fmt: skip
        model_row(results, f"FEMTO, {name}", score.model, score.rows)
    plan_row(results, "FEMTO", features.load_plan(femto.PLAN))


def test_itsc(benchmark: BenchmarkFixture, results: Results, real_data: Path) -> None:
    dataset = itsc.recordings(real_data)
    results.inputs["itsc"] = dataset.hash
    found = benchmark.pedantic(lambda: itsc.judge(dataset), rounds=1)
    what, setting = ("recordings", "windows"), found.settings[itsc.REPETITIONS[-1]]
    rest = len(found.told) - len(found.wrong)
    quoted(
        results, "motor",
        f"forest of the {setting.columns}, windows of {setting.window_len}",
        (found.accuracy, found.windows), what, "",
    )  # fmt: skip
    odd = sorted(found.wrong)
    others = [r for r in found.told if r not in odd]
    assert len(others) == rest
    quoted(results, "motor", BAR, (0.95, None), what, "the goal")
    quoted(
        results, "motor", "most that one can have who reads the five below as they are",
        (rest / len(found.told), None), what, "",
    )  # fmt: skip
    quoted(
        results, "motor", "quaternions, boosted trees, published", (0.795, None), what,
        QUATERNION,
    )  # fmt: skip
    for recording, fit in itsc.fits(dataset, odd).items():
        results.row(
            "odd",
            [recording, found.wrong[recording], f"{fit.labelled:.2f}",
             f"{fit.nearest[0]}: {fit.nearest[1]:.2f}",
             f"{fit.pair[0]}: {fit.pair[1]:.2f}"],
            [one(f"odd/{recording}/{kind}", value, "A") for kind, value in (
                ("class", fit.labelled), ("nearest", fit.nearest[1]),
                ("both", fit.pair[1]))],
        )  # fmt: skip
    model_row(results, "ITSC", found.model, found.rows)
    plan_row(results, "ITSC", itsc.plan_of(setting.window_len))


def test_hydraulic(
    benchmark: BenchmarkFixture, results: Results, real_data: Path
) -> None:
    rig = hydraulic.read(real_data)
    results.inputs["hydraulic"] = content_hash(rig.rows, rig.states)
    scores = benchmark.pedantic(
        lambda: {part: hydraulic.judge(rig, part) for part in hydraulic.PARTS}, rounds=1
    )
    for part, score in scores.items():
        results.row(
            "hydraulic",
            [part, f"{score.balanced_accuracy:.3f}", f"{1 / score.classes:.3f}",
             score.stretches],
            [one(f"hydraulic/{part}/balanced accuracy", score.balanced_accuracy)],
        )  # fmt: skip
        model_row(results, f"hydraulic, {part}", score.model, score.rows)
