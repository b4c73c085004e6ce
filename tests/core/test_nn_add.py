"""int8 layers of one or two values at a time, against LiteRT and NumPy."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn_add
from ecmkit.graph.tables import (
    ACTIVATIONS,
    exponential_table,
    requantise_table,
    table_s8,
)
from tests.core import litert
from tests.core.litert import Tensor

S8 = NDArray[np.int8]
FULL = (-128, 127)
ALL = np.arange(-128, 128).astype(np.int8)


def random_scales(seed: int) -> tuple[Any, list[np.float32], list[int]]:
    random = np.random.default_rng(seed)
    scales = [np.float32(s) for s in random.uniform(0.005, 0.2, 3)]
    return random, scales, [int(z) for z in random.integers(-128, 128, 3)]


def add(
    scales: list[np.float32], zeros: list[int], a: S8, b: S8, *, sign: int, low: int
) -> S8:
    twice = 2.0 * float(max(scales[0], scales[1]))
    reals = np.array([float(scales[0]) / twice, float(scales[1]) / twice])
    reals = np.append(reals, twice / (2.0**20 * float(scales[2])))
    multiplier, shift = litert.multipliers_of(reals)
    multiplier[1] *= sign
    y = np.empty_like(a)
    output = np.array([zeros[2], low, 127], np.int16)
    nn_add.add_s8(multiplier, shift, np.array(zeros[:2], np.int16), output, a, b, y)
    return y


def mul(scales: list[np.float32], zeros: list[int], a: S8, b: S8, low: int) -> S8:
    real = float(scales[0]) * float(scales[1]) / float(scales[2])
    multiplier, shift = litert.multiplier_of(real)
    y = np.empty_like(a)
    output = np.array([zeros[2], low, 127], np.int16)
    nn_add.mul_s8(multiplier, shift, np.array(zeros[:2], np.int16), output, a, b, y)
    return y


@pytest.mark.parametrize("operator", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("scalar", [False, True])
def test_two_tensors_equal_litert(operator: str, scalar: bool) -> None:
    """20 layers of 50 inputs, every other one with ReLU."""
    pytest.importorskip("ai_edge_litert")
    for seed in range(20):
        random, scales, zeros = random_scales(seed)
        n, m = 60, 1 if scalar else 60
        a = random.integers(-128, 128, (50, n)).astype(np.int8)
        b = random.integers(-128, 128, (50, m)).astype(np.int8)
        relu = seed % 2
        expected = litert.run(
            operator,
            {
                "kind": f"{operator.capitalize()}Options",
                "fusedActivationFunction": relu,
            },
            [
                Tensor(shape=(1, n), scale=scales[0], zero=zeros[0]),
                Tensor(shape=(1, m), scale=scales[1], zero=zeros[1]),
            ],
            Tensor(shape=(1, n), scale=scales[2], zero=zeros[2]),
            [[p, q] for p, q in zip(a, b, strict=True)],
            version=2,
        )
        low = zeros[2] if relu else -128
        for p, q, theirs in zip(a, b, expected, strict=True):
            if operator == "MUL":
                found = mul(scales, zeros, p, q, low)
            else:
                sign = 1 if operator == "ADD" else -1
                found = add(scales, zeros, p, q, sign=sign, low=low)
            np.testing.assert_array_equal(found, theirs[0])


def test_the_second_starts_over() -> None:
    random, scales, zeros = random_scales(99)
    a = random.integers(-128, 128, 60).astype(np.int8)
    for m in (1, 3, 20, 60):
        b = random.integers(-128, 128, m).astype(np.int8)
        wide = np.tile(b, 60 // m)
        for sign in (1, -1):
            np.testing.assert_array_equal(
                add(scales, zeros, a, b, sign=sign, low=-128),
                add(scales, zeros, a, wide, sign=sign, low=-128),
            )
        np.testing.assert_array_equal(
            mul(scales, zeros, a, b, -128), mul(scales, zeros, a, wide, -128)
        )


def apply(table: S8, x: S8) -> S8:
    y = np.empty_like(x)
    nn_add.table_s8(table, x, y)
    return y


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("operator", "name"),
    [("LOGISTIC", "logistic"), ("TANH", "tanh"), ("HARD_SWISH", "hard_swish")],
)
def test_tables_are_within_one_of_litert(operator: str, name: str, seed: int) -> None:
    """All 256 inputs at once."""
    pytest.importorskip("ai_edge_litert")
    _, scales, zeros = random_scales(seed)
    out_scale, out_zero = scales[1], zeros[1]
    if name == "logistic":
        out_scale, out_zero = np.float32(1 / 256), -128
    if name == "tanh":
        out_scale, out_zero = np.float32(1 / 128), 0
    (theirs,) = litert.run(
        operator,
        {"kind": "HardSwishOptions"} if name == "hard_swish" else {},
        [Tensor(shape=(1, 256), scale=scales[0], zero=zeros[0])],
        Tensor(shape=(1, 256), scale=out_scale, zero=out_zero),
        [[ALL]],
        version=1,
    )
    given = (float(scales[0]), float(out_scale)), (zeros[0], out_zero)
    ours = apply(table_s8(ACTIVATIONS[name], *given), ALL)
    assert np.abs(ours.astype(int) - theirs[0]).max() <= 1


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("operator", ["QUANTIZE", "RELU", "RELU6"])
def test_changes_of_scale_equal_litert(operator: str, seed: int) -> None:
    pytest.importorskip("ai_edge_litert")
    _, scales, zeros = random_scales(seed)
    (theirs,) = litert.run(
        operator,
        {},
        [Tensor(shape=(1, 256), scale=scales[0], zero=zeros[0])],
        Tensor(shape=(1, 256), scale=scales[1], zero=zeros[1]),
        [[ALL]],
        version=2,
    )
    low = -128 if operator == "QUANTIZE" else zeros[1]
    six = zeros[1] + round(6.0 / float(scales[1]))
    table = requantise_table(
        (float(scales[0]), float(scales[1])),
        (zeros[0], zeros[1]),
        limits=(low, min(six, 127) if operator == "RELU6" else 127),
    )
    np.testing.assert_array_equal(apply(table, ALL), theirs[0])


@pytest.mark.parametrize("seed", range(8))
def test_leaky_relu_equals_litert(seed: int) -> None:
    pytest.importorskip("ai_edge_litert")
    random, scales, zeros = random_scales(seed)
    slope = np.float32(random.uniform(0.01, 0.5))
    (theirs,) = litert.run(
        "LEAKY_RELU",
        {"kind": "LeakyReluOptions", "alpha": float(slope)},
        [Tensor(shape=(1, 256), scale=scales[0], zero=zeros[0])],
        Tensor(shape=(1, 256), scale=scales[1], zero=zeros[1]),
        [[ALL]],
        version=2,
    )
    table = requantise_table(
        (float(scales[0]), float(scales[1])), (zeros[0], zeros[1]), slope=float(slope)
    )
    np.testing.assert_array_equal(apply(table, ALL), theirs[0])


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_softmax_is_within_one_of_litert(n: int) -> None:
    pytest.importorskip("ai_edge_litert")
    random = np.random.default_rng(n)
    for scale in (0.01, 0.1, 0.5):
        x = random.integers(-128, 128, (70, n)).astype(np.int8)
        expected = litert.run(
            "SOFTMAX",
            {"kind": "SoftmaxOptions", "beta": 1.0},
            [Tensor(shape=(1, n), scale=scale, zero=4)],
            Tensor(shape=(1, n), scale=1 / 256, zero=-128),
            [[row] for row in x],
            version=2,
        )
        y = np.empty_like(x)
        nn_add.softmax_s8(exponential_table(float(np.float32(scale))), x, y)
        assert np.abs(y.astype(int) - np.concatenate(expected)).max() <= 1
        exact = np.exp((x - x.max(axis=1, keepdims=True).astype(float)) * scale)
        exact = np.minimum(exact / exact.sum(axis=1, keepdims=True) * 256 - 128, 127)
        assert np.abs(y - exact).max() <= 0.51


def test_pieces_are_concatenated_split_and_padded() -> None:
    a = np.arange(12, dtype=np.int8)
    y = np.empty(20, np.int8)
    nn_add.fill_s8(-5, y)
    nn_add.copy_s8(4, 3, 3, 5, a, y[1:])
    expected = np.full((4, 5), -5, np.int8)
    expected[:, 1:4] = a.reshape(4, 3)
    np.testing.assert_array_equal(y.reshape(4, 5), expected)
    back = np.empty(12, np.int8)
    nn_add.copy_s8(4, 3, 5, 3, y[1:], back)
    np.testing.assert_array_equal(back, a)
    with pytest.raises(ValueError, match="leave"):
        nn_add.copy_s8(4, 3, 5, 3, y[1:], back[:11])


def test_in_place() -> None:
    random, scales, zeros = random_scales(5)
    a = random.integers(-128, 128, 30).astype(np.int8)
    expected = add(scales, zeros, a, a, sign=1, low=-128)
    twice = 2.0 * float(max(scales[0], scales[1]))
    reals = [float(scales[0]) / twice, float(scales[1]) / twice]
    reals.append(twice / (2.0**20 * float(scales[2])))
    multiplier, shift = litert.multipliers_of(np.array(reals))
    output = np.array([zeros[2], *FULL], np.int16)
    y = a.copy()
    nn_add.add_s8(multiplier, shift, np.array(zeros[:2], np.int16), output, y, y, y)
    np.testing.assert_array_equal(y, expected)


def test_wrong_arguments_are_refused() -> None:
    x, y = np.zeros(6, np.int8), np.zeros(6, np.int8)
    zero, output = np.zeros(2, np.int16), np.array([0, *FULL], np.int16)
    with pytest.raises(ValueError, match="divisor"):
        nn_add.mul_s8(2**30, 33, zero, output, x, x[:4], y)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_add.mul_s8(2**30, 0, zero, output, x, x, y)
    with pytest.raises(ValueError, match="table"):
        nn_add.table_s8(np.zeros(255, np.int8), x, y)
    many = np.zeros((1, 1001), np.int8)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_add.softmax_s8(exponential_table(0.1), many, many.copy())
