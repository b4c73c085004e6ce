"""``ecmkit features``: plans listed, described, priced; features extracted."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from ecmkit.features import load_features, load_plan, plan_names
from tests.cli.runner import ecmkit

PLAN = """\
about = "for the test"
channel = "a"
unit = "g"
fs_hz = 8000.0
range = 16.0
window_len = 256
hop_len = 128
features = [
    "rms", "kurtosis", { name = "band_rms", bands_hz = [[0, 1000], [1000, 4000]] },
]
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


def test_every_plan_is_listed() -> None:
    done = ecmkit("features", "list", "--json")
    assert done.code == 0
    found = {row["name"]: row for row in json.loads(done.out)}
    assert set(found) == set(plan_names())
    assert all(row["about"] and row["features"] for row in found.values())
    assert "bearing" in ecmkit("features", "list").out


@pytest.mark.parametrize("name", plan_names())
def test_every_feature_is_described(name: str) -> None:
    done = ecmkit("features", "describe", name, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)["features"]
    assert [row["name"] for row in rows] == [row.name for row in load_plan(name).rows]
    for row in rows:
        assert all(row[key] for key in ("unit", "formula", "step", "source")), row


@pytest.mark.emulator
def test_the_cost_is_counted_on_the_target(plan: Path) -> None:
    done = ecmkit("features", "describe", plan, "--target", "mps2-an386", "--json")
    assert done.code == 0, done.err
    cost = json.loads(done.out)["cost"]
    assert {"time", "transform", "power", "bands"} <= set(cost["steps"])
    assert 10_000 < sum(cost["steps"].values()) < 60_000
    shown = ecmkit("features", "describe", plan, "--target", "mps2-an386").out
    assert f"{sum(cost['steps'].values()):,}" in shown


def test_features_go_into_a_file(tmp_path: Path, plan: Path) -> None:
    x = np.random.default_rng(0).normal(size=8000).astype(np.float32)
    wavfile.write(tmp_path / "a.wav", 8000, x)
    (tmp_path / "recordings.toml").write_text(
        '[[recording]]\nfile = "a.wav"\nchannels = {a = 1}\nfs_hz = 8000.0\n'
        'unit = "g"\nmachine = "m"\n'
    )
    out = tmp_path / "out.parquet"
    done = ecmkit("features", "extract", plan, "--data", tmp_path, "--out", out)
    assert done.code == 0, done.err
    table = load_features(out)
    assert f"{len(table.x):,} windows, 4 features" in done.out
    assert table.x[0, 0] == pytest.approx(x[:256].std(), rel=1e-5)


def test_what_is_wrong_is_named(tmp_path: Path, plan: Path) -> None:
    done = ecmkit("features", "describe", "baering")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'bearing'" in done.err
    plan.write_text(PLAN.replace('"kurtosis"', '"kurtosys"'))
    done = ecmkit("features", "describe", plan)
    assert done.code == 2
    assert all(word in done.err for word in ("plan.toml", "kurtosys", "kurtosis"))
    done = ecmkit("features", "describe", "bearing", "--target", "nucleo")
    assert done.code == 2
    done = ecmkit(
        "features", "extract", "bearing", "--data", tmp_path, "--out", tmp_path / "o"
    )
    assert done.code == 2
    assert str(tmp_path) in done.err
