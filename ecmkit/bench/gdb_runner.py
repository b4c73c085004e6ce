"""Runs firmware behind a GDB stub: boards at a debug probe, and emulators.

The debug server (OpenOCD, pyOCD, J-Link, probe-rs, Black Magic, QEMU) is started by the
user; see docs/howto-benchmark-on-your-board.md.
"""

from pathlib import Path
from typing import NamedTuple

from ecmkit.bench.board import run_repeatedly
from ecmkit.bench.elf import Image, read_image
from ecmkit.bench.gdb_client import GdbClient
from ecmkit.bench.mailbox import BenchMemory, Task
from ecmkit.bench.records import Measurement
from ecmkit.errors import DeviceError, MissingError
from ecmkit.targets import Target

__all__ = ["available", "run"]

_RESETS = ("reset halt", "reset")
_XPSR, _THUMB = 25, 1 << 24


class _Core(NamedTuple):
    """Numbers of registers in the stubs' descriptions, and what stops the core."""

    pc: int
    stop: bytes
    sp: int = -1
    """Set before the start, where the vector table has it; -1: by the start-up code."""


_CORES = {
    "arm": _Core(sp=13, pc=15, stop=bytes.fromhex("00be")),  # bkpt 0
    "riscv32": _Core(pc=32, stop=bytes.fromhex("0290")),  # c.ebreak
    "avr": _Core(pc=34, stop=bytes.fromhex("9895")),  # break
}


def available(target: Target) -> str:
    """Say why a target cannot be run; a server is only asked when it is needed."""
    if target.cpu.arch in _CORES:
        return ""
    return f"the gdb runner does not know the registers of {target.cpu.arch}"


def run(
    firmware: Path,
    target: Target,
    task: Task,
    *,
    connect: str = "",
    timeout_s: float = 300.0,
) -> Measurement:
    """Run firmware that has the bench in it.

    Parameters
    ----------
    firmware : Path
        Image, linked for `target`.
    target : Target
        Says which core it has.
    task : Task
        What it is to do; divided where the board's memory does not hold all of it.
    connect : str
        Where the debug server listens, ``host:port`` or ``unix:PATH``. Behind a comma
        may stand ``monitor=COMMAND``, also several times: what the server is told in
        place of ``reset halt`` before the firmware is loaded; and ``attach=N``, for
        servers that want to be told which target, such as a Black Magic probe.
    timeout_s : float
        Wall clock for each run, after which the firmware is given up.

    Returns
    -------
    Measurement
        See `ecmkit.bench.board.run_repeatedly`.

    Raises
    ------
    DeviceError
        If nobody listens, the firmware faults or hangs, or two runs differ.
    MissingError
        If no server is named.
    ValueError
        If `connect` has another form.
    """
    reason = available(target)
    if reason:
        raise MissingError(reason)
    server = _Server.parse(connect)
    image = read_image(firmware, target)
    parts = task.parts(BenchMemory.of(image, target))
    name = f"gdb {server.address}"
    with GdbClient.connect(server.address) as gdb:
        board = _Board(gdb, image, _CORES[target.cpu.arch], name)
        emulated = gdb.is_qemu
        if not emulated:  # which is started anew, and stands at its start
            board.reset(server)
        board.load(firmware)
        return run_repeatedly(
            board,
            task,
            parts,
            name=name,
            timeout_s=timeout_s,
            emulated=emulated,
        )


class _Server(NamedTuple):
    """What `connect` says."""

    address: str
    commands: tuple[str, ...]
    attach: int

    @classmethod
    def parse(cls, connect: str) -> "_Server":
        if not connect:
            raise MissingError(
                "gdb: no debug server named; start one (OpenOCD listens at "
                "localhost:3333) and say where: `--connect localhost:3333`"
            )
        address, *options = connect.split(",")
        commands, attach = [], 0
        for option in options:
            key, _, value = option.partition("=")
            if key == "monitor":
                commands.append(value)
            elif key == "attach" and value.isdecimal():
                attach = int(value)
            else:
                raise ValueError(
                    f"connect: found {option!r}, expected monitor=COMMAND or attach=N"
                )
        return cls(address, tuple(commands), attach)


class _Board:
    """A target with the firmware of the bench in it."""

    def __init__(self, gdb: GdbClient, image: Image, core: _Core, name: str) -> None:
        self._gdb, self._image, self._core, self._name = gdb, image, core, name

    def reset(self, server: _Server) -> None:
        """Reset the target in the words that were asked for, or in those of most."""
        for command in server.commands:
            if command:
                self._gdb.monitor(command)
        if server.attach:
            self._gdb.attach(server.attach)
        if not server.commands and not server.attach:
            for command in _RESETS:
                try:
                    self._gdb.monitor(command)
                except DeviceError:
                    continue  # of another server; the last word is the load itself
                break

    def load(self, firmware: Path) -> None:
        """Write the firmware and stand at its first instruction."""
        from elftools.elf.elffile import ELFFile

        with firmware.open("rb") as stream:
            parts = [
                (segment["p_paddr"], segment.data())
                for segment in ELFFile(stream).iter_segments("PT_LOAD")
                if segment["p_filesz"]
            ]
        self._gdb.load(parts)
        if self._core.sp >= 0:  # a Cortex-M
            stack = self._image.addresses["ecm_start_stack_top"]
            self._gdb.set_register(self._core.sp, stack)
            # A core whose flash was empty at reset has not learnt that it runs Thumb.
            self._gdb.set_register(self._gdb.registers.get("xpsr", _XPSR), _THUMB)
        self._gdb.set_register(self._core.pc, self._image.addresses["ecm_start_reset"])

    def write(self, address: int, data: bytes) -> None:
        """Write memory."""
        self._gdb.write(address, data)

    def read(self, address: int, n: int) -> bytes:
        """Read memory."""
        return self._gdb.read(address, n)

    def go(self, timeout_s: float) -> None:
        """Run to where the firmware has results."""
        done = self._image.addresses["ecm_bench_done"]
        # A core that stands at a breakpoint would stop there again at once.
        self._gdb.step()
        with self._gdb.breakpoint(done, instruction=self._core.stop):
            stop = self._gdb.resume(timeout_s=timeout_s)
            at = self._gdb.register(self._core.pc) & ~1
        if at != done:
            late = f"not done after {timeout_s:g} s, " if stop.late else ""
            raise DeviceError(
                f"{self._name}: {late}{stop.reason} at {at:#x} in "
                f"{self._image.function_at(at)}"
            )
