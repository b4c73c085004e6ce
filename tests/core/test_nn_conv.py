"""int8 convolutions, byte for byte, against LiteRT and plain integers."""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn_conv
from ecmkit.graph.packing import fold_bias, pack_s8
from tests.core import litert

S8 = NDArray[np.int8]
SAME, VALID = 0, 1


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A convolution's geometry."""

    image: tuple[int, int, int]
    kernel: tuple[int, int]
    filters: int
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: int = SAME

    def axis(self, i: int) -> tuple[int, int]:
        """Output length and padding in front, as TFLite computes them."""
        reach = (self.kernel[i] - 1) * self.dilation[i] + 1
        if self.padding == VALID:
            return (self.image[i] - reach) // self.stride[i] + 1, 0
        out = -(-self.image[i] // self.stride[i])
        return out, max(0, (out - 1) * self.stride[i] + reach - self.image[i]) // 2

    def window(self, pool: int = 1) -> NDArray[np.uint16]:
        (height, top), (width, left) = self.axis(0), self.axis(1)
        sizes = (*self.image, height, width // pool, *self.kernel, *self.stride)
        return np.array([*sizes, *self.dilation, top, left], np.uint16)


def random_layer(seed: int, shape: Shape, group_inputs: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    in_scale, out_scale = (np.float32(s) for s in random.uniform(0.01, 0.1, 2))
    scales = random.uniform(0.001, 0.02, shape.filters).astype(np.float32)
    product = np.float64(in_scale) * scales.astype(np.float64)
    multiplier, shift = litert.multipliers_of(product / np.float64(out_scale))
    in_zero, out_zero = (int(z) for z in random.integers(-128, 128, 2))
    count = (shape.filters, *shape.kernel, group_inputs)
    return {
        "in_scale": in_scale,
        "out_scale": out_scale,
        "scales": scales,
        "in_zero": in_zero,
        "weights": random.integers(-127, 128, count).astype(np.int8),
        "bias": random.integers(-3000, 3000, shape.filters).astype(np.int32),
        "multiplier": multiplier,
        "shift": shift,
        "output": np.array([out_zero, -128, 127], np.int16),
        "x": random.integers(-128, 128, (25, *shape.image)).astype(np.int8),
    }


def ours(
    shape: Shape,
    layer: dict[str, Any],
    groups: int,
    *,
    pool: int = 1,
    blocks: bool = False,
) -> S8:
    rows = layer["weights"].reshape(shape.filters, -1)
    per = shape.filters // groups
    packed = [
        pack_s8(rows[g * per : (g + 1) * per], blocks=blocks) for g in range(groups)
    ]
    window = shape.window(pool)
    results = np.empty((len(layer["x"]), *window[3:5], shape.filters), np.int8)
    work = np.empty(nn_conv.work_len(rows.shape[1]), np.int32)
    for x, y in zip(layer["x"], results, strict=True):
        nn_conv.conv_s8(
            window,
            np.concatenate([p.weights for p in packed]),
            packed[0].blocks,
            fold_bias(layer["bias"], rows, layer["in_zero"]),
            layer["multiplier"], layer["shift"], layer["output"], groups, pool,
            layer["in_zero"], x.reshape(-1), work, y.reshape(-1),
        )  # fmt: skip
    return results


def theirs(
    shape: Shape, layer: dict[str, Any], weights: S8, axis: int, options: dict[str, Any]
) -> S8:
    (height, _), (width, _) = shape.axis(0), shape.axis(1)
    in_scale, scales = layer["in_scale"], layer["scales"]
    options = {
        "padding": shape.padding,
        "strideH": shape.stride[0],
        "strideW": shape.stride[1],
        "dilationHFactor": shape.dilation[0],
        "dilationWFactor": shape.dilation[1],
        "fusedActivationFunction": 0,
        **options,
    }
    operator = {"Conv2DOptions": "CONV_2D"}.get(options["kind"], "DEPTHWISE_CONV_2D")
    results = litert.run(
        operator,
        options,
        [
            litert.Tensor(
                shape=(1, *shape.image), scale=in_scale, zero=layer["in_zero"]
            ),
            litert.Tensor(shape=weights.shape, scale=scales, data=weights, axis=axis),
            litert.Tensor(
                shape=(shape.filters,), scale=in_scale * scales, data=layer["bias"]
            ),
        ],
        litert.Tensor(
            shape=(1, height, width, shape.filters),
            scale=layer["out_scale"],
            zero=int(layer["output"][0]),
        ),
        [[x] for x in layer["x"]],
    )
    return np.concatenate(results)


SHAPES = [
    Shape(image=(1, 64, 1), kernel=(1, 16), filters=8, stride=(1, 4)),
    Shape(image=(1, 33, 5), kernel=(1, 3), filters=6),
    Shape(image=(1, 20, 4), kernel=(1, 3), filters=5, dilation=(1, 3)),
    Shape(image=(9, 11, 3), kernel=(3, 3), filters=7, stride=(2, 2)),
    Shape(image=(8, 8, 16), kernel=(1, 1), filters=9, padding=VALID),
    Shape(image=(7, 9, 2), kernel=(4, 2), filters=4, dilation=(2, 1)),
    Shape(image=(6, 5, 3), kernel=(3, 3), filters=4, padding=VALID, stride=(1, 2)),
    Shape(image=(1, 7, 2), kernel=(1, 9), filters=3),
    Shape(image=(5, 6, 8), kernel=(5, 6), filters=4, padding=VALID),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_convolution_equals_litert(shape: Shape) -> None:
    """225 inputs."""
    pytest.importorskip("ai_edge_litert")
    layer = random_layer(1, shape, shape.image[2])
    expected = theirs(shape, layer, layer["weights"], 0, {"kind": "Conv2DOptions"})
    np.testing.assert_array_equal(ours(shape, layer, 1), expected)
    assert len(np.unique(expected)) > 30


@pytest.mark.parametrize(("channels", "groups"), [(4, 2), (6, 3), (8, 8)])
def test_groups_equal_a_convolution_each(channels: int, groups: int) -> None:
    shape = Shape(image=(6, 7, channels), kernel=(3, 2), filters=groups * 5)
    layer = random_layer(2, shape, channels // groups)
    found = ours(shape, layer, groups)
    for g in range(groups):
        part = slice(g * 5, (g + 1) * 5)
        inputs = slice(g * channels // groups, (g + 1) * channels // groups)
        alone = {
            name: value[part]
            if name in ("weights", "bias", "multiplier", "shift")
            else value
            for name, value in layer.items()
        }
        alone["x"] = np.ascontiguousarray(layer["x"][..., inputs])
        own = Shape(image=(6, 7, channels // groups), kernel=(3, 2), filters=5)
        np.testing.assert_array_equal(found[..., part], ours(own, alone, 1))


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.axis(1)[0] > 1], ids=str)
def test_the_pool_is_the_greater_of_two_neighbours(shape: Shape) -> None:
    layer = random_layer(3, shape, shape.image[2])
    y = ours(shape, layer, 1)
    width = y.shape[2] // 2
    pairs = y[:, :, : 2 * width].reshape(*y.shape[:2], width, 2, y.shape[3])
    np.testing.assert_array_equal(ours(shape, layer, 1, pool=2), pairs.max(axis=3))


def test_blocks_equal_all_weights() -> None:
    shape = Shape(image=(1, 40, 16), kernel=(1, 3), filters=8)
    layer = random_layer(4, shape, 16)
    keep = np.random.default_rng(4).random((2, 3)) < 0.5
    layer["weights"] *= np.repeat(keep, 4, axis=0)[:, None, :, None].astype(np.int8)
    for pool in (1, 2):
        np.testing.assert_array_equal(
            ours(shape, layer, 1, pool=pool, blocks=True),
            ours(shape, layer, 1, pool=pool),
        )


def test_every_small_geometry_equals_plain_integers() -> None:
    """Ends of rows: each stride, pad and dilation, read in place or gathered."""
    random = np.random.default_rng(5)
    for width, taps, stride, dilation, pad in itertools.product(
        (1, 2, 5, 8), (1, 2, 3), (1, 2), (1, 2), (0, 1, 2)
    ):
        reach = (taps - 1) * dilation + 1
        out = (width + 2 * pad - reach) // stride + 1
        if out < 1:
            continue
        window = [1, width, 3, 1, out, 1, taps, 1, stride, 1, dilation, 0, pad]
        weights = random.integers(-127, 128, (5, taps * 3)).astype(np.int8)
        bias = random.integers(-300, 300, 5).astype(np.int32)
        multiplier = random.integers(2**30, 2**31, 5).astype(np.int32)
        shift, zero = np.full(5, 37, np.uint8), -7
        x = random.integers(-128, 128, (width, 3)).astype(np.int8)
        y = np.empty((out, 5), np.int8)
        nn_conv.conv_s8(
            np.array(window, np.uint16), pack_s8(weights).weights, None,
            fold_bias(bias, weights, zero), multiplier, shift,
            np.array([3, -128, 127], np.int16), 1, 1, zero, x.reshape(-1),
            np.empty(nn_conv.work_len(taps * 3), np.int32), y.reshape(-1),
        )  # fmt: skip
        wide = np.full((width + 2 * pad + 8, 3), zero, np.int64)
        wide[pad : pad + width] = x
        for o in range(out):
            taken = wide[o * stride : o * stride + reach : dilation].reshape(-1)
            acc = bias + weights.astype(np.int64) @ (taken - zero)
            pairs = zip(acc.tolist(), multiplier.tolist(), strict=True)
            q = [litert.twice(a, m, 37) + 3 for a, m in pairs]
            np.testing.assert_array_equal(y[o], np.clip(q, -128, 127), str(window))


def test_contradictions_are_refused() -> None:
    shape = Shape(image=(1, 8, 4), kernel=(1, 3), filters=4)
    layer = random_layer(0, shape, 4)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        ours(shape, layer, 1, pool=3)
    none = Shape(
        image=(1, 8, 4), kernel=(1, 3), filters=4, stride=(1, 1), dilation=(0, 1)
    )
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        ours(none, layer, 1)
    short = np.empty(3, np.int32)
    rows = layer["weights"].reshape(4, -1)
    with pytest.raises(ValueError, match="work"):
        nn_conv.conv_s8(
            shape.window(), pack_s8(rows).weights, None, layer["bias"],
            layer["multiplier"], layer["shift"], layer["output"], 1, 1, 0,
            layer["x"][0].reshape(-1), short, np.empty(32, np.int8),
        )  # fmt: skip
