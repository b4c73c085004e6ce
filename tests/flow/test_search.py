"""``ecmkit search``: a project's candidates, from recordings to a table for it."""

import json
import tomllib
from pathlib import Path

import pytest

from ecmkit.errors import FormatError
from ecmkit.flow.search import search_project
from tests.cli.runner import ecmkit
from tests.flow.small import write_project

SEARCH = """
[search]
families = ["random-forest"]
trials = 4
startup = 2
sampler = "random"

[search.space.random-forest]
n_trees = { low = 2, high = 5 }
max_depth = { choices = [2, 3] }

[search.limits]
flash_bytes = 20000
"""


@pytest.mark.emulator
def test_a_project_is_searched(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    project.write_text(project.read_text("utf-8") + SEARCH, "utf-8")
    runs = str(tmp_path / "runs")
    done = ecmkit("search", str(project), "--runs", runs, "--json")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert sum(report["counts"].values()) == 4
    folder = tmp_path / "runs" / "small-search"
    assert json.loads((folder / "report.json").read_text("utf-8")) == report
    assert (folder / "front.png").read_bytes()[:4] == b"\x89PNG"
    for one in report["front"]:
        assert one["cost"]["label"] == "emulated"
        assert one["expected"]["label"] == "estimated"
        assert one["expected"]["ram_bytes"] == one["cost"]["ram_bytes"]
    choice = tomllib.loads((folder / "choice.toml").read_text("utf-8"))
    assert choice["train"]["classifier"]["features"] == ["rms", "band_*"]
    # Again it is refused, unless it is to go on.
    again = ecmkit("search", str(project), "--runs", runs)
    assert again.code == 2
    assert "found 4 trials" in again.err
    more = ecmkit("search", str(project), "--runs", runs, "--resume", "--trials", "5")
    assert more.code == 0
    assert "[train.classifier]" in more.out


def test_a_project_without_a_search_is_refused(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    with pytest.raises(FormatError, match="`search`: found none, expected a table"):
        search_project(project, runs=tmp_path / "runs")


def test_a_family_that_cannot_be_searched_is_told_before_any_trial(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path)
    wrong = SEARCH.replace("n_trees =", "trees =")
    project.write_text(project.read_text("utf-8") + wrong, "utf-8")
    told = ecmkit("search", str(project), "--runs", str(tmp_path / "runs"))
    assert (told.code, told.out) == (2, "")
    assert "random-forest]: found option 'trees', expected one of" in told.err
    assert "Traceback" not in told.err
    assert "Trial 0" not in told.err


def test_a_search_in_which_nothing_fits_says_so(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    tight = SEARCH.replace("flash_bytes = 20000", "flash_bytes = 10")
    project.write_text(project.read_text("utf-8") + tight, "utf-8")
    told = ecmkit("search", str(project), "--runs", str(tmp_path / "runs"))
    assert (told.code, told.err) == (1, "")
    assert "4 infeasible" in told.out
    assert "picture: none, since no candidate was judged" in told.out
    assert "all exceed a limit (flash_bytes 10, ram_bytes 73728)" in told.out
    assert not (tmp_path / "runs" / "small-search" / "front.png").exists()


@pytest.mark.emulator
def test_a_regression_is_searched(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    own = """
[search]
model = "regression"
families = ["ridge"]
trials = 2
startup = 1
sampler = "random"
"""
    project.write_text(project.read_text("utf-8") + own, "utf-8")
    done = ecmkit("search", str(project), "--runs", str(tmp_path / "runs"))
    assert (done.code, done.err) == (0, "")
    folder = tmp_path / "runs" / "small-search"
    report = json.loads((folder / "report.json").read_text("utf-8"))
    # 0 is what always says the mean of the held-out target; 1 is without an error.
    assert all(-5 < one["score"] < 1 for one in report["front"])
    choice = tomllib.loads((folder / "choice.toml").read_text("utf-8"))
    assert choice["train"]["regression"]["family"] == "ridge"
    assert choice["train"]["regression"]["features"] == ["rms", "kurtosis"]


def test_a_model_that_the_project_does_not_have_is_refused(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    wrong = SEARCH.replace("[search]", '[search]\nmodel = "regresion"')
    project.write_text(project.read_text("utf-8") + wrong, "utf-8")
    told = ecmkit("search", str(project), "--runs", str(tmp_path / "runs"))
    assert told.code == 2
    assert "`search.model`: found 'regresion', expected one of classifier" in told.err
