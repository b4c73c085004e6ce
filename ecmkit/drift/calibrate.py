"""From reference features and a rate of false alarms to detectors that keep it."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from ecmkit.drift.calibration import (
    Calibration,
    ClassMonitor,
    Monitor,
    TogetherMonitor,
)
from ecmkit.drift.design import monitors_of_feature
from ecmkit.drift.groups import class_monitor, together_monitor
from ecmkit.drift.patterns import matching
from ecmkit.drift.plan import DriftPlan
from ecmkit.drift.plan_parts import ON_DEVICE
from ecmkit.drift.regimes import RegimeModel, fit_regimes
from ecmkit.errors import saying
from ecmkit.features.table import FeatureTable
from ecmkit.formats import nearest

__all__ = ["calibrate"]

_T = TypeVar("_T")


def calibrate(
    reference: FeatureTable | ArrayLike,
    plan: DriftPlan,
    *,
    names: Sequence[str] | None = None,
    units: Sequence[str] | None = None,
    seed: int,
    verify: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Choose scores and limits so that false alarms come at the wanted rate.

    Parameters
    ----------
    reference : FeatureTable, or array_like of shape (n_windows, n_features)
        Features of known, healthy windows, in the order of time within each recording;
        any unit. At least 64 windows; more for rare alarms, the refusal says how many.
    plan : DriftPlan
        Features, detectors and the wanted rate.
    names, units : sequence of str, optional
        Of the columns of an array; by default ``x0``, ``x1``, ... and none.
    seed : int
        Of the simulations.
    verify : bool
        Whether to try the limits out; without, the rate is that of the theory alone.
    progress : callable, optional
        Given the number of features done and of all.

    Returns
    -------
    Calibration
        With the rate achieved in simulation, its 95 % interval, and the delays of
        shifts by 0.5, 1 and 2 and scales of 1.5 and 2 standard deviations.

    Raises
    ------
    DataError
        If a feature does not vary, is not finite, or the reference is too short for the
        wanted rate; the message says how long it must be.
    ValueError
        If shapes do not match, or the plan names features that there are not, or a
        bound a value that there is not.

    Notes
    -----
    Per feature: the mean is taken away; an autoregression of up to four values (Burg's
    method, Schwarz' criterion) is taken away; what is left becomes a normal score by
    its rank among up to 64 reference quantiles, ties by their middle rank. The limit is
    that of the exact run length of these scores, raised for the errors of a finite
    reference as `ecmkit.drift.limits` describes, and once more if what whitening left
    still depends on its past or recordings differ.

    Verification runs the device's C: (1) 64 references are simulated from the
    autoregression and what it left, each is fitted and watches new windows; (2) the
    scores of the reference are drawn in blocks. Limits for longer run lengths than can
    be tried, 20,000 windows and a tenth of the reference, are verified at these, by
    the limit that the same method gives for them.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(20.0, 0.1, (1000, 1))
    >>> plan = DriftPlan(false_alarms=1000, per="detector")
    >>> found = calibrate(x, plan, names=["temperature"], seed=0)
    >>> [round(monitor.limit, 1) for monitor in found.monitors]
    [5.8, 5.6]
    """
    table = _as_table(reference, names, units)
    watched = _watched(plan, table)
    _check_bounds(plan, table)
    model = None
    if plan.regimes is not None:
        model = fit_regimes(plan.regimes, table, seed=seed)
    made = _Calibrator(plan, watched, seed=seed, verify=verify, progress=progress)
    for regime, part in _parts(table, model):
        with nullcontext() if model is None else saying(_where(model, regime)):
            made.regime(part, regime, of=1 if model is None else len(model.windows))
    used = [*watched, *(plan.regimes.by if plan.regimes is not None else ())]
    used += [plan.classes.column] if plan.classes is not None else []
    return Calibration(
        plan=plan,
        reference=table.columns(tuple(dict.fromkeys(used))).hash,
        n=int(table.x.shape[0]),
        monitors=_settled(tuple(made.monitors), tuple[Monitor, ...]),
        together=_settled(tuple(made.together), tuple[TogetherMonitor, ...]),
        classes=_settled(tuple(made.classes), tuple[ClassMonitor, ...]),
        regimes=_settled(model, RegimeModel | None),
    )


def _settled(found: _T, kind: Any) -> _T:
    """Round to nine digits: more than the device has, less than threads change.

    Linear algebra in another number of threads sums in another order; the same plan
    and reference still have to give the same package.
    """

    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.9g}")
        if isinstance(value, dict):
            return {key: rounded(inside) for key, inside in value.items()}
        if isinstance(value, list | tuple):
            return [rounded(inside) for inside in value]
        return value

    made: _T = msgspec.convert(rounded(msgspec.to_builtins(found)), kind)
    return made


