"""Weights as data: the bytes that ``ecm_weights.h`` describes."""

import struct
import zlib
from collections.abc import Sequence

__all__ = ["HEAD_BYTES", "weights_blob"]

HEAD_BYTES = 48
"""``ECM_WEIGHTS_HEAD_BYTES``."""
_MAGIC, _VERSION = b"ECMW", 1
_ID_BYTES = 16
_ALIGN = 8


def weights_blob(
    tables: Sequence[bytes], *, layout_id: bytes, contract_id: str = ""
) -> bytes:
    """Put the tables of a model into one block.

    Parameters
    ----------
    tables : sequence of bytes
        In the order in which the code asks for them.
    layout_id : bytes
        Hash of the code that reads them; its first 16 bytes count.
    contract_id : str
        Hash of the features in hexadecimal digits; its first 16 bytes count, and zeros
        stand for what is missing.

    Returns
    -------
    bytes
        A multiple of 8 long.

    Raises
    ------
    ValueError
        If `contract_id` is no hexadecimal number.

    Examples
    --------
    >>> blob = weights_blob([b"abc"], layout_id=bytes(16))
    >>> len(blob), blob[:4], blob[56:59]
    (64, b'ECMW', b'abc')
    """
    at = _rounded(4 + 4 * len(tables))
    places: list[int] = []
    parts: list[bytes] = []
    for table in tables:
        places.append(at)
        parts.append(table.ljust(_rounded(len(table)), b"\0"))
        at += len(parts[-1])
    head = struct.pack(f"<{1 + len(places)}I", len(places), *places)
    body = b"".join([head.ljust(_rounded(len(head)), b"\0"), *parts])
    try:
        ids = bytes.fromhex(contract_id)[:_ID_BYTES].ljust(_ID_BYTES, b"\0")
    except ValueError as error:
        raise ValueError(
            f"contract_id {contract_id!r}: expected hexadecimal digits"
        ) from error
    rest = ids + layout_id[:_ID_BYTES].ljust(_ID_BYTES, b"\0") + body
    sizes = struct.pack("<HHII", _VERSION, HEAD_BYTES, 16 + len(rest), zlib.crc32(rest))
    return _MAGIC + sizes + rest


def _rounded(n: int) -> int:
    return -(-n // _ALIGN) * _ALIGN
