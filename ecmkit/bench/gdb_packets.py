"""Packets of the GDB remote serial protocol: framed, checked, acknowledged, repeated.

Source: "GDB Remote Serial Protocol", appendix E of the GDB manual.
"""

import socket
import time

from ecmkit.errors import DeviceError

__all__ = ["INTERRUPT", "PACKET_MAX", "PacketStream", "connect", "escaped", "framed"]

_TRIES = 3
INTERRUPT = b"\x03"
PACKET_MAX = 1 << 16
_REPEAT = 29  # a run length is a printable character, this much above it
_STOPS = b"STWXO"


class PacketStream:
    """Packets over a socket, in either direction.

    Parameters
    ----------
    stream : socket.socket
        Connected; it belongs to the stream from here on.
    timeout_s : float
        Patience with one answer; a lost or damaged packet is asked for again, three
        times in all.
    name : str
        What to call the stub in messages, such as ``localhost:3333``.

    Notes
    -----
    While both sides acknowledge, a stub that repeats an answer is found out: it comes
    before the acknowledgement of the next request. Without, as some stubs ask for, a
    packet that is lost is the end, and the transport has to be reliable.
    """

    def __init__(self, stream: socket.socket, *, timeout_s: float, name: str) -> None:
        self.name = name
        self.timeout_s = timeout_s
        self.acknowledges = True
        """Whether both sides say what they have received."""
        self._stream = stream
        self._waiting = b""

    @property
    def open(self) -> bool:
        """Whether it was not closed on our side."""
        return self._stream.fileno() >= 0

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def send(self, request: bytes) -> None:
        """Send a packet and wait until it is acknowledged.

        What else comes before that answers no question of ours: a repeated answer.
        """
        self._send(request)

    def start(self, request: bytes) -> bytes | None:
        """Send what makes the target run; a stop that comes at once is its answer."""
        return self._send(request, stops=True)

    def _send(self, request: bytes, *, stops: bool = False) -> bytes | None:
        for _ in range(_TRIES):
            self.write(framed(request))
            if not self.acknowledges:
                return None
            while (token := self._token(self.timeout_s)) is not None:
                if token == b"+":
                    return None
                if token == b"-":
                    break
                if stops and token[:1] in _STOPS:
                    return token
        words = request[:20].decode("latin-1")
        raise DeviceError(
            f"{self.name}: {words!r} was not acknowledged, sent {_TRIES} times"
        )

    def receive(self, timeout_s: float | None = None) -> bytes:
        """Return the next packet; if it is late, ask for it again."""
        patience = self.timeout_s if timeout_s is None else timeout_s
        for _ in range(_TRIES if self.acknowledges else 1):
            answer = self.next(patience)
            if answer is not None:
                return answer
            if self.acknowledges:
                self.write(b"-")
        times = f", asked for {_TRIES} times" if self.acknowledges else ""
        raise DeviceError(f"{self.name}: no answer within {patience:g} s{times}")

    def next(self, timeout_s: float) -> bytes | None:
        """Return the next packet; None if none comes in time."""
        deadline = time.monotonic() + timeout_s
        while (token := self._token(deadline - time.monotonic())) is not None:
            if token not in (b"+", b"-"):
                return token
        return None

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._stream.settimeout(self.timeout_s)
        try:
            self._stream.sendall(data)
        except OSError as error:
            raise DeviceError(f"{self.name}: connection lost: {error}") from error

    def _token(self, timeout_s: float) -> bytes | None:
        """Next acknowledgement or sound packet; None if there is none in time.

        A sound packet is acknowledged; a damaged one is refused: it comes again.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            start = next((i for i, c in enumerate(self._waiting) if c in b"+-$"), None)
            self._waiting = b"" if start is None else self._waiting[start:]
            if self._waiting[:1] in (b"+", b"-"):
                token, self._waiting = self._waiting[:1], self._waiting[1:]
                return token
            end = self._waiting.find(b"#")
            if self._waiting and end >= 0 and len(self._waiting) >= end + 3:
                body, check = self._waiting[1:end], self._waiting[end + 1 : end + 3]
                self._waiting = self._waiting[end + 3 :]
                if check.lower() == b"%02x" % (sum(body) & 0xFF):
                    self._acknowledge(b"+")
                    return _unpacked(body)
                self._acknowledge(b"-")
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not self._more(left):
                return None

    def _acknowledge(self, word: bytes) -> None:
        if self.acknowledges:
            self.write(word)
        elif word == b"-":
            raise DeviceError(
                f"{self.name}: a packet is damaged, and none is repeated in this mode"
            )

    def _more(self, timeout_s: float) -> bool:
        """Read what has come; False if nothing came in time."""
        self._stream.settimeout(timeout_s)
        try:
            data = self._stream.recv(PACKET_MAX)
        except TimeoutError:
            return False
        except OSError as error:
            raise DeviceError(f"{self.name}: connection lost: {error}") from error
        if not data:
            raise DeviceError(f"{self.name}: connection closed by the stub")
        self._waiting += data
        return True


def connect(address: str, timeout_s: float) -> socket.socket:
    """Connect to ``host:port`` or ``unix:PATH``.

    Raises
    ------
    ValueError
        If the address has another form.
    DeviceError
        If nobody listens there.
    """
    try:
        if address.startswith("unix:"):
            stream = socket.socket(socket.AF_UNIX)
            try:
                stream.settimeout(timeout_s)
                stream.connect(address.removeprefix("unix:"))
            except BaseException:
                stream.close()
                raise
            return stream
        host, _, port = address.rpartition(":")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(
                f"connect: found {address!r}, expected host:port or unix:PATH"
            )
        stream = socket.create_connection((host or "localhost", int(port)), timeout_s)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return stream
    except OSError as error:
        raise DeviceError(
            f"{address}: nobody answers ({error}); is the debug server running?"
        ) from error


def _unpacked(body: bytes) -> bytes:
    """Undo escapes and run lengths.

    Examples
    --------
    >>> _unpacked(b"0* 1}]")
    b'00001}'
    """
    out, at = bytearray(), 0
    while at < len(body):
        if body[at] == ord("}") and at + 1 < len(body):
            out.append(body[at + 1] ^ 0x20)
            at += 2
        elif body[at] == ord("*") and out and at + 1 < len(body):
            out += out[-1:] * max(body[at + 1] - _REPEAT, 0)
            at += 2
        else:
            out.append(body[at])
            at += 1
    return bytes(out)


def escaped(data: bytes) -> bytes:
    r"""Bytes as they may stand in a packet.

    Examples
    --------
    >>> escaped(b"a#}")
    b'a}\x03}]'
    """
    out = bytearray()
    for byte in data:
        out += bytes([ord("}"), byte ^ 0x20]) if byte in b"#$}*" else bytes([byte])
    return bytes(out)


def framed(body: bytes) -> bytes:
    """Packet of a request that holds no character without an escape.

    Examples
    --------
    >>> framed(b"m0,4")
    b'$m0,4#fd'
    """
    return b"$%s#%02x" % (body, sum(body) & 0xFF)
