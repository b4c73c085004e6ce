"""Benchmarks keep their answers, labelled, and the README quotes what they say."""

import re
from pathlib import Path

import pytest

from benchmarks.harness import BEGIN, END, Record, read_record

ROOT = Path(__file__).parent.parent
FOLDERS = sorted(p.parent for p in (ROOT / "benchmarks").glob("*/bench_*.py"))
README = (ROOT / "README.md").read_text("utf-8")


def record_of(name: str) -> Record:
    record = read_record(ROOT / "benchmarks" / name)
    assert record is not None
    return record


def cells(text: str, first: str) -> list[str]:
    """Cells of the table row that begins with some words."""
    (row,) = re.findall(rf"^\| {re.escape(first)} \|(.*)\|$", text, re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_benchmark_has_its_answer(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert headings[0].endswith("?")
    assert headings[1:] == ["Method", "Answer", "Again"]
    assert f"make bench BENCH=benchmarks/{folder.name}" in text
    answer = text.partition(BEGIN)[2].partition(END)[0]
    assert re.search(r"\*(measured|emulated|estimated)\*", answer)
    assert answer.count("\n| ") > 5
    record = read_record(folder)
    assert record is not None
    assert record.inputs
    assert len({f.what for f in record.figures}) == len(record.figures) > 5
    index = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    assert f"]({folder.name}/README.md)" in index


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_summary_has_no_figure_that_the_answer_has_not(folder: Path) -> None:
    index = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    (summary,) = re.findall(rf"\]\({folder.name}/README\.md\) \| (.*) \|$", index, re.M)
    said = (folder / "README.md").read_text("utf-8")
    numbers = re.findall(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?!\w)", summary)
    unknown = [
        number
        for number in (word.rstrip(",") for word in numbers)
        if not re.search(rf"(?<![\d.,]){re.escape(number)}(?!\d|[.,]\d)", said)
    ]
    assert unknown == []


def test_the_readme_quotes_the_bearings() -> None:
    record = record_of("cwru_bearingwise")
    way = "the first 0.6 of each recording, the project's features"
    held_out = ("0.007", "0.014", "0.021", "random windows")
    means = [record.value(f"{way}/{fold}/balanced accuracy/mean") for fold in held_out]
    quoted = [float(cell) for cell in cells(README, "balanced accuracy")]
    assert quoted == pytest.approx(means, abs=5.1e-4)


def test_the_readme_quotes_the_cost() -> None:
    record = record_of("device_cost")
    targets = ("nucleo-f401re", "mps2-an505")
    rows = {
        "flash, *measured*": ("flash", "{:.1f} KiB"),
        "RAM, *emulated*": ("ram", "{:.1f} KiB"),
        "stack of that, *emulated*": ("stack", "{:.0f} B"),
        "instructions of the first window, *emulated*": (
            "instructions per window",
            "{:,.0f}",
        ),
        "of a later window, *emulated*": ("later window", "{:,.0f}"),
    }
    for first, (what, layout) in rows.items():
        expected = [
            layout.format(record.value(f"{target} gcc -Os/{what}"))
            for target in targets
        ]
        assert cells(README, first) == expected
    shares = [
        [100 * record.value(f"{t} gcc -Os/share/{end}") for end in ("least", "most")]
        for t in targets
    ]
    quoted = ["{:.0f} to {:.0f} %".format(*pair) for pair in shares]
    assert cells(README, "share of the processor, *estimated*") == quoted
