"""Keys of updates, from files: who signs, and who is asked whether it was them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ecmkit.errors import FormatError, saying
from ecmkit.formats import ed25519, eddsa_blake2b, minisign
from ecmkit.formats.update import Ed25519, EddsaBlake2b, KeyedHash

__all__ = ["SCHEMES", "Scheme", "load_signer", "load_verifier"]

Scheme = Literal["ed25519", "monocypher", "keyed"]
SCHEMES: tuple[Scheme, ...] = ("ed25519", "monocypher", "keyed")
"""What `Ed25519`, `EddsaBlake2b` and `KeyedHash` sign."""
_HEX = re.compile(r"([0-9a-fA-F]{2})+")
_PUBLIC_BYTES = 32
_KEYED_BYTES = 32  # what `ecm_package_verify_key_t` of a package gives


def load_signer(
    path: Path, *, scheme: Scheme, password: str = ""
) -> Ed25519 | EddsaBlake2b | KeyedHash:
    """Read who signs updates.

    Parameters
    ----------
    path : Path
        A secret key of minisign, such as ``ecmkit keygen`` writes; or hexadecimal
        digits: of ``ed25519`` 32 secret bytes, of ``monocypher`` the 64 of
        `EddsaBlake2b`, of ``keyed``, which is digits alone, the 32 that devices share.
    scheme : {"ed25519", "monocypher", "keyed"}
        How it signs.
    password : str
        Of an encrypted key of minisign.

    Returns
    -------
    Ed25519, EddsaBlake2b or KeyedHash

    Raises
    ------
    FormatError
        Naming the file, what was found and what was expected.
    MissingError
        If the package that signs so is not installed.
    """
    text = _text(path)
    with saying(f"{path}: secret key"):
        if _HEX.fullmatch(text):
            raw = bytes.fromhex(text)
            if scheme == "ed25519":
                return Ed25519(raw)
            return EddsaBlake2b(raw) if scheme == "monocypher" else _keyed(raw)
    if scheme == "keyed":
        raise FormatError(
            f"{path}: secret key: found no hexadecimal digits, expected "
            f"{2 * _KEYED_BYTES} of them for `keyed`"
        )
    seed = minisign.SecretKey.parse(text, where=str(path), password=password).seed
    return Ed25519(seed) if scheme == "ed25519" else EddsaBlake2b.from_seed(seed)


def load_verifier(path: Path, *, scheme: Scheme) -> Callable[[bytes, bytes], bool]:
    """Read who must have signed an update.

    Parameters
    ----------
    path : Path
        A public key of minisign, of ``ed25519`` alone; or hexadecimal digits: the 32
        bytes of a public key, of ``keyed`` the 32 secret ones.
    scheme : {"ed25519", "monocypher", "keyed"}
        How it was signed.

    Returns
    -------
    callable
        (data, signature) -> whether the signature is right, for `read_update`.

    Raises
    ------
    FormatError
        Naming the file, what was found and what was expected.
    """
    text = _text(path)
    if not _HEX.fullmatch(text):
        if scheme != "ed25519":
            raise FormatError(
                f"{path}: key: found no hexadecimal digits, expected "
                f"{2 * _PUBLIC_BYTES} of them for `{scheme}`"
            )
        key = minisign.PublicKey.parse(text, where=str(path)).raw
        return lambda data, signature: ed25519.verify(data, signature, key)
    raw = bytes.fromhex(text)
    if scheme == "keyed":
        with saying(f"{path}: key"):
            return _keyed(raw).verify
    if len(raw) != _PUBLIC_BYTES:
        raise FormatError(
            f"{path}: public key: found {len(raw)} bytes, expected {_PUBLIC_BYTES}"
        )
    check = ed25519.verify if scheme == "ed25519" else eddsa_blake2b.verify
    return lambda data, signature: check(data, signature, raw)


def _keyed(key: bytes) -> KeyedHash:
    if len(key) != _KEYED_BYTES:
        raise ValueError(f"key has {len(key)} bytes, expected {_KEYED_BYTES}")
    return KeyedHash(key)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: found bytes that are no text, expected a key of minisign or "
            "hexadecimal digits"
        ) from error
