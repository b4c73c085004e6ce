"""Repeated runs on a board: what all ways to reach one have in common."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.bench.mailbox import COUNTER_FULL, Mailbox, Task, counter_of, measurement
from ecmkit.bench.records import Measurement
from ecmkit.errors import DeviceError
from ecmkit.formats import write_atomic

__all__ = ["MEASURED", "WARM_UPS", "Link", "run_repeatedly", "write_log"]

WARM_UPS, MEASURED = 8, 101
"""Runs of the golden signal on a board: before, and with their cycles kept."""


class Link(Protocol):
    """A way to a target that stands still between the calls."""

    def write(self, address: int, data: bytes) -> None:
        """Write memory."""

    def read(self, address: int, n: int) -> bytes:
        """Read memory."""

    def go(self, timeout_s: float) -> None:
        """Let the target run the part that is in the mailbox, to its end."""


@dataclasses.dataclass(frozen=True)
class _Run:
    heads: list[bytes]
    streams: list[bytes]
    counts: NDArray[np.uint64]


def run_repeatedly(
    link: Link,
    task: Task,
    parts: Sequence[Mailbox],
    *,
    name: str,
    timeout_s: float,
    emulated: bool = False,
) -> Measurement:
    """Run a task on a board so often that its cycles can be believed.

    Parameters
    ----------
    link : Link
        The way to the board.
    task : Task
        What is run.
    parts : sequence of Mailbox
        How it is divided.
    name : str
        Where the board is reached, for messages and the record.
    timeout_s : float
        Wall clock for each part of a run.
    emulated : bool
        Whether an emulator is behind the link: what its counters count is no cycles, so
        one run is enough.

    Returns
    -------
    Measurement
        `WARM_UPS` + `MEASURED` runs if the chip counts cycles, each with the bits of
        the first; the median of the measured ones in `segments`.

    Raises
    ------
    DeviceError
        If the firmware faults or hangs, two runs differ, or a call takes longer than
        the counter holds.
    """
    first = _once(link, parts, timeout_s, fresh=True)
    counter = "" if emulated else counter_of(first.heads[0])
    counts = first.counts if counter else np.zeros_like(first.counts)
    # A run that failed is not tried again.
    measured = measurement(
        task,
        first.heads,
        first.streams,
        counts,
        runner=f"{name}, {counter or 'nothing counted'}",
        counter="cycles-hw" if counter else "none",
    )
    if not counter:
        return measured
    rows = [counts]
    for number in range(2, WARM_UPS + MEASURED + 1):
        again = _once(link, parts, timeout_s, fresh=len(parts) > 1)
        if again.streams != first.streams:
            raise DeviceError(f"{name}: run {number} gave other results than the first")
        rows.append(again.counts)
    runs = np.stack(rows)
    if (runs == COUNTER_FULL).any():
        raise DeviceError(
            f"{name}: a call took longer than {counter} can count; run it on an "
            "emulator instead"
        )
    segments = measured.segments.copy()
    segments["count"] = np.median(runs[WARM_UPS:], axis=0)
    return dataclasses.replace(
        measured, segments=segments, runs=runs, warm_ups=WARM_UPS
    )


def _once(
    link: Link, parts: Sequence[Mailbox], timeout_s: float, *, fresh: bool
) -> _Run:
    """Run the task from its start to its end.

    Samples that are still there from the run before need not be written again.
    """
    heads, streams, counts = [], [], []
    for box in parts:
        link.write(box.at, box.image if fresh else box.image[: Mailbox.HEAD_BYTES])
        link.go(timeout_s)
        head = link.read(box.at, Mailbox.HEAD_BYTES)
        heads.append(head)
        streams.append(link.read(box.out_at, box.out_used(head)))
        data = link.read(box.counts_at, 4 * box.counts_used(head))
        counts.append(np.frombuffer(data, "<u4").astype(np.uint64))
    return _Run(heads, streams, np.concatenate(counts))


def write_log(measured: Measurement, path: Path, *, target: str) -> Measurement:
    """Keep the raw counts of all runs: a heading, then a line of JSON for each run.

    Parameters
    ----------
    measured : Measurement
        With `runs`.
    path : Path
        File that is written.
    target : str
        Name of the target.

    Returns
    -------
    Measurement
        The same, with the name of the file.
    """
    if measured.runs is None:
        raise ValueError("measured.runs is None, expected the counts of several runs")
    heading = {
        "version": 1,
        "target": target,
        "runner": measured.runner,
        "counter": measured.counter,
        "warm_ups": measured.warm_ups,
        "stage": measured.segments["stage"].tolist(),
        "window": measured.segments["window"].tolist(),
    }
    lines = [heading, *({"count": row.tolist()} for row in measured.runs)]
    write_atomic(path, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return dataclasses.replace(measured, log=path)
