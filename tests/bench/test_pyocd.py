"""pyOCD's server as a process of ours; where it is not, and when it must go."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import msgspec
import pytest

from ecmkit.bench import (
    Golden,
    HostApp,
    check_target,
    choose_runner,
    compare_runs,
    doctor,
    pyocd_runner,
    run,
)
from ecmkit.errors import DeviceError, MissingError
from ecmkit.package import Package
from ecmkit.targets import Probe, Target, load_target
from tests.bench.stubs import PATIENCE_S, target_of, until
from tests.package.sample import SPEED_HZ
from tests.package.sample import signal as golden_signal

pytestmark = pytest.mark.emulator

FAKE = Path(__file__).with_name("fake_pyocd.py")
GOLDEN = Golden(x=golden_signal(2), speed_hz=SPEED_HZ)


@pytest.fixture
def board() -> Target:
    return msgspec.structs.replace(target_of("mps2-an386"), probe=Probe(pyocd="chip"))


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the stand-in writes down who it is and what it was told."""
    monkeypatch.setattr(pyocd_runner, "_COMMAND", (sys.executable, str(FAKE)))
    monkeypatch.setattr(pyocd_runner, "_START_S", PATIENCE_S)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setenv("FAKE_PYOCD_NOTE", str(tmp_path / "note"))
    return tmp_path / "note"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return state.read_text().rpartition(") ")[2][0] != "Z"
    return False


def written(note: Path) -> bool:
    return note.exists() and note.read_text().count("\n") == 3


def test_a_probe_gives_the_bits_of_the_host(
    package: Package, board: Target, host_app: HostApp, note: Path
) -> None:
    found = run(package, board, GOLDEN, runner="pyocd", connect="066E")
    parity = compare_runs(
        host_app.run(GOLDEN),
        found.run,
        features=package.contract.names,
        outputs=package.outputs,
    )
    assert parity.first == ""
    assert found.counter == "none"
    pid, chip, probe = note.read_text().split()
    assert (chip, probe) == ("chip", "066E")
    assert not alive(int(pid))


def test_without_a_probe_pyocds_own_words_are_shown(
    package: Package, board: Target, note: Path
) -> None:
    with pytest.raises(DeviceError, match=r"ended with code 1; .*No connected debug"):
        run(package, board, GOLDEN, runner="pyocd", connect="none")


def test_a_server_that_hangs_is_killed(
    package: Package, board: Target, note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listens(_: int) -> bool:
        """Never, and it is known only once the server is there and hangs."""
        while not written(note):
            time.sleep(0.02)
        return False

    monkeypatch.setattr(pyocd_runner, "_taken", listens)
    monkeypatch.setattr(pyocd_runner, "_START_S", 1.0)
    monkeypatch.setattr(pyocd_runner, "_STOP_S", 0.2)
    with pytest.raises(DeviceError, match=r"does not listen after 1 s; .*nothing"):
        run(package, board, GOLDEN, runner="pyocd", connect="hangs")
    assert not alive(int(note.read_text().split()[0]))


def test_what_pyocd_cannot_do_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    known = load_target("nrf52840dk")
    monkeypatch.setattr(pyocd_runner, "_COMMAND", (sys.executable, "-m", "no_pyocd"))
    with pytest.raises(MissingError, match=r"pip install ecmkit\[probe\]"):
        choose_runner(known, "pyocd")
    with pytest.raises(MissingError, match=r"has no `probe.pyocd`"):
        choose_runner(load_target("xg24-dk2601b"), "pyocd")
    with pytest.raises(MissingError, match="pyOCD does not know riscv32"):
        choose_runner(load_target("esp32-c3"), "pyocd")
    found = {row.name: row for row in doctor(targets=[known])}["pyocd"]
    assert found.install == "pip install ecmkit[probe]"
    assert found.passed, "there are other ways to a board"
    # A board's emulators are asked for as before.
    assert check_target(known).runners.keys() == {"qemu", "unicorn", "simavr"}


# What runs in the background of a shell is started with the signal ignored.
CHILD = """
    import signal
    import sys
    from pathlib import Path
    from ecmkit.bench import pyocd_runner
    from ecmkit.bench.supervise import supervise

    signal.signal(signal.SIGINT, signal.default_int_handler)
    program, what = sys.argv[1:]
    pyocd_runner._COMMAND = (sys.executable, program)
    pyocd_runner._START_S = 600.0
    pyocd_runner._STOP_S = 0.2
    if what == "pyocd":
        with pyocd_runner._server("chip", "hangs"):
            pass
    command = [sys.executable, program, "gdbserver", "--no-wait", "--target", "chip",
               "--erase", "sector", "--port", "1", "--telnet-port", "2",
               "--uid", "hangs"]
    supervise(command, Path(), 600.0, "emulator")
"""


@pytest.mark.parametrize("what", ["pyocd", "emulator"])
def test_control_c_leaves_no_process_behind(what: str, tmp_path: Path) -> None:
    note = tmp_path / "note"
    environment = {**os.environ, "FAKE_PYOCD_NOTE": str(note)}
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(FAKE), what]
    # A group of its own: the signal goes to ecmkit alone, which has to pass it on.
    child = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        until(lambda: written(note), child)
        pid = int(note.read_text().split()[0])
        assert alive(pid)
        child.send_signal(signal.SIGINT)
        _, words = child.communicate(timeout=PATIENCE_S)
    finally:
        child.kill()
    assert b"KeyboardInterrupt" in words
    assert not alive(pid)
