"""XGBoost's trees through ONNX and C: its own answers."""

import numpy as np
import pytest

from ecmkit.errors import FormatError
from ecmkit.graph import GraphOnHost, compile_graph, import_estimator

xgboost = pytest.importorskip("xgboost")

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 200)
X = RNG.standard_normal((200, 6)) + 0.8 * Y[:, None] * np.linspace(-1, 1, 6)
X = X.astype(np.float32)
WITH_GAPS = np.where(RNG.random(X.shape) < 0.1, np.float32(np.nan), X)


def outputs(model, rows):
    host = GraphOnHost(compile_graph(import_estimator(model), name="m"), flags=("-O1",))
    found = [host.run(row[None]) for row in rows]
    return [np.concatenate(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize(
    ("rows", "labels"), [(X, Y), (X, (Y > 0).astype(int)), (WITH_GAPS, Y),
                         (WITH_GAPS, (Y > 0).astype(int))],
    ids=["three", "two", "three with gaps", "two with gaps"],
)  # fmt: skip
def test_classes_are_those_of_xgboost(rows, labels):
    model = xgboost.XGBClassifier(n_estimators=6, max_depth=4, n_jobs=1)
    model.fit(rows, labels)
    found, table = outputs(model, rows[:60])
    np.testing.assert_allclose(table, model.predict_proba(rows[:60]), rtol=1e-5)
    np.testing.assert_array_equal(found, model.predict(rows[:60]))


@pytest.mark.parametrize("rows", [X, WITH_GAPS], ids=["whole", "with gaps"])
def test_values_are_those_of_xgboost(rows):
    model = xgboost.XGBRegressor(n_estimators=6, max_depth=4, n_jobs=1)
    model.fit(rows, Y + X[:, 0])
    (found,) = outputs(model, rows[:60])
    np.testing.assert_allclose(found[:, 0], model.predict(rows[:60]), rtol=1e-5)


@pytest.mark.parametrize(
    "objective",
    ["count:poisson", "reg:gamma", "reg:tweedie", "reg:absoluteerror",
     "reg:pseudohubererror", "reg:squaredlogerror", "binary:logitraw"],
)  # fmt: skip
def test_each_known_objective_has_the_values_of_xgboost(objective):
    model = xgboost.XGBRegressor(objective=objective, n_estimators=4, n_jobs=1)
    y = Y > 0 if objective.startswith("binary") else 0.1 + Y + np.abs(X[:, 0])
    model.fit(X, y)
    (found,) = outputs(model, X[:40])
    np.testing.assert_allclose(found[:, 0], model.predict(X[:40]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("XGBRegressor", {"objective": "reg:logistic"}, "objective 'reg:logistic'"),
        ("XGBRegressor", {"booster": "dart"}, "booster 'dart', expected 'gbtree'"),
        ("XGBClassifier", {"objective": "multi:softmax"}, "objective 'multi:softmax'"),
        ("XGBClassifier", {"num_parallel_tree": 3}, "num_parallel_tree 3"),
        ("XGBRFClassifier", {}, "num_parallel_tree 2"),
    ],
)
def test_what_the_converter_writes_wrongly_is_refused(kind, settings, says):
    """Its files give other answers than XGBoost, without a word."""
    model = getattr(xgboost, kind)(n_estimators=2, n_jobs=1, **settings)
    model.fit(X, Y > 0 if "logistic" in says else Y)
    with pytest.raises(FormatError, match=f"{kind}: {says}"):
        import_estimator(model)
