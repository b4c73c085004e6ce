"""Signatures and keys of minisign: Ed25519 over a BLAKE2b hash, two lines of text.

What is written here can be verified, and signed, with the program ``minisign``.
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass

from ecmkit.errors import FormatError
from ecmkit.formats import ed25519

__all__ = ["PublicKey", "SecretKey", "sign", "verify"]

_UNTRUSTED = "untrusted comment: "
_TRUSTED = "trusted comment: "
_PREHASHED = b"ED"
_PLAIN = b"Ed"
_SCRYPT, _NO_KDF, _CHECKSUM = b"Sc", b"\0\0", b"B2"
_COMMENTS = ("signature from minisign secret key", "signature from ecmkit")
"""What may stand where nothing is signed: a text of ours, or minisign's own."""
_OPERATIONS, _MEMORY = 1 << 22, 1 << 27
"""Of the hash of passwords: 128 MiB, some tenths of a second."""
_KINDS = {42: "a public key", 74: "a signature", 158: "a secret key"}
"""What a file of minisign has, by its bytes."""


@dataclass(frozen=True)
class PublicKey:
    """What signatures are verified with."""

    id: bytes
    """8 bytes, chosen at random."""
    raw: bytes
    """32 bytes."""

    def text(self) -> str:
        """Write it as a file of minisign."""
        name = self.id[::-1].hex().upper()
        return _lines(
            f"{_UNTRUSTED}minisign public key {name}",
            _encode(_PLAIN + self.id + self.raw),
        )

    @classmethod
    def parse(cls, text: str, *, where: str) -> "PublicKey":
        """Read a file of minisign, or its second line alone.

        Raises
        ------
        FormatError
            Naming `where`, what was found and expected.
        """
        line = (text.strip().splitlines() or [""])[-1]
        data = _decode(line, 42, f"{where}: public key")
        if data[:2] != _PLAIN:
            raise FormatError(f"{where}: found a key of kind {data[:2]!r}, expected Ed")
        return cls(data[2:10], data[10:])


@dataclass(frozen=True, repr=False)
class SecretKey:
    """What packages are signed with; never a part of one."""

    id: bytes
    seed: bytes
    """32 bytes."""

    @classmethod
    def generate(cls) -> "SecretKey":
        """Make a new one from the system's source of randomness."""
        return cls(os.urandom(8), os.urandom(32))

    @property
    def public(self) -> PublicKey:
        """Its other half."""
        return PublicKey(self.id, ed25519.public(self.seed))

    def text(self, password: str = "") -> str:
        """Write it as a file of minisign.

        Parameters
        ----------
        password : str
            Encrypts it; empty: it is not encrypted.
        """
        secret = self.id + self.seed + self.public.raw
        head, what = _NO_KDF + _CHECKSUM + bytes(48), "minisign secret key"
        if not password:
            secret += bytes(32)
        else:
            secret += _checksum(secret)
            limits = b"".join(v.to_bytes(8, "little") for v in (_OPERATIONS, _MEMORY))
            salt = os.urandom(32)
            secret = _xor(secret, _stretch(password, salt, _OPERATIONS, _MEMORY))
            head = _SCRYPT + _CHECKSUM + salt + limits
            what = "minisign encrypted secret key"
        return _lines(f"{_UNTRUSTED}{what}", _encode(_PLAIN + head + secret))

    @classmethod
    def parse(cls, text: str, *, where: str, password: str = "") -> "SecretKey":
        """Read a file of minisign.

        Raises
        ------
        FormatError
            Naming `where`; also for a password that is missing or wrong.
        """
        line = (text.strip().splitlines() or [""])[-1]
        data = _decode(line, 158, f"{where}: secret key")
        kdf, secret = data[2:4], data[54:]
        if data[:2] != _PLAIN or kdf not in (_SCRYPT, _NO_KDF):
            raise FormatError(f"{where}: not a secret key of minisign")
        if kdf == _SCRYPT:
            if not password:
                raise FormatError(f"{where}: the key is encrypted, expected a password")
            limits = (int.from_bytes(data[i : i + 8], "little") for i in (38, 46))
            secret = _xor(secret, _stretch(password, data[6:38], *limits))
        if kdf == _SCRYPT and _checksum(secret[:72]) != secret[72:]:
            raise FormatError(f"{where}: wrong password, or a damaged key")
        key = cls(secret[:8], secret[8:40])
        if key.public.raw != secret[40:72]:
            raise FormatError(
                f"{where}: a damaged key: its halves do not belong together"
            )
        return key


