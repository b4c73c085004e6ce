"""Maps of a feature table in two dimensions, to look at."""

from dataclasses import dataclass
from io import StringIO
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import DataError
from ecmkit.features.optional import require
from ecmkit.features.reduction import fit_pca
from ecmkit.features.table import FeatureTable
from ecmkit.formats import nearest

__all__ = ["FeatureMap", "feature_map"]

_METHODS = ("pca", "tsne", "umap")
_LEAST = 10  # windows; with fewer there is no neighbourhood to keep
_MARKS = "osD^vP*X<>"


@dataclass(frozen=True, kw_only=True)
class FeatureMap:
    """A point for each window."""

    method: str
    points: NDArray[np.float64]
    """Shape (n_windows, 2); axes have no unit, and for t-SNE and UMAP no meaning."""
    label: NDArray[np.str_]
    group: NDArray[np.str_]

    def svg(self) -> str:
        """Draw the map: a colour and mark for each label, as SVG.

        Raises
        ------
        MissingError
            If Matplotlib is not installed.
        """
        figures = require("matplotlib.figure", "Matplotlib", extra="monitor")
        figure = figures.Figure(figsize=(6.4, 4.8), layout="constrained")
        axes = figure.add_subplot()
        for i, label in enumerate(np.unique(self.label)):
            at = self.points[self.label == label]
            axes.plot(
                *at.T, _MARKS[i % len(_MARKS)], ms=4, alpha=0.7, label=label or "-"
            )
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
        axes.set_xlabel(f"{_title(self.method)} 1")
        axes.set_ylabel(f"{_title(self.method)} 2")
        axes.spines[["top", "right"]].set_visible(False)
        if self.method != "pca":
            axes.set_xticks([])
            axes.set_yticks([])
        matplotlib = require("matplotlib", "Matplotlib", extra="monitor")
        text = StringIO()
        with matplotlib.rc_context({"svg.hashsalt": "ecmkit"}):
            figure.savefig(text, format="svg", metadata={"Date": None})
        return text.getvalue()


def feature_map(
    table: FeatureTable,
    *,
    method: Literal["pca", "tsne", "umap"] = "umap",
    neighbours: int = 15,
    seed: int = 0,
) -> FeatureMap:
    """Lay the windows out in a plane so that similar ones are near each other.

    Good to see whether classes separate, and whether it is machines that separate
    instead. Distances between clusters of t-SNE and UMAP mean nothing, and neither
    maps a new window: do not train on them.

    Parameters
    ----------
    table : FeatureTable
        Finite features, 10 windows or more; z-scores are taken first.
    method : str
        "pca" (linear), "tsne" or "umap".
    neighbours : int
        How many windows count as near, 2 ... n_windows - 1: the neighbours of UMAP,
        the perplexity of t-SNE.
    seed : int
        The same seed gives the same map on the same machine.

    Returns
    -------
    FeatureMap
        With the labels of the windows; ``svg()`` draws it.

    Raises
    ------
    ValueError
        On an unknown method or too many neighbours.
    DataError
        If the table is too short, not finite or does not vary.
    MissingError
        If scikit-learn (``ecmkit[train]``) or umap-learn (``ecmkit[explore]``) is not
        installed.

    References
    ----------
    L. van der Maaten, G. Hinton, J. Mach. Learn. Res. 9 (2008), 2579-2605;
    L. McInnes, J. Healy, J. Melville, arXiv:1802.03426 (2018).
    """
    if method not in _METHODS:
        hint = nearest(str(method), _METHODS)
        raise ValueError(
            f"method: found {method!r}, expected one of {', '.join(_METHODS)}{hint}"
        )
    n = len(table.x)
    if n < _LEAST:
        raise DataError(f"table: found {n} windows, expected {_LEAST} or more")
    if not 2 <= neighbours < n:
        raise ValueError(f"neighbours: found {neighbours}, expected 2 ... {n - 1}")
    count = min(2 if method == "pca" else 50, *table.x.shape)
    z = fit_pca(table, n_components=count).apply(table).x.astype(np.float64)
    if z.shape[1] < 2:
        z = np.column_stack([z[:, 0], np.zeros(n)])
    return FeatureMap(
        method=method,
        points=_points(z, method, neighbours, seed),
        label=table.label,
        group=table.group,
    )


def _points(
    z: NDArray[np.float64], method: str, neighbours: int, seed: int
) -> NDArray[np.float64]:
    if method == "pca":
        return z[:, :2]
    if method == "tsne":
        manifold = require("sklearn.manifold", "scikit-learn", extra="train")
        model = manifold.TSNE(perplexity=neighbours, init="pca", random_state=seed)
    else:
        umap = require("umap", "umap-learn", extra="explore")
        model = umap.UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
    return np.asarray(model.fit_transform(z), np.float64)


def _title(method: str) -> str:
    return {"pca": "principal component", "tsne": "t-SNE", "umap": "UMAP"}[method]
