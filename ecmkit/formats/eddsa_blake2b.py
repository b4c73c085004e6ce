"""Signatures of EdDSA over BLAKE2b, by Monocypher's binding ``pymonocypher``."""

import warnings
from typing import Any

from ecmkit.errors import MissingError

__all__ = ["public", "sign", "verify"]

_BYTES = 64


def public(seed: bytes) -> bytes:
    """Return the 32 bytes of the public key.

    Parameters
    ----------
    seed : bytes
        32 secret bytes.

    Raises
    ------
    MissingError
        If the package ``pymonocypher`` is not installed.
    """
    with warnings.catch_warnings():
        # It warns of 32 bytes, but of 64 it returns the second half as it is.
        warnings.simplefilter("ignore", DeprecationWarning)
        made: bytes = _module().compute_signing_public_key(seed)
    return made


def sign(data: bytes, private: bytes) -> bytes:
    """Return the signature of bytes, 64 bytes.

    Parameters
    ----------
    data : bytes
        What is signed.
    private : bytes
        32 secret bytes, then the 32 of the public key.

    Raises
    ------
    MissingError
        If the package ``pymonocypher`` is not installed.
    """
    made: bytes = _module().signature_sign(private, data)
    return made


def verify(data: bytes, signature: bytes, key: bytes) -> bool:
    """Tell whether this is the signature of these bytes by a public key of 32 bytes.

    Raises
    ------
    MissingError
        If the package ``pymonocypher`` is not installed.
    """
    module = _module()
    return len(signature) == _BYTES and bool(
        module.signature_check(signature, key, data)
    )


def _module() -> Any:
    try:
        import monocypher
    except ImportError as error:
        raise MissingError(
            "no Python package 'monocypher': `pip install ecmkit[monocypher]`"
        ) from error
    return monocypher