def sign(data: bytes, key: SecretKey, *, trusted: str) -> str:
    """Sign bytes.

    Parameters
    ----------
    data : bytes
        What is signed.
    key : SecretKey
        By whom.
    trusted : str
        One line that is signed too, such as name and version.

    Returns
    -------
    str
        Content of a ``.minisig`` file.
    """
    signature = ed25519.sign(hashlib.blake2b(data).digest(), key.seed)
    return _lines(
        f"{_UNTRUSTED}{_COMMENTS[1]}",
        _encode(_PREHASHED + key.id + signature),
        f"{_TRUSTED}{trusted}",
        _encode(ed25519.sign(signature + trusted.encode(), key.seed)),
    )


def verify(
    data: bytes, signature: str, key: PublicKey, *, what: str, where: str
) -> str:
    """Verify a signature in its only form: no byte of it can be another.

    Parameters
    ----------
    data : bytes
        What was signed.
    signature : str
        Content of a ``.minisig`` file.
    key : PublicKey
        By whom it must be.
    what, where : str
        Names of what was signed and of the signature, for messages.

    Returns
    -------
    str
        The trusted comment.

    Raises
    ------
    FormatError
        If it is malformed or by another key, naming `where`; if it is whole and the
        data are not, naming `what`.
    """
    lines = signature.splitlines()
    heads = [line.partition(": ")[0] + ": " for line in lines[::2]]
    if len(lines) != 4 or heads != [_UNTRUSTED, _TRUSTED]:
        raise FormatError(f"{where}: not a signature of minisign")
    untrusted, trusted = (line.partition(": ")[2] for line in lines[::2])
    if untrusted not in _COMMENTS or signature != _lines(*lines):
        raise FormatError(
            f"{where}: untrusted comment: found {untrusted!r}, "
            f"expected {_COMMENTS[1]!r}"
        )
    made = _decode(lines[1], 74, f"{where}: signature")
    second = _decode(lines[3], 64, f"{where}: second signature")
    if made[:2] != _PREHASHED:
        raise FormatError(
            f"{where}: found a signature of kind {made[:2]!r}, expected ED"
        )
    if made[2:10] != key.id:
        found, wanted = (i[::-1].hex().upper() for i in (made[2:10], key.id))
        raise FormatError(f"{where}: signed with key {found}, expected key {wanted}")
    # The second signature covers the first: it tells which of the two files changed.
    if not ed25519.verify(made[10:] + trusted.encode(), second, key.raw):
        raise FormatError(f"{where}: not a signature by this key, or changed since")
    if not ed25519.verify(hashlib.blake2b(data).digest(), made[10:], key.raw):
        raise FormatError(f"{what}: not what was signed")
    return trusted


def _checksum(secret: bytes) -> bytes:
    return hashlib.blake2b(_PLAIN + secret, digest_size=32).digest()


def _stretch(password: str, salt: bytes, operations: int, memory: int) -> bytes:
    """Make key bytes of a password by scrypt, from libsodium's two limits."""
    block = 8
    operations = max(operations, 32768)
    if operations < memory // 32:
        cost, parallel = operations // (block * 4), 1
    else:
        cost, parallel = memory // (block * 128), 0
    n = 2
    while n <= cost // 2:
        n *= 2
    parallel = parallel or min(operations // 4 // n, 0x3FFFFFFF) // block
    room = 128 * block * (n + parallel) + (1 << 20)
    return hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=block, p=parallel, maxmem=room, dklen=104
    )


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(line: str, length: int, what: str) -> bytes:
    """Read base64 of so many bytes, in the only form that it has."""
    try:
        data = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormatError(f"{what}: not base64") from error
    if len(data) != length or _encode(data) != line:
        known = _KINDS.get(len(data))
        named = f", the length of {known}" if known else ""
        raise FormatError(f"{what}: found {len(data)} bytes{named}, expected {length}")
    return data
