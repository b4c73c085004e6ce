"""Monocypher's sources, as they come in its registry package: found, never changed."""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from ecmkit.errors import FormatError, MissingError
from ecmkit.formats import file_hash, write_atomic
from ecmkit.package.manifest import ThirdParty

__all__ = ["FOLDER", "PLACE", "record", "sources"]

PLACE = "ECMKIT_MONOCYPHER"
"""Variable of the environment: an archive or a folder that has the sources."""
FOLDER = "third_party/monocypher"
"""Where they lie in a package."""
_NAME, _RELEASE, _VERSION = "pymonocypher", "4.0.3.4", "4.0.3"
_ARCHIVE = f"{_NAME}-{_RELEASE}.tar.gz"
_ARCHIVE_HASH = "5e56e3d3eb770a53e0b9f6274146663c11a11f3d0de5cd48e3be0428d1b07a4a"
_FILES = {
    "LICENSE.txt": "d3a6d889033e22c8ee30bb2891f0787a3288fc594994cd04c885761c4475e30f",
    "monocypher.c": "57eb914fc88136119bd41655cccb8c250048bf54d470540625186f8ab16f64be",
    "monocypher.h": "c494da712122da7ff679fdcf318a5317e84972b6c950fe9d896212947797facd",
}
_TIMEOUT_S = 600


def record() -> ThirdParty:
    """Say what a package with these sources has of others."""
    return ThirdParty(
        name="Monocypher",
        version=_VERSION,
        license="BSD-2-Clause OR CC0-1.0",
        origin=f"pkg:pypi/{_NAME}@{_RELEASE}",
        hash=_ARCHIVE_HASH,
        files=tuple(f"{FOLDER}/{name}" for name in _FILES),
    )


def sources() -> dict[str, bytes]:
    """Find the sources.

    Returns
    -------
    dict
        ``monocypher.c``, ``monocypher.h`` and ``LICENSE.txt``, each of the hash that is
        known here: of what `PLACE` names, else of the archive in the user's cache
        (``~/.cache/ecmkit``), which pip brings if it is not there yet.

    Raises
    ------
    FormatError
        Naming the file that is missing or not the known one.
    MissingError
        If pip cannot bring the archive.
    """
    given = os.environ.get(PLACE, "")
    if given:
        return _checked(Path(given))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    archive = cache / "ecmkit" / _ARCHIVE
    if not archive.is_file() or file_hash(archive) != _ARCHIVE_HASH:
        _download(archive)
    return _checked(archive)


def _checked(path: Path) -> dict[str, bytes]:
    found = _in_folder(path) if path.is_dir() else _in_archive(path)
    for name, expected in _FILES.items():
        if name not in found:
            raise FormatError(f"{path}: `{name}`: found none, expected one")
        digest = hashlib.sha256(found[name]).hexdigest()
        if digest != expected:
            raise FormatError(
                f"{path}: `{name}`: found SHA-256 {digest}, expected {expected}, as in "
                f"{_ARCHIVE}"
            )
    return found


def _in_folder(path: Path) -> dict[str, bytes]:
    return {n: (path / n).read_bytes() for n in _FILES if (path / n).is_file()}


def _in_archive(path: Path) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(path) as archive:
            for name in _FILES:
                inside = f"{_ARCHIVE.removesuffix('.tar.gz')}/{name}"
                if inside in archive.getnames():
                    member = archive.extractfile(inside)
                    found[name] = b"" if member is None else member.read()
    except (OSError, tarfile.TarError, EOFError, KeyError) as error:
        words = str(error).splitlines()[0]
        raise FormatError(
            f"{path}: found no archive ({words}), expected {_ARCHIVE} or a folder with "
            "its files"
        ) from error
    return found


def _download(archive: Path) -> None:
    """Let pip bring the archive, whose hash it compares before it asks its builder."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{_NAME}=={_RELEASE} --hash=sha256:{_ARCHIVE_HASH}\n")
        command = [
            sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input",
            "download", "--no-deps", "--no-binary", _NAME, "--require-hashes",
            "-r", str(wanted), "-d", folder,
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
            )
            words = (done.stderr or done.stdout).strip()
        except subprocess.TimeoutExpired:
            words = f"pip took more than {_TIMEOUT_S} s"
        made = Path(folder, _ARCHIVE)
        if not made.is_file():
            raise MissingError(
                f"{_ARCHIVE}, which has the sources of Monocypher: let {PLACE} name "
                f"the archive or a folder with its files; pip says: {words}"
            )
        write_atomic(archive, made.read_bytes())
