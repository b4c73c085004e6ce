"""Settings files: TOML decoded straight into a record, with errors that help."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ecmkit.errors import FormatError

__all__ = ["convert", "load_toml"]

T = TypeVar("T")

_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`(?: - at `(?P<at>[^`]*)`)?")


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
        message = str(error)
        found = _UNKNOWN.search(message)
        if found:
            names = _names_at(kind, found["at"] or "$")
            near = difflib.get_close_matches(found["name"], names, n=1)
            message += f"; did you mean `{near[0]}`?" if near else ""
            message += f" (expected one of: {', '.join(names)})" if not near else ""
        raise FormatError(f"{where}: {message}") from error


def _names_at(kind: type[Any], at: str) -> list[str]:
    """Field names of the record that a msgspec path such as ``$.gate`` points to."""
    inner: msgspec.inspect.Type = msgspec.inspect.type_info(kind)
    for part in at.split(".")[1:]:
        name = part.partition("[")[0]
        fields = {f.encode_name: f.type for f in _fields(inner)}
        if name not in fields:
            return []
        inner = fields[name]
    return [field.encode_name for field in _fields(inner)]


def _fields(inner: msgspec.inspect.Type) -> tuple[msgspec.inspect.Field, ...]:
    """Fields of a record type, looking through unions, lists and mappings."""
    if isinstance(inner, msgspec.inspect.StructType):
        return inner.fields
    if isinstance(inner, msgspec.inspect.UnionType):
        return tuple(f for part in inner.types for f in _fields(part))
    if isinstance(inner, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        return _fields(inner.item_type)
    if isinstance(inner, msgspec.inspect.DictType):
        return _fields(inner.value_type)
    return ()
