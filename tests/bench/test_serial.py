"""A board at the other end of a serial line: noise is recognised and never believed."""

import dataclasses
import functools
import os
import pty
import random
import re
import select
import shutil
import subprocess
import threading
import tty
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecmkit.bench import Golden, HostApp, compare_runs, run, serial_line, serial_runner
from ecmkit.bench.serial_line import SerialLine
from ecmkit.errors import DeviceError, MissingError
from ecmkit.graph.host import CONTRACT_FLAGS, host_compiler
from ecmkit.package import Package, copy_support
from ecmkit.package.build import library_flags, linker_script, mem_flags
from ecmkit.package.toolchain import find_compiler, run_tool
from ecmkit.targets import Target
from tests.bench.stubs import qemu_command, target_of
from tests.package.sample import SPEED_HZ, signal

GOLDEN = Golden(x=signal(3), speed_hz=SPEED_HZ)
HERE = Path(__file__).parent
Noise = Callable[[bytes], bytes]


def quiet(data: bytes) -> bytes:
    return data


class Wire:
    """A pseudo-terminal with a process behind it, and noise on lines either way."""

    def __init__(
        self, command: list[str], *, up: Noise = quiet, down: Noise = quiet
    ) -> None:
        self._ours, self._theirs = pty.openpty()
        self._unplugged, self._plug = os.pipe()
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0)
        assert self.process.stdin
        assert self.process.stdout
        ends = self._ours, self.process.stdin.fileno(), self.process.stdout.fileno()
        self._threads = [
            threading.Thread(target=self._pump, args=args, daemon=True)
            for args in ((ends[0], ends[1], up), (ends[2], ends[0], down))
        ]
        for thread in self._threads:
            thread.start()

    def _pump(self, source: int, sink: int, noise: Noise) -> None:
        waiting = b""
        ends = [source, self._unplugged]
        try:
            while select.select(ends, [], [])[0] == [source]:
                if not (data := os.read(source, 4096)):
                    return
                *lines, waiting = (waiting + data).split(b"\n")
                for line in lines:
                    if line := noise(line + b"\n"):
                        os.write(sink, line)
        except OSError:
            return  # one of the ends is gone

    def unplug(self) -> None:
        """End the process, and the line with it.

        The threads end first: numbers of files that they still read would soon be those
        of other files, whose bytes they took.
        """
        if self._ours < 0:
            return
        self.process.kill()
        self.process.wait()
        os.close(self._plug)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        for end in (self._theirs, self._ours, self._unplugged):
            os.close(end)
        self._ours = -1

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()


