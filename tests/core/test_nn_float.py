"""Float layers against NumPy in float64 and onnxruntime."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn_float
from tests.core.test_nn_conv import SHAPES, VALID, Shape

F32 = NDArray[np.float32]
INF = math.inf


def normal(seed: int, *shape: int) -> F32:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("n_in", [1, 2, 3, 4, 5, 31, 64])
@pytest.mark.parametrize("n_out", [1, 2, 5])
def test_dense_equals_numpy(n_in: int, n_out: int) -> None:
    weights, bias, x = normal(1, n_out, n_in), normal(2, n_out), normal(3, 40, n_in)
    y = np.empty((40, n_out), np.float32)
    nn_float.dense(weights, bias, -INF, INF, x, y)
    exact = x.astype(float) @ weights.T.astype(float) + bias
    size = np.abs(x.astype(float)) @ np.abs(weights.T) + np.abs(bias)
    # a rounding of each product and of each sum of a lane, of three sums and the bias
    assert (np.abs(y - exact) <= (n_in / 4 + 6) * 2.0**-24 * size).all()
    clamped = np.empty_like(y)
    nn_float.dense(weights, bias, 0.0, 1.5, x, clamped)
    np.testing.assert_array_equal(clamped, np.clip(y, 0.0, 1.5))


def conv(shape: Shape, x: F32, weights: F32, bias: F32, groups: int, pool: int) -> F32:
    """`weights` of shape (filters, kernel_h, kernel_w, channels of a group)."""
    rows = weights.reshape(len(weights), -1)
    window = shape.window(pool)
    work = np.empty(nn_float.work_len(rows.shape[1]), np.float32)
    y = np.empty((len(x), *window[3:5], len(weights)), np.float32)
    for image, out in zip(x, y, strict=True):
        nn_float.conv(
            window, rows, bias, groups, pool, 0.0, INF, image.reshape(-1), work,
            out.reshape(-1),
        )  # fmt: skip
    return y


def by_onnxruntime(
    shape: Shape, x: F32, weights: F32, bias: F32, groups: int
) -> NDArray[np.float32]:
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    helper, window = onnx.helper, shape.window().astype(int)
    reach = [(shape.kernel[i] - 1) * shape.dilation[i] + 1 for i in (0, 1)]
    after = [
        (window[3 + i] - 1) * shape.stride[i] + reach[i] - window[11 + i]
        - shape.image[i] for i in (0, 1)
    ]  # fmt: skip
    node = helper.make_node(
        "Conv", ["x", "w", "b"], ["c"], group=groups, strides=shape.stride,
        dilations=shape.dilation, pads=[*window[11:13], *(max(a, 0) for a in after)],
    )  # fmt: skip
    graph = helper.make_graph(
        [node, helper.make_node("Relu", ["c"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", 1, list(x.transpose(0, 3, 1, 2).shape))],
        [helper.make_tensor_value_info("y", 1, None)],
        [
            onnx.numpy_helper.from_array(weights.transpose(0, 3, 1, 2).copy(), "w"),
            onnx.numpy_helper.from_array(bias, "b"),
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (y,) = session.run(None, {"x": np.ascontiguousarray(x.transpose(0, 3, 1, 2))})
    found: NDArray[np.float32] = y.transpose(0, 2, 3, 1)
    return found[:, : window[3], : window[4]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_convolution_equals_onnxruntime(shape: Shape) -> None:
    for groups in (1, 2) if shape.image[2] % 2 == 0 else (1,):
        filters = shape.filters * groups
        count = (filters, *shape.kernel, shape.image[2] // groups)
        weights, bias, x = (
            normal(4, *count),
            normal(5, filters),
            normal(6, 5, *shape.image),
        )
        y = conv(shape, x, weights, bias, groups, 1)
        expected = by_onnxruntime(shape, x, weights, bias, groups)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=3e-5)
        width = y.shape[2] // 2
        if width > 0:
            pairs = y[:, :, : 2 * width].reshape(*y.shape[:2], width, 2, filters)
            np.testing.assert_array_equal(
                conv(shape, x, weights, bias, groups, 2), pairs.max(axis=3)
            )


@pytest.mark.parametrize("multiply", [1, 2])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_depthwise_equals_onnxruntime(shape: Shape, multiply: int) -> None:
    channels = shape.image[2]
    filters = channels * multiply
    weights = normal(7, filters, *shape.kernel, 1)
    bias, x = normal(8, filters), normal(9, 3, *shape.image)
    window = shape.window()
    y = np.empty((3, *window[3:5], filters), np.float32)
    taps = np.ascontiguousarray(weights.reshape(filters, -1).T)
    for image, out in zip(x, y, strict=True):
        nn_float.depthwise(
            window, taps, bias, 0.0, INF, image.reshape(-1), out.reshape(-1)
        )
    expected = by_onnxruntime(shape, x, weights, bias, channels)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_pools_equal_numpy() -> None:
    shape = Shape(
        image=(6, 8, 3), kernel=(2, 4), filters=3, stride=(2, 4), padding=VALID
    )
    image = normal(10, 6, 8, 3)
    blocks = image.reshape(3, 2, 2, 4, 3).transpose(0, 2, 1, 3, 4).reshape(3, 2, 8, 3)
    y = np.empty((3, 2, 3), np.float32)
    nn_float.pool_max(shape.window(), image.reshape(-1), y.reshape(-1))
    np.testing.assert_array_equal(y, blocks.max(axis=2))
    nn_float.pool_mean(shape.window(), image.reshape(-1), y.reshape(-1))
    np.testing.assert_allclose(y, blocks.astype(float).mean(axis=2), rtol=0, atol=3e-7)


def test_means_leave_out_what_is_outside() -> None:
    window = np.array([1, 3, 1, 1, 3, 1, 3, 1, 1, 1, 1, 0, 1], np.uint16)
    y = np.empty(3, np.float32)
    nn_float.pool_mean(window, np.array([1, 2, 6], np.float32), y)
    np.testing.assert_array_equal(y, [1.5, 3.0, 4.0])
    window[12] = 3
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_float.pool_max(window, np.array([1, 2, 6], np.float32), y)


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (nn_float.CLAMP, lambda x: np.clip(x, -0.5, 2.0)),
        (nn_float.LEAKY, lambda x: np.where(x < 0, -0.5 * x, x)),
        (nn_float.LOGISTIC, lambda x: 1 / (1 + np.exp(-x))),
        (nn_float.TANH, np.tanh),
        (nn_float.ELU, lambda x: np.where(x < 0, -0.5 * np.expm1(x), x)),
        (nn_float.HARD_SWISH, lambda x: x * np.clip(x + 3, 0, 6) / 6),
        (nn_float.SWISH, lambda x: x / (1 + np.exp(-x))),
        (nn_float.EXP, np.exp),
        (nn_float.SQRT, lambda x: np.sqrt(np.abs(x))),
        (nn_float.AFFINE, lambda x: -0.5 * x + 2.0),
    ],
)
def test_functions_of_one_value(function: int, exact: object) -> None:
    assert callable(exact)
    x = 3.0 * normal(11, 500)
    x = np.abs(x) if function == nn_float.SQRT else x
    y = np.empty_like(x)
    nn_float.map(function, -0.5, 2.0, x, y)
    expected = exact(x.astype(float))
    np.testing.assert_allclose(y, expected, rtol=4 * 2.0**-24, atol=2.0**-23)
    nn_float.map(function, -0.5, 2.0, x, x)
    np.testing.assert_array_equal(x, y)


def test_softmax_equals_numpy() -> None:
    for n in (1, 2, 5, 100):
        x = 10.0 * normal(n, n)
        y = np.empty_like(x)
        nn_float.softmax(x, y)
        exact = np.exp(x.astype(float) - x.max())
        np.testing.assert_allclose(y, exact / exact.sum(), rtol=3e-6)


def test_wrong_arguments_are_refused() -> None:
    x, y = normal(1, 4), np.empty(4, np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        nn_float.map(99, 0.0, 0.0, x, y)
    with pytest.raises(ValueError, match="empty"):
        nn_float.softmax(x[:0], y[:0])
    shape = Shape(image=(1, 8, 4), kernel=(1, 3), filters=4)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        conv(shape, normal(2, 1, 1, 8, 4), normal(3, 4, 1, 3, 4), normal(4, 4), 1, 3)
