"""A stub of the GDB remote protocol that misbehaves as it is told."""

from collections import deque
from collections.abc import Callable

Fault = Callable[["Stub", bytes], bool]
"""Told each packet before it goes out; True if it has dealt with it."""


class Line:
    """The client's end of the connection, in the place of a socket.

    The stub answers while it is written to, so that nobody waits: what is not there
    when it is asked for is late, and the patience of who asks has ended.
    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.late: list[bytes] = []
        """Comes as soon as somebody has given up waiting for it."""
        self.gone = False
        self.least_s = 0.0
        """Who has less patience finds nothing."""
        self._take = take
        self._patience_s = 0.0
        self._there: deque[bytes] = deque()
        self._open = True

    def put(self, data: bytes) -> None:
        """Let the client find some bytes, those of one call in one piece."""
        if data and not self.gone:
            self._there.append(data)

    def settimeout(self, patience_s: float) -> None:
        """As of a socket; no time passes here."""
        self._patience_s = patience_s

    def sendall(self, data: bytes) -> None:
        """Give bytes to the stub."""
        if self.gone:
            raise BrokenPipeError("Broken pipe")
        self._take(data)

    def recv(self, _: int) -> bytes:
        """Take what is there."""
        if self._there and self._patience_s >= self.least_s:
            return self._there.popleft()
        if self.gone:
            return b""
        self._there += self.late
        self.late.clear()
        raise TimeoutError("timed out")

    def fileno(self) -> int:
        """As of a socket: negative once it is closed."""
        return 0 if self._open else -1

    def close(self) -> None:
        """Close the client's end."""
        self._open = False


