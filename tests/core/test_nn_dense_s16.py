"""Fully connected layers of int16 values against LiteRT and plain integers."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit._core import nn_dense_s16
from ecmkit.graph.export.tflite_model import TfliteModel
from ecmkit.graph.ir import Tensor
from ecmkit.graph.packing import pack_s8
from tests.core import litert

S16 = NDArray[np.int16]
OUTPUT = np.array([0, -32768, 32767], np.int16)


def layer(seed: int, n: int, k: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    scales = random.uniform(0.001, 0.02, n).astype(np.float32)
    x_scale, y_scale = np.float32(1.1e-4), np.float32(3e-4 * np.sqrt(k))
    reals = np.float64(x_scale) * scales.astype(np.float64) / np.float64(y_scale)
    multiplier, shift = litert.multipliers_of(reals)
    return {
        "weights": random.integers(-127, 128, (n, k)).astype(np.int8),
        "bias": random.integers(-(2**24), 2**24, n).astype(np.int32),
        "scales": scales,
        "x_scale": x_scale,
        "y_scale": y_scale,
        "multiplier": multiplier,
        "shift": shift,
    }


def ours(made: dict[str, Any], x: S16, weights: Any, blocks: Any = None) -> S16:
    y = np.empty((len(x), len(made["bias"])), np.int16)
    nn_dense_s16.dense_s16(
        weights, blocks, made["bias"], made["multiplier"], made["shift"], OUTPUT, x, y
    )
    return y


def exact(made: dict[str, Any], x: S16) -> S16:
    """Plain integers of any size, one rounding."""
    rows = []
    for row in x.tolist():
        values = []
        for w, b, m, s in zip(
            made["weights"].tolist(), made["bias"].tolist(),
            made["multiplier"].tolist(), made["shift"].tolist(), strict=True,
        ):  # fmt: skip
            acc = b + sum(p * q for p, q in zip(w, row, strict=True))
            values.append(min(max(litert.once(acc, m, s), -32768), 32767))
        rows.append(values)
    return np.array(rows, np.int16)


def inputs(seed: int, n: int, k: int) -> S16:
    random = np.random.default_rng(seed)
    return random.integers(-32768, 32768, (n, k)).astype(np.int16)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (4, 16), (7, 35), (10, 64), (5, 700)])
def test_dense_equals_litert(n: int, k: int) -> None:
    """100 inputs each, with a scale for each output."""
    pytest.importorskip("ai_edge_litert")
    from tests.graph import litert as runtime

    made, x = layer(n, n, k), inputs(k, 100, k)
    file = TfliteModel()
    at = file.tensor(Tensor("s16", (1, k), float(made["x_scale"])))
    step = (made["x_scale"] * made["scales"]).astype(np.float32)
    names = [
        at,
        file.constant(made["weights"], scales=made["scales"]),
        file.constant(made["bias"].astype(np.int64), scales=step),
    ]
    out = file.tensor(Tensor("s16", (1, n), float(made["y_scale"])))
    file.operator(
        "FULLY_CONNECTED", names, [out], version=12, options="FullyConnectedOptions"
    )
    found = runtime.run(file.bytes([at], [out]), [[row[None]] for row in x])
    theirs = np.concatenate([row[0] for row in found])
    np.testing.assert_array_equal(
        ours(made, x, pack_s8(made["weights"]).weights), theirs
    )


@pytest.mark.parametrize(("n", "k"), [(3, 5), (9, 33)])
def test_dense_equals_plain_integers(n: int, k: int) -> None:
    made, x = layer(3, n, k), inputs(4, 20, k)
    found = ours(made, x, pack_s8(made["weights"]).weights)
    np.testing.assert_array_equal(found, exact(made, x))


def test_multipliers_of_15_bits_round_the_same_way() -> None:
    made, x = layer(3, 6, 20), inputs(4, 20, 20)
    made["multiplier"] = np.full(6, 23170, np.int32)
    made["shift"] = np.array([20, 21, 22, 23, 30, 46], np.uint8)
    found = ours(made, x, pack_s8(made["weights"]).weights)
    np.testing.assert_array_equal(found, exact(made, x))


def test_sums_may_be_wider_than_32_bits() -> None:
    made = layer(5, 4, 4096)
    made["weights"][:] = 127
    x = np.full((2, 4096), 32767, np.int16)
    x[1] = -32768
    made["multiplier"] = np.array([2**30, 2**31 - 1, 2**30, 2**31 - 1], np.int32)
    made["shift"] = np.array([50, 52, 48, 54], np.uint8)
    found = ours(made, x, pack_s8(made["weights"]).weights)
    np.testing.assert_array_equal(found, exact(made, x))


def test_blocks_are_the_whole_layer() -> None:
    made, x = layer(6, 9, 64), inputs(7, 20, 64)
    made["weights"][:4, 16:48] = 0
    made["weights"][8, :32] = 0
    packed = pack_s8(made["weights"], blocks=True)
    found = ours(made, x, packed.weights, packed.blocks)
    np.testing.assert_array_equal(
        found, ours(made, x, pack_s8(made["weights"]).weights)
    )


def test_rows_are_independent() -> None:
    made, x = layer(8, 6, 24), inputs(9, 8, 24)
    weights = pack_s8(made["weights"]).weights
    whole = ours(made, x, weights)
    parts = [ours(made, row[None].copy(), weights) for row in x]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_factors_out_of_range_are_refused() -> None:
    made, x = layer(1, 4, 4), inputs(1, 1, 4)
    weights = pack_s8(made["weights"]).weights
    made["shift"][2] = 16
    with pytest.raises(ValueError, match=r"shift 16 of output 2, expected .* 17"):
        ours(made, x, weights)
    made["multiplier"][2], made["shift"][2] = 5, 47
    with pytest.raises(ValueError, match=r"1 \.\.\. 46"):
        ours(made, x, weights)
    made["shift"][2] = 46
    with pytest.raises(ValueError, match="weights has length"):
        ours(made, x, weights[:8].copy())
