"""Loops over tensors: merged where they can be, indices as NumPy walks."""

import numpy as np
import pytest

from ecmkit.graph.emit.loops import Nest, broadcast


def walked(nest, name):
    """The indices that a nest visits, by running its expression."""
    shape = [axis.length for axis in nest.axes]
    found = []
    for counters in np.ndindex(*shape):
        values = {f"i{at}": value for at, value in enumerate(counters)}
        found.append(eval(nest.index(name).replace("U", ""), {}, values))
    return found


def test_a_plain_tensor_is_one_loop():
    nest = Nest((2, 3, 4), {"y": (12, 4, 1), "a": (12, 4, 1)})
    assert len(nest.axes) == 1
    assert nest.axes[0].length == 24


def test_axes_of_one_vanish():
    assert Nest((1, 1), {"y": (1, 1)}).axes == []
    assert Nest((1, 1), {"y": (1, 1)}).index("y") == "0U"


@pytest.mark.parametrize("seed", range(30))
def test_any_walk_is_numpys(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 4, int(rng.integers(1, 5))))
    steps = tuple(int(s) for s in rng.integers(-5, 6, len(shape)))
    offset = 100
    nest = Nest(shape, {"a": steps}, offsets={"a": offset})
    expected = [
        offset + sum(i * s for i, s in zip(index, steps, strict=True))
        for index in np.ndindex(*shape)
    ]
    assert walked(nest, "a") == expected


@pytest.mark.parametrize(
    ("own", "to"),
    [
        ((3, 1), (2, 3, 4)),
        ((), (2, 2)),
        ((4,), (3, 4)),
        ((1, 1), (5, 6)),
        ((2, 3), (2, 3)),
    ],
)
def test_broadcasting_is_numpys(own, to):
    numbers = np.arange(int(np.prod(own))).reshape(own)
    nest = Nest(to, {"a": broadcast(own, to)})
    assert walked(nest, "a") == np.broadcast_to(numbers, to).reshape(-1).tolist()
