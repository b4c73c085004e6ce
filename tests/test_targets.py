"""Targets: inheritance, suggestions, contradictions."""

from pathlib import Path

import pytest

from ecmkit.errors import TargetError
from ecmkit.targets import list_targets, load_target

BASE = """\
inherits = "mps2-an386"
title = "test"
"""


@pytest.mark.parametrize("name", list_targets())
def test_every_target_loads_and_cites_its_figures(name: str) -> None:
    target = load_target(name)
    assert target.name == name
    assert all(memory.source for memory in (target.flash, target.ram, target.host))
    assert target.clock.source


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
        (BASE + "[memory.ram]\nbytes = '4k'", r"Expected `int`.*memory.ram.bytes"),
        (BASE + "[memory.ram]\nbytes = 0x10000000", "ram ends at .* start of host"),
        (BASE + "[build]\nstack_bytes = 0x1000000", "stack_bytes"),
        (BASE + "[memory.ram]\nbytes = -1", "range within 32 bits"),
        ('inherits = "nothing"', "no target file 'nothing'"),
        ('inherits = "mine"', "circle"),
        ("[cpu", "not valid TOML"),
        ("title = 'x'", "missing required field"),
    ],
)
def test_a_wrong_file_names_file_and_field(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(TargetError, match=words) as caught:
        load_target("mine", search=[tmp_path])
    assert "mine.toml" in str(caught.value)


def test_no_python_file_names_a_board() -> None:
    root = Path(__file__).parent.parent / "ecmkit"
    boards = [name for name in list_targets() if name.startswith("nucleo")]
    assert boards
    for path in root.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not [name for name in boards if name in text], path
