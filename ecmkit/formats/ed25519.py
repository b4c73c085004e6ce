"""Signatures of Ed25519 (RFC 8032), by the package ``cryptography``."""

from typing import Any

from ecmkit.errors import MissingError

__all__ = ["public", "sign", "verify"]


def public(private: bytes) -> bytes:
    """Return the 32 bytes of the public key.

    Parameters
    ----------
    private : bytes
        32 secret bytes.

    Raises
    ------
    MissingError
        If the package ``cryptography`` is not installed.
    """
    raw: bytes = _key(private).public_key().public_bytes_raw()
    return raw


def sign(data: bytes, private: bytes) -> bytes:
    """Return the signature of bytes, 64 bytes; arguments and errors as of `public`."""
    made: bytes = _key(private).sign(data)
    return made


def verify(data: bytes, signature: bytes, key: bytes) -> bool:
    """Tell whether this is the signature of these bytes by a public key of 32 bytes.

    Raises
    ------
    MissingError
        If the package ``cryptography`` is not installed.
    """
    module = _module()
    from cryptography.exceptions import InvalidSignature

    try:
        module.Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _key(private: bytes) -> Any:
    return _module().Ed25519PrivateKey.from_private_bytes(private)


def _module() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise MissingError(
            "no Python package 'cryptography': `pip install ecmkit[package]`"
        ) from error
    return ed25519
