"""Frames against cbor2: every field, the shortest encoding, never above 51 bytes."""

import struct

import cbor2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecmkit._core import frame

FIELDS = (
    "device_id",
    "contract_id",
    "model_id",
    "seq",
    "uptime_s",
    "health",
    "alarms",
    "class_id",
    "score",
    "drift",
    "feature",
)
BITS = {"seq": 16, "health": 8, "alarms": 8, "feature": 8}


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Integers about every length of a CBOR head, up to `bits` bits."""
    near = [23, 24, 255, 256, 65535, 65536, 2**32 - 1]
    largest = 2**bits - 1
    return st.integers(0, largest) | st.sampled_from([n for n in near if n <= largest])


STATUS = st.fixed_dictionaries(
    {
        **{
            name: unsigned(BITS.get(name, 32))
            for name in FIELDS
            if name not in ("class_id", "score", "drift")
        },
        "class_id": st.integers(0, 23),
        "score": st.floats(width=32),
        "drift": st.floats(width=32),
        "counts": st.lists(st.integers(0, 4095), min_size=8, max_size=8),
    }
)
LARGEST = {
    **{name: 2 ** BITS.get(name, 32) - 1 for name in FIELDS},
    "class_id": 23,
    "score": float("-inf"),
    "drift": float("nan"),
    "counts": [4095] * 8,
}


def encode(values: dict[str, object], *, buf_bytes: int = frame.MAX_BYTES) -> bytes:
    counts = np.array(values["counts"], np.uint16)
    rest = {name: values[name] for name in FIELDS}
    return frame.encode(counts=counts, buf_bytes=buf_bytes, **rest)  # type: ignore[arg-type]


def half(x: float) -> float:
    """Nearest binary16, by NumPy."""
    with np.errstate(over="ignore"):
        return float(np.float16(np.float32(x)))


def unpack(packed: bytes) -> list[int]:
    """Eight 12-bit numbers of one long little-endian one."""
    whole = int.from_bytes(packed, "little")
    return [whole >> (12 * i) & 0xFFF for i in range(8)]


@given(values=STATUS)
@example(values=LARGEST)
def test_status_frame(values: dict[str, object]) -> None:
    data = encode(values)
    assert len(data) <= frame.MAX_BYTES
    version, *found, packed = cbor2.loads(data)
    assert version == frame.VERSION == 1
    assert unpack(packed) == values["counts"]
    for name, value in zip(FIELDS, found, strict=True):
        wanted = values[name]
        if name in ("score", "drift"):
            wanted = half(wanted)  # type: ignore[arg-type]
            assert struct.pack("<d", value) == struct.pack("<d", wanted) or (
                np.isnan(value) and np.isnan(wanted)
            )
        else:
            assert value == wanted
    # what a canonical encoder makes of the same array, byte for byte
    assert data == cbor2.dumps([version, *found, packed], canonical=True)


def test_the_largest_frame_has_51_bytes() -> None:
    data = encode(LARGEST)
    assert len(data) == frame.MAX_BYTES == 51
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
            data = encode({**LARGEST, "score": float(near), "drift": 0.0})
            found = struct.unpack(">e", data[data.index(b"\x17\xf9") + 2 :][:2])[0]
            assert found == half(float(near))


@given(
    device_id=unsigned(32),
    seq=unsigned(16),
    features_len=unsigned(16),
    contract_id=st.binary(min_size=16, max_size=16),
    model_id=st.binary(min_size=16, max_size=16),
)
def test_join_frame(
    device_id: int, seq: int, features_len: int, contract_id: bytes, model_id: bytes
) -> None:
    data = frame.encode_join(
        device_id=device_id,
        contract_id=contract_id,
        model_id=model_id,
        seq=seq,
        features_len=features_len,
        buf_bytes=frame.MAX_BYTES,
    )
    expected = [1, device_id, contract_id, model_id, seq, features_len]
    assert data == cbor2.dumps(expected, canonical=True)
    assert len(data) <= frame.MAX_BYTES


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        encode({**LARGEST, "class_id": 24})
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        encode({**LARGEST, "counts": [4096] * 8})
    with pytest.raises(ValueError, match="counts"):
        encode({**LARGEST, "counts": [0] * 7})
    with pytest.raises(ValueError, match="at most 51"):
        encode(LARGEST, buf_bytes=52)
    with pytest.raises(ValueError, match="contract_id"):
        frame.encode_join(
            device_id=0,
            contract_id=bytes(15),
            model_id=bytes(16),
            seq=0,
            features_len=1,
            buf_bytes=51,
        )
