"""Wrong input through the command line: one line that helps, and nothing written."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.io import savemat

from ecmkit.flow.context import Context
from ecmkit.flow.loop import divide, prepare
from ecmkit.flow.read import left_out
from tests.cli.folder import FolderProject
from tests.cli.runner import Done, ecmkit
from tests.flow.small import write_project

Change = Callable[[FolderProject], object]


@pytest.fixture
def good(tmp_path: Path) -> FolderProject:
    return FolderProject(tmp_path)


def run(made: FolderProject, *options: object) -> Done:
    return ecmkit("run", made.project, "--runs", made.runs, *options)


def refused(done: Done, words: list[str], *, code: int = 2) -> None:
    """It ended with the code, and with one message that has the words."""
    assert "Traceback" not in done.err + done.out
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err


def edit(old: str, new: str) -> Change:
    return lambda made: made.change(made.project, old, new)


def index(old: str, new: str) -> Change:
    return lambda made: made.change(made.index, old, new)


def samples(name: str, old: str, new: str) -> Change:
    return lambda made: made.change(made.csv(name), old, new)


def put(name: str, data: bytes) -> Change:
    return lambda made: (made.root / name).write_bytes(data)


def cut_mat(made: FolderProject) -> None:
    """Put damaged originals of the CWRU collection in place of the recordings."""
    shutil.rmtree(made.recordings)
    (made.recordings / "train").mkdir(parents=True)
    path = made.recordings / "train" / "105_0.mat"
    savemat(path, {"X105_DE_time": [[0.1]] * 2000, "X105RPM": [[1797]]})
    path.write_bytes(path.read_bytes()[:500])


FOREST = 'family = "random-forest"\nfeatures = ["rms", "band_*"]'
CASES: dict[str, tuple[Change, list[str]]] = {
    # The project file.
    "a typo in a table": (
        edit("[split]", "[splt]"),
        ["pump.toml", "`splt`", "did you mean `split`"],
    ),
    "a typo in a key": (
        edit("report_every", "report_evry"),
        ["operate: found unknown field `report_evry`; did you mean `report_every`?"],
    ),
    "a number as text": (
        edit("seed = 3", 'seed = "3"'),
        ["pump.toml: seed: found '3', expected a whole number"],
    ),
    "bad TOML": (
        edit("[split]", "[split"),
        ["pump.toml", "not valid TOML", "line 8"],
    ),
    "not even text": (put("pump.toml", b"\xff\xfe\x00"), ["pump.toml", "utf-8"]),
    "nothing": (put("pump.toml", b""), ["pump.toml: name: found nothing, expected "]),
    "a name that leads out of the folder": (
        edit('name = "pump"', 'name = "../x"'),
        ["pump.toml", "`name`", "'../x'", "expected a letter"],
    ),
    "the name of the registry": (
        edit('name = "pump"', 'name = "registry"'),
        ["pump.toml", "`name`", "'registry'"],
    ),
    # What it names.
    "an unknown target": (
        edit("nucleo-f401re", "nucleo-f401"),
        ["pump.toml", "`target`", "'nucleo-f401'", "did you mean nucleo-f401re"],
    ),
    "an unknown target to prove on": (
        edit("seed = 3", 'seed = 3\nprove_on = ["mps3"]'),
        ["pump.toml", "`prove_on`", "'mps3'"],
    ),
    "an unknown tracker": (
        edit("seed = 3", 'seed = 3\ntracker = "wandbb"'),
        ["pump.toml", "`tracker`", "'wandbb'", "did you mean 'wandb'"],
    ),
    "an unknown plan": (
        edit('use = "short.toml"', 'use = "baering"'),
        ["pump.toml", "`plan.use`", "'baering'", "did you mean 'bearing'"],
    ),
    "a plan that is not there": (
        edit('use = "short.toml"', 'use = "shrt.toml"'),
        ["pump.toml", "`plan.use`", "shrt.toml", "no such file"],
    ),
    "a mistake in the plan": (
        lambda made: made.change(made.root / "short.toml", "crest", "crst"),
        ["pump.toml", "short.toml", "features[2].name", "did you mean 'crest'"],
    ),
    "an unknown family": (
        edit(FOREST, 'family = "forest"'),
        ["pump.toml", "`train.classifier.family`", "'forest'", "random-forest"],
    ),
    "an unknown option of a family": (
        edit("n_trees = 6", "trees = 6"),
        ["pump.toml", "`train.classifier.options`", "`trees`", "`n_trees`"],
    ),
    "an option of another type": (
        edit("hidden = [4]", "hidden = 4"),
        ["pump.toml: `train.reconstruction.options`: hidden: found 4, expected a "],
    ),
    "a pattern that matches no feature": (
        edit('"band_*"', '"bnd_*"'),
        ["pump.toml", "`train.classifier.features`", "'bnd_*'", "rms, kurtosis"],
    ),
    "an unknown rate of alarms": (
        edit("false_alarms = 100", 'false_alarms = "1/fortnight"'),
        ["pump.toml", "`drift.false_alarms`", "'1/fortnight'", "1/week"],
    ),
    "a group that is not there": (
        edit('test = ["m1"]', 'test = ["m7"]'),
        ["pump.toml", "`split`", "'m7'", "m0, m1"],
    ),
    "labels that are not there": (
        edit('"k-means"\nlabels = ["normal"]', '"k-means"\nlabels = ["nrml"]'),
        ["pump.toml", "`train.distance.labels`", "'nrml'", "did you mean 'normal'"],
    ),
    "known operation that is not there": (
        edit('100\nlabels = ["normal"]', '100\nlabels = ["outer"]'),
        ["pump.toml", "`drift.labels`", "'outer'", "normal"],
    ),
    "selected labels that are not there": (
        edit('files = ["train/*"]', 'labels = ["inner", "outr"]'),
        ["pump.toml", "`data.folder.train`", "select.labels", "'outr'", "inner"],
    ),
    # The recordings.
    "a folder that is not there": (
        edit('path = "recordings"', 'path = "recording"'),
        ["pump.toml", "`data.folder.train`", "recording", "no such folder"],
    ),
    "no folder": (
        edit('path = "recordings"', ""),
        ["pump.toml", "`data.folder.path`", "--data"],
    ),
    "an empty folder": (
        lambda made: [shutil.rmtree(made.recordings), made.recordings.mkdir()],
        ["pump.toml", "recordings", "found no recordings", "recordings.toml"],
    ),
    "recordings without an index": (
        lambda made: made.index.unlink(),
        ["recordings", "found no recordings", "CSV", "recordings.toml"],
    ),
    "a typo in the index": (
        index("fs_hz", "fs_hx"),
        ["recordings.toml", "`fs_hx`", "did you mean `fs_hz`"],
    ),
    "a file that the index has and the folder has not": (
        lambda made: made.csv("later/before").unlink(),
        ["recordings.toml", "recording 6", "later/before.csv"],
    ),
    "a missing column": (
        samples("train/inner-m1", "acceleration", "accel"),
        ["inner-m1.csv", "acceleration", "found 0 such columns in n, accel"],
    ),
    "a cell that is no number": (
        samples("train/inner-m0", "\n700,", "\n700,?"),
        ["inner-m0.csv", "acceleration", "row 702", "'?", "a number"],
    ),
    "a cell too many": (
        samples("later/after", "\n7,", "\n7,7,"),
        ["after.csv", "row 9", "found 3 cells, expected 2"],
    ),
    "a wrong sampling rate": (
        index("fs_hz = 12000.0", "fs_hz = 10000.0"),
        ["pump.toml", "`data.folder.train`", "10000", "12000"],
    ),
    "time stamps of another rate": (
        index('unit = "g"', 'unit = "g"\ntime = "n"\ntime_scale = 1e-4'),
        ["normal-m0.csv", "found 10000 samples per second", "fs_hz = 12000"],
    ),
    "another unit": (
        index('unit = "g"', 'unit = "mm/s"'),
        ["train stretch", "unit", "'mm/s'", "'g'"],
    ),
    "another range": (
        index('unit = "g"', 'unit = "g"\nrange = 8.0'),
        ["pump.toml", "train stretch", "range", "found 8.0", "expected 16.0"],
    ),
    "no channel of the plan": (
        index("{DE = ", "{FE = "),
        ["pump.toml", "channel", "found FE", "DE"],
    ),
    "nothing but gaps": (
        lambda made: made.csv("later/before").write_text(
            "n,acceleration\n" + "0,nan\n" * 2012
        ),
        ["before stretch", "later/before", "found 2012 samples", "expected none"],
    ),
    "nothing but silence": (
        lambda made: made.csv("later/before").write_text(
            "n,acceleration\n" + "0,1.0\n" * 2012
        ),
        ["before stretch", "stuck_run", "found 2012 equal samples"],
    ),
    "recordings shorter than a window": (
        lambda made: made.csv("later/after").write_text(
            "n,acceleration\n0,1.0\n1,2.0\n"
        ),
        ["after stretch", "n_samples", "found 2, expected 1536"],
    ),
    "recordings without labels": (
        index('label = "normal"', 'label = ""'),
        ["reference stretch", "label: found none, expected one"],
    ),
    "one class only": (
        index('label = "inner"', 'label = "normal"'),
        ["pump.toml", "train stretch", "label", "found 1 (normal)", "2 to 23"],
    ),
    "one machine only": (
        lambda made: [
            made.change(made.index, 'machine = "m1"', 'machine = "m0"'),
            made.change(made.project, 'test = ["m1"]', ""),
        ],
        ["pump.toml", "`split.by`", "found 1 group(s)", "two or more"],
    ),
    "a reference that is too short": (
        edit("false_alarms = 100", 'false_alarms = "1/year"'),
        ["pump.toml", "reference stretch", "found 32 windows", "'1/year'"],
    ),
    "a stretch without recordings": (
        edit("later/before*", "later/nothing*"),
        ["pump.toml", "`data.folder.before`", "found no recordings", "later/nothing*"],
    ),
    "a class of which nothing is left": (
        lambda made: [
            made.change(made.csv(f"train/inner-m{i}"), "\n700,", "\n700,nan\n701,")
            for i in (0, 1)
        ],
        ["train stretch", "found 1 (normal)", "quality check: 2 left out",
         "train/inner-m0: nonfinite: found 1 samples, expected none; and 1 more"],
    ),
    "a damaged .mat file": (
        cut_mat,
        ["pump.toml", "`data.folder.train`", "105_0.mat", "cannot be read"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_wrong_input_is_named_and_nothing_is_written(
    good: FolderProject, case: str
) -> None:
    change, words = CASES[case]
    change(good)
    refused(run(good), words)
    assert not good.runs.exists()


def test_a_project_file_that_is_not_there(tmp_path: Path) -> None:
    done = ecmkit("run", tmp_path / "pmp.toml", "--runs", tmp_path / "runs")
    refused(done, ["pmp.toml", "no such file"])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_a_project_file(tmp_path: Path) -> None:
    refused(ecmkit("run", tmp_path), [str(tmp_path), "found a folder, expected a file"])


def test_recordings_for_a_project_that_simulates(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    done = ecmkit("run", project, "--runs", tmp_path / "r", "--data", tmp_path)
    refused(done, ["small.toml", "`data.simulator`", "--data", "`data.folder`"])
    assert not (tmp_path / "r").exists()


def test_a_folder_of_data_that_is_not_there(good: FolderProject) -> None:
    done = run(good, "--data", good.root / "nowhere")
    refused(done, ["pump.toml", "nowhere", "no such folder"])
    assert not good.runs.exists()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("stretch", '"brfore"', ["scenario: stretch", "'brfore'", "before"]),
        ("fault_size", "0.0", ["scenario 2 (inner)", "fault_size", "above 0"]),
        ("duration_s", "1.0\nspeed_hz = 0.0", ["scenario", "speed_hz", "above 0"]),
    ],
)
def test_a_mistake_in_the_simulator(
    tmp_path: Path, key: str, value: str, words: list[str]
) -> None:
    project = write_project(tmp_path, **{key: value})
    done = ecmkit("run", project, "--runs", tmp_path / "r")
    refused(done, ["small.toml", *words])
    assert not (tmp_path / "r" / "small").exists()


class TestRunsFolder:
    def test_that_is_a_file(self, good: FolderProject) -> None:
        good.runs.write_text("mine")
        refused(run(good), [str(good.runs), "found a file", "folder"])
        assert good.runs.read_text() == "mine"

    def test_below_a_file(self, good: FolderProject) -> None:
        (good.root / "mine").write_text("mine")
        good.runs = good.root / "mine" / "runs"
        refused(run(good), [str(good.root / "mine"), "Not a directory"])

    def test_that_cannot_be_made(self, good: FolderProject) -> None:
        # No user, root included, may make a folder here.
        good.runs = Path("/proc/ecmkit")
        refused(run(good), ["/proc/ecmkit", "No such file or directory"])


def prepared(made: FolderProject) -> tuple[Context, tuple[str, ...]]:
    """Read and checked, but nothing learnt yet."""
    return prepare(
        made.project,
        folder=None,
        runs=made.runs,
        fresh=False,
        progress=lambda stage, note: None,
    )


def test_a_burst_of_gaps_costs_one_recording_and_is_said(good: FolderProject) -> None:
    good.change(good.csv("train/inner-m1"), "\n700,", "\n700,nan\n701,")
    context, dropped = prepared(good)
    assert left_out(dropped) == f"1 left out: {dropped[0]}"
    assert left_out(dropped * 3) == f"3 left out: {dropped[0]}; and 2 more"
    assert dropped == (
        "train: train/inner-m1: nonfinite: found 1 samples, expected none",
    )
    assert "train/inner-m1" not in context.tables["train"].recording
    assert len(context.life["train"]) == 3


def test_the_reference_of_a_machine_that_was_learnt_is_not_judged_on(
    good: FolderProject,
) -> None:
    """It would be the learnt recordings' own machine: their score, not a new one's."""
    _, judged = divide(prepared(good)[0])
    assert set(judged.recording) == {
        "train/normal-m1", "train/inner-m1", "later/reference"
    }  # fmt: skip
    good.change(good.index, 'machine = "m9"', 'machine = "m0"')
    learnt, judged = divide(prepared(good)[0])
    assert set(judged.recording) == {"train/normal-m1", "train/inner-m1"}
    assert not set(learnt.group) & set(judged.group)


def test_names_with_brackets_do_no_harm(
    good: FolderProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(good.root)
    folder = Path("[red]") / "[/b]"
    folder.mkdir(parents=True)
    done = run(good, "--data", folder)
    refused(done, [os.fspath(folder), "found no recordings"])
