"""Charts as inline SVG: no script, no font, no link, and colours that the page sets."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

__all__ = ["bars", "timeline"]

Floats = NDArray[np.float64]

_POINTS_MAX = 600


def bars(reference: Sequence[float], current: Sequence[float], *, title: str) -> str:
    """Shares of two distributions side by side, bin by bin.

    Parameters
    ----------
    reference, current : sequence of float
        Shares of the same bins, 0 ... 1.
    title : str
        Read out by assistive software and shown on hovering; escaped here.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    width, height = 168.0, 64.0
    top = max(*reference, *current, 1e-9)
    slot = width / len(reference)
    parts = [_open(width, height, title, "bars")]
    for i, (known, now) in enumerate(zip(reference, current, strict=True)):
        for share, name, offset in ((known, "known", 0.12), (now, "now", 0.5)):
            tall = share / top * (height - 2.0)
            parts.append(
                f'<rect class="{name}" x="{(i + offset) * slot:.1f}" '
                f'y="{height - tall:.1f}" width="{0.36 * slot:.1f}" '
                f'height="{tall:.1f}"/>'
            )
    parts.append(f'<path class="axis" d="M0 {height}H{width}"/></svg>')
    return "".join(parts)


def timeline(
    time_s: Floats,
    values: Floats,
    *,
    title: str,
    limit: float | None = None,
    marks: Floats | None = None,
    since_s: float | None = None,
) -> str:
    """Plot a series over time with a limit, alarms and an estimated change.

    Parameters
    ----------
    time_s, values : ndarray of float64, shape (n,)
        The series; values that are not finite leave a gap.
    title : str
        Read out by assistive software and shown on hovering; escaped here.
    limit : float, optional
        Drawn as a dashed line.
    marks : ndarray of float64, optional
        Times of alarms.
    since_s : float, optional
        Time of the estimated change.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    width, height, left, foot = 860.0, 190.0, 46.0, 22.0
    finite = np.isfinite(values)
    top = max([float(values[finite].max(initial=0.0)), limit or 0.0, 1e-9]) * 1.08
    end = max(float(time_s.max(initial=0.0)), 1e-9)

    def x_of(t: float) -> float:
        return left + (width - left - 8.0) * t / end

    def y_of(v: float) -> float:
        return (height - foot) * (1.0 - v / top) + 2.0

    parts = [_open(width, height, title, "timeline")]
    for share in (0.0, 0.5, 1.0):
        value, t = top / 1.08 * share, end * share
        parts.append(
            f'<path class="rule" d="M{left} {y_of(value):.1f}H{width - 8}"/>'
            f'<text x="{left - 6}" y="{y_of(value) + 4:.1f}" '
            f'text-anchor="end">{value:.3g}</text>'
        )
        anchor = ("start", "middle", "end")[round(2 * share)]
        parts.append(
            f'<text x="{x_of(t):.1f}" y="{height - 4}" text-anchor="{anchor}">'
            f"{_duration(t)}</text>"
        )
    if since_s is not None:
        parts.append(
            f'<rect class="since" x="{x_of(since_s):.1f}" y="2" '
            f'width="{width - 8 - x_of(since_s):.1f}" height="{height - foot}"/>'
        )
    if limit is not None:
        parts.append(f'<path class="limit" d="M{left} {y_of(limit):.1f}H{width - 8}"/>')
    keep = _thin(values)
    path, pen = [], "M"
    for i in keep:
        if not finite[i]:
            pen = "M"
            continue
        path.append(f"{pen}{x_of(time_s[i]):.1f} {y_of(values[i]):.1f}")
        pen = "L"
    parts.append(f'<path class="line" d="{"".join(path)}"/>')
    for t in np.asarray([] if marks is None else marks)[:_POINTS_MAX]:
        x = x_of(float(t))
        parts.append(f'<path class="mark" d="M{x:.1f} 2l5 -0l-5 9l-5 -9z"/>')
    return "".join(parts) + "</svg>"


def _thin(values: Floats) -> NDArray[np.int64]:
    """Pick indices of at most `_POINTS_MAX` values that keep the peaks."""
    if values.size <= _POINTS_MAX:
        return np.arange(values.size)
    pieces = np.array_split(np.arange(values.size), _POINTS_MAX // 2)
    known = np.where(np.isfinite(values), values, -np.inf)
    picks = [(piece[0], piece[int(np.argmax(known[piece]))]) for piece in pieces]
    return np.unique(np.array(picks))


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 3 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _open(width: float, height: float, title: str, name: str) -> str:
    return (
        f'<svg class="{name}" viewBox="0 0 {width:g} {height:g}" role="img">'
        f"<title>{escape(title)}</title>"
    )
