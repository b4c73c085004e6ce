"""Archives of a package: the same tree, the same bytes, on every machine and day."""

import io
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ecmkit.errors import FormatError
from ecmkit.formats import write_atomic
from ecmkit.package.ecosystems import library_name
from ecmkit.package.manifest import Package, files_of

__all__ = ["opened", "write_archives"]

_EPOCH = "1980-01-01"
"""Time of all files of a release without a date: the first that a zip can have."""
_MODE = 0o644
_BLOCK = 0xFFFF
_MAX_BYTES = 1 << 30


def write_archives(package: Package, folder: Path) -> tuple[Path, ...]:
    """Write the package as the archives that ecosystems take.

    Nothing is compressed: what a compressor writes differs by its version.

    Parameters
    ----------
    package : Package
        Complete, and sealed if it shall be.
    folder : Path
        Made if it is missing.

    Returns
    -------
    tuple of Path
        ``.tar.gz`` for CMake, Zephyr, PlatformIO and ESP-IDF; ``.zip`` for Arduino;
        ``.pack`` for CMSIS.
    """
    release, library = package.manifest.release, library_name(package.manifest.name)
    folder.mkdir(parents=True, exist_ok=True)
    time = datetime.fromisoformat(release.date or _EPOCH).replace(tzinfo=UTC)
    files = [
        (name, (package.path / name).read_bytes()) for name in files_of(package.path)
    ]
    made = {
        f"{library}-{release.version}.tar.gz": _tar(
            files, f"{library}-{release.version}/", time
        ),
        f"{library}-{release.version}.zip": _zip(files, f"{library}/", time),
        f"{release.vendor}.{library}.{release.version}.pack": _zip(files, "", time),
    }
    for name, data in made.items():
        write_atomic(folder / name, data)
    return tuple(folder / name for name in made)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Give the folder of a package that may be an archive.

    Yields
    ------
    Path
        `path` itself if it is a folder; else one that goes away afterwards.

    Raises
    ------
    FormatError
        If it is neither, or an archive with anything but files inside of it.
    """
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ecmkit-package-") as place:
        for name, data in _members(path):
            copy = Path(place, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
        inside = [*Path(place).iterdir()]
        alone = len(inside) == 1 and inside[0].is_dir()
        yield inside[0] if alone else Path(place)


def _tar(files: list[tuple[str, bytes]], root: str, time: datetime) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            info = tarfile.TarInfo(root + name)
            info.size, info.mode, info.mtime = len(data), _MODE, int(time.timestamp())
            archive.addfile(info, io.BytesIO(data))
    return _gzip(out.getvalue())


def _gzip(data: bytes) -> bytes:
    """Wrap bytes as gzip, in blocks that deflate stores as they are."""
    parts = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff"]
    for start in range(0, max(1, len(data)), _BLOCK):
        block = data[start : start + _BLOCK]
        last = start + _BLOCK >= len(data)
        parts += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    parts.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(parts)


def _zip(files: list[tuple[str, bytes]], root: str, time: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            info = zipfile.ZipInfo(root + name, time.timetuple()[:6])
            info.external_attr = _MODE << 16
            info.create_system = 3  # as on Unix, wherever it is made
            archive.writestr(info, data)
    return out.getvalue()


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Read the files of an archive; nothing in it may point out of it."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    _check_member(path, info.filename, info.file_size)
                    yield info.filename, archive.read(info)
        else:
            with tarfile.open(path) as tar:
                for member in tar.getmembers():
                    stream = tar.extractfile(member) if member.isreg() else None
                    if stream is None:
                        raise FormatError(f"{path}: {member.name}: not a file")
                    _check_member(path, member.name, member.size)
                    yield member.name, stream.read()
    except (
        OSError,
        EOFError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise FormatError(
            f"{path}: found neither a folder nor an archive of a package: "
            f"{str(error).splitlines()[0].rstrip(':')}"
        ) from error


def _check_member(path: Path, name: str, size: int) -> None:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or "\\" in name or name.endswith("/"):
        raise FormatError(f"{path}: {name!r}: expected a file inside of the archive")
    if size > _MAX_BYTES:
        raise FormatError(
            f"{path}: {name!r}: {size} bytes, expected at most {_MAX_BYTES}"
        )
