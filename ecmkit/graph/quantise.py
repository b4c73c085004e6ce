"""Post-training quantisation of dense chains to the int8 scheme of TFLite."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.program import (
    Clip,
    Dense,
    DenseS8,
    Dequantize,
    Op,
    Program,
    Quantize,
    Scale,
)

__all__ = ["affine", "multiplier_and_shift", "quantise"]

F32 = NDArray[np.float32]
_INT8 = (-128, 127)


def quantise(program: Program, calibration: F32) -> Program:
    """Replace each chain of dense layers by quantise, int8 layers, dequantise.

    Parameters
    ----------
    program : Program
        With float layers.
    calibration : ndarray of float32, shape (n, n_features)
        Features that the model will meet; the ranges of all layers come from them.

    Returns
    -------
    Program
        A `Clip` that only feeds a chain is taken over by the saturation of the
        quantisation, whose range lies within the clip's limits.

    Raises
    ------
    ValueError
        If `calibration` is empty, of another width or not finite.
    FormatError
        If a layer's values overflow on it.
    """
    n = program.widths[program.input]
    if calibration.ndim != 2 or calibration.shape[1] != n or not len(calibration):
        raise ValueError(
            f"calibration has shape {calibration.shape}, expected (n, {n}), n >= 1"
        )
    if not np.all(np.isfinite(calibration)):
        raise ValueError("calibration features hold NaN or infinity")
    ranges = _ranges(program, calibration.astype(np.float32))
    ops: list[Op] = []
    widths = dict(program.widths)
    chains = _chains(program)
    members = {op.y for chain in chains for op in chain}
    for op in program.ops:
        chain = next((c for c in chains if c[0] is op), None)
        if chain is not None:
            made = _quantised(chain, program, ranges)
            for new in made:
                widths[new.y] = _width(new, widths)
            ops += made
        elif op.y not in members:
            ops.append(op)
    made_now = {program.input, *(op.y for op in ops)}
    widths = {name: n for name, n in widths.items() if name in made_now}
    return replace(program, ops=tuple(ops), widths=widths)


def affine(lo: float, hi: float) -> tuple[float, int]:
    """Scale and zero point of int8 for a range of reals.

    Parameters
    ----------
    lo, hi : float
        Range; it is widened to hold 0.

    Returns
    -------
    (float, int)
        Scale as a float32 value, > 0, and zero point in -128 ... 127.

    Examples
    --------
    >>> affine(0.0, 255.0)
    (1.0, -128)
    >>> affine(-1.0, 1.0)[1] in (-1, 0)
    True
    """
    lo, hi = min(lo, 0.0), max(hi, 0.0)
    if hi - lo < 1e-30:
        return 1.0, 0
    scale = float(np.float32((hi - lo) / 255.0))
    return scale, int(np.clip(round(-128 - lo / scale), *_INT8))


def multiplier_and_shift(real: float) -> tuple[int, int]:
    """Fixed-point form of a positive factor: ``multiplier * 2**(shift - 31)``.

    Parameters
    ----------
    real : float
        Factor, > 0.

    Returns
    -------
    (int, int)
        Multiplier in 2**30 ... 2**31 - 1 and shift; (0, 0) below 2**-32, as TFLite's
        ``QuantizeMultiplier`` does.

    Raises
    ------
    ValueError
        If the factor is not positive or 2**30 and more.

    Examples
    --------
    >>> multiplier_and_shift(0.5)
    (1073741824, 0)
    """
    if not 0.0 < real < 2.0**30:
        raise ValueError(f"factor {real}: expected above 0 and below 2**30")
    significand, shift = math.frexp(real)
    fixed = math.floor(significand * 2.0**31 + 0.5)
    if fixed == 2**31:
        fixed, shift = 2**30, shift + 1
    return (fixed, shift) if shift >= -31 else (0, 0)


def _chains(program: Program) -> list[list[Clip | Dense]]:
    """Longest runs of dense layers, with the clip before that serves only them."""
    chains: list[list[Clip | Dense]] = []
    by_result = {op.y: op for op in program.ops}
    for op in program.ops:
        if not isinstance(op, Dense):
            continue
        before = by_result.get(op.x)
        alone = program.uses(op.x) == 1
        if alone and isinstance(before, Dense):
            next(c for c in chains if c[-1] is before).append(op)
        elif alone and isinstance(before, Clip):
            chains.append([before, op])
        else:
            chains.append([op])
    return chains


def _quantised(
    chain: list[Clip | Dense],
    program: Program,
    ranges: Mapping[str, tuple[float, float]],
) -> list[Op]:
    layers = [op for op in chain if isinstance(op, Dense)]
    scale, zero = affine(*ranges[layers[0].x])
    source = chain[0].x
    ops: list[Op] = [Quantize(x=source, y=f"{layers[0].x}.q", scale=scale, zero=zero)]
    for layer in layers:
        made = _dense_s8(layer, scale, zero, affine(*ranges[layer.y]))
        ops.append(made)
        scale, zero = made.output_scale, made.output_zero
    last = layers[-1].y
    ops.append(Dequantize(x=f"{last}.q", y=last, scale=scale, zero=zero))
    return ops


def _dense_s8(
    layer: Dense, scale: float, zero: int, output: tuple[float, int]
) -> DenseS8:
    largest = np.abs(layer.weights).max(axis=1).astype(np.float64)
    weight_scale = np.where(largest > 0.0, largest / 127.0, 1.0).astype(np.float32)
    wide = weight_scale.astype(np.float64)
    weights = np.clip(np.rint(layer.weights / wide[:, None]), -127, 127)
    bias = np.clip(np.rint(layer.bias / (scale * wide)), -(2**30), 2**30)
    output_scale, output_zero = output
    fixed = [multiplier_and_shift(scale * w / output_scale) for w in wide.tolist()]
    return DenseS8(
        x=f"{layer.x}.q",
        y=f"{layer.y}.q",
        weights=weights.astype(np.int8),
        weight_scale=weight_scale,
        bias=bias.astype(np.int32),
        multiplier=np.array([m for m, _ in fixed], np.int32),
        shift=np.array([s for _, s in fixed], np.int8),
        input_zero=zero,
        output_zero=output_zero,
        output_scale=output_scale,
        output_min=output_zero if layer.relu else _INT8[0],
        output_max=_INT8[1],
    )


def _ranges(program: Program, x: F32) -> dict[str, tuple[float, float]]:
    """Smallest and largest element of each vector that float layers read or make."""
    values: dict[str, F32] = {program.input: x}
    for op in program.ops:
        if op.inputs[0] not in values:
            continue
        source = values[op.inputs[0]]
        if isinstance(op, Scale):
            values[op.y] = (source - op.mean) * op.inv_sd
        elif isinstance(op, Clip):
            values[op.y] = np.clip(source, np.float32(op.lo), np.float32(op.hi))
        elif isinstance(op, Dense):
            with np.errstate(over="ignore", invalid="ignore"):
                y = source @ op.weights.T + op.bias
            if not np.all(np.isfinite(y)):
                raise FormatError(
                    f"dense layer {op.y!r}: found values beyond single precision on "
                    "the calibration features, expected finite ones"
                )
            values[op.y] = np.maximum(y, np.float32(0)) if op.relu else y
    return {name: (float(v.min()), float(v.max())) for name, v in values.items()}


def _width(op: Op, widths: Mapping[str, int]) -> int:
    return len(op.weights) if isinstance(op, DenseS8) else widths[op.inputs[0]]
