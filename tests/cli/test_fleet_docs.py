"""The commands for devices in the field run as the documents print them."""

import re
import shlex
from pathlib import Path

import pytest

from ecmkit.monitor import Store
from ecmkit.package import Release, build
from ecmkit.targets import load_target
from tests.cli.runner import ecmkit
from tests.cli.test_update import app

DOCS = Path(__file__).parent.parent.parent / "docs"
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)


def run_as_printed(document: str, *names: str) -> int:
    """Run the commands of these names in order; what they print is what stands there.

    ``...`` stands for anything, and so does a command with nothing behind it.
    """
    n = 0
    for block in CONSOLE.findall((DOCS / document).read_text("utf-8")):
        for part in block.split("$ ")[1:]:
            line, _, printed = part.partition("\n")
            _, *arguments = shlex.split(line)
            if arguments[0] not in names:
                continue
            n += 1
            done = ecmkit(*arguments)
            assert (done.code, done.err) == (0, ""), line
            wanted = re.escape(printed).replace(re.escape("..."), ".*")
            assert not printed or re.fullmatch(wanted, done.out), (line, done.out)
    return n


def test_updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECMKIT_KEY_PASSWORD", "a long one")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    target = load_target("esp32")
    sent = Release(version="1.2.0")
    build(app(1), target=target, out=Path("pump-1.2.0"), release=sent)
    build(app(2), target=target, out=Path("runs/pump/package"), release=Release())
    assert run_as_printed("howto-update-in-the-field.md", "keygen", "update") == 4
    assert (work / "pump-1.bin").is_file()


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("keys").mkdir()
    Path("keys/7.key").write_text("00112233445566778899aabbccddeeff")
    Store("fleet.db").close()
    assert run_as_printed("device-application.md", "monitor") == 3
    assert Path("7.command").stat().st_size == 14


def test_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "device-application.md").read_text("utf-8")
    (settings,) = re.findall(
        r"<!-- file: pump-7.toml -->\n```toml\n(.*?)```", text, re.S
    )
    Path("pump-7.toml").write_text(settings)
    assert run_as_printed("device-application.md", "device") == 3
    assert (
        f"wire = encode_device(record)  # {Path('pump-7.record').stat().st_size}"
        in text
    )
