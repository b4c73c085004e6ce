"""Stages cached by content: an interrupted run goes on where it was."""

import hashlib
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from ecmkit import _paths, formats

__all__ = ["StageCache", "code_hash"]

T = TypeVar("T")


@cache
def code_hash() -> str:
    """SHA-256 over ecmkit's own sources: other code is another result."""
    digest = hashlib.sha256()
    here = Path(__file__).resolve().parent.parent
    for root, endings in (
        (here, {".py", ".pyx", ".pxd", ".c", ".j2", ".toml", ".in"}),
        (_paths.csrc_dir(), {".c", ".h"}),
        (_paths.targets_dir(), {".toml", ".c", ".ld", ".in", ".h"}),
    ):
        for path in sorted(root.rglob("*")):
            if path.suffix in endings and path.is_file():
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


class StageCache:
    """Folders of finished stages under one root.

    A stage's folder is filled aside and renamed when complete, so what is found under
    a key is always whole.

    Parameters
    ----------
    root : Path
        Folder of the cache.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.hits: list[str] = []
        """Names of stages that were found instead of computed."""

    @property
    def objects(self) -> Path:
        """Folder of compiled files, shared by all packages."""
        return self._root / "objects"

    def stage(
        self,
        name: str,
        *inputs: object,
        build: Callable[[Path], None],
        load: Callable[[Path], T],
    ) -> T:
        """Compute a stage, or find it.

        Parameters
        ----------
        name : str
            Name of the stage.
        *inputs : object
            Everything that the result depends on, as for `formats.content_hash`.
        build : callable
            Writes the result into the folder that it is given.
        load : callable
            Reads the result from such a folder.

        Returns
        -------
        object
            What `load` returns.
        """
        key = formats.content_hash(name, code_hash(), *inputs)
        folder = self._root / name / key[:32]
        if folder.is_dir():
            self.hits.append(name)
        else:
            with formats.replace_dir(folder) as aside:
                build(aside)
        return load(folder)

    def clear(self) -> None:
        """Forget every stage."""
        shutil.rmtree(self._root, ignore_errors=True)
