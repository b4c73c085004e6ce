"""Run length for scores that take few values, such as normal scores of quantile bins.

Sums of such scores move on a lattice where the scores are multiples of one step, and
then their run length is that of a finite Markov chain, without approximation ([1]_).
Scores between the points of the lattice are divided over the two beside them.

References
----------
.. [1] D. Brook, D. A. Evans, An approach to the probability distribution of CUSUM run
       length, Biometrika 59 (1972), 539-549.
.. [2] E. S. Page, Continuous inspection schemes, Biometrika 41 (1954), 100-115.
.. [3] W. F. Trench, An algorithm for the inversion of finite Toeplitz matrices, Journal
       of SIAM 12 (1964), 515-522.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit.drift.runlength import ARL_MAX, invert
from ecmkit.drift.runlength_scale import scale_score

__all__ = ["ScoreDistribution"]

Floats = NDArray[np.float64]

_STEP = 1.0 / 32.0
_STATES_MIN, _STATES_MAX = 256, 1200
_NEVER = 1e16
"""Run length of a sum that does not reach its limit, or not within any count."""


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution:
    """Scores and how often each occurs.

    Examples
    --------
    >>> coin = ScoreDistribution(values=np.array([-1.0, 1.0]), chances=np.full(2, 0.5))
    >>> round(coin.cusum_arl(0.0, 2.0, sides=1))  # to 3 and beyond, from 0
    12
    """

    values: Floats
    """Shape (n,), finite."""
    chances: Floats
    """Shape (n,), >= 0, with sum 1."""

    def __post_init__(self) -> None:
        """Check shapes and sum."""
        if self.values.shape != self.chances.shape or self.values.ndim != 1:
            raise ValueError(
                f"values has shape {self.values.shape} and chances "
                f"{self.chances.shape}, expected (n,) each"
            )
        total = float(self.chances.sum())
        if not (abs(total - 1.0) < 1e-6 and (self.chances >= 0.0).all()):
            raise ValueError(f"chances sum to {total}, expected 1, each >= 0")

    @classmethod
    def of_counts(cls, values: ArrayLike, counts: ArrayLike) -> "ScoreDistribution":
        """Take counts for chances.

        Parameters
        ----------
        values, counts : array_like, shape (n,)
            Scores and how often each was seen, in sum > 0.
        """
        seen = np.asarray(counts, np.float64)
        return cls(values=np.asarray(values, np.float64), chances=seen / seen.sum())

    @property
    def mean(self) -> float:
        """Of the scores."""
        return float(self.chances @ self.values)

    @property
    def sd(self) -> float:
        """Of the scores."""
        return math.sqrt(float(self.chances @ (self.values - self.mean) ** 2))

    def of_scale(self) -> "ScoreDistribution":
        """Return the distribution of what the scale CUSUM adds up."""
        return ScoreDistribution(values=scale_score(self.values), chances=self.chances)

    def cusum_arl(self, k: float, h: float, *, sides: int = 2) -> float:
        """Mean run length of a CUSUM of these scores that starts at zero.

        Parameters
        ----------
        k : float
            Reference value, >= 0.
        h : float
            Limit, > 0.
        sides : int
            2, or 1: upwards only.

        Returns
        -------
        float
            Values until an alarm; exact if scores, k and h are multiples of 1/32.

        Raises
        ------
        ValueError
            If an argument is out of range.
        """
        _check(k, h, sides)
        up = self._one_sided(k, h, 1.0)
        if sides == 1:
            return up
        return 1.0 / (1.0 / up + 1.0 / self._one_sided(k, h, -1.0))

    def cusum_limit(self, k: float, arl0: float, *, sides: int = 2) -> float:
        """Limit of the CUSUM for a mean run length to a false alarm.

        Parameters
        ----------
        k : float
            Reference value, > 0.
        arl0 : float
            Windows between false alarms, 3 ... 1e10.
        sides : int
            2, or 1: upwards only.

        Returns
        -------
        float
            h; where sums are on a lattice, between the points of which the run length
            steps, the logarithm of the run length is taken as linear.

        Raises
        ------
        ValueError
            If an argument is out of range, or no limit reaches it.
        """
        _check(k, 1.0, sides)
        if not 3.0 <= arl0 <= ARL_MAX:
            raise ValueError(f"arl0 is {arl0}, expected 3 ... {ARL_MAX:g} windows")

        known: dict[int, float] = {}

        def log_arl(steps: int) -> float:
            if steps not in known:
                run = self.cusum_arl(k, max(steps, 0.5) * _STEP, sides=sides)
                known[steps] = math.log(run)
            return known[steps]

        def excess(h: float) -> float:
            low = math.floor(h / _STEP)
            part = h / _STEP - low
            value = (1.0 - part) * log_arl(low) + part * log_arl(low + 1)
            return value - math.log(arl0)

        return invert(excess, math.log(arl0) / (2.0 * k) + 2.0)

    def ewma_arl(self, weight: float, limit: float) -> float:
        """Mean run length of the two-sided EWMA chart with constant limits.

        Parameters
        ----------
        weight : float
            Of the newest score, 0.001 ... 1.
        limit : float
            Width L of the limits, in standard deviations of the moving average of
            scores of deviation 1; > 0.

        Returns
        -------
        float
            Values until an alarm, within about 1 %.

        Raises
        ------
        ValueError
            If an argument is out of range.
        """
        if not 0.001 <= weight <= 1.0:
            raise ValueError(f"weight is {weight}, expected 0.001 ... 1")
        if not (math.isfinite(limit) and limit > 0.0):
            raise ValueError(f"limit is {limit}, expected a number > 0")
        edge = limit * math.sqrt(weight / (2.0 - weight))
        nodes = np.linspace(-edge, edge, 801)
        matrix = np.zeros((nodes.size, nodes.size))
        for value, chance in zip(self.values, self.chances, strict=True):
            after = (1.0 - weight) * nodes + weight * value
            inside = np.flatnonzero(np.abs(after) <= edge)
            at = (after[inside] + edge) / (nodes[1] - nodes[0])
            low = np.minimum(at.astype(int), nodes.size - 2)
            part = at - low
            np.add.at(matrix, (inside, low), chance * (1.0 - part))
            np.add.at(matrix, (inside, low + 1), chance * part)
        run = np.linalg.solve(np.eye(nodes.size) - matrix, np.ones(nodes.size))
        return float(run[nodes.size // 2])

    def ewma_limit(self, weight: float, arl0: float) -> float:
        """Width of the EWMA's limits for a mean run length to a false alarm.

        Parameters
        ----------
        weight : float
            Of the newest score, 0.001 ... 1.
        arl0 : float
            Windows between false alarms, 3 ... 1e10.

        Returns
        -------
        float
            L; where the scores are bounded, below what a normal score needs.

        Raises
        ------
        ValueError
            If an argument is out of range, or no limit reaches it.
        """
        if not 3.0 <= arl0 <= ARL_MAX:
            raise ValueError(f"arl0 is {arl0}, expected 3 ... {ARL_MAX:g} windows")

        def excess(limit: float) -> float:
            return math.log(self.ewma_arl(weight, limit) / arl0)

        return invert(excess, math.sqrt(2.0 * math.log(arl0)))

    def _one_sided(self, k: float, h: float, sign: float) -> float:
        """Run length of one sum, of sign * score - k, to beyond h."""
        moves = sign * self.values - k
        step = _STEP
        on_lattice = np.allclose(moves / step, np.round(moves / step), atol=1e-6)
        if not on_lattice or h / step > _STATES_MAX or h / step < 1.0:
            step = h / min(max(round(h / step), _STATES_MIN), _STATES_MAX)
        states = math.floor(h / step + 1e-9) + 1
        at = np.floor(moves / step + 1e-9)
        part = np.clip(moves / step - at, 0.0, 1.0)
        part[part < 1e-6] = 0.0
        low, high = int(at.min()), int(at.max()) + 1
        chance = np.zeros(high - low + 1)
        np.add.at(chance, at.astype(int) - low, self.chances * (1.0 - part))
        np.add.at(chance, at.astype(int) + 1 - low, self.chances * part)
        visits = _visits(chance, low, states)
        # Beyond the limit from each state, by a move of more than the states above it.
        above = np.concatenate([np.cumsum(chance[::-1])[::-1], [0.0]])
        beyond = above[np.clip(states - np.arange(states) - low, 0, chance.size)]
        alarms = float(visits @ beyond)
        if not alarms > 0.0:  # no sequence of scores reaches the limit
            return _NEVER
        # Of tests that start from zero and end on either side [2]_: their mean length
        # over the share that ends above. No difference of large numbers is taken.
        return float(np.clip(visits.sum() / alarms, 1.0, _NEVER))


def _visits(chance: Floats, low: int, states: int) -> Floats:
    """How often a walk from zero meets each state before it leaves them on either side.

    Its moves are low, low + 1, ... with their chances. The visits are the first row of
    the inverse of a Toeplitz matrix, by the recursion of Levinson and Trench [3]_:
    about 4 states^2 products in place of states^3 / 3. All are 0 if it never moves.
    """
    matrix = np.zeros(2 * states - 1)  # at moves of -(states - 1) ... states - 1
    matrix[states - 1] = 1.0
    for move, c in enumerate(chance, low):
        if -states < move < states:
            matrix[move + states - 1] -= c
    stay = matrix[states - 1]
    if stay <= 0.0:
        return np.zeros(states)
    up, down = matrix[states:] / stay, matrix[states - 2 :: -1] / stay
    # Of the lowest n states: visits from the first of them and from the last.
    first, last = np.zeros(states), np.zeros(states)
    first[0] = last[0] = 1.0
    for n in range(1, states):
        a = float(up[n - 1 :: -1] @ first[:n])
        b = float(down[:n] @ last[:n])
        last[1 : n + 1], last[0] = last[:n], 0.0
        new = first[: n + 1] - a * last[: n + 1]
        last[: n + 1] -= b * first[: n + 1]
        last[: n + 1] /= 1.0 - a * b
        first[: n + 1] = new / (1.0 - a * b)
    return np.asarray(first / stay, np.float64)


def _check(k: float, h: float, sides: int) -> None:
    if not (math.isfinite(k) and k >= 0.0):
        raise ValueError(f"k is {k}, expected a number >= 0")
    if not (math.isfinite(h) and h > 0.0):
        raise ValueError(f"h is {h}, expected a number > 0")
    if sides not in (1, 2):
        raise ValueError(f"sides is {sides}, expected 1 or 2")
