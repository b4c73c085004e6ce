"""What a gate found, in the forms that continuous integration reads."""

import hashlib
import re
import xml.etree.ElementTree as ElementTree

from ecmkit.bench.report import GateReport, Row, number
from ecmkit.formats import as_json

__all__ = ["annotations", "code_quality", "junit_xml", "markdown"]

_SHOWN = 12
# What XML 1.0 has no place for.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: GateReport) -> str:
    """Write a gate as JUnit XML: a test case for each figure.

    Parameters
    ----------
    report : GateReport
        What was found.

    Returns
    -------
    str
        A document that GitHub, GitLab and Jenkins show as tests.
    """
    failures = sum(not row.passed for row in report.rows)
    counts = {
        "tests": str(len(report.rows)),
        "failures": str(failures),
        "errors": "0",
        "time": "0",
    }
    name = f"ecmkit gate {report.package} on {report.target}"
    suites = ElementTree.Element("testsuites", {"name": _plain(name), **counts})
    suite = ElementTree.SubElement(
        suites, "testsuite", {"name": _plain(name), **counts}
    )
    properties = ElementTree.SubElement(suite, "properties")
    for field in ("package_id", "runner", "counter", "compiler", "baseline"):
        ElementTree.SubElement(
            properties,
            "property",
            name=field,
            value=_plain(str(getattr(report, field))),
        )
    group = f"gate.{report.package}.{report.target}"
    for row in report.rows:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_plain(group), name=row.what, time="0"
        )
        if row.passed:
            ElementTree.SubElement(case, "system-out").text = _figure(row)
        else:
            message = _plain(report.words(row))
            failure = ElementTree.SubElement(
                case, "failure", message=message, type="budget"
            )
            failure.text = message
            if row.what == "growth":
                failure.text = _plain("\n".join(map(str, report.changes)))
    ElementTree.indent(suites)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + ElementTree.tostring(suites, encoding="unicode") + "\n"


def markdown(report: GateReport) -> str:
    """Write a gate as Markdown, for the summary page of a job or a merge request.

    GitHub shows what a job appends to the file that ``$GITHUB_STEP_SUMMARY`` names;
    on GitLab it goes into a note.
    """
    verdict = "passed" if report.passed else "**failed**"
    lines = [
        f"### Gate of {_escaped(report.package)} on {report.target}: {verdict}",
        "",
        "| figure | value | budget | label |",
        "| --- | ---: | ---: | --- |",
    ]
    for row in report.rows:
        budget = "" if row.budget is None else number(row.budget)
        mark = "" if row.passed else f" (**{number(row.excess)} over**)"
        value = f"{number(row.value)} {row.unit}{mark}"
        lines.append(f"| {row.what} | {value} | {budget} | *{row.label}* |")
    if report.parity.differences:
        lines += ["", f"First difference: {_escaped(report.parity.first)}"]
    if report.changes:
        lines += ["", f"Since package {report.baseline[:12]}:", ""]
        lines += [f"- {_escaped(str(change))}" for change in report.changes[:_SHOWN]]
        if len(report.changes) > _SHOWN:
            lines.append(f"- and {len(report.changes) - _SHOWN} more")
    elif report.baseline:
        lines += ["", f"Nothing moved since package {report.baseline[:12]}."]
    lines += [
        "",
        f"{report.runner}, {report.compiler}, package {report.package_id[:12]}",
    ]
    return "\n".join(lines) + "\n"


def annotations(report: GateReport, file: str) -> str:
    """Write what missed as workflow commands, which GitHub shows beside a file.

    Parameters
    ----------
    report : GateReport
        What was found.
    file : str
        Where they are shown, such as the project file.

    Returns
    -------
    str
        A line for each miss; empty if the gate passed.
    """
    title = _property(f"ecmkit gate {report.target}")
    lines = [
        f"::error file={_property(file)},line=1,title={title}::{_message(miss)}\n"
        for miss in report.misses
    ]
    return "".join(lines)


def code_quality(report: GateReport, file: str) -> str:
    """Write what missed as a code quality report, for merge requests on GitLab.

    Parameters
    ----------
    report : GateReport
        What was found.
    file : str
        Where it is shown, such as the project file.

    Returns
    -------
    str
        JSON: a list, empty if the gate passed.
    """
    found = [
        {
            "description": f"{report.target}: {report.words(row)}",
            "check_name": f"ecmkit gate: {row.what}",
            "fingerprint": hashlib.sha256(
                f"{report.package}/{report.target}/{row.what}".encode()
            ).hexdigest(),
            "severity": "major",
            "location": {"path": file, "lines": {"begin": 1}},
        }
        for row in report.rows
        if not row.passed
    ]
    return as_json(found).decode()


def _figure(row: Row) -> str:
    budget = "no budget" if row.budget is None else f"budget {number(row.budget)}"
    return f"{number(row.value)} {row.unit} ({row.label}), {budget}"


def _plain(text: str) -> str:
    """Leave out what no XML document may hold."""
    return _NOT_XML.sub("?", text)


def _escaped(text: str) -> str:
    """Keep names such as ``a*b_c`` as they are."""
    for mark in "\\`*_<>|[]#":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")


def _message(text: str) -> str:
    """Escape the text of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
