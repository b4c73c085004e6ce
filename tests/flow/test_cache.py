"""The cache of stages: keys by content, and only whole results are found."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecmkit.drift.records import ScoreWatch
from ecmkit.flow import cache as cache_module
from ecmkit.flow.cache import StageCache, code_hash

WATCH = ScoreWatch(
    score="distance",
    floor=0.1,
    mean=0.0,
    inv_sd=1.0,
    k=0.5,
    h=4.0,
    arl0=1000.0,
    arl0_interval=(900.0, 1100.0),
    n_reference=200,
)


class Counted:
    """A stage that says how often it was computed."""

    def __init__(self, root: Path) -> None:
        self.cache, self.built = StageCache(root), 0

    def get(self, *inputs: object, name: str = "squares") -> str:
        def build(folder: Path) -> None:
            self.built += 1
            (folder / "result").write_text(f"result {self.built}")

        return self.cache.stage(
            name, *inputs, build=build, load=lambda f: (f / "result").read_text()
        )


def test_the_same_inputs_are_found(tmp_path: Path) -> None:
    one = Counted(tmp_path)
    x = np.arange(4, dtype=np.float32)
    first = one.get("a", 1, x, WATCH)
    assert one.cache.hits == []
    assert one.get("a", 1, x.copy(), WATCH) == first
    assert (one.built, one.cache.hits) == (1, ["squares"])
    other = Counted(tmp_path)
    assert other.get("a", 1, x, WATCH) == first
    assert other.built == 0


@pytest.mark.parametrize(
    "inputs",
    [
        ("a", 2, np.arange(4, dtype=np.float32)),
        ("b", 1, np.arange(4, dtype=np.float32)),
        ("a", 1, np.arange(4, dtype=np.float64)),
        ("a", 1, np.array([0, 1, 2, 4], np.float32)),
        ("a", 1, np.arange(4, dtype=np.float32).reshape(2, 2)),
        ("a1", np.arange(4, dtype=np.float32)),
        ("a", 1),
    ],
)
def test_other_inputs_are_another_result(
    tmp_path: Path, inputs: tuple[object, ...]
) -> None:
    one = Counted(tmp_path)
    one.get("a", 1, np.arange(4, dtype=np.float32))
    assert one.get(*inputs) == "result 2"


def test_another_stage_or_other_code_is_another_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Counted(tmp_path)
    one.get("a")
    assert one.get("a", name="cubes") == "result 2"
    monkeypatch.setattr(cache_module, "code_hash", lambda: "other code")
    assert one.get("a") == "result 3"


def test_the_hash_of_the_code_covers_python_c_and_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = code_hash()
    for folder in ("csrc_dir", "targets_dir"):
        place = tmp_path / folder
        place.mkdir()
        with monkeypatch.context() as patch:
            patch.setattr(cache_module._paths, folder, lambda place=place: place)
            empty = code_hash.__wrapped__()
            (place / "a.h").write_text("1")
            one = code_hash.__wrapped__()
            (place / "a.h").write_text("2")
            assert len({before, empty, one, code_hash.__wrapped__()}) == 4
    assert code_hash.__wrapped__() == before


def test_a_failed_stage_leaves_nothing(tmp_path: Path) -> None:
    cache = StageCache(tmp_path)

    def build(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.stage("slow", build=build, load=lambda folder: folder)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert list((tmp_path / "slow").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from ecmkit.flow.cache import StageCache

def build(folder):
    (folder / "result").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

StageCache(Path(sys.argv[1])).stage("squares", "a", build=build, load=lambda f: f)
"""


def test_a_killed_stage_is_no_hit(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], env=environment, check=False
    )
    assert died.returncode == -signal.SIGKILL
    halves = list(tmp_path.rglob("result"))
    assert [half.read_text() for half in halves] == ["half"]
    one = Counted(tmp_path)
    assert one.get("a") == "result 1"
    assert one.cache.hits == []


def test_cleared_stages_are_computed_again(tmp_path: Path) -> None:
    one = Counted(tmp_path / "cache")
    one.get("a")
    one.cache.clear()
    assert not (tmp_path / "cache").exists()
    one.cache.clear()
    assert one.get("a") == "result 2"
