"""Codes are those of their standards, by keys from files."""

from pathlib import Path

import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import MACS, load_mac

VECTORS = [
    # RFC 4493, section 4, example 2
    (
        "aes-cmac", "2b7e151628aed2a6abf7158809cf4f3c",
        "6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c",
    ),
    # RFC 4231, section 4.2
    (
        "hmac-sha256", "0b" * 20, b"Hi There".hex(),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("mac", "key", "data", "code"), VECTORS)
def test_codes_of_standards(
    tmp_path: Path, mac: str, key: str, data: str, code: str
) -> None:
    if mac == "aes-cmac":
        pytest.importorskip("cryptography")
    (tmp_path / "k").write_text(f"{key}\n")
    assert load_mac(tmp_path / "k", mac=mac)(bytes.fromhex(data)).hex() == code


@pytest.mark.parametrize(
    ("mac", "text", "words"),
    [
        ("aes-cmac", b"ab" * 17, "key: found 17 bytes, expected 16, 24 or 32 for"),
        ("hmac-sha256", b"ab" * 15, "found 15 bytes, expected 16 ... 64 for hmac"),
        ("blake2b", b"ab" * 65, "found 65 bytes, expected 16 ... 64 for blake2b"),
        ("blake2b", b"", "found 0 bytes"),
        ("blake2b", b"secret", "expected hexadecimal digits"),
        ("blake2b", b"\xff\xfe", "expected hexadecimal digits"),
    ],
)
def test_a_wrong_key_is_named(
    tmp_path: Path, mac: str, text: bytes, words: str
) -> None:
    path = tmp_path / "k"
    path.write_bytes(text)
    with pytest.raises(FormatError) as error:
        load_mac(path, mac=mac)
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)


def test_an_unknown_code_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'aes-cmac'"):
        load_mac(tmp_path / "k", mac="aes-cmca")
    assert sorted(MACS) == ["aes-cmac", "blake2b", "hmac-sha256"]
