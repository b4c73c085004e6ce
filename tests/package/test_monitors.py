"""The monitors of a drift plan in a package: the same tables, bits and states."""

import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import monitor as core
from ecmkit.bench import Golden, HostApp, read_image, run
from ecmkit.drift import (
    Bound,
    Calibration,
    ClassMix,
    DriftPlan,
    Persistence,
    PlanDetector,
    Regimes,
    Together,
    calibrate,
)
from ecmkit.package import Application, build
from ecmkit.package.monitors import monitors_c
from ecmkit.targets import load_target
from tests.package.sample import (
    HOP,
    SPEED_HZ,
    WARM,
    WINDOW,
    application,
    contract,
    models,
)

PLAN = DriftPlan(
    features=("rms", "kurtosis"),
    false_alarms=2000,
    per="detector",
    detectors=(
        PlanDetector(kind="mean", direction="up"),
        PlanDetector(kind="distribution", bins=16, window=16),
        PlanDetector(kind="page_hinkley", direction="up"),
        PlanDetector(kind="e_detector"),
        PlanDetector(kind="adwin"),
    ),
    together=(Together(features=("rms", "kurtosis")),),
    classes=ClassMix(window=16),
    bounds=(
        Bound(value="dropped", limit=0.5),
        Bound(value="latency_ms", limit=20.0),
        Bound(value="stack_bytes", limit=2048.0),
    ),
    persistence=Persistence(k=1, n=2, levels=(1.0, 1.5), hysteresis=0.25),
    regimes=Regimes(by=("crest",), edges=((3.4,),), dwell=1),
    hold_off=3,
)
NAMES = (*contract().names, "distance", "confidence", "class_id")


