"""Estimators of scikit-learn and LightGBM: their own answers, in ONNX and in C."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit import graph
from ecmkit.train import fit
from ecmkit.train.estimators import ESTIMATORS
from tests.synthetic import table

SMALL = {
    "extra-trees": {"n_estimators": 5},
    "forest-regression": {"n_estimators": 5},
    "gradient-boosting": {"n_estimators": 5},
    "lightgbm": {"n_estimators": 5},
    "neighbours": {"n_prototypes": 40, "n_neighbors": 3},
}
CASES = [
    (family, task)
    for family, entry in ESTIMATORS.items()
    for task in ("classifier", "regressor")
    if getattr(entry, task)
]


def data(task, n_classes=3):
    made = table(n=160, n_classes=n_classes)
    if task == "classifier":
        return made
    size = 100 + 300 * made.x[:, 0] + 2 * (made.label == "ball")
    return replace(
        made, target=size.astype(np.float32), target_name="size", target_unit="mm"
    )


def in_c(model, x):
    host = graph.GraphOnHost(model.compile(), flags=("-O0",))
    return np.concatenate([host.run(row[None])[0] for row in x])


@pytest.mark.parametrize(("family", "task"), CASES)
def test_c_and_onnx_answer_as_the_estimator(family, task):
    rows = data(task)
    model = fit(rows, family=family, seed=0, **SMALL.get(family, {}))
    found = model.predict(rows.x)
    if task == "regressor":
        assert (model.kind, model.outputs) == ("values", ("size",))
        expected = model.estimator.predict(rows.x).reshape(-1, 1)
        if family == "svm":  # learnt in standard deviations of the target
            expected = expected * rows.target.std() + rows.target.mean()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-3)
    else:
        assert (model.kind, model.outputs) == ("class", ("ball", "inner", "normal"))
        if family == "svm":
            scores = model.estimator.decision_function(rows.x)
            shares = np.exp(scores)
            expected = shares / shares.sum(1, keepdims=True)
        else:
            expected = model.estimator.predict_proba(rows.x)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        in_c(model, rows.x[:25]), found[:25], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_support_vectors_decide_as_scikit_learn(kernel, n_classes):
    rows = data("classifier", n_classes)
    model = fit(rows, family="svm", seed=0, kernel=kernel)
    found = np.array(model.outputs)[model.predict(rows.x).argmax(1)]
    np.testing.assert_array_equal(found, model.estimator.predict(rows.x))


@pytest.mark.parametrize("task", ["classifier", "regressor"])
def test_neighbours_keep_few_windows_of_every_class(task):
    rows = data(task)
    model = fit(rows, family="neighbours", seed=0, n_prototypes=30)
    kept = model.estimator[-1]._fit_X
    assert 20 <= len(kept) <= 30
    whole = fit(rows, family="neighbours", seed=0, n_prototypes=1000)
    assert len(whole.estimator[-1]._fit_X) == len(rows.x)
    if task == "classifier":
        assert set(model.estimator.classes_) == {"ball", "inner", "normal"}


def test_learning_is_better_than_chance():
    rows = data("classifier")
    fresh = table(n=200, seed=5)
    for family, entry in ESTIMATORS.items():
        if entry.classifier:
            model = fit(rows, family=family, seed=0, **SMALL.get(family, {}))
            found = np.array(model.outputs)[model.predict(fresh.x).argmax(1)]
            assert (found == fresh.label).mean() > 0.6, family


@pytest.mark.parametrize(
    ("family", "task", "options", "error", "says"),
    [
        (
            "logistic",
            "classifier",
            {"c": 1},
            TypeError,
            "expected one of C, class_weight",
        ),
        ("svm", "classifier", {"kernel": "poly"}, ValueError, "one of rbf, linear"),
        ("neighbours", "classifier", {"n_prototypes": 1}, ValueError, "at least 2"),
        ("ridge", "classifier", {}, ValueError, "expected regression"),
        ("logistic", "regressor", {}, ValueError, "expected classification"),
        ("svm", "classifier", {"task": "anomaly"}, ValueError, "task 'anomaly'"),
        ("svm", "classifier", {"task": "regression"}, ValueError, "no target"),
    ],
)
def test_what_does_not_fit_is_refused(family, task, options, error, says):
    with pytest.raises(error, match=says):
        fit(data(task), family=family, seed=0, **options)
