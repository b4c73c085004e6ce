"""Heads of CBOR items against the CBOR library, and no other encoding read."""

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecmkit._core import cbor
from ecmkit.formats.cbor import array_head, octets, unsigned

UNSIGNED, BYTES, ARRAY = 0x00, 0x40, 0x80


@given(st.integers(0, 2**32 - 1))
@example(23)
@example(24)
@example(255)
@example(256)
@example(65535)
@example(65536)
def test_numbers_are_those_of_the_library(value: int) -> None:
    head = cbor.put_head(UNSIGNED, value)
    assert head == cbor2.dumps(value) == unsigned(value)
    assert len(head) <= cbor.HEAD_MAX
    assert cbor.get_head(head + b"more", UNSIGNED) == (value, len(head))
    assert cbor.get_head(head, BYTES) is None
    for length in range(len(head)):
        assert cbor.get_head(head[:length], UNSIGNED) is None


@given(st.integers(0, 300))
def test_strings_and_arrays_are_those_of_the_library(length: int) -> None:
    data = bytes(length)
    assert cbor.put_head(BYTES, length) + data == cbor2.dumps(data) == octets(data)
    head = cbor.put_head(ARRAY, length)
    assert head + length * b"\x07" == cbor2.dumps([7] * length)
    assert head == array_head(length)


@given(st.binary(min_size=1, max_size=9))
@example(b"\x18\x17")
@example(b"\x1a\x00\x00\xff\xff")
@example(b"\x1b" + bytes(8))
@example(b"\x1f")
def test_what_is_read_is_what_would_be_written(data: bytes) -> None:
    major = data[0] & 0xE0
    found = cbor.get_head(data, major)
    if found is not None:
        assert cbor.put_head(major, found[0]) == data[: found[1]]
        return
    least = {24: 24, 25: 1 << 8, 26: 1 << 16}.get(data[0] & 31)
    short = least is not None and len(data) <= 1 << (data[0] & 31) - 24
    if least is not None and not short:  # it could have been shorter
        value = int.from_bytes(data[1 : 1 + (1 << (data[0] & 31) - 24)], "big")
        assert value < least
    else:
        assert short or data[0] & 31 > 26


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4])
def test_big_endian(length: int) -> None:
    value = 0x81020304
    assert cbor.put_number(value, length) == value.to_bytes(4, "big")[4 - length :]
    with pytest.raises(ValueError, match="length is 5"):
        cbor.put_number(value, 5)
