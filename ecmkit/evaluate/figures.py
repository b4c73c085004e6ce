"""Pictures of results, as bytes to be stored or embedded."""

from collections.abc import Sequence
from io import BytesIO
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.evaluate.metrics import balanced_accuracy, precision, recall

__all__ = ["confusion_figure", "plain_text"]


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
    if kind not in ("png", "svg"):
        raise ValueError(f"kind {kind!r}: expected 'png' or 'svg'")
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heading = f"balanced accuracy {balanced_accuracy(matrix):.3f}"
    share = np.nan_to_num(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
    # Text as text: a browser can search it, and no font is copied into the file.
    with rc_context({"svg.hashsalt": "ecmkit", "svg.fonttype": "none"}):
        figure = Figure(figsize=(2.4 + 0.9 * n, 2.2 + 0.8 * n), layout="constrained")
        FigureCanvasAgg(figure)
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
        stream = BytesIO()
        # Neither format may carry a date or the version of the library that drew it.
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