class Stub:
    """Memory, registers and a program counter behind a line.

    The memory is that of `flash`, from address 0, where `offers` a memory map; each
    block holds 0x80 bytes and is to be erased first.

    `faults` holds one entry for each packet that goes out: a fault, or None to behave;
    what comes after the last one behaves.
    """

    def __init__(
        self,
        *faults: Fault | None,
        acks: int = -1,
        offers: bytes = b"PacketSize=100",
        breakpoints: bytes = b"01",
        runs_to: bytes | None = b"T05thread:01;",
        binary: bool = False,
        flash: int = 0,
        there: bytes = b"T05",
    ) -> None:
        self.memory = bytearray(range(256)) * 16
        self.registers = list(range(17))
        self.requests: list[bytes] = []
        self.interrupts = 0
        self._faults = list(faults)
        self._acks, self._offers = acks, offers
        self._breakpoints, self._runs_to = breakpoints, runs_to
        self._binary, self._flash, self._there = binary, flash, there
        self._quiet = False
        self._last = b""
        self._waiting = b""
        self.stream = Line(self._read)

    def raw(self, data: bytes) -> None:
        self.stream.put(data)

    def close(self) -> None:
        self.stream.gone = True

    def _read(self, data: bytes) -> None:
        self._waiting += data
        while self._waiting:
            before = len(self._waiting)
            self._waiting = self._take(self._waiting)
            if len(self._waiting) == before:
                return  # the end of a packet is still to come

    def _take(self, waiting: bytes) -> bytes:
        if waiting[:1] == b"-":
            self._out(self._last)
            return waiting[1:]
        if waiting[:1] == b"\x03":
            self.interrupts += 1
            self._reply(b"T02thread:01;")
            return waiting[1:]
        if waiting[:1] != b"$":
            return waiting[1:]
        end = waiting.find(b"#")
        if end < 0 or len(waiting) < end + 3:
            return waiting
        body = waiting[1:end]
        assert int(waiting[end + 1 : end + 3], 16) == sum(body) & 0xFF
        if self._acks:
            self._acks -= 1
            if not self._quiet:
                self.raw(b"+")
            self.requests.append(body)
            answer = self._answer(body)
            if answer is not None:
                self._reply(answer)
        else:
            self._acks = -1  # this request is lost on its way
        return waiting[end + 3 :]

    def _reply(self, body: bytes) -> None:
        self._last = b"$" + body + b"#%02x" % (sum(body) & 0xFF)
        self._out(self._last)

    def _out(self, packet: bytes) -> None:
        fault = self._faults.pop(0) if self._faults else None
        if fault is None or not fault(self, packet):
            self.raw(packet)

    def _answer(self, body: bytes) -> bytes | None:
        verb = body[:1]
        if body.startswith(b"qSupported"):
            return self._offers
        if verb == b"?":
            return self._there
        if body == b"QStartNoAckMode":
            self._quiet = True
            return b"OK"
        if body.startswith(b"vAttach;"):
            self._there = b"T05"
            return b"T05"
        if body.startswith((b"qXfer:memory-map", b"vFlash", b"X")):
            return self._special(body)
        if verb in (b"m", b"M"):
            place, _, data = body[1:].partition(b":")
            at, n = (int(part, 16) for part in place.split(b","))
            if at + n > len(self.memory):
                return b"E14"
            if verb == b"m":
                return self.memory[at : at + n].hex().encode()
            self.memory[at : at + n] = bytes.fromhex(data.decode())
            return b"OK"
        if verb == b"p":
            return (
                self.registers[int(body[1:], 16)].to_bytes(4, "little").hex().encode()
            )
        if verb == b"P":
            number, _, value = body[1:].partition(b"=")
            data = bytes.fromhex(value.decode())
            self.registers[int(number, 16)] = int.from_bytes(data, "little")
            return b"OK"
        if verb in (b"Z", b"z"):
            return b"OK" if body[1:2] in self._breakpoints and body[1:2] else b""
        if verb in (b"c", b"s"):
            return self._runs_to
        if body.startswith(b"qRcmd,"):
            self._reply(b"O" + b"halted\n".hex().encode())
            return b"OK"
        return b"OK" if verb == b"D" else b""

    def _special(self, body: bytes) -> bytes:
        """Answer what only some stubs know."""
        head, _, data = body.partition(b":")
        if body.startswith(b"qXfer"):
            return (
                b"l<memory-map><memory type='flash' start='0x0' length='%#x'>"
                b"<property name='blocksize'>0x80</property></memory></memory-map>"
                % self._flash
            )
        if body.startswith(b"X"):
            if not self._binary:
                return b""
            at = int(head[1:].split(b",")[0], 16)
            content = unescaped(data)
            self.memory[at : at + len(content)] = content
            return b"OK"
        if not self._flash or body == b"vFlashDone":
            return b"OK" if self._flash else b""
        if body.startswith(b"vFlashErase"):
            at, n = (int(part, 16) for part in data.split(b","))
            if at % 0x80 or n % 0x80:
                return b"E01"
            self.memory[at : at + n] = b"\xff" * n
            return b"OK"
        head, _, data = data.partition(b":")
        at, content = int(head, 16), unescaped(data)
        if self.memory[at : at + len(content)].strip(b"\xff"):
            return b"E02"  # it was not erased
        self.memory[at : at + len(content)] = content
        return b"OK"


def unescaped(data: bytes) -> bytes:
    out = bytearray()
    escape = False
    for byte in data:
        if byte == ord("}") and not escape:
            escape = True
            continue
        out.append(byte ^ 0x20 if escape else byte)
        escape = False
    return bytes(out)


def split(stub: Stub, packet: bytes) -> bool:
    for i in range(len(packet)):
        stub.raw(packet[i : i + 1])
    return True


def late(stub: Stub, packet: bytes) -> bool:
    stub.stream.late.append(packet)
    return True


def twice(stub: Stub, packet: bytes) -> bool:
    stub.raw(packet)
    return False


def lost(stub: Stub, packet: bytes) -> bool:
    return True


def damaged(stub: Stub, packet: bytes) -> bool:
    wrong = packet[:1] + bytes([packet[1] ^ 1]) + packet[2:]
    stub.raw(wrong)
    return True


def cut(stub: Stub, packet: bytes) -> bool:
    """Lose the end of a packet; the next one runs into it."""
    stub.raw(packet[: len(packet) // 2])
    return True


def noise(stub: Stub, packet: bytes) -> bool:
    stub.raw(b"\x00\xff garbage ")
    return False


def gone(stub: Stub, packet: bytes) -> bool:
    stub.raw(packet[:2])
    stub.close()
    return True
