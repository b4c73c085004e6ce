"""Write aside, then rename: nothing on disk is ever half-written."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ecmkit.errors import FormatError

__all__ = [
    "replace_dir",
    "replace_file",
    "require_folder",
    "require_new",
    "require_no_file",
    "write_atomic",
]


def require_folder(path: Path) -> None:
    """Refuse a file to be written whose folder does not exist, before the work.

    Raises
    ------
    FormatError
        Naming file and folder.
    """
    folder = path.absolute().parent
    if not folder.is_dir():
        raise FormatError(f"{path}: found no folder {folder}, expected it to exist")


def require_new(path: Path, *, replace: bool = False) -> None:
    """Refuse a file to be written where something is already, before the work.

    Parameters
    ----------
    path : Path
        The file.
    replace : bool
        Take the place of a file.

    Raises
    ------
    FormatError
        Naming the file or its folder.
    """
    require_folder(path)
    if path.is_dir():
        raise FormatError(f"{path}: found a folder, expected a name for a file in it")
    if not replace and (path.exists() or path.is_symlink()):
        raise FormatError(f"{path}: is there already; --replace writes over it")


def require_no_file(path: Path) -> None:
    """Refuse a folder to be written where a file is: nobody means to replace that.

    Raises
    ------
    FormatError
        Naming the file.
    """
    if path.exists() and not path.is_dir():
        raise FormatError(f"{path}: found a file, expected a folder or nothing")


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file so that readers see the old content or the new, never a part.

    Parameters
    ----------
    path : Path
        Destination; its folder must exist.
    data : bytes or str
        Content; text is stored as UTF-8.
    """
    raw = data.encode("utf-8") if isinstance(data, str) else data
    with replace_file(path) as aside, aside.open("xb") as stream:
        stream.write(raw)


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Fill a file aside; it takes the place of `path` only if the block succeeds.

    Parameters
    ----------
    path : Path
        Destination; its folder must exist.

    Yields
    ------
    Path
        A name beside `path`, which is not there yet, to write to.
    """
    aside = _aside(path)
    try:
        yield aside
        with aside.open("rb+") as stream:
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def replace_dir(path: Path) -> Iterator[Path]:
    """Fill a folder aside; it takes the place of `path` only if the block succeeds.

    Parameters
    ----------
    path : Path
        Destination folder; an existing one is replaced as a whole, and so is that to
        which a link leads.

    Yields
    ------
    Path
        An empty folder beside `path` to write into.

    Raises
    ------
    FormatError
        If `path` is a file.
    """
    require_no_file(path)
    if path.is_symlink():
        path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    old = aside.with_name(aside.name + ".old")
    try:
        aside.mkdir()
        yield aside
        _put(aside, path, old)
    finally:
        # An interrupt between the two renames must not cost the old folder.
        if old.exists() and not path.exists():
            old.rename(path)
        for left in (old, aside):
            shutil.rmtree(left, ignore_errors=True)


def _put(aside: Path, path: Path, old: Path) -> None:
    """Rename a folder to `path`, in place of whatever others put there meanwhile."""
    while True:
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            aside.rename(path)
        except OSError:
            if not path.exists():
                raise
            shutil.rmtree(old, ignore_errors=True)  # theirs is newer
        else:
            return


def _aside(path: Path) -> Path:
    """Name of what is not there yet: known before it is made, so never left behind.

    An interrupt may come at any time, also between the making of a file and the
    moment at which its name is known.
    """
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
