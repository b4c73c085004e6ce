"""Raw samples around a trigger: chunks by cbor2 and zlib, flash, refusals."""

import struct
import zlib
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.snapshot import (
    AROUND_BYTES,
    AROUND_MAC_BYTES,
    CHUNK_MAX,
    CHUNK_MIN,
    Recorder,
    slot_bytes,
)

BEFORE, AFTER = 30, 20
LEN = BEFORE + AFTER


def recorder(**changes: Any) -> Recorder:
    settings = {
        "device_id": 0xA1B2C3D4,
        "before_len": BEFORE,
        "after_len": AFTER,
        "fs_hz": 1000.0,
        "scale": 1.0,
        "sample_bytes": 4,
        "channel": 2,
        "chunk_bytes": 51,
        "mac": None,
        "slot": b"",
    }
    return Recorder(**(settings | changes))


def blob(x: np.ndarray, trigger: int, *, scale: float = 1.0) -> bytes:
    """Bytes of a snapshot by the table of the formats."""
    head = struct.pack(
        "<4s2H2I2fI2H", b"ECMR", 1, x.itemsize, len(x), trigger, 1000.0, scale, 60, 2, 5
    )
    return head + x.tobytes()


def chunks_of(whole: bytes, size: int, *, mac: Any = None) -> list[bytes]:
    """Chunks by the table of the formats, encoded by the CBOR library."""
    step = size - (AROUND_BYTES if mac is None else AROUND_MAC_BYTES)
    parts = [whole[at : at + step] for at in range(0, len(whole), step)]
    found = []
    for number, part in enumerate(parts):
        items = [1, 0xA1B2C3D4, zlib.crc32(whole), number, len(parts), part]
        head = bytes([0x87 + (mac is not None)])
        raw = head + b"".join(cbor2.dumps(item, canonical=True) for item in items)
        raw += cbor2.dumps(zlib.crc32(raw).to_bytes(4, "big"))
        found.append(raw if mac is None else raw + cbor2.dumps(mac(raw)[:4]))
    return found


def given_away(one: Recorder) -> list[bytes]:
    count = one.seal()
    assert count is not None
    return [one.chunk(number) for number in range(count)]


@given(
    st.lists(st.integers(0, 25), max_size=12),
    st.integers(0, LEN),
    st.lists(st.integers(1, 25), min_size=1, max_size=6),
    st.integers(CHUNK_MIN, 300),
)
def test_chunks_are_those_of_the_samples_around_the_trigger(
    before: list[int], ago: int, after: list[int], size: int
) -> None:
    one = recorder(chunk_bytes=size)
    x = np.arange(sum(before), dtype=np.float32)
    at = 0
    for n in before:
        one.push_f32(x[at : at + n])
        at += n
    ago = min(ago, at)
    one.trigger(ago, 5, 60)
    assert one.seal() is None
    i = 0
    while one.seal() is None:
        n = after[i % len(after)]
        one.push_f32(np.arange(at, at + n, dtype=np.float32))
        at, i = at + n, i + 1
    end = max(len(x) - ago + AFTER, len(x))
    start = max(0, end - LEN)
    kept = np.arange(start, end, dtype=np.float32)
    whole = blob(kept, len(x) - ago - start)
    assert given_away(one) == chunks_of(whole, size)
    assert one.crc == zlib.crc32(whole)


def test_a_position_stays_while_samples_come() -> None:
    x = np.arange(200, dtype=np.float32)
    ago, at = recorder(), recorder()
    for one in (ago, at):
        one.push_f32(x[:60])
    ago.trigger(3, 5, 60)
    at.push_f32(x[60:64])
    at.trigger_at(57, 5, 60)
    ago.push_f32(x[60:64])
    for one in (ago, at):
        one.push_f32(x[64:])
        assert one.seal()
    assert given_away(ago) == given_away(at)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        at.trigger_at(57, 5, 60)


def sealed(**changes: Any) -> tuple[Recorder, bytes]:
    """A recorder of 16-bit samples with a snapshot, and its bytes."""
    one = recorder(sample_bytes=2, scale=0.5, **changes)
    x = (np.arange(200) * 331 % 65536).astype(np.uint16).view(np.int16)
    one.push_s16(x[:100])
    one.trigger(4, 5, 60)
    one.push_s16(x[100:])
    assert one.seal()
    return one, blob(x[100 - 4 - BEFORE :][:LEN], BEFORE, scale=0.5)


def test_integers_and_codes() -> None:
    def mac(data: bytes) -> bytes:
        return zlib.crc32(b"key" + data).to_bytes(4, "big") + b"more"

    one, whole = sealed(mac=mac)
    assert given_away(one) == chunks_of(whole, 51, mac=mac)
    assert max(map(len, given_away(one))) <= 51
    one, whole = sealed(chunk_bytes=CHUNK_MAX)
    assert given_away(one) == chunks_of(whole, CHUNK_MAX)


def test_a_failing_code_is_the_callers_error() -> None:
    def mac(data: bytes) -> bytes:
        raise RuntimeError("no key")

    one, _ = sealed(mac=mac)
    with pytest.raises(RuntimeError, match="no key"):
        one.chunk(0)


def test_a_slot_keeps_it_and_a_cut_leaves_none() -> None:
    size = slot_bytes(LEN, 2)
    one, whole = sealed(slot=b"\xff" * size)
    assert one.kept() is None
    one.keep()
    image = bytes(one.image)
    sums = (len(whole), zlib.crc32(whole))
    seal = struct.pack("<4s3I", b"SEAL", *sums, 2**32 - 1 - (sums[0] ^ sums[1]))
    assert image == whole + bytes(-len(whole) % 16) + seal
    again = recorder(sample_bytes=2, slot=image)
    count = again.kept()
    assert count is not None
    assert [again.kept_chunk(i) for i in range(count)] == chunks_of(whole, 51)
    for cut in range(size):
        part = image[:cut] + b"\xff" * (size - cut)
        if part != image:
            broken = recorder(sample_bytes=2, slot=part)
            assert broken.kept() is None
            with pytest.raises(ValueError, match="ECM_ERR_STATE"):
                broken.kept_chunk(0)
    turned = recorder(sample_bytes=2, slot=image[:50] + b"?" + image[51:])
    with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
        turned.kept()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"after_len": 0}, "LENGTH"),
        ({"before_len": 1 << 22}, "LENGTH"),
        ({"sample_bytes": 8}, "LENGTH"),
        ({"chunk_bytes": CHUNK_MIN - 1}, "LENGTH"),
        ({"chunk_bytes": CHUNK_MAX + 1}, "LENGTH"),
        ({"fs_hz": 0.0}, "ARG"),
        ({"fs_hz": float("nan")}, "ARG"),
        ({"scale": float("inf")}, "ARG"),
        ({"scale": -1.0}, "ARG"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=f"ECM_ERR_{error}"):
        recorder(**changes)


def test_calls_that_are_refused() -> None:
    one = recorder(slot=bytes(64))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.push_s16(np.zeros(1, np.int16))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.trigger(LEN + 1, 0, 0)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.chunk(0)
    one.trigger(0, 0, 0)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.trigger(0, 0, 0)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.rearm()
    one.push_f32(np.zeros(AFTER, np.float32))
    count = one.seal()
    assert count is not None
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.chunk(count)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        one.keep()
    one.rearm()
    assert one.seal() is None
