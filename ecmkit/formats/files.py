"""Write aside, then rename: nothing on disk is ever half-written."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replace_dir", "write_atomic"]


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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def replace_dir(path: Path) -> Iterator[Path]:
    """Fill a folder aside; it takes the place of `path` only if the block succeeds.

    Parameters
    ----------
    path : Path
        Destination folder; an existing one is replaced as a whole.

    Yields
    ------
    Path
        An empty folder beside `path` to write into.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    aside.chmod(0o755)
    try:
        yield aside
        if path.exists():
            old = aside.with_name(aside.name + ".old")
            path.rename(old)
            aside.rename(path)
            shutil.rmtree(old)
        else:
            aside.rename(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
