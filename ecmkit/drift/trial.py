"""What a calibration promises, tried out in simulation and on the reference."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import drift
from ecmkit.drift import whitening
from ecmkit.drift.baseline import LONGEST, learn
from ecmkit.drift.detectors import Cusum, Ewma, PageHinkley
from ecmkit.drift.plan import ADWIN_CLOCK, PlanDetector
from ecmkit.drift.scores import FeatureScore, Kind, fit_score
from ecmkit.drift.windows import Adwin, EDetector

__all__ = [
    "LEVEL_MAX",
    "count_alarms",
    "interval",
    "model_streams",
    "new_detector",
    "resampled",
    "stream_len",
]

Floats = NDArray[np.float64]

STREAMS = 64
"""References in the simulation, each fitted and watched for itself."""
ALARMS = 200.0
"""Alarms that a simulation is to have, about."""
LEVEL_MAX = 20_000.0
"""Longest run length that is simulated; longer ones are verified at this one."""


def stream_len(level: float) -> int:
    """Windows of each stream."""
    return max(1000, math.ceil(ALARMS * level / STREAMS))


def model_streams(
    score: FeatureScore,
    left: Floats,
    length: int,
    kinds: Sequence[Kind],
    rng: np.random.Generator,
) -> dict[Kind, list[NDArray[np.float32]]]:
    """Simulate references like the one given, and how each scores new windows.

    Parameters
    ----------
    score : FeatureScore
        The model: its autoregression, driven by `left` drawn anew.
    left : ndarray, shape (n,)
        What the autoregression leaves of the reference.
    length : int
        Windows of each stream.
    kinds : sequence of {"mean", "scale"}
        Scores that are wanted.
    rng : Generator
        Of the simulation.

    Returns
    -------
    dict of lists of ndarray of float32, each of shape (length,)
        Scores by models that were fitted to `score.n` simulated windows each; where
        devices learn a baseline, by that of as many windows behind these, of at most
        `LONGEST` times `score.n`.
    """
    phi = np.array(score.phi)
    ordered, start = np.sort(left), whitening.settling(phi)
    smooth = len(np.unique(ordered)) > 0.5 * ordered.size
    streams: dict[Kind, list[NDArray[np.float32]]] = {kind: [] for kind in kinds}
    own = 0 if score.baseline is None else score.baseline.windows
    own = min(own, LONGEST * score.n)
    known = score.n + own
    for begin in range(0, STREAMS, 16):  # some megabytes at a time
        shape = (min(16, STREAMS - begin), start + known + length)
        place = rng.random(shape) * (ordered.size - 1.0)
        if not smooth:
            place = np.floor(place * ordered.size / (ordered.size - 1.0))
        low = np.minimum(place.astype(np.int64), ordered.size - 2)
        noise = ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
        x = score.center + whitening.series(phi, noise)[:, start:]
        for row in x.astype(np.float32):
            fitted = fit_score(row[: score.n], feature="x", order=len(phi))
            learnt = learn(row[score.n : known]) if own else None
            for kind in kinds:
                scorer = fitted.new(kind, learnt=learnt)
                z = scorer.update_many_f32(row[known:].copy())
                streams[kind].append(z)
    return streams


def resampled(
    parts: Sequence[Floats], span: int, length: int, rng: np.random.Generator
) -> list[NDArray[np.float32]]:
    """Streams of blocks of consecutive scores of the reference.

    Parameters
    ----------
    parts : sequence of ndarray
        Scores of each recording.
    span : int
        Values that a detector takes to its limit; blocks are five times as long.
    length : int
        Windows of each stream.
    rng : Generator
        Of the drawing.

    Returns
    -------
    list of ndarray of float32, each of shape (length,)
    """
    block = 5 * span
    pool = [part for part in parts if part.size > 1]
    whole = np.concatenate(pool)
    ends = np.cumsum([part.size for part in pool])
    lasts = np.repeat(ends, [part.size for part in pool])
    streams = []
    for _ in range(STREAMS):
        starts = rng.integers(whole.size, size=math.ceil(4 * length / block) + 4)
        pieces, have = [], 0
        for start in starts:
            piece = whole[start : min(start + block, lasts[start])]
            pieces.append(piece)
            have += piece.size
            if have >= length:
                break
        while have < length:  # short recordings
            start = int(rng.integers(whole.size))
            piece = whole[start : min(start + block, lasts[start])]
            pieces.append(piece)
            have += piece.size
        streams.append(np.concatenate(pieces)[:length].astype(np.float32))
    return streams


def count_alarms(
    streams: Sequence[NDArray[np.float32]],
    detector: PlanDetector,
    h: float,
    discounts: tuple[float, ...] = (),
) -> NDArray[np.int64]:
    """Alarms of a detector over each stream of scores."""
    made = [new_detector(detector, h, discounts) for _ in streams]
    raised = [d.run_f32(z)["what"] for d, z in zip(made, streams, strict=True)]
    if detector.direction == "up":
        raised = [what[what == drift.UP] for what in raised]
    return np.array([what.size for what in raised], np.int64)


def new_detector(
    detector: PlanDetector, h: float, discounts: tuple[float, ...] = ()
) -> Cusum | Ewma | PageHinkley | EDetector | Adwin:
    """Return a device's detector, over scores of its kind, that has seen nothing."""
    if detector.kind == "page_hinkley":
        return PageHinkley(0, detector.reference_value, h, 1.0, detector.direction)
    if detector.kind == "e_detector":
        return EDetector(h, discounts=discounts)
    if detector.kind == "adwin":
        return Adwin(h, ADWIN_CLOCK)
    if detector.kind == "ewma":
        return Ewma(detector.lambda_, h)
    return Cusum(k=detector.reference_value, h=h)


def interval(
    counts: NDArray[np.int64], length: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Mean run length over streams, and its 95 % interval.

    Between streams by bootstrap, within them as Poisson counts (Jeffreys' prior).

    Parameters
    ----------
    counts : ndarray of int, shape (n_streams,)
        Alarms of each.
    length : int
        Windows of each.
    rng : Generator
        Of the bootstrap.
    """
    total = length * counts.size
    again = rng.integers(counts.size, size=(1000, counts.size))
    rates = rng.gamma(counts[again].sum(axis=1) + 0.5) / total
    low, high = np.quantile(1.0 / rates, [0.025, 0.975])
    return total / max(float(counts.sum()), 0.5), float(low), float(high)
