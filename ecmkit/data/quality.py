"""Quality of recordings: a verdict with reasons, before anything learns from them.

The limits mean what those of the device's sensor health mean (``ecm_health.h``): a
sample is clipped at or beyond the range, stuck if the same value repeats.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data.recording import ChannelInfo, Dataset, Recording
from ecmkit.errors import DataError
from ecmkit.formats import content_hash

__all__ = ["Expectations", "QualityReport", "RecordingQuality", "check", "clean"]

# Recordings that one message names.
_NAMED_MAX = 5


class Expectations(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a usable recording is."""

    fs_hz: float = 0.0
    """Sampling rate; 0: any."""
    unit: str = ""
    """Unit; empty: any."""
    min_len: int = 1
    """Samples of the shortest useful recording, such as a window."""
    range: float = 0.0
    """Full scale in the unit, for recordings that do not know theirs; 0: unknown."""
    sensors: dict[str, ChannelInfo] = {}
    """Unit and full scale of channels that have others, by name."""
    clipped_share: float = 1e-3
    """Largest share of samples at or beyond the range."""
    stuck_len: int = 64
    """Shortest run of equal samples that is suspect, 2 or more."""
    dc_share: float = 0.0
    """Largest |mean| over the standard deviation; 0: any (an accelerometer that sees
    gravity has an offset by nature)."""
    speed: bool = False
    """Whether a shaft speed is needed."""
    label: bool = False
    """Whether a label is needed."""

    def sensor(self, channel: str) -> ChannelInfo:
        """Return what is expected of a channel."""
        every = ChannelInfo(unit=self.unit, range=self.range)
        return self.sensors.get(channel, every)


