"""Support vectors of two classes and more: scikit-learn's and onnxruntime's answers."""

import resource
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC, NuSVC

from ecmkit.errors import FormatError
from ecmkit.graph import (
    GraphOnHost,
    compile_graph,
    import_estimator,
    import_onnx,
    macs_of,
    problems_of,
    to_int8,
)
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor
from tests.graph.test_import import expected
from tests.graph.test_learners import by_onnxruntime, data, outputs

OPSETS = {"": 18, "ai.onnx.ml": 3}


def groups(classes, n=150, width=5):
    """Rows of classes that overlap, the last the most frequent, and their numbers."""
    rng = np.random.default_rng(classes)
    share = np.arange(1.0, classes + 1)
    y = rng.choice(classes, n, p=share / share.sum())
    y[: 8 * classes] = np.arange(8 * classes) % classes
    x = rng.standard_normal((n, width)) + 1.6 * rng.standard_normal((classes, width))[y]
    return x.astype(np.float32), y


def names(y):
    """Texts whose order is that of the numbers."""
    return np.array([f"state {chr(ord('a') + at)}" for at in range(26)])[y]


def exported(model, x, **options):
    options = {"zipmap": False} | options
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return to_onnx(model, x[:1], options=options, target_opset=OPSETS)


def run(graph, x, **settings):
    """Labels and scores of the C."""
    made = compile_graph(graph, name="m", **settings)
    host = GraphOnHost(made, flags=("-O1",))
    rows = [host.run(row[None]) for row in x]
    return [np.concatenate([row[at] for row in rows]) for at in range(2)]


@pytest.mark.parametrize("kernel", ["linear", "rbf", "poly", "sigmoid"])
def test_two_class_support_vectors_decide_as_scikit_learn(kernel):
    x, y = data(2)
    model = SVC(kernel=kernel, C=1.5).fit(x, y)
    expected = model.decision_function(x)
    clear = np.abs(expected) > 1e-4
    # As onnxruntime: the decision is in the first column, or, of raw scores, in the
    # second; skl2onnx has them so.
    for options, column in (({}, 0), ({"raw_scores": True}, 1)):
        labels, scores = outputs(model, x, {"zipmap": False} | options)
        both = np.stack([expected, -expected][:: 1 - 2 * column], 1)
        np.testing.assert_allclose(scores, both, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(labels[clear], model.predict(x)[clear])


def test_support_vectors_have_the_signs_of_onnxruntime():
    x, y = data(2)
    for model in (SVC().fit(x, y), NuSVC().fit(x, y)):
        for options in ({"zipmap": False}, {"zipmap": False, "raw_scores": True}):
            labels, scores = outputs(model, x, options)
            wanted = by_onnxruntime(model, x, options)
            np.testing.assert_array_equal(labels, wanted[0])
            np.testing.assert_allclose(scores, wanted[1], rtol=1e-4, atol=2e-5)


def test_one_against_the_rest_finds_the_labels_of_scikit_learn():
    # skl2onnx takes the score of the other class: in onnxruntime all labels are wrong.
    x, y = data(3)
    model = OneVsRestClassifier(SVC(C=1.5)).fit(x, y)
    assert (by_onnxruntime(model, x, {"zipmap": False})[0] != model.predict(x)).any()
    labels, _ = outputs(model, x, {"zipmap": False})
    np.testing.assert_array_equal(labels, model.predict(x))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_probabilities_of_support_vectors_are_those_of_libsvm(kernel):
    x, y = data(2)
    model = SVC(kernel=kernel, probability=True, random_state=0).fit(x, y)
    labels, found = outputs(model, x, {"zipmap": False})
    expected = model.predict_proba(x)
    # Some are one half at once, some end after a round, some after two.
    assert (expected == 0.5).any()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(labels, model.predict(x))


# ---- many classes ----

MANY = [("linear", 3), ("rbf", 4), ("poly", 5), ("sigmoid", 7), ("rbf", 10)]


def pair_scores(model, x):
    """What scikit-learn's machine of each pair says."""
    shape = model.decision_function_shape
    try:
        return model.set_params(decision_function_shape="ovo").decision_function(x)
    finally:
        model.set_params(decision_function_shape=shape)


@pytest.mark.parametrize(("kernel", "classes"), MANY)
@pytest.mark.parametrize("shape", ["ovr", "ovo"])
def test_scores_of_many_classes_are_scikit_learns(kernel, classes, shape):
    x, y = groups(classes)
    y = names(y) if classes % 2 else 3 * y - 5
    model = SVC(kernel=kernel, C=1.5, decision_function_shape=shape).fit(x, y)
    data = exported(model, x).SerializeToString()
    labels, scores = run(import_onnx(data), x)
    pairs = pair_scores(model, x)
    clear = np.abs(pairs).min(1) > 1e-5 * np.abs(pairs).max()
    assert clear.mean() > 0.9
    # A score near 0 is the difference of sums that are not.
    wanted = model.decision_function(x)
    near = {"rtol": 1e-5, "atol": 1e-6 * np.abs(pairs).max()}
    np.testing.assert_allclose(scores[clear], wanted[clear], **near)
    labels = model.classes_[labels] if classes % 2 else labels
    np.testing.assert_array_equal(labels[clear], model.predict(x)[clear])
    theirs = expected(data, {"X": x})
    np.testing.assert_array_equal(labels[clear], theirs[0][clear])
    np.testing.assert_allclose(scores[clear], theirs[1][clear], rtol=1e-4, atol=3e-5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("kernel", "classes"), MANY)
def test_probabilities_of_many_classes_are_libsvms(kernel, classes):
    x, y = groups(classes)
    made = NuSVC(nu=0.3) if classes == 4 else SVC(C=1.5)
    made.set_params(kernel=kernel, probability=True, random_state=0)
    model = made.fit(x, names(y) if classes % 2 else y)
    data = exported(model, x).SerializeToString()
    labels, found = run(import_onnx(data), x)
    wanted = model.predict_proba(x)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-6)
    theirs = expected(data, {"X": x})
    np.testing.assert_allclose(found, theirs[1], rtol=1e-4, atol=1e-5)
    labels = model.classes_[labels]
    np.testing.assert_array_equal(labels, model.predict(x))
    np.testing.assert_array_equal(labels, theirs[0])


