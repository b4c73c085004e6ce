"""Estimators that skl2onnx writes with other answers than scikit-learn's."""

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("skl2onnx")
from sklearn.ensemble import BaggingClassifier
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC, NuSVC

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_estimator

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 120)
X = (RNG.standard_normal((120, 5)) + Y[:, None]).astype(np.float32)
NAMES = np.array([7, 3, 12])
"""Classes whose numbers are not their labels."""


def results(graph, rows):
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    found = [host.run(row[None]) for row in rows]
    return [np.concatenate(column) for column in zip(*found, strict=True)]


def equals_scikit_learn(model, rows, y):
    model.fit(X, y)
    labels, table = results(import_estimator(model), rows)
    known = hasattr(model, "predict_proba")
    expected = (model.predict_proba if known else model.decision_function)(rows)
    if expected.ndim == 1:
        expected = np.stack([-expected, expected], axis=1)
    near = 2e-6 * (1 if known else np.abs(expected).max())
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=near)
    np.testing.assert_array_equal(labels, model.predict(rows))


# ---- linear classifiers ----


@pytest.mark.parametrize("loss", ["modified_huber", "log_loss", "hinge"])
@pytest.mark.parametrize("classes", [2, 3])
def test_labels_of_stochastic_gradients_come_from_the_scores(loss, classes):
    # Scores of features that are not scaled: most probabilities are 0 or 1.
    model = SGDClassifier(loss=loss, random_state=0)
    equals_scikit_learn(model, X[:60], NAMES[Y % classes])


def test_classes_that_all_have_no_probability_get_equal_ones():
    model = SGDClassifier(loss="modified_huber", random_state=0).fit(X, Y)
    rows = X[(model.decision_function(X) < -1).all(axis=1)][:5]
    assert len(rows)
    _, table = results(import_estimator(model), rows)
    np.testing.assert_allclose(table, 1 / 3, rtol=1e-6)
    rest = OneVsRestClassifier(model).fit(X, Y)
    rows = X[(rest.decision_function(X) < -1).all(axis=1)][:5]
    assert len(rows)
    _, table = results(import_estimator(rest), rows)
    np.testing.assert_array_equal(table, 0)


