"""Frames against the CBOR library, an encoder written from the RFC by others."""

import contextlib
import hmac
import json
import struct
from pathlib import Path

import cbor2
import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecmkit._core import frame as device
from ecmkit.errors import FormatError
from ecmkit.formats import (
    AnswerFrame,
    AskChunks,
    JoinFrame,
    StatusFrame,
    decode_frame,
)
from ecmkit.formats.frame import (
    FrameSketch,
    TruncatedFrameError,
    covered,
    full_report,
)

GOLDEN = Path(__file__).parents[1] / "golden"
U32 = st.integers(0, 2**32 - 1)
NONE = np.zeros(0, np.float32)


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
        version=1,
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
        sketches=(
            FrameSketch(feature=4, n=4116, counters=(0, 1, 2, 3, 4, 5, 6, 4095)),
        ),
    )


def test_join_frame() -> None:
    items = [1, 9, bytes(range(16)), b"m" * 16, 0, 30]
    assert decode_frame(dump(items)) == JoinFrame(
        version=1,
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
    assert frame.sketches[0].counters == tuple(counters)
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
        ({"version": 4}, "field `version`: found 4, expected 1 ... 3"),
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
            "field `counters`: found array, expected byte string",
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
        (bytes(1025), "found 1025 bytes, expected at most 1024"),
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


SKETCHES = st.lists(
    st.tuples(
        st.integers(0, 254),
        st.sampled_from([8, 16, 32, 64]).flatmap(
            lambda bins: st.lists(st.integers(0, 900), min_size=bins, max_size=bins)
        ),
    ),
    max_size=8,
)


def code(data: bytes) -> bytes:
    return hmac.new(b"key", data, "sha256").digest()


@given(
    a=U32,
    b=U32,
    sketches=SKETCHES,
    values=st.lists(
        st.floats(-60000, 60000, width=16)
        | st.floats(1e5, 1e9, width=32)
        | st.just(float("inf")),
        max_size=4,
    ),
    ratios=st.lists(st.floats(0, 9, width=32), max_size=8),
    shadow=st.none()
    | st.tuples(
        st.integers(0, 65535),
        st.none() | st.just(0),
        st.lists(st.floats(0, 60000, width=16), max_size=8),
    ),
    budget=st.integers(51, 300),
    signed=st.booleans(),
)
def test_frames_of_the_device_itself(
    a: int,
    b: int,
    sketches: list[tuple[int, list[int]]],
    values: list[float],
    ratios: list[float],
    shadow: tuple[int, int | None, list[float]] | None,
    budget: int,
    signed: bool,
) -> None:
    fields: dict[str, int] = {
        "device_id": a,
        "contract_id": b,
        "model_id": a ^ b,
        "seq": b % 65536,
        "uptime_s": a,
        "health": a % 1024,
        "alarms": b % 65536,
        "class_id": a % 24,
    }
    score = float(np.float16(a % 60000))
    raw, sent, told = device.encode(
        **fields,
        score=score,
        drift=0.25,
        values=np.array(values, np.float32),
        update=b % 24,
        ratios=np.array(ratios, np.float32),
        sketches=[(f, np.array(c, np.uint16)) for f, c in sketches],
        shadow=None if shadow is None else (*shadow[:2], np.float32(shadow[2])),
        mac=code if signed else None,
        buf_bytes=budget,
    )
    assert len(raw) <= budget
    assert cbor2.dumps(cbor2.loads(raw), canonical=True) == raw
    read = decode_frame(raw)
    assert isinstance(read, StatusFrame)
    assert {name: getattr(read, name) for name in fields} == fields
    assert (read.score, read.drift, read.version) == (score, 0.25, 3)
    assert len(read.sketches) == sent <= len(sketches)
    assert read.update == b % 24
    assert list(read.values) == values[: len(read.values)]
    assert budget < 71 or len(read.values) == len(values)
    assert sent >= min(len(sketches), 1) or signed or values or told
    assert told == (read.shadow is not None)
    if read.shadow is not None and shadow is not None:
        found = read.shadow
        assert (found.windows, found.agreed) == shadow[:2]
        assert list(found.differences) == shadow[2][: len(found.differences)]
    check_sketches(read.sketches, sketches)
    if read.ratios:
        wanted = np.minimum(np.floor(np.float32(ratios) * 32 + 0.5), 255) / 32
        assert list(read.ratios) == wanted.tolist()
    part, mac = covered(raw)
    assert mac == (code(part)[:4] if signed else b"")


def check_sketches(
    read: tuple[FrameSketch, ...], sketches: list[tuple[int, list[int]]]
) -> None:
    """All values are there, each bin's to within half a step of the scale."""
    for found, (feature, counters) in zip(read, sketches, strict=False):
        bins = len(found.counters)
        merged = np.array(counters).reshape(bins, -1).sum(axis=1)
        assert found.feature == feature
        assert found.n == sum(found.counters) == sum(counters)
        assert bins == len(counters) or bins >= 8
        if found.exact:
            assert list(found.counters) == merged.tolist()
        else:
            off = np.abs(np.array(found.counters) - merged)
            assert off.max() <= merged.max() / 8


def test_a_full_frame_holds_eight_features_of_32_bins_well() -> None:
    rng = np.random.default_rng(0)
    counters = rng.multinomial(600, np.full(32, 1 / 32), size=8).astype(np.uint16)
    raw, sent, _ = device.encode(
        device_id=1, contract_id=2, model_id=3, seq=4, uptime_s=10**8, health=1023,
        alarms=0, class_id=1, score=1.0, drift=0.5, values=NONE, update=0,
        ratios=np.ones(8, np.float32),
        sketches=list(enumerate(counters)), shadow=None, mac=None,
        buf_bytes=222,
    )  # fmt: skip
    read = decode_frame(raw)
    assert isinstance(read, StatusFrame)
    assert (sent, len(read.ratios)) == (8, 8)
    assert all(len(s.counters) in (16, 32) and s.exact for s in read.sketches)


@given(
    features=st.integers(1, 255),
    budget=st.integers(51, 400),
    bins=st.sampled_from([8, 16, 32, 64]),
    monitors=st.integers(0, 23),
    signed=st.booleans(),
)
def test_the_time_to_a_full_report_is_what_a_device_takes(
    features: int, budget: int, bins: int, monitors: int, signed: bool
) -> None:
    told = full_report(
        features, interval_s=60.0, budget_bytes=budget, bins=bins, monitors=monitors,
        mac=signed,
    )  # fmt: skip
    counters = np.full(bins, 65535 // bins, np.uint16)
    turn = frames = 0
    while turn < features:
        waiting = [(f, counters) for f in range(turn, features)][:23]
        raw, sent, _ = device.encode(
            device_id=2**32 - 1, contract_id=0, model_id=0, seq=65535,
            uptime_s=2**32 - 1, health=1023, alarms=65535, class_id=23, score=0.0,
            drift=0.0, values=NONE, update=0,
            ratios=np.zeros(monitors, np.float32), sketches=waiting, shadow=None,
            mac=code if signed else None, buf_bytes=budget,
        )  # fmt: skip
        if sent == 0:  # no room beside a code: the device waits for shorter values
            assert signed
            assert budget < 55
            return
        read = decode_frame(raw)
        assert isinstance(read, StatusFrame)
        if frames == 0:
            assert len(read.sketches[0].counters) == told.bins
            assert sent == told.sketches
        turn, frames = turn + sent, frames + 1
    assert frames <= told.frames
    assert told.seconds == 60.0 * told.frames
    assert f"in {told.frames} frames" in str(told)


def test_full_report_refuses_by_name() -> None:
    for name, value in (
        ("features", 0), ("interval_s", 0.0), ("budget_bytes", 50), ("bins", 12),
        ("monitors", 24),
    ):  # fmt: skip
        options = {"features": 8, "interval_s": 1.0, name: value}
        with pytest.raises(ValueError, match=name):
            full_report(**options)


def newest() -> bytes:
    raw, _, _ = device.encode(
        device_id=1, contract_id=2, model_id=3, seq=4, uptime_s=5, health=1023,
        alarms=0, class_id=1, score=1.0, drift=0.5, values=NONE, update=0,
        ratios=np.ones(2, np.float32),
        sketches=[(i, np.arange(8, dtype=np.uint16) * 9) for i in range(3)],
        shadow=(300, 299, np.ones(3, np.float32)), mac=code, buf_bytes=135,
    )  # fmt: skip
    return raw


def test_every_truncation_of_the_newest_is_called_truncated() -> None:
    whole = newest()
    for length in range(len(whole)):
        with pytest.raises(TruncatedFrameError, match="end of the frame"):
            decode_frame(whole[:length])


def test_damaged_frames_of_the_newest_raise_nothing_but_format_errors() -> None:
    rng = np.random.default_rng(1)
    whole = np.frombuffer(newest(), np.uint8)
    for _ in range(20_000):
        raw = whole.copy()
        raw[rng.integers(0, len(raw), 3)] = rng.integers(0, 256, 3)
        survives(raw.tobytes()[: rng.integers(1, len(raw) + 1)])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({9: [0.0] * 5}, "field `values`: found 5, expected at most 4"),
        ({9: [1]}, "field `values`: found unsigned integer, expected float"),
        ({10: 24}, "field `update`: found 24, expected 0 ... 23"),
        ({11: bytes(24)}, "field `ratios`: found 24 bytes, expected 0 ... 23"),
        ({13: [4, 5]}, "field `shadow`: found 5, expected 0 ... 4"),
        ({13: [4, "x"]}, "field `shadow`: found CBOR type 3, expected float"),
        ({13: []}, "field `shadow`: found an array of 0, expected 1 ... 10"),
        ({13: [4] + [0.0] * 10}, "field `shadow`: found an array of 11"),
        ({13: 4}, "field `mac`: found unsigned integer, expected byte string"),
        ({13: b"1234", 14: b"1234"}, "field `shadow`: found CBOR type 2"),
    ],
)
def test_what_version_3_brought_is_refused_by_name(
    changes: dict[int, object], message: str
) -> None:
    items: list[object] = [3, bytes(12), 0, 0, 0, 0, 23, 0.0, 0.0, [], 0, b"", []]
    assert isinstance(decode_frame(dump(items)), StatusFrame)
    for at, value in changes.items():
        items[at : at + 1] = [value]
    with pytest.raises(FormatError) as caught:
        decode_frame(dump(items))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("sketch", "message"),
    [
        (bytes([0, 1, 0, 1]), "found 1 bins, expected 2 ... 64"),
        (bytes([0, 5, 0, 8]), "found 5 values in no bin"),
        (bytes([0, 5, 0, 64]) + bytes(3), "found 3 bytes for 64 bins, expected 0"),
        (bytes(3), "found 3 bytes, expected 4 ... 132"),
    ],
)
def test_bad_sketches_are_refused(sketch: bytes, message: str) -> None:
    items = [2, bytes(12), 0, 0, 0, 0, 23, 0.0, 0.0, b"", [sketch]]
    with pytest.raises(FormatError) as caught:
        decode_frame(dump(items))
    assert message in str(caught.value)


