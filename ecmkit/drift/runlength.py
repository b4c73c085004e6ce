"""Run length of the CUSUM: how many values until it alarms, exactly.

For independent Gaussian input the mean run length L(u) from a sum u obeys an integral
equation; Gauss-Legendre quadrature turns it into linear equations (Nystrom's method).

References
----------
.. [1] A. L. Goel, S. M. Wu, Determination of A.R.L. and a contour nomogram for CUSUM
       charts to control normal mean, Technometrics 13 (1971), 221-230.
.. [2] L. C. Vance, Average run lengths of cumulative sum control charts for
       controlling normal means, J. Quality Technology 18 (1986), 189-193.
.. [3] D. Siegmund, Sequential Analysis, Springer (1985), section II.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "check_input",
    "cusum_arl",
    "cusum_limit",
    "cusum_limit_estimated",
    "cusum_rate_estimated",
    "estimation_errors",
    "invert",
    "normal_cdf",
    "reference_needed",
]

ARL_MAX = 1e10
"""Longest mean run length that double precision resolves safely."""
_SQRT_2PI = math.sqrt(2.0 * math.pi)
_erf = np.frompyfunc(math.erf, 1, 1)


def cusum_arl(
    k: float, h: float, *, shift: float = 0.0, scale: float = 1.0, sides: int = 2
) -> float:
    """Mean run length of the CUSUM that starts at zero.

    Parameters
    ----------
    k : float
        Reference value in standard deviations, >= 0.
    h : float
        Limit in standard deviations, > 0.
    shift : float
        Mean of the input in standard deviations of the reference; 0 with a `scale` of
        1 gives the run length to a false alarm.
    scale : float
        Standard deviation of the input in that of the reference, > 0.
    sides : int
        2, or 1: upwards only.

    Returns
    -------
    float
        Values until an alarm, >= 1; above 1e10 only its order is reliable.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    1/ARL = 1/ARL_up + 1/ARL_down, exact for k > 0 since both sums are never above
    zero at once near an alarm.

    Examples
    --------
    >>> round(cusum_arl(0.5, 5.0), 1)
    465.4
    >>> round(cusum_arl(0.5, 5.0, shift=1.0), 2)
    10.38
    """
    _check(k=k, h=h)
    check_input(shift, scale, sides)
    up, down = _one_sided(k, h, np.array([shift, -shift]), np.full(2, scale))
    return float(up if sides == 1 else 1.0 / (1.0 / up + 1.0 / down))


def cusum_limit(k: float, arl0: float, *, sides: int = 2) -> float:
    """Limit of the CUSUM for a mean run length to a false alarm.

    Parameters
    ----------
    k : float
        Reference value in standard deviations, > 0.
    arl0 : float
        Windows between false alarms, 3 ... 1e10.
    sides : int
        2, or 1: upwards only.

    Returns
    -------
    float
        The limit h in standard deviations, exact for a known Gaussian reference.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> round(cusum_limit(0.5, 1e5), 3)
    10.355
    """
    check_input(0.0, 1.0, sides)
    rate = np.full(1, 0.5 * sides)  # of the two-sided CUSUM, where one side runs
    return _solve(k, arl0, np.zeros(1), np.ones(1), rate)


def cusum_limit_estimated(
    k: float,
    arl0: float,
    n: float,
    *,
    gain: tuple[float, float] = (0.0, 0.0),
    offset: float = 0.0,
) -> float:
    """Limit if mean and standard deviation are estimates from n independent values.

    The rate of false alarms is averaged over the errors that such estimates have, so
    that a fleet of detectors, each with its own reference, keeps the rate.

    Parameters
    ----------
    k, arl0
        As for `cusum_limit`.
    n : float
        Independent values in the reference, at least `reference_needed`.
    gain : tuple of float
        Mean and standard deviation of a further error of the logarithm of the scale,
        such as a whitening filter's.
    offset : float
        Standard deviation of a further error of the mean, such as that between
        recordings.

    Returns
    -------
    float
        The limit, larger than that of `cusum_limit`.

    Raises
    ------
    ValueError
        If an argument is out of range or `n` too small.
    """
    needed = reference_needed(k, arl0)
    if not n >= needed:
        raise ValueError(f"n is {n}, expected at least {needed} for arl0 {arl0:g}")
    nobody_errs = np.zeros(1), np.ones(1), np.ones(1)
    more = _solve_fast(k, arl0, *estimation_errors(n, gain, offset))
    return cusum_limit(k, arl0) + more - _solve_fast(k, arl0, *nobody_errs)


def cusum_rate_estimated(
    k: float,
    h: float,
    n: float,
    *,
    gain: tuple[float, float] = (0.0, 0.0),
    offset: float = 0.0,
) -> float:
    """Rate of false alarms of a two-sided CUSUM, averaged over errors of a reference.

    Parameters
    ----------
    k, h : float
        Its settings in standard deviations.
    n, gain, offset
        As for `cusum_limit_estimated`.

    Returns
    -------
    float
        Alarms per value, 0 ... 1.
    """
    _check(k=k, h=h)
    shift, scale, weight = estimation_errors(n, gain, offset)
    return 2.0 * float(np.sum(weight / _siegmund(k, h, shift, scale)))


def estimation_errors(
    n: float, gain: tuple[float, float], offset: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Means, deviations and weights of what a detector sees after such estimates.

    Arguments as for `cusum_limit_estimated`.
    """
    z = np.linspace(-6.0, 6.0, 13)  # the rate is smooth in both: steps of 1 suffice
    s = np.linspace(-5.0, 5.0, 9)
    weight = np.exp(-0.5 * (z[:, None] ** 2 + s[None, :] ** 2))
    error = math.hypot(gain[1], 1.0 / math.sqrt(2.0 * n))
    whitened = (gain[1] / error) ** 2
    # A scale that errs by whitening is 1 plus the error of the weights, not its exp.
    log_scale = (
        gain[0]
        + whitened * np.log(np.maximum(1.0 + s * error, 0.1))
        + (1.0 - whitened) * s * error
    )
    scale = np.exp(np.broadcast_to(log_scale, weight.shape))
    shift = (
        np.broadcast_to(
            (z * math.hypot(offset, 1.0 / math.sqrt(n)))[:, None], weight.shape
        )
        * scale
    )
    keep = weight > 1e-9
    return shift[keep], scale[keep], weight[keep] / weight.sum()