@pytest.mark.parametrize(
    "machine",
    [
        RidgeClassifier(),
        LinearSVC(),
        SGDClassifier(random_state=0),
        SGDClassifier(loss="log_loss", random_state=0),
        SGDClassifier(loss="modified_huber", random_state=0),
    ],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_one_linear_classifier_against_the_rest(machine, classes):
    equals_scikit_learn(OneVsRestClassifier(machine), X[:60], NAMES[Y % classes])


@pytest.mark.parametrize(
    "model",
    [
        SGDClassifier(random_state=0),
        OneVsRestClassifier(LinearSVC()),
        OneVsOneClassifier(LinearSVC()),
        BaggingClassifier(RidgeClassifier(), n_estimators=3, random_state=0),
        KNeighborsClassifier(weights="distance"),
    ],
)
def test_labels_that_are_texts_leave_as_numbers_of_classes(model):
    names = np.array(["worn", "cracked", "healthy"])
    model.fit(X, names[Y])
    labels, _ = results(import_estimator(model), X[:20])
    np.testing.assert_array_equal(model.classes_[labels], model.predict(X[:20]))


# ---- several models ----


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "machine",
    [
        SVC(probability=True, random_state=0),
        RidgeClassifier(),
        SGDClassifier(loss="modified_huber", random_state=0),
    ],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_one_against_one_compares_decisions(machine, classes):
    model = OneVsOneClassifier(machine).fit(X, NAMES[Y % classes])
    labels, scores = results(import_estimator(model), X[:40])
    scores = scores[:, 1] if classes == 2 else scores
    expected = model.decision_function(X[:40])
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(labels, model.predict(X[:40]))


@pytest.mark.filterwarnings("ignore")
def test_what_has_other_labels_than_its_probabilities_is_refused():
    machine = SVC(probability=True, random_state=0)
    with pytest.raises(FormatError, match=r"probability=True, expected False: their"):
        import_estimator(OneVsRestClassifier(machine).fit(X, Y))
    several = np.stack([Y == 0, Y > 1], axis=1).astype(int)
    with pytest.raises(FormatError, match=r"several labels a row from Ridge"):
        import_estimator(OneVsRestClassifier(RidgeClassifier()).fit(X, several))


@pytest.mark.parametrize(
    "machine", [RidgeClassifier(), SGDClassifier(random_state=0), NuSVC(nu=0.4)]
)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_bag_without_probabilities_counts_votes(machine, classes):
    model = BaggingClassifier(machine, n_estimators=5, random_state=0)
    equals_scikit_learn(model, X[:40], NAMES[Y % classes])


def test_a_bag_whose_estimators_miss_a_class_is_refused():
    model = BaggingClassifier(KNeighborsClassifier(1), max_samples=4, random_state=0)
    with pytest.raises(FormatError, match=r"not seen every class, expected all 3: "):
        import_estimator(model.fit(X, Y))


# ---- neighbours ----


@pytest.mark.parametrize("kind", [KNeighborsClassifier, KNeighborsRegressor])
@pytest.mark.parametrize("targets", [1, 2])
def test_neighbours_are_weighted_by_their_distances(kind, targets):
    x = X.copy()
    x[1] = x[0]  # two rows at the distance zero
    x[2:4] = x[2] + np.float32([[0], [1e-4]])
    rows = np.concatenate([x[:20], x[:20] + np.float32(0.3)])
    y = NAMES[Y] if targets == 1 else np.stack([Y, Y * 0.5 - 1], axis=1)
    model = kind(4, weights="distance")
    if kind is KNeighborsRegressor:
        (found,) = results(import_estimator(model.fit(x, y)), rows)
        expected = model.predict(rows).reshape(40, -1)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    elif targets == 2:
        with pytest.raises(FormatError, match="'distance' with several targets"):
            import_estimator(model.fit(x, (2 * y).astype(int)))
    else:
        labels, table = results(import_estimator(model.fit(x, y)), rows)
        expected = model.predict_proba(rows)
        np.testing.assert_allclose(table, expected, rtol=1e-5, atol=2e-6)
        np.testing.assert_array_equal(labels, model.predict(rows))


@pytest.mark.parametrize("kind", [RadiusNeighborsClassifier, RadiusNeighborsRegressor])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_neighbours_within_a_radius_have_any_scale_and_outliers(kind, weights):
    x = X * np.float32(1e-3)
    model = kind(2e-3, weights=weights)
    rows = np.concatenate([x[:30], x[:30] + np.float32(3e-4)])
    if kind is RadiusNeighborsRegressor:
        (found,) = results(import_estimator(model.fit(x, X[:, 0])), rows)
        expected = model.predict(rows)
        np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5, atol=2e-6)
        return
    model.set_params(outlier_label=12).fit(x, NAMES[Y])
    rows = np.concatenate([rows, np.full((2, 5), 9, np.float32)])
    labels, table = results(import_estimator(model), rows)
    expected = model.predict_proba(rows)
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(labels, model.predict(rows))
    assert (labels[-2:] == 12).all()
    with pytest.raises(FormatError, match="outlier_label 5, expected a class"):
        import_estimator(model.set_params(outlier_label=5).fit(x, NAMES[Y]))


def test_missing_values_go_by_what_is_simple():
    rows = X.copy()
    rows[RNG.random(rows.shape) < 0.1] = np.nan
    model = make_pipeline(KNNImputer(), SGDClassifier(random_state=0)).fit(rows, Y)
    with pytest.raises(FormatError, match=r"KNNImputer .*: SimpleImputer has"):
        import_estimator(model)
    model = make_pipeline(SimpleImputer(), SGDClassifier(random_state=0)).fit(rows, Y)
    labels, _ = results(import_estimator(model), rows[:20])
    np.testing.assert_array_equal(labels, model.predict(rows[:20]))
