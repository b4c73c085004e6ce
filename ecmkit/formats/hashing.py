"""Content hashes: the names by which stages, data and models know each other."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

__all__ = ["content_hash", "file_hash"]


def content_hash(*parts: object) -> str:
    """SHA-256 over records, arrays, text and bytes, independent of memory layout.

    Parameters
    ----------
    *parts : str, bytes, numpy array, msgspec.Struct, or plain data
        Arrays count with dtype, shape and C-ordered little-endian bytes.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    TypeError
        For a part that has no defined content.

    Examples
    --------
    >>> content_hash("a", 1) == content_hash("a", 1)
    True
    >>> content_hash("ab", "c") == content_hash("a", "bc")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        kind, data = _encode(part)
        digest.update(f"{kind}:{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _encode(part: object) -> tuple[str, bytes]:
    if isinstance(part, bytes):
        return "bytes", part
    if isinstance(part, np.ndarray):
        if part.dtype.hasobject:
            raise TypeError("content_hash: arrays of Python objects have no content")
        plain: np.ndarray[Any, Any] = np.ascontiguousarray(part)
        little = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
        return f"array{little.dtype.str}{part.shape}", little.tobytes()
    return "data", msgspec.json.encode(part, order="deterministic")
