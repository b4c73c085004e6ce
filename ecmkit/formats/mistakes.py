"""Why plain data are not a record: field, what was found, what was expected."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import inspect

__all__ = ["explain", "nearest"]

_AT = re.compile(r"^(?P<what>.*) - at (?P<key>`key` in )?`\$(?P<at>[^`]*)`$", re.DOTALL)
_PART = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$")
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_CHOICE = re.compile(r"^Invalid (?:enum )?value (.*)$")
_TYPE = re.compile(r"^Expected (.*?)(?:, got (.*))?$")
_FIELD = re.compile(r"^`?([\w.\[\]]+)`?: (.*)$", re.DOTALL)
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


def explain(message: str, raw: object, kind: Any) -> str:
    """Say what is wrong with plain data in the words of their record.

    Parameters
    ----------
    message : str
        Of a ``msgspec.ValidationError``.
    raw : object
        What was to be converted.
    kind : type
        What it was to be converted to.

    Returns
    -------
    str
        ``field: found X, expected Y``; with the nearest name where one was misspelt.
    """
    placed = _AT.match(message)
    what, at = (placed["what"], placed["at"]) if placed else (message, "")
    parts = [name or index for name, index in _PART.findall(at)]
    types = list(_flat(inspect.type_info(kind)))
    above = types
    for part in parts:
        above, types = types, [t for one in types for t in _below(one, part)]
    values = list(_values(raw, parts, ""))
    if unknown := _UNKNOWN.match(what):
        return _unknown(unknown[1], values, types)
    if missing := _MISSING.match(what):
        return _missing(missing[1], values, types)
    if _CHOICE.match(what):
        choices = _choices(types) or _tags(above, parts)
        fits = [(field, v) for field, v in values if v not in choices] or values
        return _not_one_of(*fits[0], choices)
    wrong = _TYPE.match(what)
    if wrong and values and not (placed and placed["key"]):
        return _wrong_type(wrong[1], wrong[2], values, _choices(types))
    field = values[0][0] if values else ""
    if field and (own := _FIELD.match(what)):
        return f"{field}.{own[1]}: {own[2]}"
    return f"{field}: {what}" if field else what


def nearest(name: str, names: Iterable[str]) -> str:
    """Words that suggest the name that was most likely meant; may be empty."""
    near = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _unknown(
    name: str, values: list[tuple[str, Any]], types: list[inspect.Type]
) -> str:
    inside = [
        field for field, value in values if isinstance(value, dict) and name in value
    ]
    names = [field.encode_name for one in types for field in _fields(one)]
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    hint = hint or f", expected one of: {', '.join(names)}"
    where = f"{inside[0]}: " if inside and inside[0] else ""
    return f"{where}found unknown field `{name}`{hint}"


def _missing(
    name: str, values: list[tuple[str, Any]], types: list[inspect.Type]
) -> str:
    lacks = [
        field
        for field, value in values
        if value is None or (isinstance(value, dict) and name not in value)
    ]
    wanted = [f.type for one in types for f in _fields(one) if f.encode_name == name]
    flat = [one for t in wanted for one in _flat(t)]
    tags = _tags(types, [name])
    choices = _choices(flat) or tags
    expected = "one of " + ", ".join(map(str, choices)) if choices else _named(flat)
    field = f"{lacks[0]}.{name}" if lacks and lacks[0] else name
    return f"{field}: found nothing, expected {expected}"


def _not_one_of(field: str, value: object, choices: Sequence[object]) -> str:
    texts = [str(choice) for choice in choices]
    hint = nearest(value, texts) if isinstance(value, str) else ""
    return f"{field}: found {value!r}, expected one of {', '.join(texts)}{hint}"


def _wrong_type(
    expected: str,
    got: str | None,
    values: list[tuple[str, Any]],
    choices: Sequence[object],
) -> str:
    name = (got or "").strip("`")
    field, value = next(((at, v) for at, v in values if _name_of(v) == name), values[0])
    if choices:
        return _not_one_of(field, value, choices)
    if got is not None and name.isdigit():
        found = f"{name} values"
    elif isinstance(value, dict | list | tuple | None):
        found = _WORDS[_name_of(value)]
    else:
        found = f"{value!r}"
    start = f"{field}: " if field else ""
    return f"{start}found {found}, expected {_in_words(expected)}"


def _in_words(expected: str) -> str:
    """Turn ``float | str | null`` into words."""
    types = re.sub(r"`([^`]*)`", lambda m: _alternatives(m[1].split(" | ")), expected)
    return re.sub(r"of length (\d+)", r"of \1 values", types)


def _alternatives(names: Sequence[str]) -> str:
    words = [_WORDS.get(name, name) for name in names if name != "null"]
    return " or ".join(dict.fromkeys(words)) or _WORDS["null"]


def _named(types: Sequence[inspect.Type]) -> str:
    """Types in the words of somebody who writes a file."""
    names = []
    for one in types:
        if isinstance(one, inspect.StructType | inspect.DictType):
            names.append("object")
        elif isinstance(one, (*_LISTS, inspect.TupleType)):
            names.append("array")
        else:
            names.append(type(one).__name__.removesuffix("Type").lower())
    known = [name for name in names if name in _WORDS]
    return _alternatives(known) if known else "a value"


_LISTS = (
    inspect.ListType,
    inspect.VarTupleType,
    inspect.SetType,
    inspect.FrozenSetType,
)


def _name_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list | tuple):
        return "array"
    return type(value).__name__


def _flat(one: inspect.Type) -> Iterator[inspect.Type]:
    """Types of a union, without what is said about them."""
    if isinstance(one, inspect.Metadata):
        yield from _flat(one.type)
    elif isinstance(one, inspect.UnionType):
        for part in one.types:
            yield from _flat(part)
    else:
        yield one


def _below(one: inspect.Type, part: str) -> Iterator[inspect.Type]:
    """Types of a field, or of an item of a list or a mapping."""
    found: inspect.Type | None = None
    if isinstance(one, inspect.TupleType):
        found = one.item_types[int(part)] if part.isdigit() else None
    elif isinstance(one, inspect.DictType):
        found = one.value_type
    elif isinstance(one, _LISTS):
        found = one.item_type
    else:
        found = next((f.type for f in _fields(one) if f.encode_name == part), None)
    if found is not None:
        yield from _flat(found)


def _fields(one: inspect.Type) -> tuple[inspect.Field, ...]:
    return one.fields if isinstance(one, inspect.StructType) else ()


def _choices(types: Sequence[inspect.Type]) -> list[object]:
    found: list[object] = []
    for one in types:
        if isinstance(one, inspect.LiteralType):
            found += one.values
        elif isinstance(one, inspect.EnumType):
            found += [member.value for member in one.cls]
    return found


def _tags(types: Sequence[inspect.Type], parts: Sequence[str]) -> list[object]:
    """Return what a field that tells records apart may hold."""
    return [
        one.tag
        for one in types
        if isinstance(one, inspect.StructType) and parts and one.tag_field == parts[-1]
    ]


def _values(raw: Any, parts: Sequence[str], at: str) -> Iterator[tuple[str, Any]]:
    """Fields that a path may mean, with what they hold: a key may be any of several."""
    if not parts:
        yield at, raw
        return
    part, rest = parts[0], parts[1:]
    if part == "..." and isinstance(raw, dict):
        for key, value in raw.items():
            yield from _values(value, rest, f"{at}.{key}" if at else str(key))
    elif part == "..." and isinstance(raw, list | tuple | set | frozenset):
        for i, value in enumerate(raw):
            yield from _values(value, rest, f"{at}[{i}]")
    elif part.isdigit() and isinstance(raw, list | tuple):
        if int(part) < len(raw):
            yield from _values(raw[int(part)], rest, f"{at}[{part}]")
    elif isinstance(raw, dict) and part in raw:
        yield from _values(raw[part], rest, f"{at}.{part}" if at else part)
