"""Errors of settings files name file, field, found and expected."""

from pathlib import Path
from typing import Literal

import msgspec
import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import convert, load_toml


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    flash_kib: float = 1.0

    def __post_init__(self) -> None:
        if self.flash_kib < 0:
            raise ValueError(f"flash_kib: found {self.flash_kib:g}, expected 0 or more")


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    threshold: float
    form: Literal["magnitude", "squared", "log"] = "log"
    bins: Literal[16, 32] = 16
    edges: tuple[float, float] = (0.0, 1.0)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    gate: Gate | None = None
    rows: tuple[Row, ...] = ()
    sensors: dict[str, Row] = {}
    limit: float | str | None = None


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
        ('nam = "a"', ["found unknown field `nam`; did you mean `name`?"]),
        ('name = "a"\n[gate]\nflash = 2', ["gate: ", "`flash`", "`flash_kib`?"]),
        ('name = "a"\n[[rows]]\ntreshold = 2', ["rows[0]: ", "`threshold`?"]),
        ('name = "a"\n[sensors.x]\nfom = 1', ["sensors.x: ", "`form`?"]),
        ('name = "a"\nzzz = 1', ["`zzz`", "expected one of: name, gate, rows"]),
        ("name = 3", ["name: found 3, expected text"]),
        (
            'name = "a"\n[gate]\nflash_kib = "x"',
            ["gate.flash_kib: found 'x', expected a number"],
        ),
        ("gate = {}", ["name: found nothing, expected text"]),
        ('name = "a"\ngate = 1', ["gate: found 1, expected a table"]),
        ('name = "a"\n[[rows]]', ["rows[0].threshold: found nothing, expected a num"]),
        (
            'name = "a"\n[[rows]]\nthreshold = 1\n'
            '[[rows]]\nthreshold = 1\nform = "lgo"',
            [
                "rows[1].form: found 'lgo', expected one of log, magnitude, squared; "
                "did you mean 'log'?"
            ],
        ),
        (
            'name = "a"\n[sensors.a]\nthreshold = 1\n'
            "[sensors.b]\nthreshold = 1\nbins = 20",
            ["sensors.b.bins: found 20, expected one of 16, 32"],
        ),
        (
            'name = "a"\n[[rows]]\nthreshold = 1\nform = 3',
            ["rows[0].form: found 3, expected one of log, magnitude, squared"],
        ),
        (
            'name = "a"\n[[rows]]\nthreshold = 1\nedges = [1]',
            ["rows[0].edges: found 1 values, expected a list of 2 values"],
        ),
        ('name = "a"\nlimit = []', ["limit: found a list, expected a number or text"]),
        ('name = "a"\n[gate]\nflash_kib = -1', ["gate.flash_kib: found -1, expected "]),
        ('name = "a"\nx = = 2', ["not valid TOML", "line 2"]),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(FormatError) as error:
        load(tmp_path, text)
    for word in ["project.toml: ", *words]:
        assert word in str(error.value)


class Left(msgspec.Struct, frozen=True, tag="left"):
    x: int


class Right(msgspec.Struct, frozen=True, tag="right"):
    x: int


class Either(msgspec.Struct, frozen=True):
    side: Left | Right
    names: dict[int, int] = {}


def test_kinds_of_records_are_named() -> None:
    for raw, message in (
        (
            {"side": {"type": "rigt"}},
            "side.type: found 'rigt', expected one of left, r",
        ),
        ({"side": {}}, "side.type: found nothing, expected one of left, right"),
        ({"side": {"type": "left", "x": 0}, "names": {"a": 1}}, "f: names: Expected"),
        ([], "f: found a list, expected a table"),
    ):
        with pytest.raises(FormatError, match=message):
            convert(raw, Either, where="f")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        load_toml(tmp_path / "nothing.toml", Settings)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="found a folder, expected a file"):
        load_toml(tmp_path, Settings)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "project.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="cannot be read"):
        load_toml(path, Settings)
