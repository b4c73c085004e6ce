"""Updates are read back as they were written, and refused by name."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit.errors import FormatError
from ecmkit.formats import Ed25519, KeyedHash, Signer, read_update, update_block

IDS = {"contract_id": "ab" * 32, "layout_id": "cd" * 16, "model_id": "ef" * 16}
SIGNERS: dict[str, Signer] = {
    "keyed hash": KeyedHash(b"k" * 32, size=32),
    "ed25519": Ed25519(bytes(range(32))),
}


@given(
    parts=st.lists(st.binary(max_size=40), max_size=5),
    version=st.integers(0, 2**32 - 1),
    name=st.sampled_from([*SIGNERS, ""]),
)
def test_a_block_comes_back(parts: list[bytes], version: int, name: str) -> None:
    signer = SIGNERS.get(name)
    block = update_block(parts, version=version, signer=signer, **IDS)
    found = read_update(block, verify=None if signer is None else signer.verify)
    assert found.parts == tuple(parts)
    assert found.version == version
    assert found.contract_id == IDS["contract_id"][:32]
    assert (found.layout_id, found.model_id) == (IDS["layout_id"], IDS["model_id"])
    assert len(found.signature) == {"keyed hash": 32, "ed25519": 64, "": 0}[name]


def test_the_bytes_are_those_of_the_table() -> None:
    """Read field by field as docs/formats.md has them."""
    block = update_block([b"abc", b"12345678"], version=9, signer=None, **IDS)
    assert block[:4] == b"ECMU"
    assert struct.unpack_from("<2H4I", block, 4) == (1, 80, len(block), 0, 9, 2)
    assert struct.unpack_from("<I", block, 24)[0] == zlib.crc32(block[28:])
    assert block[28:32] == bytes(4)
    assert block[32:80].hex() == "ab" * 16 + "cd" * 16 + "ef" * 16
    assert struct.unpack_from("<4I", block, 80) == (96, 3, 104, 8)
    assert block[96:99] == b"abc"
    assert block[104:112] == b"12345678"
    assert len(block) == 112


def test_rfc_8032_and_7693() -> None:
    """The first test of RFC 8032, section 7.1, and BLAKE2b of a known key."""
    private = bytes.fromhex(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    )
    signer = Ed25519(private)
    assert signer.public.hex() == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert signer.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a")
    assert not signer.verify(b"x", signer.sign(b""))
    # The first keyed vector of the BLAKE2 reference: key 00 ... 3f, no data.
    keyed = KeyedHash(bytes(range(64)), size=64)
    assert keyed.sign(b"").hex().startswith("10ebb67700b1868efb4417987acf4690")
    assert not keyed.verify(b"", bytes(64))


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (0, "field `magic`"),
        (4, "field `version`: found 2, expected 1"),
        (6, "field `head`"),
        (8, "field `bytes`"),
        (12, "field `signature`"),
        (24, "field `crc`"),
        (60, "field `crc`"),
    ],
)
def test_damage_is_named(at: int, words: str) -> None:
    block = bytearray(update_block([b"abc"], version=1, signer=None, **IDS))
    block[at] ^= 3
    with pytest.raises(FormatError) as caught:
        read_update(bytes(block))
    assert words in str(caught.value)


def test_other_refusals() -> None:
    signer = SIGNERS["keyed hash"]
    block = bytearray(update_block([b"abc"], version=1, signer=signer, **IDS))
    with pytest.raises(FormatError, match="found 79 bytes, expected a head of 80"):
        read_update(bytes(block[:79]))
    with pytest.raises(FormatError, match="signature is not the key's"):
        read_update(bytes(block), verify=SIGNERS["ed25519"].verify)
    unsigned = update_block([b"abc"], version=1, signer=None, **IDS)
    with pytest.raises(FormatError, match="signature is not the key's"):
        read_update(unsigned, verify=signer.verify)
    far = bytearray(unsigned)
    far[80] = 4  # before the parts' list ends
    far[24:28] = struct.pack("<I", zlib.crc32(far[28:]))
    with pytest.raises(FormatError, match="part 0: found 3 bytes at 4"):
        read_update(bytes(far))
    with pytest.raises(ValueError, match="version is -1"):
        update_block([], version=-1, signer=None, **IDS)
    with pytest.raises(ValueError, match="model_id has 1 bytes"):
        update_block([], version=1, signer=None, **{**IDS, "model_id": "ab"})
    with pytest.raises(ValueError, match="layout_id is 'x', expected hexadecimal"):
        update_block([], version=1, signer=None, **{**IDS, "layout_id": "x"})
    with pytest.raises(ValueError, match="key has 3 bytes"):
        KeyedHash(b"abc")
    with pytest.raises(ValueError, match="size is 8"):
        KeyedHash(bytes(16), size=8)
    with pytest.raises(ValueError, match="private has 3 bytes"):
        Ed25519(b"abc")
