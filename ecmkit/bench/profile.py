"""Counts of a run by function: which symbol of which stage they belong to."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from ecmkit.bench.elf import Image
from ecmkit.bench.records import Measurement

__all__ = ["FunctionCount", "function_counts"]


class FunctionCount(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What one function took in one stage."""

    stage: str
    name: str
    """Symbol; with the file in brackets where several files have one of that name."""
    count: int
    """Of what, the report's `counter` says; calls of other functions are not in it."""


def function_counts(
    measured: Measurement, image: Image, stages: Mapping[str, Sequence[int]]
) -> tuple[FunctionCount, ...]:
    """Divide the counts of stages among functions, by the symbols around each address.

    Parameters
    ----------
    measured : Measurement
        With a profile; without one, nothing is known.
    image : Image
        The firmware that ran.
    stages : mapping of str to sequence of int
        Segments of each stage.

    Returns
    -------
    tuple of FunctionCount
        Stages in their order, in each the largest first; they add up to the stage.
    """
    profile = measured.profile
    if profile is None:
        return ()
    starts = np.array([at for at, _ in image.code], np.uint64)
    of = np.searchsorted(starts, profile["address"], side="right") - 1
    found: list[FunctionCount] = []
    for stage, segments in stages.items():
        inside = np.isin(profile["segment"], np.asarray(segments, np.uint32))
        sums = np.zeros(len(starts), np.uint64)
        np.add.at(sums, of[inside], profile["count"][inside])
        largest = sorted(np.flatnonzero(sums), key=lambda i: (-int(sums[i]), i))
        found += [
            FunctionCount(stage=stage, name=image.code[i][1], count=int(sums[i]))
            for i in largest
        ]
    return tuple(found)
