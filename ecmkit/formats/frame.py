"""Telemetry frames: the bytes of ``ecm_frame.h`` back into records.

Version 3 is what devices send; version 2, without values and updates, and version 1,
with the 12-bit counters of one feature, are still read. Sketches that were scaled to
fit a budget come back as counters that add up to the exact number of values. Where a
device runs challengers, a frame may say how far they agree. Answers to commands are
frames of their own.
"""

import math

import msgspec

from ecmkit.errors import FormatError
from ecmkit.formats.answer import ANSWER_ITEMS, AnswerFrame, read_answer
from ecmkit.formats.cbor import Reader, TruncatedFrameError

__all__ = [
    "CLASSES",
    "COUNTER_BINS",
    "FRAME_MAX_BYTES",
    "FRAME_MIN_BYTES",
    "FRAME_VERSION",
    "NO_CLASS",
    "AnswerFrame",
    "Frame",
    "FrameShadow",
    "FrameSketch",
    "FullReport",
    "JoinFrame",
    "StatusFrame",
    "TruncatedFrameError",
    "covered",
    "decode",
    "full_report",
]

FRAME_VERSION = 3
FRAME_MIN_BYTES = 51
"""The smallest budget: LoRaWAN's smallest payload in EU868."""
FRAME_MAX_BYTES = 1024
MAC_BYTES = 4
COUNTER_BINS = 8
NO_CLASS = 23
CLASSES = 255
"""In place of a feature's index: a sketch of the classes."""

_VERSIONS = {
    1: {"status": 13, "join": 6},
    2: {"status": 11, "join": 4},
    3: {"status": 13, "join": 4, "answer": ANSWER_ITEMS},
}
_SHADOW_AND_MAC = 2
_OPTIONAL = {1: 0, 2: 1, 3: _SHADOW_AND_MAC}
"""Items that a status frame may have behind the others."""
_HEALTH_MAX = {1: 15, 2: 1023, 3: 1023}
_BITS_MAX = {1: 255, 2: 65535, 3: 65535}
_VALUES_MAX = 4
_UPDATE_MAX = 23
_DIFFERENCES_MAX = 8
_V1_COUNTER_BYTES = 12
_ID_BYTES = 16
_SKETCH_HEAD = 4
_BINS_MAX = 64
_ITEMS_MAX = 23
_VALUES_BYTES = 38  # of the longest values, see docs/formats.md
_FAIR_BYTES = 13
_BITS_ENOUGH = 6


