"""From recordings to a feature table, by the C code that runs on the device."""

import warnings
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import feat
from ecmkit.data import Dataset, Recording, n_windows, starts
from ecmkit.errors import DataError
from ecmkit.features.plan import FeaturePlan
from ecmkit.features.steps import device_plan
from ecmkit.features.table import FeatureTable
from ecmkit.formats import FeatureContract

__all__ = ["extract", "require_described"]


def extract(
    dataset: Dataset,
    plan: FeaturePlan,
    *,
    nonfinite: Literal["refuse", "drop"] = "refuse",
    progress: Callable[[int, int], None] | None = None,
) -> FeatureTable:
    """Compute the features of every whole window of every recording.

    Parameters
    ----------
    dataset : Dataset
        Recordings that have the plan's channel at its rate and in its unit.
    plan : FeaturePlan
        What to compute.
    nonfinite : "refuse" or "drop"
        What to do with a window that has NaN or infinite samples: refuse its recording
        by name, or leave the window out and warn with the count (`data.check` counts
        the samples).
    progress : callable, optional
        Called with the number of recordings done and in all, after each.

    Returns
    -------
    FeatureTable
        Float32, one row per window in the order of the dataset; ``group`` is the
        machine.

    Raises
    ------
    DataError
        Naming the recording, field, found and expected: another rate, unit, channel or
        range than the plan's, no speed where an order is asked for, no whole window.
    """
    contract = plan.contract()
    runner = device_plan(contract)
    recordings, total = dataset.recordings, len(dataset)
    for recording in recordings:
        require_described(recording, contract)
    kept, rows = [], []
    for done, recording in enumerate(recordings, start=1):
        at, x = _extract_one(recording, contract, runner, nonfinite)
        kept.append(at)
        rows.append(x)
        if progress is not None:
            progress(done, total)
    counts = [len(at) for at in kept]
    if not sum(counts):
        raise DataError(f"found no windows in {total} recordings, expected some")
    return FeatureTable(
        x=np.concatenate(rows),
        names=contract.names,
        units=contract.units,
        recording=np.repeat([r.info.id for r in recordings], counts),
        start=np.concatenate(kept),
        label=np.repeat([r.info.label for r in recordings], counts),
        group=np.repeat([r.info.machine for r in recordings], counts),
        contract_id=contract.id,
    )


def require_described(recording: Recording, contract: FeatureContract) -> None:
    """Refuse a recording that a contract does not describe; `extract` does it first.

    Raises
    ------
    DataError
        Naming the recording, field, found and expected.
    """
    info = recording.info
    if contract.channel not in recording.channels:
        raise DataError(
            f"{info.id}: channel: found {', '.join(recording.channels)}, expected "
            f"{contract.channel}"
        )
    for field in ("fs_hz", "unit", "range"):
        found, expected = getattr(info, field), getattr(contract, field)
        unknown = field == "range" and found == 0
        if found != expected and not unknown:
            raise DataError(f"{info.id}: {field}: found {found}, expected {expected}")
    if contract.needs_speed:
        _check_speed(info.id, info.speed_hz, contract)
    if not n_windows(recording.x.shape[1], length=contract.window_len, hop=1):
        raise DataError(
            f"{info.id}: found {recording.x.shape[1]} samples, expected a window of "
            f"{contract.window_len} or more"
        )


def _check_speed(name: str, speed_hz: float, contract: FeatureContract) -> None:
    if not 0 < speed_hz < np.inf:
        raise DataError(
            f"{name}: speed_hz: found {speed_hz:g}, expected the shaft speed, since "
            "the plan has orders"
        )
    orders = {row[0] for row in feat.table() if row[5] == "order"}
    highest = max(a for number, a, _ in contract.features if number in orders)
    top = (contract.envelope_hz[1] - contract.envelope_hz[0]) / 2
    if highest * speed_hz > top:
        raise DataError(
            f"{name}: speed_hz: found {speed_hz:g}, expected at most "
            f"{top / highest:g}: the envelope reaches to {top:g} Hz, half the width of "
            f"envelope_hz, and the plan asks for order {highest:g}"
        )


def _extract_one(
    recording: Recording,
    contract: FeatureContract,
    runner: feat.Plan,
    nonfinite: Literal["refuse", "drop"],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """First samples (n_windows,) and features (n_windows, n_features)."""
    info = recording.info
    x = np.ascontiguousarray(recording.channel(contract.channel))
    length, hop = contract.window_len, contract.hop_len
    at = starts(len(x), length=length, hop=hop)
    good = _finite_windows(x, length, hop)
    bad = int(np.count_nonzero(~good))
    if bad and nonfinite == "refuse":
        samples = int(np.count_nonzero(~np.isfinite(x)))
        raise DataError(
            f"{info.id}: {contract.channel}: found {samples} samples not finite, in "
            f"{bad} of {len(at)} windows, expected finite ones (or nonfinite='drop')"
        )
    if bad:
        warnings.warn(
            f"{info.id}: left out {bad} of {len(at)} windows with samples not finite",
            stacklevel=3,
        )
    out = np.empty((len(at), len(contract.names)), dtype=np.float32)
    speed = np.full(len(at), info.speed_hz, dtype=np.float32)
    done = good.astype(np.uint8)
    runner.extract_frames(x, speed, out, done)
    kept = done.astype(bool)
    return at[kept], out[kept]


def _finite_windows(x: NDArray[np.float32], length: int, hop: int) -> NDArray[np.bool_]:
    """Whether all samples of each window are finite, shape (n_windows,)."""
    before = np.concatenate(([0], np.cumsum(~np.isfinite(x))))
    at = starts(len(x), length=length, hop=hop)
    whole: NDArray[np.bool_] = before[at + length] == before[at]
    return whole
