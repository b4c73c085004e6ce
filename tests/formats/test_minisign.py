"""Signatures of minisign: those that the program made, and its rules byte by byte."""

from pathlib import Path

import pytest

from ecmkit.errors import FormatError
from ecmkit.formats.minisign import PublicKey, SecretKey, sign, verify

GOLDEN = Path(__file__).parents[1] / "golden" / "minisign"
"""Made by minisign 0.11: ``-G -W``, then ``-S -t "made by minisign 0.11"``."""
KEY = SecretKey(b"12345678", bytes(range(32)))
DATA = b"some bytes\n"


def golden(name: str) -> str:
    return (GOLDEN / name).read_text()


def test_what_the_program_signed_is_verified() -> None:
    key = PublicKey.parse(golden("public.pub"), where="public.pub")
    data = (GOLDEN / "data").read_bytes()
    words = verify(data, golden("data.minisig"), key, what="data", where="data.minisig")
    assert words == "made by minisign 0.11"
    assert PublicKey.parse(golden("public.pub").splitlines()[1], where="") == key
    assert key.text().splitlines()[1] == golden("public.pub").splitlines()[1]


def test_a_key_of_the_program_signs_as_it_does() -> None:
    """Ed25519 has one signature for a key and bytes."""
    key = SecretKey.parse(golden("secret.key"), where="secret.key")
    assert key.public == PublicKey.parse(golden("public.pub"), where="public.pub")
    data = (GOLDEN / "data").read_bytes()
    made = sign(data, key, trusted="made by minisign 0.11").splitlines()
    assert made[1:] == golden("data.minisig").splitlines()[1:]


def test_keys_are_read_back() -> None:
    made = SecretKey.generate()
    assert made != SecretKey.generate()
    text = made.text()
    assert SecretKey.parse(text, where="") == made
    assert PublicKey.parse(made.public.text(), where="") == made.public
    assert "seed" not in repr(made)


def test_the_other_half_of_a_key_is_named() -> None:
    with pytest.raises(FormatError, match=r"a\.key: public key: .* a secret key, exp"):
        PublicKey.parse(KEY.text(), where="a.key")
    with pytest.raises(FormatError, match=r"a\.pub: secret key: .* a public key, exp"):
        SecretKey.parse(KEY.public.text(), where="a.pub")


def test_an_encrypted_key_wants_its_password() -> None:
    text = KEY.text("correct horse")
    assert SecretKey.parse(text, where="", password="correct horse") == KEY
    with pytest.raises(FormatError, match=r"pump\.key: the key is encrypted"):
        SecretKey.parse(text, where="pump.key")
    with pytest.raises(FormatError, match=r"pump\.key: wrong password"):
        SecretKey.parse(text, where="pump.key", password="battery staple")


def test_no_byte_of_a_signature_can_be_another() -> None:
    text = sign(DATA, KEY, trusted="ecm_pump 1.0.0").encode()
    assert (
        verify(DATA, text.decode(), KEY.public, what="data", where="x")
        == "ecm_pump 1.0.0"
    )
    for i in range(len(text)):
        broken = bytearray(text)
        broken[i] ^= 1
        with pytest.raises(FormatError, match=r"^x"):
            verify(DATA, broken.decode(), KEY.public, what="data", where="x")
    for i in range(len(DATA)):
        data = bytearray(DATA)
        data[i] ^= 1
        with pytest.raises(FormatError, match=r"^data: not what was signed"):
            verify(bytes(data), text.decode(), KEY.public, what="data", where="x")
    for other in (text + b"\n", text[:-1], text.replace(b"\n", b"\r\n"), b""):
        with pytest.raises(FormatError, match=r"^x"):
            verify(DATA, other.decode(), KEY.public, what="data", where="x")


@pytest.mark.parametrize("text", ["", "untrusted comment: x\n", "RW=", "RWQ" * 20])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"^a\.pub: public key"):
        PublicKey.parse(text, where="a.pub")
    with pytest.raises(FormatError, match=r"^a\.key: secret key"):
        SecretKey.parse(text, where="a.key")


def test_a_damaged_key_is_refused() -> None:
    lines = KEY.text().splitlines()
    broken = lines[1][:90] + ("A" if lines[1][90] != "A" else "B") + lines[1][91:]
    with pytest.raises(FormatError, match="halves do not belong together"):
        SecretKey.parse(f"{lines[0]}\n{broken}\n", where="a.key")