class FrameSketch(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """Counters between reference quantiles: ``ecm_frame_sketch_t``."""

    feature: int
    """Its index, or `CLASSES`."""
    n: int
    """Values counted, exactly."""
    counters: tuple[int, ...]
    """In each bin; they add up to `n`."""
    exact: bool = True
    """Whether the counters are those of the device, or were scaled."""


class FrameShadow(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How far challengers agree with their champions: ``ecm_frame_shadow_t``."""

    windows: int
    """That were compared since this was last sent."""
    agreed: int | None
    """Of these, with the same class; None where no classes are compared."""
    differences: tuple[float, ...] = ()
    """Mean absolute difference of each score and value that has a challenger, in the
    order of the challengers, binary16; a frame without room has the first ones.
    Infinite above 65504, and where a challenger gave no number in one of the windows.
    """


class StatusFrame(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a device says of itself: ``ecm_frame_t``."""

    version: int = FRAME_VERSION
    device_id: int
    contract_id: int
    """First 32 bits of the feature contract's SHA-256."""
    model_id: int
    """First 32 bits of the model's SHA-256."""
    seq: int
    """Number of the frame, modulo 65536."""
    uptime_s: int
    """Seconds since the device started."""
    health: int
    """Verdicts of sensor health since the last frame, ``ECM_HEALTH_...`` bits."""
    alarms: int
    """Bit i: the watch of score i alarmed since the last frame."""
    class_id: int
    """Most probable class of the last window; `NO_CLASS` without a classifier."""
    score: float
    """First score of the last window, >= 0, rounded to binary16; infinite above
    65504, NaN if the model gave no number."""
    drift: float
    """Largest detector statistic over its limit at the last window, >= 0, binary16."""
    values: tuple[float, ...] = ()
    """Of regressions at the last valid window, rounded to binary16 below 65520; NaN
    before it. A frame without room has the first ones, or none."""
    update: int = 0
    """How the last update ended, ``ECM_APP_UPDATE_...``; 0: none since the start."""
    ratios: tuple[float, ...] = ()
    """Statistic of each monitor over its limit, in 32nds up to 7.97; may be absent."""
    sketches: tuple[FrameSketch, ...] = ()
    """Of the features whose turn it was."""
    shadow: FrameShadow | None = None
    """Of challengers, where there are any and the frame had room."""
    mac: bytes = b""
    """Authentication code; empty without one."""


class JoinFrame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device says first after its start: ``ecm_frame_join_t``."""

    version: int = FRAME_VERSION
    device_id: int
    contract_id: bytes
    """First 16 bytes of the feature contract's SHA-256."""
    model_id: bytes
    """First 16 bytes of the model's SHA-256."""
    seq: int
    features_len: int
    """Number of features that take turns in the status frames."""
    mac: bytes = b""
    """Authentication code; empty without one."""


Frame = StatusFrame | JoinFrame | AnswerFrame
"""What `decode` reads."""


def decode(data: bytes) -> Frame:
    r"""Read one frame of any version.

    Any width of an integer or float is read; a device writes the shortest.

    Parameters
    ----------
    data : bytes
        One whole frame, at most 1024 bytes.

    Returns
    -------
    StatusFrame, JoinFrame or AnswerFrame

    Raises
    ------
    FormatError
        Naming the field, what was found and what was expected;
        `TruncatedFrameError` if the frame ends early.

    Examples
    --------
    >>> frame = decode(bytes.fromhex("84025824") + bytes([0, 0, 0, 42]) + bytes(16)
    ...                + b"P" * 16 + b"\0\x17")
    >>> frame.device_id, frame.features_len
    (42, 23)
    """
    if len(data) > FRAME_MAX_BYTES:
        raise FormatError(
            f"frame: found {len(data)} bytes, expected at most {FRAME_MAX_BYTES}"
        )
    reader = Reader(bytes(data))
    items = reader.array()
    version = reader.integer("version", 0xFFFFFFFF)
    if version not in _VERSIONS:
        known = f"1 ... {FRAME_VERSION}"
        raise FormatError(f"frame field `version`: found {version}, expected {known}")
    counts = _VERSIONS[version]
    more, rest = items - counts["status"], items - counts["join"]
    frame: Frame
    if 0 <= more <= _OPTIONAL[version]:
        frame = _status_1(reader) if version == 1 else _status(reader, version)
        if more == _SHADOW_AND_MAC or (more == 1 and version > 2 and reader.at_array()):
            frame = msgspec.structs.replace(frame, shadow=_shadow(reader))
            more -= 1
    elif 0 <= rest <= (version > 1):
        frame = _join_1(reader) if version == 1 else _join(reader, version)
        more = rest
    elif "answer" in counts and 0 <= items - counts["answer"] <= 1:
        frame = read_answer(reader, version)
        more = items - counts["answer"]
    else:
        *kinds, last = (f"{count} ({kind})" for kind, count in counts.items())
        raise FormatError(
            f"frame: found an array of {items}, expected an array of "
            f"{', '.join(kinds)} or {last}"
            + (", or one more with a code" if version > 1 else "")
        )
    if more:
        code = reader.octets("mac", MAC_BYTES)
        frame = msgspec.structs.replace(frame, mac=code)
    reader.end()
    return frame


def covered(data: bytes) -> tuple[bytes, bytes]:
    """Bytes that the authentication code of a frame is of, and the code.

    Parameters
    ----------
    data : bytes
        A frame that `decode` reads.

    Returns
    -------
    covered : bytes
        All of the frame before the item of the code; all of it without one.
    mac : bytes
        Empty without one.
    """
    mac = decode(data).mac
    return (data[: -len(mac) - 1], mac) if mac else (data, mac)


def _values(reader: Reader, version: int) -> dict[str, int | float]:
    """Read what status frames of all versions have behind the ids."""
    return {
        "version": version,
        "seq": reader.integer("seq", 0xFFFF),
        "uptime_s": reader.integer("uptime_s", 0xFFFFFFFF),
        "health": reader.integer("health", _HEALTH_MAX[version]),
        "alarms": reader.integer("alarms", _BITS_MAX[version]),
        "class_id": reader.integer("class_id", NO_CLASS),
        "score": reader.real("score", nan=True),
        "drift": reader.real("drift"),
    }


def _status_1(reader: Reader) -> StatusFrame:
    ids = {
        name: reader.integer(name, 0xFFFFFFFF)
        for name in ("device_id", "contract_id", "model_id")
    }
    values = ids | _values(reader, 1)
    feature = reader.integer("feature", 0xFF)
    counters = _unpack(reader.octets("counters", _V1_COUNTER_BYTES), 8)
    sketch = FrameSketch(feature=feature, n=sum(counters), counters=counters)
    return msgspec.convert(values | {"sketches": (sketch,)}, StatusFrame)


def _join_1(reader: Reader) -> JoinFrame:
    return JoinFrame(
        version=1,
        device_id=reader.integer("device_id", 0xFFFFFFFF),
        contract_id=reader.octets("contract_id", _ID_BYTES),
        model_id=reader.octets("model_id", _ID_BYTES),
        seq=reader.integer("seq", 0xFFFF),
        features_len=reader.integer("features_len", 0xFFFF),
    )


def _status(reader: Reader, version: int) -> StatusFrame:
    raw = reader.octets("ids", 12)
    names = ("device_id", "contract_id", "model_id")
    ids = {n: int.from_bytes(raw[4 * i :][:4], "big") for i, n in enumerate(names)}
    values = ids | _values(reader, version)
    regressions: tuple[float, ...] = ()
    if version > 2:
        length = _at_most(reader.array("values"), "values", _VALUES_MAX)
        regressions = tuple(
            reader.real("values", nan=True, negative=True) for _ in range(length)
        )
        values["update"] = reader.integer("update", _UPDATE_MAX)
    ratios = reader.some_octets("ratios", 0, _ITEMS_MAX)
    count = _at_most(reader.array("sketches"), "sketches", _ITEMS_MAX)
    more = {
        "values": regressions,
        "ratios": tuple(byte / 32 for byte in ratios),
        "sketches": tuple(_sketch(reader) for _ in range(count)),
    }
    return msgspec.convert(values | more, StatusFrame)


def _shadow(reader: Reader) -> FrameShadow:
    """Windows, windows with the same class if classes are compared, differences."""
    items = reader.array("shadow")
    if not 1 <= items <= 2 + _DIFFERENCES_MAX:
        raise FormatError(
            f"frame field `shadow`: found an array of {items}, expected 1 ... "
            f"{2 + _DIFFERENCES_MAX}"
        )
    windows, agreed = reader.integer("shadow", 0xFFFF), None
    if items > 1 and reader.at_integer():
        agreed = reader.integer("shadow", windows)
    left = items - (1 if agreed is None else 2)
    differences = tuple(reader.real("shadow") for _ in range(left))
    return FrameShadow(windows=windows, agreed=agreed, differences=differences)


def _at_most(found: int, field: str, most: int) -> int:
    if found > most:
        raise FormatError(
            f"frame field `{field}`: found {found}, expected at most {most}"
        )
    return found


def _join(reader: Reader, version: int) -> JoinFrame:
    raw = reader.octets("ids", 4 + 2 * _ID_BYTES)
    return JoinFrame(
        version=version,
        device_id=int.from_bytes(raw[:4], "big"),
        contract_id=raw[4 : 4 + _ID_BYTES],
        model_id=raw[4 + _ID_BYTES :],
        seq=reader.integer("seq", 0xFFFF),
        features_len=reader.integer("features_len", 0xFFFF),
    )


def _sketch(reader: Reader) -> FrameSketch:
    """One sketch: feature, n, bins, then counters of as many bits as fit."""
    raw = reader.some_octets("sketches", _SKETCH_HEAD, _SKETCH_HEAD + 2 * _BINS_MAX)
    feature, n, bins = raw[0], int.from_bytes(raw[1:3], "little"), raw[3]
    packed = raw[_SKETCH_HEAD:]
    if not 2 <= bins <= _BINS_MAX:
        raise FormatError(
            f"frame field `sketches`: found {bins} bins, expected 2 ... {_BINS_MAX}"
        )
    bits = min(16, 8 * len(packed) // bins)
    if len(packed) != (bits * bins + 7) // 8:
        raise FormatError(
            f"frame field `sketches`: found {len(packed)} bytes for {bins} bins, "
            f"expected {(bits * bins + 7) // 8}"
        )
    whole = int.from_bytes(packed, "little")
    found = [whole >> (bits * b) & ((1 << bits) - 1) for b in range(bins)]
    if sum(found) == n:
        return FrameSketch(feature=feature, n=n, counters=tuple(found))
    if sum(found) == 0:
        raise FormatError(
            f"frame field `sketches`: found {n} values in no bin, expected counters"
        )
    counters = _apportion(found, n)
    return FrameSketch(feature=feature, n=n, counters=counters, exact=False)


def _apportion(shares: list[int], n: int) -> tuple[int, ...]:
    """Whole numbers in proportion to shares that add up to n: largest remainders."""
    total = sum(shares)
    counters = [share * n // total for share in shares]
    rests = [share * n % total for share in shares]
    order = sorted(range(len(shares)), key=lambda b: (-rests[b], b))
    for b in order[: n - sum(counters)]:
        counters[b] += 1
    return tuple(counters)


def _unpack(packed: bytes, bins: int) -> tuple[int, ...]:
    """Numbers of 12 bits from the lowest bit up."""
    whole = int.from_bytes(packed, "little")
    return tuple(whole >> (12 * b) & 0xFFF for b in range(bins))


class FullReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a device takes to tell of all its features."""

    features: int
    budget_bytes: int
    sketches: int
    """In one frame."""
    bins: int
    """Of each sketch as it is sent."""
    bits: int
    """Of each counter at least; counters that need no more are exact."""
    frames: int
    seconds: float

    def __str__(self) -> str:
        """One sentence."""
        return (
            f"{self.features} features in frames of {self.budget_bytes} bytes: "
            f"{self.sketches} of {self.bins} bins and {self.bits} bits in each, a full "
            f"report in {self.frames} frames, {self.seconds:g} s"
        )


def full_report(
    features: int,
    *,
    interval_s: float,
    budget_bytes: int = FRAME_MIN_BYTES,
    bins: int = COUNTER_BINS,
    monitors: int = 0,
    mac: bool = False,
) -> FullReport:
    """Time until every feature was reported once.

    Parameters
    ----------
    features : int
        That take turns, 1 ... 255.
    interval_s : float
        From one frame to the next [s], > 0.
    budget_bytes : int
        Of a frame, `FRAME_MIN_BYTES` ... `FRAME_MAX_BYTES`.
    bins : int
        Of the device's counters: 8, 16, 32 or 64.
    monitors : int
        Whose ratios are sent where there is room, 0 ... 23.
    mac : bool
        Whether frames carry an authentication code.

    Returns
    -------
    FullReport
        For the longest values that a frame can have; with shorter ones there is more
        room for bits.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> print(full_report(8, interval_s=900))
    8 features in frames of 51 bytes: 1 of 8 bins and 6 bits in each, a full report in \
8 frames, 7200 s
    >>> full_report(8, interval_s=900, budget_bytes=222, bins=32).frames
    1
    """
    if not 1 <= features <= 255:
        raise ValueError(f"features is {features}, expected 1 ... 255")
    if not (math.isfinite(interval_s) and interval_s > 0):
        raise ValueError(f"interval_s is {interval_s}, expected a number > 0")
    if not FRAME_MIN_BYTES <= budget_bytes <= FRAME_MAX_BYTES:
        raise ValueError(
            f"budget_bytes is {budget_bytes}, expected {FRAME_MIN_BYTES} ... "
            f"{FRAME_MAX_BYTES}"
        )
    if bins not in (8, 16, 32, 64):
        raise ValueError(f"bins is {bins}, expected 8, 16, 32 or 64")
    if not 0 <= monitors <= _ITEMS_MAX:
        raise ValueError(f"monitors is {monitors}, expected 0 ... {_ITEMS_MAX}")
    room = budget_bytes - _VALUES_BYTES - 2 - (MAC_BYTES + 1 if mac else 0)
    if room >= monitors + _FAIR_BYTES:
        room -= monitors
    sketches = max(1, min(features, _ITEMS_MAX, room // _FAIR_BYTES))
    share = room // sketches
    packed = share - _SKETCH_HEAD - (2 if share > 24 else 1)
    while bins > COUNTER_BINS and 8 * packed // bins < _BITS_ENOUGH:
        bins //= 2
    frames = -(-features // sketches)
    return FullReport(
        features=features,
        budget_bytes=budget_bytes,
        sketches=sketches,
        bins=bins,
        bits=min(16, 8 * packed // bins),
        frames=frames,
        seconds=frames * interval_s,
    )
