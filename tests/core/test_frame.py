"""Frames against cbor2: every field, the shortest encoding, never above the budget."""

import struct

import cbor2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecmkit._core import frame

INTEGERS = ("seq", "uptime_s", "health", "alarms", "class_id")
IDS = ("device_id", "contract_id", "model_id")
BITS = {"seq": 16, "health": 16, "alarms": 16}


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Integers about every length of a CBOR head, up to `bits` bits."""
    near = [23, 24, 255, 256, 65535, 65536, 2**32 - 1]
    largest = 2**bits - 1
    return st.integers(0, largest) | st.sampled_from([n for n in near if n <= largest])


STATUS = st.fixed_dictionaries(
    {
        **{n: unsigned(BITS.get(n, 32)) for n in (*IDS, *INTEGERS) if n != "class_id"},
        "class_id": st.integers(0, 23),
        "score": st.floats(width=32),
        "drift": st.floats(width=32),
        "values": st.lists(st.floats(width=32), max_size=1),
        "update": st.integers(0, 23),
        "counts": st.lists(st.integers(0, 8000), min_size=8, max_size=8),
    }
)
LARGEST = {
    **{name: 2 ** BITS.get(name, 32) - 1 for name in (*IDS, *INTEGERS)},
    "class_id": 23,
    "score": float("-inf"),
    "drift": float("nan"),
    "values": [],
    "update": 23,
    "counts": [8191] * 8,
}


def encode(
    values: dict[str, object], *, buf_bytes: int = frame.MIN_BYTES
) -> tuple[bytes, int]:
    counts = np.array(values["counts"], np.uint16)
    rest = {name: value for name, value in values.items() if name != "counts"}
    rest["values"] = np.array(values["values"], np.float32)
    none = np.zeros(0, np.float32)
    data, sent, shadow = frame.encode(
        ratios=none, sketches=[(4, counts)], shadow=None, mac=None,
        buf_bytes=buf_bytes, **rest,
    )  # type: ignore[arg-type]  # fmt: skip
    assert not shadow
    return data, sent


@given(
    seq=unsigned(16),
    uptime_s=unsigned(32),
    windows=unsigned(16),
    disagreed=st.none() | unsigned(16),
    differences=st.lists(st.floats(0, width=32), max_size=8),
    sketches=st.integers(0, 3),
    budget=st.integers(51, 222),
)
def test_challengers_are_told_of_whole_beside_the_rest_or_in_turn(
    seq: int,
    uptime_s: int,
    windows: int,
    disagreed: int | None,
    differences: list[float],
    sketches: int,
    budget: int,
) -> None:
    agreed = None if disagreed is None else max(0, windows - disagreed)
    given = {
        **LARGEST, "seq": seq, "uptime_s": uptime_s, "ratios": np.ones(2, np.float32),
        "sketches": [(i, np.full(8, 900, np.uint16)) for i in range(sketches)],
        "mac": None, "buf_bytes": budget, "values": np.zeros(0, np.float32),
    }  # fmt: skip
    del given["counts"]
    shadow = windows, agreed, np.array(differences, np.float32)
    data, sent, told = frame.encode(shadow=shadow, **given)  # type: ignore[arg-type]
    assert len(data) <= budget
    items = cbor2.loads(data)
    assert data == cbor2.dumps(items, canonical=True)
    assert len(items) == 13 + told
    expected = [windows, *([] if agreed is None else [agreed])]
    expected += [half(x) for x in differences]
    plain, before, _ = frame.encode(shadow=None, **given)  # type: ignore[arg-type]
    if not told:
        assert data == plain
        room = budget - len(plain)
        assert before or room < len(cbor2.dumps(expected, canonical=True))
        return
    assert expected[: len(items[13])] == items[13]
    assert len(items[13]) == len(expected) or seq % frame.SHADOW_TURN == 7
    assert seq % frame.SHADOW_TURN == 7 or sent >= min(1, sketches)


def half(x: float) -> float:
    """Nearest binary16, by NumPy."""
    with np.errstate(over="ignore"):
        return float(np.float16(np.float32(x)))


@given(values=STATUS)
@example(values=LARGEST)
def test_status_frame(values: dict[str, object]) -> None:
    data, sent = encode(values)
    assert len(data) <= frame.MIN_BYTES
    version, ids, *found, score, drift, told, update, ratios, sketches = cbor2.loads(
        data
    )
    assert version == frame.VERSION == 3
    assert update == values["update"]
    check_values(values, told, sent)
    assert ids == struct.pack(">3I", *(values[name] for name in IDS))
    assert found == [values[name] for name in INTEGERS]
    for name, value in (("score", score), ("drift", drift)):
        wanted = half(values[name])  # type: ignore[arg-type]
        assert struct.pack("<d", value) == struct.pack("<d", wanted) or (
            np.isnan(value) and np.isnan(wanted)
        )
    assert ratios == b""
    items = [version, ids, *found, score, drift, told, update, ratios, sketches]
    # what a canonical encoder makes of the same array, byte for byte
    assert data == cbor2.dumps(items, canonical=True)
    if not sent:
        return
    (sketch,) = sketches
    counts = values["counts"]
    assert isinstance(counts, list)
    assert sketch[:4] == struct.pack("<BHB", 4, sum(counts), 8)
    bits = min(16, 8 * (len(sketch) - 4) // 8)
    whole = int.from_bytes(sketch[4:], "little")
    packed = [whole >> (bits * b) & ((1 << bits) - 1) for b in range(8)]
    if max(counts) < 1 << bits:
        assert packed == counts
    else:
        scale = ((1 << bits) - 1) / max(counts)
        assert np.abs(np.array(packed) - np.array(counts) * scale).max() <= 0.5 + 1e-9


def check_values(given: dict[str, object], told: list[float], sent: int) -> None:
    """All of one value, and a sketch: where both have no room, one of the two."""
    wanted, seq = given["values"], given["seq"]
    assert isinstance(wanted, list)
    assert isinstance(seq, int)
    if told != [] or not wanted:
        assert len(told) == len(wanted)
        assert sent == 1 or seq % 2 == 0
    else:
        assert sent == seq % 2 == 1
    for found, value in zip(told, wanted, strict=False):
        near = half(value)
        if np.isinf(near) and np.isfinite(value):
            near = float(np.float32(value))
        assert found == near or (np.isnan(found) and np.isnan(value))


def test_the_largest_values_leave_room_for_a_sketch() -> None:
    data, _ = encode(LARGEST)
    assert len(data) == frame.MIN_BYTES == 51
    assert b"\xf9\x7e\x00" in data  # the one NaN
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        encode(LARGEST, buf_bytes=50)


def test_every_binary16_comes_back_and_every_tie_is_even() -> None:
    """All halves, the floats midway between them, and the neighbours of both."""
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    middle = (halves[:-1] + halves[1:]) / 2
    points = np.concatenate([halves, middle, np.float32([65519.99, 65520, 1e38])])
    sample = points[::7].tolist()
    for x in sample:
        for near in (x, np.nextafter(np.float32(x), np.float32(0)), -x):
            data, _ = encode({**LARGEST, "score": float(near), "drift": 0.0})
            found = struct.unpack(">e", data[data.index(b"\x17\xf9") + 2 :][:2])[0]
            assert found == half(float(near))


@given(
    device_id=unsigned(32),
    seq=unsigned(16),
    features_len=unsigned(16),
    contract_id=st.binary(min_size=16, max_size=16),
    model_id=st.binary(min_size=16, max_size=16),
    signed=st.booleans(),
)
def test_join_frame(
    device_id: int,
    seq: int,
    features_len: int,
    contract_id: bytes,
    model_id: bytes,
    signed: bool,
) -> None:
    seen: list[bytes] = []

    def code(data: bytes) -> bytes:
        seen.append(data)
        return b"abcdef"

    data = frame.encode_join(
        device_id=device_id,
        contract_id=contract_id,
        model_id=model_id,
        seq=seq,
        features_len=features_len,
        mac=code if signed else None,
        buf_bytes=frame.MIN_BYTES,
    )
    ids = device_id.to_bytes(4, "big") + contract_id + model_id
    expected: list[object] = [3, ids, seq, features_len]
    if signed:
        expected.append(b"abcd")
        assert seen == [data[:-5]]
    assert data == cbor2.dumps(expected, canonical=True)
    assert len(data) <= frame.MIN_BYTES


@given(
    ids=st.tuples(*[unsigned(32)] * 3),
    seq=unsigned(16),
    numbers=st.tuples(*[unsigned(32)] * 5),
    result=st.integers(0, 23),
    signed=st.booleans(),
)
@example((2**32 - 1,) * 3, 65535, (2**32 - 1,) * 5, 23, True)
def test_answer(
    ids: tuple[int, int, int],
    seq: int,
    numbers: tuple[int, int, int, int, int],
    result: int,
    signed: bool,
) -> None:
    uptime_s, command, kind, *values = numbers
    data = frame.encode_answer(
        device_id=ids[0], contract_id=ids[1], model_id=ids[2], seq=seq,
        uptime_s=uptime_s, command=command, kind=kind, values=tuple(values),
        result=result, mac=(lambda part: part[:1] + b"bcdef") if signed else None,
        buf_bytes=frame.MIN_BYTES,
    )  # type: ignore[arg-type]  # fmt: skip
    raw = b"".join(value.to_bytes(4, "big") for value in ids)
    expected: list[object] = [3, raw, seq, *numbers, result]
    expected += [data[:1] + b"bcd"] if signed else []
    assert data == cbor2.dumps(expected, canonical=True)
    assert len(data) <= 49


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        encode({**LARGEST, "class_id": 24})
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        encode({**LARGEST, "counts": [65535] * 8})
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        encode({**LARGEST, "counts": [0] * 7})
    with pytest.raises(ValueError, match="65 bins"):
        encode({**LARGEST, "counts": [0] * 65})
    join = {"device_id": 0, "seq": 0, "features_len": 1, "buf_bytes": 51}
    with pytest.raises(ValueError, match="contract_id"):
        frame.encode_join(contract_id=bytes(15), model_id=bytes(16), mac=None, **join)
    with pytest.raises(ValueError, match="mac gave 3 bytes, expected >= 4"):
        frame.encode_join(
            contract_id=bytes(16), model_id=bytes(16), mac=lambda _: b"abc", **join
        )
    with pytest.raises(ZeroDivisionError):
        frame.encode_join(
            contract_id=bytes(16), model_id=bytes(16), mac=lambda _: b"%d" % (1 // 0),
            **join,
        )  # fmt: skip
    answer = {
        **{name: 0 for name in (*IDS, "seq", "uptime_s", "command", "kind", "result")},
        "values": (0, 0), "mac": None, "buf_bytes": 51,
    }  # fmt: skip
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        frame.encode_answer(**{**answer, "result": frame.RESULT_MAX + 1})
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        frame.encode_answer(**{**answer, "buf_bytes": 21})
    with pytest.raises(ValueError, match="mac gave 3 bytes, expected >= 4"):
        frame.encode_answer(**{**answer, "mac": lambda _: b"abc"})
