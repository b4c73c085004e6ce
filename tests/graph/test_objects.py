"""Fitted estimators and modules of PyTorch, taken as they are."""

import numpy as np
import pytest
import torch
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import (
    KNeighborsClassifier,
    LocalOutlierFactor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

from ecmkit.errors import FormatError
from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_estimator,
    import_module,
    import_onnx,
)

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 120)
X = (RNG.standard_normal((120, 5)) + Y[:, None]).astype(np.float32)


def results(graph, rows):
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    found = [host.run(row[None]) for row in rows]
    return [np.concatenate(column) for column in zip(*found, strict=True)]


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(max_iter=500),
        make_pipeline(StandardScaler(), KNeighborsClassifier(3)),
        make_pipeline(PCA(3), make_pipeline(StandardScaler(), LogisticRegression())),
    ],
)
def test_classifiers_and_pipelines_are_taken_as_they_are(model):
    labels, table = results(import_estimator(model.fit(X, Y)), X[:40])
    expected = model.predict_proba(X[:40])
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(labels, model.predict(X[:40]))


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingRegressor(max_iter=8),
        HistGradientBoostingClassifier(max_iter=8),
        make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=4)),
    ],
)
@pytest.mark.parametrize("classes", [2, 3])
def test_boosted_trees_over_bins_are_taken_with_missing_values(model, classes):
    rows = X.copy()
    rows[RNG.random(rows.shape) < 0.1] = np.nan
    y = Y % classes
    if isinstance(model, HistGradientBoostingRegressor):
        model.fit(rows, y + np.nan_to_num(rows[:, 0]))
        expected = model.predict(rows)[:, None]
    else:
        expected = model.fit(rows, y).predict_proba(rows)
    found = results(import_estimator(model), rows)
    np.testing.assert_allclose(found[-1], expected, rtol=1e-5, atol=2e-6)
    if len(found) > 1:
        np.testing.assert_array_equal(found[0], model.predict(rows))


@pytest.mark.parametrize(
    "model",
    [
        RadiusNeighborsClassifier(3.0),
        RadiusNeighborsRegressor(3.0),
        GaussianProcessRegressor(),
    ],
)
def test_what_goes_by_distances_is_written_without_a_scan(model):
    model.fit(X, Y)
    classifies = hasattr(model, "predict_proba")
    expected = model.predict_proba(X[:20]) if classifies else model.predict(X[:20])
    found = results(import_estimator(model), X[:20])
    np.testing.assert_allclose(
        found[-1].reshape(20, -1), expected.reshape(20, -1), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"boosting_type": "rf", "subsample": 0.7, "subsample_freq": 1}, "'rf'"),
        ({"objective": "multiclassova"}, "objective 'multiclassova'"),
        ({"reg_sqrt": True}, "reg_sqrt True"),
        ({"linear_tree": True}, "linear_tree True"),
        ({"sigmoid": 2.0}, "sigmoid 2.0"),
    ],
)
def test_what_the_converter_of_lightgbm_writes_wrongly_is_refused(settings, says):
    lightgbm = pytest.importorskip("lightgbm")
    values = {"reg_sqrt", "linear_tree"} & set(settings)
    kind = lightgbm.LGBMRegressor if values else lightgbm.LGBMClassifier
    model = kind(n_estimators=2, n_jobs=1, verbose=-1, **settings)
    model.fit(X, Y % 2 if "sigmoid" in settings else Y)
    with pytest.raises(FormatError, match=f"LGBM.*: .*{says} has no form"):
        import_estimator(model)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("machine", [SVC(), NuSVC(nu=0.4), LogisticRegression()])
def test_one_against_the_rest_has_the_scores_of_scikit_learn(machine):
    model = OneVsRestClassifier(machine).fit(X, Y)
    known = hasattr(model, "predict_proba")
    labels, found = results(import_estimator(model), X[:40])
    expected = (model.predict_proba if known else model.decision_function)(X[:40])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(labels, model.predict(X[:40]))


