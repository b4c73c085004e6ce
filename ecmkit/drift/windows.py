"""Streaming detectors that need no size of the change: e-detector, ADWIN, T2."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import adwin, drift, sr, t2
from ecmkit.drift.detectors import Change, Named, positive, within

__all__ = ["Adwin", "EDetector", "HotellingT2", "log_ratios"]

Floats = NDArray[np.float64]
MEANS = (0.5, 1.0, 2.0, -0.5, -1.0, -2.0)
SCALES = (1.5, 2.0, 0.7, 0.4)


def log_ratios(
    means: tuple[float, ...] = MEANS, scales: tuple[float, ...] = SCALES
) -> tuple[Floats, Floats, Floats]:
    """Return a, b, c of each alternative's ln likelihood ratio a + z (b + c z)."""
    m = np.array([*means, *np.zeros(len(scales))])
    s = np.array([*np.ones(len(means)), *scales])
    return -np.log(s) - m**2 / (2 * s**2), m / s**2, (1 - 1 / s**2) / 2


class EDetector(Named, sr.EDetector):
    """Mixture of Shiryaev-Roberts statistics: a promise about false alarms by theorem.

    Parameters
    ----------
    arl0 : float
        Mean number of values to a false alarm, at least, on independent standard
        Gaussian scores; above 1, at most 1e30.
    means : tuple of float
        Means to which the scores may change [standard deviations]; not 0.
    scales : tuple of float
        Standard deviations to which they may change; above 0, not 1. Means and scales
        together are 1 to 10 alternatives of the same weight.
    discounts : tuple of float
        What is taken from the logarithm of each alternative's likelihood ratio at each
        value, >= 0, so that its mean stays below 1 for scores that are not quite
        standard Gaussian; none by default.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_sr_update_f32``: an exponential for each alternative, 56 bytes of state.
    The promise holds for all independent scores for which no likelihood ratio has a
    mean above 1; `calibrate` settles discounts for those of an estimated reference.

    Examples
    --------
    >>> detector = EDetector(arl0=10_000)
    >>> detector.detect([1.1, -0.8, 0.3, -1.2, 0.6] * 9 + [3, -3, 3, -3, 3])[0].what
    'wider'
    """

    _settings = ("arl0", "means", "scales", "discounts")

    def __init__(
        self,
        arl0: float = 100_000.0,
        means: tuple[float, ...] = MEANS,
        scales: tuple[float, ...] = SCALES,
        discounts: tuple[float, ...] = (),
    ) -> None:
        count = len(means) + len(scales)
        if not 1 <= count <= sr.ALTERNATIVES_MAX:
            raise ValueError(f"means and scales are {count}, expected 1 to 10 together")
        if 0 in means or not np.isfinite(means).all():
            raise ValueError(f"means is {means}, expected finite values other than 0")
        if 1 in scales or not all(0 < s < np.inf for s in scales):
            raise ValueError(f"scales is {scales}, expected values > 0 other than 1")
        self.arl0 = within("arl0", arl0, np.nextafter(np.float32(1), 2), 1e30)
        self.means, self.scales = tuple(means), tuple(scales)
        self.discounts = tuple(discounts)
        if self.discounts and len(self.discounts) != count:
            found = len(self.discounts)
            raise ValueError(f"discounts are {found}, expected {count} or none")
        for one in self.discounts:
            within("discounts", one, 0)
        m = np.array([*means, *np.zeros(len(scales))])
        s = np.array([*np.ones(len(means)), *scales])
        table = np.zeros(count, sr.ALTERNATIVE)
        table["a"], table["b"], table["c"] = log_ratios(means, scales)
        table["a"] -= np.array(self.discounts or (0.0,), np.float32)
        table["weight"] = 1 / count
        wider = np.where(s > 1, drift.WIDER, drift.NARROWER)
        table["what"] = np.where(m > 0, drift.UP, np.where(m < 0, drift.DOWN, wider))
        self.alternatives = table
        super().__init__(table, arl0)


class Adwin(Named, adwin.Adwin):
    """ADWIN2: a window that is as long as its mean does not change.

    Parameters
    ----------
    delta : float
        Probability of a cut by chance at a test; between 0 and 1.
    clock : int
        Values from test to test; >= 1.
    max_buckets : int
        Of each size, 2 to 5.
    min_window_length : int
        Fewest values of a part; >= 1.
    grace_period : int
        No test before the window is longer than this.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Runs ``ecm_adwin_update_f32``: 768 bytes of state for a window of up to 1.3 million
    values. Values are float32: centre them, as an offset of many standard deviations
    costs digits. Blind to changes of the scale.

    Examples
    --------
    >>> detector = Adwin()
    >>> detector.update_many([0.0, 1.0] * 250 + [4.0, 5.0] * 16)
    array([511])
    >>> detector.width < 100
    True
    """

    _settings = (
        "delta", "clock", "max_buckets", "min_window_length", "grace_period"
    )  # fmt: skip

    def __init__(
        self,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
    ) -> None:
        self.delta = positive("delta", delta, 0.999)
        most = 2**32 - 1
        self.clock = int(within("clock", clock, 1, most))
        self.max_buckets = int(within("max_buckets", max_buckets, 2, 5))
        self.min_window_length = int(
            within("min_window_length", min_window_length, 1, most)
        )
        self.grace_period = int(within("grace_period", grace_period, 0, most))
        super().__init__(
            delta,
            self.clock,
            self.max_buckets,
            self.min_window_length,
            self.grace_period,
        )

    @property
    def variance(self) -> float:
        """Mean square of the window around its mean; 0 if it is empty."""
        return self.squares / self.width if self.width else 0.0


