"""Dense layers whose results lie between two steps, and what LiteRT makes of them."""

import numpy as np
import pytest

from ecmkit.graph import write_tflite
from ecmkit.graph.ir import Graph, Node, Tensor
from tests.graph import litert
from tests.graph.test_random_graphs import on_host

QUARTER = (0.0860000029206276, 0.006203132682, 0.0021338777150958776)
"""A quarter in single precision, a little less in double precision."""


def dense(dtype, x, weights, y, rng):
    """Three sums of four products, of all scales the same."""
    values = rng.integers(-127, 128, (3, 4)).astype(np.int8)
    return Graph(
        inputs=("x",),
        outputs=("y",),
        nodes=(
            Node(
                op="int8_dense", inputs=("x", "w", "b", "s"), outputs=("y",),
                attrs={"activation": "none"}, source="drawn",
            ),
        ),
        tensors={
            "x": Tensor(dtype, (1, 4), float(np.float32(x)), 0),
            "w": Tensor("s8", (3, 4)),
            "b": Tensor("s32", (3,)),
            "s": Tensor("f32", (3,)),
            "y": Tensor(dtype, (1, 3), float(np.float32(y)), 0),
        },
        constants={
            "w": values,
            "b": rng.integers(-200, 200, 3).astype(np.int32),
            "s": np.full(3, weights, np.float32),
        },
        states={},
    )  # fmt: skip


@pytest.mark.parametrize("dtype", ["s8", "s16"])
@pytest.mark.parametrize(
    "scales", [(0.5, 1.0, 1.0), (0.5, 0.5, 1.0), (0.375, 1.0, 1.0), QUARTER]
)
def test_halves_are_rounded_as_litert_does(dtype, scales):
    rng = np.random.default_rng(3)
    graph = dense(dtype, *scales, rng)
    kind = graph.tensors["x"].numpy
    rows = [[rng.integers(-4, 5, (1, 4)).astype(kind)] for _ in range(100)]
    host, factor = on_host(graph), scales[0] * scales[1] / scales[2]
    w, b = graph.constants["w"].astype(int), graph.constants["b"]
    halves = 0
    for row, (theirs,) in zip(rows, litert.run(write_tflite(graph), rows), strict=True):
        np.testing.assert_array_equal(host.run(*row)[0], theirs)
        exact = (w @ row[0][0].astype(int) + b) * round(factor * 8) / 8
        halves += int(np.sum(np.mod(exact, 1.0) == 0.5))
    assert halves > 20
