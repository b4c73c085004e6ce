"""The manifest of a package: what it is, what made it, and the hash of every file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from ecmkit.errors import DeviceError, FormatError
from ecmkit.formats import FeatureContract, content_hash, convert, file_hash
from ecmkit.package.release import Release
from ecmkit.package.sources import Memory

T = TypeVar("T")

__all__ = [
    "CARD",
    "EVIDENCE",
    "GOLDEN",
    "NO_COMPILER",
    "SIGNATURE",
    "SUMS",
    "THIRD_PARTY",
    "TWINS",
    "UNLISTED",
    "Manifest",
    "ModelEntry",
    "Package",
    "ThirdParty",
    "Tool",
    "file_hashes",
    "files_of",
    "is_package",
    "load_package",
    "require_hash",
]

NO_COMPILER = "none"
"""Name of the compiler of a package that is sources alone."""
TWINS = "twins"
"""Folder of files that are included by those of ``src/``, not compiled themselves."""
THIRD_PARTY = "third_party"
"""The same, of others: as they came, each folder with its licence."""
GOLDEN = "golden/"
"""Start of the names of golden signals and what they must become."""
EVIDENCE = "evidence/"
"""Folder of what `ecmkit.bench.write_evidence` adds."""
CARD = "model-card.md"
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.minisig"
UNLISTED = frozenset({
    "manifest.json", "README.md", "gate.json", "proofs.json", CARD, SUMS, SIGNATURE,
})  # fmt: skip
"""Files that the manifest does not list: itself, and what is about the package."""


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model of the package."""

    name: str
    kind: str
    outputs: tuple[str, ...]
    hash: str
    """SHA-256 of the compiled model."""
    champion: str = ""
    """Of a challenger: the model beside which it runs; empty: it decides itself."""


class Tool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What compiled the package."""

    name: str
    """``gcc``, ``zig``, or ``none``: the package is sources alone."""
    version: str
    flags: tuple[str, ...]


class ThirdParty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of others is in a package, as it came."""

    name: str
    version: str
    license: str
    """Expression of SPDX."""
    origin: str
    """Package URL of what it was taken from."""
    hash: str
    """SHA-256 of that."""
    files: tuple[str, ...]
    """Paths in the package."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a package is."""

    version: int = 1
    """Format version of this record."""
    name: str
    release: Release = Release()
    """What it is called outside of ecmkit."""
    target: str
    cpu: str
    port: str
    """Port of the device library for this core, ``fpu`` or ``generic``."""
    twins: dict[str, str] = {}
    """Files of ``twins/`` made for this core, by the portable one that they take the
    place of."""
    contract_id: str
    model_id: str
    models: tuple[ModelEntry, ...]
    steps: tuple[str, ...]
    """Steps of the feature plan, in the order in which they run; those of several
    channels with the name of the channel, such as ``x: time``."""
    reference_hash: str
    memory: Memory
    compiler: Tool
    third_party: tuple[ThirdParty, ...] = ()
    files: dict[str, str]
    """SHA-256 by path."""

    @property
    def id(self) -> str:
        """SHA-256 of the content: the name of the package."""
        return content_hash(self)


