import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper
from sklearn.metrics import roc_auc_score

from ecmkit.graph import CompiledOnHost, compile_onnx, program_of, read_onnx
from ecmkit.graph.program import DenseS8, Dequantize, Quantize
from ecmkit.graph.quantise import affine, multiplier_and_shift
from tests.graph import tflite_file
from tests.graph.oracles import make_model, run_onnx
from tests.synthetic import table

HALF = Fraction(1, 2)
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


# ---- the chain, against two other readings of the same numbers ----


class Chain:
    """Three layers with random weights, cut after each of them."""

    def __init__(self, seed: int, widths: tuple[int, ...] = (7, 16, 5, 9)) -> None:
        rng = np.random.default_rng(seed)
        self.constants: dict[str, np.ndarray] = {}
        self.nodes = []
        value = "features"
        for i, (n, m) in enumerate(pairwise(widths)):
            self.constants[f"w{i}"] = rng.normal(size=(m, n)).astype(np.float32)
            self.constants[f"b{i}"] = rng.normal(size=m).astype(np.float32)
            names = [value, f"w{i}", f"b{i}"]
            self.nodes.append(helper.make_node("Gemm", names, [f"d{i}"], transB=1))
            value = f"d{i}"
            if i < len(widths) - 2:
                self.nodes.append(helper.make_node("Relu", [value], [f"r{i}"]))
                value = f"r{i}"
        self.widths = widths
        self.calibration = rng.normal(size=(200, widths[0])).astype(np.float32)
        self.x = (2.0 * rng.normal(size=(300, widths[0]))).astype(np.float32)

    def model(self, layers: int) -> bytes:
        nodes = self.nodes[: 2 * layers]
        last = nodes[-1].output[0]
        nodes = [*nodes, helper.make_node("Identity", [last], ["y"])]
        return make_model(
            nodes, self.constants, n_features=self.widths[0], width=self.widths[layers]
        )


def split(data: bytes, calibration: np.ndarray) -> tuple[Quantize, list[DenseS8]]:
    ops = program_of(read_onnx(data), calibration=calibration).ops
    first = next(op for op in ops if isinstance(op, Quantize))
    return first, [op for op in ops if isinstance(op, DenseS8)]


def integer_reading(first: Quantize, layers: list[DenseS8], x: np.ndarray) -> list:
    """int8 results of all layers from the published formulas, in Python integers."""
    scaled = (x / np.float32(first.scale)).astype(np.float32)
    q = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)) + first.zero
    results = [np.clip(q, -128, 127).astype(np.int64)]
    for layer in layers:
        centred = results[-1] - layer.input_zero
        acc = centred @ layer.weights.T.astype(np.int64) + layer.bias
        out = np.empty_like(acc)
        for j in range(acc.shape[1]):
            m, shift = int(layer.multiplier[j]), int(layer.shift[j])
            for i in range(acc.shape[0]):
                out[i, j] = requantized(int(acc[i, j]), m, shift)
        out += layer.output_zero
        results.append(np.clip(out, layer.output_min, layer.output_max))
    return results


def requantized(acc: int, multiplier: int, shift: int) -> int:
    """One rounding, half up: what the interpreter's reference kernels do since 2021."""
    return math.floor(Fraction(acc * multiplier) / Fraction(2) ** (31 - shift) + HALF)


@pytest.mark.parametrize("seed", range(3))
def test_int8_layers_are_byte_equal_to_litert_and_to_plain_integers(seed: int) -> None:
    chain = Chain(seed)
    first, layers = split(chain.model(3), chain.calibration)
    plain = integer_reading(first, layers, chain.x)
    litert = tflite_file.run(tflite_file.build(first, layers, chain.widths[0]), chain.x)
    for ours, theirs in zip(plain, litert, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (litert[-1] == 127).any() or (litert[-1] == -128).any()
    for depth in (1, 2, 3):
        compiled = compile_onnx(
            chain.model(depth), name="chain", kind="class",
            outputs=[f"y{i}" for i in range(chain.widths[depth])],
            calibration=chain.calibration,
        )  # fmt: skip
        y = CompiledOnHost(compiled).predict(chain.x)
        layer = layers[depth - 1]
        q = np.rint(y / np.float32(layer.output_scale)) + layer.output_zero
        np.testing.assert_array_equal(q, litert[depth])


def test_int8_chain_stays_near_the_float_one() -> None:
    chain = Chain(7)
    compiled = compile_onnx(
        chain.model(3), name="chain", kind="class",
        outputs=[f"y{i}" for i in range(9)], calibration=chain.calibration,
    )  # fmt: skip
    x = chain.calibration
    error = CompiledOnHost(compiled).predict(x) - run_onnx(chain.model(3), x)
    spread = run_onnx(chain.model(3), x).std()
    assert np.sqrt(np.mean(error**2)) < 0.03 * spread


# ---- the autoencoder ----


def test_autoencoder_in_int8_separates_as_in_float(trained, hosts) -> None:
    data = table(n=600, seed=4)
    strange = data.label != "ball"
    exact = run_onnx(trained["autoencoder"].onnx, data.x)[:, 0]
    found = hosts["autoencoder"].predict(data.x)[:, 0]
    assert abs(roc_auc_score(strange, exact) - roc_auc_score(strange, found)) < 0.02
    assert np.corrcoef(np.log(exact), np.log(found))[0, 1] > 0.98


def test_autoencoder_clip_is_the_saturation_of_the_input(trained) -> None:
    model = trained["autoencoder"]
    text = str(program_of(read_onnx(model.onnx), calibration=model.calibration))
    assert "clip" not in text
    first, _ = split(model.onnx, model.calibration)
    assert first.scale * (127 - first.zero) <= 6.0 + first.scale
    assert first.scale * (-128 - first.zero) >= -6.0 - first.scale


def test_huge_features_give_a_huge_finite_score(trained, hosts) -> None:
    x = np.full((1, 12), 1e6, np.float32)
    score = hosts["autoencoder"].predict(x)
    assert np.isfinite(score).all()
    np.testing.assert_allclose(
        score, run_onnx(trained["autoencoder"].onnx, x), rtol=0.01
    )


@pytest.mark.parametrize(
    "calibration",
    [
        np.zeros((0, 7), np.float32),
        np.zeros((5, 6), np.float32),
        np.zeros(7, np.float32),
        np.full((5, 7), np.nan, np.float32),
    ],
)
def test_calibration_that_does_not_fit_is_refused(calibration: np.ndarray) -> None:
    with pytest.raises(ValueError, match="calibration"):
        program_of(read_onnx(Chain(0).model(2)), calibration=calibration)


def test_layer_that_is_always_zero_still_compiles() -> None:
    chain = Chain(0)
    chain.constants["w0"][:] = 0.0
    chain.constants["b0"][:] = 0.0
    ops = program_of(read_onnx(chain.model(3)), calibration=chain.calibration).ops
    assert isinstance(ops[-1], Dequantize)
    assert (next(op for op in ops if isinstance(op, DenseS8)).weights == 0).all()
