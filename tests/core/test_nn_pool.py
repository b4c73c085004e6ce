"""int8 pools byte for byte against LiteRT, means within 1."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn_pool
from tests.core import litert
from tests.core.test_nn_conv import SAME, VALID, Shape

S8 = NDArray[np.int8]

SHAPES = [
    Shape(image=(1, 33, 5), kernel=(1, 2), filters=5, stride=(1, 2)),
    Shape(image=(1, 32, 16), kernel=(1, 3), filters=16, stride=(1, 2), padding=SAME),
    Shape(image=(9, 11, 3), kernel=(3, 3), filters=3, stride=(2, 2)),
    Shape(image=(8, 8, 7), kernel=(2, 2), filters=7, stride=(2, 2), padding=VALID),
    Shape(image=(7, 9, 2), kernel=(7, 9), filters=2, padding=VALID),
    Shape(image=(5, 4, 6), kernel=(4, 5), filters=6),
]


def images(shape: Shape, seed: int) -> S8:
    random = np.random.default_rng(seed)
    x = random.integers(-128, 128, (40, *shape.image)).astype(np.int8)
    x[:20] //= 16  # where ties of the mean are frequent
    return x


def ours(kind: str, shape: Shape, x: S8, low: int = -128, high: int = 127) -> S8:
    window = shape.window()
    y = np.empty((len(x), *window[3:5], shape.filters), np.int8)
    for image, out in zip(x, y, strict=True):
        call = nn_pool.pool_max_s8 if kind == "MAX_POOL_2D" else nn_pool.pool_mean_s8
        call(window, low, high, image.reshape(-1), out.reshape(-1))
    return y


@pytest.mark.parametrize("kind", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_pool_equals_litert(kind: str, shape: Shape) -> None:
    """240 inputs each, also with ReLU."""
    pytest.importorskip("ai_edge_litert")
    x = images(shape, 1)
    window = shape.window()
    for relu, zero in ((0, -9), (1, 12)):
        options = {
            "kind": "Pool2DOptions",
            "padding": shape.padding,
            "strideH": shape.stride[0],
            "strideW": shape.stride[1],
            "filterHeight": shape.kernel[0],
            "filterWidth": shape.kernel[1],
            "fusedActivationFunction": relu,
        }
        out = tuple(int(n) for n in window[3:5])
        expected = litert.run(
            kind,
            options,
            [litert.Tensor(shape=(1, *shape.image), scale=0.1, zero=zero)],
            litert.Tensor(shape=(1, *out, shape.filters), scale=0.1, zero=zero),
            [[image] for image in x],
            version=2,
        )
        found = ours(kind, shape, x, zero if relu else -128)
        np.testing.assert_array_equal(found, np.concatenate(expected))


@pytest.mark.parametrize("axes", [(1, 2), (3,), (2,)])
def test_mean_is_within_one_of_litert(axes: tuple[int, ...]) -> None:
    pytest.importorskip("ai_edge_litert")
    shape, zeros, scales = (1, 4, 9, 6), (17, -30), (0.04, 0.03)
    random = np.random.default_rng(2)
    x = random.integers(-128, 128, (200, *shape[1:])).astype(np.int8)
    kept = tuple(n for i, n in enumerate(shape) if i not in axes)
    expected = litert.run(
        "MEAN",
        {"kind": "ReducerOptions", "keepDims": False},
        [
            litert.Tensor(shape=shape, scale=scales[0], zero=zeros[0]),
            litert.Tensor(shape=(len(axes),), data=np.array(axes, np.int32)),
        ],
        litert.Tensor(shape=kept, scale=scales[1], zero=zeros[1]),
        [[image] for image in x],
        version=2,
    )
    outer = int(np.prod(shape[: axes[0]]))
    inner = int(np.prod(shape[axes[-1] + 1 :]))
    n = int(np.prod(shape)) // outer // inner
    multiplier, shift = litert.multiplier_of(scales[0] / (scales[1] * n))
    output = np.array([zeros[1], -128, 127], np.int16)
    differences = []
    for image, theirs in zip(x, expected, strict=True):
        y = np.empty((outer, inner), np.int8)
        cube = image.reshape(outer, n, inner)
        nn_pool.mean_s8(-n * zeros[0], multiplier, shift, output, cube, y)
        exact = (cube.astype(float).mean(axis=1) - zeros[0]) * scales[0] / scales[1]
        exact = np.clip(exact + zeros[1], -128, 127)
        assert np.abs(y - exact).max() <= 0.5 + 1e-6
        differences.append(np.abs(y.reshape(-1).astype(int) - theirs.reshape(-1)))
    assert np.max(differences) <= 1


def test_padding_with_dilation_equals_numpy() -> None:
    shape = Shape(image=(6, 7, 3), kernel=(2, 3), filters=3, dilation=(2, 3))
    x = images(shape, 3)
    window = shape.window()
    (height, width), (top, left) = window[3:5].tolist(), window[11:13].tolist()
    wide = np.full((len(x), 30, 30, 3), -128, np.int8)
    wide[:, top : top + 6, left : left + 7] = x
    expected = np.max(
        [
            wide[:, 2 * i : 2 * i + height, 3 * j : 3 * j + width]
            for i in range(2)
            for j in range(3)
        ],
        axis=0,
    )
    np.testing.assert_array_equal(ours("MAX_POOL_2D", shape, x), expected)


def test_a_window_without_a_pixel_is_refused() -> None:
    sizes: Any = (1, 4, 1, 1, 5, 1, 2, 1, 2, 1, 1, 0, 0)
    window = np.array(sizes, np.uint16)
    x, y = np.zeros(4, np.int8), np.full(5, 7, np.int8)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_pool.pool_max_s8(window, -128, 127, x, y)
    assert (y == 7).all()
    window[4], window[12] = 2, 2
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_pool.pool_mean_s8(window, -128, 127, x, y[:2])
