"""Detectors on the losses of a model, where labels come back: DDM, EDDM, HDDM."""

from ecmkit._core import error, hddm
from ecmkit.drift.detectors import Named, positive, within

__all__ = ["Ddm", "Eddm", "HddmA", "HddmW"]

_N = 2**32 - 1


class Ddm(Named, error.Ddm):
    """DDM: the error rate against its lowest value, in standard deviations.

    Parameters
    ----------
    warm_start : int
        Losses before anything is compared.
    warning_threshold, drift_threshold : float
        Standard deviations above the lowest rate; > 0.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Values are 1 for an error and 0 for none. Runs ``ecm_error_ddm_update_f32``: O(1),
    24 bytes of state.

    Examples
    --------
    >>> Ddm().update_many([0, 0, 0, 0, 1] * 40 + [1] * 20)
    array([213])
    """

    _settings = ("warm_start", "warning_threshold", "drift_threshold")

    def __init__(
        self,
        warm_start: int = 30,
        warning_threshold: float = 2.0,
        drift_threshold: float = 3.0,
    ) -> None:
        self.warm_start = int(within("warm_start", warm_start, 0, _N))
        self.warning_threshold = positive("warning_threshold", warning_threshold)
        self.drift_threshold = positive("drift_threshold", drift_threshold)
        super().__init__(warning_threshold, drift_threshold, self.warm_start)


class Eddm(Named, error.Eddm):
    """EDDM: the distance between errors against its longest value; slow changes.

    Parameters
    ----------
    warm_start : int
        Errors, and losses, before anything is compared.
    alpha, beta : float
        Share of the longest distance below which there is a warning, an alarm;
        above 0, at most 1, `beta` at most `alpha`.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Values are 1 for an error and 0 for none. Runs ``ecm_error_eddm_update_f32``: O(1),
    32 bytes of state.

    Examples
    --------
    >>> Eddm().update_many(([0] * 3 + [1] + [0] * 15 + [1]) * 30 + [0, 1] * 20)
    array([617])
    """

    _settings = ("warm_start", "alpha", "beta")

    def __init__(
        self, warm_start: int = 30, alpha: float = 0.95, beta: float = 0.9
    ) -> None:
        self.warm_start = int(within("warm_start", warm_start, 0, _N))
        self.alpha = positive("alpha", alpha, 1)
        self.beta = positive("beta", beta, alpha)
        super().__init__(alpha, beta, self.warm_start)


class HddmA(Named, hddm.HddmA):
    """HDDM-A: means of all losses, bounded by Hoeffding's inequality; sudden changes.

    Parameters
    ----------
    drift_confidence, warning_confidence : float
        Probability by chance; above 0, below 1, the first at most the second.
    two_sided_test : bool
        Whether fewer losses are a change too.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Values are losses in 0 ... 1. Runs ``ecm_hddm_a_update_f32``: O(1), 32 bytes of
    state.

    Examples
    --------
    >>> HddmA().detect([0, 0, 0, 0, 1] * 40 + [1] * 20)[0].what
    'up'
    """

    _settings = ("drift_confidence", "warning_confidence", "two_sided_test")

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        two_sided_test: bool = False,
    ) -> None:
        self.warning_confidence = positive(
            "warning_confidence", warning_confidence, 0.999
        )
        self.drift_confidence = positive(
            "drift_confidence", drift_confidence, warning_confidence
        )
        self.two_sided_test = bool(two_sided_test)
        super().__init__(drift_confidence, warning_confidence, self.two_sided_test)


class HddmW(Named, hddm.HddmW):
    """HDDM-W: losses that are forgotten, by McDiarmid's inequality; gradual changes.

    Parameters
    ----------
    drift_confidence, warning_confidence : float
        As of `HddmA`.
    lambda_val : float
        Weight of the newest loss; above 0, at most 1.
    two_sided_test : bool
        As of `HddmA`.

    Raises
    ------
    ValueError
        If a setting is outside its range.

    Notes
    -----
    Values are losses in 0 ... 1. Runs ``ecm_hddm_w_update_f32``: O(1), 68 bytes of
    state.

    Examples
    --------
    >>> HddmW().detect([0, 0, 0, 0, 1] * 40 + [1] * 20)[0].what
    'up'
    """

    _settings = (
        "drift_confidence", "warning_confidence", "lambda_val", "two_sided_test"
    )  # fmt: skip

    def __init__(
        self,
        drift_confidence: float = 0.001,
        warning_confidence: float = 0.005,
        lambda_val: float = 0.05,
        two_sided_test: bool = False,
    ) -> None:
        self.warning_confidence = positive(
            "warning_confidence", warning_confidence, 0.999
        )
        self.drift_confidence = positive(
            "drift_confidence", drift_confidence, warning_confidence
        )
        self.lambda_val = positive("lambda_val", lambda_val, 1)
        self.two_sided_test = bool(two_sided_test)
        super().__init__(
            drift_confidence, warning_confidence, lambda_val, self.two_sided_test
        )
