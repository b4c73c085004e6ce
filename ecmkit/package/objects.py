"""Compiled files kept by the hash of all that goes into them."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ecmkit.package.toolchain import Compiler

__all__ = ["ObjectCache"]


class ObjectCache:
    """Compiles, or finds the object of the same compiler, flags and files.

    Parameters
    ----------
    folder : Path or None
        Where objects are kept, made if it is missing; None compiles always.
    cwd : Path
        Where the files are that are compiled, with what they include.
    *others : Path
        Further folders that they include from; may be missing.

    Notes
    -----
    An object is put there complete or not at all, so several processes may share a
    folder. Nothing is ever removed: the folder may be, at any time.
    """

    def __init__(self, folder: Path | None, cwd: Path, *others: Path) -> None:
        self._folder = folder
        self._cwd = cwd
        self._included = b"" if folder is None else _digest_of_included(cwd, others)

    def compile(self, tool: Compiler, source: str, output: str, *flags: str) -> None:
        """Compile one C file; paths are relative to the cache's `cwd`.

        Raises
        ------
        BuildError
            With the compiler's own words.
        """
        if self._folder is None:
            tool.compile(source, output, *flags, cwd=self._cwd)
            return
        kept = self._folder / f"{self._key(tool, source, flags)}.o"
        if not kept.exists():
            tool.compile(source, output, *flags, cwd=self._cwd)
            _put(self._cwd / output, kept)
            return
        shutil.copyfile(kept, self._cwd / output)

    def _key(self, tool: Compiler, source: str, flags: tuple[str, ...]) -> str:
        words = [*tool.command, tool.version, *tool.flags, *flags, source]
        digest = hashlib.sha256("\0".join(words).encode())
        digest.update((self._cwd / source).read_bytes())
        digest.update(self._included)
        return digest.hexdigest()


def _digest_of_included(cwd: Path, others: Sequence[Path]) -> bytes:
    """Hash what may be included: headers, and whatever stands in folders."""
    digest = hashlib.sha256()
    for folder in (cwd, *others):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            own = folder == cwd and len(name.parts) == 1
            if path.is_file() and (path.suffix == ".h" or not own):
                digest.update(f"{name.as_posix()}\0".encode())
                digest.update(path.read_bytes())
    return digest.digest()


def _put(made: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=kept.parent, suffix=".part")
    os.close(handle)
    shutil.copyfile(made, name)
    Path(name).replace(kept)
