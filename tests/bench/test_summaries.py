"""What CI reads: JUnit by its schema's rules, Markdown, annotations, code quality."""

import json
import xml.etree.ElementTree as ElementTree

import msgspec
import pytest

from ecmkit.bench import (
    Budget,
    Change,
    GateReport,
    Parity,
    Row,
    Stage,
)
from ecmkit.bench.summaries import annotations, code_quality, junit_xml, markdown

# The rules of the schema that Jenkins publishes (junit-10.xsd) for what is used here:
# attributes that an element has to have and may have, and its children in their order.
RULES = {
    "testsuites": (set(), {"name", "tests", "failures", "errors", "time", "disabled"},
                   ["testsuite"]),
    "testsuite": ({"name", "tests"},
                  {"failures", "errors", "time", "skipped", "disabled", "timestamp",
                   "hostname", "id", "package", "group", "file", "log", "url",
                   "version"},
                  ["properties", "testcase", "system-out", "system-err"]),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": ({"name"}, {"classname", "time", "status", "assertions", "class",
                            "file", "line", "group", "url"},
                 ["skipped", "error", "failure", "system-out", "system-err"]),
    "failure": (set(), {"message", "type"}, []),
    "system-out": (set(), set(), []),
}  # fmt: skip


def row(what: str, value: float, budget: float | None, **more: str) -> Row:
    excess = 0.0 if budget is None else max(0.0, value - budget)
    return Row(
        what=what,
        value=value,
        unit=more.get("unit", "KiB"),
        label=more.get("label", "emulated"),  # type: ignore[arg-type]
        budget=budget,
        passed=excess == 0.0,
        excess=excess,
    )


@pytest.fixture
def missed() -> GateReport:
    changes = [
        Change(place="figure", name="flash", unit="KiB", before=80.0, after=99.5),
        Change(place="stage", name="a & <b>", unit="instructions", before=9, after=12),
        *(
            Change(place="symbol", name=f"s_{i}*", unit="B of ram", before=0, after=i)
            for i in range(40, 0, -1)
        ),
    ]
    return GateReport(
        package="pump",
        package_id="ab" * 32,
        target="mps2-an386",
        runner="unicorn 2.1",
        counter="instructions",
        compiler="gcc 12.2.1",
        windows=4,
        budget=Budget(flash_kib=96, regression_percent=2),
        rows=(
            row("flash", 99.5, 96.0, label="measured"),
            row("ram", 10.0, None),
            row("parity", 1.0, 0.0, unit="differences"),
            row("cpu", 40.0, 50.0, unit="%", label="estimated"),
            row("growth", 24.375, 2.0, unit="%"),
        ),
        parity=Parity(compared=9, differences=1, first='"w" \x00 <\u00b5> 100%, a:b\n'),
        stages=(Stage(name="time", count=1),),
        symbols=(),
        sections={},
        baseline="cd" * 32,
        changes=tuple(changes),
    )


@pytest.fixture
def passed(missed: GateReport) -> GateReport:
    return msgspec.structs.replace(
        missed, rows=tuple(r for r in missed.rows if r.passed), changes=()
    )


def follow(element: ElementTree.Element) -> None:
    """Hold an element and all in it against the rules."""
    needed, allowed, children = RULES[element.tag]
    found = set(element.attrib)
    assert needed <= found <= needed | allowed, (element.tag, found)
    order = [children.index(child.tag) for child in element]
    assert order == sorted(order), element.tag
    for name in {"tests", "failures", "errors", "skipped"} & found:
        assert int(element.attrib[name]) >= 0
    for child in element:
        follow(child)


def test_junit_follows_the_rules_of_its_schema(
    missed: GateReport, passed: GateReport
) -> None:
    for report in (missed, passed):
        text = junit_xml(report)
        root = ElementTree.fromstring(text.encode())
        follow(root)
        cases = root.findall(".//testcase")
        assert [case.attrib["name"] for case in cases] == [r.what for r in report.rows]
        failures = [c for c in cases if c.find("failure") is not None]
        for suite in (root, *root.findall("testsuite")):
            assert int(suite.attrib["tests"]) == len(cases)
            assert int(suite.attrib["failures"]) == len(failures)
        assert [c.attrib["name"] for c in failures] == [
            r.what for r in report.rows if not r.passed
        ]
        names = [(c.attrib["classname"], c.attrib["name"]) for c in cases]
        assert len(set(names)) == len(names)


def test_junit_says_what_moved_and_is_xml_whatever_it_says(missed: GateReport) -> None:
    root = ElementTree.fromstring(junit_xml(missed).encode())
    said = {case.attrib["name"]: case.find("failure") for case in root.iter("testcase")}
    growth, parity = said["growth"], said["parity"]
    assert growth is not None
    assert growth.text is not None
    assert "stage a & <b>: 9 to 12 instructions, +33.3 %" in growth.text
    assert growth.text.count("\n") == len(missed.changes) - 1
    assert parity is not None
    assert parity.attrib["message"].startswith('parity: "w" ? <\u00b5> 100%')


def test_markdown_shows_every_figure_with_its_label(
    missed: GateReport, passed: GateReport
) -> None:
    text = markdown(missed)
    assert text.startswith("### Gate of pump on mps2-an386: **failed**\n")
    assert "| flash | 99.5 KiB (**3.5 over**) | 96 | *measured* |" in text
    assert "| cpu | 40 % | 50 | *estimated* |" in text
    assert "- stage a & \\<b\\>: 9 to 12 instructions, +33.3 %" in text
    assert "- symbol s\\_40\\*: new, 40 B of ram" in text
    assert "- and 30 more" in text
    assert "**failed**" not in markdown(passed)
    assert "Nothing moved since package cdcdcdcdcdcd." in markdown(passed)


def test_annotations_are_one_command_a_line(
    missed: GateReport, passed: GateReport
) -> None:
    lines = annotations(missed, "a,b.toml").splitlines()
    assert len(lines) == len(missed.misses) == 3
    start = "::error file=a%2Cb.toml,line=1,title=ecmkit gate mps2-an386::"
    assert all(line.startswith(start) for line in lines)
    assert lines[1].endswith("100%25, a:b%0A")
    assert annotations(passed, "a.toml") == ""


def test_code_quality_has_what_gitlab_asks_for(
    missed: GateReport, passed: GateReport
) -> None:
    found = json.loads(code_quality(missed, "pump.toml"))
    assert len(found) == 3
    for one in found:
        assert {"description", "check_name", "fingerprint", "severity"} <= one.keys()
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert one["location"] == {"path": "pump.toml", "lines": {"begin": 1}}
    assert len({one["fingerprint"] for one in found}) == 3
    assert json.loads(code_quality(passed, "pump.toml")) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("cpu_percent", 0, "`cpu_percent`: found 0, expected a number above 0"),
        (
            "regression_percent",
            -1,
            "found -1, expected 0 or more",
        ),
        ("accuracy_drop_points", float("nan"), "found nan, expected 0 or more"),
        ("regression_percent", float("inf"), "found inf"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused(
    field: str, value: float, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Budget(**{field: value})  # type: ignore[arg-type]


def test_no_drop_and_no_growth_may_be_asked_for() -> None:
    assert Budget(regression_percent=0, accuracy_drop_points=0).regression_percent == 0
