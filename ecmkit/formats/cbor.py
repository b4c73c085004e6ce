"""The few items of CBOR that frames are made of, and nothing else.

Frames come over the air: tags, maps, text and the big numbers that a general reader
would build from them are refused unread.
"""

import math
import struct

from ecmkit.errors import FormatError

__all__ = ["Reader", "TruncatedFrameError", "array_head", "octets", "unsigned"]

_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_NAMES = {0: "unsigned integer", 2: "byte string", 4: "array", 7: "float"}


def _write_head(major: int, value: int) -> bytes:
    """Head of an item, its argument in the fewest bytes."""
    if value < 24:
        return bytes([major << 5 | value])
    info = next(i for i in range(4) if value < 1 << (8 << i))
    return bytes([major << 5 | 24 + info]) + value.to_bytes(1 << info, "big")


def array_head(count: int) -> bytes:
    """Write the head of an array of so many items."""
    return _write_head(4, count)


def unsigned(value: int) -> bytes:
    """Write an unsigned integer below 2^64.

    Examples
    --------
    >>> unsigned(500).hex()
    '1901f4'
    """
    return _write_head(0, value)


def octets(data: bytes) -> bytes:
    """Write a byte string."""
    return _write_head(2, len(data)) + data


class TruncatedFrameError(FormatError):
    """A frame that ends before its last item."""


class Reader:
    """Takes the items of a frame in turn; errors name the field.

    Parameters
    ----------
    data : bytes
        One whole frame.
    what : str
        What errors call it.
    """

    def __init__(self, data: bytes, what: str = "frame") -> None:
        self.data = data
        self.what = what
        self.at = 0

    def array(self, field: str = "") -> int:
        """Head of an array: how many items follow."""
        where = self._named(field) if field else self.what
        major, value, _ = self._head(where)
        if major != 4:
            raise FormatError(f"{where}: found CBOR type {major}, expected an array")
        return value

    def at_array(self) -> bool:
        """Whether the next item is an array."""
        return self._major() == 4

    def at_integer(self) -> bool:
        """Whether the next item is an unsigned integer."""
        return self._major() == 0

    def integer(self, field: str, largest: int) -> int:
        """Unsigned integer, 0 ... `largest`."""
        value = self._item(field, 0)[0]
        if value > largest:
            raise FormatError(
                f"{self._named(field)}: found {value}, expected 0 ... {largest}"
            )
        return value

    def octets(self, field: str, length: int) -> bytes:
        """Byte string of a known length."""
        found, _ = self._item(field, 2)
        if found != length:
            raise FormatError(
                f"{self._named(field)}: found {found} bytes, expected {length}"
            )
        return self._take(self._named(field), length)

    def some_octets(self, field: str, least: int, most: int) -> bytes:
        """Byte string of `least` ... `most` bytes."""
        found, _ = self._item(field, 2)
        if not least <= found <= most:
            raise FormatError(
                f"{self._named(field)}: found {found} bytes, expected {least} ... "
                f"{most}"
            )
        return self._take(self._named(field), found)

    def real(self, field: str, *, nan: bool = False, negative: bool = False) -> float:
        """Float >= 0; NaN or below 0 if it may be."""
        bits, info = self._item(field, 7)
        if info not in _FLOATS:
            raise FormatError(
                f"{self._named(field)}: found simple value {bits}, expected a float"
            )
        width = 1 << (info - 24)
        value = float(struct.unpack(_FLOATS[info], bits.to_bytes(width, "big"))[0])
        if (value < 0 and not negative) or (math.isnan(value) and not nan):
            raise FormatError(
                f"{self._named(field)}: found {value}, expected a number >= 0"
            )
        return value

    def end(self) -> None:
        """Refuse bytes after the last item."""
        left = len(self.data) - self.at
        if left:
            raise FormatError(
                f"{self.what}: found {left} bytes after its end, expected none"
            )

    def _major(self) -> int | None:
        """Type of the next item; None at the end."""
        return self.data[self.at] >> 5 if self.at < len(self.data) else None

    def _named(self, field: str) -> str:
        return f"{self.what} field `{field}`"

    def _item(self, field: str, wanted: int) -> tuple[int, int]:
        """Value and additional information of an item of the wanted major type."""
        major, value, info = self._head(self._named(field))
        if major != wanted:
            found = _NAMES.get(major, f"CBOR type {major}")
            raise FormatError(
                f"{self._named(field)}: found {found}, expected {_NAMES[wanted]}"
            )
        return value, info

    def _head(self, where: str) -> tuple[int, int, int]:
        """Major type, value and additional information of the next item's head."""
        first = self._take(where, 1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        if info > 27:
            raise FormatError(
                f"{where}: found a reserved or indefinite length ({first:#04x}), "
                "expected a definite one"
            )
        return major, int.from_bytes(self._take(where, 1 << (info - 24)), "big"), info

    def _take(self, where: str, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise TruncatedFrameError(
                f"{where}: found the end of the {self.what} after {len(self.data)} "
                f"bytes, expected {count - len(part)} more"
            )
        self.at += count
        return part
