"""What a model costs at least is told before it is trained, and is never too much."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ecmkit.errors import BuildError, FormatError
from ecmkit.search import SPACES, RandomChooser, chosen, space_of
from ecmkit.train import Budget, families, fit, lower_bound
from tests.synthetic import table

NETWORKS = ("autoencoder", "ds-cnn", "gru", "mlp", "resnet", "tcn", "vae")
ONLY_VALUES = ("forest-regression", "ridge")
VALUES_TOO = ("extra-trees", "gradient-boosting", "lightgbm", "neighbours", "svm")
EXACT = (
    "gaussian-mixture", "k-means", "lof", "logistic", "mahalanobis", "naive-bayes",
    "nearest-neighbours", "neighbours", "ridge",
)  # fmt: skip
"""Families whose size follows from the settings, without any training."""
DATA = table()


def costs(compiled):
    return {
        "flash": compiled.flash_bytes,
        "work": compiled.work_bytes,
        "state": compiled.state_bytes,
    }


@pytest.mark.parametrize("family", sorted(set(SPACES) - set(NETWORKS)))
def test_no_trained_model_is_smaller(family):
    """Over tables of 2 and 3 classes, easy and hard, and options of the search."""
    for seed in range(2):
        data = table(
            n=150, n_features=5 + 7 * seed, n_classes=3 - seed, seed=seed,
            separation=3.0 * seed + 0.3,
        )  # fmt: skip
        if family in ONLY_VALUES or (seed and family in VALUES_TOO):
            data = replace(data, target=data.x[:, 1].copy(), target_name="size")
        if seed:  # a feature that says nothing, and windows that are there twice
            data.x[:, 0] = 1.0
            data.x[:40] = data.x[40:80]
        options = chosen(space_of(family), RandomChooser(seed))
        smallest = lower_bound(data, family=family, **options)
        found = costs(fit(data, family=family, seed=seed, **options).compile())
        low = smallest.cost(costs)
        assert all(low[name] <= found[name] for name in low), (low, found)
        if family in EXACT:
            assert low == found


@pytest.mark.parametrize(
    ("family", "options"),
    [
        ("random-forest", {"n_trees": 9_000}),
        ("extra-trees", {"n_estimators": 9_000}),
        ("gradient-boosting", {"n_estimators": 3_000}),
        ("isolation-forest", {"n_estimators": 9_000}),
        ("neighbours", {"n_prototypes": 2_000}),
        ("nearest-neighbours", {"n_prototypes": 2_000}),
        ("lof", {"n_prototypes": 2_000}),
        ("one-class-svm", {"nu": 0.9}),
        ("k-means", {"n_clusters": 1_500}),
        ("gaussian-mixture", {"n_components": 120}),
        ("mlp", {"widths": (300, 300)}),
    ],
)
def test_what_surely_does_not_fit_is_not_trained(family, options, monkeypatch):
    def trained(*args, **kwargs):
        raise AssertionError("it was trained")

    rows = table(n=2_400)
    monkeypatch.setattr("ecmkit.train.function_of", lambda name: trained)
    told = r"cannot fit, and is not trained; the least that {} of 12 features.*takes: "
    with pytest.raises(
        BuildError, match=told.format(family) + r"flash_bytes [\d,]+, expected at most"
    ):
        fit(rows, family=family, seed=0, budget=Budget(flash_bytes=40_000), **options)


def test_the_option_and_the_bytes_are_named():
    budget = Budget(flash_bytes=9_000)
    with pytest.raises(
        BuildError,
        match="distance cannot fit, and is not trained; the least that "
        "nearest-neighbours of 12 features, n_prototypes 200, takes: flash_bytes "
        "9,696, expected at most 9,000",
    ):
        fit(DATA, family="nearest-neighbours", n_prototypes=200, seed=0, budget=budget)


def test_windows_that_are_the_same_are_kept_once():
    rows = replace(DATA, x=np.ascontiguousarray(DATA.x[np.arange(300) % 30]))
    options = {"family": "nearest-neighbours", "n_prototypes": 200}
    fits = Budget(flash_bytes=9_000)
    assert fit(rows, seed=0, budget=fits, **options).family == "nearest-neighbours"


@pytest.mark.parametrize("family", ["lof", "nearest-neighbours"])
@pytest.mark.parametrize(
    ("prototypes", "different"), [(7, 300), (15, 300), (50, 10), (7, 10)]
)
def test_few_windows_are_kept_as_training_keeps_them(family, prototypes, different):
    rows = replace(DATA, x=np.ascontiguousarray(DATA.x[np.arange(300) % different]))
    options = {"family": family, "n_prototypes": prototypes, "n_neighbors": 3}
    found = costs(fit(rows, seed=0, **options).compile())
    assert lower_bound(rows, **options).cost(costs) == found


def test_too_few_windows_are_refused_in_the_words_of_training():
    few = replace(DATA, x=np.ascontiguousarray(DATA.x[np.arange(300) % 10]))
    for rows, options in ((few, {}), (DATA, {"n_prototypes": 7})):
        said = []
        for call in (lower_bound, fit):
            seed = {} if call is lower_bound else {"seed": 0}
            with pytest.raises(ValueError, match=r"^lof: ") as refused:
                call(rows, family="lof", **options, **seed)
            said.append(str(refused.value))
        assert said[0] == said[1]


@pytest.mark.parametrize(
    ("family", "option", "value", "expected"),
    [
        ("pca", "n_components", "mle", "number"),
        ("pca", "n_components", None, "number"),
        ("one-class-svm", "nu", "a", "number"),
        ("extra-trees", "n_estimators", "x", "whole number"),
        ("lightgbm", "n_estimators", "40", "whole number"),
        ("isolation-forest", "n_estimators", None, "whole number"),
        ("random-forest", "n_trees", 2.5, "whole number"),
        ("k-means", "n_clusters", float("nan"), "whole number"),
        ("gaussian-mixture", "n_components", float("inf"), "whole number"),
        ("lof", "n_prototypes", [50], "whole number"),
        ("neighbours", "n_prototypes", None, "whole number"),
    ],
)
def test_a_size_that_is_no_number_is_refused_by_name(family, option, value, expected):
    told = re.escape(f"{family}: {option} {value!r}, expected a {expected}")
    for call, more in ((lower_bound, {}), (fit, {"seed": 0})):
        with pytest.raises(ValueError, match=f"^{told}$"):
            call(DATA, family=family, **{option: value}, **more)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_prototypes_than_there_may_be_are_refused_as_in_training(n):
    for call, more in ((lower_bound, {}), (fit, {"seed": 0})):
        with pytest.raises(ValueError, match=f"n_prototypes {n}, expected at least 2"):
            call(DATA, family="neighbours", n_prototypes=n, **more)


def test_support_vectors_grow_with_nu():
    found = [
        lower_bound(DATA, family="one-class-svm", nu=nu).cost(costs)["flash"]
        for nu in (0.1, 0.2, 0.4, 0.8)
    ]
    steps = np.diff(found) / np.diff([0.1, 0.2, 0.4, 0.8])
    np.testing.assert_allclose(steps, steps[0], rtol=0.02)


def test_a_family_of_another_package_is_not_foretold(monkeypatch):
    own = families() | {"theirs": "ecmkit.train.kmeans:fit_kmeans"}
    monkeypatch.setattr("ecmkit.train.families", lambda: own)
    assert lower_bound(DATA, family="theirs") is None
    budget = Budget(flash_bytes=100)
    with pytest.raises(BuildError, match="distance does not fit"):
        fit(DATA, family="theirs", seed=0, budget=budget)


def test_features_that_are_not_read_do_not_count():
    low, high = (
        lower_bound(DATA, family="random-forest", features=features).cost(costs)[
            "flash"
        ]
        for features in (("f1",), ("*",))
    )
    assert low == high  # of a forest only the number of trees is sure
    small, large = (
        lower_bound(DATA, family="one-class-svm", nu=nu, features=("f1", "f2")).cost(
            costs
        )
        for nu in (0.2, 0.5)
    )
    assert small["flash"] < large["flash"]


def test_a_table_that_says_nothing_is_refused_in_the_words_of_training():
    for rows in (DATA.rows(np.arange(300) < 0), DATA.rows(DATA.label == "ball")):
        with pytest.raises(
            ValueError, match=r"random-forest: (0 windows, exp|windows of)"
        ):
            lower_bound(rows, family="random-forest")


def test_wrong_options_are_refused_as_in_training():
    with pytest.raises(TypeError, match="found option 'clusters'"):
        lower_bound(DATA, family="lof", clusters=3)
    with pytest.raises(ValueError, match="kernel 'poly', expected one of rbf, linear"):
        fit(DATA, family="svm", kernel="poly", seed=0, budget=Budget(ram_bytes=10**6))
    with pytest.raises(FormatError):
        lower_bound(DATA, family="neighbours", metric="chebyshev")
