"""The page that people read: it stands alone, and says what report.json says."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from ecmkit.compress import Figures, Step
from ecmkit.flow import RunReport
from ecmkit.flow.report import render
from ecmkit.graph import ModelCost
from tests.flow.conftest import Finished

pytestmark = pytest.mark.emulator

VOID = {"meta", "br", "img", "hr", "input"}
PICTURES = (
    *("spectra", "confusion", "importance", "scores", "memory", "stages", "drift"),
)
EMPTY = dict.fromkeys(PICTURES, "<svg></svg>")
NASTY = """<script>alert("1")</script> & {{ 7 * 7 }} <b>"""


class Page(HTMLParser):
    """Reads a page strictly: what is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        """Tag, name and value."""
        self.tags: set[str] = set()
        self.tables: list[list[list[str]]] = []
        """Text of each cell of each row of each table."""
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data.replace("\n", " ")


@pytest.fixture(scope="module")
def report(finished: Finished) -> RunReport:
    return finished.report


@pytest.fixture(scope="module")
def page(finished: Finished) -> Page:
    return Page((finished.folder / "report.html").read_text("utf-8"))


@pytest.mark.parametrize("name", ["report.html", "drift.html"])
def test_a_page_needs_nothing_from_outside(finished: Finished, name: str) -> None:
    text = (finished.folder / name).read_text("utf-8")
    page = Page(text)
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "base"}
    for tag, attribute, value in page.attributes:
        if attribute.startswith("on"):
            pytest.fail(f"{tag} has {attribute}")
        if attribute.endswith(("src", "href")):
            citation = tag == "a" and value.startswith("https://")
            inside = value.startswith(("#", "data:"))
            assert citation or inside or (finished.folder / value).is_file()
    assert not re.search(r"url\(\s*['\"]?(?!#)|@import", text)


@pytest.mark.parametrize("name", ["report.html", "drift.html"])
def test_every_id_is_there_once_and_every_reference_leads_to_one(
    finished: Finished, name: str
) -> None:
    text = (finished.folder / name).read_text("utf-8")
    page = Page(text)
    ids = [value for _, attribute, value in page.attributes if attribute == "id"]
    assert len(ids) == len(set(ids))
    wanted = [value[1:] for _, a, value in page.attributes if a.endswith("href")
              and value.startswith("#")]  # fmt: skip
    assert {*wanted, *re.findall(r"url\(#(.*?)\)", text)} <= set(ids)


def test_all_pictures_are_there(page: Page, finished: Finished) -> None:
    text = (finished.folder / "report.html").read_text("utf-8")
    for name in PICTURES:
        assert f'id="{name}-figure_1"' in text
    assert "svg" in page.tags


def test_alarms_are_explained_in_words(page: Page, report: RunReport) -> None:
    assert report.operate is not None
    alarms = report.operate.alarms
    assert any(alarm.changed for alarm in alarms)
    rows = table(page, "at")
    assert len(rows) == min(len(alarms), 20)
    for cells, alarm in zip(rows, alarms, strict=False):
        assert cells[2] == alarm.recording + ", ".join(alarm.monitors)
        assert alarm.monitors
        for reason in alarm.reasons:
            assert reason.text in cells[3]
            assert abs(reason.deviations or 0.0) >= 3.0
    # A louder neighbour: the level stands out, in the unit of the plan.
    said = [reason for alarm in alarms if alarm.changed for reason in alarm.reasons]
    assert any(reason.feature == "rms" and " g, usually" in reason.text
               for reason in said)  # fmt: skip
    counted = sum(alarm.windows for alarm in alarms if alarm.changed)
    assert counted == report.operate.alarms_after


def shows(text: str, value: float) -> None:
    """The text is the value, rounded to the digits that the text has."""
    found = re.search(r"[+-]?[\d,]*\.?\d+", text)
    assert found, text
    digits = found[0].replace(",", "")
    decimals = len(digits.partition(".")[2])
    assert float(digits) == pytest.approx(value, abs=0.5001 * 10**-decimals)


def table(page: Page, first: str) -> list[list[str]]:
    """Rows below the heading of the table whose first heading is this."""
    return next(rows[1:] for rows in page.tables if rows[0][0] == first)


def compare(rows: list[list[str]], expected: Iterable[tuple[object, ...]]) -> None:
    """Text is the same, numbers are the same as far as they are shown."""
    for cells, values in zip(rows, expected, strict=True):
        for cell, value in zip(cells, values, strict=False):
            if isinstance(value, str):
                assert cell.strip() == value
            elif isinstance(value, int | float):
                shows(cell, value)


