"""Numbers of the affine scheme of TFLite: scales, zero points, fixed-point factors."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["affine", "multiplier_and_shift", "short_multiplier", "symmetric_rows"]

_INT8 = (-128, 127)


def affine(
    lo: float, hi: float, *, dtype: Literal["s8", "s16"] = "s8"
) -> tuple[float, int]:
    """Scale and zero point of integers for a range of reals.

    Parameters
    ----------
    lo, hi : float
        Range; it is widened to hold 0.
    dtype : {"s8", "s16"}
        int8, or int16, whose zero point is 0.

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
    if dtype == "s16":
        return float(np.float32(max(-lo, hi) / 32767.0)), 0
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


def symmetric_rows(
    rows: NDArray[np.float64],
    least: NDArray[np.float64] | float = 0.0,
    *,
    one: bool = False,
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights in int8, one row for each output, with the scales of the rows.

    Parameters
    ----------
    rows : ndarray, shape (n_outputs, n_inputs)
        Weights.
    least : ndarray, shape (n_outputs,), or float
        Smallest scale that each row may have.
    one : bool
        Whether all rows have the same scale.

    Returns
    -------
    steps : ndarray of int8, shape (n_outputs, n_inputs)
        -127 ... 127.
    scales : ndarray of float32, shape (n_outputs,) or (1,)

    Examples
    --------
    >>> steps, scales = symmetric_rows(np.array([[0.5, -1.27], [0.0, 0.0]]))
    >>> steps.tolist()
    [[50, -127], [0, 0]]
    """
    largest = np.abs(rows).max(axis=1)
    if one:
        largest, least = largest.max(keepdims=True), np.max(least, keepdims=True)
    scales = np.maximum(largest / 127.0, least)
    scales = np.where(scales > 0, scales, 1.0).astype(np.float32)
    steps = np.rint(rows / scales.astype(np.float64)[:, None])
    return np.clip(steps, -127, 127).astype(np.int8), scales


def short_multiplier(multiplier: int) -> int:
    """Round a multiplier to its upper 15 bits.

    Parameters
    ----------
    multiplier : int
        Of `multiplier_and_shift`.

    Returns
    -------
    int
        A multiple of 2**16: what TFLite's ``MultiplyByQuantizedMultiplier`` makes of it
        for sums of 64 bits.

    Examples
    --------
    >>> hex(short_multiplier(0x5A827999)), hex(short_multiplier(0x7FFFFFFF))
    ('0x5a820000', '0x7fff0000')
    """
    return min((multiplier + (1 << 15)) >> 16, 0x7FFF) << 16
