"""Convolutions in single precision: the bits of the order that is promised."""

import itertools

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from ecmkit import graph

CASES = {
    "pairs of filters and places": ((1, 3, 16), (4, 3, 3), (1, 1), 1, 1),
    "odd filters and places": ((1, 2, 11), (5, 2, 4), (2, 0), 1, 1),
    "one place": ((1, 6, 3), (4, 6, 3), (0, 0), 1, 1),
    "more padding than image": ((1, 1, 4), (3, 1, 9), (7, 7), 2, 1),
    "groups": ((2, 6, 9), (9, 2, 3), (1, 1), 1, 3),
    "one filter a group, written out": ((1, 4, 10), (4, 1, 5), (2, 2), 1, 4),
    "one filter a group, nothing outside": ((1, 4, 10), (4, 1, 5), (0, 0), 1, 4),
    "one filter a group, always outside": ((1, 3, 3), (3, 1, 5), (1, 1), 1, 3),
    "one long filter a group": ((1, 2, 50), (2, 1, 33), (9, 0), 1, 2),
    "image": ((1, 3, 6, 5), (4, 3, 3, 3), (1, 1, 1, 1), 2, 1),
    "image, outside in rows alone": ((1, 2, 4, 7), (3, 2, 3, 2), (1, 0, 1, 0), 1, 1),
    "image, one filter a group": ((1, 3, 5, 6), (3, 1, 3, 3), (1, 1, 1, 1), 1, 3),
    "volume": ((1, 2, 3, 4, 5), (3, 2, 2, 3, 2), (1, 1, 0, 0, 1, 1), 1, 1),
}  # fmt: skip


def compiled(shape, weights, bias, pads, stride, groups):
    rank = len(shape) - 2
    node = helper.make_node(
        "Conv", ["x", "w", "b"], ["y"], pads=pads, strides=[stride] * rank, group=groups
    )
    value = helper.make_tensor_value_info
    constants = [
        numpy_helper.from_array(a, n) for a, n in ((weights, "w"), (bias, "b"))
    ]
    made = helper.make_graph(
        [node], "conv",
        [value("x", TensorProto.FLOAT, shape)], [value("y", TensorProto.FLOAT, None)],
        constants,
    )  # fmt: skip
    opset = [helper.make_opsetid("", 17)]
    file = helper.make_model(made, opset_imports=opset, ir_version=10)
    return graph.compile_graph(graph.import_onnx(file.SerializeToString()), name="conv")


def expected(x, weights, bias, pads, stride, groups):
    """Sum products by the order of channels and window, in four lanes of float32."""
    kernel, rank = weights.shape[2:], x.ndim - 2
    around = [(pads[j], pads[rank + j]) for j in range(rank)]
    x = np.pad(x, [(0, 0), (0, 0), *around])
    outs = [(n - k) // stride + 1 for n, k in zip(x.shape[2:], kernel, strict=True)]
    y = np.empty((x.shape[0], weights.shape[0], *outs), np.float32)
    filters, channels = weights.shape[0] // groups, weights.shape[1]
    for place in itertools.product(*map(range, y.shape)):
        n, m, *at = place
        first = m // filters * channels
        window = tuple(
            slice(o * stride, o * stride + k) for o, k in zip(at, kernel, strict=True)
        )
        taken = x[(n, slice(first, first + channels), *window)]
        lanes = np.zeros(4, np.float32)
        for k, term in enumerate((taken * weights[m]).reshape(-1)):
            lanes[k % 4] += term
        y[place] = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + bias[m]
    return y


@pytest.mark.parametrize("case", CASES)
def test_bits_are_those_of_the_promised_order(case):
    shape, weights, pads, stride, groups = CASES[case]
    random = np.random.default_rng(len(case))
    x, w, b = (
        random.normal(size=size).astype(np.float32)
        for size in (shape, weights, weights[0])
    )
    y = compiled(shape, w, b, pads, stride, groups).predict(x.reshape(1, -1))
    wanted = expected(x, w, b, pads, stride, groups)
    assert np.array_equal(
        np.asarray(y).view(np.uint32).ravel(), wanted.view(np.uint32).ravel()
    )


def test_windows_of_two_places_are_all_the_work_memory():
    w = np.ones((4, 3, 3), np.float32)
    found = compiled((1, 3, 16), w, np.zeros(4, np.float32), (1, 1), 1, 1)
    assert found.work_bytes == 2 * 9 * 4
