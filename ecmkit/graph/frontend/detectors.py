"""Fitted detectors of anomalies that ONNX has no converter for, as graphs."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Graph, Tensor

__all__ = ["condensed", "import_detector", "is_detector", "reconstruction_error"]

F64 = NDArray[np.float64]


def import_detector(model: Any) -> Graph:
    """Turn a fitted estimator of scikit-learn into a graph of one row of features.

    Parameters
    ----------
    model : estimator
        EllipticEnvelope or another covariance: the squared Mahalanobis distance. PCA:
        T squared, and Q, the squared distance from the plane. KMeans: the distance to
        the nearest centre. LocalOutlierFactor (novelty=True): the factor.
        NearestNeighbors: the mean distance to its neighbours.

    Returns
    -------
    Graph
        With input ``x``, float32 of shape (1, n_features), and outputs of shape (1, 1);
        the larger, the further from what it was fitted on.

    Raises
    ------
    FormatError
        If the estimator is none of these, or its metric is not Euclidean.
    """
    rule = _rule_of(model)
    if rule is None:
        raise FormatError(
            f"{type(model).__name__}: expected one of {', '.join(sorted(_RULES))}; "
            "others come in by `import_estimator`"
        )
    b = Builder()
    b.source = type(model).__name__
    x = b.input("x", Tensor("f32", (1, int(model.n_features_in_))))
    return b.graph(rule(b, model, x))


def is_detector(model: Any) -> bool:
    """Whether `import_detector` takes an estimator."""
    return _rule_of(model) is not None


def _rule_of(model: Any) -> Callable[[Builder, Any, str], list[str]] | None:
    rules = (_RULES.get(kind.__name__) for kind in type(model).__mro__)
    return next((rule for rule in rules if rule is not None), None)


def reconstruction_error(graph: Graph) -> Graph:
    """Append the mean squared error of a model that should give back its input.

    Parameters
    ----------
    graph : Graph
        With one float32 input and a first output of the same number of elements.

    Returns
    -------
    Graph
        With the error, of shape (1, 1), as its only output.

    Raises
    ------
    FormatError
        If input and output differ in size.
    """
    x, y = graph.inputs[0], graph.outputs[0]
    n = graph.tensors[x].size
    if graph.tensors[y].size != n or len(graph.inputs) != 1:
        raise FormatError(f"{graph.tensors[x]} in and {graph.tensors[y]} out")
    b = Builder()
    b.inputs, b.tensors = list(graph.inputs), dict(graph.tensors)
    b.constants, b.nodes = dict(graph.constants), list(graph.nodes)
    difference = b.map("sub", b.reshape(y, (1, n)), b.reshape(x, (1, n)))
    squares = b.map("mul", difference, difference)
    return b.graph([b.reduce("mean", squares, (1,), keep=True)])


def condensed(x: ArrayLike, n: int) -> NDArray[np.float32]:
    """Choose rows that no row of a table is far from.

    Parameters
    ----------
    x : array-like, shape (n_rows, n_features)
        Such as the training data of a model of neighbours.
    n : int
        How many to keep, at most; equal rows count once.

    Returns
    -------
    ndarray of float32, shape (at most n, n_features)
        Rows of `x`: the one nearest to the mean, then always the one furthest from
        those before.

    Raises
    ------
    ValueError
        If `x` is no table of finite numbers, or `n` is not positive.

    Notes
    -----
    At most twice the smallest possible distance: T. F. Gonzalez, Theoretical Computer
    Science 38 (1985), 293-306.

    Examples
    --------
    >>> condensed([[0, 0], [1, 0], [0.9, 0.1], [-1, 0]], 3).tolist()
    [[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]
    """
    table = np.asarray(x, np.float64)
    if table.ndim != 2 or not len(table) or not np.isfinite(table).all() or n < 1:
        raise ValueError(f"rows of shape {table.shape}, {n} to keep")
    chosen = [int(((table - table.mean(0)) ** 2).sum(1).argmin())]
    gap = ((table - table[chosen[0]]) ** 2).sum(1)
    while len(chosen) < n and gap.max() > 0:
        chosen.append(int(gap.argmax()))
        gap = np.minimum(gap, ((table - table[chosen[-1]]) ** 2).sum(1))
    return table[chosen].astype(np.float32)


# ---- rules: outputs of shape (1, 1) ----


def _constant(b: Builder, value: ArrayLike) -> str:
    return b.constant(np.ascontiguousarray(value, np.float32))


def _squares(b: Builder, x: str) -> str:
    return b.reduce("sum", b.map("mul", x, x), (1,), keep=True)


def _mahalanobis(b: Builder, model: Any, x: str) -> list[str]:
    precision = np.asarray(model.get_precision(), np.float64)
    values, vectors = np.linalg.eigh((precision + precision.T) / 2)
    whiten = vectors * np.sqrt(np.maximum(values, 0))
    centred = b.map("sub", x, _constant(b, model.location_))
    return [_squares(b, b.matmul(centred, _constant(b, whiten)))]


def _pca(b: Builder, model: Any, x: str) -> list[str]:
    components = np.asarray(model.components_, np.float64)
    spread = np.sqrt(np.asarray(model.explained_variance_, np.float64))
    if not (spread > 0).all():
        raise b.fail("a component of no variance: keep fewer")
    centred = b.map("sub", x, _constant(b, model.mean_))
    scores = b.matmul(centred, _constant(b, components.T))
    near = b.matmul(scores, _constant(b, components))
    t2 = _squares(b, b.map("mul", scores, _constant(b, 1 / spread)))
    return [t2, _squares(b, b.map("sub", centred, near))]


def _distances(b: Builder, x: str, rows: ArrayLike, k: int) -> tuple[str, str]:
    """Distances to the nearest `k` rows, and their numbers; shape (1, k)."""
    table = _constant(b, rows)
    count = b.shape(table)[0]
    (squared,) = b.emit("square_distances", [x, table], Tensor("f32", (1, count)))
    kinds = [Tensor("f32", (1, k)), Tensor("s64", (1, k))]
    attrs = {"axis": 1, "k": k, "largest": False}
    near, numbers = b.emit("top_k", [squared], kinds, attrs)
    return b.map("sqrt", near), numbers


def _euclidean(b: Builder, model: Any) -> None:
    metric = str(getattr(model, "effective_metric_", model.metric))
    if metric != "euclidean":
        raise b.fail(f"metric {metric!r}, expected 'euclidean'")


def _k_means(b: Builder, model: Any, x: str) -> list[str]:
    return [_distances(b, x, model.cluster_centers_, 1)[0]]


def _neighbours(b: Builder, model: Any, x: str) -> list[str]:
    _euclidean(b, model)
    k = int(model.n_neighbors)
    near, _ = _distances(b, x, model._fit_X, k)
    return [b.reduce("mean", near, (1,), keep=True)]


def _outlier_factor(b: Builder, model: Any, x: str) -> list[str]:
    _euclidean(b, model)
    if not model.novelty:
        raise b.fail("novelty=False, expected True: it scores rows that are new")
    k = int(model.n_neighbors_)
    near, numbers = _distances(b, x, model._fit_X, k)
    reach = model._distances_fit_X_[:, k - 1]
    density = np.asarray(model._lrd, np.float64)
    flat = b.reshape(numbers, (k,))
    their_reach = b.reshape(b.take(_constant(b, reach), flat, 0), (1, k))
    their_density = b.reshape(b.take(_constant(b, density), flat, 0), (1, k))
    mean_reach = b.reduce("mean", b.map("max", near, their_reach), (1,), keep=True)
    mean_density = b.reduce("mean", their_density, (1,), keep=True)
    own = b.map("add", mean_reach, b.constant(1e-10, "f32"))
    return [b.map("mul", mean_density, own)]


_RULES: dict[str, Callable[[Builder, Any, str], list[str]]] = {
    "EmpiricalCovariance": _mahalanobis,
    "KMeans": _k_means,
    "LocalOutlierFactor": _outlier_factor,
    "NearestNeighbors": _neighbours,
    "PCA": _pca,
}
"""By a class of the estimator: EllipticEnvelope and MinCovDet are covariances."""
