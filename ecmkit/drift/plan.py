"""The drift plan: which features are watched, by what, and at which rate of alarms."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

from ecmkit.drift.patterns import matching
from ecmkit.drift.plan_parts import (
    Baseline,
    Bound,
    ClassMix,
    Distance,
    Persistence,
    Regimes,
    Together,
    check_limit,
    expect,
)
from ecmkit.drift.rates import parse_rate
from ecmkit.formats import content_hash, load_toml

__all__ = [
    "ADWIN_CLOCK",
    "K_MIN",
    "SUMS",
    "DriftPlan",
    "PlanDetector",
    "load_drift_plan",
]

Kind = Literal[
    "mean", "scale", "ewma", "distribution", "page_hinkley", "e_detector", "adwin"
]
K_MIN = 1.0 / 32.0
SUMS = ("mean", "scale", "page_hinkley")
"""Kinds of cumulated sums, with a reference value `k`."""
ADWIN_CLOCK = 32
"""Windows from a test of ADWIN to the next."""


class PlanDetector(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One detector, of which each watched feature has its own.

    Construction checks everything and raises ValueError with field, found, expected.
    """

    kind: Kind
    """``mean`` is a two-sided CUSUM, ``scale`` one of the scale scores (Hawkins),
    ``ewma`` a moving average, and ``distribution`` counts scores between quantiles of
    the reference, which finds any other change of shape. ``page_hinkley`` is a CUSUM
    around the mean since its start instead of the reference's, ``e_detector`` a mixture
    that finds changes of mean and scale of unknown size, ``adwin`` a window whose
    older and newer parts are compared; these three keep guarantees and are rarer than
    the rate."""
    shift: float = 1.0
    """Change of the mean that a ``mean`` detector is to find soonest, in standard
    deviations of the feature; 0.1 ... 6."""
    k: float | None = None
    """Reference value of a CUSUM in standard deviations of its scores, 1/32 ... 3. By
    default, 0.5 for the scale; for the mean half of what `shift` leaves after
    whitening, or as much more as the length of the reference asks for, up to 0.5."""
    lambda_: float = msgspec.field(name="lambda", default=0.1)
    """Of the newest value in a moving average, 0.01 ... 1."""
    direction: Literal["both", "up"] = "both"
    """Whether a falling mean or scale counts too: wear makes most features rise, a
    machine that runs in makes them fall. Of CUSUMs and Page-Hinkley; others have
    both."""
    bins: Literal[16, 32, 64] = 32
    """Of a ``distribution``."""
    window: int = 256
    """Windows that a ``distribution`` counts before it is compared; 16 ... 65535."""
    distance: Distance = "wasserstein"
    """Of a ``distribution`` from the reference."""
    limit: float | None = None
    """Limit of the statistic itself, > 0, instead of one from a rate; of an
    ``e_detector`` above 1, and none of ``adwin``."""
    false_alarms: str | float | None = None
    """Rate of each of these detectors, instead of its part in the plan's: such as
    ``"1/year"``, or a number of windows."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        kinds = get_args(Kind)
        found = repr(self.kind)
        expect(self.kind in kinds, "kind", found, "one of " + ", ".join(kinds))
        expect(0.1 <= self.shift <= 6.0, "shift", self.shift, "0.1 ... 6")
        fits = self.k is None or K_MIN <= self.k <= 3.0
        expect(fits, "k", self.k, "1/32 ... 3")
        fits = self.kind in SUMS or self.direction == "both"
        article = "an" if self.kind[0] in "ae" else "a"
        expected = f"both, for {article} {self.kind}"
        expect(fits, "direction", repr(self.direction), expected)
        expect(0.01 <= self.lambda_ <= 1.0, "lambda", self.lambda_, "0.01 ... 1")
        expect(16 <= self.window <= 65535, "window", self.window, "16 ... 65535")
        check_limit(self.limit, self.false_alarms)
        if self.limit is not None:
            found = f"{self.limit}, of an {self.kind}"
            expect(self.kind != "adwin", "limit", found, "false_alarms")
            fits = self.kind != "e_detector" or self.limit > 1.0
            expect(fits, "limit", found, "a number > 1")

    @property
    def reference_value(self) -> float:
        """The `k` of its CUSUM."""
        return 0.5 if self.k is None else self.k

    @property
    def sides(self) -> int:
        """How many sums may raise an alarm."""
        return 1 if self.direction == "up" else 2

    @property
    def scores(self) -> Literal["mean", "scale"]:
        """Which scores of a feature it takes."""
        return "scale" if self.kind == "scale" else "mean"

    def span(self, arl0: float) -> float:
        """Values that the statistic takes to its limit, about."""
        if self.kind == "ewma":
            return 2.0 / self.lambda_
        if self.kind == "distribution":
            return float(self.window)
        if self.kind == "adwin":
            return 4.0 * ADWIN_CLOCK
        return math.log(arl0) / (2.0 * self.reference_value**2)


class DriftPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched and how rarely it may cry wolf, before any data are seen.

    Construction checks everything and raises ValueError with field, found, expected.

    Examples
    --------
    >>> plan = DriftPlan(false_alarms="1/year", hop_s=1.0)
    >>> plan.watched(("rms", "kurtosis"))
    ('rms', 'kurtosis')
    >>> [round(arl0 / 1e6) for arl0 in plan.arl0s(2)]  # 2 features, 2 detectors
    [126, 126]
    """

    version: int = 1
    about: str = ""
    """What it is for, in a line; not part of the hash."""
    features: tuple[str, ...] = ("*",)
    """Names or shell patterns of the features that are watched."""
    false_alarms: str | float = "1/year"
    """How often there may be a false alarm: per day, week, month or year, or a mean
    number of windows between two."""
    per: Literal["machine", "feature", "detector"] = "machine"
    """Whose rate that is. The rates of all detectors of a machine (of a feature) add up
    to it, exactly, whether or not their features depend on each other."""
    hop_s: float | None = None
    """Time from one window to the next; needed for a rate per time."""
    detectors: tuple[PlanDetector, ...] = (
        PlanDetector(kind="mean"),
        PlanDetector(kind="scale"),
    )
    hold_off: int = 0
    """Windows after an alarm of a feature in which it raises no other, 0 ... 65535."""
    persistence: Persistence | None = None
    """When a statistic is an alarm, and how severe; without, each one is."""
    baseline: Baseline | None = None
    """Count from a baseline that the device learns; without, from the reference."""
    regimes: Regimes | None = None
    """States of operation with monitors of their own; without, there is one."""
    together: tuple[Together, ...] = ()
    """Features that are watched against each other."""
    classes: ClassMix | None = None
    """Watch the shares of a classifier's classes."""
    bounds: tuple[Bound, ...] = ()
    """Values with limits of their own, which no reference tells."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        if isinstance(self.false_alarms, int):
            msgspec.structs.force_setattr(
                self, "false_alarms", float(self.false_alarms)
            )
        expect(self.version == 1, "version", self.version, "1")
        expect(len(self.features) > 0, "features", "nothing", "one or more")
        others = len(self.together) + len(self.bounds) + (self.classes is not None)
        some = len(self.detectors) + others > 0
        expect(some, "detectors", "nothing", "one or more")
        expect(0 <= self.hold_off <= 65535, "hold_off", self.hold_off, "0 ... 65535")
        if any(one.kind == "adwin" for one in self.detectors) and self.persistence:
            k = self.persistence.k
            expect(k == 1, "persistence.k", k, "1 beside an adwin, which cuts at once")
        fits = self.baseline is None or self.regimes is None
        expect(fits, "baseline", "a table", "none beside regimes")
        if self.hop_s is not None:
            fits = math.isfinite(self.hop_s) and self.hop_s > 0.0
            expect(fits, "hop_s", self.hop_s, "a number > 0")
        rates = [self.false_alarms, *(one.false_alarms for one in self._rated)]
        for rate in rates:
            if rate is None:
                continue
            timed = isinstance(rate, str) and "/" in rate
            fits = not timed or self.hop_s is not None
            expect(fits, "hop_s", "nothing", f"seconds, for false_alarms {rate!r}")
            try:
                parse_rate(rate, seconds_per_window=self.hop_s or 1.0)
            except ValueError as error:
                raise ValueError(f"false_alarms: {error}") from None

    @property
    def hash(self) -> str:
        """SHA-256 of all but `about`."""
        plain = msgspec.structs.replace(self, about="")
        return content_hash(msgspec.json.encode(plain, order="deterministic").decode())

    def watched(self, names: Sequence[str]) -> tuple[str, ...]:
        """Choose from the names of features those that are watched, in their order.

        Parameters
        ----------
        names : sequence of str
            Features of a table.

        Raises
        ------
        ValueError
            If an entry of `features` matches none; names the nearest.
        """
        return matching("features", self.features, names)

    @property
    def _rated(self) -> tuple[PlanDetector | Together | ClassMix, ...]:
        """Everything that has a rate of false alarms."""
        classes = () if self.classes is None else (self.classes,)
        return (*self.detectors, *self.together, *classes)

    def arl0s(self, n_features: int) -> tuple[float, ...]:
        """Mean windows between false alarms of each detector of a feature.

        Parameters
        ----------
        n_features : int
            Features that are watched, >= 1.
        """
        return tuple(self.arl0(one, n_features) for one in self.detectors)

    def arl0(self, one: PlanDetector | Together | ClassMix, n_features: int) -> float:
        """Mean windows between false alarms of one detector.

        Parameters
        ----------
        one : PlanDetector, Together or ClassMix
            Of this plan.
        n_features : int
            Features that are watched, >= 1.

        Returns
        -------
        float
            Its own, or its part of the plan's. Detectors of several regimes never run
            at the same time, so their number does not matter.
        """
        if one.false_alarms is not None:
            return self._windows(one.false_alarms)
        shared = sum(1 for d in self.detectors if d.false_alarms is None)
        others = [d for d in self._rated if not isinstance(d, PlanDetector)]
        alone = sum(1 for d in others if d.false_alarms is None)
        of_feature = shared if isinstance(one, PlanDetector) else 1
        of = {
            "machine": n_features * shared + alone,
            "feature": of_feature,
            "detector": 1,
        }
        return self._windows(self.false_alarms) * of[self.per]

    def _windows(self, rate: str | float) -> float:
        return parse_rate(rate, seconds_per_window=self.hop_s or 1.0)


def load_drift_plan(path: str | Path) -> DriftPlan:
    """Read a plan from a TOML file.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    FormatError
        Naming file, field, found and expected.
    """
    return load_toml(Path(path), DriftPlan)
