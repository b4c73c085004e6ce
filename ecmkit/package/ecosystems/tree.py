"""A package as the checks of the ecosystems read it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecmkit.errors import INSTALL, FormatError, MissingError
from ecmkit.package.release import Release

__all__ = ["Tree", "one"]

_KINDS: dict[type, str] = {str: "a text", bool: "true or false"}


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Folder of a package, and what all descriptions in it must agree on."""

    path: Path
    name: str
    """Of the application."""
    library: str
    """Of its library, in every ecosystem."""
    release: Release
    """What every description says alike."""
    cpu: str
    compiled: bool

    @property
    def version(self) -> str:
        """Of the package."""
        return self.release.version

    @property
    def listed_license(self) -> str | None:
        """The licence if registries know it; None: they take the file LICENSE."""
        own = self.release.license
        return None if own.startswith("LicenseRef-") else own

    def require(
        self, met: object, file: str, field: str, found: object, expected: str
    ) -> None:
        """Refuse a field of a file.

        Raises
        ------
        FormatError
            Unless `met`; names file, field, found and expected.
        """
        if not met:
            where = f"{self.path / file}: `{field}`" if field else self.path / file
            raise FormatError(f"{where}: found {found!r}, expected {expected}")

    def same(self, file: str, field: str, found: object, expected: object) -> None:
        """Refuse a field of a file that is not what it must be."""
        self.require(found == expected, file, field, found, repr(expected))

    def known(
        self, file: str, found: Mapping[str, object], names: Iterable[str], at: str = ""
    ) -> None:
        """Refuse a field that the ecosystem does not know: a misspelt one, mostly."""
        allowed = sorted(names)
        for name in found:
            self.require(
                name in allowed, file, f"{at}{name}", name, f"one of {allowed}"
            )

    def shaped(self, file: str, found: object, shape: object, at: str = "") -> None:
        """Refuse fields that the ecosystem does not know, or of another kind.

        Parameters
        ----------
        file : str
            That was read.
        found : object
            What was read from it.
        shape : object
            A type; a list of one shape; or shapes by field, ``"*"`` for all others.
        at : str
            Field that `found` is the value of.
        """
        if isinstance(shape, dict):
            self.require(isinstance(found, Mapping), file, at, found, "fields")
            own = dict(found) if isinstance(found, Mapping) else {}
            dot = f"{at}." if at else ""
            if "*" not in shape:
                self.known(file, own, shape, dot)
            for name, value in own.items():
                self.shaped(file, value, shape.get(name, shape.get("*")), dot + name)
        elif isinstance(shape, list):
            self.require(isinstance(found, list), file, at, found, "a list")
            for value in found if isinstance(found, list) else ():
                self.shaped(file, value, shape[0], at)
        elif isinstance(shape, type):
            met = isinstance(found, shape)
            self.require(met, file, at, found, _KINDS.get(shape, shape.__name__))

    def leads(self, file: str, field: str, path: str, to: str) -> None:
        """Refuse a path, as it is seen from the folder of a file, to something else."""
        found = (self.path / file).parent / path
        met = found.resolve() == (self.path / to).resolve()
        self.require(met, file, field, path, f"the way to {to or 'the package'}")

    def text(self, file: str) -> str:
        """Read a file.

        Raises
        ------
        FormatError
            If it is not there, or no text.
        """
        try:
            return (self.path / file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FormatError(f"{self.path / file}: cannot be read: {error}") from error

    def yaml(self, file: str) -> dict[str, Any]:
        """Read a file of YAML that is one mapping."""
        try:
            import yaml
        except ModuleNotFoundError as error:
            raise MissingError(f"no Python package 'yaml': {INSTALL}") from error
        try:
            found = yaml.safe_load(self.text(file))
        except yaml.YAMLError as error:
            raise FormatError(f"{self.path / file}: not YAML: {error}") from error
        self.require(isinstance(found, dict), file, "", type(found).__name__, "fields")
        return dict(found)

    def exists(self, file: str, field: str, name: object, *, folder: bool) -> None:
        """Refuse the name of a file or folder that is not in the package."""
        kind = "folder" if folder else "file"
        path = self.path / str(name)
        met = isinstance(name, str) and (path.is_dir() if folder else path.is_file())
        self.require(met, file, field, name, f"a {kind} of the package")

    @property
    def sources(self) -> list[str]:
        """C files that are compiled, by their path in the package."""
        return sorted(
            p.relative_to(self.path).as_posix()
            for p in (self.path / "src").rglob("*.c")
        )

    def lists_sources(self, file: str, field: str, names: list[str]) -> None:
        """Refuse a list that has not each C file once."""
        for name in names:
            self.exists(file, field, name, folder=False)
            self.require(names.count(name) == 1, file, field, name, "each file once")
        for name in self.sources:
            self.require(name in names, file, field, "nothing of it", name)


def one(pattern: str, text: str) -> str:
    """Return what a pattern finds in a text; empty if nothing."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""
