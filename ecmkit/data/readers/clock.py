"""Time stamps of samples, checked against the sampling rate that was stated."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecmkit.data.readers.index import Entry
from ecmkit.errors import DataError

__all__ = ["Clock"]


class Clock:
    """Checks time stamps as they come, piece by piece.

    Each step may differ from 1/fs by half of it (jitter of a host's clock, rounding of
    the stamps), so a lost or doubled sample is found; the whole so far may differ by
    0.1 % and one step.

    Parameters
    ----------
    entry : Entry
        Stated rate, name and unit of the time column.
    path : Path
        The file, for messages.
    first : int
        Row of the first stamp, for messages.
    """

    def __init__(self, entry: Entry, path: Path, first: int) -> None:
        self._entry, self._where, self._row = entry, f"{path}: {entry.time}", first
        self._start = self._last = 0.0
        self._count = 0

    def check(self, t: NDArray[np.float64]) -> None:
        """Take the stamps that follow, shape (n_samples,), in the column's unit.

        Raises
        ------
        DataError
            Naming the column, the row, what was found and what was expected.
        """
        seconds = t * self._entry.time_scale
        bad = np.flatnonzero(~np.isfinite(seconds))
        if bad.size:
            raise DataError(
                f"{self._where}: row {self._row + bad[0]}: found no time, expected one"
            )
        known = self._count > 0
        line = np.concatenate(([self._last], seconds)) if known else seconds
        self._check_steps(np.diff(line), self._row - known)
        if not known:
            self._start = float(seconds[0])
        self._last = float(seconds[-1])
        self._row += len(seconds)
        self._count += len(seconds)
        self._check_whole()

    def _check_steps(self, steps: NDArray[np.float64], row: int) -> None:
        fs_hz = self._entry.fs_hz
        step = 1 / fs_hz
        usual = float(np.median(steps)) if len(steps) else step
        if abs(usual - step) > step / 4:
            raise DataError(
                f"{self._where}: found {_rate(usual)} samples per second, expected "
                f"fs_hz = {fs_hz:g}"
            )
        gaps = np.flatnonzero(np.abs(steps - step) > step / 2)
        if gaps.size:
            raise DataError(
                f"{self._where}: row {row + int(gaps[0]) + 1}: found a step of "
                f"{steps[gaps[0]]:.6g} s, expected {step:.6g} s "
                f"(fs_hz = {fs_hz:g}; {gaps.size} such steps)"
            )

    def _check_whole(self) -> None:
        step = 1 / self._entry.fs_hz
        lasted, expected = self._last - self._start, step * (self._count - 1)
        if abs(lasted - expected) > 1e-3 * expected + step:
            raise DataError(
                f"{self._where}: found {_rate(lasted / (self._count - 1))} samples per "
                f"second, expected fs_hz = {self._entry.fs_hz:g}"
            )


def _rate(step: float) -> str:
    return f"{1 / step:.6g}" if step else "infinitely many"
