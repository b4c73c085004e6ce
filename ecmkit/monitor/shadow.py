"""Challengers in the field: how far they agree with the models that decide."""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from ecmkit.formats.frame import FrameShadow
from ecmkit.monitor.telemetry import Telemetry

__all__ = ["ShadowFleet", "ShadowSummary", "shadow_fleet", "shadow_of"]

_NORMAL_95 = 1.959963984540054
"""Quantile of the normal distribution for an interval of 95 %."""


class ShadowSummary(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A challenger's run beside its champion, on one device or on all."""

    device_id: int | None
    """None: all devices together."""
    reports: int
    """Frames that told of it; of all devices: devices that did."""
    windows: int
    """That were compared."""
    agreed: int | None
    """Of these, with the same class; None where no classes are compared."""
    agreement: float | None
    """Their share, 0 ... 1; None as above."""
    interval: tuple[float, float] | None
    """Of 95 % for the share: windows of one report, or of one device, count as far as
    they tell more than one. From 10 reports or devices on it holds the share 93 times
    in 100 or more, unless they differ much; None as above."""
    differences: dict[str, float | None]
    """Mean absolute difference of each score and value that has a challenger; None
    where the challenger gave no number once, or the mean is above 65504."""

    def agrees(self, least: float) -> bool:
        """Whether the share of the same class is at least this, by the interval.

        Without classes the answer is no: differences have no limit that fits all.
        """
        return self.interval is not None and self.interval[0] >= least


class ShadowFleet(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A challenger's run on all devices that have it."""

    version: int = 1
    """Format version of this record."""
    devices: tuple[ShadowSummary, ...]
    """By number; devices that told nothing of it are left out."""
    total: ShadowSummary | None
    """None if no device told of it."""
    others: dict[int, int] = {}
    """Frames of each device that were left out: of other models or another contract."""


def shadow_of(
    telemetry: Telemetry, *, names: Sequence[str] = ()
) -> ShadowSummary | None:
    """Add up what a device said of its challengers.

    Parameters
    ----------
    telemetry : Telemetry
        Reports of one device.
    names : sequence of str
        Scores and values that are compared, in order: `Package.compared`; numbers
        where there are no names.

    Returns
    -------
    ShadowSummary or None
        None if no frame told of challengers.
    """
    said = [one for one in telemetry.shadows if one.windows]
    if not said:
        return None
    parts = [(one.agreed, one.windows) for one in said if one.agreed is not None]
    return _summary(
        telemetry.device_id,
        windows=[one.windows for one in said],
        agreed=[agreed for agreed, _ in parts] or None,
        compared=[windows for _, windows in parts],
        differences=_differences(said, names),
    )


def shadow_fleet(
    summaries: Iterable[ShadowSummary | None],
    *,
    others: Mapping[int, int] | None = None,
) -> ShadowFleet:
    """Put the devices of a fleet together.

    Parameters
    ----------
    summaries : iterable of ShadowSummary or None
        Of single devices that run the same package, by `shadow_of`.
    others : mapping of int to int, optional
        Frames of each device that are not this package's, see `frames_of`.

    Returns
    -------
    ShadowFleet

    Examples
    --------
    >>> def device(number, agreed):
    ...     return ShadowSummary(
    ...         device_id=number, reports=20, windows=1000, agreed=agreed,
    ...         agreement=agreed / 1000, interval=(0.0, 1.0), differences={},
    ...     )
    >>> found = shadow_fleet([device(1, 985), device(2, 990), device(3, 960)])
    >>> found.total.windows, round(found.total.agreement, 3)
    (3000, 0.978)
    >>> [round(end, 3) for end in found.total.interval]
    [0.898, 0.996]
    >>> found.total.agrees(0.85), found.total.agrees(0.95)
    (True, False)
    """
    devices = sorted(
        (one for one in summaries if one is not None), key=lambda s: s.device_id or 0
    )
    if not devices:
        return ShadowFleet(devices=(), total=None, others=dict(others or {}))
    parts = [(one.agreed, one.windows) for one in devices if one.agreed is not None]
    names = dict.fromkeys(name for one in devices for name in one.differences)
    total = _summary(
        None,
        windows=[one.windows for one in devices],
        agreed=[agreed for agreed, _ in parts] or None,
        compared=[windows for _, windows in parts],
        differences={
            name: _mean(
                [(one.differences[name], one.windows) for one in devices
                 if name in one.differences]
            )
            for name in names
        },
    )  # fmt: skip
    return ShadowFleet(devices=tuple(devices), total=total, others=dict(others or {}))


def _summary(
    device_id: int | None,
    *,
    windows: Sequence[int],
    agreed: Sequence[int] | None,
    compared: Sequence[int],
    differences: dict[str, float | None],
) -> ShadowSummary:
    share = None if agreed is None else sum(agreed) / sum(compared)
    return ShadowSummary(
        device_id=device_id,
        reports=len(windows),
        windows=sum(windows),
        agreed=None if agreed is None else sum(agreed),
        agreement=share,
        interval=None if agreed is None else _interval(agreed, compared),
        differences=differences,
    )


def _differences(
    said: Sequence[FrameShadow], names: Sequence[str]
) -> dict[str, float | None]:
    """Mean of each one over the frames that had room for it."""
    width = max(len(one.differences) for one in said)
    known = [*names[:width], *map(str, range(len(names), width))]
    return {
        name: _mean(
            [(one.differences[i], one.windows) for one in said
             if len(one.differences) > i]
        )
        for i, name in enumerate(known)
    }  # fmt: skip


def _mean(parts: Sequence[tuple[float | None, int]]) -> float | None:
    """None if one of them is no number, as frames have it: infinite."""
    known = [(m, n) for m, n in parts if m is not None and math.isfinite(m)]
    if len(known) < len(parts):
        return None
    return math.fsum(mean * n for mean, n in known) / sum(n for _, n in known)


def _interval(agreed: ArrayLike, windows: ArrayLike) -> tuple[float, float]:
    """Wilson's interval of 95 % for the share of groups of windows.

    Windows of one group are alike: as many count as would give the share the scatter
    that it has from group to group, at most all; where all groups say the same, one a
    group.
    """
    hits, n = np.asarray(agreed, np.float64), np.asarray(windows, np.float64)
    total, groups = float(n.sum()), len(n)
    share = float(hits.sum()) / total
    effective, quantile = float(groups), _NORMAL_95
    if groups > 1 and 0.0 < share < 1.0:
        quantile = _student(groups - 1)
        scatter = float(((hits - share * n) ** 2).sum()) * groups / (groups - 1)
        if scatter > 0.0:
            effective = share * (1.0 - share) * total**2 / scatter
    effective = min(total, effective)
    z2 = quantile**2
    center = (share + z2 / (2 * effective)) / (1 + z2 / effective)
    half = (
        quantile
        / (1 + z2 / effective)
        * math.sqrt(share * (1 - share) / effective + z2 / (4 * effective**2))
    )
    return max(0.0, center - half), min(1.0, center + half)


def _student(freedom: int) -> float:
    """Quantile of Student's t for 95 %, by Fisher's expansion; exact to 1 % from 3."""
    z = _NORMAL_95
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
