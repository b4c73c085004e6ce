"""What models learn besides classes, and windows of samples for networks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecmkit.data import Dataset, Recording, window
from ecmkit.errors import DataError
from ecmkit.features.table import FeatureTable
from ecmkit.formats import content_hash

__all__ = ["LifeUnit", "remaining_life", "severity", "virtual_sensor", "windows_table"]

LifeUnit = Literal["windows", "hours", "cycles"]


def severity(table: FeatureTable, dataset: Dataset, *, unit: str) -> FeatureTable:
    """Let the size of the fault of each recording be the target.

    Parameters
    ----------
    table : FeatureTable
        Windows of recordings of the dataset.
    dataset : Dataset
        Says how large their faults are; 0 is healthy.
    unit : str
        Of the size, such as ``in``.

    Raises
    ------
    DataError
        If the dataset lacks a recording of the table.
    """
    known = _recordings(table, dataset)
    sizes = [known[name].info.fault_size for name in table.recording.tolist()]
    return replace(
        table,
        target=np.array(sizes, np.float32),
        target_name="fault_size",
        target_unit=unit,
    )


def remaining_life(
    table: FeatureTable,
    dataset: Dataset,
    *,
    unit: LifeUnit = "windows",
    cap: float | None = None,
    run: Literal["recording", "group"] = "recording",
    interval_s: float | None = None,
    left_at_end: Mapping[str, float] | None = None,
) -> FeatureTable:
    """Let the time to the end of each run be the target.

    Parameters
    ----------
    table : FeatureTable
        Windows of runs to failure, all of each run.
    dataset : Dataset
        Their recordings: rate, and order within a group.
    unit : {"windows", "hours", "cycles"}
        ``cycles``: one sample is one cycle, as in tables of flights or batches.
    cap : float, optional
        Largest target: a machine that is far from its end shows no sign of it
        (F. O. Heimes, PHM 2008).
    run : {"recording", "group"}
        What lives once: each recording, or all recordings of a group one after another.
    interval_s : float, optional
        From the start of one recording of a group to that of the next [s]; where it is
        left out they follow each other without a gap.
    left_at_end : mapping, optional
        For runs that were cut off: what is left after the last window, by the name of
        the run, in `unit`; 0 for others.

    Returns
    -------
    FeatureTable
        With target 0 at the last window of a run, unless more is left.

    Raises
    ------
    ValueError
        If a setting is out of range, or a run of `left_at_end` does not exist.
    DataError
        If the dataset lacks a recording of the table.
    """
    if unit not in get_args(LifeUnit) or run not in ("recording", "group"):
        raise ValueError(
            f"unit {unit!r}, run {run!r}: expected one of "
            f"{', '.join(get_args(LifeUnit))}, and 'recording' or 'group'"
        )
    for name, value in (("cap", cap), ("interval_s", interval_s)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} {value}, expected above 0")
    runs = table.recording if run == "recording" else table.group
    left = dict(left_at_end or {})
    unknown = sorted(left.keys() - set(runs.tolist()))
    if unknown:
        raise ValueError(
            f"left_at_end: found {unknown[0]!r}, expected runs of the table such as "
            f"{str(runs[0])!r}"
        )
    at = _positions(table, dataset, unit, run, interval_s)
    target = np.zeros(len(at))
    for name in np.unique(runs):
        rows = runs == name
        target[rows] = at[rows].max() - at[rows] + left.get(str(name), 0.0)
    if cap is not None:
        target = np.minimum(target, cap)
    return replace(
        table,
        target=target.astype(np.float32),
        target_name="remaining_life",
        target_unit={"hours": "h"}.get(unit, unit),
    )


def virtual_sensor(table: FeatureTable, feature: str) -> FeatureTable:
    """Let a feature be the target and leave the inputs.

    Parameters
    ----------
    table : FeatureTable
        With the feature among its names.
    feature : str
        What the model shall tell from the others, such as a temperature.

    Raises
    ------
    ValueError
        If there is no such feature, or none besides it.
    """
    others = [name for name in table.names if name != feature]
    alone = table.columns([feature])
    if not others:
        raise ValueError(f"feature {feature!r} is the only one, expected others too")
    return replace(
        table.columns(others),
        target=np.ascontiguousarray(alone.x[:, 0]),
        target_name=feature,
        target_unit=alone.units[0],
    )


def windows_table(
    dataset: Dataset, *, length: int, hop: int, channels: Sequence[str] = ()
) -> FeatureTable:
    """Cut recordings into windows of samples, one a row, for networks.

    Parameters
    ----------
    dataset : Dataset
        Recordings of one rate.
    length, hop : int
        Samples in a window and from one to the next, 1 or more.
    channels : sequence of str
        In this order; those of the first recording if empty.

    Returns
    -------
    FeatureTable
        Of shape (n_channels, length). Networks bring samples to one size themselves, by
        the training data or window by window (option ``normalise``), so that a device
        reads the samples as they are.

    Raises
    ------
    DataError
        If there are no recordings, rates or units differ, or none has a whole window.
    ValueError
        If a recording has no such channel, or length or hop is below 1.
    """
    if not len(dataset):
        raise DataError("no recordings, expected at least one")
    first = dataset.recordings[0]
    names = tuple(channels) or first.channels
    units = tuple(first.info.sensor(name).unit for name in names)
    rows, recording, start, label, group = [], [], [], [], []
    for one in dataset:
        own = tuple(one.info.sensor(name).unit for name in names)
        if (one.info.fs_hz, own) != (first.info.fs_hz, units):
            raise DataError(
                f"{one.info.id}: {one.info.fs_hz:g} Hz and units {', '.join(own)}, "
                f"expected {first.info.fs_hz:g} Hz and {', '.join(units)} as in "
                f"{first.info.id}"
            )
        cut = np.stack(
            [window(one.channel(name), length=length, hop=hop) for name in names], 1
        )
        n = len(cut)
        rows.append(cut.reshape(n, len(names) * length))
        start.append(np.arange(n, dtype=np.int64) * hop)
        recording += [one.info.id] * n
        label += [one.info.label] * n
        group += [one.info.machine] * n
    if not recording:
        raise DataError(
            f"no recording has a window of {length} samples; the first has "
            f"{first.x.shape[1]}"
        )
    contract = content_hash("windows", names, units, repr(first.info.fs_hz), length)
    return FeatureTable(
        x=np.ascontiguousarray(np.concatenate(rows), np.float32),
        names=tuple(f"{name}[{i}]" for name in names for i in range(length)),
        units=tuple(np.repeat(units, length).tolist()),
        recording=np.array(recording),
        start=np.concatenate(start),
        label=np.array(label),
        group=np.array(group),
        contract_id=contract,
        shape=(len(names), length),
    )


def _recordings(table: FeatureTable, dataset: Dataset) -> dict[str, Recording]:
    known = {one.info.id: one for one in dataset}
    missing = sorted(set(table.recording.tolist()) - known.keys())
    if missing:
        raise DataError(
            f"recording {missing[0]!r} of the table: expected one of the dataset's "
            f"{len(known)}"
        )
    return known


def _positions(
    table: FeatureTable,
    dataset: Dataset,
    unit: LifeUnit,
    run: str,
    interval_s: float | None,
) -> NDArray[np.float64]:
    """Place of each window in its run, in the unit."""
    known = _recordings(table, dataset)
    order = {name: i for i, name in enumerate(known)}
    number = np.array([order[name] for name in table.recording.tolist()])
    runs = table.recording if run == "recording" else table.group
    found = np.zeros(len(number))
    if unit == "windows":
        for name in np.unique(runs):
            rows = np.flatnonzero(runs == name)
            rows = rows[np.lexsort((table.start[rows], number[rows]))]
            found[rows] = np.arange(len(rows))
        return found
    begins: dict[str, float] = {}
    ends: dict[str, float] = {}
    for name, one in known.items():
        key = name if run == "recording" else one.info.machine
        begins[name] = ends.get(key, 0.0)
        lasts = one.x.shape[1] / one.info.fs_hz if interval_s is None else interval_s
        if unit == "cycles":
            lasts = float(one.x.shape[1])
        ends[key] = begins[name] + lasts
    for row, name in enumerate(table.recording.tolist()):
        one = known[name]
        step = 1.0 if unit == "cycles" else 1.0 / one.info.fs_hz
        found[row] = begins[name] + float(table.start[row]) * step
    return found / 3600.0 if unit == "hours" else found
