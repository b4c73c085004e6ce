"""Run length of the scale CUSUM, alone and beside the CUSUM of the mean.

The scale CUSUM is a CUSUM of w = (sqrt|z| - m) / s, which is nearly normal for normal z
([1]_); its run length obeys the integral equation of any CUSUM, with the density of w.

References
----------
.. [1] D. M. Hawkins, A CUSUM for a scale parameter, J. Quality Technology 13 (1981),
       228-231.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.drift.runlength import (
    ARL_MAX,
    check_input,
    cusum_arl,
    invert,
    normal_cdf,
)

__all__ = [
    "ROOT_MEAN",
    "ROOT_SD",
    "pair_arl",
    "pair_limit",
    "scale_cusum_arl",
    "scale_cusum_limit",
    "scale_score",
]

Floats = NDArray[np.float64]

ROOT_MEAN = 2.0**0.25 * math.gamma(0.75) / math.sqrt(math.pi)
"""Mean of sqrt|z| for a standard normal z, 0.8222."""
ROOT_SD = math.sqrt(math.sqrt(2.0 / math.pi) - ROOT_MEAN**2)
"""Its standard deviation, 0.3492."""
_SQRT_2PI = math.sqrt(2.0 * math.pi)
_GRID = 20
"""Nodes of each sum where two run together; doubled once to extrapolate."""
_Z_MAX = 8.5


def scale_score(z: ArrayLike) -> Floats:
    """Bring standardised values to what the scale CUSUM adds up.

    Parameters
    ----------
    z : array_like
        Standardised values.

    Returns
    -------
    ndarray of float64
        (sqrt|z| - 0.8222) / 0.3492: mean 0 and deviation 1 for normal z.

    Examples
    --------
    >>> scale_score([0.0, 1.0]).round(3).tolist()
    [-2.355, 0.509]
    """
    root: Floats = np.sqrt(np.abs(np.asarray(z, np.float64)))
    root = (root - ROOT_MEAN) / ROOT_SD
    return root


def scale_cusum_arl(
    k: float, h: float, *, shift: float = 0.0, scale: float = 1.0, sides: int = 2
) -> float:
    """Mean run length of the scale CUSUM that starts at zero.

    Parameters
    ----------
    k : float
        Reference value, >= 0.
    h : float
        Limit, > 0.
    shift : float
        Mean of the input z in standard deviations of the reference.
    scale : float
        Standard deviation of the input in that of the reference, > 0.
    sides : int
        2, or 1: for a growing scale only.

    Returns
    -------
    float
        Values until an alarm, >= 1.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> round(scale_cusum_arl(0.5, 11.0, scale=2.0), 1)
    22.2
    """
    if not (math.isfinite(k) and k >= 0.0):
        raise ValueError(f"k is {k}, expected a number >= 0")
    if not (math.isfinite(h) and h > 0.0):
        raise ValueError(f"h is {h}, expected a number > 0")
    check_input(shift, scale, sides)
    up = _run(k, h, shift, scale, sign=1.0)
    if sides == 1:
        return up
    return 1.0 / (1.0 / up + 1.0 / _run(k, h, shift, scale, sign=-1.0))


def scale_cusum_limit(k: float, arl0: float, *, sides: int = 2) -> float:
    """Limit of the scale CUSUM for a mean run length to a false alarm.

    Parameters
    ----------
    k : float
        Reference value, > 0.
    arl0 : float
        Windows between false alarms, 3 ... 1e10.
    sides : int
        2, or 1: for a growing scale only.

    Returns
    -------
    float
        The limit h for a known normal reference.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_design(k, arl0)

    def excess(h: float) -> float:
        return math.log(scale_cusum_arl(k, h, sides=sides) / arl0)

    return invert(excess, math.log(arl0) / (2.0 * k) + 2.0)


def pair_arl(
    k: float,
    h: float,
    k_scale: float,
    h_scale: float,
    *,
    shift: float = 0.0,
    scale: float = 1.0,
) -> float:
    """Mean number of values until one of a mean and a scale CUSUM alarms.

    Parameters
    ----------
    k, h : float
        Of the two-sided CUSUM of the mean.
    k_scale, h_scale : float
        Of the two-sided CUSUM of the scale.
    shift, scale : float
        Mean and standard deviation of the input, in those of the reference.

    Returns
    -------
    float
        Values until the first alarm; longer than the sum of both rates says, since
        one change can raise both. Within about 1 %.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The upward sums of mean and scale (and the downward sum of the mean with that of
    the scale) move along a curve, z to (z - k, w(z) - k_scale): the run length on a
    grid of both is interpolated between nodes and integrated over z, on two grids that
    are extrapolated. The other pairs of sums alarm together so rarely that their rates
    are added.
    """
    alone = scale_cusum_arl(k_scale, h_scale, shift=shift, scale=scale, sides=1)
    both = scale_cusum_arl(k_scale, h_scale, shift=shift, scale=scale)
    cusum_arl(k, h, shift=shift, scale=scale)  # checks k and h
    rate = 1.0 / both - 2.0 / alone
    for mean in (shift, -shift):
        runs = [
            _run_pair((k, k_scale), (h, h_scale), mean, scale, nodes)
            for nodes in (_GRID, 2 * _GRID)
        ]
        logs = np.log(runs)
        rate += math.exp(-(logs[1] + (logs[1] - logs[0]) / 3.0))
    return 1.0 / rate


