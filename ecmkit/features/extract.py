"""From recordings to a feature table, by the C code that runs on the device."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.data import Dataset, Recording, starts
from ecmkit.errors import DataError
from ecmkit.features.plan import FeaturePlan
from ecmkit.features.speed import PlanTacho, SpeedFinder
from ecmkit.features.steps import DevicePlan, device_plans, runner
from ecmkit.features.table import FeatureTable
from ecmkit.formats import FeatureContract, nearest

__all__ = [
    "extract",
    "finite_windows",
    "require_described",
    "require_speed",
    "told_speeds",
]

Windows = tuple[NDArray[np.int64], NDArray[np.float32]]
"""First samples, shape (n_windows,), and features, shape (n_windows, n_features)."""


def extract(
    dataset: Dataset,
    plan: FeaturePlan,
    *,
    nonfinite: Literal["refuse", "drop"] = "refuse",
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> FeatureTable:
    """Compute the features of every whole window of every recording.

    Parameters
    ----------
    dataset : Dataset
        Recordings that have the plan's channels at its rate and in its unit.
    plan : FeaturePlan
        What to compute.
    nonfinite : "refuse" or "drop"
        What to do with a window that has NaN or infinite samples: refuse its recording
        by name, or leave the window out and warn with the count (`data.check` counts
        the samples). What follows starts anew, as on a device.
    threads : int
        How many threads share recordings and channels, 1 ... 256. Others run meanwhile.
    progress : callable, optional
        Called with the number of recordings done and in all, after each.

    Returns
    -------
    FeatureTable
        Float32, one row per window in the order of the dataset; ``group`` is the
        machine. A plan that keeps a history has no row for the first windows of a
        recording; with any number of threads the bits are the same.

    Raises
    ------
    DataError
        Naming the recording, field, found and expected: another rate, unit, channel or
        range than the plan's, no speed where an order is asked for, a recording shorter
        than what a row needs.
    """
    if not 1 <= threads <= 256:
        raise ValueError(f"threads: found {threads}, expected 1 ... 256")
    contract = plan.contract()
    plans = device_plans(contract)
    for recording in dataset:
        require_described(recording, contract, tacho=plan.tacho)
    kept, rows = [], []
    for done, found in enumerate(
        _over(dataset, plan, plans, nonfinite, threads), start=1
    ):
        at, x = found
        kept.append(at)
        rows.append(x)
        if progress is not None:
            progress(done, len(dataset))
    counts = [len(at) for at in kept]
    if not sum(counts):
        raise DataError(f"found no windows in {len(dataset)} recordings, expected some")
    return FeatureTable(
        x=np.concatenate(rows),
        names=contract.names,
        units=contract.units,
        recording=np.repeat([r.info.id for r in dataset], counts),
        start=np.concatenate(kept),
        label=np.repeat([r.info.label for r in dataset], counts),
        group=np.repeat([r.info.machine for r in dataset], counts),
        contract_id=contract.id,
    )


def require_described(
    recording: Recording,
    contract: FeatureContract,
    *,
    whole: bool = True,
    tacho: PlanTacho | None = None,
) -> None:
    """Refuse a recording that a contract does not describe; `extract` does it first.

    Parameters
    ----------
    recording : Recording
        All of it, or its first piece.
    contract : FeatureContract
        Of the plan.
    whole : bool
        Whether it is all of it, so that its length counts.
    tacho : PlanTacho, optional
        Of the plan: a channel that must be there, and tells the speed.

    Raises
    ------
    DataError
        Naming the recording, field, found and expected.
    """
    info = recording.info
    watched = () if tacho is None else (tacho.channel,)
    for channel in (*contract.channels, *watched):
        if channel not in recording.channels:
            raise DataError(
                f"{info.id}: channel: found {', '.join(recording.channels)}, expected "
                f"{channel}{nearest(channel, recording.channels)}"
            )
    if info.fs_hz != contract.fs_hz:
        raise DataError(
            f"{info.id}: fs_hz: found {info.fs_hz}, expected {contract.fs_hz}"
        )
    for i, channel in enumerate(contract.channels):
        sensor = info.sensor(channel)
        for field, found, expected in (
            ("unit", sensor.unit, contract.unit_of(i)),
            ("range", sensor.range or contract.range_of(i), contract.range_of(i)),
        ):
            if found != expected:
                raise DataError(
                    f"{info.id}: {channel}: {field}: found {found}, expected {expected}"
                )
    if tacho is None:
        require_speed(contract, info.speed_hz, info.id)
    n, span = recording.x.shape[1], span_of(contract)
    if whole and n < span:
        warm = span - contract.window_len
        more = f" and the {warm} before it that its history takes" if warm else ""
        raise DataError(
            f"{info.id}: found {n} samples, expected {span} or more: a window of "
            f"{contract.window_len}{more}"
        )


def require_speed(contract: FeatureContract, speed_hz: float, where: str) -> None:
    """Refuse a shaft speed that a contract is not made for.

    Raises
    ------
    DataError
        Naming `where`, what was found and expected, and why.
    """
    if not contract.needs_speed:
        return
    lo, hi = contract.speed_hz
    if not 0 < speed_hz < np.inf:
        raise DataError(
            f"{where}: speed_hz: found {speed_hz:g}, expected the shaft speed, since "
            "the plan has orders"
        )
    if lo <= np.float32(speed_hz) <= hi:
        return
    why = "speed_hz of the plan"
    if contract.envelope is not None and speed_hz < lo:
        turns = speed_hz / contract.envelope.bin_hz
        why += f"; its envelope would span {turns:.1f} turns"
    raise DataError(
        f"{where}: speed_hz: found {speed_hz:g}, expected {lo:g} ... {hi:g}, {why}"
    )


def told_speeds(
    contract: FeatureContract, speed_hz: NDArray[np.float32], where: str
) -> NDArray[np.bool_]:
    """Tell which windows have a speed; those that have none yet are a gap.

    Raises
    ------
    DataError
        On a speed that the contract is not made for.
    """
    known: NDArray[np.bool_] = speed_hz > 0
    if known.any():
        for value in (speed_hz[known].min(), speed_hz[known].max()):
            require_speed(contract, float(value), where)
    return known


def span_of(contract: FeatureContract) -> int:
    """Count the samples that the first row of a recording takes."""
    warm = max(plan.warm_len for plan in device_plans(contract))
    return contract.window_len + warm * contract.hop_len


def _over(
    dataset: Dataset,
    plan: FeaturePlan,
    plans: list[DevicePlan],
    nonfinite: Literal["refuse", "drop"],
    threads: int,
) -> Iterator[Windows]:
    """Windows of each recording, in order."""

    def one(recording: Recording) -> Windows:
        return _extract_one(recording, plan, plans, nonfinite)

    if threads == 1:
        yield from map(one, dataset)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(one, dataset)


def _extract_one(
    recording: Recording,
    plan: FeaturePlan,
    plans: list[DevicePlan],
    nonfinite: Literal["refuse", "drop"],
) -> Windows:
    contract = plan.contract()
    info, hop = recording.info, contract.hop_len
    signals = [np.ascontiguousarray(recording.channel(c)) for c in contract.channels]
    at = starts(len(signals[0]), length=contract.window_len, hop=hop)
    good = np.ones(len(at), bool)
    for channel, x in zip(contract.channels, signals, strict=True):
        finite = finite_windows(x, contract.window_len, hop)
        bad = int(np.count_nonzero(~finite))
        if bad and nonfinite == "refuse":
            samples = int(np.count_nonzero(~np.isfinite(x)))
            raise DataError(
                f"{info.id}: {channel}: found {samples} samples not finite, in {bad} "
                f"of {len(at)} windows, expected finite ones (or nonfinite='drop')"
            )
        good &= finite
    bad = int(np.count_nonzero(~good))
    if bad:
        warnings.warn(
            f"{info.id}: left out {bad} of {len(at)} windows with samples not finite",
            stacklevel=4,
        )
    speed = np.full(len(at), info.speed_hz, np.float32)
    if plan.tacho is not None:
        finder = SpeedFinder(plan.tacho, fs_hz=contract.fs_hz)
        finder.push(recording.channel(plan.tacho.channel))
        speed = finder.speeds(at + contract.window_len)
        good &= told_speeds(contract, speed, info.id)
    done = good.astype(np.uint8)
    columns = []
    for i, (device, x) in enumerate(zip(plans, signals, strict=True)):
        out, own = np.empty((len(at), device.n_features), np.float32), done.copy()
        runner(device, contract, i).frames(x, speed, out, own)
        columns.append(out)
        good &= own.astype(bool)
    rows = columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)
    return at[good], rows if good.all() else rows[good]


def finite_windows(x: NDArray[np.float32], length: int, hop: int) -> NDArray[np.bool_]:
    """Whether all samples of each window are finite, shape (n_windows,)."""
    at = starts(len(x), length=length, hop=hop)
    finite = np.isfinite(x)
    if finite.all():
        return np.ones(len(at), bool)
    before = np.concatenate(([0], np.cumsum(~finite)))
    whole: NDArray[np.bool_] = before[at + length] == before[at]
    return whole
