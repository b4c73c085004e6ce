"""What this machine lacks: exit code 3, what to install, and at once."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.folder import FolderProject
from tests.cli.runner import Done, ecmkit


@pytest.fixture
def good(tmp_path: Path) -> FolderProject:
    return FolderProject(tmp_path)


def lacking(good: FolderProject, words: list[str]) -> None:
    """The run says what is missing, and has not begun to work."""
    done: Done = ecmkit("run", good.project, "--runs", good.runs)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err
    assert not good.runs.exists()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the programs of this folder only; without the zig wheel."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(sys.modules, "ziglang", None)
    return folder


def test_no_c_compiler_at_all(good: FolderProject, programs: Path) -> None:
    lacking(good, ["no C compiler", "gcc", "pip install ecmkit[cross]"])


def test_no_compiler_for_the_target(good: FolderProject, programs: Path) -> None:
    compiler = programs / "cc"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    assert shutil.which("cc") == str(compiler)
    words = ["no compiler for cortex-m4f", "gcc-arm-none-eabi"]
    lacking(good, [*words, "pip install ecmkit[cross]"])


def test_nothing_that_runs_the_target(
    good: FolderProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "unicorn", None)
    lacking(good, ["unicorn is not installed", "pip install ecmkit[cross]"])


@pytest.mark.parametrize("name", ["mlflow", "jinja2", "matplotlib", "onnx", "elftools"])
def test_no_optional_package(
    good: FolderProject, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    lacking(good, [f"no Python package '{name}'", "pip install ecmkit[flow]"])


def test_no_package_for_a_format(
    good: FolderProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    good.csv("later/after").rename(good.recordings / "later" / "after.parquet")
    good.change(good.index, "later/after.csv", "later/after.parquet")
    lacking(good, ["no Python package 'pyarrow'", "pip install ecmkit[flow]"])


def test_a_mistake_in_the_project_comes_first(
    good: FolderProject, programs: Path
) -> None:
    good.change(good.project, "nucleo-f401re", "nucleo-x")
    done = ecmkit("run", good.project, "--runs", good.runs)
    assert (done.code, "'nucleo-x'" in done.err) == (2, True)
