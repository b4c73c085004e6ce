"""Updates of a device's data: the block of ``ecm_app_update.h``, signed and read."""

import hashlib
import hmac
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from ecmkit.errors import FormatError
from ecmkit.formats import ed25519, eddsa_blake2b

__all__ = [
    "UPDATE_VERSION",
    "Ed25519",
    "EddsaBlake2b",
    "KeyedHash",
    "Signer",
    "Update",
    "read_update",
    "update_block",
]

UPDATE_VERSION = 1
_MAGIC = b"ECMU"
_HEAD = struct.Struct("<4sHHIIIIII16s16s16s")
_PART = struct.Struct("<II")
_SUMMED_AT = 28
_ID_BYTES = 16
_ALIGN = 8
_SIGNATURE = (16, 128)


class Signer(Protocol):
    """Signs updates, and tells whether a signature is right."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature, 16 ... 128 bytes."""

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether this is the signature of these bytes."""


class KeyedHash:
    """A keyed BLAKE2b (RFC 7693): what small parts can check; the key is shared.

    Parameters
    ----------
    key : bytes
        16 ... 64 secret bytes; whoever reads them off one device can sign for all that
        have the same.
    size : int
        Bytes of the hash, 16 ... 64.

    Raises
    ------
    ValueError
        If the key or the size is outside its range.

    Examples
    --------
    >>> signer = KeyedHash(bytes(range(32)))
    >>> signer.verify(b"data", signer.sign(b"data")), len(signer.sign(b""))
    (True, 16)
    """

    def __init__(self, key: bytes, *, size: int = 16) -> None:
        if not 16 <= len(key) <= 64:
            raise ValueError(f"key has {len(key)} bytes, expected 16 ... 64")
        if not 16 <= size <= 64:
            raise ValueError(f"size is {size}, expected 16 ... 64")
        self._key, self._size = key, size

    def sign(self, data: bytes) -> bytes:
        """Return the hash."""
        return hashlib.blake2b(data, key=self._key, digest_size=self._size).digest()

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether this is the hash of these bytes."""
        return hmac.compare_digest(self.sign(data), signature)


class Ed25519:
    """Signatures of RFC 8032: the key on a device is public.

    Parameters
    ----------
    private : bytes
        32 secret bytes.

    Raises
    ------
    ValueError
        If there are not 32 bytes.
    MissingError
        If the package ``cryptography`` is not installed.
    """

    def __init__(self, private: bytes) -> None:
        if len(private) != 32:
            raise ValueError(f"private has {len(private)} bytes, expected 32")
        self._private, self._public = private, ed25519.public(private)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key, for the device."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return ed25519.sign(data, self._private)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether this is the signature of these bytes."""
        return ed25519.verify(data, signature, self._public)


class EddsaBlake2b:
    """Signatures of Monocypher: EdDSA on Curve25519 with BLAKE2b in place of SHA-512.

    Packages with ``verify = "monocypher"`` check them. `Ed25519`, the scheme of RFC
    8032, is another one.

    Parameters
    ----------
    private : bytes
        64 bytes: the first of what ``monocypher.generate_signing_key_pair()`` returns,
        32 secret ones and the public key.

    Raises
    ------
    ValueError
        If there are not 64 bytes, or the halves do not belong together.
    MissingError
        If the package ``pymonocypher`` is not installed.
    """

    def __init__(self, private: bytes) -> None:
        if len(private) != 64:
            raise ValueError(f"private has {len(private)} bytes, expected 64")
        self._private, self._public = private, private[32:]
        if not self.verify(b"", self.sign(b"")):
            raise ValueError(
                "private: found 32 bytes and a public key of others, expected the "
                "secret key of monocypher.generate_signing_key_pair()"
            )

    @classmethod
    def from_seed(cls, seed: bytes) -> "EddsaBlake2b":
        """Make one of 32 secret bytes alone; errors as of the constructor."""
        if len(seed) != 32:
            raise ValueError(f"seed has {len(seed)} bytes, expected 32")
        return cls(seed + eddsa_blake2b.public(seed))

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key, for ``verify_key`` of a package."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return eddsa_blake2b.sign(data, self._private)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether this is the signature of these bytes."""
        return eddsa_blake2b.verify(data, signature, self._public)


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a block says."""

    version: int
    """Of the data; devices take what is newer than theirs."""
    contract_id: str
    """First 16 bytes of the feature contract's id, hexadecimal."""
    layout_id: str
    """Of the code that reads the parts."""
    model_id: str
    """Of models and limits: what telemetry says is running."""
    parts: tuple[bytes, ...]
    signature: bytes
    """Empty in the firmware's own block."""


