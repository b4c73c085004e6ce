"""The small commands, and what the command line says to who mistypes one."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

import ecmkit as package
from ecmkit import bench
from ecmkit.bench import Finding
from ecmkit.targets import Target, list_targets, load_target
from tests.cli.runner import Done, ecmkit


def words(text: str) -> str:
    """Text without the frames and colours around it."""
    return " ".join(re.sub(r"\x1b\[[\d;]*m|[│╭╮╰╯─┃┏┓┗┛━]", " ", text).split())


def usage(done: Done, *expected: str) -> None:
    """It ended as wrong usage, with these words on standard error."""
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    for word in expected:
        assert word in words(done.err)


class TestUsage:
    def test_an_unknown_command(self) -> None:
        usage(ecmkit("runn"), "No such command 'runn'", "Did you mean 'run'?")

    def test_an_unknown_option(self) -> None:
        usage(ecmkit("run", "a.toml", "--frsh"), "No such option: --frsh", "--fresh")

    def test_an_unknown_subcommand(self) -> None:
        usage(ecmkit("targets", "lst"), "No such command 'lst'", "Did you mean 'list'?")

    def test_a_missing_argument(self) -> None:
        usage(ecmkit("run"), "Missing argument 'project'")

    def test_an_argument_too_many(self) -> None:
        usage(ecmkit("doctor", "please"), "unexpected extra argument")

    @pytest.mark.parametrize("arguments", [[], ["targets"]])
    def test_nothing_is_answered_with_help(self, arguments: list[str]) -> None:
        done = ecmkit(*arguments)
        assert done.code == 2
        assert "Usage: ecmkit" in words(done.out + done.err)
        assert "Traceback" not in done.err

    def test_help_names_every_command(self) -> None:
        done = ecmkit("--help")
        assert (done.code, done.err) == (0, "")
        for name in ("run", "doctor", "targets", "--version"):
            assert f" {name} " in words(done.out)

    def test_help_of_run_names_every_option(self) -> None:
        said = words(ecmkit("run", "--help").out)
        for name in ("--data", "--runs", "--fresh", "--targets", "--json", "project"):
            assert name in said


def test_the_version_is_that_of_the_package() -> None:
    assert ecmkit("--version") == Done(0, f"{package.__version__}\n", "")
    assert package.__version__ == version("ecmkit")


class TestTargets:
    def test_every_name_is_whole_on_a_narrow_screen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        done = ecmkit("targets", "list")
        assert (done.code, done.err) == (0, "")
        lines = done.out.splitlines()
        assert max(map(len, lines)) <= 80
        cells = [line.split("│")[1:3] for line in lines if line.startswith("│")]
        shown = {name.strip(): core.strip() for name, core in cells if name.strip()}
        assert shown == {name: load_target(name).cpu.name for name in list_targets()}

    def test_figures_are_those_of_the_files(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        lines = ecmkit("targets", "list").out.splitlines()
        row = next(line for line in lines if line.startswith("│ nucleo-f401re"))
        cells = [cell.strip() for cell in row.split("│")[1:-1]]
        assert cells[2:5] == ["84", "512", "96"]
        assert cells[5] == load_target("nucleo-f401re").title

    def test_a_list_for_programs(self) -> None:
        done = ecmkit("targets", "list", "--json")
        assert (done.code, done.err) == (0, "")
        found = msgspec.json.decode(done.out, type=list[Target])
        assert found == [load_target(name) for name in list_targets()]

    @pytest.mark.parametrize("name", list_targets())
    def test_one_with_the_source_of_each_figure(self, name: str) -> None:
        done = ecmkit("targets", "show", name)
        assert (done.code, done.err) == (0, "")
        found = msgspec.json.decode(done.out, type=Target)
        assert found == load_target(name)
        assert found.memory.flash.source in done.out

    def test_an_unknown_one_is_answered_with_the_nearest(self) -> None:
        done = ecmkit("targets", "show", "nucleo-f401")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(
            "error: no target 'nucleo-f401'; did you mean nucleo"
        )


OWN = """\
inherits = "nucleo-f401re"
title = "a board of our own"
[memory.ram]
bytes = 0x4000
source = "unverified: from memory"
"""


class TestOwnTargets:
    """A user's own board: one file, in ./targets or where --targets says."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        made = tmp_path / "targets"
        made.mkdir()
        (made / "pump-board.toml").write_text(OWN)
        return made

    def test_a_folder_of_ones_own(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        asked = ecmkit("targets", "show", "pump-board", "--targets", folder)
        monkeypatch.chdir(folder.parent)
        found = ecmkit("targets", "show", "pump-board")
        assert found == asked
        shown = msgspec.json.decode(found.out, type=Target)
        assert shown == load_target("pump-board", search=[folder])
        listed = ecmkit("targets", "list").out
        row = next(x for x in listed.splitlines() if x.startswith("│ pump-board"))
        assert [cell.strip() for cell in row.split("│")[3:6]] == ["84", "512", "16?"]
        assert "4 figures that nobody looked up" in listed  # three come with ecmkit

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        done = ecmkit("targets", "list", "--targets", tmp_path / "none")
        assert (done.code, done.out) == (2, "")
        assert "none, expected a folder" in words(done.err)

    def test_a_check_names_file_and_field(self, folder: Path) -> None:
        done = ecmkit("targets", "check", folder / "pump-board.toml")
        assert done.code in (0, 3)
        assert "not looked up: memory.ram" in words(done.out)
        (folder / "bad.toml").write_text(OWN + "clok = 1\n")
        done = ecmkit("targets", "check", "--targets", folder, "pump-board", "bad")
        assert done.code == 2
        assert "pump-board" in done.out
        assert "bad.toml" in done.err
        assert "`clok`" in done.err

    def test_all_that_come_with_ecmkit_are_valid(self) -> None:
        done = ecmkit("targets", "check", "--json")
        found = msgspec.json.decode(done.out)
        states = {one["name"]: one["state"] for one in found["targets"]}
        assert states.keys() == set(list_targets())
        assert found["errors"] == []
        assert {n for n, s in states.items() if s == "sources"} == {"esp32", "esp32-s3"}
        assert {n for n, s in states.items() if s == "compiled"} == {"ek-ra8d1"}
        missing = "missing" in states.values()
        assert (done.code, done.err) == (3 if missing else 0, "")

    def test_what_is_missing_is_said_with_the_remedy(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "")
        monkeypatch.setenv("COLUMNS", "200")
        done = ecmkit("targets", "check", "arduino-uno")
        assert done.code == 3
        assert "`apt-get install --no-install-recommends gcc-avr avr-libc`" in done.out
        told = ecmkit("doctor", "--target", "arduino-uno", "--target", "esp32-c3")
        assert told.code == 3
        rows = {x.split()[1]: x for x in told.out.splitlines() if x.startswith("│")}
        assert "missing, for arduino-uno" in rows["avr-gcc"]
        assert "missing; ziglang does its work" in rows["riscv64-unknown-elf-gcc"]
        assert "arm-none-eabi-gcc" not in rows


HERE = Finding(name="gcc", purpose="host", version="12.2.0", install="apt-get")
REPLACED = Finding(
    name="unicorn",
    purpose="runs firmware",
    version="",
    install="pip install ecmkit[cross]",
    instead="qemu-system-arm",
)
MISSING = Finding(
    name="pyelftools",
    purpose="sizes",
    version="",
    install="pip install ecmkit[cross]",
)


class TestDoctor:
    def test_this_machine_for_programs(self) -> None:
        done = ecmkit("doctor", "--json")
        found = msgspec.json.decode(done.out, type=tuple[Finding, ...])
        assert found == bench.doctor()
        whole = all(row.passed for row in found)
        assert (done.code, done.err) == (0 if whole else 3, "")

    @pytest.mark.parametrize(
        ("findings", "code"),
        [((HERE,), 0), ((HERE, REPLACED), 0), ((HERE, REPLACED, MISSING), 3)],
    )
    @pytest.mark.parametrize("options", [[], ["--json"]])
    def test_only_what_nothing_replaces_is_missing(
        self,
        monkeypatch: pytest.MonkeyPatch,
        findings: tuple[Finding, ...],
        code: int,
        options: list[str],
    ) -> None:
        monkeypatch.setattr(bench, "doctor", lambda *, targets: findings)
        assert ecmkit("doctor", *options).code == code

    def test_the_line_that_installs_it_can_be_copied(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(
            bench, "doctor", lambda *, targets: (HERE, REPLACED, MISSING)
        )
        lines = ecmkit("doctor").out.splitlines()
        rows = {line.split()[1]: line for line in lines if line.startswith("│")}
        assert "12.2.0" in rows["gcc"]
        assert "apt-get" not in rows["gcc"]
        assert "missing; qemu-system-arm does its work" in rows["unicorn"]
        assert "pip install ecmkit[cross]" in rows["pyelftools"]


@pytest.mark.parametrize(
    ("command", "table"), [("bench", "gate"), ("search", "search")]
)
def test_help_names_tables_of_the_project_file(command: str, table: str) -> None:
    """Brackets were taken for markup, and the table had no name."""
    assert f"a table [{table}]" in words(ecmkit(command, "--help").out)


@pytest.mark.parametrize(
    "how", [["-c", "from ecmkit.cli import main; main()"], ["-m", "ecmkit"]]
)
def test_the_installed_command_is_this_one(tmp_path: Path, how: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *how, "run", "nothing.toml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(package.__file__).parents[1]), "PATH": ""},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: nothing.toml: no such file\n"
    assert list(tmp_path.iterdir()) == []