def reference_needed(k: float, arl0: float) -> int:
    """Fewest independent reference values for a rate of false alarms.

    The mean of the reference errs by more than k with a chance that must be below
    1 / arl0: beyond k the sum climbs on its own and no limit keeps the rate.

    Parameters
    ----------
    k : float
        Reference value in standard deviations, > 0.
    arl0 : float
        Windows between false alarms, 3 ... 1e10.

    Returns
    -------
    int
        At least 10.

    Examples
    --------
    >>> reference_needed(0.5, 1e6)
    91
    """
    _check_design(k, arl0)
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        tail = 0.5 * math.erfc(middle / math.sqrt(2.0))
        low, high = (middle, high) if tail > 1.0 / arl0 else (low, middle)
    return max(10, math.ceil((high / k) ** 2))


def _solve(
    k: float,
    arl0: float,
    shift: NDArray[np.float64],
    scale: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> float:
    """Limit at which the rate of false alarms, averaged over errors, is 1 / arl0."""
    _check_design(k, arl0)

    def excess(h: float) -> float:
        # By symmetry the downward sum has the rate of the upward one.
        rate = 2.0 * float(np.sum(weight / _one_sided(k, h, shift, scale)))
        return -math.log(rate) - math.log(arl0)

    return invert(excess, math.log(arl0) / (2.0 * k) + 2.0)


def _solve_fast(
    k: float,
    arl0: float,
    shift: NDArray[np.float64],
    scale: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> float:
    """As `_solve`, by Siegmund's approximation."""

    def excess(h: float) -> float:
        rate = 2.0 * float(np.sum(weight / _siegmund(k, h, shift, scale)))
        return -math.log(rate) - math.log(arl0)

    return invert(excess, math.log(arl0) / (2.0 * k) + 2.0)


def _siegmund(
    k: float, h: float, shift: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean run length of the upward CUSUM, within 1 % where it is long ([3]_)."""
    drift = (shift - k) / scale
    b = h / scale + 1.166
    x = -2.0 * drift * b
    small = np.abs(x) < 1e-4
    drift = np.where(small, 1.0, drift)
    run = (np.expm1(np.minimum(x, 600.0)) - x) / (2.0 * drift**2)
    return np.maximum(np.where(small, b * b, run), 1.0)


def invert(excess: Callable[[float], float], guess: float) -> float:
    """Limit at which a rising function of it, near linear, is zero.

    Parameters
    ----------
    excess : callable
        ln(ARL / wanted ARL) of a limit.
    guess : float
        A limit, > 0.

    Returns
    -------
    float
        The limit; below 1e-4 if even that runs longer than wanted.

    Raises
    ------
    ValueError
        If no limit below 1000 times the guess reaches it.
    """
    high, low, low_value = guess, guess, math.inf
    while low_value >= 0.0:
        low *= 0.8
        if low < 1e-4:
            return low
        low_value = excess(low)
    while (high_value := excess(high)) < 0.0:
        low, low_value, high = high, high_value, 1.5 * high
        if high > 1000.0 * guess:
            raise ValueError("no limit gives so long a run length")
    side = 0
    for _ in range(100):  # regula falsi, Illinois variant
        h = (low * high_value - high * low_value) / (high_value - low_value)
        value = excess(h)
        if abs(value) < 1e-6 or high - low < 1e-9:
            break
        if value < 0.0:
            low, low_value = h, value
            high_value *= 0.5 if side < 0 else 1.0
        else:
            high, high_value = h, value
            low_value *= 0.5 if side > 0 else 1.0
        side = -1 if value < 0.0 else 1
    return h


def _one_sided(
    k: float, h: float, shift: ArrayLike, scale: ArrayLike
) -> NDArray[np.float64]:
    """Mean run length of the upward CUSUM for input N(shift, scale^2), from zero."""
    s = np.asarray(scale, np.float64)
    reference, limit = (k - np.asarray(shift, np.float64)) / s, h / s
    nodes_len = int(24 + 1.5 * limit.max())
    x, w = np.polynomial.legendre.leggauss(nodes_len)
    result = np.empty(s.shape)
    # In slices: a few megabytes of equations at a time.
    step = max(1, 400_000 // nodes_len**2)
    for at in range(0, s.size, step):
        part = slice(at, at + step)
        result[part] = _nystrom(reference[part], limit[part], x, w)
    return result


def _nystrom(
    k: NDArray[np.float64],
    h: NDArray[np.float64],
    x: NDArray[np.float64],
    w: NDArray[np.float64],
) -> NDArray[np.float64]:
    y = 0.5 * h[:, None] * (x + 1.0)  # nodes in (0, h)
    u = np.concatenate([np.zeros((h.size, 1)), y], axis=1)  # zero is an atom
    kernel = np.empty((h.size, u.shape[1], u.shape[1]))
    kernel[:, :, 0] = normal_cdf(k[:, None] - u)
    step = y[:, None, :] - u[:, :, None] + k[:, None, None]
    density = np.exp(-0.5 * step**2) / _SQRT_2PI
    kernel[:, :, 1:] = density * (0.5 * h[:, None] * w)[:, None, :]
    equations = np.eye(u.shape[1]) - kernel
    ones = np.ones((*u.shape, 1))
    run = np.asarray(np.linalg.solve(equations, ones), np.float64)
    # Rounding may turn an endless run (1e16 and more) negative.
    return np.where(run[:, 0, 0] >= 1.0, run[:, 0, 0], 1e16)


def normal_cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance that a standard normal value is at most x, element by element."""
    erf = np.asarray(_erf(x / math.sqrt(2.0)), np.float64)
    result: NDArray[np.float64] = 0.5 * (1.0 + erf)
    return result


def check_input(shift: float, scale: float, sides: int = 2) -> None:
    """Refuse a mean, deviation or number of sides that says nothing."""
    if not math.isfinite(shift):
        raise ValueError(f"shift is {shift}, expected a finite number")
    if not (math.isfinite(scale) and scale > 0.0):
        raise ValueError(f"scale is {scale}, expected a number > 0")
    if sides not in (1, 2):
        raise ValueError(f"sides is {sides}, expected 1 or 2")


def _check(*, k: float, h: float) -> None:
    if not (math.isfinite(k) and k >= 0.0):
        raise ValueError(f"k is {k}, expected a number >= 0")
    if not (math.isfinite(h) and h > 0.0):
        raise ValueError(f"h is {h}, expected a number > 0")


def _check_design(k: float, arl0: float) -> None:
    if not (math.isfinite(k) and k > 0.0):
        raise ValueError(f"k is {k}, expected a number > 0")
    if not 3.0 <= arl0 <= ARL_MAX:
        raise ValueError(f"arl0 is {arl0}, expected 3 ... {ARL_MAX:g} windows")
