"""Tables of functions of integers, computed exactly and rounded once."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ACTIVATIONS",
    "error_s16",
    "exponential_table",
    "exponential_tables_s16",
    "requantise_table",
    "table_s8",
    "table_s16",
]

_Q = np.arange(-128, 128)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else 0.0


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "logistic": _logistic,
    "tanh": math.tanh,
    "hard_swish": lambda x: x * min(max(x + 3.0, 0.0), 6.0) / 6.0,
    "hard_sigmoid": lambda x: min(max(x / 6.0 + 0.5, 0.0), 1.0),
    "elu": lambda x: x if x > 0.0 else math.expm1(x),
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "gelu": lambda x: 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0))),
    "swish": lambda x: x * _logistic(x),
    "exp": lambda x: math.exp(min(x, 700.0)),
    "abs": abs,
    "negative": lambda x: -x,
    "square": lambda x: x * x,
}
"""Functions of one real number."""


def table_s8(
    function: Callable[[float], float],
    scales: tuple[float, float],
    zeros: tuple[int, int],
) -> NDArray[np.int8]:
    """Return the table of a function for ``ecm_nn_table_s8``.

    Parameters
    ----------
    function : callable
        Of a real number, such as one of `ACTIVATIONS`.
    scales : (float, float)
        Of input and output, > 0.
    zeros : (int, int)
        Zero points, -128 ... 127.

    Returns
    -------
    ndarray of int8, shape (256,)
        For -128, -127 ... 127: rounded half away from zero, saturated.

    Examples
    --------
    >>> table_s8(ACTIVATIONS["relu"], (0.1, 0.1), (0, -128))[[0, 128, 133]].tolist()
    [-128, -128, -123]
    """
    reals = [function(scales[0] * float(q - zeros[0])) / scales[1] for q in _Q]
    return np.array([_s8(_nearest(real) + zeros[1]) for real in reals], np.int8)


def requantise_table(
    scales: tuple[float, float],
    zeros: tuple[int, int],
    *,
    slope: float = 1.0,
    limits: tuple[int, int] = (-128, 127),
) -> NDArray[np.int8]:
    """Return the table of a change of scale, with the roundings of LiteRT's reference.

    Parameters
    ----------
    scales : (float, float)
        Of input and output, > 0.
    zeros : (int, int)
        Zero points, -128 ... 127.
    slope : float
        Factor of negative inputs, > 0: a leaky ReLU.
    limits : (int, int)
        Clamp: ReLU has the zero point of the output and 127.

    Returns
    -------
    ndarray of int8, shape (256,)

    Examples
    --------
    >>> requantise_table((1.0, 1.0), (0, 0), slope=0.5)[[0, 126, 129]].tolist()
    [-64, -1, 1]
    """
    ratio = scales[0] / scales[1]
    table = []
    for difference in (_Q - zeros[0]).tolist():
        factor = ratio if difference >= 0 else ratio * slope
        rounded = _twice(difference, factor) + zeros[1]
        table.append(min(max(rounded, limits[0]), limits[1]))
    return np.array(table, np.int8)


def exponential_table(scale: float, beta: float = 1.0) -> NDArray[np.uint32]:
    """Return the table of ``ecm_nn_softmax_s8``.

    Parameters
    ----------
    scale : float
        Of the input, > 0.
    beta : float
        Factor of the exponent, > 0.

    Returns
    -------
    ndarray of uint32, shape (256,)
        ``round(2**22 * exp(-scale * beta * d))`` for d = 0 ... 255.

    Examples
    --------
    >>> exponential_table(0.1)[:2].tolist()
    [4194304, 3795163]
    """
    values = [math.exp(-scale * beta * d) for d in range(256)]
    return np.array([round(2**22 * value) for value in values], np.uint32)


def table_s16(
    function: Callable[[float], float], scale: float, result: float
) -> NDArray[np.int16]:
    """Return the points of a function for ``ecm_nn_table_s16``.

    Parameters
    ----------
    function : callable
        Of a real number, such as one of `ACTIVATIONS`.
    scale, result : float
        Scales of input and output, > 0.

    Returns
    -------
    ndarray of int16, shape (513,)
        For -32768, -32640 ... 32768, each moved by half of what the lines beside it are
        off in the middle, rounded and saturated.

    Examples
    --------
    >>> table_s16(ACTIVATIONS["identity"], 0.5, 0.5)[[0, 256, 257]].tolist()
    [-32768, 0, 128]
    """
    points, middles = _sampled(function, scale, result)
    off = (points[:-1] + points[1:]) / 2 - middles
    moved = points.copy()
    moved[1:-1] -= (off[:-1] + off[1:]) / 4
    return np.clip(np.rint(moved), -32768, 32767).astype(np.int16)


def error_s16(
    table: NDArray[np.int16],
    function: Callable[[float], float],
    scale: float,
    result: float,
) -> float:
    """Find by how many steps the lines of a table are off.

    Parameters
    ----------
    table : ndarray of int16, shape (513,)
        From `table_s16`.
    function, scale, result
        See there.

    Returns
    -------
    float
        The most of all ends and middles of lines.

    Examples
    --------
    >>> linear = ACTIVATIONS["identity"]
    >>> error_s16(table_s16(linear, 1.0, 1.0), linear, 1.0, 1.0)
    0.5
    """
    points, middles = (
        np.clip(v, -32768, 32767) for v in _sampled(function, scale, result)
    )
    lines = (table[:-1].astype(float) + table[1:]) / 2
    return float(max(np.abs(table - points).max(), np.abs(lines - middles).max()))


def _sampled(
    function: Callable[[float], float], scale: float, result: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values in steps of the result, at the points of a table and between them."""
    steps = range(-32768, 32769, 64)
    made = np.array([function(scale * q) / result for q in steps])
    made = np.clip(made, -1e6, 1e6)
    return made[::2], made[1::2]


def exponential_tables_s16(scale: float, beta: float = 1.0) -> NDArray[np.uint32]:
    """Return the tables of ``ecm_nn_softmax_s16``.

    Parameters
    ----------
    scale : float
        Of the input, > 0.
    beta : float
        Factor of the exponent, > 0.

    Returns
    -------
    ndarray of uint32, shape (2, 256)
        ``round(2**31 * exp(-scale * beta * step * d))`` for d = 0 ... 255 and steps of
        256 and of 1.

    Examples
    --------
    >>> exponential_tables_s16(0.001)[:, 0].tolist()
    [2147483648, 2147483648]
    """
    made = [
        [round(2**31 * math.exp(-scale * beta * step * d)) for d in range(256)]
        for step in (256, 1)
    ]
    return np.array(made, np.uint32)


def _s8(value: int) -> int:
    return min(max(value, -128), 127)


def _nearest(real: float) -> int:
    """Half away from zero, and within what int8 can be after any zero point."""
    bounded = Fraction(min(max(real, -512.0), 512.0))
    whole = math.floor(abs(bounded) + Fraction(1, 2))
    return whole if real >= 0 else -whole


def _twice(value: int, factor: float) -> int:
    """Round as ``ecm_nn_dense_batch_s8`` does."""
    significand, shift = math.frexp(factor)
    multiplier = math.floor(significand * 2.0**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    high = ((value << max(shift, 0)) * multiplier + (1 << 30)) >> 31
    right = max(-shift, 0)
    half = 1 << right >> 1
    return -((-high + half) >> right) if high < 0 else (high + half) >> right
