"""Streaming detectors of change: the device's own, one value or many at a time.

A detector takes values of any kind; what it promises about false alarms holds for
standard scores of a frozen reference. `update` takes one value and returns the
detector, so that ``if detector.update(x).drift_detected:`` reads as users of River
write it; `update_many` takes an array and returns where the alarms were. After an alarm
a detector starts again with the next value.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import drift, drift_ewma, drift_ph

__all__ = [
    "Change",
    "Cusum",
    "Ewma",
    "Named",
    "PageHinkley",
    "ScaleCusum",
    "positive",
    "within",
]

What = Literal["up", "down", "wider", "narrower", "shift"]
_WHAT: dict[int, What] = {
    drift.UP: "up",
    drift.DOWN: "down",
    drift.WIDER: "wider",
    drift.NARROWER: "narrower",
    drift.SHIFT: "shift",
}


@dataclass(frozen=True)
class Change:
    """An alarm: where it was raised, since when, and what changed."""

    at: int
    """Index of the value that raised it."""
    since: int
    """Values since the estimated change, that value included."""
    what: What
    """The mean: ``up``, ``down``, ``shift``; the scale: ``wider``, ``narrower``."""

    @property
    def start(self) -> int:
        """Index of the first value after the estimated change; may be negative."""
        return self.at - self.since + 1


def within(name: str, value: float, low: float, high: float = np.inf) -> float:
    """Return a setting that is finite and from `low` to `high`."""
    if not (low <= value <= high and np.isfinite(value)):
        upper = "" if high == np.inf else f", <= {high:g}"
        raise ValueError(f"{name} is {value}, expected >= {low:g}{upper}")
    return value


def positive(name: str, value: float, high: float = np.inf) -> float:
    """Return a setting that is finite, above 0 and at most `high`."""
    if not (0 < value <= high and np.isfinite(value)):
        upper = "" if high == np.inf else f", <= {high:g}"
        raise ValueError(f"{name} is {value}, expected > 0{upper}")
    return value


class Named(drift.Detector):
    """What detectors add to their bindings: settings by name, arrays, copies."""

    _settings: ClassVar[tuple[str, ...]] = ()

    def update_many(self, x: ArrayLike) -> NDArray[np.int64]:
        """Take values one after another, at the speed of C.

        Parameters
        ----------
        x : array_like of float, shape (n,)
            Values, all finite; they become float32.

        Returns
        -------
        ndarray of int64
            Index of each value that raised an alarm.

        Raises
        ------
        ValueError
            If `x` has another shape or a value is not finite; none was taken.
        """
        return self._run(x)["at"].astype(np.int64)

    def detect(self, x: ArrayLike) -> list[Change]:
        """Take values as `update_many`; return the whole of each alarm.

        Parameters
        ----------
        x : array_like of float, shape (n,)
            Values, all finite.

        Returns
        -------
        list of Change
            In order.

        Raises
        ------
        ValueError
            As `update_many`.
        """
        return [
            Change(int(at), int(since), _WHAT[int(what)])
            for at, since, what in self._run(x)
        ]

    def _run(self, x: ArrayLike) -> NDArray[np.void]:
        values = np.ascontiguousarray(x, np.float32)
        if values.ndim != 1:
            raise ValueError(f"x has shape {values.shape}, expected one dimension")
        try:
            return self.run_f32(values)
        except ValueError:
            bad = np.flatnonzero(~np.isfinite(values))
            if not len(bad):
                raise
            raise ValueError(
                f"x[{bad[0]}] is {values[bad[0]]}, expected finite values"
            ) from None

    @property
    def change(self) -> What | None:
        """What changed at the last value; None without an alarm."""
        return _WHAT.get(self.what)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that make this detector."""
        return {name: getattr(self, name) for name in self._settings}

    def clone(self) -> Self:
        """Return a detector of the same settings that took no values."""
        return type(self)(**self.settings)

    @classmethod
    def from_bytes(cls, state: bytes, **settings: object) -> Self:
        """Continue from a state, such as `to_bytes` or a device stored.

        Parameters
        ----------
        state : bytes
            Little-endian, of the length that `to_bytes` gives.
        **settings
            As for the constructor.

        Returns
        -------
        Detector
            Where the state left off.

        Raises
        ------
        ValueError
            If the length is wrong or a field is outside its range.
        """
        detector = cls(**settings)
        detector.load(state)
        return detector

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.settings, self.to_bytes())

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={v!r}" for name, v in self.settings.items())
        return f"{type(self).__name__}({settings})"


def _rebuild(cls: type[Named], settings: dict[str, object], state: bytes) -> Named:
    return cls.from_bytes(state, **settings)


