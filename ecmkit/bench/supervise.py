"""Emulators as processes of ours: watched while they run, never left behind."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ecmkit.errors import DeviceError

__all__ = ["supervise"]


def supervise(command: Sequence[str], work: Path, timeout_s: float, name: str) -> str:
    """Run an emulator to its end or to the end of our patience.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    work : Path
        Where it runs.
    timeout_s : float
        Wall clock after which it is killed, as it is when this call is interrupted.
    name : str
        For messages.

    Returns
    -------
    str
        All that it said.

    Raises
    ------
    DeviceError
        If it is not done in time.
    """
    with subprocess.Popen(
        command,
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as emulator:
        try:
            words, _ = emulator.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise DeviceError(f"{name}: not done after {timeout_s:g} s") from None
        finally:
            if emulator.poll() is None:
                emulator.kill()
                emulator.wait()  # when interrupted, Popen does not
    return words
