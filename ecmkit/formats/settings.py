"""Settings files: TOML decoded straight into a record, with errors that help."""

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from ecmkit.errors import FormatError
from ecmkit.formats.mistakes import explain

__all__ = ["convert", "load_toml"]

T = TypeVar("T")


def load_toml(path: Path, kind: type[T]) -> T:
    """Read a TOML file into a record.

    Parameters
    ----------
    path : Path
        The file.
    kind : type
        A ``msgspec.Struct``.

    Returns
    -------
    object of type `kind`

    Raises
    ------
    FormatError
        Naming the file and line, or the file, field, what was found and expected.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise FormatError(f"{path}: found a folder, expected a file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{path}: not valid TOML: {error}") from error
    return convert(raw, kind, where=str(path))


def as_json(record: object) -> bytes:
    """Write a record as it stands in a package: indented, with a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def convert(raw: object, kind: type[T], *, where: str) -> T:
    """Turn plain data into a record.

    Parameters
    ----------
    raw : object
        What a TOML or JSON reader returned.
    kind : type
        A ``msgspec.Struct``.
    where : str
        Name of the source, for messages.

    Returns
    -------
    object of type `kind`

    Raises
    ------
    FormatError
        Naming source, field, found and expected; a misspelt field is answered with
        the nearest one that exists.
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise FormatError(f"{where}: {explain(str(error), raw, kind)}") from error
