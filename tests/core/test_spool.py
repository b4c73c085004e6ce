"""Frames in flash: the format by struct and zlib, the ring by a list, cuts."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core.spool import HEAD_BYTES, Spool, frame_bytes

SECTOR, SECTORS = 128, 3
ERASED = b"\xff" * SECTOR * SECTORS


def head(turn: int, first: int, oldest: int, dropped: int) -> bytes:
    """Head of a sector by the table of the formats."""
    raw = struct.pack("<4s2H5I", b"ECMQ", 1, 0, turn, first, oldest, dropped, 0)
    return raw + struct.pack("<I", zlib.crc32(raw))


def record(kind: bytes, number: int, data: bytes = b"") -> bytes:
    """A record by the table of the formats."""
    front = struct.pack("<cBHI", kind, 0, len(data), number)
    raw = front + struct.pack("<I", zlib.crc32(front + data)) + data
    return raw + bytes(-len(raw) % 16)


def filled(*parts: bytes) -> bytes:
    """A sector of these parts, erased behind them."""
    return b"".join(parts).ljust(SECTOR, b"\xff")


def take(spool: Spool) -> list[tuple[int, bytes]]:
    found = []
    while (frame := spool.next()) is not None:
        found.append(frame)
    return found


def test_bytes_are_those_of_the_formats() -> None:
    spool = Spool(ERASED, SECTOR)
    assert spool.image == ERASED  # opening writes nothing
    for i in range(4):
        spool.append(bytes([i]) * 20)
    spool.ack(1)
    spool.append(b"x" * 17)
    assert spool.image == b"".join(
        [
            filled(head(0, 0, 0, 0), *(record(b"F", i, bytes([i]) * 20)
                                       for i in range(3))),
            filled(head(1, 3, 0, 0), record(b"F", 3, b"\3" * 20), record(b"A", 2),
                   record(b"F", 4, b"x" * 17)),
            filled(),
        ]
    )  # fmt: skip
    assert frame_bytes(20) == 32
    assert frame_bytes(4) == 16
    assert len(head(0, 0, 0, 0)) == HEAD_BYTES


def test_a_device_goes_on_from_an_image_that_the_host_wrote() -> None:
    image = filled(head(7, 40, 39, 5), record(b"F", 40, b"a"), record(b"F", 41, b"bc"))
    older = filled(head(6, 38, 30, 5), record(b"F", 38, b"old"), record(b"F", 39, b"o"))
    spool = Spool(image + filled() + older, SECTOR)
    assert take(spool) == [(39, b"o"), (40, b"a"), (41, b"bc")]
    assert (spool.waiting, spool.dropped) == (3, 5)
    spool.append(b"new")
    assert spool.next() == (42, b"new")


def test_a_sector_of_another_turn_is_not_read() -> None:
    sectors = [
        filled(head(7, 42, 39, 0), record(b"F", 42, b"c")),
        filled(),
        filled(head(5, 38, 38, 0), record(b"F", 38, b"a"), record(b"F", 39, b"b")),
        filled(head(2, 38, 38, 0), record(b"F", 40, b"of an older ring")),
    ]
    spool = Spool(b"".join(sectors), SECTOR)
    assert take(spool) == [(39, b"b"), (42, b"c")]
    spool.ack(42)
    assert (spool.waiting, spool.dropped) == (0, 0)


OPERATIONS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=SECTOR - HEAD_BYTES - 12),
        st.integers(0, 5),  # acknowledge so many of those that wait
        st.just("reset"),
        st.sampled_from(["rewind", "pass"]),
    ),
    max_size=60,
)


@given(OPERATIONS)
def test_it_is_a_queue_that_drops_its_oldest(
    operations: list[bytes | int | str],
) -> None:
    spool = Spool(ERASED, SECTOR)
    queue: list[tuple[int, bytes]] = []  # what waits
    number = acked = 0
    for operation in operations:
        if isinstance(operation, bytes):
            spool.append(operation)
            queue.append((number, operation))
            number += 1
        elif operation == "reset":
            spool = Spool(spool.image, SECTOR)
        elif operation == "rewind":
            spool.rewind()
        elif operation == "pass":
            spool.rewind()
            assert spool.pass_over() == bool(queue)
            assert take(spool) == queue[1:]
        elif isinstance(operation, int) and 0 < operation <= len(queue):
            spool.ack(queue[operation - 1][0])
            acked += operation
            queue = queue[operation:]
        # An acknowledgement for which there is no room is forgotten by a reset.
        forgotten = max(0, spool.waiting - len(queue))
        assert not forgotten or operation == "reset"
        acked -= forgotten
        gone = len(queue) + forgotten - spool.waiting
        spool.rewind()
        found = take(spool)
        assert found[forgotten:] == queue[gone:]
        queue = found
        assert acked + spool.dropped + spool.waiting == number


def test_a_cut_at_every_byte_leaves_what_was_sealed() -> None:
    spool = Spool(ERASED, SECTOR)
    for i in range(5):
        spool.append(bytes([i]) * 30)
        before = bytes(spool.image)
        sealed = [(n, bytes([n]) * 30) for n in range(i + 1)]
        spool.append(bytes([i + 1]) * 30)
        after = bytes(spool.image)
        spool = Spool(before, SECTOR)
        wrote = [
            k for k, (a, b) in enumerate(zip(before, after, strict=True)) if a != b
        ]
        for cut in range(wrote[0], wrote[-1] + 2):
            again = Spool(after[:cut] + before[cut:], SECTOR)
            found = take(again)
            assert found[: i + 1] == sealed
            assert found[i + 1 :] in ([], [(i + 1, bytes([i + 1]) * 30)])
            again.append(b"next")
            assert again.next() == (len(found), b"next")


def test_what_a_spool_refuses() -> None:
    with pytest.raises(ValueError, match="expected sectors of 100"):
        Spool(bytes(150), 100)
    with pytest.raises(ValueError, match="expected sectors of 0"):
        Spool(bytes(150), 0)
    for sector, image in ((128, bytes(128)), (48, bytes(96)), (72, bytes(144))):
        with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
            Spool(image, sector)
    spool = Spool(ERASED, SECTOR)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        spool.append(b"")
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        spool.append(bytes(SECTOR - HEAD_BYTES - 11))
    spool.append(bytes(SECTOR - HEAD_BYTES - 12))
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        spool.next(SECTOR - HEAD_BYTES - 13)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        spool.ack(1)
    assert spool.waiting == 1
