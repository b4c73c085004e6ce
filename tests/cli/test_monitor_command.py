"""``ecmkit monitor command``: what it writes is what a device reads."""

import json
from pathlib import Path

import pytest

from ecmkit._core import command as core
from ecmkit._core import frame
from ecmkit.formats import COMMANDS, MACS, load_mac
from ecmkit.formats.command import command_of
from ecmkit.monitor import Store
from tests.cli.runner import Done, ecmkit

KEY = bytes(range(16)).hex()
VALUES = {
    "ack-alarms": ("0b101", "AckAlarms(groups=5)"),
    "ask-chunks": ("4 3", "AskChunks(first=4, count=3)"),
    "relearn": ("forced", "Relearn(mode='forced')"),
    "interval": ("900", "SetInterval(seconds=900)"),
    "ack-frames": ("70000", "AckFrames(number=70000)"),
    "rearm": ("0xffffffff", "Rearm(id=4294967295)"),
}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "7.key"
    path.write_text(KEY)
    return path


def command(*words: object) -> Done:
    return ecmkit("monitor", "command", *words, "--device", 7)


def refused(done: Done, *words: str) -> None:
    """It ended with one line that has the words."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err


@pytest.mark.parametrize("mac", [*MACS, None])
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_device_obeys_it_once(
    tmp_path: Path, key: Path, kind: str, mac: str | None
) -> None:
    if mac == "aes-cmac":
        pytest.importorskip("cryptography")
    values, what = VALUES[kind]
    out = tmp_path / "7.command"
    options = ["--unsigned"] if mac is None else ["--key", key, "--mac", mac]
    done = command(kind, *values.split(), *options, "--number", 41, "--out", out)
    assert (done.code, done.err) == (0, "")
    coded = "without a code" if mac is None else f"with a code by {mac}"
    data = out.read_bytes()
    assert done.out == (
        f"device 7: command 41: {what}, {coded}\n{len(data)} bytes: {data.hex()}\n"
    )
    code = None if mac is None else load_mac(key, mac=mac)
    device = core.Commands(7, code)
    seq, found, first, second, known = device.decode(data)
    assert (seq, known) == (41, True)
    assert repr(command_of(found, (first, second))) == what
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        device.decode(data)
    if code is not None:
        with pytest.raises(ValueError, match="ECM_ERR"):
            core.Commands(8, code).decode(data)


def test_what_may_be_left_out(key: Path) -> None:
    for words, what in (
        (["ask-chunks", 4], "AskChunks(first=4, count=1)"),
        (["relearn"], "Relearn(mode='guarded')"),
    ):
        done = command(*words, "--key", key, "--number", 1, "--json")
        found = json.loads(done.out)
        assert (found["what"], found["command"], found["coded"]) == (what, 1, True)
        assert (found["device_id"], len(found["hex"]) > 8) == (7, True)


def test_numbers_are_the_time_or_above_what_was_answered(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.9)

    def number(*options: object) -> int:
        done = command("relearn", "--key", key, "--json", *options)
        assert (done.code, done.err) == (0, "")
        return int(json.loads(done.out)["command"])

    path = tmp_path / "fleet.db"
    with Store(path) as store:
        for device, told in ((7, 16), (8, 2**32 - 1)):
            store.append([answer(device, told)], received_s=1.0)
    assert number() == 1_800_000_000
    assert number("--store", path) == 1_800_000_000  # 8 is another device
    with Store(path) as store:
        store.append([answer(7, 1_900_000_000)], received_s=2.0)
    assert number("--store", path) == 1_900_000_001
    with Store(path) as store:
        store.append([answer(7, 2**32 - 1)], received_s=3.0)
    done = command("relearn", "--key", key, "--store", path)
    refused(done, "number: found 4294967296, expected below 2^32")


def answer(device: int, number: int) -> bytes:
    return frame.encode_answer(
        device_id=device, contract_id=1, model_id=2, seq=3, uptime_s=4,
        command=number, kind=2, values=(5, 1), result=0, mac=None, buf_bytes=51,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rearn 1", "command: found 'rearn', expected one of ack-alarms, "),
        ("intervl 900", "did you mean 'interval'"),
        ("interval", "interval: found 0 values, expected seconds"),
        ("interval 1 2", "interval: found 2 values, expected seconds"),
        ("ask-chunks", "ask-chunks: found 0 values, expected first [count]"),
        ("interval soon", "seconds: found 'soon', expected 1 ... 31536000"),
        ("interval 1.5", "seconds: found '1.5', expected 1 ... 31536000"),
        ("interval 0", "interval: seconds: found 0, expected 1 ... 31536000"),
        ("ask-chunks 1 0", "ask-chunks: count: found 0, expected 1 ... 65535"),
        ("ack-alarms 65536", "ack-alarms: groups: found 65536, expected 0 ... 65535"),
        ("relearn now", "mode is 'now', expected one of guarded, forced, back"),
        ("relearn --mac hmac", "mac: found 'hmac', expected one of hmac-sha256"),
        ("relearn --unsigned", "expected either --key or --unsigned"),
        ("relearn --number 1 --store x", "expected one of --number and --store"),
        ("relearn --store none.db", "none.db: no such file"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path,
    key: Path,
    words: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(command(*words.split(), "--key", key, "--out", "x.command"), said)
    assert list(tmp_path.iterdir()) == [key]


def test_keys_and_files(tmp_path: Path, key: Path) -> None:
    refused(command("relearn"), "expected either --key or --unsigned")
    refused(command("relearn", "--key", tmp_path / "8.key"), "8.key: No such file")
    out = tmp_path / "out"
    out.write_text("mine")
    arguments = ["relearn", "--key", key, "--number", 5, "--out"]
    refused(command(*arguments, out), f"{out}: is there already; --replace")
    assert out.read_text() == "mine"
    assert command(*arguments, out, "--replace").code == 0
    assert out.read_bytes()[0] >> 5 == 4  # an array of CBOR
    refused(command(*arguments, key, "--replace"), "--out: found the key")
    assert key.read_text() == KEY
    refused(command(*arguments, tmp_path / "no" / "x"), "found no folder")
    for number in (0, 2**32, "x"):
        done = command("relearn", "--key", key, "--number", number)
        assert done.code == 2
        assert "--number" in done.err
        assert "Traceback" not in done.err


def test_help_has_units_and_an_example() -> None:
    said = " ".join(ecmkit("monitor", "command", "--help").out.split())
    assert "Example: ecmkit monitor command interval 900 " in said
    assert "SECONDS" in said
