"""Detectors: the scores of scikit-learn, and that strange windows score high."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.svm import OneClassSVM

from ecmkit import graph
from ecmkit.graph import condensed
from ecmkit.train import fit
from ecmkit.train.detectors import DETECTORS
from ecmkit.train.scaler import Scaler
from tests.synthetic import table

DATA = table(separation=2.0)
NORMAL = DATA.rows(DATA.label == "ball")
FRESH = table(separation=2.0, n=300, seed=9)
SCALER = Scaler.fit(NORMAL.x)
Z, ALL = (SCALER.apply(x).astype(float) for x in (NORMAL.x, FRESH.x))


def mixture():
    model = GaussianMixture(3, random_state=0, reg_covar=1e-3, n_init=2).fit(Z)
    peaks = [
        np.log(w) - 0.5 * np.linalg.slogdet(c)[1]
        for w, c in zip(model.weights_, model.covariances_, strict=True)
    ]
    most = np.logaddexp.reduce(peaks) - 6 * np.log(2 * np.pi)
    return most - model.score_samples(ALL)


def both():
    model = PCA(0.95, svd_solver="full").fit(Z)

    def parts(z):
        t = model.transform(z)
        rest = z - model.inverse_transform(t)
        return (t**2 / model.explained_variance_).sum(1), (rest**2).sum(1)

    limits = [np.quantile(part, 0.99) for part in parts(Z)]
    return sum(p / limit for p, limit in zip(parts(ALL), limits, strict=True))


def support():
    model = OneClassSVM(nu=0.05).fit(Z)
    return 1 - model.score_samples(ALL) / model.dual_coef_.sum()


def factor():
    rows = condensed(Z, 100).astype(float)
    return -LocalOutlierFactor(10, novelty=True).fit(rows).score_samples(ALL)


def nearest():
    near = NearestNeighbors(n_neighbors=3).fit(condensed(Z, 50).astype(float))
    return near.kneighbors(ALL)[0].mean(1)


def isolation():
    model = IsolationForest(n_estimators=50, random_state=0)
    return -model.fit(Z.astype(np.float32)).score_samples(ALL.astype(np.float32))


ORACLES = {
    "gaussian-mixture": mixture,
    "isolation-forest": isolation,
    "lof": factor,
    "mahalanobis": lambda: np.sqrt(LedoitWolf().fit(Z).mahalanobis(ALL)),
    "nearest-neighbours": nearest,
    "one-class-svm": support,
    "pca": both,
}


def test_every_detector_is_tested_here():
    assert set(ORACLES) == set(DETECTORS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", sorted(DETECTORS))
def test_scores_are_those_of_scikit_learn(family):
    model = fit(NORMAL, family=family, seed=0)
    found = model.predict(FRESH.x)
    np.testing.assert_allclose(found[:, 0], ORACLES[family](), rtol=1e-3, atol=1e-4)
    host = graph.GraphOnHost(model.compile(), flags=("-O0",))
    in_c = np.concatenate([host.run(row[None])[0] for row in FRESH.x[:20]])
    np.testing.assert_allclose(in_c, found[:20], rtol=1e-4, atol=1e-5)
    assert roc_auc_score(FRESH.label == "normal", found[:, 0]) > 0.95


def test_statistics_of_a_plane_can_be_had_apart():
    scores = {
        which: fit(NORMAL, family="pca", seed=0, statistic=which).predict(FRESH.x)
        for which in ("both", "t2", "q")
    }
    np.testing.assert_allclose(scores["t2"] + scores["q"], scores["both"], rtol=1e-4)


@pytest.mark.parametrize(
    ("family", "options", "error", "says"),
    [
        ("pca", {"statistic": "r"}, ValueError, "both, t2, q"),
        ("pca", {"n_components": 12}, ValueError, "1 to 11"),
        ("lof", {"n_neighbours": 3}, TypeError, "mean 'n_neighbors'"),
        ("lof", {"n_neighbors": 0}, ValueError, "at least 1"),
        ("nearest-neighbours", {"n_prototypes": 3}, ValueError, "at least 4"),
        ("one-class-svm", {"nu": 0}, ValueError, "nu 0"),
        ("gaussian-mixture", {"n_components": 0}, ValueError, "n_components 0"),
        ("isolation-forest", {"n_estimators": 0}, ValueError, "n_estimators 0"),
    ],
)
def test_settings_out_of_range_are_refused(family, options, error, says):
    with pytest.raises(error, match=says):
        fit(NORMAL, family=family, seed=0, **options)


def test_windows_that_are_all_the_same_are_refused():
    same = NORMAL.rows(np.zeros(len(NORMAL.x), bool) | (np.arange(len(NORMAL.x)) < 30))
    same.x[:] = same.x[0]
    with pytest.raises(ValueError, match="no feature varies"):
        fit(same, family="mahalanobis", seed=0)
