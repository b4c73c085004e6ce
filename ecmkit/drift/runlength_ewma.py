"""Run length of the EWMA chart, exactly, for limits that are constant or widen.

The moving average's run length obeys an integral equation over the values that raise no
alarm, which Gauss-Legendre quadrature turns into linear equations ([1]_, [2]_).

References
----------
.. [1] S. V. Crowder, A simple method for studying run-length distributions of
       exponentially weighted moving average charts, Technometrics 29 (1987), 401-407.
.. [2] J. M. Lucas, M. S. Saccucci, Exponentially weighted moving average control
       schemes, Technometrics 32 (1990), 1-12.
"""

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.drift.runlength import (
    ARL_MAX,
    check_input,
    estimation_errors,
    invert,
)

__all__ = [
    "ewma_arl",
    "ewma_limit",
    "ewma_limit_estimated",
    "ewma_rate_estimated",
]

Floats = NDArray[np.float64]
Limits = Literal["constant", "exact"]

_SQRT_2PI = math.sqrt(2.0 * math.pi)


def ewma_arl(
    weight: float,
    limit: float,
    *,
    shift: float = 0.0,
    scale: float = 1.0,
    limits: Limits = "constant",
) -> float:
    """Mean run length of the two-sided EWMA chart that starts at zero.

    Parameters
    ----------
    weight : float
        Of the newest value (lambda), 0.001 ... 1; 1 is the Shewhart chart.
    limit : float
        Width L of the limits in standard deviations of the moving average, > 0.
    shift : float
        Mean of the input in standard deviations of the reference.
    scale : float
        Standard deviation of the input in that of the reference, > 0.
    limits : {"constant", "exact"}
        Constant at L sqrt(lambda / (2 - lambda)), or from the first value on L times
        the exact deviation, that times sqrt(1 - (1 - lambda)^(2 t)).

    Returns
    -------
    float
        Values until an alarm, >= 1; above 1e10 only its order is reliable.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> round(ewma_arl(0.1, 2.814), 1)
    499.6
    >>> round(ewma_arl(0.1, 2.814, shift=1.0), 1)
    10.3
    """
    _check(weight, limits)
    if not (math.isfinite(limit) and limit > 0.0):
        raise ValueError(f"limit is {limit}, expected a number > 0")
    check_input(shift, scale)
    edge = limit * math.sqrt(weight / (2.0 - weight))
    nodes_len = int(max(32, 24 + 10.0 * edge / (weight * scale)))
    x, w = _nodes(nodes_len)
    chart = _Chart(weight=weight, shift=shift, scale=scale, x=x, w=w)
    run = chart.from_nodes(edge)
    if limits == "constant":
        return 1.0 + float(chart.density(np.zeros(1), edge * x)[0] @ (edge * w * run))
    return chart.widening(edge, run)


def ewma_limit(weight: float, arl0: float, *, limits: Limits = "constant") -> float:
    """Width of the EWMA's limits for a mean run length to a false alarm.

    Parameters
    ----------
    weight : float
        Of the newest value, 0.001 ... 1.
    arl0 : float
        Windows between false alarms, 3 ... 1e10.
    limits : {"constant", "exact"}
        As for `ewma_arl`.

    Returns
    -------
    float
        L in standard deviations of the moving average.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> round(ewma_limit(0.1, 1e5), 3)
    4.322
    """
    _check(weight, limits)
    if not 3.0 <= arl0 <= ARL_MAX:
        raise ValueError(f"arl0 is {arl0}, expected 3 ... {ARL_MAX:g} windows")

    def excess(limit: float) -> float:
        return math.log(ewma_arl(weight, limit, limits=limits) / arl0)

    return invert(excess, math.sqrt(2.0 * math.log(arl0)))


