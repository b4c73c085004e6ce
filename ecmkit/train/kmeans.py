"""k-means: an anomaly score from the distance to what was seen."""

import numpy as np
from numpy.typing import NDArray

from ecmkit.features.table import FeatureTable
from ecmkit.train.checks import require_seed, require_table
from ecmkit.train.model import TrainedModel
from ecmkit.train.onnx_writer import GraphWriter
from ecmkit.train.scaler import Scaler

__all__ = ["fit_kmeans"]


def fit_kmeans(
    table: FeatureTable,
    *,
    n_clusters: int = 8,
    n_starts: int = 10,
    name: str = "distance",
    seed: int,
) -> TrainedModel:
    """Cluster the standardised features; the score is the distance to a centroid.

    Parameters
    ----------
    table : FeatureTable
        Windows of the normal state, at least `n_clusters` different ones; labels are
        not read.
    n_clusters : int
        Number of centroids, 1 to 65535.
    n_starts : int
        Starts from which the best result is taken.
    name : str
        C identifier of the model, and name of its score.
    seed : int
        Decides all randomness.

    Returns
    -------
    TrainedModel
        Of kind ``score``: Euclidean distance to the nearest centroid in units of the
        features' standard deviations, >= 0. Features that do not vary are ignored.

    Raises
    ------
    ValueError
        If the table does not suffice; names what.

    References
    ----------
    S. P. Lloyd, IEEE Trans. Inf. Theory 28 (1982), 129-137.
    """
    if not 1 <= n_clusters <= 0xFFFF:
        raise ValueError(f"k-means: n_clusters {n_clusters}, expected 1 to 65535")
    require_seed(seed, family="k-means")
    require_table(table, family="k-means", at_least=max(2, n_clusters))
    scaler = Scaler.fit(table.x)
    z = scaler.apply(table.x)
    distinct = len(np.unique(z, axis=0))
    if distinct < n_clusters:
        raise ValueError(
            f"k-means: {distinct} different windows, expected at least {n_clusters}"
        )
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    kmeans = KMeans(n_clusters, n_init=n_starts, random_state=seed)
    with threadpool_limits(1):  # sums over threads would depend on their number
        kmeans.fit(z.astype(np.float64))
    centroids = np.ascontiguousarray(kmeans.cluster_centers_, np.float32)
    return TrainedModel(
        name=name,
        family="k-means",
        kind="score",
        onnx=_onnx_of(scaler, centroids),
        outputs=(name,),
        n_features=len(table.names),
        params={"n_clusters": str(n_clusters), "n_starts": str(n_starts)},
        table_hash=table.hash,
        contract_id=table.contract_id,
        seed=seed,
    )


def _onnx_of(scaler: Scaler, centroids: NDArray[np.float32]) -> bytes:
    graph = GraphWriter(centroids.shape[1])
    z = graph.scale(scaler)
    distances = graph.square_distances(z, centroids)
    least = graph.node("ReduceMin", [distances], "least", axes=[1], keepdims=1)
    graph.node("Sqrt", [least], "score")
    return graph.finish("kmeans")
