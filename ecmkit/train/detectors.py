"""Detectors of anomalies: what is far from everything that was seen scores high."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.formats import nearest
from ecmkit.graph import condensed
from ecmkit.train.checks import require_seed, require_table
from ecmkit.train.model import TrainedModel
from ecmkit.train.onnx_writer import GraphWriter
from ecmkit.train.scaler import Scaler

__all__ = ["DETECTORS", "fit_detector", "option_names"]

F64 = NDArray[np.float64]
Statistic = Literal["both", "t2", "q"]

_LIMIT = 0.99
"""Quantile of healthy windows by which T squared and Q are brought to one scale."""
_TINY = 1e-10


@dataclass(frozen=True)
class Detector:
    """How a family writes its score, and the options that it has."""

    write: Callable[..., None]
    options: dict[str, Any]


def fit_detector(
    table: FeatureTable, *, family: str, name: str = "distance", seed: int,
    **options: Any,
) -> TrainedModel:  # fmt: skip
    """Fit a detector to the standardised features of normal operation.

    Parameters
    ----------
    table : FeatureTable
        Windows of the normal state, at least 20; labels are not read.
    family : str
        One of `DETECTORS`: ``gaussian-mixture``, ``isolation-forest``, ``lof``,
        ``mahalanobis``, ``nearest-neighbours``, ``one-class-svm``, ``pca``.
    name : str
        C identifier of the model, and name of its score.
    seed : int
        Decides all randomness.
    **options
        As `DETECTORS` lists them for the family, with their defaults; those of
        scikit-learn have its names. ``n_prototypes`` is the number of windows that
        neighbours keep in flash; ``n_components`` of ``pca`` may be a share of the
        variance, and its ``statistic`` is T squared, Q, or both, each in units of its
        99 % quantile (H. H. Yue and S. J. Qin, Ind. Eng. Chem. Res. 40 (2001), 4403).

    Returns
    -------
    TrainedModel
        Of kind ``score``, >= 0: the larger, the further from what was seen.

    Raises
    ------
    ValueError
        If the table does not suffice or an option is out of range; names what.
    TypeError
        If the family has no such option.
    """
    entry = DETECTORS[family]
    for key in options:
        if key not in entry.options:
            hint = nearest(key, entry.options)
            raise TypeError(
                f"{family}: found option {key!r}, expected one of "
                f"{', '.join(entry.options)}{hint}"
            )
    require_seed(seed, family=family)
    require_table(table, family=family, at_least=20)
    scaler = Scaler.fit(table.x)
    z = scaler.apply(table.x).astype(np.float64)
    if not (scaler.inv_sd > 0).any():
        raise ValueError(f"{family}: no feature varies, expected at least one")
    settings = entry.options | options
    graph = GraphWriter(len(table.names))
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums over threads would depend on their number
        entry.write(graph, graph.scale(scaler), z, seed, **settings)
    return TrainedModel(
        name=name,
        family=family,
        kind="score",
        onnx=graph.finish(family.replace("-", "_")),
        outputs=(name,),
        n_features=len(table.names),
        params={key: str(value) for key, value in settings.items()},
        table_hash=table.hash,
        contract_id=table.contract_id,
        seed=seed,
    )


def option_names(family: str) -> list[str]:
    """Return the names of the options that a family has besides its settings."""
    return sorted(DETECTORS[family].options)


# ---- parts of graphs ----


def _f32(graph: GraphWriter, name: str, value: ArrayLike) -> str:
    return graph.constant(name, np.ascontiguousarray(value, np.float32))


def _axes(graph: GraphWriter, name: str, *axes: int) -> str:
    return graph.constant(name, np.array(axes, np.int64))


def _sum(graph: GraphWriter, x: str, output: str, axis: int = 1) -> str:
    axes = _axes(graph, f"{output}_axis", axis)
    return graph.node("ReduceSum", [x, axes], output, keepdims=int(axis == 1))


def _square(graph: GraphWriter, x: str, output: str) -> str:
    return graph.node("Mul", [x, x], output)


def _finished(graph: GraphWriter, score: str, factor: float, offset: float) -> None:
    """Write the score as a multiple of what was found, at least 0."""
    scaled = graph.node("Mul", [score, _f32(graph, "factor", [factor])], "scaled")
    moved = graph.node("Add", [scaled, _f32(graph, "offset", [offset])], "moved")
    graph.node("Relu", [moved], "score")


def _at_least(family: str, option: str, value: float, least: float) -> None:
    if not value >= least:
        raise ValueError(f"{family}: {option} {value}, expected at least {least}")


# ---- families ----


def _mahalanobis(graph: GraphWriter, z: str, x: F64, seed: int) -> None:
    """Distance by the covariance, shrunk as Ledoit and Wolf do."""
    from sklearn.covariance import LedoitWolf

    model = LedoitWolf().fit(x)
    values, vectors = np.linalg.eigh(model.get_precision())
    whiten = vectors * np.sqrt(np.maximum(values, 0.0))
    turned = graph.node("MatMul", [z, _f32(graph, "whiten", whiten)], "turned")
    place = _f32(graph, "place", model.location_ @ whiten)
    centred = graph.node("Sub", [turned, place], "whitened")
    squares = _sum(graph, _square(graph, centred, "squares"), "squared_distance")
    graph.node("Sqrt", [squares], "score")


def _pca(
    graph: GraphWriter, z: str, x: F64, seed: int, *,
    n_components: float, statistic: Statistic,
) -> None:  # fmt: skip
    """T squared within the plane of the most variance, Q beside it, or both."""
    from sklearn.decomposition import PCA

    if statistic not in get_args(Statistic):
        raise ValueError(
            f"pca: statistic {statistic!r}, expected one of "
            f"{', '.join(get_args(Statistic))}"
        )
    most = x.shape[1] - 1
    if not n_components > 0 or n_components > max(most, 1):
        raise ValueError(
            f"pca: n_components {n_components}, expected a share below 1 or 1 to {most}"
        )
    share = n_components < 1
    model = PCA(float(n_components) if share else int(n_components), svd_solver="full")
    parts = model.fit_transform(x)
    within, weights = (
        model.components_,
        1.0 / np.maximum(model.explained_variance_, _TINY),
    )
    t2 = (parts**2 * weights).sum(1)
    q = ((x - model.inverse_transform(parts)) ** 2).sum(1)
    code = graph.node("MatMul", [z, _f32(graph, "plane", within.T)], "code")
    scores = {}
    if statistic != "q":
        at = graph.node("Mul", [code, _f32(graph, "rates", np.sqrt(weights))], "rated")
        scores["t2"] = _sum(graph, _square(graph, at, "rated_squares"), "t_squared")
    if statistic != "t2":
        back = graph.node("MatMul", [code, _f32(graph, "back", within)], "back_in")
        rest = graph.node("Sub", [z, back], "rest")
        scores["q"] = _sum(graph, _square(graph, rest, "rest_squares"), "q")
    limits = {"t2": np.quantile(t2, _LIMIT), "q": np.quantile(q, _LIMIT)}
    scaled = [
        graph.node(
            "Mul",
            [found, _f32(graph, f"limit_{key}", [1.0 / max(limits[key], _TINY)])],
            f"{key}_in_limits",
        )
        for key, found in scores.items()
    ]
    graph.node("Add" if len(scaled) == 2 else "Identity", scaled, "score")


def _mixture(
    graph: GraphWriter, z: str, x: F64, seed: int, *,
    n_components: int, regularisation: float,
) -> None:  # fmt: skip
    """Logarithm of the largest possible density over the one here, at least 0."""
    from sklearn.mixture import GaussianMixture

    _at_least("gaussian-mixture", "n_components", n_components, 1)
    model = GaussianMixture(
        n_components, random_state=seed, reg_covar=regularisation, n_init=2
    ).fit(x)
    k, d = model.means_.shape
    roots = model.precisions_cholesky_
    turn = np.concatenate(list(roots), axis=1)
    place = np.concatenate([m @ r for m, r in zip(model.means_, roots, strict=True)])
    heights = np.log(model.weights_) + np.log(
        np.abs(np.diagonal(roots, axis1=1, axis2=2))
    ).sum(1)
    turned = graph.node("MatMul", [z, _f32(graph, "turn", turn)], "turned")
    centred = graph.node("Sub", [turned, _f32(graph, "place", place)], "whitened")
    shape = graph.constant("by_component", np.array([-1, k, d], np.int64))
    apart = graph.node("Reshape", [centred, shape], "components")
    squares = _sum(graph, _square(graph, apart, "squares"), "square_distances", 2)
    halves = graph.node("Mul", [squares, _f32(graph, "half", [-0.5])], "halves")
    levels = graph.node("Add", [halves, _f32(graph, "heights", heights)], "levels")
    density = graph.node("ReduceLogSumExp", [levels], "density", axes=[1], keepdims=1)
    _finished(graph, density, -1.0, float(np.logaddexp.reduce(heights)))


def _one_class(
    graph: GraphWriter, z: str, x: F64, seed: int, *, nu: float,
    gamma: float | Literal["scale"],
) -> None:  # fmt: skip
    """Sum of radial functions about the support vectors, from its largest value."""
    from sklearn.svm import OneClassSVM

    if not 0 < nu <= 1:
        raise ValueError(f"one-class-svm: nu {nu}, expected above 0 and at most 1")
    model = OneClassSVM(nu=nu, gamma=gamma).fit(x)
    weights = model.dual_coef_[0] / model.dual_coef_.sum()
    radial = graph.radial(z, model.support_vectors_, model._gamma)
    column = _f32(graph, "weights", weights[:, None])
    found = graph.node("MatMul", [radial, column], "support")
    _finished(graph, found, -1.0, 1.0)


def _nearest(
    graph: GraphWriter, z: str, rows: F64, k: int
) -> tuple[str, str]:  # distances and numbers of the nearest rows, nearest first
    count = graph.constant("k", np.array([k], np.int64))
    squares = graph.square_distances(z, rows)
    least, which = graph.nodes(
        "TopK", [squares, count], ["least_squares", "which"], axis=1, largest=0
    )
    return graph.node("Sqrt", [graph.node("Relu", [least], "above")], "least"), which


def _prototypes(family: str, x: F64, n_prototypes: int, k: int) -> F64:
    _at_least(family, "n_neighbors", k, 1)
    _at_least(family, "n_prototypes", n_prototypes, k + 1)
    rows = condensed(x, n_prototypes).astype(np.float64)
    if len(rows) <= k:
        raise ValueError(
            f"{family}: {len(rows)} different windows, expected more than n_neighbors "
            f"{k}"
        )
    return rows


def _neighbours(
    graph: GraphWriter, z: str, x: F64, seed: int, *,
    n_neighbors: int, n_prototypes: int,
) -> None:  # fmt: skip
    """Mean distance to the nearest of some windows that no window is far from."""
    rows = _prototypes("nearest-neighbours", x, n_prototypes, n_neighbors)
    least, _ = _nearest(graph, z, rows, n_neighbors)
    graph.node("ReduceMean", [least], "score", axes=[1], keepdims=1)


def _lof(
    graph: GraphWriter, z: str, x: F64, seed: int, *,
    n_neighbors: int, n_prototypes: int,
) -> None:  # fmt: skip
    """Local outlier factor among prototypes: M. M. Breunig et al., SIGMOD 2000."""
    from sklearn.neighbors import NearestNeighbors

    rows = _prototypes("lof", x, n_prototypes, n_neighbors)
    model = NearestNeighbors(n_neighbors=n_neighbors).fit(rows)
    near, at = model.kneighbors()
    reach = near[:, -1]
    density = 1.0 / (np.maximum(near, reach[at]).mean(1) + _TINY)
    least, which = _nearest(graph, z, rows, n_neighbors)
    reaches = graph.node("Gather", [_f32(graph, "reach", reach), which], "reaches")
    reached = graph.node("Max", [least, reaches], "reached")
    own = graph.node("ReduceMean", [reached], "sparsity", axes=[1], keepdims=1)
    others = graph.node("Gather", [_f32(graph, "density", density), which], "others")
    mean = graph.node("ReduceMean", [others], "density_there", axes=[1], keepdims=1)
    graph.node("Mul", [mean, own], "score")


def _isolation(
    graph: GraphWriter, z: str, x: F64, seed: int, *,
    n_estimators: int, max_samples: int | float | Literal["auto"],
) -> None:  # fmt: skip
    """Share of 2 to the power of minus the mean depth: F. T. Liu et al., ICDM 2008."""
    from sklearn.ensemble import IsolationForest

    _at_least("isolation-forest", "n_estimators", n_estimators, 1)
    model = IsolationForest(
        n_estimators=n_estimators, max_samples=max_samples, random_state=seed, n_jobs=1
    ).fit(x.astype(np.float32))
    depth = graph.trees(z, [e.tree_ for e in model.estimators_], _depths)
    expected = float(_mean_path(np.array([model.max_samples_]))[0])
    scale = -math.log(2.0) / (len(model.estimators_) * max(expected, _TINY))
    power = graph.node("Mul", [depth, _f32(graph, "per_depth", [scale])], "power")
    graph.node("Exp", [power], "score")


def _mean_path(n: NDArray[np.int64]) -> F64:
    """Mean depth of an unsuccessful search among n samples."""
    wide = np.maximum(n, 3).astype(np.float64)
    many = 2.0 * (np.log(wide - 1.0) + np.euler_gamma) - 2.0 * (wide - 1.0) / wide
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, many))


def _depths(tree: Any) -> F64:
    """Depth of each leaf plus what its samples would need below it."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    return depth + _mean_path(tree.n_node_samples)


DETECTORS = {
    "gaussian-mixture": Detector(_mixture, {"n_components": 3, "regularisation": 1e-3}),
    "isolation-forest": Detector(
        _isolation, {"n_estimators": 50, "max_samples": "auto"}
    ),
    "lof": Detector(_lof, {"n_neighbors": 10, "n_prototypes": 100}),
    "mahalanobis": Detector(_mahalanobis, {}),
    "nearest-neighbours": Detector(_neighbours, {"n_neighbors": 3, "n_prototypes": 50}),
    "one-class-svm": Detector(_one_class, {"nu": 0.05, "gamma": "scale"}),
    "pca": Detector(_pca, {"n_components": 0.95, "statistic": "both"}),
}
"""Families of detectors and their options."""