def test_splits_of_categories_are_refused():
    rows = np.abs(X).round()
    model = HistGradientBoostingRegressor(max_iter=3, categorical_features=[0])
    with pytest.raises(FormatError, match="splits of categories have no form in ONNX"):
        import_estimator(model.fit(rows, rows[:, 0] % 3))


def test_other_kinds_of_estimators_are_taken():
    machine = LinearSVC().fit(X, Y)
    labels = results(import_estimator(machine), X[:20])[0]
    np.testing.assert_array_equal(labels, machine.predict(X[:20]))
    line = Ridge().fit(X, X[:, 0] + Y)
    (values,) = results(import_estimator(line), X[:20])
    np.testing.assert_allclose(values[:, 0], line.predict(X[:20]), rtol=1e-5)
    outliers = LocalOutlierFactor(novelty=True).fit(X)
    _, scores = results(import_estimator(outliers), X[:20])
    expected = outliers.decision_function(X[:20])
    np.testing.assert_allclose(scores[:, 0], expected, rtol=1e-4, atol=1e-5)


def test_estimators_that_cannot_be_taken_are_refused_with_advice():
    with pytest.raises(FormatError, match="LogisticRegression: not fitted"):
        import_estimator(LogisticRegression())
    envelope = EllipticEnvelope(random_state=0).fit(X)
    with pytest.raises(FormatError, match=r"Envelope: .*`graph.import_detector` takes"):
        import_estimator(envelope)


def test_a_module_is_taken_as_it_evaluates():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv1d(1, 4, 3, padding=1), torch.nn.BatchNorm1d(4), torch.nn.ReLU(),
        torch.nn.Dropout(0.5), torch.nn.Flatten(), torch.nn.Linear(4 * 8, 3),
    )  # fmt: skip
    rows = RNG.standard_normal((6, 1, 8)).astype(np.float32)
    net(torch.from_numpy(rows))
    made = import_module(net, np.zeros((1, 1, 8)))
    assert net.training
    (found,) = results(made, rows)
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_module_of_two_inputs():
    class Two(torch.nn.Module):
        def forward(self, a, b):
            return a * 2 + b.sum(1, keepdim=True)

    made = import_module(Two(), [np.zeros((1, 3)), np.zeros((1, 4))], n_inputs=2)
    a = np.array([[1, 2, 3]], np.float32)
    b = np.array([[1, 1, 1, 2]], np.float32)
    (found,) = GraphOnHost(compile_graph(made, name="m")).run(a, b)
    np.testing.assert_array_equal(found, [[7, 9, 11]])


def test_modules_that_cannot_be_taken_are_refused():
    with pytest.raises(FormatError, match=r"list: expected a torch\.nn\.Module"):
        import_module([], [[0.0]])
    with pytest.raises(FormatError, match="Linear: cannot be exported"):
        import_module(torch.nn.Linear(4, 2), [[0.0, 0.0]])
    with pytest.raises(FormatError, match="1 examples, expected 2"):
        import_module(torch.nn.Linear(4, 2), [[0.0]], n_inputs=2)


def test_what_the_newer_exporter_of_pytorch_writes_compiles():
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv1d(2, 4, 5, stride=2, padding=2), torch.nn.BatchNorm1d(4),
        torch.nn.GELU(), torch.nn.AvgPool1d(2), torch.nn.Flatten(),
        torch.nn.LayerNorm(16), torch.nn.Linear(16, 3), torch.nn.Softmax(1),
    ).eval()  # fmt: skip
    rows = RNG.standard_normal((4, 2, 16)).astype(np.float32)
    with torch.no_grad():
        program = torch.onnx.export(
            net, (torch.from_numpy(rows[:1]),), dynamo=True, verbose=False
        )
        expected = net(torch.from_numpy(rows)).numpy()
    made = import_onnx(program.model_proto.SerializeToString())
    (found,) = results(made, rows)
    np.testing.assert_allclose(found.reshape(4, 3), expected, rtol=1e-5, atol=1e-6)
