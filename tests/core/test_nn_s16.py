"""Layers of int16 values; tests/graph/test_random_graphs.py holds all to LiteRT."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import nn_s16
from ecmkit.graph.packing import pack_s8
from ecmkit.graph.tables import (
    ACTIVATIONS,
    error_s16,
    exponential_tables_s16,
    table_s16,
)
from tests.core import litert
from tests.core.test_nn_conv import SAME, VALID, Shape

OUTPUT = np.array([0, -32768, 32767], np.int16)
SHAPES = [
    Shape(image=(1, 33, 5), kernel=(1, 4), filters=6, stride=(1, 2)),
    Shape(image=(1, 40, 1), kernel=(1, 16), filters=4, stride=(1, 4), padding=VALID),
    Shape(image=(9, 11, 3), kernel=(3, 3), filters=6, stride=(2, 2)),
    Shape(image=(6, 7, 4), kernel=(2, 3), filters=4, dilation=(2, 1), padding=SAME),
]


def factors(n):
    multiplier = 0x4000 + np.arange(n, dtype=np.int32) * 977
    return multiplier, (22 + np.arange(n) % 4).astype(np.uint8)


def rounded(acc, multiplier, shift):
    whole = (acc * multiplier.astype(object) + (1 << (shift.astype(object) - 1))) >> (
        shift.astype(object)
    )
    return np.clip(whole, -32768, 32767).astype(np.int16)


def patches(shape, x):
    """Windows of an image in plain NumPy: output pixels by taps by channels."""
    (height, top), (width, left) = shape.axis(0), shape.axis(1)
    wide = np.zeros((60, 60, x.shape[2]), np.int64)
    wide[top : top + x.shape[0], left : left + x.shape[1]] = x
    taps = [
        wide[
            ky * shape.dilation[0] :, kx * shape.dilation[1] :
        ][: height * shape.stride[0] : shape.stride[0],
          : width * shape.stride[1] : shape.stride[1]]
        for ky in range(shape.kernel[0])
        for kx in range(shape.kernel[1])
    ]  # fmt: skip
    return np.stack(taps, 2)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_conv_and_depthwise_equal_plain_integers(shape):
    random = np.random.default_rng(1)
    x = random.integers(-32768, 32768, shape.image).astype(np.int16)
    n, channels = shape.filters, shape.image[2]
    seen = patches(shape, x)
    bias = random.integers(-(2**24), 2**24, n).astype(np.int32)
    multiplier, shift = factors(n)
    weights = random.integers(-127, 128, (n, *shape.kernel, channels)).astype(np.int8)
    y = np.empty((*seen.shape[:2], n), np.int16)
    rows = weights.reshape(n, -1)
    work = np.empty(rows.shape[1], np.int16)
    nn_s16.conv_s16(
        shape.window(), pack_s8(rows).weights, None, bias, multiplier, shift, OUTPUT,
        1, x.reshape(-1), work, y.reshape(-1),
    )  # fmt: skip
    flat = seen.reshape(*seen.shape[:2], -1)
    acc = (flat @ rows.T.astype(np.int64) + bias).astype(object)
    np.testing.assert_array_equal(y, rounded(acc, multiplier, shift))
    bias, (multiplier, shift) = bias[:channels].copy(), factors(channels)
    weights = random.integers(-127, 128, (*shape.kernel, channels)).astype(np.int8)
    y = np.empty((*seen.shape[:2], channels), np.int16)
    nn_s16.depthwise_s16(
        shape.window(), weights.reshape(-1), bias, multiplier, shift, OUTPUT,
        x.reshape(-1), y.reshape(-1),
    )  # fmt: skip
    acc = (seen * weights.reshape(-1, channels)).sum(2) + bias
    np.testing.assert_array_equal(y, rounded(acc.astype(object), multiplier, shift))


@pytest.mark.parametrize("mean", [False, True])
def test_pools_equal_plain_integers(mean):
    shape = Shape(image=(6, 9, 3), kernel=(2, 3), filters=3, stride=(2, 3),
                  padding=VALID)  # fmt: skip
    x = np.random.default_rng(2).integers(-32768, 32768, shape.image).astype(np.int16)
    seen = patches(shape, x)
    y = np.empty((*seen.shape[:2], 3), np.int16)
    nn_s16.pool_s16(shape.window(), mean, -30000, 30000, x.reshape(-1), y.reshape(-1))
    total = seen.sum(2)
    wanted = np.sign(total) * ((np.abs(total) + 3) // 6) if mean else seen.max(2)
    np.testing.assert_array_equal(y, np.clip(wanted, -30000, 30000))


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=40))
def test_mean_is_rounded_once(values):
    x = np.array(values, np.int16).reshape(1, -1, 1)
    multiplier, shift = litert.multiplier_of(0.7 / len(values))
    y = np.empty((1, 1), np.int16)
    nn_s16.mean_s16(multiplier, shift, x, y)
    assert y.item() == litert.once(sum(values), multiplier, shift)


@given(
    st.lists(st.integers(-32768, 32767), min_size=1, max_size=20),
    st.integers(-32768, 32767),
    st.floats(0.05, 1.0),
    st.booleans(),
)
def test_sums_and_products_equal_plain_integers(values, other, ratio, less):
    a, b = np.array(values, np.int16), np.array([other], np.int16)
    pairs = [litert.multiplier_of(v) for v in (0.5, 0.5 * ratio, 2**-15 / ratio)]
    multiplier = np.array([m for m, _ in pairs], np.int32)
    shift = np.array([s for _, s in pairs], np.uint8)
    signed = multiplier * np.array([1, -1 if less else 1, 1], np.int32)
    limits, y = np.array([-32768, 32000], np.int16), np.empty_like(a)
    nn_s16.two_s16(False, signed, shift, limits, a, b, y)
    for value, found in zip(values, y.tolist(), strict=True):
        first = litert.twice(value << 15, *pairs[0])
        second = litert.twice(other << 15, *pairs[1])
        wanted = litert.twice(first - second if less else first + second, *pairs[2])
        assert found == min(max(wanted, -32768), 32000)
    nn_s16.two_s16(True, signed, shift, limits, a, b, y)
    for value, found in zip(values, y.tolist(), strict=True):
        wanted = litert.twice(value * other, *pairs[2])
        assert found == min(max(wanted, -32768), 32000)


@pytest.mark.parametrize(
    ("name", "scale", "result"),
    [("tanh", 1e-4, 1 / 32768), ("logistic", 2e-4, 1 / 32768), ("gelu", 1e-4, 1e-4),
     ("softplus", 1e-4, 1.1e-4)],
)  # fmt: skip
def test_tables_follow_their_functions(name, scale, result):
    """Within what `error_s16` says of ends and middles, and half a step more."""
    function = ACTIVATIONS[name]
    points = table_s16(function, scale, result)
    x = np.arange(-32768, 32768).astype(np.int16)
    y = np.empty_like(x)
    nn_s16.table_s16(points, x, y)
    wanted = np.array([function(scale * q) / result for q in x.tolist()])
    off = np.abs(y - np.clip(wanted, -32768, 32767)).max()
    assert off <= max(error_s16(points, function, scale, result), 1.0) + 1.0
    assert off < 5.0


def test_what_has_corners_is_told_from_its_table():
    """Which is no good for such a function."""
    function = ACTIVATIONS["hard_swish"]
    assert error_s16(table_s16(function, 1e-4, 1e-4), function, 1e-4, 1e-4) > 8.0


@given(st.integers(1, 30), st.integers(0, 2**32 - 1), st.floats(1e-6, 2e-3))
def test_softmax_is_within_one_of_the_exact_one(n, seed, scale):
    x = np.random.default_rng(seed).integers(-32768, 32768, (3, n)).astype(np.int16)
    y = np.empty_like(x)
    nn_s16.softmax_s16(exponential_tables_s16(scale), x, y)
    real = np.exp(scale * (x.astype(float) - x.max(axis=1, keepdims=True)))
    wanted = np.minimum(32768 * real / real.sum(axis=1, keepdims=True), 32767)
    assert np.abs(y - wanted).max() <= 1.0


@given(st.floats(2.0**-14, 300.0), st.floats(0.01, 1.0), st.integers(-128, 127))
def test_changes_of_scale_equal_plain_integers(factor, slope, zero):
    pairs = [litert.multiplier_of(v) for v in (factor, factor * slope)]
    multiplier = np.array([m for m, _ in pairs], np.int32)
    shift = np.array([s for _, s in pairs], np.uint8)
    wide = np.array([-32768, -129, -2, -1, 0, 1, 7, 127, 32767], np.int16)
    small = np.arange(-128, 128).astype(np.int8)

    def wanted(x, own, its, low, high):
        steps = x - own
        value = litert.twice(steps, *pairs[0 if steps >= 0 else 1])
        return min(max(value + its, low), high)

    def run(call, x, y, own, its, low, high):
        zeros, limits = np.array([own, its], np.int16), np.array([low, high], np.int16)
        call(multiplier, shift, zeros, limits, x, y)
        assert y.tolist() == [wanted(v, own, its, low, high) for v in x.tolist()]

    most = (-32768, 32767)
    run(nn_s16.rescale_s16, wide, np.empty_like(wide), 0, 0, -5, 32767)
    run(nn_s16.rescale_s8_s16, small, np.empty(256, np.int16), zero, 0, *most)
    run(nn_s16.rescale_s16_s8, wide, np.empty(9, np.int8), 0, zero, -128, 127)


def test_shapes_that_disagree_are_refused():
    x, y = np.zeros(4, np.int16), np.full(5, 7, np.int16)
    window = np.array((1, 4, 1, 1, 5, 1, 2, 1, 2, 1, 1, 0, 0), np.uint16)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_s16.pool_s16(window, False, -1, 1, x, y)
    assert (y == 7).all()
    with pytest.raises(ValueError, match="table has length"):
        nn_s16.table_s16(x, x, x.copy())
    with pytest.raises(ValueError, match="divisor"):
        nn_s16.two_s16(True, np.ones(3, np.int32), np.ones(3, np.uint8), x[:2].copy(),
                       y, x, y)  # fmt: skip
    with pytest.raises(ValueError, match="work has length"):
        nn_s16.conv_s16(
            np.array((1, 4, 1, 1, 2, 1, 3, 1, 1, 1, 1, 0, 0), np.uint16),
            np.zeros(4, np.int8), None, np.zeros(1, np.int32),
            np.ones(1, np.int32), np.ones(1, np.uint8), OUTPUT, 1, x, x[:2].copy(),
            y[:2].copy(),
        )  # fmt: skip
