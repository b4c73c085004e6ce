"""Frames against the CBOR library, an encoder written from the RFC by others."""

import contextlib
import struct

import cbor2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecmkit.errors import FormatError
from ecmkit.formats import JoinFrame, StatusFrame, decode_frame
from ecmkit.formats.frame import TruncatedFrameError

U32 = st.integers(0, 2**32 - 1)


def pack(counters: list[int]) -> bytes:
    out = b""
    for a, b in zip(counters[::2], counters[1::2], strict=True):
        out += bytes([a & 0xFF, (a >> 8) | ((b & 0xF) << 4), b >> 4])
    return out


def status(**changes: object) -> list[object]:
    fields: dict[str, object] = {
        "version": 1,
        "device_id": 7,
        "contract_id": 0xDEADBEEF,
        "model_id": 1,
        "seq": 2,
        "uptime_s": 3,
        "health": 0,
        "alarms": 1,
        "class_id": 23,
        "score": 0.5,
        "drift": 0.25,
        "feature": 4,
        "counters": pack([0, 1, 2, 3, 4, 5, 6, 4095]),
    }
    assert changes.keys() <= fields.keys()
    return list((fields | changes).values())


def dump(items: object) -> bytes:
    return cbor2.dumps(items, canonical=True)


def test_status_frame() -> None:
    frame = decode_frame(dump(status()))
    assert frame == StatusFrame(
        device_id=7,
        contract_id=0xDEADBEEF,
        model_id=1,
        seq=2,
        uptime_s=3,
        health=0,
        alarms=1,
        class_id=23,
        score=0.5,
        drift=0.25,
        feature=4,
        counters=(0, 1, 2, 3, 4, 5, 6, 4095),
    )


def test_join_frame() -> None:
    items = [1, 9, bytes(range(16)), b"m" * 16, 0, 30]
    assert decode_frame(dump(items)) == JoinFrame(
        device_id=9,
        contract_id=bytes(range(16)),
        model_id=b"m" * 16,
        seq=0,
        features_len=30,
    )


@given(st.lists(st.integers(0, 4095), min_size=8, max_size=8), U32, U32)
def test_any_counters_and_ids(counters: list[int], device: int, contract: int) -> None:
    items = status(device_id=device, contract_id=contract, counters=pack(counters))
    frame = decode_frame(dump(items))
    assert isinstance(frame, StatusFrame)
    assert frame.counters == tuple(counters)
    assert (frame.device_id, frame.contract_id) == (device, contract)


@given(st.integers(0, 0x7C00))
def test_every_binary16_that_may_come(bits: int) -> None:
    raw = dump(status(score=0.5))
    at = raw.index(b"\xf9\x38\x00")
    frame = decode_frame(raw[: at + 1] + struct.pack(">H", bits) + raw[at + 3 :])
    assert isinstance(frame, StatusFrame)
    assert frame.score == float(np.uint16(bits).view(np.float16))


def test_a_score_that_is_no_number_is_reported_not_dropped() -> None:
    frame = decode_frame(dump(status(score=float("nan"))))
    assert isinstance(frame, StatusFrame)
    assert np.isnan(frame.score)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "field `version`: found 2, expected 1"),
        ({"device_id": 2**32}, "field `device_id`: found 4294967296, expected 0 ... 4"),
        ({"device_id": -1}, "field `device_id`: found CBOR type 1, expected unsigned"),
        ({"seq": 65536}, "field `seq`: found 65536, expected 0 ... 65535"),
        ({"health": 16}, "field `health`: found 16, expected 0 ... 15"),
        ({"alarms": 256}, "field `alarms`"),
        ({"class_id": 24}, "field `class_id`: found 24, expected 0 ... 23"),
        ({"score": 1}, "field `score`: found unsigned integer, expected float"),
        ({"score": -0.5}, "field `score`: found -0.5, expected a number >= 0"),
        ({"score": True}, "field `score`: found simple value 21, expected a float"),
        ({"drift": float("nan")}, "field `drift`: found nan"),
        ({"feature": "x"}, "field `feature`: found CBOR type 3"),
        ({"counters": bytes(11)}, "field `counters`: found 11 bytes, expected 12"),
        (
            {"counters": [1]},
            "field `counters`: found CBOR type 4, expected byte string",
        ),
        ({"uptime_s": cbor2.CBORTag(2, b"\1")}, "field `uptime_s`: found CBOR type 6"),
    ],
)
def test_refusal_names_field_found_and_expected(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(FormatError, match="frame") as caught:
        decode_frame(cbor2.dumps(status(**changes), canonical=True))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (dump(status()) + b"\0", "found 1 bytes after its end"),
        (dump(status()[:-1]), "found an array of 12"),
        (dump({}), "found CBOR type 5"),
        (b"\x9f\x01\xff", "indefinite"),
        (bytes(52), "found 52 bytes, expected at most 51"),
    ],
)
def test_refuses_other_shapes(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        decode_frame(data)


def test_every_truncation_is_called_truncated() -> None:
    whole = dump(status())
    for length in range(len(whole)):
        with pytest.raises(TruncatedFrameError, match="end of the frame"):
            decode_frame(whole[:length])


def test_largest_frame_fits() -> None:
    items = status(
        device_id=2**32 - 1,
        contract_id=2**32 - 1,
        model_id=2**32 - 1,
        seq=65535,
        uptime_s=2**32 - 1,
        health=15,
        alarms=255,
        feature=255,
    )
    assert len(dump(items)) <= 51
    assert isinstance(decode_frame(dump(items)), StatusFrame)


def survives(data: bytes) -> None:
    """Decode; any error but `FormatError` ends the test."""
    with contextlib.suppress(FormatError):
        decode_frame(data)


@settings(max_examples=300)
@given(st.binary(max_size=64))
@example(b"")
def test_random_bytes_raise_nothing_but_format_errors(data: bytes) -> None:
    survives(data)


@settings(max_examples=300)
@given(st.integers(0, 44), st.binary(min_size=1, max_size=8))
def test_damaged_frames_raise_nothing_but_format_errors(at: int, junk: bytes) -> None:
    whole = dump(status())
    survives(whole[:at] + junk + whole[at + len(junk) :])


def test_many_random_frames_with_a_good_head() -> None:
    rng = np.random.default_rng(0)
    raw = rng.integers(0, 256, (50_000, 48), dtype=np.uint8)
    raw[:, 0], raw[:, 1] = 0x8D, 1
    for row in raw:
        survives(row.tobytes())


@given(st.lists(st.integers(0, 4095), min_size=8, max_size=8), U32, U32)
def test_frames_of_the_device_itself(counters: list[int], a: int, b: int) -> None:
    from ecmkit._core import frame as device

    fields: dict[str, int] = {
        "device_id": a,
        "contract_id": b,
        "model_id": a ^ b,
        "seq": b % 65536,
        "uptime_s": a,
        "health": a % 16,
        "alarms": b % 256,
        "class_id": a % 24,
        "feature": b % 256,
    }
    score = float(np.float16(a % 60000))
    raw = device.encode(
        **fields,
        score=score,
        drift=0.25,
        counts=np.array(counters, np.uint16),
        buf_bytes=device.MAX_BYTES,
    )
    assert decode_frame(raw) == StatusFrame(
        **fields, score=score, drift=0.25, counters=tuple(counters)
    )
    ids = {"contract_id": bytes(range(16)), "model_id": b"m" * 16}
    join = {"device_id": a, "seq": b % 65536, "features_len": 30}
    raw = device.encode_join(**join, **ids, buf_bytes=device.MAX_BYTES)
    assert decode_frame(raw) == JoinFrame(**join, **ids)