def pair_limit(arl0: float, *, k: float = 0.5, k_scale: float = 0.5) -> float:
    """One limit for a mean and a scale CUSUM, for a mean run length to a false alarm.

    Parameters
    ----------
    arl0 : float
        Windows between false alarms, 3 ... 1e10.
    k, k_scale : float
        Reference values, > 0.

    Returns
    -------
    float
        The limit h of both, by the sum of the rates: the number of alarms of both
        together, exactly, where each runs on after the other's alarm.

    Examples
    --------
    >>> round(pair_limit(1e5))
    11
    """
    _check_design(k, arl0)
    _check_design(k_scale, arl0)

    def excess(h: float) -> float:
        rate = 1.0 / cusum_arl(k, h) + 1.0 / scale_cusum_arl(k_scale, h)
        return -math.log(rate * arl0)

    return invert(excess, math.log(arl0) / (2.0 * min(k, k_scale)) + 2.0)


def _check_design(k: float, arl0: float) -> None:
    if not (math.isfinite(k) and k > 0.0):
        raise ValueError(f"k is {k}, expected a number > 0")
    if not 3.0 <= arl0 <= ARL_MAX:
        raise ValueError(f"arl0 is {arl0}, expected 3 ... {ARL_MAX:g} windows")


def _run(k: float, h: float, shift: float, scale: float, *, sign: float) -> float:
    """Run length of one sum, of sign * w - k."""
    # -w has a largest value, where its density breaks off: many more nodes.
    nodes_len = int(64 + 10.0 * h) if sign > 0.0 else max(400, 60 * math.ceil(h))
    x, weights = np.polynomial.legendre.leggauss(nodes_len)
    y = 0.5 * h * (x + 1.0)
    u = np.concatenate([[0.0], y])
    kernel = np.empty((u.size, u.size))
    below = _cdf(sign * (k - u), shift, scale)
    kernel[:, 0] = below if sign > 0.0 else 1.0 - below
    density = _density(sign * (y[None, :] - u[:, None] + k), shift, scale)
    kernel[:, 1:] = density * (0.5 * h * weights)
    run = np.linalg.solve(np.eye(u.size) - kernel, np.ones(u.size))
    return float(run[0]) if run[0] >= 1.0 else 1e16


def _cdf(w: Floats, shift: float, scale: float) -> Floats:
    square = np.maximum(ROOT_MEAN + ROOT_SD * w, 0.0) ** 2
    low: Floats = normal_cdf((-square - shift) / scale)
    return normal_cdf((square - shift) / scale) - low


def _density(w: Floats, shift: float, scale: float) -> Floats:
    root = np.maximum(ROOT_MEAN + ROOT_SD * w, 0.0)
    near = np.exp(-0.5 * ((root**2 - shift) / scale) ** 2)
    far = np.exp(-0.5 * ((root**2 + shift) / scale) ** 2)
    result: Floats = 2.0 * ROOT_SD * root * (near + far) / (scale * _SQRT_2PI)
    return result


def _run_pair(
    k: tuple[float, float],
    h: tuple[float, float],
    shift: float,
    scale: float,
    nodes_len: int,
) -> float:
    """Run length of an upward mean sum beside an upward scale sum, from zero."""
    u = np.linspace(0.0, h[0], nodes_len + 1)
    v = np.linspace(0.0, h[1], nodes_len + 1)
    x, weights = np.polynomial.legendre.leggauss(48)
    size = u.size * v.size
    matrix = np.zeros((size, size))
    row = np.repeat(np.arange(v.size), x.size)
    # Values of z that raise no alarm: below what u allows, within what v allows.
    bound = (ROOT_MEAN + ROOT_SD * (h[1] + k[1] - v)) ** 2
    for i, at in enumerate(u):
        high = np.minimum(bound, h[0] + k[0] - at)
        low = np.maximum(-bound, shift - _Z_MAX * scale)
        high = np.maximum(np.minimum(high, shift + _Z_MAX * scale), low)
        half = 0.5 * (high - low)
        z = low[:, None] + half[:, None] * (x + 1.0)
        chance = np.exp(-0.5 * ((z - shift) / scale) ** 2) / (scale * _SQRT_2PI)
        chance *= half[:, None] * weights
        next_u = np.maximum(0.0, at + z - k[0]).ravel() / u[1]
        next_v = np.maximum(0.0, v[:, None] + scale_score(z) - k[1]).ravel() / v[1]
        a = np.minimum(next_u.astype(int), nodes_len - 1)
        b = np.minimum(next_v.astype(int), nodes_len - 1)
        p, q = next_u - a, next_v - b
        for da, share_a in ((0, 1.0 - p), (1, p)):
            for db, share_b in ((0, 1.0 - q), (1, q)):
                place = (i * v.size + row, (a + da) * v.size + b + db)
                np.add.at(matrix, place, chance.ravel() * share_a * share_b)
    run = np.linalg.solve(np.eye(size) - matrix, np.ones(size))
    return float(run[0])
