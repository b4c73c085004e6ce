"""Fitted scikit-learn estimators through ONNX and C: their own answers to 1e-5."""

import numpy as np
import onnxruntime
import pytest
from skl2onnx import to_onnx
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, RobustScaler, StandardScaler
from sklearn.svm import SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ecmkit.graph import GraphOnHost, compile_graph, import_onnx

N, WIDTH = 240, 6


def data(classes: int):
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, N)
    x = rng.standard_normal((N, WIDTH)) + 0.8 * y[:, None] * np.linspace(-1, 1, WIDTH)
    return x.astype(np.float32), y


def outputs(model, x, options=None):
    """All outputs of the C for each row."""
    made = to_onnx(
        model, x[:1], options=options, target_opset={"": 18, "ai.onnx.ml": 3}
    )
    graph = import_onnx(made.SerializeToString())
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    rows = [host.run(row[None]) for row in x]
    return [np.concatenate([row[at] for row in rows]) for at in range(len(rows[0]))]


def by_onnxruntime(model, x, options):
    made = to_onnx(
        model, x[:1], options=options, target_opset={"": 18, "ai.onnx.ml": 3}
    )
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"X": x})


CLASSIFIERS = {
    "tree": DecisionTreeClassifier(max_depth=6, random_state=0),
    "forest": RandomForestClassifier(12, max_depth=7, random_state=0),
    "extra": ExtraTreesClassifier(12, max_depth=7, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=8, random_state=0),
    "logistic": LogisticRegression(max_iter=500),
    "mlp": MLPClassifier((9, 5), max_iter=60, random_state=0),
    "bayes": GaussianNB(),
    "scaled": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_probabilities_are_scikit_learns(name, classes):
    x, y = data(classes)
    model = CLASSIFIERS[name].fit(x, y)
    labels, table = outputs(model, x, {"zipmap": False})
    expected = model.predict_proba(x)
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=2e-6)
    clear = np.abs(np.diff(np.sort(expected)[:, -2:])[:, 0]) > 1e-5
    np.testing.assert_array_equal(labels[clear], model.predict(x)[clear])


REGRESSORS = {
    "tree": DecisionTreeRegressor(max_depth=6, random_state=0),
    "forest": RandomForestRegressor(12, max_depth=7, random_state=0),
    "boosting": GradientBoostingRegressor(n_estimators=8, random_state=0),
    "linear": LinearRegression(),
    "ridge": Ridge(),
    "mlp": MLPRegressor(hidden_layer_sizes=(9, 5), max_iter=60, random_state=0),
    "svr": SVR(C=2.0),
    "svr_linear": SVR(kernel="linear"),
    "svr_poly": SVR(kernel="poly", degree=2),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", REGRESSORS)
def test_predictions_are_scikit_learns(name):
    x, y = data(3)
    target = y + 0.3 * x[:, 0]
    model = REGRESSORS[name].fit(x, target)
    (found,) = outputs(model, x)
    np.testing.assert_allclose(found[:, 0], model.predict(x), rtol=1e-5, atol=1e-5)


TRANSFORMERS = {
    "standard": StandardScaler(),
    "min_max": MinMaxScaler(),
    "robust": RobustScaler(),
    "normalizer": Normalizer(),
    "pca": PCA(3),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transforms_are_scikit_learns(name):
    x, _ = data(2)
    model = TRANSFORMERS[name].fit(x)
    (found,) = outputs(model, x)
    np.testing.assert_allclose(found, model.transform(x), rtol=1e-5, atol=2e-6)


def test_linear_support_vectors_decide_as_scikit_learn():
    x, y = data(3)
    model = LinearSVC().fit(x, y)
    labels, scores = outputs(model, x, {"raw_scores": True})
    expected = model.decision_function(x)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(labels, model.predict(x))


def test_clusters_are_scikit_learns():
    x, _ = data(3)
    model = KMeans(4, n_init=2, random_state=0).fit(x)
    labels, distances = outputs(model, x)
    np.testing.assert_allclose(distances, model.transform(x), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(labels, model.predict(x))


@pytest.mark.filterwarnings("ignore")
def test_anomaly_scores_are_scikit_learns():
    x, _ = data(3)
    for model in (
        IsolationForest(n_estimators=10, random_state=0).fit(x),
        OneClassSVM(nu=0.1).fit(x),
    ):
        labels, scores = outputs(model, x)
        expected = model.decision_function(x)
        np.testing.assert_allclose(scores.reshape(-1), expected, rtol=1e-5, atol=1e-5)
        clear = np.abs(expected) > 1e-4
        np.testing.assert_array_equal(
            labels.reshape(-1)[clear], model.predict(x)[clear]
        )


@pytest.mark.filterwarnings("ignore")
def test_mixtures_and_neighbours_are_scikit_learns():
    x, y = data(3)
    mixture = GaussianMixture(3, random_state=0).fit(x)
    found = outputs(mixture, x, {"score_samples": True})
    np.testing.assert_allclose(found[1], mixture.predict_proba(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        found[2].reshape(-1), mixture.score_samples(x), rtol=1e-5, atol=1e-5
    )
    near = KNeighborsClassifier(5).fit(x, y)
    labels, table = outputs(near, x, {"zipmap": False, "optim": "cdist"})
    np.testing.assert_allclose(table, near.predict_proba(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(labels, near.predict(x))
