"""Numbers of the int8 scheme, and the autoencoder in it."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ecmkit.graph import compile_graph, import_onnx, to_int8
from ecmkit.graph.quantise import affine, multiplier_and_shift
from tests.graph.conftest import compiled
from tests.graph.oracles import run_onnx
from tests.synthetic import table

REALS = st.floats(-1e6, 1e6, width=32)


@given(REALS, REALS)
def test_affine_range_holds_zero_exactly_and_both_ends_nearly(
    a: float, b: float
) -> None:
    lo, hi = min(a, b, 0.0), max(a, b, 0.0)
    scale, zero = affine(lo, hi)
    assert scale > 0
    assert -128 <= zero <= 127
    assert np.float32(scale) == scale
    if hi - lo > 1e-20:
        assert scale * (-128 - zero) <= lo + 0.51 * scale
        assert scale * (127 - zero) >= hi - 0.51 * scale


@given(st.floats(2.0**-31, 2.0**29))
def test_multiplier_and_shift_are_within_half_a_unit(real: float) -> None:
    multiplier, shift = multiplier_and_shift(real)
    assert 2**30 <= multiplier < 2**31
    value = Fraction(multiplier) * Fraction(2) ** (shift - 31)
    assert abs(value - Fraction(real)) <= Fraction(2) ** (shift - 31)


@pytest.mark.parametrize("real", [0.0, -1.0, math.inf, math.nan, 2.0**30])
def test_factors_without_a_fixed_point_form_are_refused(real: float) -> None:
    with pytest.raises(ValueError, match="factor"):
        multiplier_and_shift(real)


def test_tiny_factor_is_zero() -> None:
    assert multiplier_and_shift(2.0**-40) == (0, 0)


# ---- the autoencoder ----


def test_autoencoder_in_int8_separates_as_in_float(trained, models) -> None:
    data = table(n=600, seed=4)
    strange = data.label != "ball"
    exact = run_onnx(trained["autoencoder"].onnx, data.x)[:, 0]
    found = models["autoencoder"].predict(data.x)[:, 0]
    assert abs(roc_auc_score(strange, exact) - roc_auc_score(strange, found)) < 0.02
    assert np.corrcoef(np.log(exact), np.log(found))[0, 1] > 0.98


def test_autoencoder_clip_is_the_saturation_of_the_input(trained) -> None:
    model = trained["autoencoder"]
    graph = to_int8(import_onnx(model.onnx), [[r[None]] for r in model.calibration])
    text = compile_graph(graph, name="m").source
    assert "fn=clip" not in text
    (first,) = (node for node in graph.nodes if node.op == "int8_from_real")
    kind = graph.tensors[first.outputs[0]]
    scale, zero = kind.scale, kind.zero
    assert scale * (127 - zero) <= 6.0 + scale
    assert scale * (-128 - zero) >= -6.0 - scale


def test_huge_features_give_a_huge_finite_score(trained, models) -> None:
    x = np.full((1, 12), 1e6, np.float32)
    score = models["autoencoder"].predict(x)
    assert np.isfinite(score).all()
    np.testing.assert_allclose(
        score, run_onnx(trained["autoencoder"].onnx, x), rtol=0.01
    )


@pytest.mark.parametrize(
    "calibration",
    [
        np.zeros((0, 12), np.float32),
        np.zeros((5, 6), np.float32),
        np.zeros(12, np.float32),
        np.full((5, 12), np.nan, np.float32),
    ],
)
def test_calibration_that_does_not_fit_is_refused(trained, calibration) -> None:
    model = replace(trained["autoencoder"], calibration=calibration)
    with pytest.raises(ValueError, match="calibration"):
        compiled(model)
