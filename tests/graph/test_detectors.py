"""Detectors of anomalies: scikit-learn's scores in C, and what they mean."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from sklearn.cluster import KMeans
from sklearn.covariance import EllipticEnvelope, LedoitWolf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from ecmkit.errors import FormatError
from ecmkit.graph import (
    GraphOnHost,
    calibrated,
    compile_graph,
    condensed,
    import_detector,
    import_onnx,
    reconstruction_error,
)
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor

RNG = np.random.default_rng(2)
HEALTHY = (RNG.normal(size=(200, 5)) @ RNG.normal(size=(5, 5))).astype(np.float32)
ROWS = np.concatenate([HEALTHY[:40], 4 * HEALTHY[40:60] + 3])


def scores(graph, rows=ROWS):
    host = GraphOnHost(compile_graph(graph, name="score"), flags=("-O0",))
    found = [host.run(row[None].reshape(graph.tensors["x"].shape)) for row in rows]
    return [np.array([row[at].item() for row in found]) for at in range(len(found[0]))]


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", [EllipticEnvelope(random_state=0), LedoitWolf()])
def test_mahalanobis_distances(model):
    model.fit(HEALTHY)
    close(scores(import_detector(model))[0], model.mahalanobis(ROWS))


def test_t2_and_q_of_a_plane():
    model = PCA(3).fit(HEALTHY)
    t2, q = scores(import_detector(model))
    parts = model.transform(ROWS.astype(float))
    rest = ROWS - model.inverse_transform(parts)
    close(t2, (parts**2 / model.explained_variance_).sum(1))
    close(q, (rest**2).sum(1))


def test_distances_to_centres_and_neighbours():
    means = KMeans(4, n_init=2, random_state=0).fit(HEALTHY)
    close(scores(import_detector(means))[0], means.transform(ROWS).min(1))
    near = NearestNeighbors(n_neighbors=3).fit(condensed(HEALTHY, 50))
    close(scores(import_detector(near))[0], near.kneighbors(ROWS)[0].mean(1))


def test_local_outlier_factors():
    model = LocalOutlierFactor(12, novelty=True).fit(condensed(HEALTHY, 80))
    close(scores(import_detector(model))[0], -model.score_samples(ROWS))


def test_unknown_detectors_are_refused_with_advice():
    forest = IsolationForest(n_estimators=2).fit(HEALTHY)
    with pytest.raises(FormatError, match="IsolationForest: expected one of Empirical"):
        import_detector(forest)
    near = NearestNeighbors(metric="manhattan").fit(HEALTHY)
    with pytest.raises(FormatError, match="'manhattan', expected 'euclidean'"):
        import_detector(near)
    with pytest.raises(FormatError, match="novelty=False"):
        import_detector(LocalOutlierFactor().fit(HEALTHY))


def test_reconstruction_error_of_an_autoencoder():
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 5)))
    w = RNG.normal(size=(5, 2)).astype(np.float32)
    code = b.map("tanh", b.matmul(x, b.constant(w)))
    graph = b.graph([b.matmul(code, b.constant(np.ascontiguousarray(w.T)))])
    expected = ((np.tanh(ROWS @ w) @ w.T - ROWS) ** 2).mean(1)
    close(scores(reconstruction_error(graph))[0], expected)
    with pytest.raises(FormatError, match=r"f32\[1, 5\] in and f32\[1, 2\] out"):
        reconstruction_error(b.graph([code]))


def test_condensed_rows_are_rows_and_cover():
    kept = condensed(HEALTHY, 40)
    assert {row.tobytes() for row in kept} <= {row.tobytes() for row in HEALTHY}
    gap = np.linalg.norm(HEALTHY[:, None] - kept, axis=2).min(1)
    between = np.linalg.norm(kept[:, None] - kept, axis=2) + 1e9 * np.eye(len(kept))
    # Gonzalez: nobody is further away than those that were kept are from each other.
    assert gap.max() <= between.min() + 1e-6
    assert len(condensed(np.ones((9, 2)), 4)) == 1
    with pytest.raises(ValueError, match="0 to keep"):
        condensed(HEALTHY, 0)


# ---- calibration ----


def score_graph():
    b = Builder()
    b.input("x", Tensor("f32", (1, 1)))
    return b.graph([b.map("mul", "x", b.constant(2.0, "f32"))])


def run(graph, values):
    return scores(graph, np.asarray(values, np.float32))[0]


def test_probabilities_are_those_of_healthy_windows():
    rates = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        reference, fresh = rng.gamma(2, 1, 1000), rng.gamma(2, 1, 1000)
        graph = calibrated(score_graph(), 2 * reference, unit="probability")
        p = run(graph, fresh)
        rates.append([(p < level).mean() for level in (0.5, 0.1, 0.02, 0.002)])
    # 4,000 new windows beside as many of reference: within four standard errors, and
    # what a broken line and an exponential tail are off.
    for rate, level in zip(np.mean(rates, 0), (0.5, 0.1, 0.02, 0.002), strict=True):
        error = np.sqrt(2 * level * (1 - level) / 4000)
        assert abs(rate - level) < 4 * error + 0.1 * level


def test_low_scores_mirror_high_ones():
    reference = np.random.default_rng(3).normal(size=100)
    x = np.linspace(-4, 4, 9)
    high = run(calibrated(score_graph(), 2 * reference), x)
    low = run(calibrated(score_graph(), -2 * reference, anomalous="low"), -x)
    np.testing.assert_allclose(low, high, rtol=1e-6)


def test_deviations_are_those_of_a_normal_distribution():
    reference = np.random.default_rng(0).normal(3, 0.5, 20000)
    graph = calibrated(score_graph(), 2 * reference)
    x = np.array([1.5, 2, 2.5, 3, 3.5, 4, 4.5])
    np.testing.assert_allclose(run(graph, x), (x - 3) / 0.5, atol=0.12)


@pytest.mark.parametrize("unit", ["deviations", "probability"])
def test_scores_far_out_do_not_saturate(unit):
    graph = calibrated(
        score_graph(), np.random.default_rng(1).normal(size=300), unit=unit
    )
    found = run(graph, [-9, -2, 0, 1, 2, 4, 8, 15])
    steps = np.diff(found if unit == "deviations" else -np.log(found))
    assert (steps > 0).all()
    assert np.isfinite(found).all()
    assert found.min() > 0 if unit == "probability" else found.max() > 10


@pytest.mark.parametrize("unused", [1, 3, 6])
def test_what_is_appended_takes_no_name_of_what_is_there(unused):
    """Of a graph whose unused constants are gone, names in between are free."""
    b = Builder()
    x = b.input("x", Tensor("f32", (1, 4)))
    for _ in range(unused):
        b.constant(RNG.normal(size=(4, 4)).astype(np.float32))
    weights = RNG.normal(size=(4, 4)).astype(np.float32)
    y = b.matmul(x, b.constant(weights))
    graph = reconstruction_error(b.graph([y]))
    rows = RNG.normal(size=(30, 4)).astype(np.float32)
    plain = ((rows @ weights - rows) ** 2).mean(axis=1)
    close(scores(graph, rows)[0], plain)
    made = calibrated(graph, np.linspace(0.1, 10.0, 300))
    found = scores(made, rows)[0]
    assert np.isfinite(found).all()
    order = np.argsort(plain)
    assert (np.diff(found[order]) >= 0).all()


def test_references_that_say_nothing_are_refused():
    with pytest.raises(ValueError, match="49 reference scores"):
        calibrated(score_graph(), np.arange(49))
    with pytest.raises(ValueError, match="nearly all the same"):
        calibrated(score_graph(), np.ones(100))
    b = Builder()
    b.input("x", Tensor("f32", (1, 2)))
    with pytest.raises(FormatError, match="expected one float32 element"):
        calibrated(b.graph([b.map("neg", "x")]), np.arange(100))


# ---- boosting as LightGBM and XGBoost are exported ----


@pytest.mark.parametrize("mode", ["LEQ", "LT", "GT", "GTE"])
@pytest.mark.parametrize("tracks", [(0, 0), (1, 0)])
def test_missing_values_go_where_the_tree_was_told(mode, tracks):
    node = helper.make_node(
        "TreeEnsembleClassifier", ["x"], ["label", "y"], domain="ai.onnx.ml",
        nodes_treeids=[0] * 5, nodes_nodeids=[0, 1, 2, 3, 4],
        nodes_featureids=[0, 0, 1, 0, 0], nodes_values=[0.5, 0, -1.0, 0, 0],
        nodes_modes=[f"BRANCH_{mode}", "LEAF", f"BRANCH_{mode}", "LEAF", "LEAF"],
        nodes_truenodeids=[1, 0, 3, 0, 0], nodes_falsenodeids=[2, 0, 4, 0, 0],
        nodes_missing_value_tracks_true=[tracks[0], 0, tracks[1], 0, 0],
        class_treeids=[0] * 3, class_nodeids=[1, 3, 4], class_ids=[0] * 3,
        class_weights=[-0.75, 0.5, 2.0], classlabels_int64s=[0, 1],
        post_transform="LOGISTIC", base_values=[0.25],
    )  # fmt: skip
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node], "g", [info("x", TensorProto.FLOAT, [1, 2])],
        [info("label", TensorProto.INT64, [1]), info("y", TensorProto.FLOAT, [1, 2])],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    data = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    data = data.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    compiled = compile_graph(import_onnx(data), name="m")
    host = GraphOnHost(compiled, flags=("-O0",))
    for a in (np.nan, 0.5, 1.0):
        for c in (np.nan, -1.0, 0.0):
            x = np.array([[a, c]], np.float32)
            for found, expected in zip(
                host.run(x), session.run(None, {"x": x}), strict=True
            ):
                np.testing.assert_allclose(found, expected, rtol=1e-6)