def ewma_limit_estimated(
    weight: float,
    arl0: float,
    n: float,
    *,
    gain: tuple[float, float] = (0.0, 0.0),
    offset: float = 0.0,
) -> float:
    """Limit if mean and standard deviation are estimates from n independent values.

    The rate of false alarms is averaged over the errors, as for the CUSUM.

    Parameters
    ----------
    weight : float
        Of the newest value, 0.001 ... 1.
    arl0 : float
        Windows between false alarms, 3 ... 1e10.
    n : float
        Independent values in the reference.
    gain : tuple of float
        Mean and standard deviation of a further error of the logarithm of the scale.
    offset : float
        Standard deviation of a further error of the mean.

    Returns
    -------
    float
        L, larger than that of `ewma_limit`.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check(weight, "constant")
    if not 3.0 <= arl0 <= ARL_MAX:
        raise ValueError(f"arl0 is {arl0}, expected 3 ... {ARL_MAX:g} windows")

    def excess(limit: float) -> float:
        rate = ewma_rate_estimated(weight, limit, n, gain=gain, offset=offset)
        return -math.log(rate * arl0)

    return invert(excess, math.sqrt(2.0 * math.log(arl0)))


def ewma_rate_estimated(
    weight: float,
    limit: float,
    n: float,
    *,
    gain: tuple[float, float] = (0.0, 0.0),
    offset: float = 0.0,
) -> float:
    """Rate of false alarms of a chart, averaged over errors of a reference.

    Parameters
    ----------
    weight, limit : float
        As for `ewma_arl`.
    n, gain, offset
        As for `ewma_limit_estimated`.

    Returns
    -------
    float
        Alarms per value, 0 ... 1.
    """
    shift, scale, share = estimation_errors(n, gain, offset)
    keep = shift >= 0.0  # the chart does not know the sign of a shift
    shift, scale, share = shift[keep], scale[keep], share[keep]
    share = share * np.where(shift > 0.0, 2.0, 1.0)
    return float(share @ (1.0 / _many(weight, limit, shift, scale)))


def _many(weight: float, limit: float, shift: Floats, scale: Floats) -> Floats:
    """Mean run lengths for many inputs at once, by constant limits."""
    edge = limit * math.sqrt(weight / (2.0 - weight))
    x, w = _nodes(int(max(32, 24 + 8.0 * edge / (weight * float(scale.min())))))
    # The middle of an odd number of nodes is zero, where the chart starts.
    y = edge * x
    part = y[None, :] - (1.0 - weight) * y[:, None]
    step = (part / weight - shift[:, None, None]) / scale[:, None, None]
    spread = weight * scale[:, None, None] * _SQRT_2PI
    kernel = np.exp(-0.5 * step**2) / spread * (edge * w)
    ones = np.ones((shift.size, y.size, 1))
    run = np.asarray(np.linalg.solve(np.eye(y.size) - kernel, ones), np.float64)
    middle = run[:, y.size // 2, 0]
    return np.where(middle >= 1.0, middle, 1e16)


@lru_cache(maxsize=64)
def _nodes(count: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes, an odd number, and their weights."""
    x, w = np.polynomial.legendre.leggauss(count + 1 - count % 2)
    return x, w


def _check(weight: float, limits: str) -> None:
    if not 0.001 <= weight <= 1.0:
        raise ValueError(f"weight is {weight}, expected 0.001 ... 1")
    if limits not in ("constant", "exact"):
        raise ValueError(f"limits is {limits!r}, expected 'constant' or 'exact'")


class _Chart:
    """Moving average of normal values, with nodes on -1 ... 1 to integrate over."""

    def __init__(
        self, *, weight: float, shift: float, scale: float, x: Floats, w: Floats
    ) -> None:
        self.weight, self.shift, self.scale = weight, shift, scale
        self.x, self.w = x, w

    def density(self, before: Floats, after: Floats) -> Floats:
        """Density of the average after one value, shape (before, after)."""
        part = after[None, :] - (1.0 - self.weight) * before[:, None]
        step = (part / self.weight - self.shift) / self.scale
        spread = self.weight * self.scale * _SQRT_2PI
        result: Floats = np.exp(-0.5 * step**2) / spread
        return result

    def from_nodes(self, edge: float) -> Floats:
        """Mean run length from each node between constant limits."""
        y = edge * self.x
        equations = np.eye(y.size) - self.density(y, y) * (edge * self.w)
        run = np.asarray(np.linalg.solve(equations, np.ones(y.size)), np.float64)
        return np.where(run >= 1.0, run, 1e16)

    def widening(self, edge: float, run: Floats) -> float:
        """Mean run length where the limits widen to those that `run` belongs to."""
        forget = (1.0 - self.weight) ** 2
        survived, total, t = 1.0, 0.0, 0
        nodes, alive = np.zeros(1), np.ones(1)
        while t == 0 or forget**t > 1e-12:
            total += survived
            t += 1
            wide = edge * math.sqrt(1.0 - forget**t)
            y = wide * self.x
            alive = (alive @ self.density(nodes, y)) * (wide * self.w)
            nodes, survived = y, float(alive.sum())
        return total + float(alive @ run)
