"""Stopped in the middle of a stage, a run goes on where it was, to the same result."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecmkit import flow
from ecmkit.flow import RunReport, RunResult, report
from ecmkit.package import load_package
from ecmkit.registry import Registry
from tests.bench.stubs import PATIENCE_S, until
from tests.flow.conftest import Finished, hashes, stages
from tests.flow.small import write_project

# The first of them makes four runs.
pytestmark = [pytest.mark.emulator, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
# A stage that is quick would be over before anyone could stop it: it waits for that,
# when its files are there, and says so.
MAIN = """
import signal, sys, time
from pathlib import Path
from ecmkit.flow.cache import StageCache
stage, (inside, there) = StageCache.stage, sys.argv[-2:]
del sys.argv[-2:]
def slow(self, name, *inputs, build, load):
    def late(folder):
        build(folder)
        if name == inside:
            Path(there).touch()
            while True:
                time.sleep(60)
    return stage(self, name, *inputs, build=late, load=load)
StageCache.stage = slow
# A shell starts what it puts in the background deaf to Control-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from ecmkit.cli import main
main()
"""


@dataclass(frozen=True)
class Stopped:
    """A run that was stopped, and what was there then."""

    code: int
    err: str
    stages: list[str]
    names: list[str]
    """What the folder of the runs held."""


def stop(project: Path, runs: Path, *, inside: str, by: signal.Signals) -> Stopped:
    """Run the command line, and stop it while it fills the folder of a stage."""
    there = project.parent / inside
    command = ["run", project, "--runs", runs, inside, there]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, command)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(project.parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until(there.exists, process)
        assert any((runs / ".cache" / inside).glob(".*"))
    except BaseException:
        process.kill()
        raise
    # To all at once, as a terminal does: compilers are to stop too.
    os.killpg(process.pid, by)
    _, err = process.communicate(timeout=PATIENCE_S)
    return Stopped(process.returncode, err, stages(runs), sorted(os.listdir(runs)))


@dataclass(frozen=True, kw_only=True)
class Story:
    """One run of the small project that was stopped three times."""

    runs: Path
    interrupted: Stopped
    """By Control-C while recordings were simulated."""
    killed: Stopped
    """Without warning while the package was in operation."""
    writing: list[str]
    """What there was after Control-C while the results were written."""
    result: RunResult
    """Of the run that came to the end."""
    computed: list[str]
    """Stages that were computed after the kill."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("interrupted")
    project, runs = write_project(folder), folder / "runs"
    interrupted = stop(project, runs, inside="simulate", by=signal.SIGINT)
    killed = stop(project, runs, inside="operate", by=signal.SIGKILL)
    writing = _interrupt_while_writing(project, runs)
    computed = sorted(set(stages(runs)) - set(killed.stages))
    return Story(
        runs=runs,
        interrupted=interrupted,
        killed=killed,
        writing=writing,
        computed=[name.split("/")[1] for name in computed],
        result=flow.run(project, runs=runs),
    )


def _interrupt_while_writing(project: Path, runs: Path) -> list[str]:
    def write(folder: Path, *_: Any) -> None:
        (folder / "report.json").write_text("half")
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "write", write)
        with pytest.raises(KeyboardInterrupt):
            flow.run(project, runs=runs)
    return sorted(os.listdir(runs))


def kinds(names: list[str]) -> set[str]:
    """Stages that are complete."""
    parts = [name.split("/") for name in names]
    return {stage for _, stage, key in parts if not key.startswith(".")}


def test_an_interrupt_ends_with_a_message_and_its_own_code(story: Story) -> None:
    assert story.interrupted.code == 130
    assert story.interrupted.err == "interrupted; finished stages are kept\n"


def test_an_interrupt_leaves_whole_stages_only(story: Story) -> None:
    assert kinds(story.interrupted.stages) <= {"simulate"}
    half = [n for n in story.interrupted.stages if n.split("/")[2].startswith(".")]
    assert half == []
    assert story.interrupted.names == [".cache"]


def test_a_killed_run_leaves_no_results(story: Story) -> None:
    assert story.killed.code == -signal.SIGKILL
    assert story.killed.names == [".cache", "registry"]
    assert "operate" not in kinds(story.killed.stages)
    assert {"train", "package", "gate"} <= kinds(story.killed.stages)


def test_stages_done_before_the_kill_are_not_computed_again(story: Story) -> None:
    # The challenger has a training, limits, monitors, a package and a gate of its own.
    assert story.computed == sorted(
        ["operate", "train", "calibrate", "monitors", "package", "gate", "close"]
    )
    kept = set(story.interrupted.stages)
    assert kept <= set(story.killed.stages) <= set(stages(story.runs))


def test_an_interrupt_while_writing_leaves_no_results(story: Story) -> None:
    assert story.writing == [".cache", "registry"]


def test_everything_is_found_at_the_end(story: Story, finished: Finished) -> None:
    assert len(story.result.cached) == len(finished.stages)
    assert kinds(finished.stages) == set(story.result.cached)


def test_the_result_is_that_of_a_run_in_one_go(
    story: Story, finished: Finished
) -> None:
    there, here = finished.report, story.result.report
    assert here.lineage == there.lineage
    assert here.models == there.models
    assert without_ids(here) == without_ids(there)
    packages = [load_package(folder / "package") for folder in
                (finished.folder, story.result.folder)]  # fmt: skip
    assert packages[0].id == packages[1].id
    mine = hashes(story.result.folder)
    assert {n for n in mine if mine[n] != finished.files[n]} <= {
        "report.json", "report.html"
    }  # fmt: skip
    assert mine.keys() == finished.files.keys()


def without_ids(found: RunReport) -> RunReport:
    """The report without what the registry numbers or draws: each attempt counts."""
    assert found.operate
    assert found.loop
    change = msgspec.structs.replace
    loop = change(found.loop, sentence="", champion_version=0, challenger_version=None)
    rows = tuple(row for row in found.summary if row.stage != "close")
    return change(
        found, operate=change(found.operate, request=""), loop=loop, summary=rows
    )


def test_the_registry_has_one_champion_and_no_open_request(story: Story) -> None:
    registry = Registry(story.runs / "registry")
    loop = story.result.report.loop
    assert loop
    assert registry.alias("small", "champion") == loop.challenger_version
    assert loop.challenger_version == registry.versions("small")[-1]
    assert registry.open_requests("small") == {}