def of_libsvm(r):
    """Wu, Lin and Weng's second algorithm in double, and how near it ends to a round.

    ``r[i, j]`` is the probability of i against j.
    """
    k = len(r)
    q = -r.T * r
    np.fill_diagonal(q, (r**2).sum(0) - np.diag(r) ** 2)
    p, near = np.full(k, 1 / k), np.inf
    for _ in range(max(100, k)):
        qp = q @ p
        whole = p @ qp
        error = np.abs(qp - whole).max() * k / 0.005
        near = min(near, abs(error - 1))
        if error < 1:
            break
        for t in range(k):
            step = (whole - qp[t]) / q[t, t]
            p[t] += step
            whole = (whole + step * (step * q[t, t] + 2 * qp[t])) / (1 + step) ** 2
            qp = (qp + step * q[t]) / (1 + step)
            p /= 1 + step
    return p, near


@pytest.mark.parametrize("classes", [2, 3, 6, 10])
def test_pairs_however_sure_are_coupled_as_in_double_precision(classes):
    rng = np.random.default_rng(classes)
    at = np.triu_indices(classes, 1)
    rows = 60
    size = rng.choice([0.5, 3.0, 8.0], (rows, 1, 1))
    worth = size * rng.standard_normal((rows, classes, 1))
    lines = worth - worth.swapaxes(1, 2)
    lines += 0.3 * size * rng.standard_normal(lines.shape)
    lines = lines[:, *at].astype(np.float32)
    b = Builder()
    own = b.input("x", Tensor("f32", lines.shape))
    one, none = (b.constant(np.full(len(at[0]), v, np.float32)) for v in (1.0, 0.0))
    (y,) = b.emit("coupled", [own, one, none], Tensor("f32", (rows, classes)))
    (found,) = GraphOnHost(compile_graph(b.graph([y]), name="m")).run(lines)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)
    compared = 0
    for mine, line in zip(found, lines.astype(float), strict=True):
        r = np.zeros((classes, classes))
        r[at] = np.clip(1 / (1 + np.exp(line)), 1e-7, 1 - 1e-7)
        r.T[at] = 1 - r[at]
        wanted, near = of_libsvm(r)
        if near > 1e-4:  # else a rounding decides whether there is another round
            np.testing.assert_allclose(mine, wanted, rtol=1e-5)
            compared += 1
    assert compared > 0.95 * rows


@pytest.mark.filterwarnings("ignore")
def test_no_number_in_is_no_number_out():
    x, y = groups(4)
    model = SVC(probability=True, random_state=0).fit(x, y)
    broken = x[:3].copy()
    broken[1, 2] = np.nan
    _, found = run(import_estimator(model), broken)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[::2], model.predict_proba(x[[0, 2]]), rtol=1e-5)


def ops_of(graph):
    return [node.attrs.get("fn", node.op) for node in graph.nodes]


