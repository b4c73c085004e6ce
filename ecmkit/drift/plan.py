"""The drift plan: which features are watched, by what, and at which rate of alarms."""

import difflib
import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import msgspec

from ecmkit.drift.rates import parse_rate
from ecmkit.formats import content_hash, load_toml

__all__ = ["K_MIN", "DriftPlan", "PlanDetector", "load_drift_plan"]

Kind = Literal["mean", "scale", "ewma"]
K_MIN = 1.0 / 32.0


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")


class PlanDetector(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """One detector, of which each watched feature has its own.

    Construction checks everything and raises ValueError with field, found, expected.
    """

    kind: Kind
    """``mean`` is a two-sided CUSUM, ``scale`` one of the scale scores (Hawkins), and
    ``ewma`` a moving average."""
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
    machine that runs in makes them fall. An ``ewma`` has both."""
    limit: float | None = None
    """Limit of the statistic itself, > 0, instead of one from a rate."""
    false_alarms: str | float | None = None
    """Rate of each of these detectors, instead of its part in the plan's: such as
    ``"1/year"``, or a number of windows."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        _expect(0.1 <= self.shift <= 6.0, "shift", self.shift, "0.1 ... 6")
        fits = self.k is None or K_MIN <= self.k <= 3.0
        _expect(fits, "k", self.k, "1/32 ... 3")
        fits = self.kind != "ewma" or self.direction == "both"
        _expect(fits, "direction", repr(self.direction), "both, for an ewma")
        _expect(0.01 <= self.lambda_ <= 1.0, "lambda", self.lambda_, "0.01 ... 1")
        if self.limit is not None:
            fits = math.isfinite(self.limit) and self.limit > 0.0
            _expect(fits, "limit", self.limit, "a number > 0")
            _expect(
                self.false_alarms is None, "limit", self.limit, "it or false_alarms"
            )
        if self.false_alarms is not None:
            parse_rate(self.false_alarms, seconds_per_window=1e-6)

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

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        if isinstance(self.false_alarms, int):
            msgspec.structs.force_setattr(
                self, "false_alarms", float(self.false_alarms)
            )
        _expect(self.version == 1, "version", self.version, "1")
        _expect(len(self.features) > 0, "features", "nothing", "one or more")
        _expect(len(self.detectors) > 0, "detectors", "nothing", "one or more")
        _expect(0 <= self.hold_off <= 65535, "hold_off", self.hold_off, "0 ... 65535")
        if self.hop_s is not None:
            fits = math.isfinite(self.hop_s) and self.hop_s > 0.0
            _expect(fits, "hop_s", self.hop_s, "a number > 0")
        rates = [self.false_alarms, *(d.false_alarms for d in self.detectors)]
        for rate in rates:
            if rate is None:
                continue
            timed = isinstance(rate, str) and "/" in rate
            fits = not timed or self.hop_s is not None
            _expect(fits, "hop_s", "nothing", f"seconds, for false_alarms {rate!r}")
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
        for pattern in self.features:
            if not any(fnmatchcase(name, pattern) for name in names):
                near = difflib.get_close_matches(pattern, list(names), n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(
                    f"features: found {pattern!r}, expected names or patterns of "
                    f"{', '.join(names)}{hint}"
                )
        return tuple(
            name
            for name in names
            if any(fnmatchcase(name, pattern) for pattern in self.features)
        )

    def arl0s(self, n_features: int) -> tuple[float, ...]:
        """Mean windows between false alarms of each detector of a feature.

        Parameters
        ----------
        n_features : int
            Features that are watched, >= 1.
        """
        own = [self._windows(d.false_alarms) for d in self.detectors]
        shared = sum(1 for arl0 in own if arl0 is None)
        of = {"machine": n_features * shared, "feature": shared, "detector": 1}
        part = self._windows(self.false_alarms)
        assert part is not None
        return tuple(part * of[self.per] if arl0 is None else arl0 for arl0 in own)

    def _windows(self, rate: str | float | None) -> float | None:
        if rate is None:
            return None
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
