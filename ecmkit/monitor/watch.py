"""The drift report: what telemetry says about machine, sensor and model."""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.drift import FeatureDrift, Reference, ScoreWatch, chi2, compare
from ecmkit.errors import DataError
from ecmkit.features import warm_len
from ecmkit.formats.frame import NO_CLASS
from ecmkit.monitor.commands import CommandAnswer, answers_of
from ecmkit.monitor.shadow import ShadowSummary, shadow_of
from ecmkit.monitor.telemetry import Losses, Telemetry

__all__ = ["AlarmSummary", "ClassMix", "DriftReport", "HealthSummary", "watch"]

Verdict = Literal["stable", "drift", "sensor"]

_HEALTH_NAMES = (
    "non-finite",
    "clipped",
    "stuck",
    "missing",
    "out of range",
    "spikes",
    "dead",
    "offset",
    "signature",
    "rate",
)
_FULL = 4095
"""Windows from which the counters of a device may have stopped: those of version 1."""
_AT_REST = 0.05
"""A CUSUM below this part of its limit has just been at zero."""
_NAMED_MAX = 3


class AlarmSummary(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Alarms of one score, as the device raised them."""

    score: str
    reports: int
    """Reports since whose predecessor this score alarmed at least once."""
    separate: int
    """Those that count: no two of them speak of the same samples."""
    first_s: float | None
    """Time of the first such report [s of operation]."""
    since_s: float | None
    """Estimated time of the change: when the sums were last at zero before alarms
    became more frequent than false ones are."""
    expected: float
    """False alarms expected in this time at the calibrated rate."""
    p: float
    """Chance of so many separate false alarms; 1 without any."""
    significant: bool


class ClassMix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Classes that the device reported, first against second half of the time."""

    names: tuple[str, ...]
    first: tuple[int, ...]
    """Reports of each class in the first half."""
    second: tuple[int, ...]
    change: float
    """Total variation distance of the two halves, 0 ... 1."""
    p: float
    """Two-sample chi-square as if reports were independent; information only."""


class HealthSummary(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Sensor health, apart from the machine's."""

    reports: int
    unhealthy: int
    """Reports with any verdict against the sensor."""
    counts: dict[str, int]
    """Reports with each verdict."""
    failed: bool
    """Whether so many are unhealthy that nothing can be said of the machine."""


class DriftReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Outcome of watching one device."""

    version: int = 1
    device_id: int
    contract_id: str
    model_id: str
    reference_hash: str
    verdict: Verdict
    sentence: str
    """The verdict in words."""
    needs_retraining: bool
    reasons: tuple[str, ...]
    """Why, one sentence each; empty if stable."""
    alpha: float
    duration_s: float
    """Time of operation that the reports cover."""
    windows: int
    """Windows in that time, from the contract's hop."""
    features: tuple[FeatureDrift, ...]
    saturated: tuple[str, ...]
    """Features whose counters were full, so that windows are missing from them."""
    alarms: tuple[AlarmSummary, ...]
    class_mix: ClassMix
    health: HealthSummary
    losses: Losses
    shadow: ShadowSummary | None = None
    """Of challengers; None without any. No part of the verdict."""
    commands: tuple[CommandAnswer, ...] = ()
    """What became of commands; no part of the verdict."""


def watch(
    telemetry: Telemetry,
    reference: Reference,
    *,
    watches: Sequence[ScoreWatch],
    classes: Sequence[str] = (),
    compared: Sequence[str] = (),
    alpha: float = 0.01,
    alarm_alpha: float = 0.05,
    sensor_share: float = 0.2,
    effective: Literal["correlated", "independent"] = "correlated",
    seed: int = 0,
) -> DriftReport:
    """Judge what a device reported.

    Parameters
    ----------
    telemetry : Telemetry
        Reports of one device.
    reference : Reference
        Of the same features in the same order.
    watches : sequence of ScoreWatch
        In the order of the alarm bits.
    classes : sequence of str
        Names of the classifier's classes, in order.
    compared : sequence of str
        Names of scores and values that have a challenger, in order.
    alpha : float
        False discovery rate of the features, 0 ... 1.
    alarm_alpha : float
        Alarms of a score count if chance raises so many with a smaller probability.
    sensor_share : float
        Share of unhealthy reports from which the verdict is about the sensor.
    effective : {"correlated", "independent"}
        See `ecmkit.drift.compare`.
    seed : int
        Of the simulated null distributions.

    Returns
    -------
    DriftReport
        ``sensor`` if the sensor cannot be trusted; else ``drift`` if a feature drifted
        or a score alarmed more often than by chance; else ``stable``.

    Raises
    ------
    DataError
        If there is no report.
    ValueError
        If reference and telemetry are of different features.
    """
    if reference.names != telemetry.contract.names:
        raise ValueError(
            f"reference is of {_some(reference.names)}, telemetry of "
            f"{_some(telemetry.contract.names)}"
        )
    if not len(telemetry):
        raise DataError(
            f"telemetry of {telemetry.losses.received} frames: found no status frame, "
            "expected at least one"
        )
    counts = telemetry.merged()
    features = compare(
        counts,
        reference.coarsened(counts.shape[1]),
        alpha=alpha,
        effective=effective,
        seed=seed,
    )
    duration_s = _duration(telemetry)
    windows = int(duration_s / telemetry.seconds_per_window)
    alarms = tuple(
        _alarms(telemetry, i, score, windows=windows, alpha=alarm_alpha)
        for i, score in enumerate(watches)
    )
    health = _health(telemetry, share=sensor_share)
    reasons = _reasons(features, alarms, health)
    verdict: Verdict = "drift" if reasons else "stable"
    verdict = "sensor" if health.failed else verdict
    return DriftReport(
        device_id=telemetry.device_id,
        contract_id=telemetry.contract.id,
        model_id=telemetry.model_id,
        reference_hash=reference.hash,
        verdict=verdict,
        sentence=_sentence(verdict, features, alarms, health),
        needs_retraining=verdict == "drift",
        reasons=reasons,
        alpha=alpha,
        duration_s=duration_s,
        windows=windows,
        features=features,
        saturated=_saturated(telemetry),
        alarms=alarms,
        class_mix=_class_mix(telemetry, classes),
        health=health,
        losses=telemetry.losses,
        shadow=shadow_of(telemetry, names=compared),
        commands=answers_of(telemetry),
    )


def _duration(telemetry: Telemetry) -> float:
    """Seconds of operation; the first report tells of the time before it too."""
    return float(telemetry.time_s[-1])


def _alarms(
    telemetry: Telemetry, bit: int, score: ScoreWatch, *, windows: int, alpha: float
) -> AlarmSummary:
    at = np.flatnonzero(telemetry.alarms & (1 << bit))
    expected = windows / score.arl0
    separate = _separate(telemetry, at)
    p = _poisson_tail(separate, expected)
    first = since = None
    if at.size:
        first = float(telemetry.time_s[at[0]])
        begin = at[_onset(at, len(telemetry), expected / len(telemetry))]
        rest = np.flatnonzero(telemetry.drift[:begin] <= _AT_REST)
        since = float(telemetry.time_s[rest[-1]]) if rest.size else 0.0
    return AlarmSummary(
        score=score.score,
        reports=int(at.size),
        separate=separate,
        first_s=first,
        since_s=since,
        expected=expected,
        p=p,
        significant=p < alpha,
    )


def _separate(telemetry: Telemetry, at: NDArray[np.int64]) -> int:
    """Alarms of which no two can come from the same samples.

    Windows overlap, and an envelope's history outlives them: what is rare in one is in
    its neighbours too, and those may be in the next report.
    """
    contract = telemetry.contract
    hops = warm_len(contract) + math.ceil(contract.window_len / contract.hop_len) - 1
    memory_s = hops * telemetry.seconds_per_window
    count, free_s = 0, -math.inf
    for i in at:
        # The alarm came after the report before this one.
        if (telemetry.time_s[i - 1] if i else 0.0) >= free_s:
            count += 1
            free_s = telemetry.time_s[i] + memory_s
    return count


def _onset(at: NDArray[np.int64], n: int, rate: float) -> int:
    """Which alarm is the first of the change: a false one may have come long before.

    The most likely change from the known rate of false alarms to a higher one, of those
    that begin with an alarm.

    Parameters
    ----------
    at : ndarray of int64, shape (n_alarms,)
        Reports with an alarm, rising, at least one.
    n : int
        Number of reports.
    rate : float
        False alarms expected in a report.
    """
    known = min(max(rate, 1e-12), 0.5)
    before = np.arange(len(at))
    after, length = len(at) - before, n - at
    share = after / length
    quiet = length - after
    likely = (
        before * math.log(known)
        + (at - before) * math.log1p(-known)
        + after * np.log(share)
        + quiet * np.log(np.where(quiet > 0, 1.0 - share, 1.0))
    )
    return int(np.argmax(likely))


def _poisson_tail(count: int, mean: float) -> float:
    """Chance of at least `count` events of a Poisson variable."""
    if count == 0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    logs = [i * math.log(mean) - mean - math.lgamma(i + 1) for i in range(count)]
    return max(0.0, 1.0 - math.fsum(math.exp(value) for value in logs))


def _class_mix(telemetry: Telemetry, classes: Sequence[str]) -> ClassMix:
    ids: NDArray[np.uint8] = telemetry.class_id
    known = np.unique(np.concatenate([ids, np.arange(len(classes), dtype=np.uint8)]))
    half = len(telemetry) // 2
    first = np.array([int(np.sum(ids[:half] == i)) for i in known])
    second = np.array([int(np.sum(ids[half:] == i)) for i in known])
    change, p = 0.0, 1.0
    if half:
        shares = first / first.sum() - second / second.sum()
        change, p = float(0.5 * np.abs(shares).sum()), chi2(first, second)[1]
    return ClassMix(
        names=tuple(_class_name(int(i), classes) for i in known),
        first=tuple(int(n) for n in first),
        second=tuple(int(n) for n in second),
        change=change,
        p=p,
    )


def _class_name(number: int, classes: Sequence[str]) -> str:
    if number < len(classes):
        return classes[number]
    return "none" if number == NO_CLASS else f"class {number}"


def _health(telemetry: Telemetry, *, share: float) -> HealthSummary:
    bits = telemetry.health
    unhealthy = int(np.count_nonzero(bits))
    counts = {
        name: int(np.count_nonzero(bits & (1 << i)))
        for i, name in enumerate(_HEALTH_NAMES)
    }
    return HealthSummary(
        reports=len(telemetry),
        unhealthy=unhealthy,
        counts=counts,
        failed=bool(unhealthy and unhealthy >= share * len(telemetry)),
    )


def _saturated(telemetry: Telemetry) -> tuple[str, ...]:
    full = telemetry.counters.sum(axis=1) >= _FULL
    return tuple(
        telemetry.contract.names[i] for i in np.unique(telemetry.feature[full])
    )


def _reasons(
    features: Sequence[FeatureDrift],
    alarms: Sequence[AlarmSummary],
    health: HealthSummary,
) -> tuple[str, ...]:
    reasons = []
    if health.failed:
        kinds = ", ".join(name for name, count in health.counts.items() if count)
        reasons.append(
            f"The sensor was unhealthy ({kinds}) in {health.unhealthy} of "
            f"{health.reports} reports."
        )
    reasons += [
        f"Score {alarm.score} alarmed in {_reports(alarm.reports)}; "
        f"{alarm.expected:.2g} false alarms are expected in this time."
        for alarm in alarms
        if alarm.significant
    ]
    drifted = _worst(features)
    if drifted:
        reasons.append(
            f"{len(drifted)} of {len(features)} features drifted, most of all "
            f"{_some([feature.name for feature in drifted])}."
        )
    return tuple(reasons)


def _sentence(
    verdict: Verdict,
    features: Sequence[FeatureDrift],
    alarms: Sequence[AlarmSummary],
    health: HealthSummary,
) -> str:
    if verdict == "sensor":
        return (
            "The sensor needs attention: until it is repaired, nothing can be said of "
            "the machine."
        )
    note = (
        f" The sensor was unhealthy in {_reports(health.unhealthy)}, which were left "
        "out by the device."
        if health.unhealthy
        else ""
    )
    if verdict == "stable":
        quiet = "" if any(a.reports for a in alarms) else " and no score alarmed"
        return (
            "The machine behaves as in the reference: no feature drifted"
            f"{quiet or ', and alarms are no more than chance explains'}.{note}"
        )
    drifted = _worst(features)
    parts = []
    if drifted:
        parts.append(f"{len(drifted)} of {len(features)} features drifted")
    loud = [alarm for alarm in alarms if alarm.significant]
    if loud:
        many = "s" if len(loud) > 1 else ""
        parts.append(f"score{many} {_some([alarm.score for alarm in loud])} alarmed")
    starts = [alarm.since_s for alarm in loud if alarm.since_s is not None]
    when = f", since about {min(starts):.0f} s of operation" if starts else ""
    return (
        f"The machine no longer behaves as in the reference: {' and '.join(parts)}"
        f"{when}. A new model should be trained.{note}"
    )


def _worst(features: Sequence[FeatureDrift]) -> list[FeatureDrift]:
    """Features that drifted, the largest change first."""
    return sorted((f for f in features if f.drifted), key=lambda f: -f.psi)


def _reports(count: int) -> str:
    return f"{count} report" + ("" if count == 1 else "s")


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_MAX
    return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
