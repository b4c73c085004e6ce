"""Weights as data: the format by struct and zlib, and what is refused."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import weights
from ecmkit.graph.weights import HEAD_BYTES, weights_blob

CONTRACT, LAYOUT = bytes(range(16)), bytes(range(100, 116))
TABLES = st.lists(st.binary(max_size=40), max_size=6)


def block(tables: list[bytes]) -> bytes:
    """A block by the table of the header."""
    at, places, body = -(-(4 + 4 * len(tables)) // 8) * 8, [], b""
    for table in tables:
        places.append(at + len(body))
        body += table + bytes(-len(table) % 8)
    head = struct.pack(f"<I{len(tables)}I", len(tables), *places)
    rest = CONTRACT + LAYOUT + head.ljust(at, b"\0") + body
    return (
        struct.pack("<4s2H2I", b"ECMW", 1, 48, 16 + len(rest), zlib.crc32(rest)) + rest
    )


@given(TABLES)
def test_what_the_compiler_writes_is_what_the_device_reads(tables: list[bytes]) -> None:
    made = weights_blob(tables, layout_id=LAYOUT, contract_id=CONTRACT.hex())
    assert made == block(tables)
    weights.fit(made, CONTRACT, LAYOUT)
    weights.check_block(made, CONTRACT, LAYOUT, len(tables))
    weights.check_block(made + b"more", CONTRACT, LAYOUT, len(tables))
    for at, table in enumerate(tables):
        start = weights.table(made, at)
        assert start % 8 == 0
        assert made[start : start + len(table)] == table


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6), st.data())
def test_no_flipped_bit_and_no_cut_goes_unseen(tables, data) -> None:
    made = bytearray(block(tables))
    bit = data.draw(st.integers(0, 8 * len(made) - 1))
    made[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ValueError, match="ECM_ERR_"):
        weights.check_block(made, CONTRACT, LAYOUT, len(tables))
    made[bit // 8] ^= 1 << bit % 8
    cut = data.draw(st.integers(0, len(made) - 1))
    with pytest.raises(ValueError, match=r"ECM_ERR_(LENGTH|FORMAT|NULL)"):
        weights.check_block(made[:cut], CONTRACT, LAYOUT, len(tables))


@pytest.mark.parametrize(
    ("contract", "layout", "tables", "status"),
    [
        (LAYOUT, LAYOUT, 2, "ECM_ERR_ARG"),
        (CONTRACT, CONTRACT, 2, "ECM_ERR_ARG"),
        (CONTRACT, LAYOUT, 3, "ECM_ERR_FORMAT"),
        (CONTRACT, LAYOUT, 0, "ECM_ERR_FORMAT"),
    ],
)
def test_weights_of_another_model_are_refused(contract, layout, tables, status) -> None:
    made = block([b"abc", b"defg"])
    with pytest.raises(ValueError, match=status):
        weights.check_block(made, contract, layout, tables)


def test_a_contract_that_is_no_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="'pump': expected hexadecimal digits"):
        weights_blob([], layout_id=LAYOUT, contract_id="pump")


def test_lengths_that_are_wrong_are_told() -> None:
    assert weights.HEAD_BYTES == HEAD_BYTES == 48
    assert weights.ID_BYTES == 16
    with pytest.raises(ValueError, match="ids have 3 and 16 bytes"):
        weights.fit(block([]), b"abc", LAYOUT)
    with pytest.raises(ValueError, match="expected a head"):
        weights.fit(b"ECMW", CONTRACT, LAYOUT)
