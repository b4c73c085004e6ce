"""Why an alarm: what stands out against the reference, in words of the machine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import feat
from ecmkit.features import FeaturePlan, FeatureTable
from ecmkit.features.rows import Row

__all__ = [
    "Reason",
    "ReferenceStatistics",
    "join_texts",
    "reasons_for",
    "reference_statistics",
]

_ORDER = re.compile(r"(?:(\d+(?:\.\d+)?)x)?(BPFO|BPFI|BSF|FTF|shaft|[A-Za-z]+)")
_LEAST = 3.0
"""Standard deviations from which a feature stands out."""

_PART = {
    "BPFO": "the outer race",
    "BPFI": "the inner race",
    "BSF": "a rolling element",
    "FTF": "the cage or a rolling element",
}
"""Part of a bearing that is heard at an order."""
_SHAFT = {1: "imbalance or a bent shaft", 2: "misalignment"}
_IMPACT = "impacts"
_IMPACTS = ("kurtosis", "crest", "impulse", "clearance", "env_kurtosis")
_LEVELS = (
    *("rms", "rms_about_zero", "peak", "peak_to_peak", "mean_abs", "minimum"),
    *("maximum", "variance", "mad", "quantile", "quantile_range", "velocity_rms"),
)
"""They rise and fall together."""
_PLAIN = {
    "rms": "overall level (rms)",
    "rms_about_zero": "overall level (rms about zero)",
    "peak": "largest peak",
    "kurtosis": "kurtosis",
    "env_kurtosis": "kurtosis of the envelope",
    "crest": "crest factor",
    "impulse": "impulse factor",
    "clearance": "clearance factor",
    "shape": "shape factor",
    "velocity_rms": "vibration velocity (rms)",
    "spectral_entropy": "spectral entropy",
}


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feature that stands out, against what is usual."""

    feature: str
    unit: str
    """1: none."""
    value: float
    """Mean over the windows of the alarm [unit]."""
    usual: float
    """Mean of the reference [unit]."""
    ratio: float | None
    """Value over usual; None where the usual is not above zero."""
    deviations: float | None
    """Distance in standard deviations of the reference, with sign; None where the
    reference never varied."""
    points_to: str
    """Such as ``the outer race``; may be empty."""
    text: str
    """All of it as a sentence."""


@dataclass(frozen=True, kw_only=True)
class ReferenceStatistics:
    """What a reference says of each feature."""

    names: tuple[str, ...]
    mean: NDArray[np.float64]
    """Shape (n_features,)."""
    sd: NDArray[np.float64]
    """Standard deviation over windows, same shape."""


def reference_statistics(reference: FeatureTable) -> ReferenceStatistics:
    """Measure what is usual.

    Parameters
    ----------
    reference : FeatureTable
        Windows of known, healthy operation; at least two, finite.

    Raises
    ------
    ValueError
        If there are fewer, or a value is not finite.
    """
    x = reference.x.astype(np.float64)
    if len(x) < 2 or not np.isfinite(x).all():
        raise ValueError(
            f"reference: found {len(x)} windows, {int((~np.isfinite(x)).sum())} values "
            "not finite, expected at least 2, all finite"
        )
    return ReferenceStatistics(
        names=reference.names, mean=x.mean(axis=0), sd=x.std(axis=0, ddof=1)
    )


def reasons_for(
    values: ArrayLike, usual: ReferenceStatistics, plan: FeaturePlan, *, most: int = 3
) -> tuple[Reason, ...]:
    """Say in words of the machine what stands out in the windows of an alarm.

    Parameters
    ----------
    values : array-like, shape (n_windows, n_features) or (n_features,)
        Features of the windows; rows of NaN (windows that were not valid) are left out.
    usual : ReferenceStatistics
        From `reference_statistics`, of the same features.
    plan : FeaturePlan
        Says what each feature is: its band, order, unit, channel.
    most : int
        Reasons at most.

    Returns
    -------
    tuple of Reason
        The farthest from usual first, from 3 standard deviations on. Features that say
        the same of the same part, such as harmonics of an order or several measures of
        the level, count as one. If a part of the machine is pointed to at all, one of
        the reasons does so.

    Raises
    ------
    ValueError
        If the features are others than those of the plan.

    Examples
    --------
    >>> from ecmkit.features import load_plan
    >>> plan = load_plan("bearing")
    >>> names = tuple(row.name for row in plan.rows)
    >>> usual = ReferenceStatistics(
    ...     names=names, mean=np.full(len(names), 0.05), sd=np.full(len(names), 0.01)
    ... )
    >>> values = usual.mean.copy()
    >>> values[names.index("env_BPFO")] = 0.41
    >>> print(reasons_for(values, usual, plan)[0].text)
    BPFO line of the envelope is 8.2 times its usual value (0.41, usually 0.05; 36 \
standard deviations): points to the outer race
    """
    rows = {row.name: row for row in plan.rows}
    if tuple(rows) != usual.names:
        raise ValueError(
            f"usual: found features {', '.join(usual.names)}, expected those of the "
            f"plan, {', '.join(rows)}"
        )
    x = np.atleast_2d(np.asarray(values, np.float64))
    if x.shape[1] != len(rows):
        raise ValueError(f"values has shape {x.shape}, expected (n, {len(rows)})")
    x = x[np.isfinite(x).all(axis=1)]
    if not len(x):
        return ()
    mean = x.mean(axis=0)
    away = mean - usual.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(away == 0.0, 0.0, away / usual.sd)
    found: dict[str, Reason] = {}
    several = len(plan.all_channels) > 1
    for at in np.argsort(-np.abs(distance), kind="stable"):
        if abs(distance[at]) < _LEAST:
            break
        row = rows[usual.names[at]]
        channel = row.channel if several else None
        reason = _reason(row, mean[at], usual.mean[at], distance[at], channel)
        level = "level" if _kind(row) in _LEVELS else reason.feature
        found.setdefault(f"{reason.points_to or level} {channel}", reason)
    return _first(list(found.values()), most)


