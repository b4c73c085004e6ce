"""What commands show: tables whose cells are whole at every width."""

import io

import pytest
from rich.table import Table

from ecmkit.cli.output import console, show

HEAD = ("monitor", "limit", "simulated (95 %), asked", "x2")
ROWS = [
    ("rms mean", "12.63", "1,051,920 (919,900-1,124,551), 1,051,920", "1,236"),
    ("rms scale", "9.00", "", "11"),
]


def shown(width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    table = Table(*HEAD, title="a title of some words", caption="the last words")
    table.columns[0].no_wrap = True
    for row in ROWS:
        table.add_row(*row)
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("COLUMNS", str(width))
    show(table, console())
    return out.getvalue()


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 100, 200, 400])
def test_no_cell_is_cut(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns the cells of a calibration were cut to `1,...`."""
    text = shown(width, monkeypatch)
    assert "…" not in text
    for row in ROWS:
        for word in " ".join(row).split():
            assert word in text
    assert "words" in text


def test_frames_stay_within_the_width(monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (60, 70, 80, 100):
        lines = shown(width, monkeypatch).splitlines()
        if any("┃" in line for line in lines):
            assert max(map(len, lines)) <= width
    assert "┃" in shown(80, monkeypatch)
    narrow = shown(40, monkeypatch)
    assert "    simulated (95 %), asked: 1,051,920 (919,900-1,124,551)" in narrow
    assert "    simulated (95 %), asked: \n" not in narrow
