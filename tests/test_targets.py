"""Targets: inheritance, suggestions, contradictions."""

from pathlib import Path

import pytest

from ecmkit.errors import TargetError
from ecmkit.targets import list_targets, load_target

BASE = """\
inherits = "mps2-an386"
title = "test"
"""


EMULATED = ("mps2-", "mps3-", "virt-")


@pytest.mark.parametrize("name", list_targets())
def test_every_figure_has_a_source(name: str) -> None:
    target = load_target(name)
    assert target.name == name
    assert {"clock", "memory.flash", "memory.ram", "memory.host"} <= set(target.figures)
    assert all(source.strip() for source in target.figures.values())
    assert set(target.unverified) <= set(target.figures)


def test_the_boards_that_the_docs_promise() -> None:
    boards = [name for name in list_targets() if not name.startswith(EMULATED)]
    assert len(boards) >= 20
    assert {
        "nucleo-l4r5zi", "nucleo-f401re", "nucleo-h743zi", "b-u585i-iot02a",
        "steval-stwinbx1", "nrf52840dk", "nrf5340dk", "rpi-pico", "rpi-pico2",
        "arduino-zero", "xg24-dk2601b", "max78000fthr", "ek-ra8d1", "teensy41",
        "esp32", "esp32-s3", "esp32-c3", "esp32-c6", "esp32-p4", "arduino-uno",
        "arduino-mega2560",
    } <= set(boards)  # fmt: skip


def test_only_what_could_not_be_looked_up_is_unverified() -> None:
    """Whoever adds a figure from memory sees it counted here."""
    found = {name: load_target(name).unverified for name in list_targets()}
    assert {name: len(fields) for name, fields in found.items() if fields} == {
        "steval-stwinbx1": 3
    }


def test_figures_of_the_boards() -> None:
    small, large = load_target("nucleo-f401re"), load_target("nucleo-l4r5zi")
    assert (small.clock.hz, small.flash.bytes, small.ram.bytes) == (
        84_000_000,
        512 * 1024,
        96 * 1024,
    )
    assert (large.clock.hz, large.flash.bytes, large.ram.bytes) == (
        120_000_000,
        2048 * 1024,
        640 * 1024,
    )
    assert small.flash.origin == large.flash.origin == 0x0800_0000


def test_an_unknown_board_is_answered_with_the_nearest() -> None:
    with pytest.raises(TargetError, match="did you mean nucleo-f401re"):
        load_target("nucleo-f401")
    with pytest.raises(TargetError, match=r"known: .*mps2-an386"):
        load_target("zzz")


def test_a_child_replaces_what_it_names_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(BASE + "[memory.flash]\nbytes = 4096\n")
    mine, parent = load_target("mine", search=[tmp_path]), load_target("mps2-an386")
    assert mine.flash.bytes == 4096
    assert mine.flash.origin == parent.flash.origin
    assert mine.cpu == parent.cpu
    assert "mine" in list_targets(search=[tmp_path])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASE + "clok = 1", "unknown field `clok`; did you mean `clock`"),
        (
            BASE + "[memory.ram]\nbytes = '4k'",
            r"memory\.ram\.bytes: found '4k', expected a w",
        ),
        (BASE + "[memory.ram]\nbytes = 0x10000000", "ram ends at .* start of host"),
        (BASE + "[build]\nstack_bytes = 0x1000000", "stack_bytes"),
        (BASE + "[memory.ram]\nbytes = -1", "range within 32 bits"),
        (
            BASE + "[memory.unused.more]\norigin = 0\nbytes = 8\nsource = 'x'",
            "flash ends at .* start of unused.more|unused.more ends at .* flash",
        ),
        (BASE + "[cpu]\nsource_only = 'x'", "`gcc` or `zig`, or else `source_only`"),
        (BASE + "[cpu]\narch = 'mips'", "cpu.arch: found 'mips', expected one of "),
        ('inherits = ["mps2-an386", "nothing"]', "no target file 'nothing'"),
        ('inherits = "nothing"', "no target file 'nothing'"),
        ('inherits = "mine"', "circle"),
        ("[cpu", "not valid TOML"),
        ("title = 'x'", "cpu: found nothing, expected a table"),
    ],
)
def test_a_wrong_file_names_file_and_field(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(TargetError, match=words) as caught:
        load_target("mine", search=[tmp_path])
    assert "mine.toml" in str(caught.value)


def test_of_several_parents_a_later_one_wins(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'inherits = ["mps2-an386", "cpu/cortex-m0"]\ntitle = "x"\n'
    )
    mine = load_target("mine", search=[tmp_path])
    assert mine.cpu.name == "cortex-m0"
    assert mine.flash == load_target("mps2-an386").flash


def test_a_file_may_be_given_in_place_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('inherits = "base"\n[clock]\nhz = 5\n')
    (tmp_path / "base.toml").write_text(BASE)
    assert load_target(str(tmp_path / "own.toml")).clock.hz == 5
    with pytest.raises(TargetError, match=r"none\.toml: No such file"):
        load_target(str(tmp_path / "none.toml"))


def test_no_python_file_names_a_board() -> None:
    root = Path(__file__).parent.parent / "ecmkit"
    boards = [name for name in list_targets() if not name.startswith(EMULATED)]
    assert boards
    # An example of a docstring may show a target whose packages are sources.
    boards.remove("esp32")
    for path in root.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not [name for name in boards if name in text], path
