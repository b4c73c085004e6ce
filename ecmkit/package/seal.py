"""The seal of a package: the hash of every file, and a signature over the hashes."""

import re
from pathlib import Path

from ecmkit.errors import FormatError
from ecmkit.formats import file_hash, minisign, write_atomic
from ecmkit.package.ecosystems import library_name
from ecmkit.package.manifest import (
    SIGNATURE,
    SUMS,
    Package,
    files_of,
    require_hash,
)

__all__ = ["check_files", "check_signature", "seal"]

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n\\]+)\n")


def seal(package: Package, *, key: minisign.SecretKey | None = None) -> None:
    """Write ``SHA256SUMS`` over all files as they are now, and sign it.

    Parameters
    ----------
    package : Package
        With its evidence.
    key : SecretKey, optional
        By whom it is signed; None leaves it unsigned.

    Raises
    ------
    FormatError
        If a file of the package is a key.
    """
    sums = {n: file_hash(package.path / n) for n in _sealed(package.path)}
    for name in sums:
        with (package.path / name).open("rb") as stream:
            if b"secret key" in stream.readline(200):
                raise FormatError(f"{package.path / name}: a secret key in a package")
    text = _text(sums)
    write_atomic(package.path / SUMS, text)
    (package.path / SIGNATURE).unlink(missing_ok=True)
    if key is not None:
        signature = minisign.sign(text.encode(), key, trusted=_trusted(package))
        write_atomic(package.path / SIGNATURE, signature)


def check_signature(path: Path, key: minisign.PublicKey) -> str:
    """Verify who sealed a package.

    Parameters
    ----------
    path : Path
        Folder of the package.
    key : PublicKey
        Whose signature is expected.

    Returns
    -------
    str
        The trusted comment: library, version and target.

    Raises
    ------
    FormatError
        If there is no signature, or not this one.
    """
    where = str(path / SIGNATURE)
    try:
        signature = (path / SIGNATURE).read_bytes().decode()
    except OSError as error:
        raise FormatError(f"{where}: missing: the package is not signed") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{where}: not a signature of minisign") from error
    sums = str(path / SUMS)
    return minisign.verify(_read(path), signature, key, what=sums, where=where)


def check_files(path: Path) -> int:
    """Compare every file of a package with its hash.

    Parameters
    ----------
    path : Path
        Folder of the package.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    FormatError
        Naming the file that is missing, not listed or changed.
    """
    sums = _parsed(path)
    found = set(_sealed(path))
    for name in sorted(found ^ sums.keys()):
        what = f"not listed in {SUMS}" if name in found else "missing"
        raise FormatError(f"{path / name}: {what}")
    for name, expected in sums.items():
        require_hash(path / name, expected, of=SUMS)
    return len(sums)


def _parsed(path: Path) -> dict[str, str]:
    """Read the hashes, in the only form that we write."""
    try:
        text = _read(path).decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"{path / SUMS}: not a list of hashes") from error
    sums = {name: digest for digest, name in _LINE.findall(text)}
    if not sums or _text(sums) != text:
        raise FormatError(
            f"{path / SUMS}: not a list of hashes, each file once, sorted"
        )
    return sums


def _read(path: Path) -> bytes:
    try:
        return (path / SUMS).read_bytes()
    except OSError as error:
        raise FormatError(
            f"{path / SUMS}: missing: the package is not sealed"
        ) from error


def _sealed(path: Path) -> list[str]:
    return [name for name in files_of(path) if name not in (SUMS, SIGNATURE)]


def _text(sums: dict[str, str]) -> str:
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def _trusted(package: Package) -> str:
    manifest = package.manifest
    own = f"{library_name(manifest.name)} {manifest.release.version}"
    return f"{own} for {manifest.target}, package {package.id[:16]}"
