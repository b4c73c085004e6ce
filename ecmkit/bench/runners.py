"""The family of runners: what executes firmware, by name."""

import importlib
from pathlib import Path
from typing import Protocol

from ecmkit.bench.board import write_log
from ecmkit.bench.mailbox import Task
from ecmkit.bench.records import Golden, Measurement
from ecmkit.errors import DeviceError, MissingError
from ecmkit.package import Package
from ecmkit.targets import Target

__all__ = [
    "BOARD_RUNNERS",
    "RUNNERS",
    "choose_runner",
    "execute",
    "missing_runners",
    "run",
]

_EMULATORS = {
    "qemu": "ecmkit.bench.qemu_runner",
    "unicorn": "ecmkit.bench.unicorn_runner",
    "simavr": "ecmkit.bench.simavr_runner",
}
"""Module by name, in the order in which ``auto`` tries them."""
_BOARDS = {
    "gdb": "ecmkit.bench.gdb_runner",
    "serial": "ecmkit.bench.serial_runner",
    "pyocd": "ecmkit.bench.pyocd_runner",
}
RUNNERS = _EMULATORS | _BOARDS
"""Module by name: emulators, in the order in which ``auto`` tries them, then those that
reach a board."""
BOARD_RUNNERS = frozenset(_BOARDS)
"""Those that run on what `connect` names; ``auto`` chooses none of them."""


class _Runner(Protocol):
    def available(self, target: Target) -> str: ...

    def run(
        self, firmware: Path, target: Target, task: Task, *, timeout_s: float
    ) -> Measurement: ...


class _BoardRunner(Protocol):
    def available(self, target: Target) -> str: ...

    def run(
        self,
        firmware: Path,
        target: Target,
        task: Task,
        *,
        connect: str,
        timeout_s: float,
    ) -> Measurement: ...


def choose_runner(target: Target, runner: str = "auto", connect: str = "") -> str:
    """Name of the runner that is to be used.

    Parameters
    ----------
    target : Target
        What is to be run.
    runner : str
        A name of `RUNNERS`, or ``auto`` for the first emulator that can run the target
        here.
    connect : str
        Where a board is reached, for the runners of `BOARD_RUNNERS`.

    Raises
    ------
    MissingError
        If none can; says why each cannot, or why packages for it are not compiled.
    ValueError
        If there is no such runner, or `connect` is not for it.
    """
    if runner != "auto" and runner not in RUNNERS:
        raise ValueError(f"runner is {runner!r}, expected auto, {', '.join(RUNNERS)}")
    if connect and runner not in BOARD_RUNNERS:
        raise ValueError(
            f"connect is {connect!r}, and runner {runner!r} reaches no board: expected "
            f"{' or '.join(_BOARDS)}"
        )
    if target.cpu.source_only:
        raise MissingError(f"{target.name}: {target.cpu.source_only}")
    if runner in BOARD_RUNNERS:
        reasons = {runner: _board(runner).available(target)}
    else:
        if not target.emulators and runner == "auto":
            raise MissingError(
                f"no emulator knows {target.name}: gate on an emulated machine with "
                f"its core, {target.cpu.name}, or on the board by `gdb`"
            )
        found = missing_runners(target)
        reasons = found if runner == "auto" else {runner: found[runner]}
    for name, reason in reasons.items():
        if not reason:
            return name
    raise MissingError("; ".join(reasons.values()))


def missing_runners(target: Target) -> dict[str, str]:
    """Say for each emulator why it cannot run a target here; empty if it can."""
    names = [name for name in RUNNERS if name not in BOARD_RUNNERS]
    return {name: _emulator(name).available(target) for name in names}


def run(
    package: Package,
    target: Target,
    golden: Golden,
    *,
    runner: str = "auto",
    timeout_s: float = 300.0,
    connect: str = "",
    log: Path | None = None,
) -> Measurement:
    """Run the firmware of a package on a golden signal.

    Parameters
    ----------
    package : Package
        Built for `target`.
    target : Target
        Where it runs.
    golden : Golden
        What to push.
    runner, connect
        As for `choose_runner`.
    timeout_s : float
        Wall clock after which the firmware is given up; on a board, of each run.
    log : Path, optional
        File that the raw counts of a board are written to. The default stands beside
        the package, which is left as it is: ``NAME.bench.jsonl``.

    Returns
    -------
    Measurement
        Of one run in an emulator, or of `ecmkit.bench.board.MEASURED` on a board.

    Raises
    ------
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If no runner can.
    """
    name = choose_runner(target, runner, connect)
    loaded = name in BOARD_RUNNERS - {"serial"}  # where the board has its own
    firmware = package.board_firmware if loaded else package.firmware
    if loaded and not target.host.fitted and firmware == package.firmware:
        raise DeviceError(f"{package.path}: no firmware/board.elf: build it again")
    measured = execute(
        firmware,
        target,
        Task.of(package, golden),
        runner=name,
        timeout_s=timeout_s,
        connect=connect,
    )
    if measured.runs is None:
        return measured
    beside = package.path.with_name(f"{package.path.name}.bench.jsonl")
    return write_log(measured, log or beside, target=target.name)


def execute(
    firmware: Path,
    target: Target,
    task: Task,
    *,
    runner: str = "auto",
    timeout_s: float = 300.0,
    connect: str = "",
) -> Measurement:
    """Run firmware that has the bench in it; `run` does so with that of a package.

    Parameters
    ----------
    firmware : Path
        Image, linked for `target`.
    target : Target
        Where it runs.
    task : Task
        What it is to do.
    runner, timeout_s, connect
        As for `run`.
    """
    name = choose_runner(target, runner, connect)
    if name in BOARD_RUNNERS:
        board = _board(name)
        return board.run(firmware, target, task, connect=connect, timeout_s=timeout_s)
    return _emulator(name).run(firmware, target, task, timeout_s=timeout_s)


def _emulator(name: str) -> _Runner:
    module: _Runner = importlib.import_module(RUNNERS[name])
    return module


def _board(name: str) -> _BoardRunner:
    module: _BoardRunner = importlib.import_module(RUNNERS[name])
    return module
