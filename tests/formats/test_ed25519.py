"""Ed25519 by its RFC, and what it says without the package that it needs."""

import sys

import pytest

from ecmkit.errors import MissingError
from ecmkit.formats import Ed25519, ed25519
from ecmkit.formats.minisign import SecretKey, sign, verify

# RFC 8032, section 7.1: secret key, public key, message and signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize("texts", RFC_8032)
def test_vectors_of_the_rfc(texts: tuple[str, ...]) -> None:
    private, public, data, signature = map(bytes.fromhex, texts)
    assert ed25519.public(private) == public
    assert ed25519.sign(data, private) == signature
    assert ed25519.verify(data, signature, public)
    for at in (0, 31, 32, 63):
        broken = bytearray(signature)
        broken[at] ^= 1
        assert not ed25519.verify(data, bytes(broken), public)
    assert not ed25519.verify(data + b"x", signature, public)


def test_without_the_package_all_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    key = SecretKey(b"12345678", bytes(32))
    made, public = sign(b"data", key, trusted="x"), key.public
    for name in [n for n in sys.modules if n.split(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    for call in (
        lambda: Ed25519(bytes(32)),
        lambda: key.public,
        lambda: sign(b"data", key, trusted="x"),
        lambda: verify(b"data", made, public, what="data", where="x"),
    ):
        with pytest.raises(MissingError, match=r"'cryptography': .*ecmkit\[package\]"):
            call()
