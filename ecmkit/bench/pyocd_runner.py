"""Runs firmware on a board at a debug probe that pyOCD knows.

pyOCD's own GDB server does the work, as a process of ours, behind the gdb runner.
"""

import contextlib
import importlib.util
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ecmkit.bench import gdb_runner
from ecmkit.bench.mailbox import Task
from ecmkit.bench.records import Measurement
from ecmkit.errors import DeviceError, MissingError
from ecmkit.targets import Target

__all__ = ["INSTALL", "available", "run"]

INSTALL = "pip install ecmkit[probe]"
_COMMAND = (sys.executable, "-m", "pyocd")
_START_S = 20.0
_STOP_S = 5.0
_LOOK_S = 0.05
_WORDS_MAX = 300


def available(target: Target) -> str:
    """Say why a target cannot be run here; empty if it can."""
    if target.cpu.arch != "arm":
        return f"pyOCD does not know {target.cpu.arch}"
    if not target.probe.pyocd:
        return f"{target.name} has no `probe.pyocd`: its name in `pyocd list --targets`"
    if importlib.util.find_spec(_COMMAND[-1]) is None:
        return f"pyOCD is not installed: `{INSTALL}`"
    return ""


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
        Has the name by which pyOCD knows the chip.
    task : Task
        What it is to do.
    connect : str
        Unique id of the probe, or the start of it; none where there is one probe alone.
    timeout_s : float
        Wall clock for each part of a run, after which the firmware is given up. The
        server is ended in any case, as it is when this call is interrupted.

    Returns
    -------
    Measurement
        See `ecmkit.bench.board.run_repeatedly`.

    Raises
    ------
    DeviceError
        If no probe is there, the firmware faults or hangs, or two runs differ.
    MissingError
        If pyOCD is not installed, or does not know the target.
    """
    reason = available(target)
    if reason:
        raise MissingError(reason)
    with _server(target.probe.pyocd, connect) as address:
        return gdb_runner.run(
            firmware, target, task, connect=address, timeout_s=timeout_s
        )


@contextlib.contextmanager
def _server(chip: str, probe: str) -> Iterator[str]:
    """Where pyOCD's server listens; it is gone afterwards."""
    port, telnet = _free_ports()
    command = [
        *_COMMAND, "gdbserver", "--no-wait", "--target", chip, "--erase", "sector",
        "--port", str(port), "--telnet-port", str(telnet),
        *(["--uid", probe] if probe else []),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as words:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT
        )
        try:
            _wait(server, port)
            yield f"localhost:{port}"
        except DeviceError as error:
            words.seek(0)
            said = words.read().decode("utf-8", "replace").strip()[-_WORDS_MAX:]
            raise DeviceError(f"{error}; pyOCD said: {said or 'nothing'}") from error
        finally:
            server.terminate()
            try:
                server.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    """Return as soon as the server listens; it takes one connection only."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DeviceError(f"pyocd: ended with code {server.returncode}")
        if _taken(port):
            return
        time.sleep(_LOOK_S)
    raise DeviceError(f"pyocd: does not listen after {_START_S:g} s")


def _taken(port: int) -> bool:
    """Whether somebody listens, found out without a connection."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("localhost", port))
        except OSError:
            return True
    return False


def _free_ports() -> tuple[int, int]:
    """Two ports that nobody has now."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("localhost", 0))
        return one.getsockname()[1], two.getsockname()[1]
