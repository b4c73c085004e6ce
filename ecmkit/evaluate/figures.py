"""Pictures of results, as bytes to be stored or embedded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.evaluate.attribution import Saliency
from ecmkit.evaluate.importance import Importance
from ecmkit.evaluate.metrics import balanced_accuracy, precision, recall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "confusion_figure",
    "curve_figure",
    "importance_figure",
    "plain_text",
    "saliency_figure",
]


def confusion_figure(
    matrix: NDArray[np.int64],
    *,
    classes: Sequence[str],
    title: str = "",
    kind: Literal["png", "svg"] = "png",
) -> bytes:
    """Draw a confusion matrix with counts, shares, recall and precision.

    Colour (cividis, made for all kinds of colour vision) shows the share within the
    true class, so that rare classes are seen.

    Parameters
    ----------
    matrix : ndarray of int64, shape (n_classes, n_classes)
        From `confusion_matrix`, at least one window.
    classes : sequence of str
        Names of rows and columns.
    title : str
        First line of the heading; the second gives the balanced accuracy.
    kind : {"png", "svg"}
        File format.

    Returns
    -------
    bytes
        The same for the same arguments: no date, no random ids.

    Raises
    ------
    ValueError
        If the shape does not fit the names, or for another `kind`.
    """
    n = len(classes)
    if matrix.shape != (n, n) or n == 0:
        raise ValueError(f"matrix has shape {matrix.shape} for {n} classes")
    _check_kind(kind)
    heading = f"balanced accuracy {balanced_accuracy(matrix):.3f}"
    share = np.nan_to_num(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
    with _new_figure(2.4 + 0.9 * n, 2.2 + 0.8 * n) as figure:
        axes = figure.subplots()
        axes.imshow(share, cmap="cividis", vmin=0.0, vmax=1.0)
        for (i, j), count in np.ndenumerate(matrix):
            axes.text(
                j,
                i,
                f"{count}\n{100 * share[i, j]:.0f} %",
                ha="center",
                va="center",
                color="black" if share[i, j] > 0.55 else "white",
            )
        rows = _labels(classes, recall(matrix), "recall")
        axes.set_xticks(range(n), _labels(classes, precision(matrix), "precision"))
        axes.set_yticks(range(n), rows)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        axes.set_title(plain_text(f"{title}\n{heading}") if title else heading)
        return _saved(figure, kind)


def importance_figure(
    importance: Sequence[Importance],
    *,
    most: int = 15,
    kind: Literal["png", "svg"] = "png",
) -> bytes:
    """Draw what a model loses without each feature, with intervals.

    Parameters
    ----------
    importance : sequence of Importance
        From `permutation_importance`, the largest first; at least one.
    most : int
        Features that are drawn, at least 1.
    kind : {"png", "svg"}
        File format.

    Returns
    -------
    bytes
        The same for the same arguments.

    Raises
    ------
    ValueError
        If there is nothing to draw, or for another `kind`.
    """
    if not importance or most < 1:
        raise ValueError(
            f"importance of {len(importance)} features, most {most}: expected at "
            "least 1 of each"
        )
    _check_kind(kind)
    shown = list(importance[:most])
    with _new_figure(6.4, 0.9 + 0.28 * len(shown)) as figure:
        axes = figure.subplots()
        drop = [one.drop for one in shown]
        reach = [
            [one.drop - one.lower for one in shown],
            [one.upper - one.drop for one in shown],
        ]
        places = range(len(shown))
        axes.barh(places, drop, xerr=reach, color="#0072B2", ecolor="#1c2330")
        axes.set_yticks(places, [plain_text(one.name) for one in shown])
        axes.invert_yaxis()
        axes.axvline(0.0, color="#1c2330", linewidth=0.8)
        axes.set_xlabel("loss of the score, 95 % over exchanges")
        axes.spines[["top", "right"]].set_visible(False)
        return _saved(figure, kind)


def curve_figure(
    curves: Mapping[str, Sequence[float]], *, kind: Literal["png", "svg"] = "png"
) -> bytes:
    """Draw values epoch by epoch, such as the losses of a training.

    Parameters
    ----------
    curves : mapping of str to sequence of float
        Name and values of each; at least one value in all.
    kind : {"png", "svg"}
        File format.

    Returns
    -------
    bytes
        The same for the same arguments.

    Raises
    ------
    ValueError
        If there is nothing to draw, or for another `kind`.
    """
    if not any(len(values) for values in curves.values()):
        raise ValueError("curves: found no value, expected at least one")
    _check_kind(kind)
    with _new_figure(6.4, 3.6) as figure:
        axes = figure.subplots()
        for name, values in curves.items():
            axes.plot(range(1, len(values) + 1), values, label=plain_text(name))
        axes.set_xlabel("epoch")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        return _saved(figure, kind)


def saliency_figure(
    found: Saliency,
    *,
    row: int = 0,
    channel: int = 0,
    kind: Literal["png", "svg"] = "png",
) -> bytes:
    """Draw what samples and lines of one row add to the output.

    Parameters
    ----------
    found : Saliency
        From `saliency`, of rows of shape (n_samples,) or (n_channels, n_samples).
    row, channel : int
        Which of them.
    kind : {"png", "svg"}
        File format.

    Returns
    -------
    bytes
        The same for the same arguments.

    Raises
    ------
    ValueError
        For another `kind`, or other rows.
    """
    if kind not in ("png", "svg") or found.samples.ndim not in (2, 3):
        raise ValueError(
            f"kind {kind!r}, values of shape {found.samples.shape}: expected 'png' or "
            "'svg', (n, n_samples) or (n, n_channels, n_samples)"
        )
    at = (row,) if found.samples.ndim == 2 else (row, channel)
    samples, lines = found.samples[at], found.lines[at]
    time_s = np.arange(len(samples)) / (found.frequency_hz[1] * len(samples))
    with _new_figure(6.4, 4.4) as figure:
        over_time, over_lines = figure.subplots(2)
        over_time.plot(time_s, samples, color="#0072B2", linewidth=0.8)
        over_time.set_xlabel("time [s]")
        over_lines.vlines(found.frequency_hz, 0.0, lines, color="#D55E00")
        over_lines.set_xlabel("frequency [Hz]")
        for axes in (over_time, over_lines):
            axes.axhline(0.0, color="#1c2330", linewidth=0.6)
            axes.set_ylabel("adds to the output")
            axes.spines[["top", "right"]].set_visible(False)
        return _saved(figure, kind)


def _check_kind(kind: str) -> None:
    if kind not in ("png", "svg"):
        raise ValueError(f"kind {kind!r}: expected 'png' or 'svg'")


@contextmanager
def _new_figure(width: float, height: float) -> "Iterator[Figure]":
    """Draw on a page of some inches, the same at each time."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Text as text: a browser can search it, and no font is copied into the file.
    with rc_context({"svg.hashsalt": "ecmkit", "svg.fonttype": "none"}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def _saved(figure: "Figure", kind: Literal["png", "svg"]) -> bytes:
    """Return the file; it carries no date and no version of what drew it."""
    stream = BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(stream, format=kind, dpi=150, metadata=metadata)
    return stream.getvalue()


def plain_text(text: str) -> str:
    """Return what Matplotlib draws as `text`: it takes dollars for mathematics."""
    return text.replace("$", r"\$")


def _labels(
    classes: Sequence[str], shares: NDArray[np.float64], what: str
) -> list[str]:
    return [
        f"{plain_text(name)}\n{what} {'–' if np.isnan(share) else f'{share:.2f}'}"
        for name, share in zip(classes, shares, strict=True)
    ]