@cache
def calibration() -> Calibration:
    """Monitors of values such as the application has, without computing a signal."""
    rng = np.random.default_rng(1)
    n = 2000
    x = rng.normal(size=(n, len(NAMES)))
    centre = [0.2, 3.0, 3.4, 0.12, 0.1, 3.0, 1.5, 0.9, 0.0]
    spread = [0.007, 0.22, 0.3, 0.01, 0.03, 0.5, 0.3, 0.02, 0.0]
    x = np.array(centre) + x * np.array(spread)
    x[:, 2] = 3.4 + 0.3 * np.repeat(rng.choice([-1, 1], n // 40), 40)
    x[:, 8] = (rng.random(n) < 0.3).astype(float) + (rng.random(n) < 0.1)
    return calibrate(x, PLAN, names=NAMES, seed=0, verify=False)


def watched() -> Application:
    return application(drift=calibration())


def changing(windows: int) -> NDArray[np.float32]:
    """Noise that grows after a third, with a stretch that is lost to a NaN."""
    n = WINDOW + (WARM + windows - 1) * HOP
    x = np.random.default_rng(1).normal(0.0, 0.2, n)
    x[n // 3 :] *= 1.3
    x[n // 2] = np.nan
    return x.astype(np.float32)


def test_the_tables_say_what_is_watched() -> None:
    tables = watched().monitors
    groups = [group.name for group in tables.groups]
    assert groups[:3] == ["distance", "rms", "kurtosis"]
    assert groups[-5:] == [
        "rms+kurtosis together", "class_id mix", "dropped", "latency_ms", "stack_bytes",
    ]  # fmt: skip
    assert "rms distribution" in groups
    assert {row.regime for row in tables.rows} == {0, 1, core.ANY}
    text = monitors_c(tables)
    assert f".id = 0x{tables.id:08x}U" in text
    assert text.count("ecm_regime_cfg_t") == 1
    for kind in ("ecm_drift_ph", "ecm_sr", "ecm_adwin"):
        assert text.count(f'#include "{kind}.h"') == 1
        assert text.count(f"&{kind}_kind") >= 1
    assert "/* rms+kurtosis together */" in text


def test_id_follows_the_monitors() -> None:
    plain, own = application(), watched()
    assert plain.model_id != own.model_id
    assert plain.monitors.id != own.monitors.id


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    target = load_target("mps2-an386")
    return build(
        watched(), target=target, out=tmp_path_factory.mktemp("watched") / "pump"
    )


def test_the_device_raises_the_alarms_of_the_tables(package) -> None:  # type: ignore[no-untyped-def]
    app = watched()
    found = HostApp(package).run(Golden(x=changing(90), speed_hz=SPEED_HZ))
    events, valid = found.events, found.events["valid"] == 1
    n = len(app.contract.names)
    x = np.full((int(valid.sum()), len(app.inputs)), np.nan, np.float32)
    x[:, :n] = found.features[valid]
    x[:, n : n + len(app.outputs)] = found.outputs[valid]
    x[:, -5] = events["probability"][valid]
    before = np.concatenate([[0], np.cumsum(~valid)])
    at = np.flatnonzero(valid)
    x[:, -3] = before[at] - before[np.concatenate([[0], at[:-1]])]
    x[:, -2] = SPEED_HZ
    monitors = app.monitors.new()
    alarms, ratios, _ = monitors.run_f32(x, events["class_id"][valid].copy())
    assert alarms["what"].any()
    groups = [app.monitors.groups[group].feature for group in alarms["group"]]
    assert {"rms", "dropped"} <= set(groups)
    expected = np.zeros(len(x), np.uint32)
    risen = alarms[alarms["what"] != 0]
    np.bitwise_or.at(
        expected, risen["at"], np.uint32(1) << np.minimum(risen["group"], 31)
    )
    np.testing.assert_array_equal(events["alarms"][valid], expected)
    np.testing.assert_array_equal(events["drift"][valid, 0], ratios[:, 0])
    first = alarms[np.flatnonzero(alarms["at"] == alarms["at"][0])]
    strongest = first[np.argmax(first["ratio"])]
    event = events[valid][alarms["at"][0]]
    for name in ("group", "level", "row", "what", "direction", "since", "ratio"):
        assert event[f"change_{name}"] == strongest[name]


@pytest.mark.emulator
def test_the_emulated_core_has_the_same_bits(package) -> None:  # type: ignore[no-untyped-def]
    golden = Golden(x=changing(60), speed_hz=SPEED_HZ, frames=3)
    here = HostApp(package).run(golden)
    there = run(package, load_target("mps2-an386"), golden).run
    assert (here.events["changes"] > 0).any()
    assert here.events.tobytes() == there.events.tobytes()
    assert here.frames == there.frames


def test_settings_are_clean_under_all_warnings(package, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = package.path / "src"
    subprocess.run(
        [
            *("gcc", "-std=c99", "-ffp-contract=off", "-Wall", "-Wextra", "-Wpedantic"),
            *("-Wconversion", "-Wshadow", "-Wcast-qual", "-Werror", "-I", str(source)),
            *("-c", str(source / "ecm_package.c"), "-o", str(tmp_path / "package.o")),
        ],
        check=True,
    )


LINKED = {
    "&ecm_monitor_form_cusum": "ecm_drift_cusum_update_f32",
    "&ecm_monitor_form_ewma": "ecm_drift_ewma_update_f32",
    "&ecm_monitor_form_limit": "monitor_form_limit_update",
    "&ecm_monitor_form_counts": "monitor_form_counts_update",
    "&ecm_monitor_form_classes": "ecm_dist_update_class",
    "&ecm_monitor_form_t2": "ecm_t2_update_f32",
    "&ecm_monitor_form_kind": "monitor_form_kind_update",
    "&ecm_drift_ph_kind": "ecm_drift_ph_update_f32",
    "&ecm_adwin_kind": "ecm_adwin_update_f32",
    "&ecm_dist_kind_ks": "dist_ks_measure",
    "&ecm_dist_kind_chi2": "dist_chi2_measure",
    "&ecm_dist_kind_wasserstein": "dist_wasserstein_measure",
    "&ecm_dist_kind_jensen_shannon": "dist_jensen_shannon_measure",
    "&ecm_dist_kind_psi": "dist_psi_measure",
    ".persist_update = ecm_persist_update_f32": "ecm_persist_update_f32",
    ".regime_update = ecm_regime_update_f32": "ecm_regime_update_f32",
    ".log = ecm_math_log_f32": "ecm_math_log_f32",
}
"""What settings of monitors name, and what is linked for it."""


def test_a_package_links_the_monitors_that_it_names(package, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plan = DriftPlan(
        features=("rms",),
        false_alarms=2000,
        per="detector",
        detectors=(PlanDetector(kind="mean"), PlanDetector(kind="distribution")),
    )
    x = np.random.default_rng(1).normal(size=(1000, 6))
    names = contract().names
    few = application(
        models=models()[:1],
        watches=(),
        drift=calibrate(x, plan, names=names, seed=0, verify=False),
    )
    small = build(few, target=load_target("mps2-an385-m0plus"), out=tmp_path / "few")
    for app, built in ((few, small), (watched(), package)):
        text, target = monitors_c(app.monitors), load_target(built.manifest.target)
        named = {symbol for name, symbol in LINKED.items() if name in text}
        image = read_image(built.firmware, target)
        linked = {symbol.name.partition(".")[0] for symbol in image.symbols}
        assert named == linked & set(LINKED.values())
    assert named >= {"ecm_t2_update_f32", "ecm_persist_update_f32", "ecm_math_log_f32"}
    text = monitors_c(few.monitors)
    assert {name for name in LINKED if name in text} == {
        "&ecm_monitor_form_cusum", "&ecm_monitor_form_counts",
        "&ecm_dist_kind_wasserstein",
    }  # fmt: skip
    # Numbers that an update replaces may have a floor.
    assert ".log = " in monitors_c(few.monitors, replaced=True)


def test_a_state_goes_to_the_host_and_on() -> None:
    tables = watched().monitors
    rng = np.random.default_rng(3)
    x = rng.normal(3.0, 1.0, (200, len(tables.inputs))).astype(np.float32)
    classes = rng.integers(0, 3, 200).astype(np.uint32)
    whole, one, two = tables.new(), tables.new(), tables.new()
    expected, _, _ = whole.run_f32(x, classes)
    first, _, _ = one.run_f32(x[:90].copy(), classes[:90].copy())
    two.load(one.to_bytes())
    second, _, _ = two.run_f32(x[90:].copy(), classes[90:].copy())
    second["at"] += 90
    np.testing.assert_array_equal(np.concatenate([first, second]), expected)
    assert two.to_bytes() == whole.to_bytes()
    turned = tables.new()  # columns in memory: `ndarray is not C-contiguous`
    again, _, _ = turned.run_f32(np.asfortranarray(x, np.float64), classes.tolist())
    np.testing.assert_array_equal(again, expected)
    with pytest.raises(
        ValueError, match=r"x has shape \(90,\), expected \(n, inputs\)"
    ):
        turned.run_f32(x[:90, 0], classes[:90])
    other = replace(tables, persistence=None).new()
    with pytest.raises(ValueError, match="other tables"):
        other.load(one.to_bytes())


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (DriftPlan(features=("rmss",), false_alarms=500), "did you mean 'rms'"),
        (
            DriftPlan(
                detectors=(),
                bounds=(Bound(value="latency", limit=1.0),),
                false_alarms=500,
            ),
            "found 'latency'.*did you mean 'latency_ms'",
        ),
    ],
)  # fmt: skip
def test_values_that_there_are_not(plan: DriftPlan, words: str) -> None:
    x = np.random.default_rng(0).normal(size=(500, 1))
    names = ["rmss"]
    with pytest.raises(ValueError, match=words):
        application(drift=calibrate(x, plan, names=names, seed=0, verify=False))