def answer(**changes: int) -> dict[str, object]:
    """Values of an answer."""
    return {
        "device_id": 7, "contract_id": 0x01020304, "model_id": 0xA1A2A3A4, "seq": 5,
        "uptime_s": 600, "command": 17, "kind": 2, "values": (5, 1), "result": 4,
    } | changes  # fmt: skip


@given(U32, st.integers(0, 23), st.booleans())
def test_answers_of_the_device_itself(number: int, result: int, coded: bool) -> None:
    given_ = answer(command=number, result=result)
    data = device.encode_answer(**given_, mac=code if coded else None, buf_bytes=51)  # type: ignore[arg-type]
    frame = decode_frame(data)
    assert isinstance(frame, AnswerFrame)
    assert frame == AnswerFrame(**given_, mac=code(data[:-5])[:4] if coded else b"")  # type: ignore[arg-type]
    assert covered(data) == ((data[:-5], frame.mac) if coded else (data, b""))
    assert frame.order == AskChunks(first=5, count=1)
    assert frame.obeyed == (result == 0)
    expected = ["obeyed", "null", "argument", "length", "full", "state", "format"]
    assert frame.reason == dict(enumerate(expected)).get(result, "flash")
    for end in range(len(data)):
        with pytest.raises(TruncatedFrameError):
            decode_frame(data[:end])


