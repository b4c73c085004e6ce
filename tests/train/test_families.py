"""What every family of models promises."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import onnx
import pytest

import ecmkit.train
from ecmkit.train import TrainedModel, families, fit
from tests.graph.oracles import run_onnx
from tests.synthetic import table

FAST = {
    "autoencoder": {"epochs": 3},
    "ds-cnn": {"epochs": 1, "widths": (4, 6)},
    "extra-trees": {"n_estimators": 3},
    "forest-regression": {"n_estimators": 3},
    "gaussian-mixture": {"n_components": 5},
    "gradient-boosting": {"n_estimators": 3},
    "gru": {"epochs": 1, "widths": (5,)},
    "isolation-forest": {"n_estimators": 5},
    "k-means": {"n_clusters": 3},
    "lightgbm": {"n_estimators": 3},
    "lof": {"n_prototypes": 30},
    "logistic": {},
    "mahalanobis": {},
    "mlp": {"epochs": 1, "widths": (5,)},
    "naive-bayes": {},
    "nearest-neighbours": {},
    "neighbours": {"n_prototypes": 40},
    "one-class-svm": {},
    "pca": {},
    "random-forest": {"n_trees": 3},
    "resnet": {"epochs": 1, "widths": (4, 4)},
    "ridge": {},
    "svm": {},
    "tcn": {"epochs": 1, "widths": (4, 4)},
    "vae": {"epochs": 1},
}
FAMILIES = sorted(FAST)
REGRESSIONS = ("forest-regression", "ridge")
"""Families without classes; all others take tables without a target."""
WITHOUT_LUCK = (
    *("logistic", "mahalanobis", "naive-bayes", "nearest-neighbours", "neighbours"),
    *("lof", "one-class-svm", "pca", "ridge", "svm"),
)
"""Families in which a seed decides nothing."""


def table_for(family: str, **how):
    made = table(**how)
    if family not in REGRESSIONS:
        return made
    size = (made.x[:, 0] * 300 + (made.label == "ball")).astype(np.float32)
    return replace(made, target=size, target_name="size", target_unit="mm")


@cache
def first(family: str) -> TrainedModel:
    return fitted(family)


def fitted(family: str, seed: int = 1) -> TrainedModel:
    return fit(table_for(family), family=family, seed=seed, **FAST[family])


def test_every_family_is_tested_here() -> None:
    assert sorted(families()) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_model_carries_its_lineage_and_runs_in_onnxruntime(family) -> None:
    model, data = first(family), table_for(family)
    assert model.family == family
    assert model.table_hash == data.hash
    assert model.contract_id == data.contract_id
    assert model.seed == 1
    assert re.fullmatch(r"[a-z_]\w*", model.name)
    onnx.checker.check_model(onnx.load_from_string(model.onnx), full_check=True)
    out = run_onnx(model.onnx, data.x)
    assert out.shape == (len(data.x), len(model.outputs))
    assert np.isfinite(out).all()
    assert model.kind == "values" or (out >= 0).all()
    np.testing.assert_array_equal(out, model.predict(data.x))


@pytest.mark.parametrize("family", FAMILIES)
def test_same_seed_gives_the_same_bytes(family) -> None:
    again = fitted(family)
    assert again.onnx == first(family).onnx
    assert again.hash == first(family).hash


@pytest.mark.parametrize("family", FAMILIES)
def test_another_seed_gives_another_model(family) -> None:
    other = fitted(family, seed=2)
    assert (other.onnx == first(family).onnx) == (family in WITHOUT_LUCK)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite_are_named(family: str, value: float) -> None:
    data = table_for(family)
    x = data.x.copy()
    x[7, 3] = value
    with pytest.raises(ValueError, match=r"'f3'.*window 7 of recording 'r00'"):
        fit(replace(data, x=x), family=family, seed=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_too_few_windows_are_refused(family: str) -> None:
    data = table_for(family)
    with pytest.raises(ValueError, match="2 windows, expected at least"):
        fit(data.rows(np.arange(len(data.x)) < 2), family=family, seed=1)


def test_unknown_family_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=", ".join(FAMILIES)):
        fit(table(), family="oracle", seed=1)


@pytest.mark.parametrize("family", FAMILIES)
def test_unknown_option_is_a_type_error(family) -> None:
    with pytest.raises(TypeError, match="n_tree"):
        fit(table_for(family), family=family, seed=1, n_tree=3)


def test_other_packages_join_but_do_not_replace(monkeypatch) -> None:
    from importlib.metadata import EntryPoint

    group = "ecmkit.models"
    points = [
        EntryPoint("mine", "tests.train.test_families:mine", group),
        EntryPoint("k-means", "tests.train.test_families:mine", group),
    ]
    monkeypatch.setattr(ecmkit.train, "entry_points", lambda group: points)
    assert families()["k-means"] == "ecmkit.train.kmeans:fit_kmeans"
    made = fit(table(), family="mine", seed=4, features=["f1*"], answer=2)
    assert made.params == {"answer": "2", "windows": "300", "features": "f1*"}
    assert (made.seed, made.table_hash) == (4, table().hash)


def mine(data, *, seed: int, answer: int) -> TrainedModel:
    return TrainedModel(
        name="mine",
        family="mine",
        kind="score",
        onnx=b"",
        outputs=("score",),
        n_features=len(data.names),
        params={"answer": str(answer), "windows": str(len(data.x))},
        table_hash=data.hash,
        contract_id=data.contract_id,
        seed=seed,
    )
