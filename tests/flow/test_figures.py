"""Pictures of the report: valid SVG that needs nothing else and shows its data."""

import itertools
import re
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest

from ecmkit.evaluate import confusion_figure
from ecmkit.flow import figures
from ecmkit.flow.figures import ClassSpectrum

SVG = "{http://www.w3.org/2000/svg}"
# What a label from a file may hold: markup, a bracket, mathematics, a quote.
NASTY = r"""<b>&"'$\frac$ ]]> --> {x}"""


def spectrum(label: str, *, level: float = 1.0) -> ClassSpectrum:
    f = np.linspace(6, 5994, 512, dtype=np.float32)
    order = np.arange(0.1, 12, 0.1, dtype=np.float32)
    return ClassSpectrum(
        label=label,
        recording="a",
        frequency_hz=f,
        power=np.float32(level) * (1 + (np.abs(f - 3000) < 50) * 100),
        order=order,
        envelope=1 + 5 * (np.abs(order - 3.6) < 0.05).astype(np.float32),
    )


def scores(label: str) -> str:
    rng = np.random.default_rng(0)
    values = rng.exponential(size=40).astype(np.float32)
    labels = np.array([label, "normal"])[np.arange(40) % 2]
    return figures.scores_by_class({"distance": values, label: values}, labels)


def timeline(n: int = 12) -> str:
    drift = np.linspace(0.1, 1.4, n)
    return figures.drift_timeline(drift, drift > 1, changed=5)


PICTURES: dict[str, Callable[[], str]] = {
    "spectra": lambda: figures.spectra(
        [spectrum(NASTY), spectrum("normal")], orders={NASTY: 3.58}, unit=NASTY
    ),
    "one spectrum": lambda: figures.spectra([spectrum(NASTY)], orders={}, unit="g"),
    "silence": lambda: figures.spectra(
        [spectrum(NASTY, level=0.0)], orders={}, unit="g"
    ),
    "scores": lambda: scores(NASTY),
    "bars": lambda: figures.bars([(NASTY, 1e5), ("b", 0.0)], unit=NASTY),
    "drift": timeline,
    "no frames": lambda: timeline(0),
    "confusion": lambda: confusion_figure(
        np.array([[3, 1], [0, 4]]), classes=[NASTY, "b"], title=NASTY, kind="svg"
    ).decode(),
}


@cache
def drawn(name: str) -> str:
    """Draw each picture once for all tests."""
    return PICTURES[name]()


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def words(svg: str) -> list[str]:
    return ["".join(e.itertext()).strip() for e in parsed(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_svg_that_refers_to_itself_only(name: str) -> None:
    svg = figures.unique(drawn(name), "pic")
    root = parsed(svg)
    assert root.tag == f"{SVG}svg"
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert len(set(ids)) == len(ids) > 3
    assert all(one.startswith("pic-") for one in ids)
    for element in root.iter():
        assert element.tag.startswith("{")
        assert element.tag not in (f"{SVG}script", f"{SVG}foreignObject")
        for key, value in element.attrib.items():
            if key.endswith(("href", "src")):
                assert value.removeprefix("#") in ids or value.startswith("data:")
            for target in re.findall(r"url\((.*?)\)", value):
                assert target.removeprefix("#") in ids
    assert "url(http" not in svg
    assert "@import" not in svg


@pytest.mark.parametrize("name", sorted(set(PICTURES) - {"drift", "no frames"}))
def test_a_label_is_shown_as_it_is(name: str) -> None:
    assert any(NASTY in text for text in words(drawn(name)))


@pytest.mark.parametrize("name", ["one spectrum", "scores", "bars", "drift"])
def test_the_same_figures_give_the_same_picture(name: str) -> None:
    assert PICTURES[name]() == drawn(name)


def test_pictures_of_one_page_share_no_id() -> None:
    svg = drawn("drift")
    page = figures.unique(svg, "a") + figures.unique(svg, "b")
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(set(ids)) == len(ids)


def test_what_comes_before_the_picture_is_cut_off() -> None:
    assert figures.unique(drawn("drift"), "a").startswith("<svg")


def bars_of(svg: str) -> list[float]:
    """Widths of the bars, from their paths."""
    found = []
    for path in parsed(svg).iter(f"{SVG}path"):
        if "fill: #0072b2" in path.attrib.get("style", ""):
            x = [float(n) for n in re.findall(r"[ML] ([\d.]+) ", path.attrib["d"])]
            found.append(max(x) - min(x))
    return found


def test_names_of_neighbouring_lines_are_on_rows_of_their_own() -> None:
    orders = {"BPFI": 5.4152, "BPFO": 3.5848, "2×BSF": 4.7135}
    root = parsed(figures.spectra([spectrum("a")], orders=orders, unit="g"))
    place = {}
    for element in root.iter(f"{SVG}text"):
        name = "".join(element.itertext()).strip()
        if name in orders:
            place[name] = (float(element.attrib["x"]), float(element.attrib["y"]))
    assert place.keys() == orders.keys()
    for one, other in itertools.combinations(place.values(), 2):
        # Seven points a line, and five letters of it in a row.
        assert abs(one[0] - other[0]) > 28 or abs(one[1] - other[1]) > 8


def test_bars_have_the_colour_of_their_kind() -> None:
    rows = [("a", 3.0), ("b", 2.0), ("c", 1.0)]
    svg = figures.bars(rows, unit="bytes", kinds=["ram", "flash", "ram"])
    colours = re.findall(r"fill: (#[0-9a-f]{6})", svg)
    assert colours.count("#0072b2") == 3  # two bars and the legend
    assert colours.count("#d55e00") == 2
    assert {"ram", "flash"} <= set(words(svg))


def test_bars_are_as_long_as_their_values() -> None:
    rows = [("a", 400.0), ("b", 100.0), ("c", 0.0), ("a", 200.0)]
    svg = figures.bars(rows, unit="bytes")
    widths = bars_of(svg)
    assert len(widths) == len(rows)  # two symbols of one name are two bars
    assert widths[0] / widths[1] == pytest.approx(4.0, rel=1e-3)
    assert widths[0] / widths[3] == pytest.approx(2.0, rel=1e-3)
    assert widths[2] == 0
    said = words(svg)
    assert {"400", "100", "0", "200", "bytes"} <= set(said)
    assert said.count("a") == 2


def test_there_may_be_more_classes_than_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "COLOURS", ("#0072B2",))
    svg = figures.spectra([spectrum("one"), spectrum("two")], orders={}, unit="g")
    assert {"one", "two"} <= set(words(svg))


def test_the_healthy_class_comes_first() -> None:
    said = words(scores("inner"))
    assert said.index("normal") < said.index("inner")


def test_pictures_leave_matplotlib_as_it_was() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    timeline()
    assert dict(mpl.rcParams) == before