class HotellingT2(t2.HotellingT2):
    """Hotelling's T2 of several features, and its exponentially weighted form.

    Parameters
    ----------
    mean : array_like of float, shape (n_features,)
        Of the reference, in the units of the features.
    covariance : array_like of float, shape (n_features, n_features)
        Of the reference; positive definite.
    limit : float
        Of the statistic; > 0. For a known reference, one vector alone is beyond the
        quantile of chi-squared with n_features degrees of freedom by chance.
    lambda_ : float
        Weight of the newest vector, above 0, at most 1; 1 looks at each vector alone.

    Raises
    ------
    ValueError
        If shapes do not fit, the covariance is not positive definite, or a setting is
        outside its range.

    Notes
    -----
    Runs ``ecm_t2_update_f32``; at most 64 features, 20 bytes of state and a float for
    each feature.

    Examples
    --------
    >>> detector = HotellingT2([0, 0], [[1, 0.5], [0.5, 1]], limit=20, lambda_=1)
    >>> detector.update_many([[0.5, 0.2], [-1, 0.3], [3, -3]])
    array([2])
    >>> detector.drift_detected, detector.change
    (True, 'shift')
    """

    def __init__(
        self,
        mean: ArrayLike,
        covariance: ArrayLike,
        limit: float,
        lambda_: float = 0.1,
    ) -> None:
        self.mean = np.ascontiguousarray(mean, np.float64)
        self.covariance = np.ascontiguousarray(covariance, np.float64)
        n = self.mean.size
        if self.mean.shape != (n,) or self.covariance.shape != (n, n):
            raise ValueError(
                f"mean has shape {self.mean.shape} and covariance "
                f"{self.covariance.shape}, expected (n,) and (n, n)"
            )
        self.limit = positive("limit", limit)
        self.lambda_ = positive("lambda_", lambda_, 1)
        try:
            inverse = np.linalg.inv(np.linalg.cholesky(self.covariance))
        except np.linalg.LinAlgError as error:
            raise ValueError("covariance is not positive definite") from error
        packed = inverse[np.tril_indices(n)].astype(np.float32)
        super().__init__(self.mean.astype(np.float32), packed, lambda_, limit)

    def update(self, x: ArrayLike) -> Self:
        """Take one vector of features, all finite, and return the detector itself."""
        self.update_f32(np.ascontiguousarray(x, np.float32))
        return self

    def update_many(self, x: ArrayLike) -> NDArray[np.int64]:
        """Take rows of features one after another.

        Parameters
        ----------
        x : array_like of float, shape (n, n_features)
            Rows, all finite.

        Returns
        -------
        ndarray of int64
            Index of each row that raised an alarm.

        Raises
        ------
        ValueError
            If `x` has another shape or a value is not finite; none was taken.
        """
        return np.flatnonzero(self._run(x))

    def _run(self, x: ArrayLike) -> NDArray[np.uint32]:
        """Rows since the change at each alarm, else 0."""
        rows = np.ascontiguousarray(x, np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.mean.size:
            raise ValueError(
                f"x has shape {rows.shape}, expected (n, {self.mean.size})"
            )
        if not np.isfinite(rows).all():
            raise ValueError("x has values that are not finite")
        return self.run_f32(rows)[1]

    @property
    def drift_detected(self) -> bool:
        """Whether the last vector raised an alarm."""
        return self.what == drift.SHIFT

    @property
    def warning_detected(self) -> bool:
        """Never: there is one limit."""
        return False

    @property
    def change(self) -> Literal["shift"] | None:
        """What changed at the last vector; None without an alarm."""
        return "shift" if self.drift_detected else None

    def detect(self, x: ArrayLike) -> list[Change]:
        """Take rows as `update_many`; return the whole of each alarm.

        Parameters
        ----------
        x : array_like of float, shape (n, n_features)
            Rows, all finite.

        Returns
        -------
        list of Change
            In order.

        Raises
        ------
        ValueError
            As `update_many`.
        """
        since = self._run(x)
        return [Change(int(i), int(since[i]), "shift") for i in np.flatnonzero(since)]

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that make this detector."""
        return {
            name: getattr(self, name)
            for name in ("mean", "covariance", "limit", "lambda_")
        }

    def clone(self) -> Self:
        """Return a detector of the same settings that took no vectors."""
        return type(self)(self.mean, self.covariance, self.limit, self.lambda_)

    @classmethod
    def from_bytes(cls, state: bytes, **settings: Any) -> Self:
        """Continue from a state, such as `to_bytes` or a device stored.

        Parameters
        ----------
        state : bytes
            Little-endian, of the length that `to_bytes` gives.
        **settings
            As for the constructor.

        Returns
        -------
        HotellingT2
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
        return _t2_rebuild, (type(self), self.settings, self.to_bytes())


def _t2_rebuild(
    cls: type[HotellingT2], settings: dict[str, Any], state: bytes
) -> HotellingT2:
    return cls.from_bytes(state, **settings)