class RecordingQuality(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Figures of one recording, of the worst channel each, and the verdict."""

    id: str
    n_samples: int
    nonfinite: int
    """Samples that are NaN or infinite."""
    clipped_share: float
    """Share of finite samples at or beyond the range; 0 if the range is unknown."""
    stuck_run: int
    """Longest run of equal samples."""
    mean: float
    """Offset, in the unit, of the finite samples."""
    rms: float
    """Root mean square about the mean, in the unit."""
    verdict: Literal["keep", "drop"]
    reasons: tuple[str, ...]
    """Why it is dropped: field, found, expected."""


class QualityReport(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Verdicts on all recordings of a dataset, in its order."""

    version: int = 1
    data_hash: str
    """Hash of the dataset that was checked."""
    expect: Expectations
    recordings: tuple[RecordingQuality, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """Ids of the recordings to keep."""
        return tuple(r.id for r in self.recordings if r.verdict == "keep")

    @property
    def dropped(self) -> tuple[RecordingQuality, ...]:
        """Those to drop."""
        return tuple(r for r in self.recordings if r.verdict == "drop")


def check(dataset: Dataset, *, expect: Expectations | None = None) -> QualityReport:
    """Judge every recording.

    Parameters
    ----------
    dataset : Dataset
        Any recordings.
    expect : Expectations, optional
        Limits.

    Returns
    -------
    QualityReport
        A recording is dropped for any of: samples not finite, too many clipped, stuck,
        an offset beyond the limit, too short, another rate or unit, no speed or label
        where needed, the same samples as an earlier recording.
    """
    expect = expect or Expectations()
    if expect.stuck_len < 2:
        raise ValueError(f"stuck_len: found {expect.stuck_len}, expected 2 or more")
    first: dict[str, str] = {}
    judged = []
    for recording in dataset:
        twin = first.setdefault(content_hash(recording.x), recording.info.id)
        same = "" if twin == recording.info.id else twin
        judged.append(_judge(recording, expect, same))
    return QualityReport(
        data_hash=dataset.hash, expect=expect, recordings=tuple(judged)
    )


def clean(dataset: Dataset, report: QualityReport) -> Dataset:
    """Keep the recordings that a report keeps; it holds the reasons for the others.

    Raises
    ------
    ValueError
        If the report is about another dataset.
    DataError
        If nothing is left; the message has the reasons.
    """
    if report.data_hash != dataset.hash:
        raise ValueError(
            f"report: found one about dataset {report.data_hash[:12]}, expected "
            f"{dataset.hash[:12]}"
        )
    if not report.kept:
        worst = report.dropped[:_NAMED_MAX]
        why = "; ".join(f"{r.id}: {', '.join(r.reasons)}" for r in worst)
        more = len(report.dropped) - len(worst)
        why += f"; and {more} more" if more else ""
        raise DataError(
            f"found no recording of good quality among {len(dataset)}, expected one or "
            f"more: {why or 'the dataset is empty'}"
        )
    return dataset.select(report.kept)


def _other_units(
    recording: Recording, expect: Expectations
) -> Iterator[tuple[bool, str]]:
    """Whether each channel has another unit than is expected, and how to say so."""
    for channel in recording.channels:
        found = recording.info.sensor(channel).unit
        expected = expect.sensor(channel).unit
        where = f"{channel}: " if len(recording.channels) > 1 else ""
        yield (
            expected not in ("", found),
            f"{where}unit: found {found!r}, expected {expected!r}",
        )


def _judge(recording: Recording, expect: Expectations, twin: str) -> RecordingQuality:
    info, x = recording.info, recording.x
    nonfinite = int(np.count_nonzero(~np.isfinite(x)))
    clipped = max(
        (
            _clipped(c, info.sensor(name).range or expect.sensor(name).range)
            for name, c in zip(recording.channels, x, strict=True)
        ),
        default=0.0,
    )
    stuck = max((longest_run(c) for c in x), default=0)
    means, deviations = zip(*(_moments(c) for c in x), strict=True)
    worst = int(np.argmax(np.abs(means)))
    reasons = _reasons(
        (nonfinite > 0, f"nonfinite: found {nonfinite} samples, expected none"),
        (
            clipped > expect.clipped_share,
            f"clipped_share: found {clipped:.2g}, expected at most "
            f"{expect.clipped_share:g}",
        ),
        (
            stuck >= expect.stuck_len,
            f"stuck_run: found {stuck} equal samples in a row, expected below "
            f"{expect.stuck_len}",
        ),
        (
            0 < expect.dc_share < _largest_ratio(means, deviations),
            f"mean: found {means[worst]:.3g} "
            f"{info.sensor(recording.channels[worst]).unit}, expected at most "
            f"{expect.dc_share:g} of the standard deviation",
        ),
        (
            x.shape[1] < expect.min_len,
            f"n_samples: found {x.shape[1]}, expected {expect.min_len} or more",
        ),
        (
            expect.fs_hz not in (0.0, info.fs_hz),
            f"fs_hz: found {info.fs_hz:g}, expected {expect.fs_hz:g}",
        ),
        *_other_units(recording, expect),
        (expect.speed and info.speed_hz <= 0, "speed_hz: found none, expected one"),
        (expect.label and not info.label, "label: found none, expected one"),
        (bool(twin), f"samples: found those of {twin}, expected others"),
    )
    return RecordingQuality(
        id=info.id,
        n_samples=x.shape[1],
        nonfinite=nonfinite,
        clipped_share=clipped,
        stuck_run=stuck,
        mean=means[worst],
        rms=max(deviations),
        verdict="drop" if reasons else "keep",
        reasons=reasons,
    )


def _reasons(*cases: tuple[bool, str]) -> tuple[str, ...]:
    return tuple(text for met, text in cases if met)


def _largest_ratio(means: Iterable[float], deviations: Iterable[float]) -> float:
    pairs = zip(means, deviations, strict=True)
    return max(abs(m) / d if d else (np.inf if m else 0.0) for m, d in pairs)


def _clipped(x: NDArray[np.float32], full_scale: float) -> float:
    """Share of the finite samples at or beyond the range."""
    finite = x[np.isfinite(x)]
    if full_scale <= 0 or not finite.size:
        return 0.0
    return float(np.mean(np.abs(finite) >= np.float32(full_scale)))


def _moments(x: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of the finite samples; 0 if there are none."""
    finite = x[np.isfinite(x)].astype(np.float64)
    return (float(finite.mean()), float(finite.std())) if finite.size else (0.0, 0.0)


def longest_run(x: NDArray[np.float32]) -> int:
    """Length of the longest run of equal samples; 0 if there are none.

    Examples
    --------
    >>> longest_run(np.array([1, 2, 2, 2, 3], np.float32))
    3
    """
    if not x.size:
        return 0
    edges = np.flatnonzero(x[1:] != x[:-1])
    bounds = np.concatenate(([-1], edges, [x.size - 1]))
    return int(np.diff(bounds).max())
