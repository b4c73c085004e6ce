"""Authentication codes by a device's key from a file: of commands and frames."""

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

from ecmkit.errors import FormatError, MissingError
from ecmkit.formats.mistakes import nearest

__all__ = ["MACS", "load_mac"]

_BLAKE2B_BYTES = 16  # as of `KeyedHash`: the length is part of what is hashed
_HASH_KEYS = range(16, 65)


def _hmac_sha256(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, "sha256").digest()


def _blake2b(key: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, key=key, digest_size=_BLAKE2B_BYTES).digest()


def _aes_cmac(key: bytes, data: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.cmac import CMAC
    except ImportError as error:
        raise MissingError(
            "no Python package 'cryptography': `pip install ecmkit[package]`"
        ) from error
    code = CMAC(AES(key))
    code.update(data)
    made: bytes = code.finalize()
    return made


MACS: dict[str, tuple[Callable[[bytes, bytes], bytes], tuple[int, ...]]] = {
    "hmac-sha256": (_hmac_sha256, tuple(_HASH_KEYS)),
    "aes-cmac": (_aes_cmac, (16, 24, 32)),
    "blake2b": (_blake2b, tuple(_HASH_KEYS)),
}
"""Codes by name: what makes one of key and data, and bytes that a key may have."""


def load_mac(path: Path, *, mac: str) -> Callable[[bytes], bytes]:
    """Read the key of a device.

    Parameters
    ----------
    path : Path
        Hexadecimal digits: for ``aes-cmac`` (RFC 4493) of 16, 24 or 32 bytes, for
        ``hmac-sha256`` (RFC 2104) and ``blake2b`` (RFC 7693, a hash of 16 bytes) of
        16 ... 64.
    mac : str
        Of `MACS`: what the device's ``mac`` computes.

    Returns
    -------
    callable
        bytes -> code, for `encode_command` and `monitor.ingest`.

    Raises
    ------
    FormatError
        Naming the file, what was found and what was expected.
    ValueError
        If there is no such code.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "7.key")
    ...     _ = path.write_text("000102030405060708090a0b0c0d0e0f")
    ...     load_mac(path, mac="blake2b")(b"data").hex()
    'ac8e041e23b5bc89ec1334eb41297505'
    """
    if mac not in MACS:
        raise ValueError(
            f"mac: found {mac!r}, expected one of {', '.join(MACS)}{nearest(mac, MACS)}"
        )
    make, lengths = MACS[mac]
    try:
        text = path.read_text("utf-8").strip()
        key = bytes.fromhex(text)
    except ValueError as error:
        raise FormatError(
            f"{path}: key: found something else, expected hexadecimal digits"
        ) from error
    if len(key) not in lengths:
        wanted = "16, 24 or 32" if mac == "aes-cmac" else "16 ... 64"
        raise FormatError(
            f"{path}: key: found {len(key)} bytes, expected {wanted} for {mac}"
        )
    return lambda data: make(key, data)
