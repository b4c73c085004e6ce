"""``ecmkit drift``: monitors calibrated, tried on recordings and drawn."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from ecmkit.data import load
from ecmkit.drift import Calibration
from ecmkit.features import load_plan, save_features
from tests.cli.runner import ecmkit

FEATURES = """\
channel = "a"
unit = "g"
fs_hz = 8000.0
range = 16.0
window_len = 256
hop_len = 256
features = ["rms", "kurtosis"]
"""
INDEX = """\
[[recording]]
file = "a.wav"
channels = {a = 1}
fs_hz = 8000.0
unit = "g"
machine = "m"
"""
DRIFT = """\
false_alarms = 2000
per = "detector"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Healthy features, a drift plan, and recordings of which one grows louder."""
    folder = tmp_path_factory.mktemp("drift")
    (folder / "features.toml").write_text(FEATURES)
    (folder / "drift.toml").write_text(DRIFT)
    rng = np.random.default_rng(0)
    for name, loud in (("healthy", 1.0), ("worn", 1.15), ("other", 1.0)):
        (folder / name).mkdir()
        x = rng.normal(0.0, 0.05 if name == "other" else 0.1, 256 * 600)
        x[256 * 300 :] *= loud
        (folder / name / "recordings.toml").write_text(INDEX)
        wavfile.write(folder / name / "a.wav", 8000, np.int16(x * 20000))
    plan = load_plan(folder / "features.toml")
    table = plan.extract(load(folder / "healthy", channel="a"))
    save_features(folder / "healthy.parquet", table, plan.contract())
    return folder


@pytest.fixture(scope="module")
def calibration(folder: Path) -> Path:
    out = folder / "calibration.json"
    done = ecmkit(
        "drift", "calibrate", str(folder / "drift.toml"),
        "--reference", str(folder / "healthy.parquet"), "--out", str(out), "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["windows"] == 600
    assert found["missed"] == []
    assert len(found["monitors"]) == 4
    first = found["monitors"][0]
    assert (first["feature"], first["detector"], first["arl0"]) == ("rms", "mean", 2000)
    assert first["simulated"]["low"] < 2000 < first["simulated"]["high"]
    return out


def test_alarms_say_what_and_since_when(
    folder: Path, calibration: Path, tmp_path: Path
) -> None:
    png = tmp_path / "drift.png"
    done = ecmkit(
        "drift", "simulate", str(calibration), "--data", str(folder / "worn"),
        "--features", str(folder / "features.toml"), "--png", str(png), "--json",
    )  # fmt: skip
    assert done.code == 1, done.err
    found = json.loads(done.out)
    assert found["expected_false_alarms"] == pytest.approx(600 / 500)
    up = [a for a in found["alarms"] if a["what"] == "mean up" and a["at"] >= 300]
    assert up[0]["feature"] == "rms"
    assert abs(up[0]["since"] - 300) < 10
    assert up[0]["at"] < 330
    with Image.open(png) as picture:
        assert picture.format == "PNG"
        assert picture.width > 800
        inks = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
        assert (0xC2, 0x41, 0x0C) in inks  # an alarm is drawn


def test_text(folder: Path, calibration: Path) -> None:
    done = ecmkit(
        "drift", "simulate", str(calibration), "--data", str(folder / "worn"),
        "--features", str(folder / "features.toml"),
    )  # fmt: skip
    assert done.code == 1
    assert "mean up" in done.out
    assert "alarms in 600 windows; by chance 1.2" in done.out


def test_a_pipe_gets_whole_figures(folder: Path, calibration: Path) -> None:
    """A pipe has 80 columns, in which rates, intervals and delays were cut."""
    command: list[str | Path] = [
        sys.executable, "-c", "from ecmkit.cli import main; main()", "drift",
        "calibrate", folder / "drift.toml", "--reference", folder / "healthy.parquet",
        "--out", folder / "again.json",
    ]  # fmt: skip
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert "4 monitors" in done.stdout
    assert "…" not in done.stdout
    for monitor in Calibration.load(calibration).monitors:
        for run in (monitor.simulated, monitor.resampled):
            assert run is not None
            tried = (
                f"{run.mean:,.0f} ({run.low:,.0f}-{run.high:,.0f}), {run.asked:,.0f}"
            )
            assert tried in done.stdout
        for delay in monitor.delays:
            assert f" {delay.windows:,.0f}" in done.stdout
    assert (folder / "again.json").read_bytes() == calibration.read_bytes()


def test_a_machine_is_watched_by_its_own_baseline(folder: Path, tmp_path: Path) -> None:
    plan, found = tmp_path / "own.toml", tmp_path / "own.json"
    plan.write_text(f"{DRIFT}[baseline]\nwindows = 300\n")
    healthy, other = folder / "healthy.parquet", folder / "other"
    done = ecmkit(
        "drift", "calibrate", str(plan), "--reference", str(healthy),
        "--out", str(found),
    )  # fmt: skip
    assert done.code in (0, 1), done.err
    simulate = ["drift", "simulate", str(found), "--data", str(other), "--json"]
    simulate += ["--features", str(folder / "features.toml")]
    assert len(json.loads(ecmkit(*simulate).out)["alarms"]) > 50  # far from the others
    done = ecmkit(*simulate, "--baseline", str(other))
    assert len(json.loads(done.out)["alarms"]) < 5, done.err


def test_a_baseline_that_does_not_fit_is_refused(
    folder: Path, calibration: Path, tmp_path: Path
) -> None:
    healthy, plan, found = (
        str(folder / "healthy.parquet"), tmp_path / "own.toml", tmp_path / "own.json",
    )  # fmt: skip
    done = ecmkit(
        "drift", "simulate", str(calibration), "--data", healthy, "--baseline", healthy
    )
    assert done.code == 2
    assert f"{calibration}: plan: found no `baseline`, expected one" in done.err
    plan.write_text(f"{DRIFT}[baseline]\nwindows = 1000\n")
    done = ecmkit(
        "drift", "calibrate", str(plan), "--reference", healthy, "--out", str(found)
    )
    assert done.code in (0, 1), done.err
    simulate = ("drift", "simulate", str(found), "--data", healthy, "--baseline")
    done = ecmkit(*simulate, healthy)
    assert done.code == 2
    assert f"{healthy}: found 600 windows to learn, expected 1000 or more" in done.err
    missing = str(folder / "missing.parquet")
    done = ecmkit(*simulate, missing)
    assert done.code == 2
    assert done.err.count(missing) == 1


def test_no_alarm_is_no_finding(folder: Path, calibration: Path) -> None:
    done = ecmkit(
        "drift", "simulate", str(calibration), "--data", str(folder / "healthy.parquet")
    )
    assert done.code == (1 if "0 alarms" not in done.out else 0)


def test_errors_name_what_is_wrong(folder: Path, calibration: Path) -> None:
    rare = folder / "rare.toml"
    rest = ("--reference", str(folder / "healthy.parquet"), "--out", str(folder / "x"))
    rare.write_text('false_alarms = "1/year"\nhop_s = 0.0001\n')
    done = ecmkit("drift", "calibrate", str(rare), *rest)
    assert done.code == 2
    rare.write_text("false_alarm = 5\n")
    done = ecmkit("drift", "calibrate", str(rare), *rest)
    assert done.code == 2
    assert "did you mean `false_alarms`" in done.err
    assert not (folder / "x").exists()
    none = folder / "none.parquet"
    drift = folder / "drift.toml"
    done = ecmkit("drift", "calibrate", drift, "--reference", none, "--out", "x")
    assert (done.code, done.err) == (2, f"error: {none}: no such file\n")
    done = ecmkit(
        "drift", "calibrate", drift, *rest[:2], "--out", folder / "none" / "x.json"
    )
    assert done.code == 2
    assert "x.json: found no folder" in done.err
    done = ecmkit("drift", "simulate", calibration, "--data", none)
    assert (done.code, done.err) == (2, f"error: {none}: no such file\n")
    done = ecmkit("drift", "simulate", calibration, "--data", folder / "worn")
    assert done.code == 2
    assert "worn: found a folder of recordings without --features" in done.err
    done = ecmkit(
        "features", "extract", folder / "features.toml", "--data", folder / "worn",
        "--out", folder / "none" / "x.parquet",
    )  # fmt: skip
    assert done.code == 2
    assert "x.parquet: found no folder" in done.err
    done = ecmkit("drift", "simulate", str(folder / "none.json"), "--data", "x")
    assert done.code == 2
    assert "no such file" in done.err
