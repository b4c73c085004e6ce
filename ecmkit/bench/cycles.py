"""Cycles and energy of a window, estimated from its instructions and a core's table."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ecmkit.bench.elf import Image
from ecmkit.bench.instructions import DECODERS
from ecmkit.bench.records import Measurement
from ecmkit.bench.report import Estimate
from ecmkit.errors import DeviceError, TargetError
from ecmkit.targets import CycleRow, Target

__all__ = ["class_counts", "estimate_cycles"]

_REFILL = "refill"


def class_counts(
    profile: NDArray[np.void], image: Image, arch: str
) -> tuple[Counter[str], Counter[str]]:
    """Count the instructions of a profile by class.

    Parameters
    ----------
    profile : ndarray of PROFILE_DTYPE, shape (n,)
        What ran.
    image : Image
        The firmware that ran.
    arch : str
        Such as ``arm``.

    Returns
    -------
    times : Counter
        Instructions of each class, and jumps as ``refill``.
    words : Counter
        Words that they moved.

    Raises
    ------
    DeviceError
        If something ran that is not in the image.
    """
    times, words = Counter[str](), Counter[str]()
    for address, size, count, jumps in _blocks(profile):
        for name, moved in _decoded(image, arch, address, size):
            times[name] += count
            words[name] += count * moved
        times[_REFILL] += jumps
    return times, words


def estimate_cycles(
    measured: Measurement,
    image: Image,
    target: Target,
    segments: Sequence[int],
    *,
    hop_s: float,
) -> Estimate | None:
    """Estimate what a window takes on the core of a target.

    Parameters
    ----------
    measured : Measurement
        With a profile, or with cycles.
    image : Image
        The firmware that ran.
    target : Target
        Has the table of its core, its clock and perhaps its current.
    segments : sequence of int
        Those of the window.
    hop_s : float
        Seconds from one window to the next.

    Returns
    -------
    Estimate or None
        None if nothing was counted; or instructions were, and there is no table for the
        core or the runner does not tell which ran.

    Raises
    ------
    TargetError
        If the table has no row for an instruction that ran.
    """
    sources: list[str] = []
    unverified: list[str] = []
    if measured.counter == "none":
        return None
    if measured.counter != "instructions":
        total = float(measured.segments["count"][list(segments)].sum())
        cycles = total, total
        sources.append(measured.runner)
    elif target.cpu.cycles and measured.profile is not None:
        own = measured.profile[np.isin(measured.profile["segment"], list(segments))]
        times, words = class_counts(own, image, target.cpu.arch)
        rows = _rows(target, times)
        cycles = (
            sum(times[n] * row.least + words[n] * row.per_word for n, row in rows),
            sum(times[n] * row.most + words[n] * row.per_word for n, row in rows),
        )
        sources += dict.fromkeys(row.source.partition(": ")[0] for _, row in rows)
        unverified += [name for name, row in rows if row.unverified]
    else:
        return None
    seconds = [c / target.clock.hz for c in cycles]
    energy = None
    if target.power is not None:
        microwatts = target.power.active_ma * target.power.supply_v * 1e3
        energy = seconds[0] * microwatts, seconds[1] * microwatts
        sources.append(target.power.source)
    hardware = measured.counter == "cycles-hw"
    return Estimate(
        counter="cycles-hw" if hardware else "cycles-model",
        core=target.cpu.name,
        cycles=cycles,
        cpu_percent=(100.0 * seconds[0] / hop_s, 100.0 * seconds[1] / hop_s),
        energy_uj=energy,
        sources=tuple(sources),
        unverified=tuple(unverified),
    )


def _rows(target: Target, times: Mapping[str, int]) -> list[tuple[str, CycleRow]]:
    missing = sorted(times.keys() - target.cpu.cycles.keys())
    if missing:
        raise TargetError(
            f"{target.name}: `cpu.cycles`: found no row for {', '.join(missing)}, "
            "expected one for each class of instructions that ran"
        )
    return [(name, target.cpu.cycles[name]) for name in sorted(times)]


def _blocks(profile: NDArray[np.void]) -> list[tuple[int, int, int, int]]:
    """Sum a profile over its segments: address, size, times and jumps."""
    places, at = np.unique(profile[["address", "size"]], return_inverse=True)
    sums = np.zeros((len(places), 2), np.uint64)
    np.add.at(sums[:, 0], at, profile["times"])
    np.add.at(sums[:, 1], at, profile["jumps"])
    return [
        (int(place["address"]), int(place["size"]), int(times), int(jumps))
        for place, (times, jumps) in zip(places, sums, strict=True)
    ]


def _decoded(image: Image, arch: str, address: int, size: int) -> list[tuple[str, int]]:
    """Classes and words of the instructions in a block."""
    for origin, content in image.text:
        if origin <= address and address + size <= origin + len(content):
            at = address - origin
            return [(n, w) for _, n, w in DECODERS[arch](content[at : at + size])]
    raise DeviceError(f"code at {address:#x} ran that is not in the image")