class _Calibrator:
    """Monitors, regime after regime."""

    def __init__(
        self, plan: DriftPlan, watched: tuple[str, ...], *, seed: int, verify: bool,
        progress: Callable[[int, int], None] | None,
    ) -> None:  # fmt: skip
        self.plan, self.watched, self.seed, self.verify = plan, watched, seed, verify
        self.progress = progress
        self.baselines = _baselines(plan, watched)
        self.done = 0
        self.monitors: list[Monitor] = []
        self.together: list[TogetherMonitor] = []
        self.classes: list[ClassMonitor] = []

    def regime(self, table: FeatureTable, regime: int | None, *, of: int) -> None:
        """Settle all monitors of a regime from its windows."""
        plan, n = self.plan, len(self.watched)
        detectors = list(zip(plan.detectors, plan.arl0s(n), strict=True))
        for name in self.watched if detectors else ():
            self._tell(n * of)
            self.monitors += monitors_of_feature(
                table, name, detectors, regime=regime, seed=self.seed,
                verify=self.verify, baseline=self.baselines.get(name),
            )  # fmt: skip
            self.done += 1
        for together in plan.together:
            self.together.append(
                together_monitor(
                    table, self.watched, together, plan.arl0(together, n),
                    regime=regime, seed=self.seed, verify=self.verify,
                    baselines=self.baselines,
                )
            )  # fmt: skip
        if plan.classes is not None:
            self.classes.append(
                class_monitor(
                    table, plan.classes, plan.arl0(plan.classes, n), regime=regime,
                    seed=self.seed, verify=self.verify,
                )
            )  # fmt: skip
        self._tell(n * of)

    def _tell(self, total: int) -> None:
        if self.progress is not None:
            self.progress(self.done, total)


def _watched(plan: DriftPlan, table: FeatureTable) -> tuple[str, ...]:
    """Features that are watched; none without detectors over features."""
    if not plan.detectors and not plan.together:
        return ()
    aside = set(plan.regimes.by) if plan.regimes is not None else set()
    aside |= {plan.classes.column} if plan.classes is not None else set()
    named = {name for name in plan.features if name in aside}
    return tuple(n for n in plan.watched(table.names) if n not in aside - named)


def _baselines(plan: DriftPlan, watched: tuple[str, ...]) -> dict[str, int]:
    """Windows that devices learn a baseline of, for each feature that they learn."""
    own = plan.baseline
    if own is None:
        return {}
    names = matching("baseline.features", own.features, watched)
    return dict.fromkeys(names, own.windows)


def _check_bounds(plan: DriftPlan, table: FeatureTable) -> None:
    """Refuse a bound on what neither the table has nor a device knows."""
    known = (*table.names, *ON_DEVICE)
    for i, bound in enumerate(plan.bounds):
        if bound.value not in known:
            raise ValueError(
                f"bounds[{i}].value: found {bound.value!r}, expected one of "
                f"{', '.join(known)}{nearest(bound.value, known)}"
            )


def _where(model: RegimeModel, regime: int | None) -> str:
    return f"regime {regime} ({model.name(regime or 0)})"


def _parts(
    table: FeatureTable, model: RegimeModel | None
) -> list[tuple[int | None, FeatureTable]]:
    """Windows of each regime; each stretch in one counts as a recording."""
    if model is None:
        return [(None, table)]
    found = model.assign(table)
    starts = np.ones(found.size, bool)
    other = table.recording[1:] != table.recording[:-1]
    starts[1:] = other | (found[1:] != found[:-1])
    stretch = np.cumsum(starts).astype(str)
    names = np.char.add(np.char.add(table.recording.astype(str), " "), stretch)
    apart = replace(table, recording=names)
    return [(i, apart.rows(found == i)) for i in range(len(model.windows))]


def _as_table(
    reference: FeatureTable | ArrayLike,
    names: Sequence[str] | None,
    units: Sequence[str] | None,
) -> FeatureTable:
    if isinstance(reference, FeatureTable):
        if names is not None or units is not None:
            raise ValueError("names and units: a feature table has its own")
        return reference
    x = np.ascontiguousarray(reference, np.float32)
    if x.ndim != 2:
        raise ValueError(f"reference has shape {x.shape}, expected two dimensions")
    columns = x.shape[1]
    made = tuple(names) if names is not None else tuple(f"x{i}" for i in range(columns))
    none = np.full(x.shape[0], "")
    return FeatureTable(
        x=x,
        names=made,
        units=tuple(units) if units is not None else ("",) * columns,
        recording=none,
        start=np.arange(x.shape[0], dtype=np.int64),
        label=none,
        group=none,
        contract_id="",
    )
