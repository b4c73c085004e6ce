"""What the bench takes and returns: golden signals, runs, measurements."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "EVENT_DTYPE",
    "PROFILE_DTYPE",
    "SEGMENT_DTYPE",
    "AppRun",
    "Counter",
    "Golden",
    "Measurement",
]

Counter = Literal["instructions", "cycles-model", "cycles-hw", "none"]
"""What was counted: instructions on an emulator, cycles of an emulator that models the
core's timing, cycles of real hardware, or nothing, where no counter was found or its
counts mean nothing. Figures of two kinds are never compared."""

EVENT_DTYPE = np.dtype([
    ("window", "<u4"),
    ("valid", "<u4"),
    ("health", "<u4"),
    ("unwell", "<u4"),
    ("alarms", "<u4"),
    ("class_id", "<u4"),
    ("probability", "<f4"),
    ("score", "<f4", (4,)),
    ("drift", "<f4", (4,)),
    ("value", "<f4", (4,)),
    ("changes", "<u4"),
    ("change_group", "<u4"),
    ("change_level", "<u4"),
    ("change_row", "<u4"),
    ("change_what", "<u4"),
    ("change_direction", "<u4"),
    ("change_detail", "<u4"),
    ("change_since", "<u4"),
    ("change_ratio", "<f4"),
    ("shadow_class_id", "<u4"),
    ("shadow_probability", "<f4"),
    ("suspended", "<u4"),
])  # fmt: skip
"""``ecm_app_event_t``."""

SEGMENT_DTYPE = np.dtype([("stage", "<u4"), ("window", "<u4"), ("count", "<u8")])
"""One call of the application: stage, window it worked for, what was counted."""

PROFILE_DTYPE = np.dtype([
    ("segment", "<u4"),
    ("address", "<u4"),
    ("size", "<u4"),
    ("times", "<u8"),
    ("jumps", "<u8"),
    ("count", "<u8"),
])  # fmt: skip
"""Code that ran in a segment: first address and bytes of instructions in a row, how
often they ran, how often a jump led there, and what of the count is theirs."""


@dataclass(frozen=True, kw_only=True)
class Golden:
    """Raw signal that a package must turn into the same bits everywhere."""

    x: NDArray[np.float32]
    """Samples in the contract's unit, shape (n_samples,) or (n_channels, n_samples)."""
    speed_hz: float = 0.0
    """Shaft speed in revolutions per second."""
    chunk: int | None = None
    """Samples of each channel in a push; None takes the contract's hop."""
    frames: int | None = None
    """Telemetry frames asked for at the end; None: the join frame and one for each
    feature."""


@dataclass(frozen=True, kw_only=True)
class AppRun:
    """What an application said about a signal."""

    events: NDArray[np.void]
    """One for each window, `EVENT_DTYPE`, shape (n,)."""
    features: NDArray[np.float32]
    """Shape (n, n_features); NaN in the rows of windows that were not valid."""
    outputs: NDArray[np.float32]
    """Of all models, then of challengers, shape (n, n_outputs); NaN as above."""
    frames: tuple[bytes, ...]
    """Telemetry frames, in order."""
    refused: tuple[tuple[int, int], ...] = ()
    """Stage and status of every call that was refused."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A run on a target with what it took; an emulator's counts repeat exactly."""

    run: AppRun
    runner: str
    """Name and version of the emulator, or where the board was reached."""
    counter: Counter
    """What `segments` count."""
    segments: NDArray[np.void]
    """Count of each call, `SEGMENT_DTYPE`, in order."""
    stack_bytes: int
    """Most stack that the application had in use below its caller."""
    profile: NDArray[np.void] | None = None
    """Where the counts arose, `PROFILE_DTYPE`; None from a runner that cannot tell."""
    runs: NDArray[np.uint64] | None = None
    """Counts of every run, shape (n_runs, n_segments); `segments` has the medians of
    those behind the warm-ups. None where one run is exact."""
    warm_ups: int = 0
    """Runs at the start of `runs` that were only to warm up."""
    log: Path | None = None
    """File of the raw counts; None where one run is exact."""

    def percentile(self, percent: float, segments: Sequence[int]) -> float:
        """Count of some segments together that so many percent of the runs keep to.

        Parameters
        ----------
        percent : float
            0 to 100; 95 is p95.
        segments : sequence of int
            Their positions in `segments`.

        Returns
        -------
        float
            In units of `counter`; of the one run where there was one.
        """
        rows = self.segments["count"][None] if self.runs is None else self.runs
        totals = rows[self.warm_ups :, list(segments)].sum(axis=1)
        return float(np.percentile(totals, percent))
