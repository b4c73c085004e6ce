"""The whole way of a distance: training, ONNX, C."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from tests.graph.oracles import run_onnx
from tests.synthetic import table


def test_c_computes_what_onnxruntime_and_sklearn_compute(trained, models) -> None:
    data, x = table(), table(n=500, seed=9).x
    found = models["kmeans"].predict(x)
    np.testing.assert_allclose(found, run_onnx(trained["kmeans"].onnx, x), rtol=3e-6)
    scaler = StandardScaler().fit(data.x.astype(np.float64))
    oracle = KMeans(5, n_init=10, random_state=1)
    oracle.fit(scaler.transform(data.x.astype(np.float64)))
    distance = oracle.transform(scaler.transform(x.astype(np.float64))).min(axis=1)
    np.testing.assert_allclose(found[:, 0], distance, rtol=1e-4)
