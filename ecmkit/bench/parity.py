"""Bit for bit: two runs of one application compared, the first difference named."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.bench.records import EVENT_DTYPE, AppRun

__all__ = ["Parity", "compare_runs"]


class Parity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Outcome of a comparison."""

    compared: int
    """Values that were compared."""
    differences: int
    first: str = ""
    """The first difference in words; empty without one."""


def compare_runs(
    host: AppRun, target: AppRun, *, features: tuple[str, ...], outputs: tuple[str, ...]
) -> Parity:
    """Compare every event, feature, output and frame; NaN equals NaN.

    Parameters
    ----------
    host, target : AppRun
        Of the same golden signal.
    features, outputs : tuple of str
        Names of the columns.

    Returns
    -------
    Parity
    """
    if len(host.events) != len(target.events):
        words = f"{len(target.events)} windows on the target, {len(host.events)} here"
        return Parity(compared=1, differences=1, first=words)
    found: list[str] = []
    compared = differences = 0
    for what, names, a, b in (
        ("feature", features, host.features, target.features),
        ("output", outputs, host.outputs, target.outputs),
        *_event_fields(host, target),
    ):
        wrong = _bits(a) != _bits(b)
        compared += wrong.size
        differences += int(wrong.sum())
        for window, column in np.argwhere(wrong)[:1]:
            x, y = a[window, column], b[window, column]
            found.append(
                f"window {window}, {what} {names[column]}: "
                f"{_show(y)} on the target, {_show(x)} here"
            )
    pairs: tuple[tuple[str, tuple[object, ...], tuple[object, ...]], ...] = (
        (
            "frame",
            tuple(f.hex() for f in host.frames),
            tuple(f.hex() for f in target.frames),
        ),
        ("refusal", host.refused, target.refused),
    )
    for what, mine, theirs in pairs:
        compared += max(len(mine), len(theirs))
        for i in range(max(len(mine), len(theirs))):
            x, y = (side[i] if i < len(side) else None for side in (mine, theirs))
            if x != y:
                differences += 1
                found.append(f"{what} {i}: {y} on the target, {x} here")
    return Parity(
        compared=compared, differences=differences, first=found[0] if found else ""
    )


def _event_fields(host: AppRun, target: AppRun):  # type: ignore[no-untyped-def]
    """Fields of the events as columns."""
    for name in EVENT_DTYPE.names or ():
        a, b = (run.events[name].reshape(len(run.events), -1) for run in (host, target))
        yield "event", tuple(f"{name}[{i}]" for i in range(a.shape[1])), a, b


def _bits(values: NDArray[np.generic]) -> NDArray[np.uint32]:
    """Bit patterns, with one pattern for all NaN."""
    bits = np.ascontiguousarray(values).view(np.uint32).copy()
    if values.dtype.kind == "f":
        bits[np.isnan(values)] = 0x7FC00000
    return bits


def _show(value: np.generic) -> str:
    if value.dtype.kind != "f":
        return str(value)
    return f"{float(value):.9g} ({np.float32(value).view(np.uint32):#010x})"
