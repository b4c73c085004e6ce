"""int8 convolutions of each channel alone, byte for byte, against LiteRT."""

import numpy as np
import pytest

from ecmkit._core import nn_depthwise
from ecmkit.graph.packing import fold_bias
from tests.core.test_nn_conv import SHAPES, Shape, random_layer, theirs


@pytest.mark.parametrize("multiply", [1, 2, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_depthwise_equals_litert(shape: Shape, multiply: int) -> None:
    pytest.importorskip("ai_edge_litert")
    shape = Shape(
        image=shape.image, kernel=shape.kernel, stride=(shape.stride[0],) * 2,
        dilation=shape.dilation, padding=shape.padding,
        filters=shape.image[2] * multiply,
    )  # fmt: skip
    layer = random_layer(multiply, shape, 1)
    weights = np.ascontiguousarray(layer["weights"].transpose(3, 1, 2, 0))
    options = {"kind": "DepthwiseConv2DOptions", "depthMultiplier": multiply}
    expected = theirs(shape, layer, weights, 3, options)
    window = shape.window()
    bias = fold_bias(
        layer["bias"], layer["weights"].reshape(shape.filters, -1), layer["in_zero"]
    )
    found = np.empty_like(expected)
    for x, y in zip(layer["x"], found, strict=True):
        nn_depthwise.depthwise_s8(
            window, weights.reshape(-1), bias, layer["multiplier"], layer["shift"],
            layer["output"], layer["in_zero"], x.reshape(-1), y.reshape(-1),
        )  # fmt: skip
    np.testing.assert_array_equal(found, expected)


def test_contradictions_are_refused() -> None:
    window = np.array([1, 8, 4, 1, 8, 1, 3, 1, 1, 1, 1, 0, 1], np.uint16)
    weights, x = np.ones(12, np.int8), np.zeros(32, np.int8)
    y, output = np.zeros(32, np.int8), np.array([0, -128, 127], np.int16)
    table, shift = np.full(4, 2**30, np.int32), np.full(4, 36, np.uint8)

    def call(window: np.ndarray, outputs: int) -> None:
        nn_depthwise.depthwise_s8(
            window, weights, table[:outputs], table[:outputs], shift[:outputs],
            output, 0, x, y,
        )  # fmt: skip

    call(window, 4)
    with pytest.raises(ValueError, match="multiple of the channels"):
        call(window, 3)
    window[8] = 0
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        call(window, 4)
