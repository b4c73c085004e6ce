"""Features of a signal that comes in pieces."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.data import n_windows
from ecmkit.errors import DataError
from ecmkit.features.extract import finite_windows, require_speed, told_speeds
from ecmkit.features.integers import units_of
from ecmkit.features.plan import FeaturePlan
from ecmkit.features.samples import as_integers
from ecmkit.features.speed import SpeedFinder
from ecmkit.features.steps import device_plans, runner

__all__ = ["Stream"]


class Stream:
    """A plan at work on one signal, piece by piece.

    Whatever the pieces, the rows have the bits that `extract` gives for the whole.

    Parameters
    ----------
    plan : FeaturePlan
        What to compute.
    speed_hz : float
        Shaft speed, where the plan has orders.
    nonfinite : "refuse" or "drop"
        What to do with samples that are NaN or infinite: refuse the piece, or leave out
        the windows that hold them and start anew behind them.

    Raises
    ------
    DataError
        If the plan does not take the speed.

    Examples
    --------
    >>> plan = FeaturePlan(
    ...     channel="DE", unit="g", fs_hz=1000, range=16, window_len=64, hop_len=32,
    ...     features=("rms", "kurtosis"),
    ... )
    >>> stream = Stream(plan)
    >>> stream.push(np.ones(100)).shape, stream.push(np.ones(100)).shape
    ((2, 2), (3, 2))
    """

    def __init__(
        self,
        plan: FeaturePlan,
        *,
        speed_hz: float = 0.0,
        nonfinite: Literal["refuse", "drop"] = "refuse",
    ) -> None:
        self.contract = plan.contract()
        self._tacho: SpeedFinder | None = None
        if plan.tacho is not None:
            self._tacho = SpeedFinder(plan.tacho, fs_hz=plan.fs_hz)
        self._inputs = plan.inputs
        self._tacho_row = plan.inputs.index(plan.tacho.channel) if plan.tacho else -1
        self._origin = 0  # where the finder of speeds started
        self._nonfinite = nonfinite
        plans = device_plans(self.contract)
        self._runners = [runner(p, self.contract, i) for i, p in enumerate(plans)]
        self._widths = [p.n_features for p in plans]
        self._held = np.empty((len(self._runners), 0), np.float32)
        self.windows = 0
        """Windows so far, with a row or without."""
        self.samples = 0
        """Samples so far of each channel."""
        self.starts: NDArray[np.int64] = np.empty(0, np.int64)
        """First sample of the window of each row that the last push gave."""
        self._speed_hz = 0.0
        if self._tacho is None:
            self.set_speed(speed_hz)

    def set_speed(self, speed_hz: float) -> None:
        """Set the shaft speed for the windows that become complete from now on.

        Raises
        ------
        DataError
            If the plan does not take it, or has a tachometer that tells it.
        """
        if self._tacho is not None:
            raise DataError(
                f"stream: speed_hz: found {speed_hz:g}, expected none: the plan's "
                "tacho tells the speed"
            )
        require_speed(self.contract, speed_hz, "stream")
        self._speed_hz = speed_hz

    def push(self, x: ArrayLike) -> NDArray[np.float32]:
        """Take samples.

        Parameters
        ----------
        x : array_like, shape (n_samples,) or (n_channels, n_samples)
            Rows are the `inputs` of the plan, in its units; computed with as float32.
            Any number of samples. For a plan of the profile q15 integers are what the
            sensor gives, -32768 ... 32767, whatever their type.

        Returns
        -------
        ndarray of float32, shape (n_rows, n_features)
            A row for each window that became complete, except those at the start, and
            behind a gap, in which a history is filled.

        Raises
        ------
        ValueError
            If the shape is not the plan's, or integers of a sensor are out of range.
        DataError
            If samples are not finite and to be refused; nothing was taken then.
        """
        piece = self._piece(x)
        if piece.ndim != 2 or piece.shape[0] != len(self._inputs):
            raise ValueError(
                f"x: found shape {np.shape(x)}, expected "
                f"({len(self._inputs)}, n_samples): one row for each channel"
            )
        watched = piece[self._tacho_row]
        piece = piece[: len(self._runners)]
        bad = int(np.count_nonzero(~np.isfinite(piece)))
        if bad and self._nonfinite == "refuse":
            raise DataError(
                f"stream: found {bad} samples not finite, expected finite ones (or "
                "nonfinite='drop')"
            )
        if self._tacho is not None:
            self._tacho.push(watched)
        held = np.ascontiguousarray(np.concatenate([self._held, piece], axis=1))
        length, hop = self.contract.window_len, self.contract.hop_len
        n = n_windows(held.shape[1], length=length, hop=hop)
        first = self.samples - self._held.shape[1]
        self._held = held[:, n * hop :].copy()
        self.windows += n
        self.samples += piece.shape[1]
        done, rows = self._rows(held, n, first)
        self.starts = first + hop * np.flatnonzero(done)
        return rows

    def gap(self) -> None:
        """Say that samples are missing: the next one begins a new signal."""
        self._held = self._held[:, :0]
        self._origin = self.samples
        if self._tacho is not None:
            self._tacho.restart()
        for each in self._runners:
            each.reset()

    def _piece(self, x: ArrayLike) -> NDArray[np.float32]:
        array = np.asarray(x)
        if self.contract.profile == "q15" and array.dtype.kind in "iu":
            codes = as_integers(array, "x", dtype=np.int16, dims=(1, 2))
            last = len(self._runners) - 1
            array = np.stack([
                units_of(row, self.contract.range_of(min(i, last)))
                for i, row in enumerate(np.atleast_2d(codes))
            ])  # fmt: skip
        return np.atleast_2d(array.astype(np.float32, copy=False))

    def _rows(
        self, held: NDArray[np.float32], n: int, first: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which windows have a row, and the rows."""
        length, hop = self.contract.window_len, self.contract.hop_len
        good = np.ones(n, bool)
        for row in held:
            good &= finite_windows(row, length, hop)
        speed = np.full(n, self._speed_hz, np.float32)
        if self._tacho is not None:
            speed = self._tacho.speeds(
                first - self._origin + hop * np.arange(n) + length
            )
            good &= told_speeds(self.contract, speed, "stream")
        done, columns = good.copy(), []
        for each, width, row in zip(self._runners, self._widths, held, strict=True):
            out, own = np.empty((n, width), np.float32), good.astype(np.uint8)
            each.frames(row, speed, out, own)
            columns.append(out)
            done &= own.astype(bool)
        return done, np.concatenate(columns, axis=1)[done]