class Cusum(Named, drift.Cusum):
    """Two-sided CUSUM: the fastest to find a shift of the mean of known size.

    Parameters
    ----------
    k : float
        Reference value: half the shift to be found [standard deviations]; >= 0.
    h : float
        Limit of the sums [standard deviations]; > 0. For `k` 0.5 on independent
        Gaussian scores, 5.07, 8.05, 10.35 and 12.66 mean one false alarm in 500,
        10,000, 100,000 and a million values; `ecmkit.drift.cusum_limit` computes it.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_drift_cusum_update_f32``: O(1), 24 bytes of state.

    Examples
    --------
    >>> detector = Cusum(k=0.5, h=5)
    >>> detector.detect([0.2, -0.4, 0.1, 2.5, 2.0, 3.1])
    [Change(at=5, since=3, what='up')]
    >>> detector.update(-0.3).drift_detected
    False
    """

    _settings = ("k", "h")

    def __init__(self, k: float = 0.5, h: float = 10.3547) -> None:
        self.k = within("k", k, 0)
        self.h = positive("h", h)
        super().__init__(k, h)


class ScaleCusum(Named, drift.ScaleCusum):
    """CUSUM of Hawkins' transform: finds changes of the scale, either way.

    Parameters
    ----------
    k : float
        Reference value [standard deviations of the transformed value]; >= 0.
    h : float
        Limit of the sums; > 0.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_drift_scale_update_f32``: O(1), one square root, 24 bytes of state. The
    square root of a Gaussian score's size is nearly Gaussian, so that the limits of a
    CUSUM are a first choice.

    Examples
    --------
    >>> detector = ScaleCusum(k=0.5, h=5)
    >>> detector.detect([0.8, -0.6, 4, -4, 0.1])
    [Change(at=3, since=2, what='wider')]
    """

    _settings = ("k", "h")

    def __init__(self, k: float = 0.5, h: float = 10.3547) -> None:
        self.k = within("k", k, 0)
        self.h = positive("h", h)
        super().__init__(k, h)


class PageHinkley(Named, drift_ph.PageHinkley):
    """Page-Hinkley: cumulated deviations from the mean of all values so far.

    Parameters
    ----------
    min_instances : int
        Values before the first alarm.
    delta : float
        Deviation that is let pass at each value, in the unit of the values; >= 0.
    threshold : float
        Limit of the cumulated deviation, in the same unit; > 0.
    alpha : float
        What is kept of the cumulated sums at each value; 0 ... 1.
    mode : {"up", "down", "both"}
        Which changes of the mean are looked for.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_drift_ph_update_f32``: O(1), one division, 36 bytes of state. `delta` and
    `threshold` have a unit: with River's defaults, which these are, values a hundred
    times smaller never raise an alarm. Standardise first.

    Examples
    --------
    >>> PageHinkley(threshold=10).detect(200 * [0] + 200 * [1])
    [Change(at=210, since=11, what='up')]
    """

    _settings = ("min_instances", "delta", "threshold", "alpha", "mode")

    def __init__(
        self,
        min_instances: int = 30,
        delta: float = 0.005,
        threshold: float = 50.0,
        alpha: float = 1 - 0.0001,
        mode: Literal["up", "down", "both"] = "both",
    ) -> None:
        sides = {"up": drift_ph.UP, "down": drift_ph.DOWN, "both": drift_ph.BOTH}
        if mode not in sides:
            raise ValueError(f"mode is {mode!r}, expected one of {', '.join(sides)}")
        self.min_instances = int(within("min_instances", min_instances, 0, 2**32 - 1))
        self.delta = within("delta", delta, 0)
        self.threshold = positive("threshold", threshold)
        self.alpha = within("alpha", alpha, 0, 1)
        self.mode = mode
        leak = 1 - self.alpha
        super().__init__(delta, threshold, leak, self.min_instances, sides[mode], 0)


class Ewma(Named, drift_ewma.Ewma):
    """Exponentially weighted mean against exact limits: slow drifts, smooth to draw.

    Parameters
    ----------
    lambda_ : float
        Weight of the newest value; above 0, at most 1.
    limit : float
        In standard deviations of the weighted mean; > 0. For `lambda_` 0.1 on
        independent Gaussian scores, 2.81, 3.75 and 4.32 mean one false alarm in about
        500, 10,000 and 100,000 values.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_drift_ewma_update_f32``: O(1), one division, 20 bytes of state. The
    limits are those of the number of values taken, so a change at the start is found.

    Examples
    --------
    >>> Ewma(lambda_=0.2, limit=3).detect([0.1, -0.2, 0.3, 2.2, 2.5, 1.9])
    [Change(at=5, since=4, what='up')]
    """

    _settings = ("lambda_", "limit")

    def __init__(self, lambda_: float = 0.1, limit: float = 4.3222) -> None:
        self.lambda_ = positive("lambda_", lambda_, 1)
        self.limit = positive("limit", limit)
        super().__init__(lambda_, limit)
