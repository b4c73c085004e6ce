"""Saved states: the format by struct and zlib, cuts at every byte of a save."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import state
from ecmkit._core.drift import Cusum


def record(type_: int, sequence: int, data: bytes) -> bytes:
    """A record by the table of the header."""
    head = struct.pack("<4s2H2I", b"ECMS", 1, type_, sequence, len(data))
    return head + data + struct.pack("<I", zlib.crc32(head + data))


@given(st.binary(max_size=300), st.integers(0, 300))
def test_crc_is_that_of_zlib(data: bytes, cut: int) -> None:
    half = state.crc32(0, data[:cut])
    assert state.crc32(half, data[cut:]) == zlib.crc32(data)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_records_take_turns(saves: list[bytes]) -> None:
    size = state.slot_bytes(40)
    store = state.Store(bytes(2 * size))
    expected = [b"", b""]
    for i, data in enumerate(saves):
        store.save(3, data)
        expected[i % 2] = record(3, i, data)
        assert store.load(3) == data
    for slot, wanted in enumerate(expected):
        assert store.image[slot * size :][: len(wanted)] == wanted


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=8), st.integers(0, 170))
def test_pieces_are_one_record(pieces: list[bytes], split: int) -> None:
    whole = b"".join(pieces)
    size = state.slot_bytes(160)
    one, two = state.Store(bytes(2 * size)), state.Store(bytes(2 * size))
    one.save(3, whole)
    two.save_parts(3, pieces)
    assert one.image == two.image
    split = min(split, len(whole))
    lengths = [split, len(whole) - split + 2]
    assert one.load_parts(3, lengths) == (
        [whole[:split], whole[split:] + b"\0\0"], len(whole)
    )  # fmt: skip


def test_a_save_that_is_cut_leaves_the_record_of_before() -> None:
    size = state.slot_bytes(50)
    store = state.Store(b"\xff" * 2 * size)
    store.save(1, b"old" * 10)
    store.save(1, b"older than new" * 3)
    before = bytes(store.image)
    store.save(1, b"new" * 15)
    after = bytes(store.image)
    news = len(record(1, 2, b"new" * 15))
    for cut in range(size + 1):  # erased to the end, then written so far
        image = after[:cut] + b"\xff" * (size - cut) + before[size:]
        found = state.Store(image).load(1)
        assert found == (b"new" * 15 if cut >= news else b"older than new" * 3)
        image = b"\xff" * cut + before[cut:]  # or cut while erasing
        assert state.Store(image).load(1) == b"older than new" * 3


def test_a_record_is_taken_back() -> None:
    store = state.Store(b"\xff" * 2 * state.slot_bytes(8))
    for data in (b"first", b"second"):
        with pytest.raises(ValueError, match="ECM_ERR_STATE"):
            store.revert()
        store.save(1, data)
    assert store.load_before(1) == b"first"
    with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
        store.load_before(2)
    store.revert()
    assert store.load(1) == b"first"
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        store.load_before(1)
    store.save(1, b"third")
    assert (store.load(1), store.load_before(1)) == (b"third", b"first")


def test_monitors_go_on_from_a_saved_state() -> None:
    cusum = Cusum(0.5, 5.0)
    cusum.update_f32(2.0)
    store = state.Store(bytes(2 * state.slot_bytes(24)))
    store.save(0x0101, cusum.to_bytes())
    again = Cusum(0.5, 5.0)
    again.load(store.load(0x0101))
    assert again.to_bytes() == cusum.to_bytes()


def test_what_a_store_refuses() -> None:
    with pytest.raises(ValueError, match="two slots"):
        state.Store(b"123")
    store = state.Store(bytes(2 * state.slot_bytes(4)))
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        store.load(1)
    with pytest.raises(ValueError, match="ECM_ERR_FULL"):
        store.save(1, b"12345")
    store.save(1, b"1234")
    with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
        store.load(2)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        store.save(65536, b"")
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        state.Store(bytes(8)).load(1)
