import numpy as np
import pytest
from sklearn import metrics as oracle

from ecmkit.evaluate import (
    balanced_accuracy,
    bootstrap_interval,
    confusion_matrix,
    precision,
    recall,
    roc_auc,
)

CLASSES = ("ball", "inner", "normal")


@pytest.mark.parametrize("seed", range(5))
def test_matrix_and_shares_are_those_of_sklearn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, found = rng.choice(CLASSES, (2, 200), p=[0.7, 0.2, 0.1])
    matrix = confusion_matrix(truth, found, classes=CLASSES)
    expected = oracle.confusion_matrix(truth, found, labels=CLASSES)
    np.testing.assert_array_equal(matrix, expected)
    np.testing.assert_allclose(
        recall(matrix), oracle.recall_score(truth, found, average=None)
    )
    np.testing.assert_allclose(
        precision(matrix), oracle.precision_score(truth, found, average=None)
    )
    assert balanced_accuracy(matrix) == pytest.approx(
        oracle.balanced_accuracy_score(truth, found)
    )


def test_class_that_does_not_occur_has_no_recall_and_no_weight() -> None:
    matrix = confusion_matrix(["ball", "ball"], ["ball", "inner"], classes=CLASSES)
    np.testing.assert_array_equal(recall(matrix), [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(precision(matrix), [1.0, 0.0, np.nan])
    assert balanced_accuracy(matrix) == 0.5


def test_labels_outside_the_classes_and_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="outer"):
        confusion_matrix(["outer"], ["ball"], classes=CLASSES)
    with pytest.raises(ValueError, match="2 true and 1 predicted"):
        confusion_matrix(["ball", "ball"], ["ball"], classes=CLASSES)
    with pytest.raises(ValueError, match="no windows"):
        balanced_accuracy(confusion_matrix([], [], classes=CLASSES))


@pytest.mark.parametrize("levels", [2, 5, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_area_under_the_curve_with_ties_is_that_of_sklearn(levels, seed) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(300) < 0.3
    score = rng.integers(0, levels, 300) + positive
    assert roc_auc(positive, score) == pytest.approx(
        oracle.roc_auc_score(positive, score), abs=1e-12
    )


def test_area_of_constant_and_infinite_scores() -> None:
    assert roc_auc([True, False, True], [1.0, 1.0, 1.0]) == 0.5
    assert roc_auc([True, False], [np.inf, -np.inf]) == 1.0


@pytest.mark.parametrize(
    ("positive", "score", "words"),
    [
        ([True, True], [1.0, 2.0], "0 negative"),
        ([False], [1.0], "0 positive"),
        ([True, False], [np.nan, 1.0], "NaN"),
        ([True, False], [1.0], "2 labels and 1 scores"),
    ],
)
def test_areas_that_are_not_defined_are_refused(positive, score, words) -> None:
    with pytest.raises(ValueError, match=words):
        roc_auc(positive, score)


def test_interval_by_recording_covers_and_by_window_does_not() -> None:
    """Recordings have an offset of their own: 95 % by recording, far less by window."""
    by_recording = by_window = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(30), 8)
        x = rng.normal(size=30)[groups] + 0.5 * rng.normal(size=240)
        for name, names in (("recording", groups), ("window", np.arange(240))):
            lower, upper = bootstrap_interval(
                lambda rows, x=x: float(x[rows].mean()),
                groups=names,
                n_resamples=100,
                seed=seed,
            )
            inside = lower <= 0.0 <= upper
            by_recording += inside and name == "recording"
            by_window += inside and name == "window"
    assert by_recording >= 50  # binomial(60, 0.92) is below with probability 1 %
    assert by_window < 45  # 55 % expected: binomial(60, 0.55) reaches 45 in 0.1 %


def test_interval_is_seeded_and_strata_keep_every_class() -> None:
    groups, strata = np.repeat(np.arange(4), 5), np.repeat(["a", "a", "b", "b"], 5)

    def share(rows: np.ndarray) -> float:
        return float((strata[rows] == "a").mean())

    options = {"groups": groups, "n_resamples": 50, "seed": 3}
    assert bootstrap_interval(share, strata=strata, **options) == (0.5, 0.5)
    free = bootstrap_interval(share, **options)
    assert free[0] < 0.5 < free[1]
    assert bootstrap_interval(share, **options) == free


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": []},
        {"level": 1.0},
        {"n_resamples": 5},
        {"strata": ["a"]},
    ],
)
def test_interval_settings_out_of_range_are_refused(changes: dict) -> None:
    options = {"groups": [1, 2, 3], "seed": 0}
    with pytest.raises(ValueError, match=r"expected|strata"):
        bootstrap_interval(lambda rows: 0.0, **(options | changes))
