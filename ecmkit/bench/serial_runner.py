"""Runs a package on a board that answers over a serial line.

The firmware is the user's own, with the bench in it; see
docs/howto-benchmark-on-your-board.md.
"""

from pathlib import Path

from ecmkit.bench.board import run_repeatedly
from ecmkit.bench.mailbox import BenchMemory, Task
from ecmkit.bench.records import Measurement
from ecmkit.bench.serial_line import SerialLine
from ecmkit.errors import DeviceError, MissingError
from ecmkit.targets import Target

__all__ = ["available", "run"]


def available(target: Target) -> str:
    """Say why a target cannot be run; whether somebody answers shows when it is."""
    return ""


def run(
    firmware: Path,
    target: Target,
    task: Task,
    *,
    connect: str = "",
    timeout_s: float = 300.0,
) -> Measurement:
    """Run the firmware that is on a board.

    Parameters
    ----------
    firmware : Path
        Not loaded: the board has firmware of its own, of the same package.
    target : Target
        What it is; where that is an emulated machine, its counters count no cycles.
    task : Task
        What it is to do; divided where the board's memory does not hold all of it.
    connect : str
        The terminal, such as ``/dev/ttyACM0`` or ``/dev/ttyUSB0:921600``.
    timeout_s : float
        Wall clock for each part of a run, after which the firmware is given up.

    Returns
    -------
    Measurement
        See `ecmkit.bench.board.run_repeatedly`.

    Raises
    ------
    DeviceError
        If nobody answers, the firmware is of another package, hangs or two runs differ.
    MissingError
        If no terminal is named.
    ValueError
        If `connect` has another form.
    """
    if not connect:
        raise MissingError(
            "serial: no terminal named; say where the board is: `--connect "
            "/dev/ttyACM0:115200`"
        )
    line = SerialLine(connect)
    try:
        hello = line.hello()
        if task.identity and hello.identity != task.identity:
            raise DeviceError(
                f"{line.name}: the firmware there is of contract and models "
                f"{hello.identity}, expected {task.identity}: flash that of the package"
            )
        what = f"the memory of the bench on {line.name}"
        memory = BenchMemory(at=0, bytes=hello.mail_bytes, what=what)
        return run_repeatedly(
            line,
            task,
            task.parts(memory),
            name=f"serial {line.name}",
            timeout_s=timeout_s,
            emulated=target.host.fitted,
        )
    finally:
        line.close()
