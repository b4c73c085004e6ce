from dataclasses import replace

import numpy as np
import pytest

from ecmkit.train import fit_kmeans
from tests.graph.oracles import run_onnx
from tests.synthetic import table


def test_a_centroid_has_distance_zero_and_scores_grow_with_distance() -> None:
    data = table()
    model = fit_kmeans(data, n_clusters=1, seed=0)
    middle = data.x.mean(axis=0, dtype=np.float64).astype(np.float32)
    sd = data.x.std(axis=0)
    steps = np.stack([middle + k * sd for k in range(4)])
    score = run_onnx(model.onnx, steps)[:, 0]
    np.testing.assert_allclose(score, np.arange(4) * np.sqrt(12), atol=1e-4)


def test_feature_that_does_not_vary_is_ignored() -> None:
    data = table()
    x = data.x.copy()
    x[:, 5] = 3.25
    model = fit_kmeans(replace(data, x=x), n_clusters=4, seed=0)
    before = run_onnx(model.onnx, x)
    x[:, 5] = 1e6
    np.testing.assert_array_equal(run_onnx(model.onnx, x), before)


def test_fewer_different_windows_than_clusters_are_refused() -> None:
    data = table()
    same = replace(data, x=np.repeat(data.x[:3], 100, axis=0))
    with pytest.raises(ValueError, match="3 different windows, expected at least 4"):
        fit_kmeans(same, n_clusters=4, seed=0)


@pytest.mark.parametrize("n_clusters", [0, 70000])
def test_number_of_clusters_out_of_range_is_refused(n_clusters: int) -> None:
    with pytest.raises(ValueError, match="n_clusters"):
        fit_kmeans(table(), n_clusters=n_clusters, seed=0)
