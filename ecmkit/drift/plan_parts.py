"""Parts of a drift plan beside its detectors: persistence, regimes, and the others."""

import math
from itertools import pairwise
from typing import Literal

import msgspec

from ecmkit._core.commission import WINDOWS_MAX, WINDOWS_MIN
from ecmkit.drift.rates import parse_rate

__all__ = [
    "ON_DEVICE",
    "Baseline",
    "Bound",
    "ClassMix",
    "Distance",
    "Persistence",
    "Regimes",
    "Together",
    "check_limit",
    "expect",
]

ON_DEVICE = ("latency_ms", "dropped", "stack_bytes")
"""Values that no recording tells, for bounds."""
Distance = Literal["ks", "chi2", "wasserstein", "jensen_shannon", "psi"]


def expect(met: bool, field: str, found: object, expected: str) -> None:
    """Raise ValueError with field, found and expected, unless `met`."""
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")


def check_limit(limit: float | None, false_alarms: str | float | None) -> None:
    """Refuse a limit that is not above 0, or comes with a rate, and a bad rate."""
    if limit is not None:
        fits = math.isfinite(limit) and limit > 0.0
        expect(fits, "limit", limit, "a number > 0")
        expect(false_alarms is None, "limit", limit, "it or false_alarms")
    if false_alarms is not None:
        parse_rate(false_alarms, seconds_per_window=1e-6)


class Persistence(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """When a statistic beyond its limit is an alarm, and how severe: ``ecm_persist``.

    Levels begin at the limit, so that false alarms are never more frequent than the
    rate that was asked for; `k` of `n` makes them rarer still, and alarms later.
    """

    k: int = 1
    """Of the last `n` values must agree, 1 ... n."""
    n: int = 1
    """At most 32."""
    levels: tuple[float, ...] = (1.0,)
    """Levels of severity, in limits: rising, the first >= 1, at most 4."""
    hysteresis: float = 0.0
    """A level is left this far below it, in limits; below 1."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        expect(1 <= self.n <= 32, "n", self.n, "1 ... 32")
        expect(1 <= self.k <= self.n, "k", self.k, f"1 ... n = {self.n}")
        expect(1 <= len(self.levels) <= 4, "levels", list(self.levels), "1 ... 4")
        rise = pairwise(self.levels)
        fits = self.levels[0] >= 1.0 and all(a < b for a, b in rise)
        fits = fits and math.isfinite(self.levels[-1])
        expect(fits, "levels", list(self.levels), "rising numbers from 1")
        fits = 0.0 <= self.hysteresis < 1.0
        expect(fits, "hysteresis", self.hysteresis, "0 up to below 1")

    @property
    def top(self) -> float:
        """Limits above which a detector starts again.

        Twice the highest level: so a statistic can stay above it for `k` windows, and
        comes down soon after a change that went away.
        """
        return 2.0 * self.levels[-1]


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Monitors that count from the mean and spread that a device learns.

    Machines of a kind differ: by their level, their mounting, the gain of a sensor. A
    device that gathers windows of its own machine first (``ecm_node_learn``) scores by
    their mean and standard deviation; shape and memory stay the reference's. Limits
    allow for what so few windows leave open.
    """

    windows: int
    """That are gathered, 32 ... 4194304: fewer are refused in a device's settings."""
    features: tuple[str, ...] = ("*",)
    """Names or shell patterns of watched features that are learnt; others, and outputs
    of models, count from the reference."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        fits = WINDOWS_MIN <= self.windows <= WINDOWS_MAX
        expect(fits, "windows", self.windows, f"{WINDOWS_MIN} ... {WINDOWS_MAX}")
        expect(len(self.features) > 0, "features", "nothing", "one or more")


class Regimes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """States of operation, of which each has its own monitors: ``ecm_regime``."""

    by: tuple[str, ...]
    """Values that say which: features of the table, such as a speed or a load; one or
    two with `edges`, at most 16 with `clusters`."""
    edges: tuple[tuple[float, ...], ...] = ()
    """Between bins of each value in `by`, rising."""
    clusters: int = 0
    """Instead of edges: number of k-means clusters of the standardised values, 2 ...
    32."""
    dwell: int = 3
    """Windows in a row that make a regime; before, monitors rest; 1 ... 65535."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        expect(1 <= len(self.by) <= 16, "by", len(self.by), "1 ... 16 names")
        fits = len(set(self.by)) == len(self.by)
        expect(fits, "by", list(self.by), "different names")
        expect(1 <= self.dwell <= 65535, "dwell", self.dwell, "1 ... 65535")
        both = bool(self.edges) and self.clusters != 0
        expect(not both, "clusters", self.clusters, "them or edges")
        if not self.edges:
            expect(2 <= self.clusters <= 32, "clusters", self.clusters, "2 ... 32")
            return
        expect(len(self.by) <= 2, "by", list(self.by), "one or two with edges")
        fits = len(self.edges) == len(self.by)
        expect(fits, "edges", f"{len(self.edges)} lists", f"{len(self.by)}, as `by`")
        for row in self.edges:
            rise = pairwise(row)
            fits = len(row) >= 1 and all(math.isfinite(edge) for edge in row)
            fits = fits and all(a < b for a, b in rise)
            expect(fits, "edges", list(row), "rising numbers")


class Together(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several features against their correlation: Hotelling's T2 of their scores."""

    features: tuple[str, ...]
    """Names or shell patterns of watched features, 2 ... 16 in all."""
    lambda_: float = msgspec.field(name="lambda", default=0.1)
    """Of the newest window, 0.01 ... 1; 1 looks at each alone."""
    limit: float | None = None
    """Of the statistic, > 0, instead of one from a rate."""
    false_alarms: str | float | None = None
    """Its rate, instead of its part in the plan's."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        expect(len(self.features) > 0, "features", "nothing", "two or more")
        expect(0.01 <= self.lambda_ <= 1.0, "lambda", self.lambda_, "0.01 ... 1")
        check_limit(self.limit, self.false_alarms)


class ClassMix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares of the classes that a classifier finds."""

    column: str = "class_id"
    """Of the table: the class of each window as a whole number from 0."""
    window: int = 256
    """Windows that are counted, then compared with the reference; 16 ... 65535."""
    distance: Distance = "jensen_shannon"
    limit: float | None = None
    """Of the distance, > 0, instead of one from a rate."""
    false_alarms: str | float | None = None
    """Its rate, instead of its part in the plan's."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        expect(16 <= self.window <= 65535, "window", self.window, "16 ... 65535")
        check_limit(self.limit, self.false_alarms)


class Bound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that must stay below a limit: a latency, a stack, a temperature."""

    value: str
    """Its name: a feature, an output of a model, or ``latency_ms``, ``dropped``,
    ``stack_bytes``."""
    limit: float
    """In the unit of the value, > 0."""

    def __post_init__(self) -> None:
        """Check the fields one by one."""
        expect(bool(self.value), "value", "nothing", "a name")
        fits = math.isfinite(self.limit) and self.limit > 0.0
        expect(fits, "limit", self.limit, "a number > 0")
