"""Errors of settings files name file, field, found and expected."""

from pathlib import Path

import msgspec
import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import load_toml


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    flash_kib: float = 1.0


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    threshold: float


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    gate: Gate | None = None
    rows: tuple[Row, ...] = ()


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "project.toml"
    path.write_text(text, "utf-8")
    return load_toml(path, Settings)


def test_reads_a_record(tmp_path: Path) -> None:
    settings = load(tmp_path, 'name = "a"\n[gate]\nflash_kib = 2\n')
    assert settings == Settings(name="a", gate=Gate(flash_kib=2.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('nam = "a"', ["project.toml", "`nam`", "did you mean `name`?"]),
        ('name = "a"\n[gate]\nflash = 2', ["`flash`", "`$.gate`", "`flash_kib`"]),
        ('name = "a"\n[[rows]]\ntreshold = 2', ["`treshold`", "`threshold`"]),
        ('name = "a"\nzzz = 1', ["`zzz`", "expected one of: name, gate, rows"]),
        ("name = 3", ["`str`", "`int`", "`$.name`"]),
        ('name = "a"\n[gate]\nflash_kib = "x"', ["`float`", "`$.gate.flash_kib`"]),
        ("gate = {}", ["missing", "`name`"]),
        ('name = "a"\nx = = 2', ["not valid TOML", "line 2"]),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(FormatError) as error:
        load(tmp_path, text)
    for word in words:
        assert word in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        load_toml(tmp_path / "nothing.toml", Settings)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "project.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="cannot be read"):
        load_toml(path, Settings)
