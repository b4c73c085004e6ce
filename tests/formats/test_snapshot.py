"""Chunks of a snapshot: joined in any order; damaged and mixed ones are named."""

import random
import zlib

import cbor2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.snapshot import Recorder
from ecmkit.errors import FormatError
from ecmkit.formats import SnapshotChunk, decode_chunk, join_chunks, missing_chunks
from ecmkit.formats.cbor import TruncatedFrameError


def frames(
    *, device_id: int = 7, offset: int = 0, chunk_bytes: int = 51
) -> list[bytes]:
    """All chunks of a snapshot of 100 samples, by the device library."""
    one = Recorder(
        device_id=device_id, before_len=60, after_len=40, fs_hz=500.0, scale=0.25,
        sample_bytes=2, channel=1, chunk_bytes=chunk_bytes, mac=None, slot=b"",
    )  # fmt: skip
    x = np.arange(200, dtype=np.int16) + np.int16(offset)
    one.push_s16(x[:80])
    one.trigger(0, 3, 99)
    one.push_s16(x[80:])
    count = one.seal()
    assert count is not None
    return [one.chunk(number) for number in range(count)]


def read(*, device_id: int = 7, offset: int = 0) -> list[SnapshotChunk]:
    return [decode_chunk(f) for f in frames(device_id=device_id, offset=offset)]


@given(st.randoms(use_true_random=False))
def test_chunks_join_in_any_order(chance: random.Random) -> None:
    chunks = read()
    some = chance.sample(chunks, chance.randrange(1, len(chunks)))
    lacking = missing_chunks(some)
    assert sorted([*lacking, *(chunk.number for chunk in some)]) == [
        *range(len(chunks))
    ]
    whole = join_chunks([*some, *(chunks[number] for number in lacking), some[0]])
    assert whole.x.tolist() == [0.25 * n for n in range(20, 120)]
    assert (whole.trigger, whole.fs_hz, whole.before_s) == (60, 500.0, 0.12)
    assert (whole.device_id, whole.channel, whole.cause, whole.time_s) == (7, 1, 3, 99)


def test_any_bit_that_turns_is_named() -> None:
    for frame in frames()[:1] + frames()[-1:]:
        for bit in range(8 * len(frame)):
            broken = bytearray(frame)
            broken[bit // 8] ^= 1 << bit % 8
            with pytest.raises(FormatError, match="snapshot chunk"):
                decode_chunk(bytes(broken))


def test_a_cut_chunk_ends_early() -> None:
    frame = frames()[0]
    for length in range(len(frame)):
        with pytest.raises(TruncatedFrameError, match="snapshot chunk"):
            decode_chunk(frame[:length])
    with pytest.raises(FormatError, match="1 bytes after its end"):
        decode_chunk(frame + b"0")
    with pytest.raises(FormatError, match="1025 bytes, expected at most 1024"):
        decode_chunk(bytes(1025))


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (read(device_id=8)[1], "chunk 1 field `device_id`: found 8, expected 7"),
        (read(offset=1)[1], "chunk 1 field `id`: found"),
        (msgspec.structs.replace(read()[1], total=3), "field `total`: found 3"),
        (msgspec.structs.replace(read()[0], data=b"?"), "chunk 0 field `data`"),
    ],
)
def test_mixed_chunks_are_named(other: SnapshotChunk, named: str) -> None:
    with pytest.raises(FormatError, match=named):
        join_chunks([read()[0], other])
    with pytest.raises(FormatError, match=named):
        missing_chunks([read()[0], other])


def test_what_is_missing_or_changed_is_named() -> None:
    chunks = read()
    with pytest.raises(FormatError, match=f"9 of {len(chunks)} chunks, expected 4 too"):
        join_chunks([*chunks[:4], *chunks[5:]])
    changed = msgspec.structs.replace(chunks[3], data=bytes(len(chunks[3].data)))
    with pytest.raises(FormatError, match=r"CRC-32 .* expected `id`"):
        join_chunks([*chunks[:3], changed, *chunks[4:]])
    with pytest.raises(FormatError, match="found no chunk"):
        join_chunks([])


def whole(blob: bytes) -> SnapshotChunk:
    return SnapshotChunk(device_id=1, id=zlib.crc32(blob), number=0, total=1, data=blob)


def test_a_head_that_does_not_fit_is_named() -> None:
    blob = b"".join(chunk.data for chunk in read())
    for at, value, field in (
        (0, b"X", "magic"), (4, b"\2", "version"), (6, b"\3", "sample"),
        (8, b"\0", "samples"), (12, b"\xff", "trigger"), (16, bytes(4), "fs_hz"),
        (20, b"\0\0\x80\x7f", "scale"),
    ):  # fmt: skip
        wrong = blob[:at] + value + blob[at + len(value) :]
        with pytest.raises(FormatError, match=f"snapshot field `{field}`: found"):
            join_chunks([whole(wrong)])
    with pytest.raises(FormatError, match="31 bytes, expected at least 32"):
        join_chunks([whole(blob[:31])])


def encoded(items: list[object]) -> bytes:
    """A chunk of these items with the checksum that they have."""
    raw = bytes([0x87]) + b"".join(cbor2.dumps(item, canonical=True) for item in items)
    return raw + cbor2.dumps(zlib.crc32(raw).to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("items", "named"),
    [
        ([2, 1, 1, 0, 1, b"x"], "`version`: found 2, expected 1"),
        ([1, 1, 1, 5, 5, b"x"], "`number`: found 5, expected below `total` 5"),
        ([1, 1, 1, 0, 65536, b"x"], "`total`: found 65536"),
        ([1, 1, 1, 0, 1, b""], "`data`: found 0 bytes"),
        ([1, -1, 1, 0, 1, b"x"], "`device_id`: found CBOR type 1"),
    ],
)
def test_fields_outside_their_range_are_named(items: list[object], named: str) -> None:
    with pytest.raises(FormatError, match=named):
        decode_chunk(encoded(items))


def test_codes_are_asked_for() -> None:
    def mac(data: bytes) -> bytes:
        return zlib.crc32(data).to_bytes(4, "big") + b"more"

    frame = frames()[0]
    with pytest.raises(FormatError, match="`mac`: found none"):
        decode_chunk(frame, mac=mac)
    raw = b"\x88" + frame[1:-5]
    raw += cbor2.dumps(zlib.crc32(raw).to_bytes(4, "big"))
    assert decode_chunk(raw + b"\x44" + mac(raw)[:4], mac=mac).number == 0
    with pytest.raises(FormatError, match="`mac`: found 30303030, expected the code"):
        decode_chunk(raw + b"\x440000", mac=mac)
    with pytest.raises(FormatError, match="an array of 11, expected 7"):
        decode_chunk(b"\x8b" + frame[1:])
