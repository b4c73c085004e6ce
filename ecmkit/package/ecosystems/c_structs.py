"""Structures of the device library for other languages, from its headers."""

import re
from pathlib import Path
from typing import NamedTuple

from ecmkit.errors import BuildError

__all__ = ["Field", "fields_of", "number_of", "rust_struct", "size_of"]

_STRUCT = r"typedef struct \{{((?:[^{{}}])*)\}} {};"
_FIELD = re.compile(r"(\w+)\s+(\w+)(?:\[(\w+)\])?;")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RUST = {
    "uint32_t": "u32", "int32_t": "i32", "float": "f32", "uint16_t": "u16",
    "int16_t": "i16", "uint8_t": "u8",
}  # fmt: skip


class Field(NamedTuple):
    """A member of a structure."""

    kind: str
    name: str
    len: int
    """Of an array; 0: none."""


def _text(source: Path) -> str:
    """All headers of the library; structures have one name in all of them."""
    return "\n".join(p.read_text("utf-8") for p in sorted(source.glob("ecm_*.h")))


def size_of(name: str, source: Path) -> int:
    """Bytes of a structure, as its header pins them."""
    found = re.search(rf"STATIC_ASSERT\(sizeof\({name}\) == (\d+)", _text(source))
    if not found:
        raise BuildError(f"{source}: no header pins the size of {name}")
    return int(found[1])


def fields_of(name: str, source: Path) -> tuple[Field, ...]:
    """Members of a structure, in order.

    Parameters
    ----------
    name : str
        Such as ``ecm_app_event_t``.
    source : Path
        Folder of headers.

    Returns
    -------
    tuple of Field

    Raises
    ------
    BuildError
        If there is none of that name, or a member is of a form that is not known.
    """
    text = _text(source)
    found = re.search(_STRUCT.format(name), _COMMENT.sub("", text))
    if not found:
        raise BuildError(f"{source}: no header declares {name}")
    body = found[1]
    members = tuple(
        Field(kind, own, _number(length, text) if length else 0)
        for kind, own, length in _FIELD.findall(body)
    )
    if len(members) != body.count(";"):
        raise BuildError(f"{source}: {name} has a member of a form that is not known")
    return members


def number_of(word: str, source: Path) -> int:
    """Return the value of a constant of the headers."""
    return _number(word, _text(source))


def _number(word: str, text: str) -> int:
    while not word.isdecimal():
        found = re.search(
            rf"(?:^#define {word}|\b{word} =)\s+(\w+)", text, re.MULTILINE
        )
        if not found:
            raise BuildError(f"found no number {word} in the headers")
        word = found[1]
    return int(word)


def rust_struct(name: str, rust: str, source: Path) -> str:
    """Declare a structure in Rust, behind those that it has inside.

    Parameters
    ----------
    name : str
        In C.
    rust : str
        In Rust.
    source : Path
        Folder of headers.
    """
    lines, inner = list[str](), list[str]()
    for field in fields_of(name, source):
        kind = _RUST.get(field.kind)
        if kind is None:
            kind = "".join(map(str.capitalize, field.kind.split("_")[2:-1]))
            inner.append(rust_struct(field.kind, kind, source))
        whole = f"[{kind}; {field.len}]" if field.len else kind
        lines.append(f"    pub {field.name}: {whole},")
    head = [
        f"/// `{name}` of the C headers, where each field is documented.",
        "#[repr(C)]",
        "#[derive(Clone, Copy, Debug, PartialEq)]",
        f"pub struct {rust} {{",
    ]
    return "\n".join([*inner, *head, *lines, "}", ""])
