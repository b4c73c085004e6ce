"""Limits of a score's CUSUM from a stated rate of false alarms.

The limit starts from the exact run length for Gaussian values, with the errors that a
mean and a standard deviation from a finite reference have. It is then raised by
simulation, for what the reference itself shows of heavy tails and of windows that
resemble their neighbours: the reference, in blocks, through the detector that runs on
the device.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core.drift import Cusum
from ecmkit.drift.records import ScoreWatch
from ecmkit.drift.reference import correlation_time, split_groups
from ecmkit.drift.runlength import cusum_limit_estimated, reference_needed
from ecmkit.errors import DataError

__all__ = ["watch_score"]

Floats = NDArray[np.float64]

_FLOOR = 0.05
"""Part of the median score that is added before the logarithm."""
_STREAMS = 64
"""References in one simulation, each with its own errors of mean and deviation."""
_STREAM_LEN_MAX = 1 << 14
"""Windows that each of them watches at most."""
_LEVEL_MAX = 20_000.0
"""Longest run length that is simulated: some fifty alarms in all streams."""
_ALARMS_WANTED = 250.0
"""Alarms in all streams that suffice where run lengths are shorter."""
_BLOCK_TIMES = 10.0
"""Length of a block in correlation times, where recordings are not told apart."""
_PRECISION = 0.005


def watch_score(
    scores: ArrayLike,
    *,
    name: str,
    arl0: float,
    k: float = 0.5,
    groups: ArrayLike | None = None,
    seed: int,
) -> ScoreWatch:
    """Calibrate the watch over one score.

    Parameters
    ----------
    scores : array_like, shape (n_windows,)
        Scores of known, healthy windows that the model was not trained on, >= 0, any
        unit; in the order of time within each group.
    name : str
        Name of the score.
    arl0 : float
        Mean number of windows between false alarms, 3 ... 1e10; see `parse_rate`.
    k : float
        Half the change to be found soonest, in standard deviations of ln(score).
    groups : array_like of str, shape (n_windows,), optional
        Recording of each window. Whole recordings are drawn in the simulation, so that
        the limit allows for recordings that differ; without groups, short blocks.
    seed : int
        Of the simulation.

    Returns
    -------
    ScoreWatch
        Its `arl0_interval` is measured at run lengths of up to 20 000 windows and
        carried to longer ones in proportion.

    Raises
    ------
    DataError
        If scores are not finite or negative, or the reference is too short for the
        asked rate (the message says how long it must be).
    ValueError
        If `arl0` or `k` is out of range.

    Notes
    -----
    Limits of longer run lengths than 20 000 windows are continued in proportion to
    those of theory. Rare events that the reference does not contain cannot be allowed
    for: averaged over 14 references, at arl0 1000, alarms came at 1.6 times the asked
    rate for a t distribution of 5 degrees (500 windows) and at 1.8 times for an
    autoregressive series of 0.7 (1500 windows).
    """
    x = _checked(scores, name)
    labels = None if groups is None else np.asarray(groups, np.str_)
    floor = _FLOOR * float(np.median(x)) or _FLOOR * float(x.mean())
    if floor <= 0.0:
        raise DataError(f"score `{name}`: all {x.size} reference scores are zero")
    y = np.log(x + floor)
    mean, sd = float(y.mean()), float(y.std(ddof=1))
    if not sd > 1e-6 * max(1.0, abs(mean)):
        raise DataError(
            f"score `{name}`: the reference scores do not vary, so no limit follows"
        )
    source = _ReferenceStreams.of((y - mean) / sd, labels)
    needed = math.ceil(reference_needed(k, arl0) * source.time)
    if x.size < needed:
        raise DataError(
            f"score `{name}`: found {x.size} reference windows, expected at least "
            f"{needed} for one false alarm in {arl0:g} windows (each {source.time:.1f} "
            "windows are worth one independent window)"
        )
    rng = np.random.default_rng(seed)
    level = min(arl0, _LEVEL_MAX)
    h_level = _limit(source, k, level, rng)
    h = h_level * _theory(source, k, arl0) / _theory(source, k, level)
    low, high = _measure(source, k, h_level, _stream_len(level), rng)
    return ScoreWatch(
        score=name,
        floor=floor,
        mean=mean,
        inv_sd=1.0 / sd,
        k=k,
        h=h,
        arl0=arl0,
        arl0_interval=(low * arl0 / level, high * arl0 / level),
        n_reference=int(x.size),
    )


def _checked(scores: ArrayLike, name: str) -> Floats:
    x = np.asarray(scores, np.float64)
    if x.ndim != 1:
        raise ValueError(f"scores has shape {x.shape}, expected (n_windows,)")
    if x.size < 2:
        raise DataError(f"score `{name}`: found {x.size} reference windows, expected 2")
    bad = np.flatnonzero(~np.isfinite(x) | (x < 0.0))
    if bad.size:
        raise DataError(
            f"score `{name}`: window {bad[0]}: found {x[bad[0]]}, expected a finite "
            "number >= 0"
        )
    return x


@dataclass(frozen=True, kw_only=True)
class _ReferenceStreams:
    """Standardised reference values from which streams are drawn."""

    blocks: list[Floats]
    """Stretches of consecutive windows."""
    time: float
    """Windows worth one independent window, within recordings."""
    n: int
    kurtosis: float

    @classmethod
    def of(cls, z: Floats, groups: NDArray[np.str_] | None) -> "_ReferenceStreams":
        parts = split_groups(z, groups)
        centred = np.concatenate([part - part.mean() for part in parts])
        labels = np.repeat(np.arange(len(parts)), [p.size for p in parts]).astype(str)
        time = correlation_time(centred, groups=labels)
        if len(parts) == 1:
            length = min(math.ceil(_BLOCK_TIMES * time), z.size)
            around = np.concatenate([z, z[: length - 1]])
            parts = list(np.lib.stride_tricks.sliding_window_view(around, length))
        kurtosis = float(np.mean(z**4) / np.mean(z**2) ** 2)
        return cls(blocks=parts, time=time, n=z.size, kurtosis=kurtosis)

    def watched(self, length: int, rng: np.random.Generator) -> Floats:
        """Draw a stream as a device with a reference of its own would see it.

        Its mean and deviation err as estimates from so many windows do.
        """
        n = self.n / self.time
        shift = rng.normal() / math.sqrt(n)
        spread = 0.5 * math.sqrt(max(self.kurtosis - 1.0, 0.0) / n)
        scale = math.exp(rng.normal() * spread)
        return (self.stream(length, rng) - shift) * scale

    def stream(self, length: int, rng: np.random.Generator) -> Floats:
        """Blocks drawn at random, one after another."""
        mean = sum(block.size for block in self.blocks) / len(self.blocks)
        drawn: list[Floats] = []
        missing = length
        while missing > 0:
            picks = rng.integers(len(self.blocks), size=math.ceil(missing / mean))
            more = np.concatenate([self.blocks[i] for i in picks])
            drawn.append(more)
            missing -= more.size
        return np.concatenate(drawn)[:length]


def _stream_len(arl0: float) -> int:
    """Windows that each stream must have for enough alarms."""
    return min(_STREAM_LEN_MAX, max(1024, math.ceil(_ALARMS_WANTED * arl0 / _STREAMS)))


def _theory(source: _ReferenceStreams, k: float, arl0: float) -> float:
    """Limit for independent Gaussian values and a reference of this size."""
    return cusum_limit_estimated(k, arl0, source.n / source.time)


def _limit(
    source: _ReferenceStreams, k: float, arl0: float, rng: np.random.Generator
) -> float:
    """Limit at which simulated references alarm once in `arl0` windows, or theory's."""
    length = _stream_len(arl0)
    streams = [source.watched(length, rng) for _ in range(_STREAMS)]
    return _bisect(streams, k, arl0, start=_theory(source, k, arl0))