def update_block(
    parts: Sequence[bytes],
    *,
    version: int,
    contract_id: str,
    layout_id: str,
    model_id: str,
    signer: Signer | None,
) -> bytes:
    """Put parts into one block, and sign it.

    Parameters
    ----------
    parts : sequence of bytes
        In the order of the firmware.
    version : int
        Of the data, 0 ... 2^32 - 1.
    contract_id, layout_id, model_id : str
        Hexadecimal; the first 16 bytes of each count.
    signer : Signer or None
        None for the block that comes with the firmware: devices refuse it in the field.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If an id has fewer than 16 bytes, or the version or the signature is outside
        its range.

    Examples
    --------
    >>> ids = {"contract_id": "ab" * 16, "layout_id": "cd" * 16, "model_id": "ef" * 16}
    >>> block = update_block([b"abc"], version=7, signer=KeyedHash(bytes(16)), **ids)
    >>> found = read_update(block)
    >>> found.version, found.parts, len(block)
    (7, (b'abc',), 112)
    """
    if not 0 <= version < 2**32:
        raise ValueError(f"version is {version}, expected 0 ... 2^32 - 1")
    ids = [
        _id(name, value)
        for name, value in (
            ("contract_id", contract_id), ("layout_id", layout_id),
            ("model_id", model_id),
        )
    ]  # fmt: skip
    at = _HEAD.size + _PART.size * len(parts)
    places, body = b"", b""
    for part in parts:
        start = _rounded(at + len(body))
        body = body.ljust(start - at, b"\0") + part
        places += _PART.pack(start, len(part))
    size = 0 if signer is None else len(signer.sign(b""))
    if signer is not None and not _SIGNATURE[0] <= size <= _SIGNATURE[1]:
        raise ValueError(f"signatures have {size} bytes, expected 16 ... 128")
    body = places + body.ljust(_rounded(at + len(body)) - at, b"\0")

    def head(checksum: int) -> bytes:
        return _HEAD.pack(
            _MAGIC, UPDATE_VERSION, _HEAD.size, _HEAD.size + len(body) + size, size,
            version, len(parts), checksum, 0, *ids,
        )  # fmt: skip

    whole = head(zlib.crc32(head(0)[_SUMMED_AT:] + body)) + body
    return whole if signer is None else whole + signer.sign(whole)


def read_update(
    data: bytes, *, verify: Callable[[bytes, bytes], bool] | None = None
) -> Update:
    """Read a block.

    Parameters
    ----------
    data : bytes
        The whole of it.
    verify : callable, optional
        (data, signature) -> whether the signature is right, such as `Signer.verify`.

    Returns
    -------
    Update

    Raises
    ------
    FormatError
        Naming the field, what was found and what was expected.
    """
    if len(data) < _HEAD.size:
        raise FormatError(
            f"update: found {len(data)} bytes, expected a head of {_HEAD.size}"
        )
    magic, form, head, total, size, version, n, checksum, _, *ids = _HEAD.unpack(
        data[: _HEAD.size]
    )
    end = total - size
    rules = (
        ("magic", magic, _MAGIC, magic == _MAGIC),
        ("version", form, UPDATE_VERSION, form == UPDATE_VERSION),
        ("head", head, _HEAD.size, head == _HEAD.size),
        ("bytes", total, len(data), total == len(data)),
        ("signature", size, "0, or 16 ... 128", size == 0 or 16 <= size <= 128),
        ("parts", n, f"room in {end} bytes", _HEAD.size + _PART.size * n <= end),
    )
    for field, found, expected, met in rules:
        if not met:
            raise FormatError(
                f"update: field `{field}`: found {found!r}, expected {expected!r}"
            )
    wanted = zlib.crc32(data[_SUMMED_AT:end])
    if checksum != wanted:
        raise FormatError(
            f"update: field `crc`: found {checksum:#010x}, expected {wanted:#010x}"
        )
    parts = []
    for i in range(n):
        start, length = _PART.unpack_from(data, _HEAD.size + _PART.size * i)
        if (
            start % _ALIGN
            or start < _HEAD.size + _PART.size * n
            or start + length > end
        ):
            raise FormatError(
                f"update: part {i}: found {length} bytes at {start}, expected them at "
                f"a multiple of {_ALIGN} before {end}"
            )
        parts.append(data[start : start + length])
    if verify is not None and not (size and verify(data[:end], data[end:])):
        raise FormatError("update: the signature is not the key's")
    return Update(
        version=version,
        contract_id=ids[0].hex(),
        layout_id=ids[1].hex(),
        model_id=ids[2].hex(),
        parts=tuple(parts),
        signature=data[end:],
    )


def _id(name: str, value: str) -> bytes:
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        raise ValueError(f"{name} is {value!r}, expected hexadecimal digits") from None
    if len(raw) < _ID_BYTES:
        raise ValueError(f"{name} has {len(raw)} bytes, expected {_ID_BYTES} or more")
    return raw[:_ID_BYTES]


def _rounded(n: int) -> int:
    return -(-n // _ALIGN) * _ALIGN
