"""The page says what the report says, stands alone and escapes what it shows."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from ecmkit.monitor import ingest, render_html, watch, write_html
from ecmkit.monitor.charts import bars, timeline

pytest.importorskip("jinja2")
VOID = {"meta", "br"}


class Balanced(HTMLParser):
    """Fails on a tag that is closed but not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(contract, model_id, reference, watches):
    def render(frames) -> str:
        telemetry = ingest(frames, contract=contract, model_id=model_id)
        report = watch(
            telemetry, reference, watches=watches, classes=("<i>ok", "b", "c")
        )
        return render_html(report, telemetry, reference)

    return render


def test_says_the_verdict_and_the_reasons(life, page, model_id, contract) -> None:
    html = page(life(80, shift=1.5, at=50))
    assert "The machine no longer behaves as in the reference" in html
    assert "Score distance alarmed" in html
    assert model_id in html
    assert contract.id in html
    assert html.count('<svg class="bars"') == 3
    assert html.count('<svg class="timeline"') == 2
    assert 'class="since"' in html
    assert 'class="mark"' in html


def test_stable_and_sensor_pages(life, page) -> None:
    assert "behaves as in the reference" in page(life(30))
    assert "The sensor needs attention" in page(life(30, health=4))


def test_stands_alone_and_is_well_formed(life, page) -> None:
    html = page(life(80, shift=1.5, at=50))
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert not parser.tags & {"script", "link", "img", "iframe"}
    assert not re.search(r"https?://|@import|url\(", html)


def test_escapes_names(life, page) -> None:
    html = page(life(30))
    assert "crest &lt;b&gt;" in html
    assert "crest <b>" not in html
    assert "&lt;i&gt;ok" in html
    assert "<i>ok" not in html


def test_escapes_reasons_of_damaged_frames(device, page) -> None:
    device.report()
    html = page([*device.sent, b"\x8d\x01"])
    assert "1 cut short" in html
    assert "frame field `device_id`" in html


def test_writes_a_whole_file(life, contract, model_id, reference, tmp_path: Path):
    telemetry = ingest(life(12), contract=contract, model_id=model_id)
    report = watch(telemetry, reference, watches=())
    path = tmp_path / "drift.html"
    write_html(report, telemetry, reference, path)
    assert path.read_text("utf-8") == render_html(report, telemetry, reference)
    assert list(tmp_path.iterdir()) == [path]


def test_charts_are_xml_and_escape() -> None:
    svg = ElementTree.fromstring(bars([0.5, 0.5], [1.0, 0.0], title="<a> & b"))
    assert svg.findtext("title") == "<a> & b"
    heights = [float(r.get("height", "")) for r in svg.iter("rect")]
    assert heights == [31.0, 62.0, 31.0, 0.0]


def test_timeline_leaves_gaps_and_keeps_peaks() -> None:
    values = np.zeros(5000)
    values[1234], values[4000] = 7.0, np.nan
    svg = ElementTree.fromstring(timeline(np.arange(5000.0), values, title="t"))
    (line,) = [p for p in svg.iter("path") if p.get("class") == "line"]
    drawn = re.findall(r"[ML]([\d.]+) ([\d.]+)", line.get("d", ""))
    assert len(drawn) <= 600
    assert min(float(y) for _, y in drawn) < 20  # the peak is at the top
    gap = timeline(np.arange(3.0), np.array([1.0, np.nan, 2.0]), title="t")
    assert len(re.findall(r'class="line" d="M[\d. ]+M[\d. ]+"', gap)) == 1


def test_empty_timeline() -> None:
    ElementTree.fromstring(timeline(np.empty(0), np.empty(0), title="none"))