def _bisect(streams: list[Floats], k: float, arl0: float, *, start: float) -> float:
    """Limit at which the streams alarm once in `arl0` windows on average."""
    allowed = sum(stream.size for stream in streams) / arl0
    low, high = start, start  # never below theory
    while sum(_alarms(stream, k, high) for stream in streams) > allowed:
        low, high = high, 1.5 * high
    while high - low > _PRECISION * high:
        middle = 0.5 * (low + high)
        if sum(_alarms(stream, k, middle) for stream in streams) > allowed:
            low = middle
        else:
            high = middle
    return high


def _measure(
    source: _ReferenceStreams, k: float, h: float, length: int, rng: np.random.Generator
) -> tuple[float, float]:
    """95 % interval of the mean run length over many references."""
    counts = np.array(
        [_alarms(source.watched(length, rng), k, h) for _ in range(_STREAMS)]
    )
    again = rng.integers(_STREAMS, size=(1000, _STREAMS))
    # Between references by bootstrap, within them as Poisson counts (Jeffreys' prior).
    rates = rng.gamma(counts[again].sum(axis=1) + 0.5) / (length * _STREAMS)
    low, high = np.quantile(1.0 / rates, [0.025, 0.975])
    return float(low), float(high)


def _alarms(z: Floats, k: float, h: float) -> int:
    """Alarms of the device's detector over a stream."""
    detector = Cusum(k, h)
    detector.update_many_f32(np.ascontiguousarray(z, np.float32))
    return detector.alarms_n