@pytest.fixture(scope="module")
def device(package: Package, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The bench of the package as a program of this machine."""
    work = tmp_path_factory.mktemp("device")
    shutil.copytree(package.path / "src", work, dirs_exist_ok=True)
    target = target_of("mps2-an386")
    copy_support(target, work)
    shutil.copyfile(HERE / "host_port.h", work / "bench_port.h")
    shutil.copyfile(HERE / "serial_device.c", work / "serial_device.c")
    own = [path.name for path in package.sources]
    bench = [f"bench_{name}.c" for name in ("drive", "mail", "memory", "serial")]
    command = [*host_compiler(), *CONTRACT_FLAGS, "-O2", "-I.", *own, *bench]
    run_tool([*command, "bench_stream.c", "serial_device.c", "-o", "device"], work)
    return [str(work / "device")]


@pytest.fixture(autouse=True)
def persistent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again soon, and long after a machine that has other work would answer."""
    patience = functools.partial(SerialLine, timeout_s=0.2)
    monkeypatch.setattr(serial_runner, "SerialLine", patience)
    monkeypatch.setattr(serial_line, "_TRIES", 600)


def check(found: object, host: HostApp, package: Package) -> None:
    parity = compare_runs(
        host.run(GOLDEN),
        found.run,
        features=package.contract.names,
        outputs=package.outputs,
    )
    assert parity.first == ""
    assert parity.compared > 100


def test_a_run_gives_the_bits_of_the_host(
    device: list[str], package: Package, target: Target, host_app: HostApp
) -> None:
    with Wire(device) as wire:
        found = run(package, target, GOLDEN, runner="serial", connect=wire.path)
    check(found, host_app, package)
    assert found.runner == f"serial {wire.path}, nothing counted"
    assert found.stack_bytes > 0


def noisy(seed: int, rate: float) -> Noise:
    """Change, lose, add and tear bytes, in so many of the lines."""
    dice = random.Random(seed)

    def noise(data: bytes) -> bytes:
        if dice.random() > rate:
            return data
        at = dice.randrange(len(data))
        what = dice.randrange(4)
        if what == 0:
            return (
                data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
            )
        if what == 1:
            return data[:at] + data[at + 1 :]
        if what == 2:
            return data[:at] + dice.randbytes(9) + data[at:]
        return data[:at]

    return noise


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_changes_no_bit(
    seed: int, device: list[str], package: Package, target: Target, host_app: HostApp
) -> None:
    with Wire(device, up=noisy(seed, 0.015), down=noisy(seed + 9, 0.015)) as wire:
        found = run(package, target, GOLDEN, runner="serial", connect=wire.path)
    check(found, host_app, package)


def test_a_part_whose_answer_is_lost_is_not_run_again(
    device: list[str],
    package: Package,
    target: Target,
    host_app: HostApp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_line, "_AGAIN_S", 0.2)
    asked: list[bytes] = []
    lost: set[bytes] = set()

    def count(line: bytes) -> bytes:
        if line[2:5] == b" g ":
            asked.append(line)
        return line

    def lose(line: bytes) -> bytes:
        """Lose the first answer to each part."""
        if line[2:5] != b" g " or line in lost:
            return line
        lost.add(line)
        return b""

    with Wire(device, up=count, down=lose) as wire:
        found = run(package, target, GOLDEN, runner="serial", connect=wire.path)
    check(found, host_app, package)
    assert len(asked) >= 2 * len(lost) > 2, "there are parts, and each is asked again"


def test_a_machine_that_is_emulated_answers_as_well(
    package: Package,
    host_app: HostApp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_runner, "SerialLine", SerialLine)
    target = target_of("mps2-an386")
    firmware = link(package, target, tmp_path)
    command = [*qemu_command(target), "-serial", "stdio", "-kernel", str(firmware)]
    with Wire(command, down=noisy(3, 0.005)) as wire:
        found = run(package, target, GOLDEN, runner="serial", connect=wire.path)
    check(found, host_app, package)
    assert found.counter == "none"


def link(package: Package, target: Target, work: Path) -> Path:
    """Firmware of a user's own: the package's library, the bench and a UART."""
    tool = find_compiler(target)
    shutil.copytree(package.path / "src", work, dirs_exist_ok=True)
    copy_support(target, work)
    shutil.copyfile(HERE / "serial_device.c", work / "serial_device.c")
    (work / "link.ld").write_text(linker_script(target), "utf-8")
    flags = library_flags(target)
    names = ["bench_drive", "bench_mail", "bench_memory", "bench_serial"]
    names += ["bench_stream", "serial_device", target.cpu.support]
    for name in names:
        tool.compile(f"{name}.c", f"{name}.o", *flags, cwd=work)
    tool.compile("mem.c", "mem.o", *flags, "-fno-builtin", *mem_flags(tool), cwd=work)
    objects = [f"{name}.o" for name in (*names, "mem")]
    objects.append(str(package.library.resolve()))
    tool.link(objects, "serial.elf", script="link.ld", cwd=work)
    return work / "serial.elf"


def test_the_project_of_the_how_to_compiles(device: list[str]) -> None:
    text = (
        HERE.parent.parent / "docs" / "howto-benchmark-on-your-board.md"
    ).read_text()
    (code,) = re.findall(r"```c\n(.*?)```", text, re.S)
    board = (
        "int board_uart_has_byte(void), board_uart_has_room(void);"
        "unsigned char board_uart_byte(void);"
        "void board_uart_send(unsigned char), board_start(void);\n"
    )
    work = Path(device[0]).parent
    (work / "howto.c").write_text(board + code)
    run_tool([*host_compiler(), *CONTRACT_FLAGS, "-I.", "-c", "howto.c"], work)
    for name in re.findall(r"`(bench[\w]*\.[ch])`", text):
        assert (work / name).exists(), name


def test_a_line_that_goes_silent_is_given_up(
    device: list[str], package: Package, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(device, down=lambda data: b"") as wire, monkeypatch.context() as patch:
        patch.setattr(serial_line, "_TRIES", 8)
        line = SerialLine(wire.path, timeout_s=0.02)
        with pytest.raises(DeviceError, match=r"no sound answer to 'h' .*, sent \d+"):
            line.hello()
        line.close()
        line.close()
    with (
        Wire(device, down=without_runs) as wire,
        pytest.raises(DeviceError, match=r"no sound answer to 'g' within 0.5 s"),
    ):
        run(package, target, GOLDEN, runner="serial", connect=wire.path, timeout_s=0.5)


def without_runs(line: bytes) -> bytes:
    return b"" if line[2:5] == b" g " else line


def test_a_line_that_is_unplugged_is_named(device: list[str]) -> None:
    with Wire(device) as wire:
        line = SerialLine(f"{wire.path}:9600", timeout_s=0.2)
        hello = line.hello()
        assert (hello.version, hello.mail_bytes) == (1, 8192)
        line.write(8000, b"abc" * 64)
        assert line.read(8000, 192) == b"abc" * 64
        with pytest.raises(DeviceError, match="to 'r' the bench answered"):
            line.read(8191, 2)
        wire.unplug()
        with pytest.raises(
            DeviceError, match=rf"{wire.path}: (lost|the line|no sound)"
        ):
            line.read(0, 4)
        line.close()


def test_firmware_of_another_package_is_refused(
    device: list[str], package: Package, target: Target, tmp_path: Path
) -> None:
    other = msgspec.structs.replace(package.manifest, model_id="ab" * 32)
    another = dataclasses.replace(package, manifest=other)
    with (
        Wire(device) as wire,
        pytest.raises(DeviceError, match=r"expected [0-9a-f]{32}abab"),
    ):
        run(another, target, GOLDEN, runner="serial", connect=wire.path)


def test_terminals_that_are_none(
    package: Package, target: Target, tmp_path: Path
) -> None:
    def tried(connect: str) -> None:
        run(package, target, GOLDEN, runner="serial", connect=connect)

    with pytest.raises(MissingError, match="no terminal named"):
        tried("")
    with pytest.raises(DeviceError, match="/nowhere: No such file"):
        tried("/nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DeviceError, match="not a terminal"):
        tried(str(tmp_path / "file"))
    for wrong in ("/dev/tty:12345", "/dev/tty:", "/dev/tty:fast"):
        with pytest.raises(ValueError, match=r"with a rate of .*115200"):
            tried(wrong)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.binary(max_size=90), max_size=6))
def test_any_bytes_leave_the_bench_answering(
    device: list[str], lines: list[bytes]
) -> None:
    with Wire(device) as wire:
        assert wire.process.stdin
        for line in lines:
            wire.process.stdin.write(line)
        line = SerialLine(wire.path, timeout_s=2.0)
        try:
            assert line.hello().data_bytes == 64
        finally:
            line.close()
