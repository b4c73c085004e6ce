"""What the documents show is what the program does."""

import csv
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from typer.testing import CliRunner

from ecmkit import bench, data, flow, train
from ecmkit.bench.golden import GoldenRecord
from ecmkit.cli import app
from ecmkit.formats import FeatureContract
from ecmkit.package import Manifest

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
DOCS += sorted(ROOT.glob("benchmarks/**/*.md"))
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.S)
PYTHON = re.compile(r"```python\n(.*?)```", re.S)
PRINTED = re.compile(r"```python\n.*?```\n\n```text\n(.*?)```", re.S)
PRINTS = ("howto-calibrate-drift.md",)
"""Documents whose text below a program is what it prints, without what ``...`` is."""
LINK = re.compile(r"\]\(([^)#\s]+)")


@pytest.mark.parametrize("document", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text("utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


@pytest.mark.emulator
@pytest.mark.parametrize("document", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_runs_as_printed(
    document: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    text = document.read_text("utf-8")
    code = "\n".join(PYTHON.findall(text))
    exec(compile(code, str(document), "exec"), {"__name__": "docs"})
    printed = " ".join(capsys.readouterr().out.split())
    if document.name not in PRINTS:
        return
    for shown in PRINTED.findall(text):
        for line in shown.splitlines():
            for part in " ".join(line.split()).split(" ..."):
                assert part.strip() in printed, line


@pytest.mark.emulator
def test_howto_own_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files, with simulated pumps in place of the reader's."""
    text = (ROOT / "docs" / "howto-own-recordings.md").read_text("utf-8")
    for name, content in FILE.findall(text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    states = (("healthy", "normal", 0.0), ("worn", "outer", 0.4))
    rig = data.SimulatorConfig(
        scenario=tuple(
            data.Scenario(label=label, fault_size=mm, machines=2, duration_s=8.0)
            for _, label, mm in states
        )
    )
    for recording in data.simulate(rig, seed=3):
        machine = 1 + int(recording.info.machine.removeprefix("m"))
        state = "worn" if recording.info.label == "outer" else "healthy"
        with (tmp_path / "pump" / f"pump{machine}-{state}.csv").open("w") as stream:
            csv.writer(stream).writerows([["acc_x"], *([f"{v:.6g}"] for v in
                                          recording.x[0])])  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["run", "pump.toml"])
    assert result.exit_code == 0, result.output
    report = msgspec.json.decode((tmp_path / "runs/pump/report.json").read_bytes())
    assert {row["label"] for row in report["data"]["classes"]} == {"normal", "outer"}
    assert (tmp_path / "runs/pump/package/gate.json").is_file()


def test_howto_add_a_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is a valid target, and all cores that it offers are there."""
    text = (ROOT / "docs" / "howto-add-a-board.md").read_text("utf-8")
    ((name, content),) = FILE.findall(text)
    (tmp_path / "targets").mkdir()
    (tmp_path / name).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "94")
    result = CliRunner().invoke(app, ["targets", "check", "pump-board"])
    assert result.exit_code in (0, 3), result.output
    if result.exit_code == 0:
        assert result.output.splitlines()[3] in text
    named = re.findall(r"`(?:cpu/)?([\w-]+)`", text[text.index("Cores to inherit") :])
    cores = {("cortex" if n[0] == "-" else "") + n for n in named}
    files = {path.stem for path in (ROOT / "targets" / "cpu").glob("*.toml")}
    shared = {"cortex-m", "riscv32", "avr"}
    assert files - shared <= cores


@pytest.mark.parametrize("document", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_left_to_fill_in(document: Path) -> None:
    assert not re.search(r"@\w+@|\bTODO\b|\bTBD\b", document.read_text("utf-8"))


RECORDS = {
    "contract.json": FeatureContract,
    "manifest.json": Manifest,
    "gate.json": bench.GateReport,
    "golden.json": GoldenRecord,
    "report.json": flow.RunReport,
}


@pytest.mark.parametrize("name", RECORDS)
def test_formats_describe_every_field_and_no_other(name: str) -> None:
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    section = re.split(rf"### `{name}`, version \d+\n", text)[1].split("\n#")[0]
    section = section.split("\n\nSettings are")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if "|" in line]
    described = {field for cell in cells for field in re.findall(r"`(\w+)`", cell)}
    assert described == set(RECORDS[name].__struct_fields__)


def test_formats_describe_the_settings_of_every_step() -> None:
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    table = text.split("| step | field | meaning |\n")[1].split("\n\n")[0]
    described: dict[str, set[str]] = {}
    for line in table.splitlines()[1:]:
        _, step, fields, *_ = line.split("|")
        described.setdefault(step.strip(), set()).update(re.findall(r"`(\w+)`", fields))
    records = {
        field.name: kind
        for field in msgspec.structs.fields(FeatureContract)
        for kind in get_args(field.type)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    }
    assert described.keys() == records.keys()
    for step, record in records.items():
        assert described[step] in (set(), set(record.__struct_fields__)), step


def test_the_options_that_the_page_on_gates_names_are_there() -> None:
    text = (ROOT / "docs" / "howto-gate-in-ci.md").read_text("utf-8")
    said = CliRunner().invoke(app, ["bench", "--help"], env={"COLUMNS": "200"}).output
    plugin = (ROOT / "ecmkit" / "pytest_plugin.py").read_text("utf-8")
    others = {"--no-install-recommends", "--junitxml", "--upgrade"}
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - others:
        assert option in said or f'"{option}"' in plugin, option
    fields = re.findall(r"^\| `(\w+)`", text.split("## 2.")[0], re.MULTILINE)
    fields += ["ram_kib", "stack_bytes"]
    assert set(fields) == set(bench.Budget.__struct_fields__)
    table = text.split("```toml\n")[1].split("```")[0]
    (budget,) = msgspec.toml.decode(table, type=dict[str, bench.Budget]).values()
    assert budget.regression_percent == 2


def test_each_family_has_its_section() -> None:
    text = (ROOT / "docs" / "howto-families.md").read_text("utf-8")
    sections = re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert sorted(name for name, _ in sections) == sorted(train.families())
    for name, body in sections:
        assert f'tried("{name}"' in body
        assert "instructions a window" in body
