"""Forests of 8 and 16 bits: one decision in every runtime, and smaller code."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit import graph
from ecmkit.compress import quantise_forest
from ecmkit.compress.forest_codes import _code, _last_of
from ecmkit.evaluate import tree_shap
from ecmkit.graph.host import GraphOnHost
from tests.compress.conftest import flat


def rows_of(table):
    """Rows of features, those at the ends of all numbers too."""
    x = flat(table).x[:40].copy()
    x[0, ::2], x[1, ::3], x[2, ::5] = 3e38, -3e38, np.nan
    return x


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("form", ["packed", "inline", "loadable", "tables"])
def test_c_decides_as_the_file_and_the_estimator_do(forest, others, bits, form) -> None:
    made = quantise_forest(forest, bits=bits)
    x = rows_of(others)
    compiled = made.compile(forests=form)
    blobs = [np.frombuffer(blob, np.uint32) for blob in compiled.blobs.values()]
    host = GraphOnHost(compiled)
    found = np.stack([host.run(row[None], *blobs)[0][0] for row in x])
    np.testing.assert_allclose(found, made.predict(x), atol=2e-6)
    finite = np.isfinite(x).all(axis=1)
    expected = made.estimator.predict_proba(x[finite])
    np.testing.assert_allclose(found[finite], expected, atol=2e-6)


def test_features_of_the_device_are_bytes(forest) -> None:
    small, wide = (quantise_forest(forest, bits=bits).compile() for bits in (8, 16))
    whole = forest.compile()
    assert "uint8_t *e" in small.source
    assert "int16_t *e" in wide.source
    used = whole.work_bytes // 4
    assert small.work_bytes == -(-used // 4) * 4
    assert small.flash_bytes < whole.flash_bytes
    assert len([n for n in graph.import_onnx(forest.onnx).nodes if n.op == "map"]) == 0


def test_limits_move_by_half_a_step_at_most(forest) -> None:
    made = quantise_forest(forest, bits=8)
    ranges = {}
    for tree in forest.estimator.estimators_:
        t = tree.tree_
        for feature, limit in zip(t.feature, t.threshold, strict=True):
            ranges.setdefault(feature, []).append(limit)
    for old, new in zip(
        forest.estimator.estimators_, made.estimator.estimators_, strict=True
    ):
        inner = old.tree_.children_left >= 0
        for feature, a, b in zip(
            old.tree_.feature[inner], old.tree_.threshold[inner],
            new.tree_.threshold[inner], strict=True,
        ):  # fmt: skip
            step = np.ptp(ranges[feature]) / 254
            assert abs(a - b) <= 0.5 * step + 1e-5 * abs(a) + 1e-30


def test_sixteen_bits_decide_as_the_forest_did(forest, others) -> None:
    x = flat(others).x
    made = quantise_forest(forest, bits=16)
    same = np.abs(made.predict(x) - forest.predict(x)).max(axis=1) < 1e-6
    assert same.mean() > 0.99


def test_last_number_of_a_code() -> None:
    random = np.random.default_rng(3)
    low = random.normal(0, 10, 500).astype(np.float32)
    steps = np.exp(random.normal(0, 4, 500)).astype(np.float32)
    codes = random.integers(0, 255, 500)
    last = _last_of(codes, low, steps, 8)
    above = np.nextafter(last, np.float32(np.inf))
    assert (_code(last, low, steps, 8) <= codes).all()
    assert (_code(above, low, steps, 8) > codes).all()


def test_what_is_no_forest_is_refused(forest, mlp) -> None:
    with pytest.raises(ValueError, match="bits 4: expected 8 or 16"):
        quantise_forest(forest, bits=4)
    with pytest.raises(ValueError, match="expected one forest of classes"):
        quantise_forest(mlp)
    coded = quantise_forest(forest)
    with pytest.raises(ValueError, match="that reads the features"):
        quantise_forest(coded)
    assert replace(coded, params={}).hash != forest.hash


def test_shares_of_features_add_up_to_what_the_device_says(forest, others) -> None:
    made, x = quantise_forest(forest), flat(others).x
    found = tree_shap(made.onnx, x[:5], x[5:25])
    total = found.base + found.values.sum(axis=1)
    np.testing.assert_allclose(total, made.predict(x[:5]), atol=1e-6)
