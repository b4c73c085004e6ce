"""Which of the counted segments belong to what: to a window, to a stage of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ecmkit.bench.records import Measurement
from ecmkit.bench.report import Stage
from ecmkit.bench.stream import INIT, PUSH, REPORT, STEP
from ecmkit.package import Memory, Package

__all__ = [
    "by_event",
    "counts_per_window",
    "inside_window",
    "longest_step",
    "slice_names",
    "stage_counts",
    "stage_segments",
    "while_it_waits",
]

_START, _REPORT = _OUTSIDE = "init", "report"
"""Stages that are no part of a window."""


def slice_names(package: Package) -> list[str]:
    """Name the slices of ``ecm_app_step``, in order."""
    models = [model.name for model in package.manifest.models]
    return ["fetch and judge", *package.manifest.steps, *models, "monitors"]


def by_event(measured: Measurement, memory: Memory) -> Measurement:
    """Give windows the number of the event that they are for."""
    segments = measured.segments.copy()
    segments["window"] //= memory.event_windows
    return replace(measured, segments=segments)


def counts_per_window(measured: Measurement) -> dict[int, int]:
    """Count of each completed window, with event or without."""
    segments = measured.segments
    work = segments[(segments["stage"] == PUSH) | (segments["stage"] >= STEP)]
    # Behind each window that is complete comes a segment of the next one.
    last = int(work["window"].max(initial=0))
    return {
        window: int(work["count"][work["window"] == window].sum())
        for window in range(last)
    }


def longest_step(measured: Measurement) -> int:
    """Count of the longest call of ``ecm_app_step``, of whatever window."""
    segments = measured.segments
    return int(segments["count"][segments["stage"] >= STEP].max(initial=0))


def stage_segments(
    package: Package, measured: Measurement
) -> Mapping[str, Sequence[int]]:
    """Segments of each stage: of the most expensive answered window, start and report.

    A window of history may be more expensive, as the first one judges all of its
    samples; but no model runs in it.
    """
    segments = measured.segments
    totals = counts_per_window(measured)
    names = {PUSH: "push"}
    names |= {STEP + i: name for i, name in enumerate(slice_names(package))}
    answered = set(segments["window"][segments["stage"] == max(names)])
    worst = max(answered & totals.keys() or totals, key=lambda window: totals[window])
    inside = segments["window"] == worst
    found = {
        name: np.flatnonzero(inside & (segments["stage"] == stage)).tolist()
        for stage, name in names.items()
    }
    for stage, name in ((INIT, _START), (REPORT, _REPORT)):
        own = np.flatnonzero(segments["stage"] == stage)
        most = own[np.argmax(segments["count"][own])] if len(own) else None
        found[name] = [] if most is None else [int(most)]
    return found


def stage_counts(
    measured: Measurement, stages: Mapping[str, Sequence[int]]
) -> Iterator[Stage]:
    """Sum what was counted in each stage."""
    counts = measured.segments["count"]
    for name, own in stages.items():
        p95 = None
        if measured.runs is not None:
            p95 = round(measured.percentile(95, list(own)))
        yield Stage(name=name, count=int(counts[list(own)].sum()), p95=p95)


def inside_window(stages: Mapping[str, Sequence[int]]) -> list[int]:
    """Segments of the window itself."""
    return [i for name, own in stages.items() if name not in _OUTSIDE for i in own]


def while_it_waits(package: Package, measured: Measurement) -> list[int]:
    """Segments from the last sample of a window to the hop that it gives back.

    It is fetched; the last one of channels together waits for the features of the
    others.
    """
    memory, segments = package.manifest.memory, measured.segments
    totals = counts_per_window(measured)
    inside = segments["window"] == max(totals, key=lambda window: totals[window])
    stages = 1
    if not memory.in_turn:
        last = f"{package.contract.channels[-1]}: "
        steps = package.manifest.steps if memory.channels_len > 1 else ()
        stages += sum(not name.startswith(last) for name in steps)
    inside &= (segments["stage"] >= STEP) & (segments["stage"] < STEP + stages)
    found = np.flatnonzero(inside)
    if memory.in_turn:  # a round has many: the longest
        found = found[[np.argmax(segments["count"][found])]]
    return [int(i) for i in found]