def test_an_answer_names_what_it_is_to() -> None:
    plain = AnswerFrame(**answer())  # type: ignore[arg-type]
    assert plain.what == "AskChunks(first=5, count=1)"
    others = {
        (1, 3): "AckAlarms(groups=3)",
        (3, 1): "Relearn(mode='forced')",
        (4, 9): "SetInterval(seconds=9)",
        (5, 9): "AckFrames(number=9)",
        (6, 8): "Rearm(id=8)",
        (3, 3): "of kind 3",
        (23, 0): "of kind 23",
    }
    for (kind, value), what in others.items():
        one = msgspec.structs.replace(plain, kind=kind, values=(value, 0))
        assert one.what == what
    data = device.encode_answer(**answer(), mac=None, buf_bytes=51)  # type: ignore[arg-type]
    with pytest.raises(FormatError, match=r"`result`: found 24, expected 0 \.\.\. 23"):
        decode_frame(data[:-1] + b"\x18\x18")
    with pytest.raises(FormatError, match="array of 9, expected an array of 11 "):
        decode_frame(data[:1] + b"\x02" + data[2:])  # version 2 has none


def test_golden_frames_are_read_for_ever() -> None:
    paths = sorted(GOLDEN.glob("frames*.json"))
    kept = [entry for path in paths for entry in json.loads(path.read_text("utf-8"))]
    assert {entry["version"] for entry in kept} == {1, 2, 3}
    for entry in kept:
        frame = decode_frame(bytes.fromhex(entry["hex"]))
        assert type(frame).__name__ == entry["kind"]
        found = json.loads(msgspec.json.encode(frame))
        assert {name: found[name] for name in entry["frame"]} == entry["frame"]
        new = {"values": [], "update": 0, "shadow": None}
        later = new if entry["kind"] == "StatusFrame" else {}
        assert found == later | entry["frame"]