@dataclass(frozen=True)
class Package:
    """A package on disk."""

    path: Path
    manifest: Manifest
    contract: FeatureContract

    @property
    def id(self) -> str:
        """SHA-256 of the manifest, and so of every file."""
        return self.manifest.id

    @property
    def compiled(self) -> bool:
        """Whether it has a library and firmware, not sources alone."""
        return self.manifest.compiler.name != NO_COMPILER

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all outputs, in order; of challengers with the model's name."""
        return tuple(
            f"{m.name}.{name}" if m.champion else name
            for m in self.manifest.models
            for name in m.outputs
        )

    @property
    def compared(self) -> tuple[str, ...]:
        """Names of scores and values that have a challenger, in order."""
        own = (m for m in self.manifest.models if m.champion and m.kind != "class")
        return tuple(name for m in own for name in m.outputs)

    @property
    def firmware(self) -> Path:
        """Firmware that the bench runs in an emulator."""
        return self.path / "firmware" / "bench.elf"

    @property
    def board_firmware(self) -> Path:
        """The same for the board itself, with the bench in the board's own memory.

        An emulated machine has memory enough: there it is the same file.

        Raises
        ------
        DeviceError
            If the board has no room for the bench beside the application.
        """
        path = self.path / "firmware" / "board.elf"
        refusal = path.with_name("no-board.txt")
        if refusal.exists():
            words = refusal.read_text("utf-8").strip()
            raise DeviceError(
                f"{self.manifest.target}: no room for the bench on the board beside "
                f"the application: {words}"
            )
        return path if path.exists() else self.firmware

    @property
    def library(self) -> Path:
        """Application and device library, compiled for the target."""
        return self.path / "lib" / self.manifest.cpu / f"libecm_{self.manifest.name}.a"

    @property
    def sources(self) -> list[Path]:
        """C files of application and device library, in alphabetical order."""
        return sorted((self.path / "src").glob("*.c"))


def load_package(path: Path) -> Package:
    """Read a package and compare every file with its hash.

    Parameters
    ----------
    path : Path
        Folder of the package.

    Returns
    -------
    Package

    Raises
    ------
    FormatError
        Naming the file that is missing, not listed or changed.
    """
    manifest = _read(path / "manifest.json", Manifest)
    if manifest.version != 1:
        raise FormatError(
            f"{path / 'manifest.json'}: `version` is {manifest.version}, expected 1"
        )
    found = set(_listed(path))
    for name in sorted(found ^ manifest.files.keys()):
        what = "not listed in manifest.json" if name in found else "missing"
        raise FormatError(f"{path / name}: {what}")
    for name, expected in manifest.files.items():
        require_hash(path / name, expected, of="manifest.json")
    contract = _read(path / "contract.json", FeatureContract)
    if contract.id != manifest.contract_id:
        raise FormatError(
            f"{path / 'contract.json'}: id is {contract.id}, manifest.json says "
            f"{manifest.contract_id}"
        )
    return Package(path, manifest, contract)


def is_package(path: Path) -> bool:
    """Whether a folder has the manifest of a package, of whatever version."""
    try:
        found = msgspec.json.decode((path / "manifest.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return False
    return isinstance(found, dict) and {"contract_id", "files"} <= found.keys()


def require_hash(path: Path, expected: str, *, of: str) -> None:
    """Refuse a file that is not what it was.

    Raises
    ------
    FormatError
        Naming the file, the begin of its hash, and that which `of` expects.
    """
    found = file_hash(path)
    if found != expected:
        raise FormatError(
            f"{path}: not what {of} has the hash of: found SHA-256 {found[:16]}, "
            f"expected {expected[:16]}"
        )


def file_hashes(path: Path) -> dict[str, str]:
    """SHA-256 of all files of a folder that a manifest lists."""
    return {name: file_hash(path / name) for name in _listed(path)}


def files_of(path: Path) -> list[str]:
    """Names of all files of a package, from its folder, sorted."""
    return sorted(
        p.relative_to(path).as_posix()
        for p in path.rglob("*")
        if p.is_symlink() or not p.is_dir()
    )


def _listed(path: Path) -> list[str]:
    """Names of the files that are the package, not about it."""
    return [
        name
        for name in files_of(path)
        if name not in UNLISTED and not name.startswith((GOLDEN, EVIDENCE))
    ]


def _read(path: Path, kind: type[T]) -> T:
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise FormatError(f"{path}: missing, expected it in a package") from None
    except (OSError, msgspec.DecodeError) as error:
        raise FormatError(f"{path}: cannot be read: {error}") from error
    return convert(raw, kind, where=str(path))