class TestNumbersAreThoseOfReportJson:
    def test_summary(self, page: Page, report: RunReport) -> None:
        compare(page.tables[0], ((r.stage, r.text) for r in report.summary))

    def test_classes(self, page: Page, report: RunReport) -> None:
        compare(
            table(page, "class"),
            (
                (r.label, r.sizes, r.recordings, r.windows, r.seconds)
                for r in report.data.classes
            ),
        )

    def test_protocols(self, page: Page, report: RunReport) -> None:
        assert report.leaky
        folds = [*report.folds, report.leaky]
        rows = table(page, "protocol")
        compare(
            rows,
            ((f.protocol, f.held_out, f.windows, f.balanced_accuracy) for f in folds),
        )
        assert "leaky" in rows[-1][-1]
        assert all("leaky" not in row[-1] for row in rows[:-1])

    def test_models(self, page: Page, report: RunReport) -> None:
        compare(
            table(page, "model"),
            (
                (m.name, m.family, m.result, m.flash_bytes, m.hash[:12])
                for m in report.models
            ),
        )

    def test_steps_of_a_compression(self, report: RunReport) -> None:
        def figures(points: float, n: int) -> Figures:
            cost = ModelCost(
                target="t", flash_bytes=n, ram_bytes=n + 1, instructions=n + 2,
                label="emulated",
            )  # fmt: skip
            return Figures(points=points, cost=cost)

        first, second, third = figures(91.5, 5000), figures(91.0, 3000), figures(90, 20)
        metric = "balanced accuracy [%]"
        steps = (
            Step(name="classifier: a", metric=metric, before=first, after=second),
            Step(name="classifier: b", metric=metric, before=second, after=third),
        )
        models = (
            msgspec.structs.replace(report.models[0], steps=steps),
            *report.models[1:],
        )
        text = render(msgspec.structs.replace(report, models=models), EMPTY)
        assert "Compression of classifier" in text
        compare(
            table(Page(text), "step"),
            (
                ("as trained", 91.5, 5000, 5001, 5002),
                ("classifier: a", 91.0, 3000, 3001, 3002),
                ("classifier: b", 90.0, 20, 21, 22),
            ),
        )

    def test_costs_with_their_labels(self, page: Page, report: RunReport) -> None:
        rows = table(page, "what")
        compare(
            rows, ((r.what, r.value, r.budget, None, r.label) for r in report.gate.rows)
        )
        labels = {row[0]: row[4] for row in rows}
        assert labels["flash"] == "measured"
        assert labels["instructions per window"] == "emulated"

    def test_costs_of_the_challenger(self, page: Page, report: RunReport) -> None:
        tables = [rows[1:] for rows in page.tables if rows[0][0] == "what"]
        reports = [report.gate, *report.proofs, *report.challenger]
        assert len(report.challenger) == 1 + len(report.proofs)
        for rows, gate in zip(tables, reports, strict=True):
            compare(rows, ((r.what, r.value, r.budget) for r in gate.rows))

    def test_comparisons(self, page: Page, report: RunReport) -> None:
        assert report.loop
        both = (report.loop.changed, report.loop.known)
        rows = table(page, "held-out recordings of")
        compare(
            rows,
            (
                (None, c.n_windows, c.champion, c.challenger, c.difference, c.lower)
                for c in both
                if c
            ),
        )
        for row, found in zip(rows, filter(None, both), strict=True):
            shows(row[5].partition("…")[2], found.upper)

    def test_lineage(self, page: Page, report: RunReport) -> None:
        compare(page.tables[-1], ((r.what, r.hash) for r in report.lineage))

    def test_sentences(self, page: Page, report: RunReport) -> None:
        assert report.operate
        assert report.loop
        for sentence in (report.data, report.operate, report.loop):
            assert sentence.sentence in page.text
        assert "The package may be released." in page.text
        assert report.loop.promoted
        said = " ".join(page.text.split())
        assert "The folder package holds version 2 (see 6)." in said
        assert "This is version 1, with which the machine went into" in said
        assert "What the challenger, version 2, costs:" in said


def nasty(report: RunReport) -> RunReport:
    """The same report about recordings with names that are markup."""
    change = msgspec.structs.replace
    data = change(
        report.data,
        classes=tuple(change(c, label=NASTY) for c in report.data.classes),
        dropped=(NASTY,),
    )
    folds = tuple(change(fold, held_out=NASTY) for fold in report.folds)
    return change(report, data=data, folds=folds)


def test_names_from_outside_are_text(report: RunReport) -> None:
    page = Page(render(nasty(report), EMPTY))
    assert "script" not in page.tags
    assert table(page, "class")[0][0] == NASTY
    assert table(page, "protocol")[0][1] == NASTY


def test_a_refused_package_is_called_so(report: RunReport) -> None:
    refused = msgspec.structs.replace(
        report, gate_passed=False, operate=None, drift=None, loop=None, challenger=()
    )
    pictures = {name: svg for name, svg in EMPTY.items() if name != "drift"}
    page = Page(render(refused, pictures))
    assert "may not be released" in page.text
    assert "drift.html" not in page.text


def test_a_challenger_that_is_not_promoted(report: RunReport) -> None:
    assert report.loop
    kept = msgspec.structs.replace(report.loop, promoted=False)
    page = Page(render(msgspec.structs.replace(report, loop=kept), EMPTY))
    said = " ".join(page.text.split())
    assert "The folder package holds version 1. " in said
    assert "What the challenger, version 2, costs:" in said


def test_no_challenger_at_all(report: RunReport) -> None:
    assert report.loop
    alone = msgspec.structs.replace(
        report.loop, promoted=False, challenger_version=None, changed=None, known=None
    )
    quiet = msgspec.structs.replace(report, loop=alone, challenger=())
    page = Page(render(quiet, EMPTY))
    assert "The folder package holds version 1. " in " ".join(page.text.split())
    assert "What the challenger" not in page.text


def test_a_budget_is_quoted_to_the_digit(report: RunReport) -> None:
    change = msgspec.structs.replace
    row = change(
        report.gate.rows[0], value=37.6328125, budget=37.625, excess=0.0078125,
        passed=False,
    )  # fmt: skip
    gate = change(report.gate, rows=(row,))
    page = Page(render(change(report, gate=gate), EMPTY))
    cells = table(page, "what")[0]
    assert (cells[1], cells[2]) == ("37.63 KiB", "37.62")
    assert cells[5] == "0.0078 KiB over"


def test_the_page_is_one_file_of_reasonable_size(finished: Finished) -> None:
    path: Path = finished.folder / "report.html"
    assert path.stat().st_size < 1_000_000
