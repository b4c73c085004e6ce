"""Distances against scikit-learn."""

import numpy as np
import pytest

from ecmkit._core import kmeans


@pytest.mark.parametrize("n_features", [1, 3, 4, 17])
def test_equals_scikit_learn(n_features: int) -> None:
    from sklearn.cluster import KMeans

    random = np.random.default_rng(n_features)
    x = random.normal(size=(300, n_features)).astype(np.float32)
    model = KMeans(n_clusters=7, n_init=1, random_state=0).fit(x)
    centroids = np.ascontiguousarray(model.cluster_centers_, np.float32)
    distance = np.empty(300, np.float32)
    cluster = np.empty(300, np.uint32)
    kmeans.distance_f32(centroids, x, distance, cluster)
    expected = model.transform(x)
    # scikit-learn expands the square, so small distances lose digits there
    np.testing.assert_allclose(distance, expected.min(1), rtol=1e-5, atol=2e-3)
    assert (cluster == expected.argmin(1)).mean() > 0.99
    exact = np.linalg.norm(x[:, None].astype(float) - centroids, axis=2)
    np.testing.assert_allclose(distance, exact.min(1), rtol=n_features * 2.0**-23)


def test_nan_stays_nan() -> None:
    distance, cluster = np.empty(1, np.float32), np.empty(1, np.uint32)
    kmeans.distance_f32(
        np.zeros((2, 2), np.float32),
        np.array([[0, np.nan]], np.float32),
        distance,
        cluster,
    )
    assert np.isnan(distance[0])


def test_wrong_shapes_are_refused() -> None:
    one, index = np.empty(1, np.float32), np.empty(1, np.uint32)
    x = np.zeros((1, 2), np.float32)
    with pytest.raises(ValueError, match="row of x"):
        kmeans.distance_f32(np.zeros((2, 3), np.float32), x, one, index)
    with pytest.raises(ValueError, match="empty"):
        kmeans.distance_f32(np.zeros((0, 2), np.float32), x, one, index)
    with pytest.raises(ValueError, match="distance"):
        kmeans.distance_f32(x, x, np.empty(2, np.float32), index)