def _first(reasons: list[Reason], most: int) -> tuple[Reason, ...]:
    """Return the farthest; the last makes room for one that points to a part."""
    parts = [r for r in reasons if r.points_to not in ("", _IMPACT)]
    parts.sort(key=lambda reason: reason.points_to not in _PART.values())
    chosen = reasons[:most]
    if most > 1 and parts and not any(r in parts for r in chosen):
        chosen[-1] = parts[0]
    return tuple(chosen)


def _reason(
    row: Row, value: float, usual: float, distance: float, channel: str | None
) -> Reason:
    kind = _kind(row)
    up = value > usual
    points_to = _points_to(row, kind) if up else ""
    ratio = value / usual if usual > 0.0 else None
    spread = distance if np.isfinite(distance) else None
    unit = "" if row.unit == "1" else f" {row.unit}"
    where = f" of {channel}" if channel else ""
    what = f"{_what(row, kind)}{where}"
    numbers = f"{_number(value)}{unit}, usually {_number(usual)}{unit}"
    numbers += (
        f"; {abs(spread):.0f} standard deviations"
        if spread is not None
        else "; the reference never varied"
    )
    tail = f": points to {points_to}" if points_to else ""
    return Reason(
        feature=row.name,
        unit=row.unit,
        value=float(value),
        usual=float(usual),
        ratio=None if ratio is None else float(ratio),
        deviations=None if spread is None else float(spread),
        points_to=points_to,
        text=f"{what} is {_compared(ratio, up)} ({numbers}){tail}",
    )


def _compared(ratio: float | None, up: bool) -> str:
    """Say how much larger or smaller."""
    if ratio is not None and ratio >= 1.5:
        return f"{_number(ratio)} times its usual value"
    if ratio is not None and 0.0 <= ratio <= 0.67:
        return f"down to {100 * ratio:.0f} % of its usual value"
    return "above what is usual" if up else "below what is usual"


def _kind(row: Row) -> str:
    """Name in the table of features, such as ``env_order``."""
    return str(next(entry[1] for entry in feat.table() if entry[0] == row.id))


def _what(row: Row, kind: str) -> str:
    """Name of the feature in words."""
    place = "the envelope" if row.step in ("envelope", "rectified") else "the spectrum"
    orders = [_readable(order) for order in _orders(row, kind)]
    first = orders[0] if orders else f"{row.a:g} Hz"
    if kind in ("band_rms", "band_fraction"):
        what = "level" if kind == "band_rms" else "share of the power"
        return f"{what} from {row.a:g} to {row.b:g} Hz"
    if "sideband" in kind:
        spacing = orders[1] if len(orders) > 1 else f"{row.b:g} Hz"
        return f"sidebands {spacing} apart around {first} in {place}"
    if "share" in kind:
        return f"share of {first} and its harmonics in {place}"
    if "harmonics" in kind:
        return f"first {row.n} harmonics of {first} in {place}"
    if (row.order > 0 and orders) or kind in ("line", "env_line"):
        return f"{first} line of {place}"
    if kind in _PLAIN:
        return _PLAIN[kind]
    return row.name.replace("_", " ")


def _orders(row: Row, kind: str) -> list[tuple[float, str]]:
    """Factors and names of the orders in a name, such as (2, BPFO)."""
    if row.order <= 0:
        return []
    tail = row.name.split(kind.removesuffix("_order"), 1)[-1]
    found = []
    for part in tail.strip("_").split("_"):
        match = _ORDER.match(part)
        if match:
            found.append((float(match[1] or 1), match[2]))
    return found


def _readable(order: tuple[float, str]) -> str:
    factor, name = order
    name = "shaft speed" if name == "shaft" else name
    return name if factor == 1 else f"{factor:g}×{name}"


def _points_to(row: Row, kind: str) -> str:
    """Part of the machine that a rise of the feature is known for."""
    orders = _orders(row, kind)
    if orders:
        factor, name = orders[0]
        if name in _PART:
            return _PART[name]
        if name == "shaft" and row.step in ("envelope", "rectified"):
            return "something that strikes with each turn"
        if name == "shaft":
            return _SHAFT.get(int(factor), "looseness")
        if name == "mesh":
            return "the teeth of the gears"
    return _IMPACT if kind in _IMPACTS else ""


def _number(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"


def join_texts(reasons: Sequence[Reason]) -> str:
    """Put reasons into one line; says so where nothing stands out."""
    if not reasons:
        return "no single feature stands out: their combination is unusual"
    return "; ".join(reason.text for reason in reasons)
