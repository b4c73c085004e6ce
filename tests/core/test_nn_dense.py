"""Fully connected int8 layers, byte for byte, against LiteRT and plain integers."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn_dense
from ecmkit.graph.packing import fold_bias, pack_s8
from tests.core import litert

S8 = NDArray[np.int8]
FULL = np.array([0, -128, 127], np.int16)


def integers(layer: dict[str, Any], x: S8, *, twice: bool = False) -> S8:
    """Compute the layer by integers that have no end."""
    weights = layer["weights"].T.astype(object)
    acc = layer["bias"].astype(object) + x.astype(object) @ weights
    zero, low, high = layer["output"].tolist()
    y = np.empty(acc.shape, np.int8)
    for (i, o), value in np.ndenumerate(acc):
        scale = litert.twice if twice else litert.once
        rounded = scale(value, int(layer["multiplier"][o]), int(layer["shift"][o]))
        y[i, o] = min(max(rounded + zero, low), high)
    return y


def ours(layer: dict[str, Any], x: S8, *, blocks: bool = False) -> S8:
    """Each row of `x`; the same rows in a batch round twice."""
    packed = pack_s8(layer["weights"], blocks=blocks)
    tables = [packed.weights, packed.blocks]
    tables += [layer[name] for name in ("bias", "multiplier", "shift", "output")]
    y = np.empty((len(x), len(layer["weights"])), np.int8)
    nn_dense.dense_s8(*tables, x, y)
    step = x.shape[1]
    work = np.empty(nn_dense.work_len(step), np.int32)
    twice = np.empty_like(y)
    nn_dense.batch_s8(*tables, step, step, 1, x.reshape(-1), work, twice)
    np.testing.assert_array_equal(twice, integers(layer, x, twice=True))
    most = np.empty((len(x) // 2, y.shape[1]), np.int8)
    nn_dense.batch_s8(*tables, step, step, 2, x.reshape(-1), work, most)
    pairs = twice.reshape(len(x) // 2, 2, -1)
    np.testing.assert_array_equal(most, pairs.max(axis=1))
    return y


def random_layer(seed: int, n_in: int, n_out: int, shifts: tuple[int, int]) -> Any:
    random = np.random.default_rng(seed)
    zero = int(random.integers(-128, 128))
    return {
        "weights": random.integers(-128, 128, (n_out, n_in)).astype(np.int8),
        "bias": random.integers(-(2**20), 2**20, n_out).astype(np.int32),
        "multiplier": random.integers(2**30, 2**31, n_out).astype(np.int32),
        "shift": random.integers(*shifts, n_out).astype(np.uint8),
        "output": np.array([zero, -128, 127], np.int16),
    }


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("per_channel", [False, True])
def test_dense_equals_litert(per_channel: bool, relu: bool) -> None:
    pytest.importorskip("ai_edge_litert")
    clamped = inside = 0
    for seed in range(10):  # 400 inputs
        random = np.random.default_rng(seed)
        n_in, n_out = int(random.integers(1, 70)), int(random.integers(1, 20))
        in_scale = np.float32(random.uniform(0.005, 0.1))
        out_scale = np.float32(random.uniform(0.01, 0.2))
        scales = random.uniform(0.001, 0.05, n_out if per_channel else 1)
        scales = scales.astype(np.float32)
        in_zero, out_zero = (int(z) for z in random.integers(-128, 128, 2))
        weights = random.integers(-127, 128, (n_out, n_in)).astype(np.int8)
        bias = random.integers(-5000, 5000, n_out).astype(np.int32)
        x = random.integers(-128, 128, (40, n_in)).astype(np.int8)
        x[0], x[1] = -128, 127
        # TFLite multiplies the scales in float32 where there is one of them.
        product = np.float64(in_scale) * scales.astype(np.float64)
        if not per_channel:
            product = np.repeat(np.float64(in_scale * scales), n_out)
        multiplier, shift = litert.multipliers_of(product / np.float64(out_scale))
        low = out_zero if relu else -128
        layer = {
            "weights": weights,
            "bias": fold_bias(bias, weights, in_zero),
            "multiplier": multiplier,
            "shift": shift,
            "output": np.array([out_zero, low, 127], np.int16),
        }
        expected = litert.run(
            "FULLY_CONNECTED",
            {"kind": "FullyConnectedOptions", "fusedActivationFunction": int(relu)},
            [
                litert.Tensor(shape=(1, n_in), scale=in_scale, zero=in_zero),
                litert.Tensor(shape=weights.shape, scale=scales, data=weights),
                litert.Tensor(shape=(n_out,), scale=in_scale * scales, data=bias),
            ],
            litert.Tensor(shape=(1, n_out), scale=out_scale, zero=out_zero),
            [[row] for row in x],
            version=12 if per_channel else 4,
        )
        found = ours(layer, x)
        np.testing.assert_array_equal(found, np.concatenate(expected))
        clamped += int(((found == low) | (found == 127)).sum())
        inside += int(((found > low) & (found < 127)).sum())
    assert clamped > 100
    assert inside > 100


@pytest.mark.parametrize("n_in", [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 32, 33, 61, 64])
@pytest.mark.parametrize("n_out", [1, 2, 3, 4, 5, 8, 11])
def test_every_length_equals_plain_integers(n_in: int, n_out: int) -> None:
    random = np.random.default_rng(n_in)
    x = random.integers(-128, 128, (4, n_in)).astype(np.int8)
    for shifts in ((33, 55), (1, 63), (38, 44)):
        layer = random_layer(n_in + n_out, n_in, n_out, shifts)
        np.testing.assert_array_equal(ours(layer, x), integers(layer, x))
        layer["output"][1:] = -20, 30
        np.testing.assert_array_equal(ours(layer, x), integers(layer, x))


@pytest.mark.parametrize("n_out", [1, 4, 6, 8])
def test_blocks_equal_all_weights(n_out: int) -> None:
    random = np.random.default_rng(n_out)
    layer = random_layer(n_out, 96, n_out, (36, 40))
    keep = np.repeat(random.random((-(-n_out // 4), 6)) < 0.4, 4, axis=0)[:n_out]
    layer["weights"] *= np.repeat(keep, 16, axis=1).astype(np.int8)
    x = random.integers(-128, 128, (6, 96)).astype(np.int8)
    np.testing.assert_array_equal(ours(layer, x, blocks=True), ours(layer, x))
    layer["weights"][:] = 0
    np.testing.assert_array_equal(ours(layer, x, blocks=True), integers(layer, x))


def test_the_largest_accumulators() -> None:
    layer = random_layer(0, 32768, 4, (31, 50))
    layer["weights"][:2], layer["weights"][2:] = 127, -128
    layer["bias"][:] = 2**29 - 1, -(2**29), 2**29 - 1, 0
    x = np.repeat(np.array([[-128], [127]], np.int8), 32768, axis=1)
    np.testing.assert_array_equal(ours(layer, x), integers(layer, x))


def test_inputs_may_overlap() -> None:
    """As the windows of a convolution do."""
    layer = random_layer(3, 12, 5, (36, 40))
    x = np.random.default_rng(3).integers(-128, 128, 40).astype(np.int8)
    packed = pack_s8(layer["weights"]).weights
    tables = [layer[name] for name in ("bias", "multiplier", "shift", "output")]
    for step, n in ((0, 3), (1, 29), (4, 8), (7, 5)):
        y = np.empty((n, 5), np.int8)
        work = np.empty(nn_dense.work_len(12), np.int32)
        nn_dense.batch_s8(packed, None, *tables, 12, step, 1, x, work, y)
        windows = np.stack([x[i * step : i * step + 12] for i in range(n)])
        np.testing.assert_array_equal(y, integers(layer, windows, twice=True))


def test_wrong_tables_are_refused() -> None:
    layer = random_layer(0, 32, 4, (36, 40))
    x, y = np.zeros((2, 32), np.int8), np.empty((2, 4), np.int8)

    def call(**other: Any) -> None:
        packed = pack_s8(layer["weights"], blocks=True)
        given = {"packed": packed.weights, "blocks": packed.blocks, **layer, **other}
        names = ("packed", "blocks", "bias", "multiplier", "shift", "output")
        nn_dense.dense_s8(*(given[name] for name in names), x, y)

    call()
    with pytest.raises(ValueError, match="shift"):
        call(shift=np.zeros(4, np.uint8))
    with pytest.raises(ValueError, match="multiplier"):
        call(multiplier=np.zeros(3, np.int32))
    with pytest.raises(ValueError, match="within the inputs"):
        call(blocks=np.array([2, 0, 17], np.uint16))
    with pytest.raises(ValueError, match="blocks"):
        call(blocks=np.array([1, 0, 0], np.uint16))
    with pytest.raises(ValueError, match="weights"):
        call(packed=np.zeros(4, np.int8))
    with pytest.raises(ValueError, match="output"):
        call(output=np.array([0, 5, 4], np.int16))
    with pytest.raises(ValueError, match="x has length"):
        nn_dense.batch_s8(
            pack_s8(layer["weights"]).weights, None, layer["bias"],
            layer["multiplier"], layer["shift"], FULL, 32, 32, 2, x.reshape(-1),
            np.empty(32, np.int32), y,
        )  # fmt: skip
