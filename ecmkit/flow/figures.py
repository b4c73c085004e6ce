"""Pictures of the run report, as SVG text to be put into the page."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.evaluate.figures import plain_text

__all__ = [
    "ClassSpectrum",
    "bars",
    "divided_bars",
    "drift_timeline",
    "history",
    "scores_by_class",
    "spectra",
    "unique",
]

F32 = NDArray[np.float32]

# Okabe and Ito's colours, which colour-blind readers tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Of one hue, the darkest first: the parts of a bar, and what is left.
_PARTS = 4
_SHADES = ("#00436b", "#0072B2", "#3f95c8", "#7db8dc", "#c4d8e6")
# Width of the name of a line in the envelope spectrum, in orders of its axis.
_LABEL_ORDERS = 1.2
# Text as text: a browser can search it, and no font is copied into the page.
_STYLE = {
    "svg.hashsalt": "ecmkit",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, kw_only=True)
class ClassSpectrum:
    """Spectra of one recording, averaged over its windows."""

    label: str
    recording: str
    frequency_hz: F32
    power: F32
    """Power of each band in the unit of the samples squared."""
    order: F32
    envelope: F32
    """Log-envelope amplitude over its mean, one value an order bin."""


def unique(svg: str, name: str) -> str:
    """Cut a picture out of its file, with ids that no other on the page has.

    Parameters
    ----------
    svg : str
        Text of an SVG file.
    name : str
        What the picture is called on the page; every id begins with it.

    Returns
    -------
    str
        The ``svg`` element alone.
    """
    text = re.sub(r'\bid="', f'id="{name}-', svg[svg.index("<svg") :])
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)


def _figure(*shape: int, size: tuple[float, float]) -> tuple[Any, Any]:
    """Return a figure and its axes, without pyplot's global state."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(*shape)


