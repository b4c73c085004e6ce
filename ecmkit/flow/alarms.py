"""Alarms of a service: which windows, and what their features were."""

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["GAP", "MOST", "Alarm", "Alarms"]

GAP = 8
"""Windows without alarm that do not end one."""
MOST = 50
"""Alarms that are kept of each stretch; later ones are counted only."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Windows in a row of one recording in which monitors alarmed."""

    stretch: int
    """0 before the change, 1 after it."""
    first_window: int
    """Counted from the start of the service."""
    last_window: int
    windows: int
    """Windows with an alarm, of those from first to last."""
    bits: int
    """Bit i: group i of the monitors."""
    recording: str
    features: tuple[float, ...]
    """Mean over the windows with an alarm; empty if none of them was valid."""


class Alarms:
    """Collects the alarms of a service, recording by recording."""

    def __init__(self) -> None:
        self._windows = 0
        self._found: list[Alarm] = []
        self._sum: NDArray[np.float64] = np.empty(0)
        self._valid = 0

    def add(
        self,
        stretch: int,
        recording: str,
        bits: NDArray[np.uint32],
        features: NDArray[np.float32],
    ) -> None:
        """Take the next windows.

        Parameters
        ----------
        stretch : int
            0 or 1.
        recording : str
            Id of the recording that they are of.
        bits : ndarray of uint32, shape (n_windows,)
            Field ``alarms`` of the events.
        features : ndarray of float32, shape (n_windows, n_features)
            NaN in windows that were not valid.
        """
        for at in np.flatnonzero(bits):
            self._take(
                stretch, recording, self._windows + int(at), int(bits[at]), features[at]
            )
        self._windows += len(bits)

    def _take(
        self,
        stretch: int,
        recording: str,
        window: int,
        bits: int,
        features: NDArray[np.float32],
    ) -> None:
        """Take a window with an alarm: it goes on with the last one, or begins one."""
        last = self._found[-1] if self._found else None
        if (
            last is None
            or (last.stretch, last.recording) != (stretch, recording)
            or window - last.last_window > GAP
        ):
            self._sum, self._valid = np.zeros(len(features)), 0
            last = Alarm(
                stretch=stretch, first_window=window, last_window=window, windows=0,
                bits=0, recording=recording, features=(),
            )  # fmt: skip
            self._found.append(last)
        if np.isfinite(features).all():
            self._sum += features
            self._valid += 1
        mean = self._sum / self._valid if self._valid else np.empty(0)
        self._found[-1] = msgspec.structs.replace(
            last,
            last_window=window,
            windows=last.windows + 1,
            bits=last.bits | bits,
            features=tuple(mean.tolist()),
        )

    @property
    def found(self) -> tuple[Alarm, ...]:
        """The first of each stretch, in the order of time."""
        kept = []
        for stretch in (0, 1):
            kept += [a for a in self._found if a.stretch == stretch][:MOST]
        return tuple(kept)
