"""What a search found: confirmed in C, written, drawn."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit import search
from tests.search.test_candidate import TABLE, cost, problem
from tests.search.told import Told


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> search.SearchReport:
    made = problem()
    space = {"random-forest": {"n_trees": search.Axis(choices=(2, 6)),
                               "max_depth": search.Axis(choices=(4,))}}  # fmt: skip
    settings = search.SearchSettings(
        space=space, sampler="random", trials=3, startup=1, pruner="none"
    )
    journal = tmp_path_factory.mktemp("search") / "journal"
    study = search.Study("pump", settings, journal)
    study.run(made)
    found = [search.confirm(made, trial, cost) for trial in study.front()]
    return search.report_of(study, found)


def test_the_front_is_judged_again_in_compiled_c(report: search.SearchReport) -> None:
    assert report.counts == {"done": 3}
    for one in report.front:
        # A forest in C has the probabilities of the float model.
        assert one.score == pytest.approx(one.expected_score, abs=0.01)
        assert one.score == pytest.approx(np.mean(one.scores))
        assert len(one.scores) == len(np.unique(TABLE.group))
    assert report.best() in report.front
    assert len(report.rows()) == 1 + len(report.front)


def test_a_report_is_written_and_read(
    report: search.SearchReport, tmp_path: Path
) -> None:
    report.write(tmp_path / "report.json")
    text = (tmp_path / "report.json").read_bytes()
    assert msgspec.json.decode(text, type=search.SearchReport) == report


def test_the_picture_is_there(report: search.SearchReport, tmp_path: Path) -> None:
    search.draw_front(report, tmp_path / "front.png")
    assert (tmp_path / "front.png").read_bytes()[:4] == b"\x89PNG"


def test_nothing_that_keeps_the_limits_says_what_there_was(tmp_path: Path) -> None:
    settings = search.SearchSettings(
        limits=search.Limits(instructions=1), trials=2, startup=1
    )
    study = search.Study("pump", settings, tmp_path / "journal")
    study.run(Told())
    empty = search.report_of(study, [])
    with pytest.raises(ValueError, match="keeps the limits: 2 infeasible"):
        empty.best()
    with pytest.raises(ValueError, match="no trial was judged"):
        search.draw_front(empty, tmp_path / "front.png")
    with pytest.raises(ValueError, match="infeasible, expected done"):
        search.confirm(problem(), study.trials()[0])
