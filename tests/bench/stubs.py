"""Emulators that wait for a debugger, and targets that are boards to the bench."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from ecmkit.bench import qemu_runner
from ecmkit.bench.runners import choose_runner
from ecmkit.errors import MissingError
from ecmkit.targets import Target, load_target

PATIENCE_S = 20.0


def target_of(name: str) -> Target:
    """Read a target; skip, naming what is missing, where no emulator is."""
    target = load_target(name)
    try:
        choose_runner(target)
    except MissingError as error:
        pytest.skip(str(error))
    return target


def as_board(target: Target, ram_bytes: int) -> Target:
    """The machine as a board whose only memory is its own, and little of it."""
    ram = msgspec.structs.replace(target.ram, bytes=ram_bytes)
    host = msgspec.structs.replace(target.host, fitted=False)
    memory = msgspec.structs.replace(target.memory, ram=ram, host=host)
    return msgspec.structs.replace(target, memory=memory)


def qemu_command(target: Target) -> list[str]:
    """QEMU with the machine of a target, silent."""
    program, _ = qemu_runner.PROGRAMS[target.cpu.arch]
    emulator = target.emulators["qemu"]
    return [
        program, "-M", emulator.machine,
        *(["-cpu", emulator.model] if emulator.model else []),
        *(["-bios", "none"] if target.cpu.arch == "riscv32" else []),
        "-display", "none", "-monitor", "none",
    ]  # fmt: skip


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone afterwards."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def qemu(target: Target, folder: Path) -> Iterator[str]:
    """Where QEMU's stub listens, its core halted."""
    path = folder / "gdb"
    server = ["-serial", "none", "-S", "-gdb", f"unix:{path},server=on,wait=off"]
    with running([*qemu_command(target), *server]):
        deadline = time.monotonic() + PATIENCE_S
        while not path.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"unix:{path}"
    path.unlink()


@contextlib.contextmanager
def simavr(target: Target, firmware: Path, folder: Path) -> Iterator[str]:
    """Where simavr's stub listens; it writes no flash above 64 KiB by itself."""
    path = folder / "flash.hex"
    subprocess.run(
        [
            "avr-objcopy", "-O", "ihex", "-R", ".bss", "-R", ".stack",
            "--gap-fill", "0xff", str(firmware), str(path),
        ],
        check=True,
    )  # fmt: skip
    model = target.emulators["simavr"].model
    with running(["simavr", "-g", "-m", model, "-f", "16000000", str(path)]):
        deadline = time.monotonic() + PATIENCE_S
        while not listens(1234):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield "localhost:1234"


def listens(port: int) -> bool:
    """Whether a port is taken here; simavr would take a connection for the debugger."""
    with socket.socket() as one:
        try:
            one.bind(("", port))
        except OSError:
            return True
    return False
