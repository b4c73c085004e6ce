"""One quantised operator, run by LiteRT's reference kernels."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

S8 = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An int8 tensor, or int32 where it holds such constants."""

    shape: tuple[int, ...]
    scale: Any = None
    """One, or one for each index of `axis`; None for plain integers."""
    zero: int = 0
    data: NDArray[Any] | None = None
    axis: int = 0


def multiplier_of(real: float) -> tuple[int, int]:
    """QuantizeMultiplier of TFLite: multiplier, and right shift of the product."""
    significand, shift = math.frexp(real)
    fixed = round(significand * 2**31)
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    return (0, 31) if shift < -31 else (fixed, 31 - shift)


def once(acc: int, multiplier: int, shift: int) -> int:
    """Round half up, as LiteRT's fully connected layers."""
    return (acc * multiplier + (1 << (shift - 1))) >> shift


def twice(acc: int, multiplier: int, shift: int) -> int:
    """Round half up to 2^-31 and then half away from 0, as LiteRT's convolutions.

    Both roundings of MultiplyByQuantizedMultiplier: SaturatingRoundingDoublingHighMul
    and RoundingDivideByPOT.
    """
    limits = -(2**31), 2**31 - 1
    left = min(max(acc << max(31 - shift, 0), limits[0]), limits[1])
    high = (left * multiplier + (1 << 30)) >> 31
    right = max(shift - 31, 0)
    half = 1 << right >> 1
    return -((-high + half) >> right) if high < 0 else (high + half) >> right


def multipliers_of(reals: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """`multiplier_of` each, as a layer has them."""
    pairs = [multiplier_of(real) for real in np.atleast_1d(reals).tolist()]
    multiplier = np.array([m for m, _ in pairs], np.int32)
    return multiplier, np.array([s for _, s in pairs], np.uint8)


def run(
    operator: str,
    options: dict[str, Any],
    tensors: list[Tensor],
    output: Tensor,
    inputs: list[list[S8]],
    version: int = 5,
) -> list[S8]:
    """Return an output for each list of inputs, which go to tensors without data."""
    from ecmkit.graph.export.tflite_model import TfliteModel
    from ecmkit.graph.ir import Tensor as Kind
    from tests.graph import litert

    file = TfliteModel()
    numbers, given = [], []
    for tensor in (*tensors, output):
        if tensor.data is not None:
            scales = tensor.scale if tensor.scale is None else np.atleast_1d(
                np.float32(tensor.scale)
            )  # fmt: skip
            data = tensor.data.reshape(tensor.shape)
            numbers.append(file.constant(data, scales=scales, axis=tensor.axis))
            continue
        scale = 0.0 if tensor.scale is None else float(np.float32(tensor.scale))
        numbers.append(file.tensor(Kind("s8", tensor.shape, scale, tensor.zero)))
        given.append(tensor.shape)
    settings = {**options}
    kind = str(settings.pop("kind", ""))
    *inner, last = numbers
    file.operator(operator, inner, [last], version=version, options=kind, **settings)
    inputs_at = [at for at, t in zip(inner, tensors, strict=True) if t.data is None]
    rows = [
        [x.reshape(shape) for x, shape in zip(row, given, strict=False)]
        for row in inputs
    ]
    data = file.bytes(inputs_at, [last])
    return [results[0] for results in litert.run(data, rows)]