def _svg(figure: Any) -> str:
    """Text of a figure, the same for the same figure."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def spectra(
    rows: Sequence[ClassSpectrum], *, orders: Mapping[str, float], unit: str
) -> str:
    """Power spectrum and envelope spectrum of one recording of each class.

    Parameters
    ----------
    rows : sequence of ClassSpectrum
        At least one.
    orders : mapping of str to float
        Names and orders of the lines to mark, such as ``BPFO``.
    unit : str
        Unit of the samples.

    Returns
    -------
    str
        SVG.
    """
    figure, axes = _figure(len(rows), 2, size=(10.0, 1.7 * len(rows) + 0.4))
    axes = np.atleast_2d(axes)
    for (left, right), row, colour in zip(axes, rows, cycle(COLOURS), strict=False):
        left.semilogy(row.frequency_hz, row.power + 1e-20, color=colour, lw=0.7)
        top = max(float(row.power.max()), 1e-6)
        left.set_ylim(top * 1e-6, top * 3)
        left.set_ylabel(plain_text(f"{row.label}\n[{unit}²]"))
        right.plot(row.order, row.envelope, color=colour, lw=0.8)
        right.set_xlim(0, 12)
        right.set_ylim(0, max(2.0, float(row.envelope[row.order > 0.3].max()) * 1.15))
        for (name, order), level in zip(orders.items(), _levels(orders), strict=True):
            right.axvline(order, color="#888", ls="--", lw=0.7)
            right.annotate(
                plain_text(name),
                (order, 1 - 0.12 * level),
                xycoords=("data", "axes fraction"),
                fontsize=7,
                ha="center",
                va="top",
                color="#555",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
    axes[0, 0].set_title("power spectrum", fontsize=10)
    axes[0, 1].set_title("log-envelope spectrum, over its mean", fontsize=10)
    axes[-1, 0].set_xlabel("frequency [Hz]")
    axes[-1, 1].set_xlabel("order of the shaft [1]")
    return _svg(figure)


def _levels(orders: Mapping[str, float]) -> list[int]:
    """Rows for names of lines, from the top: neighbours may not overlap."""
    taken: dict[str, int] = {}
    for name, order in sorted(orders.items(), key=lambda item: item[1]):
        near = {taken[n] for n in taken if order - orders[n] < _LABEL_ORDERS}
        taken[name] = min(set(range(len(orders))) - near)
    return [taken[name] for name in orders]


def scores_by_class(
    scores: Mapping[str, NDArray[np.float32]], label: NDArray[np.str_]
) -> str:
    """Spread of each anomaly score over the classes, on a logarithmic axis."""
    classes = sorted(set(label.tolist()), key=lambda c: (c != "normal", c))
    figure, axes = _figure(1, len(scores), size=(5.2, 3.4))
    for axis, (name, values), colour in zip(
        np.atleast_1d(axes), scores.items(), cycle(COLOURS), strict=False
    ):
        parts = [np.maximum(values[label == c], 1e-9) for c in classes]
        axis.boxplot(
            parts,
            tick_labels=[plain_text(c) for c in classes],
            whis=(5, 95),
            showfliers=False,
            widths=0.6,
            medianprops={"color": colour, "lw": 2},
        )
        axis.set_yscale("log")
        axis.set_title(plain_text(name), fontsize=10)
        axis.tick_params(axis="x", labelrotation=30, labelsize=8)
    np.atleast_1d(axes)[0].set_ylabel("score [1]")
    return _svg(figure)


def bars(
    rows: Sequence[tuple[str, float]], *, unit: str, kinds: Sequence[str] = ()
) -> str:
    """Horizontal bars with their values, in the order given.

    Parameters
    ----------
    rows : sequence of (str, float)
        Names and values, the first on top.
    unit : str
        Of the values.
    kinds : sequence of str, optional
        Kind of each row, such as ``flash``; each has its colour, and a legend.

    Returns
    -------
    str
        SVG.
    """
    from matplotlib.ticker import MaxNLocator

    names, values = [plain_text(r[0]) for r in rows], [r[1] for r in rows]
    figure, axis = _figure(size=(5.2, 0.26 * len(rows) + 0.9))
    # By place and not by name: two static symbols may have the same one.
    places = range(len(rows))
    tone = dict(zip(dict.fromkeys(kinds), cycle(COLOURS), strict=False))
    colours = [tone[kind] for kind in kinds] or COLOURS[0]
    drawn = axis.barh(places, values, tick_label=names, color=colours, height=0.7)
    axis.bar_label(drawn, labels=[f"{v:,.0f}" for v in values], padding=3, fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel(plain_text(unit))
    axis.margins(x=0.2)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.tick_params(axis="y", labelsize=7)
    if tone:
        from matplotlib.patches import Patch

        keys = [Patch(color=c, label=plain_text(kind)) for kind, c in tone.items()]
        axis.legend(handles=keys, loc="lower right", fontsize=8, frameon=False)
    return _svg(figure)


def divided_bars(
    rows: Sequence[tuple[str, int, Sequence[tuple[str, int]]]],
    *,
    unit: str,
    named: int = 2,
) -> str:
    """Horizontal bars, each divided into the largest of its parts and the rest.

    Parameters
    ----------
    rows : sequence of (str, int, sequence of (str, int))
        Name, value, and names and values of the parts, the largest first; no parts
        give a whole bar.
    unit : str
        Of the values.
    named : int
        Parts that are named beside a bar.

    Returns
    -------
    str
        SVG.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axis = _figure(size=(5.2, 0.34 * len(rows) + 0.9))
    most = max((value for _, value, _ in rows), default=1) or 1
    for place, (_, value, parts) in enumerate(rows):
        left = 0.0
        shown = list(parts[:_PARTS])
        rest = value - sum(count for _, count in shown)
        for (_, count), colour in zip([*shown, ("", rest)], _SHADES, strict=False):
            axis.barh(place, count, left=left, color=colour, height=0.7)
            left += count
        words = ", ".join(name for name, _ in parts[:named])
        text = f"{value:,}" + (f"  {words}" if words else "")
        axis.annotate(
            plain_text(text),
            (value, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=6.5,
        )
    axis.set_xlim(0, 2 * most)  # room for what stands beside the longest
    axis.set_yticks(range(len(rows)), [plain_text(name) for name, _, _ in rows])
    axis.invert_yaxis()
    axis.set_xlabel(plain_text(unit))
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.tick_params(axis="y", labelsize=7)
    return _svg(figure)


def history(
    names: Sequence[str],
    series: Mapping[str, tuple[Sequence[float], float | None]],
    *,
    marked: Sequence[int] = (),
) -> str:
    """Figures of versions, one small picture for each.

    Parameters
    ----------
    names : sequence of str
        Of the versions, the oldest first.
    series : mapping of str to (sequence of float, float or None)
        By title: one value for each version, NaN where there is none, and the limit.
    marked : sequence of int
        Versions to be marked, such as the one in service.

    Returns
    -------
    str
        SVG.
    """
    figure, axes = _figure(1, len(series), size=(10.0, 2.4))
    places = np.arange(len(names))
    for axis, (title, (values, limit)) in zip(
        np.atleast_1d(axes), series.items(), strict=True
    ):
        axis.plot(places, values, "o-", color=COLOURS[0], lw=1.2, ms=4)
        own = list(marked)
        axis.plot(own, [values[i] for i in own], "s", color=COLOURS[2], ms=7)
        if limit is not None:
            axis.axhline(limit, color=COLOURS[1], ls="--", lw=1)
        axis.set_title(plain_text(title), fontsize=9)
        axis.set_ylim(bottom=0)
        axis.set_xticks(places, [plain_text(name) for name in names], fontsize=7)
        axis.tick_params(axis="y", labelsize=7)
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return _svg(figure)


def drift_timeline(
    drift: NDArray[np.float64], alarm: NDArray[np.bool_], *, changed: int
) -> str:
    """Largest detector statistic over its limit, frame by frame.

    Parameters
    ----------
    drift : ndarray of float64, shape (n_frames,)
        As the frames carry it; 1 is the limit.
    alarm : ndarray of bool, shape (n_frames,)
        Whether the frame says that a detector alarmed.
    changed : int
        First frame after the machine changed.

    Returns
    -------
    str
        SVG.
    """
    figure, axis = _figure(size=(10.0, 2.8))
    frames = np.arange(len(drift))
    axis.axvspan(changed - 0.5, len(drift) - 0.5, color="#F0E442", alpha=0.25, lw=0)
    axis.plot(frames, drift, color=COLOURS[0], lw=1.2, label="statistic / limit")
    axis.plot(
        frames[alarm],
        np.ones(int(alarm.sum())),
        "v",
        color=COLOURS[1],
        ms=6,
        label="alarm since the last frame",
    )
    axis.axhline(1.0, color=COLOURS[1], ls="--", lw=1, label="limit")
    axis.set_xlabel("telemetry frame")
    axis.set_ylim(0, max(1.25, float(np.max(drift, initial=0)) * 1.1))
    axis.legend(loc="upper left", fontsize=8, frameon=False)
    return _svg(figure)
