"""Forests against scikit-learn and onnxruntime."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import tree

Tables = tuple[
    NDArray[np.float32],
    NDArray[np.uint16],
    NDArray[np.uint16],
    NDArray[np.uint32],
    NDArray[np.float32],
]


def tables(model: object) -> Tables:
    """Preorder tables of a fitted forest; thresholds rounded down to float32.

    scikit-learn compares a float32 feature with a float64 threshold; the largest
    float32 not above it decides the same.
    """
    threshold: list[float] = []
    feature: list[int] = []
    right: list[int] = []
    roots: list[int] = []
    leaves: list[NDArray[np.float64]] = []
    for estimator in model.estimators_:  # type: ignore[attr-defined]
        inner = estimator.tree_
        roots.append(len(feature))

        def walk(node: int, inner: object = inner, root: int = len(feature)) -> None:
            at = len(feature)
            if inner.children_left[node] < 0:  # type: ignore[attr-defined]
                counts = inner.value[node][0]  # type: ignore[attr-defined]
                threshold.append(0.0)
                feature.append(tree.LEAF)
                right.append(len(leaves))
                leaves.append(counts / counts.sum())
                return
            exact = inner.threshold[node]  # type: ignore[attr-defined]
            down = np.float32(exact)
            if float(down) > exact:
                down = np.nextafter(down, np.float32(-np.inf))
            threshold.append(float(down))
            feature.append(int(inner.feature[node]))  # type: ignore[attr-defined]
            right.append(0)
            walk(inner.children_left[node])  # type: ignore[attr-defined]
            right[at] = len(feature) - root
            walk(inner.children_right[node])  # type: ignore[attr-defined]

        walk(0)
    return (
        np.array(threshold, np.float32),
        np.array(feature, np.uint16),
        np.array(right, np.uint16),
        np.array(roots, np.uint32),
        np.array(leaves, np.float32),
    )


@pytest.fixture(scope="module")
def fitted() -> tuple[object, NDArray[np.float32]]:
    from sklearn.ensemble import RandomForestClassifier

    random = np.random.default_rng(3)
    x = random.normal(size=(600, 9)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + 2 * (x[:, 3] > 1)
    model = RandomForestClassifier(n_estimators=25, max_depth=9, random_state=1)
    return model.fit(x, y), x


def predict(model: object, x: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = tables(model)
    proba = np.empty((len(x), parts[4].shape[1]), np.float32)
    tree.Forest(*parts, x.shape[1]).predict_f32(x, proba)
    return proba


def test_equals_scikit_learn(fitted: tuple[object, NDArray[np.float32]]) -> None:
    model, seen = fitted
    fresh = np.random.default_rng(4).normal(size=(2000, 9)).astype(np.float32)
    for x in (seen, fresh):
        proba = predict(model, x)
        expected = model.predict_proba(x)  # type: ignore[attr-defined]
        # 25 roundings of sums up to 25, one division: 25 half ulps of 25, over 25
        np.testing.assert_allclose(proba, expected, rtol=0, atol=25 * 2.0**-24)
        assert (proba.argmax(1) == expected.argmax(1)).mean() > 0.999


def test_thresholds_themselves_go_left(
    fitted: tuple[object, NDArray[np.float32]],
) -> None:
    model, _ = fitted
    threshold, feature, *_ = tables(model)
    inner = np.flatnonzero(feature != tree.LEAF)[:300]
    x = np.zeros((len(inner), 9), np.float32)
    x[np.arange(len(inner)), feature[inner]] = threshold[inner]
    expected = model.predict_proba(x)  # type: ignore[attr-defined]
    np.testing.assert_allclose(predict(model, x), expected, rtol=0, atol=2e-6)


def test_equals_onnxruntime(fitted: tuple[object, NDArray[np.float32]]) -> None:
    import onnxruntime
    from skl2onnx import to_onnx

    model, seen = fitted
    exported = to_onnx(model, seen[:1], options={"zipmap": False})
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    x = np.random.default_rng(5).normal(size=(1000, 9)).astype(np.float32)
    expected = session.run(None, {session.get_inputs()[0].name: x})[1]
    np.testing.assert_allclose(predict(model, x), expected, rtol=0, atol=2e-6)


def small() -> Tables:
    """One split: x0 <= 0.5 ? leaf 0 : leaf 1."""
    return (
        np.array([0.5, 0, 0], np.float32),
        np.array([0, tree.LEAF, tree.LEAF], np.uint16),
        np.array([2, 0, 1], np.uint16),
        np.array([0], np.uint32),
        np.eye(2, dtype=np.float32),
    )


def test_nan_goes_right() -> None:
    proba = np.empty((1, 2), np.float32)
    tree.Forest(*small(), 1).predict_f32(np.full((1, 1), np.nan, np.float32), proba)
    assert proba.tolist() == [[0.0, 1.0]]


def test_no_rows() -> None:
    tree.Forest(*small(), 1).predict_f32(
        np.empty((0, 1), np.float32), np.empty((0, 2), np.float32)
    )


@pytest.mark.parametrize(
    ("index", "value", "message"),
    [
        (1, [1, tree.LEAF, tree.LEAF], "feature 1 of 1"),
        (2, [1, 0, 1], "not ahead"),
        (2, [3, 0, 1], "not ahead"),
        (2, [2, 0, 2], "leaf 2 of 2"),
        (3, [1], "roots"),
        (1, [tree.LEAF], "length"),
    ],
)
def test_bad_tables_are_refused(index: int, value: list[int], message: str) -> None:
    parts = list(small())
    parts[index] = np.array(value, parts[index].dtype)
    with pytest.raises(ValueError, match=message):
        tree.Forest(*parts, 1)  # type: ignore[arg-type]


def test_wrong_shapes_are_refused() -> None:
    forest = tree.Forest(*small(), 1)
    with pytest.raises(ValueError, match="row of x"):
        forest.predict_f32(np.zeros((1, 2), np.float32), np.zeros((1, 2), np.float32))
    with pytest.raises(ValueError, match="row of proba"):
        forest.predict_f32(np.zeros((1, 1), np.float32), np.zeros((1, 3), np.float32))


def test_a_blob_that_leads_nowhere_is_refused() -> None:
    """One split of three features whose sides are rows 0 and 2 of shares."""
    layout = 2 | 0x200 | 1 << 16
    words = np.array(
        [0x31464345, layout, 3, 1, 3, 0, 0, 0, 0, 5 << 16 | 1 << 4 | 3 << 2 | 1, 0, 2,
         0x03020101],
        np.uint32,
    )  # fmt: skip
    tree.blob_check(words, layout, 3)
    for at, value in ((9, words[9] + 2), (10, 3), (8, 1)):
        other = words.copy()
        other[at] = value
        with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
            tree.blob_check(other, layout, 3)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        tree.blob_check(words[:8].copy(), layout, 3)
    with pytest.raises(ValueError, match="empty"):
        tree.blob_check(words[:0].copy(), layout, 3)