@pytest.mark.parametrize("classes", [3, 7, 20])
def test_scores_of_classes_are_not_spelt_out_pair_by_pair(classes):
    x, y = groups(classes, n=200)
    model = exported(SVC().fit(x, y), x)
    assert len(model.graph.node) > 5 * classes * (classes - 1) / 2
    graph = import_onnx(model.SerializeToString())
    assert len(graph.nodes) < 20
    assert ops_of(graph).count("pair_sums") == 3
    (node,) = (node for node in graph.nodes if node.op == "pair_scores")
    n_vectors = graph.tensors[node.inputs[0]].shape[1]
    assert macs_of(graph, node) == (classes - 1) * n_vectors


@pytest.mark.parametrize("how", ["another factor", "a further output"])
def test_what_only_looks_like_scores_of_classes_stays(how):
    x, y = groups(4)
    model = exported(SVC().fit(x, y), x)
    if how == "another factor":
        three = next(t for t in model.graph.initializer if t.name == "cst3")
        three.CopyFrom(helper.make_tensor("cst3", TensorProto.FLOAT, [], [2.0]))
    else:
        kind = helper.make_tensor_value_info("neg", TensorProto.FLOAT, ["n", 6])
        model.graph.output.append(kind)
    data = model.SerializeToString()
    graph = import_onnx(data)
    assert "take" in ops_of(graph)
    host = GraphOnHost(compile_graph(graph, name="m"), flags=("-O1",))
    theirs = expected(data, {"X": x[:1]})
    for found, wanted in zip(host.run(x[:1]), theirs, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_weights_that_are_data_give_the_same():
    x, y = groups(4)
    graph = import_estimator(SVC().fit(x, y))
    for found, wanted in zip(
        run(graph, x[:20], weights="data"), run(graph, x[:20]), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kernel", ["linear", "rbf", "sigmoid"])
def test_products_become_int8_and_what_decides_stays_float(kernel):
    x, y = groups(4)
    model = SVC(kernel=kernel, probability=True, random_state=0).fit(x, y)
    graph = to_int8(import_estimator(model), [[row[None]] for row in x])
    ops = ops_of(graph)
    assert ("int8_dense" in ops) == (kernel != "rbf")
    assert {"pair_sums", "coupled"} <= set(ops)
    labels, found = run(graph, x)
    assert np.abs(found - model.predict_proba(x)).mean() < 0.01
    assert (labels == model.predict(x)).mean() > 0.95


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model", "says"),
    [
        (CalibratedClassifierCV(SVC(), cv=2, method="isotonic"), "method 'isotonic'"),
        (CalibratedClassifierCV(SVC(probability=True), cv=2), "probability=True"),
    ],
)
def test_calibrations_that_are_written_wrongly_are_refused(model, says):
    x, y = groups(3)
    with pytest.raises(FormatError, match=f"CalibratedClassifierCV: .*{says}"):
        import_estimator(model.fit(x, y))


@pytest.mark.filterwarnings("ignore")
def test_calibrated_support_vectors_are_scikit_learns():
    x, y = groups(4)
    model = CalibratedClassifierCV(SVC(), cv=3, ensemble=False).fit(x, y)
    labels, found = run(import_estimator(model), x)
    np.testing.assert_allclose(found, model.predict_proba(x), rtol=1e-5, atol=2e-6)
    np.testing.assert_array_equal(labels, model.predict(x))


# ---- single nodes ----


def single(**settings):
    """Serialise a node of three classes and two features."""
    given = {
        "classlabels_ints": [4, 2, 9], "kernel_type": "RBF",
        "kernel_params": [0.5, 0.0, 3.0], "post_transform": "NONE",
        "vectors_per_class": [2, 1, 1], "coefficients": [0.3, -1, 2, 1, 1, -2, 1, 0.5],
        "support_vectors": [1, 2, -1, 0.5, 0, 1, 2, -2], "rho": [0.1, -0.2, 0.3],
        **settings,
    }  # fmt: skip
    given = {key: value for key, value in given.items() if value is not None}
    node = helper.make_node(
        "SVMClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", **given
    )
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        "g",
        [value("x", TensorProto.FLOAT, ["n", 2])],
        [
            value("label", TensorProto.INT64, ["n"]),
            value("scores", TensorProto.FLOAT, None),
        ],
    )
    opsets = [helper.make_opsetid(*pair) for pair in OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


PROBABLE = {"prob_a": [-1.0, -2.0, -0.5], "prob_b": [0.1, 0.0, -0.2]}
LINES = {"vectors_per_class": None, "support_vectors": None,
         "coefficients": [1, -1, 0.5, 0.2, -2, 1], "rho": [0.25]}  # fmt: skip


@pytest.mark.parametrize("after", ["NONE", "LOGISTIC", "SOFTMAX"])
@pytest.mark.parametrize("more", [{}, PROBABLE, LINES], ids=["", "probable", "lines"])
def test_each_form_is_onnxruntimes(after, more):
    data = single(post_transform=after, **more).SerializeToString()
    x = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
    theirs = expected(data, {"x": x})
    labels, scores = run(import_onnx(data), x)
    np.testing.assert_array_equal(labels, theirs[0])
    np.testing.assert_allclose(scores, theirs[1], rtol=2e-5, atol=2e-6)


@contextmanager
def memory(n_bytes):
    """Let the process take no more than so many bytes beside those that it has."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + n_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def followed_by(*steps, **settings):
    """Serialise a node of classes, its scores read by others and added in the end.

    Each step is an operator and its constant, or None for the scores twice.
    """
    model, name = single(**settings), "scores"
    for at, (op, constant) in enumerate(steps):
        other = name
        if constant is not None:
            other = f"constant {at}"
            model.graph.initializer.append(numpy_helper.from_array(constant, other))
        axis = {"axis": 1} if op == "Concat" else {}
        node = helper.make_node(op, [name, other], [f"value {at}"], **axis)
        model.graph.node.append(node)
        name = f"value {at}"
    model.graph.node.append(helper.make_node("Add", [name, name], ["end"]))
    model.graph.output[1].name = "end"
    return model.SerializeToString()


@pytest.mark.parametrize(
    "data",
    [
        followed_by(*[("Concat", None)] * 40),
        followed_by(
            *[("Mul", np.ones((300, *[1] * at), np.float32)) for at in range(2, 7)]
        ),
        followed_by(
            ("Less", np.zeros(1, np.float32)),
            ("Mul", np.array([10**13])),
            ("Mul", np.array([b"x"], object)),
        ),
    ],
    ids=["doubled", "broadcast", "text"],
)
def test_what_follows_scores_takes_no_memory_before_it_is_checked(data):
    assert len(data) < 8_000
    with memory(2**27):
        problems_of(data)


def test_many_names_of_classes_take_no_memory_before_they_are_checked():
    data = followed_by(("Concat", None), classlabels_ints=list(range(10**5)))
    with memory(2**27), pytest.raises(FormatError, match="of 100000 classes"):
        import_onnx(data)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rho": [0.1, 0.2]}, "2 `rho`, expected 3 for 3 classes"),
        ({"vectors_per_class": [2, 2]}, "`vectors_per_class` .2, 2. of 3 classes"),
        ({"vectors_per_class": [5, -2, 1]}, "`vectors_per_class` .5, -2, 1. of 3"),
        ({"coefficients": [1.0] * 4}, "4 `coefficients` of 4 vectors, 2 features"),
        ({"support_vectors": [1.0] * 6}, "6 `support_vectors` and 8 `coefficients`"),
        ({"prob_a": [1.0], "prob_b": [0.0]}, "1 `prob_a` and 1 `prob_b` of 3"),
        ({"kernel_type": "OTHER"}, "attribute `kernel_type`: 'OTHER'"),
        (LINES | {"coefficients": [1.0]}, "1 `coefficients` of 3 classes, 2 features"),
        (LINES | {"classlabels_ints": [0, 1]}, "two classes .* LinearClassifier"),
    ],
)
def test_what_does_not_fit_is_refused(settings, says):
    with pytest.raises(FormatError, match=f"SVMClassifier.*{says}"):
        import_onnx(single(**settings).SerializeToString())


def test_scores_of_classes_of_a_file_are_checked():
    node = helper.make_node("ClassScores", ["x"], ["y"], domain="ecmkit", n_classes=4)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        "g",
        [value("x", TensorProto.FLOAT, [1, 5])],
        [value("y", TensorProto.FLOAT, None)],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ecmkit", 1)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9)
    with pytest.raises(FormatError, match="5 pairs of 4 classes"):
        import_onnx(model.SerializeToString())
    del model.graph.node[0].attribute[:]
    with pytest.raises(FormatError, match="attribute `n_classes`: None"):
        import_onnx(model.SerializeToString())


def test_ties_that_scores_would_break_are_refused():
    x, y = groups(4)
    with pytest.raises(FormatError, match="SVC: break_ties=True, expected False: "):
        import_estimator(SVC(break_ties=True).fit(x, y))
