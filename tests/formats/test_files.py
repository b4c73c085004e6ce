"""Nothing on disk is ever half-written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import replace_dir, write_atomic


def test_write_replaces_whole_files(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, "old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def fill(folder: Path, fail: type[BaseException] | None = None) -> None:
    with replace_dir(folder) as aside:
        (aside / "x").write_text("new")
        if fail:
            raise fail


def test_folder_appears_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    fill(folder)
    assert [p.name for p in folder.iterdir()] == ["x"]
    assert [p.name for p in folder.parent.iterdir()] == ["out"]


def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "own.key"
    path.write_text("secret")
    with pytest.raises(FormatError, match=r"own\.key: found a file, expected a folder"):
        fill(path)
    assert path.read_text() == "secret"
    assert [p.name for p in tmp_path.iterdir()] == ["own.key"]


def test_a_link_still_leads_to_the_folder_that_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "one")
    (tmp_path / "one" / "old").touch()
    (tmp_path / "link").symlink_to("one")
    fill(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["x"]
    assert {p.name for p in tmp_path.iterdir()} == {"one", "link"}


@pytest.mark.parametrize("there", [False, True])
def test_another_process_may_put_its_folder_there_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    folder, rename, done = tmp_path / "out", Path.rename, []
    if there:
        fill(folder)

    def late(own: Path, to: Path) -> Path:
        if to == folder and not done:
            done.append(to)
            folder.mkdir()
            (folder / "theirs").touch()
        return rename(own, to)

    monkeypatch.setattr(Path, "rename", late)
    fill(folder)
    assert done
    assert [p.name for p in folder.iterdir()] == ["x"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_another_process_may_have_taken_the_folder_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rename = tmp_path / "out", Path.rename
    fill(folder)

    def late(own: Path, to: Path) -> Path:
        if own == folder:
            shutil.rmtree(folder)
        return rename(own, to)

    monkeypatch.setattr(Path, "rename", late)
    fill(folder)
    assert [p.name for p in folder.iterdir()] == ["x"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failed_fill_leaves_the_old_folder(
    tmp_path: Path, error: type[BaseException]
) -> None:
    folder = tmp_path / "out"
    fill(folder)
    (folder / "x").write_text("old")
    with pytest.raises(error):
        fill(folder, error)
    assert (folder / "x").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("write", [lambda p: write_atomic(p, "x"), fill])
def test_an_interrupt_right_after_the_making_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    for name in ("mkdir", "open"):
        made = getattr(Path, name)

        def make(self: Path, *args: Any, made: Any = made, **options: Any) -> None:
            made(self, *args, **options)
            if self.name.startswith("."):
                raise KeyboardInterrupt

        monkeypatch.setattr(Path, name, make)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("nth", [1, 2])
def test_an_interrupt_while_renaming_costs_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """The first rename takes the old folder away, the second brings the new one."""
    folder = tmp_path / "out"
    fill(folder)
    (folder / "x").write_text("old")
    rename, done = Path.rename, 0

    def stop(self: Path, target: Path) -> Path:
        nonlocal done
        done += 1
        found = rename(self, target)
        if done == nth:
            raise KeyboardInterrupt
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stop)
        with pytest.raises(KeyboardInterrupt):
            fill(folder)
    assert (folder / "x").read_text() == ("old" if nth == 1 else "new")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    fill(folder)
    (folder / "leftover").write_text("old")
    fill(folder)
    assert [p.name for p in folder.iterdir()] == ["x"]
