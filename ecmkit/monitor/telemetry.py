"""Telemetry of one device: frames in, series over time out.

Radio loses, repeats and reorders. The 16-bit number of each frame tells which of these
happened; the uptime tells a restart from a late frame.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.formats import FeatureContract
from ecmkit.formats.frame import (
    CLASSES,
    COUNTER_BINS,
    AnswerFrame,
    Frame,
    FrameShadow,
    FrameSketch,
    JoinFrame,
    StatusFrame,
    TruncatedFrameError,
    covered,
    decode,
)
from ecmkit.formats.snapshot import is_chunk

__all__ = ["Losses", "Telemetry", "frames_of", "ingest"]

_WRAP = 1 << 16
_REPEAT_MAX = 16
_REASONS_MAX = 5


class Losses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of the frames."""

    received: int
    """Frames given to `ingest`."""
    accepted: int
    """Status frames that count."""
    joins: int
    """Join frames, one per start of the device that was heard."""
    answers: int = 0
    """Answers to commands; they are numbered with the reports."""
    restarts: int
    """Starts of the device after the first."""
    lost: int
    """Frames that never arrived, from gaps in their numbers; those before the first
    frame heard after a start are unknown."""
    duplicated: int
    reordered: int
    """Frames that arrived after a later one; they count."""
    truncated: int
    """Frames that ended early."""
    undecodable: int
    """Frames that are not of the format for any other reason."""
    forged: int = 0
    """Frames whose authentication code is missing or wrong, if one is asked for."""
    reasons: tuple[str, ...]
    """The first few messages about truncated, undecodable and forged frames."""


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """Reports of one device in the order in which they were sent.

    Arrays from `time_s` to `drift` have one row per accepted status frame, those behind
    them one per sketch: a frame has as many as its budget had room for.
    """

    device_id: int
    contract: FeatureContract
    model_id: str
    losses: Losses
    time_s: NDArray[np.float64]
    """Seconds of operation: uptime, added up over restarts."""
    health: NDArray[np.uint16]
    """``ECM_HEALTH_...`` bits of the time since the report before."""
    alarms: NDArray[np.uint16]
    """Bit i: score i alarmed since the report before."""
    class_id: NDArray[np.uint8]
    score: NDArray[np.float64]
    drift: NDArray[np.float64]
    """Largest CUSUM sum over its limit."""
    sketch_time_s: NDArray[np.float64]
    feature: NDArray[np.uint8]
    """Index of the feature that the sketch is of."""
    counters: NDArray[np.int64]
    """Shape (n_sketches, n_bins): windows since that feature was last reported."""
    class_counters: NDArray[np.int64]
    """Windows of each class, of all sketches of classes; empty without any."""
    shadows: tuple[FrameShadow, ...] = ()
    """What the frames say of challengers; empty without any."""
    answers: tuple[tuple[float, AnswerFrame], ...] = ()
    """What became of commands, with the time of operation [s]."""

    def __len__(self) -> int:
        return int(self.time_s.shape[0])

    @property
    def seconds_per_window(self) -> float:
        """Time from one window to the next."""
        return self.contract.hop_len / self.contract.fs_hz

    def sketches(self, feature: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Counters of one feature over time.

        Parameters
        ----------
        feature : int
            Index in the contract.

        Returns
        -------
        time_s : ndarray of float64, shape (n,)
            When each sketch was reported.
        counters : ndarray of int64, shape (n, n_bins)
        """
        mask = self.feature == feature
        return self.sketch_time_s[mask], self.counters[mask]

    def merged(self) -> NDArray[np.int64]:
        """Counters of all features over all time, shape (n_features, n_bins)."""
        bins = self.counters.shape[1]
        total = np.zeros((len(self.contract.names), bins), np.int64)
        np.add.at(total, self.feature, self.counters)
        return total


def frames_of(
    frames: Iterable[bytes], *, contract_id: str, model_id: str
) -> tuple[list[bytes], int]:
    """Keep the frames of one contract and one package's models.

    A device that took an update, or other firmware, told of something else before.

    Parameters
    ----------
    frames : iterable of bytes
        In the order of arrival.
    contract_id, model_id : str
        SHA-256, hexadecimal digits.

    Returns
    -------
    (list of bytes, int)
        These frames, and those that nobody can decode, which `ingest` counts; and how
        many of other contracts or models were left out.
    """
    wanted = bytes.fromhex(contract_id), bytes.fromhex(model_id)
    kept, others = [], 0
    for data in frames:
        if not is_chunk(data):
            try:
                frame = decode(data)
            except FormatError:
                pass  # `ingest` says why
            else:
                found = map(_raw, (frame.contract_id, frame.model_id))
                if any(w[: len(f)] != f for w, f in zip(wanted, found, strict=True)):
                    others += 1
                    continue
        kept.append(data)
    return kept, others


def ingest(
    frames: Iterable[bytes],
    *,
    contract: FeatureContract,
    model_id: str,
    device_id: int | None = None,
    mac: Callable[[bytes], bytes] | None = None,
) -> Telemetry:
    """Read the frames of one device.

    Parameters
    ----------
    frames : iterable of bytes
        In the order of arrival. Chunks of snapshots are passed over: they are
        `collect_snapshots`'s.
    contract : FeatureContract
        What the device's features mean.
    model_id : str
        SHA-256 of the model that the device should run, at least 32 hexadecimal
        digits.
    device_id : int, optional
        The device; by default that of the first frame.
    mac : callable, optional
        bytes -> authentication code with the device's key. If it is given, frames whose
        code is missing or not the start of this one are counted as forged and nothing
        of them is used.

    Returns
    -------
    Telemetry

    Raises
    ------
    FormatError
        If a frame is of another device, contract, model or number of features; names
        the field. A frame that cannot be decoded is counted instead.
    """
    expected = _Expected(contract, model_id, device_id)
    sequence = _Sequence()
    received = truncated = undecodable = forged = 0
    reasons: list[str] = []
    for data in frames:
        if is_chunk(data):
            continue
        received += 1
        try:
            frame = decode(data)
        except FormatError as error:
            early = isinstance(error, TruncatedFrameError)
            truncated, undecodable = truncated + early, undecodable + (not early)
            reasons += [str(error)] if len(reasons) < _REASONS_MAX else []
            continue
        if mac is not None and not _authentic(data, mac):
            forged += 1
            text = f"frame {received - 1}: its authentication code is not the device's"
            reasons += [text] if len(reasons) < _REASONS_MAX else []
            continue
        expected.check(frame, received - 1)
        sequence.take(frame)
    losses = Losses(
        received=received,
        accepted=len(sequence.reports),
        joins=sequence.joins,
        answers=len(sequence.answers),
        restarts=sequence.restarts,
        lost=sequence.lost,
        duplicated=sequence.duplicated,
        reordered=sequence.reordered,
        truncated=truncated,
        undecodable=undecodable,
        forged=forged,
        reasons=tuple(reasons),
    )
    return _assemble(sequence, expected, losses)


def _raw(found: bytes | int) -> bytes:
    """Give an id as a join frame has it, or the start that a status frame has."""
    return found if isinstance(found, bytes) else found.to_bytes(4, "big")


def _authentic(data: bytes, mac: Callable[[bytes], bytes]) -> bool:
    part, code = covered(data)
    return bool(code) and hmac.compare_digest(mac(part)[: len(code)], code)


class _Expected:
    """Refuses frames that are not of this device, contract and model."""

    def __init__(
        self, contract: FeatureContract, model_id: str, device_id: int | None
    ) -> None:
        try:
            model = bytes.fromhex(model_id)
        except ValueError:
            raise ValueError(
                f"model_id is {model_id!r}, expected hexadecimal digits"
            ) from None
        if len(model) < 16:
            raise ValueError(f"model_id has {len(model)} bytes, expected at least 16")
        self.contract, self.model_id, self.device_id = contract, model_id, device_id
        self._ids = {"contract_id": bytes.fromhex(contract.id), "model_id": model}

    def check(self, frame: Frame, number: int) -> None:
        if self.device_id is None:
            self.device_id = frame.device_id
        _same(number, "device_id", frame.device_id, self.device_id)
        n_features = len(self.contract.names)
        for field, whole in self._ids.items():
            found = getattr(frame, field)
            raw = _raw(found)
            _same(number, field, raw.hex(), whole[: len(raw)].hex())
        if isinstance(frame, JoinFrame):
            _same(number, "features_len", frame.features_len, n_features)
            return
        if isinstance(frame, AnswerFrame):
            return
        for sketch in frame.sketches:
            if sketch.feature == CLASSES:
                continue
            if sketch.feature >= n_features:
                raise FormatError(
                    f"frame {number}: field `feature`: found {sketch.feature}, "
                    f"expected less than {n_features}"
                )
            if len(sketch.counters) < COUNTER_BINS:
                raise FormatError(
                    f"frame {number}: field `sketches`: found {len(sketch.counters)} "
                    f"bins, expected {COUNTER_BINS} or more"
                )


def _same(number: int, field: str, found: object, expected: object) -> None:
    if found != expected:
        raise FormatError(
            f"frame {number}: field `{field}`: found {found}, expected {expected}"
        )


class _Sequence:
    """Puts frames in order and counts what happened to them.

    A session is the time between two starts of the device. Within it, numbers are
    counted on beyond 16 bits; `missing` holds those skipped so far.
    """

    def __init__(self) -> None:
        self.reports: list[tuple[int, int, float, StatusFrame]] = []
        self.answers: list[tuple[int, int, float, AnswerFrame]] = []
        self.joins = self.restarts = self.lost = self.duplicated = self.reordered = 0
        self._session = 0
        self._offset_s = 0.0
        self._highest: int | None = None
        self._uptime = 0
        self._seen: dict[int, Frame] = {}

    def take(self, frame: Frame) -> None:
        if self._highest is None:
            self._begin(frame)
            return
        number = self._highest + _signed(frame.seq - self._highest)
        uptime = _uptime(frame)
        before = self._seen.get(number)
        # All join frames of a device are equal: only a recent one is a repetition.
        joined_again = uptime == 0 and self._highest - number > _REPEAT_MAX
        if before == frame and not joined_again:
            self.duplicated += 1
        elif number > self._highest and self._fits_after(frame):
            self.lost += number - self._highest - 1
            self._highest, self._uptime = number, uptime
            self._accept(number, frame)
        elif before is None and number >= 0 and self._fits_between(number, uptime):
            first = min(self._seen)
            self.lost += first - number - 1 if number < first else -1
            self.reordered += 1
            self._accept(number, frame)
        else:
            self.restarts += 1
            self._session += 1
            self._offset_s += self._uptime
            self._begin(frame)

    def _begin(self, frame: Frame) -> None:
        self._seen = {}
        self._highest = frame.seq
        self._uptime = _uptime(frame)
        self._accept(frame.seq, frame)

    def _accept(self, number: int, frame: Frame) -> None:
        self._seen[number] = frame
        time_s = self._offset_s + _uptime(frame)
        if isinstance(frame, JoinFrame):
            self.joins += 1
        elif isinstance(frame, AnswerFrame):
            self.answers.append((self._session, number, time_s, frame))
        else:
            self.reports.append((self._session, number, time_s, frame))

    def _fits_after(self, frame: Frame) -> bool:
        """Whether a frame with a later number may be of the same session."""
        return not isinstance(frame, JoinFrame) and frame.uptime_s >= self._uptime

    def _fits_between(self, number: int, uptime: int) -> bool:
        """Whether the uptime fits those of the neighbours that were heard."""
        below = [n for n in self._seen if n < number]
        above = [n for n in self._seen if n > number]
        low = _uptime(self._seen[max(below)]) if below else 0
        high = _uptime(self._seen[min(above)]) if above else self._uptime
        return low <= uptime <= high


def _uptime(frame: Frame) -> int:
    return 0 if isinstance(frame, JoinFrame) else frame.uptime_s


def _signed(difference: int) -> int:
    """Difference of two 16-bit numbers as the nearer of both directions."""
    return (difference + _WRAP // 2) % _WRAP - _WRAP // 2


def _assemble(sequence: _Sequence, expected: _Expected, losses: Losses) -> Telemetry:
    order = sorted(sequence.reports, key=lambda report: report[:2])
    frames = [frame for *_, frame in order]
    rows = [
        (time_s, sketch)
        for _, _, time_s, frame in order
        for sketch in frame.sketches
        if sketch.feature != CLASSES
    ]
    # Each sketch has as many bins as its frame had room for: the fewest count.
    bins = min((len(sketch.counters) for _, sketch in rows), default=COUNTER_BINS)
    counters = [_coarsened(sketch, bins) for _, sketch in rows]
    return Telemetry(
        device_id=expected.device_id or 0,
        contract=expected.contract,
        model_id=expected.model_id,
        losses=losses,
        time_s=np.array([time_s for _, _, time_s, _ in order], np.float64),
        health=np.array([f.health for f in frames], np.uint16),
        alarms=np.array([f.alarms for f in frames], np.uint16),
        class_id=np.array([f.class_id for f in frames], np.uint8),
        score=np.array([f.score for f in frames], np.float64),
        drift=np.array([f.drift for f in frames], np.float64),
        sketch_time_s=np.array([time_s for time_s, _ in rows], np.float64),
        feature=np.array([sketch.feature for _, sketch in rows], np.uint8),
        counters=np.array(counters, np.int64).reshape(-1, bins),
        class_counters=_classes(frames),
        shadows=tuple(f.shadow for f in frames if f.shadow is not None),
        answers=tuple(
            (time_s, frame)
            for _, _, time_s, frame in sorted(sequence.answers, key=lambda a: a[:2])
        ),
    )


def _coarsened(sketch: FrameSketch, bins: int) -> NDArray[np.int64]:
    """Add up neighbours of a finer sketch."""
    counters = np.array(sketch.counters, np.int64)
    merged: NDArray[np.int64] = counters.reshape(bins, -1).sum(axis=1)
    return merged


def _classes(frames: Iterable[StatusFrame]) -> NDArray[np.int64]:
    sketches = [s.counters for f in frames for s in f.sketches if s.feature == CLASSES]
    total = np.zeros(max(map(len, sketches), default=0), np.int64)
    for counters in sketches:
        total[: len(counters)] += counters
    return total
