"""Requests and answers as lines of text over a serial line that may be noisy.

The other side is ``targets/support/bench_serial.c``, whose head has the lines. It needs
nothing but what Linux and macOS have: a file and its terminal settings.
"""

import os
import select
import termios
import time
import zlib
from typing import NamedTuple

from ecmkit.errors import DeviceError

__all__ = ["Hello", "SerialLine"]

_TRIES = 8
_AGAIN_S = 2.0
_LINE_MAX = 1024
_BAUDS = {
    int(name[1:]): value
    for name, value in vars(termios).items()
    if name[0] == "B" and name[1:].isdecimal() and name != "B0"
}


class Hello(NamedTuple):
    """What the bench on the other side says of itself."""

    version: int
    mail_bytes: int
    """Memory for mailbox, samples, records and counts."""
    data_bytes: int
    """Most in one line."""
    identity: str
    """Contract and models, the first 128 bits of each hash in hexadecimal."""


class SerialLine:
    """A terminal with the bench behind it.

    Parameters
    ----------
    address : str
        Path of the terminal, such as ``/dev/ttyACM0``; behind a colon the rate in baud
        if it is not 115200.
    timeout_s : float
        Patience with one answer; a request is sent eight times in all.

    Raises
    ------
    ValueError
        If the rate is none that a terminal has.
    DeviceError
        If the terminal cannot be opened.
    """

    def __init__(self, address: str, *, timeout_s: float = 1.0) -> None:
        path, colon, rate = address.partition(":")
        baud = int(rate) if rate.isdecimal() else 0 if colon else 115200
        if baud not in _BAUDS:
            known = ", ".join(str(one) for one in sorted(_BAUDS) if one >= 9600)
            raise ValueError(
                f"connect: found {address!r}, expected PATH:BAUD with a rate of {known}"
            )
        self.name = path
        self._timeout_s = timeout_s
        self._waiting = b""
        self._number = -1
        self._data_bytes = 1
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            raise DeviceError(f"{path}: {error.strerror}") from error
        try:
            self._set_up(_BAUDS[baud])
        except termios.error as error:
            os.close(self._file)
            raise DeviceError(f"{path}: not a terminal: {error.args[-1]}") from error

    def _set_up(self, speed: int) -> None:
        """Bytes as they are, eight bits, no parity, no flow control."""
        settings = termios.tcgetattr(self._file)
        control = termios.CS8 | termios.CREAD | termios.CLOCAL
        settings[:6] = [0, 0, control, 0, speed, speed]
        settings[6][termios.VMIN] = settings[6][termios.VTIME] = 0
        termios.tcsetattr(self._file, termios.TCSANOW, settings)
        termios.tcflush(self._file, termios.TCIOFLUSH)

    def close(self) -> None:
        """Close the terminal; closing twice does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def hello(self) -> Hello:
        """Greet the bench; a board that opening the terminal has reset needs a moment.

        Raises
        ------
        DeviceError
            If nobody answers, or another version.
        """
        fields = self._ask("h", "", self._timeout_s * _TRIES)
        if len(fields) != 4:
            raise self._wrong("h", fields)
        version, mail, data = (self._hex(field) for field in fields[:3])
        if version != 1 or not data:
            raise DeviceError(
                f"{self.name}: the bench there has version {version}, expected 1"
            )
        self._data_bytes = data
        return Hello(version, mail, data, fields[3])

    def write(self, address: int, data: bytes) -> None:
        """Write to the memory of the bench, of which `address` is counted from."""
        for start in range(0, len(data), self._data_bytes):
            part, at = data[start : start + self._data_bytes], address + start
            self._ask("w", f"{at:x} {part.hex()} ", self._timeout_s * _TRIES)

    def read(self, address: int, n: int) -> bytes:
        """Read from the memory of the bench."""
        data = b""
        while len(data) < n:
            at, count = address + len(data), min(self._data_bytes, n - len(data))
            fields = self._ask("r", f"{at:x} {count:x} ", self._timeout_s * _TRIES)
            try:
                part = bytes.fromhex(fields[-1])
            except (ValueError, IndexError):
                raise self._wrong("r", fields) from None
            if len(part) != count:
                raise self._wrong("r", fields)
            data += part
        return data

    def go(self, timeout_s: float) -> None:
        """Let the bench run the part that is in its mailbox, to its end."""
        self._ask("g", "", timeout_s, again_s=_AGAIN_S)

    def _ask(
        self, verb: str, rest: str, timeout_s: float, *, again_s: float = 0.0
    ) -> list[str]:
        """Send a request until there is a sound answer to it; its fields."""
        self._number = (self._number + 1) & 0xFF
        head = f"{self._number:02x} {verb} "
        body = (head + rest).encode()
        # An end of line before it ends what noise has begun.
        request = b"\n%s%08x\n" % (body, zlib.crc32(body))
        deadline, tries = time.monotonic() + timeout_s, 0
        while (left := deadline - time.monotonic()) > 0:
            self._send(request)
            tries += 1
            answer = self._answer(min(left, again_s or self._timeout_s))
            if answer is None:
                continue
            if answer[1] != verb:
                raise self._wrong(verb, answer)
            return answer[2:]
        raise DeviceError(
            f"{self.name}: no sound answer to {verb!r} within {timeout_s:g} s, sent "
            f"{tries} times"
        )

    def _answer(self, timeout_s: float) -> list[str] | None:
        """Fields of the next sound line that answers this request; None if late."""
        deadline = time.monotonic() + timeout_s
        while True:
            line, end, rest = self._waiting.partition(b"\n")
            if end:
                self._waiting = rest
                fields = _sound(line)
                if len(fields) >= 2 and fields[0] == f"{self._number:02x}":
                    return fields
                continue
            self._waiting = self._waiting[-_LINE_MAX:]
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._file], [], [], left)[0]:
                return None
            self._receive()

    def _receive(self) -> None:
        try:
            data = os.read(self._file, 4096)
        except OSError as error:
            raise DeviceError(f"{self.name}: lost: {error.strerror}") from error
        if not data:
            raise DeviceError(f"{self.name}: the line was closed")
        self._waiting += data

    def _send(self, data: bytes) -> None:
        try:
            while data:
                ready = select.select([], [self._file], [], self._timeout_s)[1]
                if not ready:
                    return  # as if it had been lost; it is sent again
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise DeviceError(f"{self.name}: lost: {error.strerror}") from error

    def _hex(self, digits: str) -> int:
        try:
            return int(digits, 16)
        except ValueError:
            raise self._wrong("h", [digits]) from None

    def _wrong(self, verb: str, fields: list[str]) -> DeviceError:
        return DeviceError(
            f"{self.name}: to {verb!r} the bench answered {' '.join(fields)[:40]!r}"
        )


def _sound(line: bytes) -> list[str]:
    """Fields of a line whose CRC is right, without the CRC; none of another.

    Examples
    --------
    >>> body = b"1f h "
    >>> _sound(body + b"%08x" % zlib.crc32(body))
    ['1f', 'h']
    >>> _sound(b"1f h 00000000")
    []
    """
    body, said = line[:-8], line[-8:]
    if b"%08x" % zlib.crc32(body) != said:
        return []
    return body.decode("latin-1").split()
