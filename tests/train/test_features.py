"""A model reads the features that it was given and no others."""

import numpy as np
import pytest

from ecmkit import graph, train
from ecmkit.features import FeatureTable

NAMES = ("rms", "env_a", "env_b", "crest")


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    rng = np.random.default_rng(0)
    label = np.repeat(["ball", "inner"], 60)
    x = rng.normal(size=(120, 4)).astype(np.float32)
    x[label == "inner"] += 2.0
    return FeatureTable(
        x=x,
        names=NAMES,
        units=("g", "1", "1", "1"),
        recording=np.array([f"r{i // 10}" for i in range(120)]),
        start=np.arange(120, dtype=np.int64),
        label=label,
        group=label,
        contract_id="c",
    )


@pytest.mark.parametrize("family", ["random-forest", "k-means", "autoencoder"])
def test_other_features_do_not_count(table: FeatureTable, family: str) -> None:
    options = {"epochs": 3} if family == "autoencoder" else {}
    model = train.fit(table, family=family, features=("env_*",), seed=0, **options)
    compiled = graph.compile_onnx(
        model.onnx,
        name=model.name,
        kind=model.kind,
        outputs=model.outputs,
        calibration=model.calibration,
    )
    noise = np.random.default_rng(1).normal(size=table.x.shape) * 100
    keep = np.char.startswith(NAMES, "env_")
    changed = np.where(keep, table.x, noise).astype(np.float32)
    np.testing.assert_array_equal(compiled.predict(changed), compiled.predict(table.x))
    changed = np.where(keep, noise, table.x).astype(np.float32)
    assert np.any(compiled.predict(changed) != compiled.predict(table.x))
    assert model.table_hash == table.hash
    assert model.params["features"] == "env_*"


def test_a_pattern_that_matches_nothing_is_named(table: FeatureTable) -> None:
    with pytest.raises(ValueError, match="'envv_\\*'"):
        train.fit(table, family="random-forest", features=("envv_*",), seed=0)
