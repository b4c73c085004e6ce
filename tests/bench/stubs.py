"""Emulators that wait for a debugger, and targets that are boards to the bench."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecmkit.bench import qemu_runner
from ecmkit.bench.runners import choose_runner
from ecmkit.errors import MissingError
from ecmkit.targets import Target, load_target

PATIENCE_S = 240.0
"""For what surely happens unless something is broken, however busy the machine is."""


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
def qemu(target: Target, folder: Path, *options: str) -> Iterator[str]:
    """Where QEMU's stub listens, its core halted."""
    path = folder / "gdb"
    server = ["-serial", "none", "-S", "-gdb", f"unix:{path},server=on,wait=off"]
    with running([*qemu_command(target), *server, *options]) as process:
        until(lambda: path.exists(), process)
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
    with running(["simavr", "-g", "-m", model, "-f", "16000000", str(path)]) as process:
        until(lambda: 1234 in listened_at(process.pid), process)
        yield "localhost:1234"


def until(happened: Callable[[], bool], process: subprocess.Popen[Any]) -> None:
    """Wait for what a process does, to its end or that of the time a test may take."""
    while not happened():
        assert process.poll() is None, f"ended with code {process.returncode}"
        time.sleep(0.02)


def listened_at(pid: int) -> set[int]:
    """Ports at which a process takes connections over IPv4.

    Asked of the kernel: a connection would be taken for the debugger's, and who binds
    the port to see whether that can be done keeps the process from it meanwhile.
    """
    links = Path(f"/proc/{pid}/fd").iterdir()
    own = {os.readlink(link) for link in links if link.is_symlink()}
    found = set()
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and f"socket:[{words[9]}]" in own:
            found.add(int(words[1].partition(":")[2], 16))
    return found
