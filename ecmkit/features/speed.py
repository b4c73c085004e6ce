"""Shaft speed of each window, from a tachometer that was recorded beside it."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit._core import tacho

__all__ = ["PlanTacho", "SpeedFinder"]

_ROOM = 4096
_TURNS, _TURNS_MIN = 8, 3
"""Turns that a speed is found from at most, and for a parabola at least."""


class PlanTacho(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel whose edges tell the shaft speed of each window.

    It is read where recordings are: on a device, the firmware tells the speed
    (``ecm_app_set_speed``), from ``ecm_tacho_edges_f32`` if it likes.
    """

    channel: str
    """Name of the channel; it needs no features."""
    level: float
    """An edge is where the signal crosses it."""
    hysteresis: float = 0.0
    """By how much it must have been on the other side: more than the noise."""
    falling: bool = False
    """Whether edges go downwards."""
    pulses: int = 1
    """Edges in a turn, 1 ... 4096."""

    def check(self) -> None:
        """Check the fields.

        Raises
        ------
        ValueError
            Naming the field, what was found and expected.
        """
        _expect(len(self.channel) > 0, "tacho.channel", "''", "a name")
        finite = math.isfinite(self.level)
        _expect(finite, "tacho.level", self.level, "a finite number")
        fits = math.isfinite(self.hysteresis) and self.hysteresis >= 0
        _expect(fits, "tacho.hysteresis", self.hysteresis, "0 or more")
        _expect(1 <= self.pulses <= 4096, "tacho.pulses", self.pulses, "1 ... 4096")


class SpeedFinder:
    """Edges of a tachometer signal that comes in pieces, and the speed they tell.

    The speed of a window is that at its end: the slope there of a parabola through the
    angles of the edges of the last eight turns before it, by least squares, so that an
    edge may be a sample off while the shaft runs up. Within the first three turns it is
    the mean. It depends on what a device knows by then, and not on the pieces.

    Examples
    --------
    >>> finder = SpeedFinder(PlanTacho(channel="t", level=0.0), fs_hz=1000.0)
    >>> finder.push(np.sin(2 * np.pi * 20 * np.arange(500) / 1000).astype(np.float32))
    >>> finder.speeds(np.array([40, 120, 500])).round(3).tolist()
    [0.0, 20.0, 20.0]
    """

    def __init__(self, settings: PlanTacho, *, fs_hz: float) -> None:
        self._settings, self._fs_hz = settings, fs_hz
        self._finder = tacho.TachoF32(
            settings.level, settings.hysteresis, settings.falling
        )
        self._ticks: NDArray[np.uint64] = np.empty(0, np.uint64)

    def restart(self) -> None:
        """Start over at sample 0, as behind a gap in the signal."""
        self._finder.start()
        self._ticks = self._ticks[:0]

    def push(self, x: NDArray[np.float32]) -> None:
        """Take samples, shape (n_samples,); what is not finite makes no edge."""
        room, at = np.empty(_ROOM, np.uint64), 0
        x = np.ascontiguousarray(x, np.float32)
        while at < len(x):
            found, used = self._finder.edges(x[at:], room)
            self._ticks = np.concatenate([self._ticks, room[:found]])
            at += used

    def speeds(self, ends: NDArray[np.int64]) -> NDArray[np.float32]:
        """Find the speed at the ends of windows; 0 where no whole turn was before.

        Parameters
        ----------
        ends : ndarray of int64, shape (n_windows,)
            One past the last sample of each, rising, all of them pushed. What lies
            before the turns of the first is forgotten.

        Returns
        -------
        ndarray of float32, shape (n_windows,)
            Turns per second.
        """
        pulses = self._settings.pulses
        last = (np.asarray(ends) - 1).astype(np.uint64) * np.uint64(tacho.TICKS)
        counts = np.searchsorted(self._ticks, last, side="right")
        made = np.zeros(len(counts), np.float32)
        for i, count in enumerate(counts):
            if count > pulses:
                made[i] = self._at(float(last[i]), int(count))
        if len(counts):
            self._ticks = self._ticks[max(0, int(counts[0]) - _TURNS * pulses - 1) :]
        return made

    def _at(self, ticks: float, count: int) -> float:
        """Speed at a time, from the edges before it, of which there are so many."""
        pulses = self._settings.pulses
        turns = min(_TURNS, (count - 1) // pulses)
        edges = self._ticks[count - turns * pulses - 1 : count].astype(np.float64)
        time_s = (edges - ticks) / (tacho.TICKS * self._fs_hz)
        angle = np.arange(len(edges)) / pulses
        mean = float(angle[-1] / (time_s[-1] - time_s[0]))
        if turns < _TURNS_MIN:
            return mean
        speed = float(np.polyfit(time_s, angle, 2)[1])
        return min(max(speed, mean / 2), 2 * mean)


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
