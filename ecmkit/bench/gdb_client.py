"""The GDB remote serial protocol: read, write, break and run on what has a stub.

QEMU, simavr, OpenOCD, pyOCD, J-Link, probe-rs and Black Magic probes all speak it, so
one small client reaches emulators and boards alike. It needs nothing but a socket.

Source: "GDB Remote Serial Protocol", appendix E of the GDB manual.
"""

import contextlib
import socket
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

from ecmkit.bench.gdb_packets import (
    INTERRUPT,
    PACKET_MAX,
    PacketStream,
    connect,
    escaped,
)
from ecmkit.errors import DeviceError

__all__ = ["GdbClient", "Stop"]

_PACKET_MIN = 128
_FLASH_S = 60.0  # an erase may take its time
_SIGNALS = {2: "interrupted", 4: "illegal instruction", 5: "breakpoint", 11: "fault"}


@dataclass(frozen=True)
class _Flash:
    start: int
    length: int
    block: int

    @property
    def end(self) -> int:
        return self.start + self.length

    def runs(self, parts: Sequence[tuple[int, bytes]]) -> list[tuple[int, int]]:
        """Start and length of each run of the blocks that some parts touch."""
        blocks = sorted({
            block
            for at, data in parts
            for block in range(
                (at - self.start) // self.block,
                -(-(at - self.start + len(data)) // self.block),
            )
        })  # fmt: skip
        runs: list[tuple[int, int]] = []
        for block in blocks:
            start = self.start + block * self.block
            if runs and sum(runs[-1]) == start:
                runs[-1] = runs[-1][0], runs[-1][1] + self.block
            else:
                runs.append((start, self.block))
        return runs


@dataclass(frozen=True)
class Stop:
    """Why the target stands still."""

    signal: int
    """As in POSIX: 5 at a breakpoint, 2 if it was interrupted; -1 if it has ended."""
    late: bool
    """Whether it had run so long that it was interrupted."""
    output: bytes
    """What it wrote to the debugger's console on the way."""

    @property
    def reason(self) -> str:
        """The signal in words."""
        if self.signal < 0:
            return "ended"
        return _SIGNALS.get(self.signal, f"signal {self.signal}")


class GdbClient:
    """One connection to a stub; the target stands still whenever a call returns.

    Parameters
    ----------
    stream : socket.socket
        Connected; it belongs to the client from here on.
    timeout_s : float
        Patience with one answer; a lost or damaged packet is asked for again, three
        times in all.
    name : str
        What to call the stub in messages, such as ``localhost:3333``.
    acknowledge : bool
        Whether acknowledgements stay on where the stub can do without, which is quicker
        and no worse on a reliable transport.
    """

    def __init__(
        self,
        stream: socket.socket,
        *,
        timeout_s: float = 5.0,
        name: str = "gdb stub",
        acknowledge: bool = False,
    ) -> None:
        self._packets = PacketStream(stream, timeout_s=timeout_s, name=name)
        self._name = name
        offered = self._ask(b"qSupported:swbreak+;hwbreak+").split(b";")
        self._features = dict(item.partition(b"=")[::2] for item in offered)
        size = self._features.get(b"PacketSize", b"")
        self._packet = _PACKET_MIN * 3
        if size:
            self._packet = min(max(self._hex(size), _PACKET_MIN), PACKET_MAX)
        self._binary: bool | None = None
        if b"QStartNoAckMode+" in self._features and not acknowledge:
            self._require_ok(self._ask(b"QStartNoAckMode"), "QStartNoAckMode")
            self._packets.acknowledges = False
        self.registers: dict[str, int] = {}
        """Numbers of the registers by their names in lower case, if the stub tells."""
        if self._ask(b"?")[:1] not in (b"W", b"X"):  # a target is there
            self._describe_all()

    @classmethod
    def connect(cls, address: str, *, timeout_s: float = 5.0) -> "GdbClient":
        """Connect to a stub.

        Parameters
        ----------
        address : str
            ``host:port``, such as ``localhost:3333`` (OpenOCD, pyOCD), ``:2331``
            (J-Link), ``:1337`` (probe-rs), or ``unix:PATH``.
        timeout_s : float
            See the class; also the patience with the connection.

        Raises
        ------
        ValueError
            If the address has another form.
        DeviceError
            If nobody listens there, or not a stub.
        """
        stream = connect(address, timeout_s)
        try:
            return cls(stream, timeout_s=timeout_s, name=address)
        except BaseException:
            stream.close()
            raise

    def __enter__(self) -> "GdbClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the target go and close the connection; closing twice does nothing."""
        if self._packets.open:
            # A stub that is gone already needs no word of goodbye.
            with contextlib.suppress(DeviceError):
                self._packets.send(b"D")
            self._packets.close()

    # ---- memory and registers ------------------------------------------------------

    def read(self, address: int, n: int) -> bytes:
        """Read n bytes of memory from an address.

        Raises
        ------
        DeviceError
            If the stub refuses, or answers with another number of bytes.
        """
        data, room = bytearray(), (self._packet - 16) // 2
        while len(data) < n:
            at, count = address + len(data), min(room, n - len(data))
            answer = self._ask(b"m%x,%x" % (at, count))
            part = self._bytes(answer, f"read of {count} bytes at {at:#x}")
            if not 0 < len(part) <= count:
                raise DeviceError(
                    f"{self._name}: read of {count} bytes at {at:#x}: found "
                    f"{len(part)} bytes"
                )
            data += part
        return bytes(data)

    def write(self, address: int, data: bytes) -> None:
        """Write bytes to memory, as they are where the stub takes them so.

        Raises
        ------
        DeviceError
            If the stub refuses.
        """
        if self._binary is None:
            self._binary = self._ask(b"X%x,0:" % address) == b"OK"
        room = (self._packet - 32) // 2  # two digits a byte, or an escape
        for start in range(0, len(data), room):
            part = data[start : start + room]
            at = address + start
            verb, content = (
                (b"X", escaped(part)) if self._binary else (b"M", part.hex().encode())
            )
            answer = self._ask(b"%s%x,%x:%s" % (verb, at, len(part), content))
            self._require_ok(answer, f"write of {len(part)} bytes at {at:#x}")

    def register(self, number: int) -> int:
        """Read a register by its number in the stub's description.

        Examples
        --------
        On a Cortex-M, 13 is the stack pointer and 15 the program counter; on RISC-V, 2
        and 32; on AVR, 33 and 34.
        """
        answer = self._ask(b"p%x" % number)
        return int.from_bytes(self._bytes(answer, f"register {number}"), "little")

    def set_register(self, number: int, value: int, *, width: int = 4) -> None:
        """Write a register of `width` bytes."""
        data = value.to_bytes(width, "little").hex().encode()
        self._require_ok(self._ask(b"P%x=%s" % (number, data)), f"register {number}")

    def monitor(self, command: str) -> str:
        """Give the server a command of its own, such as ``reset halt``.

        Returns
        -------
        str
            What it printed.
        """
        self._packets.send(b"qRcmd,%s" % command.encode().hex().encode())
        said = bytearray()
        while True:
            answer = self._packets.receive()
            if answer[:1] == b"O" and answer != b"OK":
                said += self._bytes(answer[1:], "console output")
                continue
            if answer not in (b"OK", b""):
                said += self._bytes(answer, f"monitor {command}")
            if not answer:
                raise DeviceError(f"{self._name}: takes no command {command!r}")
            return said.decode("utf-8", "replace")

    def attach(self, number: int) -> None:
        """Choose a target of a server that wants to be told which."""
        self._ask(b"!")  # extended mode, in which targets may come and go
        self._stop(self._ask(b"vAttach;%x" % number), b"")
        self._describe_all()

    @property
    def is_qemu(self) -> bool:
        """Whether the target is emulated by QEMU, which counts no cycles."""
        return self._ask(b"qqemu.sstepbits").startswith(b"ENABLE")

    def load(self, parts: Sequence[tuple[int, bytes]]) -> None:
        """Write an image, into flash by the stub's own means where it tells of flash.

        What is there already is not written again. Only the blocks of flash that the
        image touches are erased.

        Parameters
        ----------
        parts : sequence of (int, bytes)
            Address and content.

        Raises
        ------
        DeviceError
            If the stub refuses, or reads back something else.
        """
        missing = [one for one in parts if self.read(one[0], len(one[1])) != one[1]]
        for flash in self._flashes():
            own = [one for one in parts if flash.start <= one[0] < flash.end]
            if any(one in missing for one in own) and self._erase(flash.runs(own)):
                for at, data in own:
                    self._burn(at, data)
                self._require_ok(self._ask(b"vFlashDone", _FLASH_S), "end of flashing")
                missing = [one for one in missing if one not in own]
        for at, data in missing:
            self.write(at, data)
        for at, data in parts:
            if self.read(at, len(data)) != data:
                raise DeviceError(
                    f"{self._name}: {len(data)} bytes at {at:#x} do not read back as "
                    "written"
                )

    def _erase(self, runs: Sequence[tuple[int, int]]) -> bool:
        """Erase flash; False if the stub writes it like any memory."""
        for at, n in runs:
            answer = self._ask(b"vFlashErase:%x,%x" % (at, n), _FLASH_S)
            if not answer:
                return False
            self._require_ok(answer, f"erase of flash at {at:#x}")
        return True

    def _burn(self, address: int, data: bytes) -> None:
        room = (self._packet - 32) // 2  # every byte may need an escape
        for start in range(0, len(data), room):
            part = data[start : start + room]
            request = b"vFlashWrite:%x:" % (address + start) + escaped(part)
            answer = self._ask(request, _FLASH_S)
            self._require_ok(answer, f"flash of {len(part)} bytes at {address:#x}")

    def _describe_all(self) -> None:
        """Take note of all registers, before which QEMU would write none."""
        if b"qXfer:features:read+" in self._features:
            self._describe("target.xml", 0)

    def _describe(self, annex: str, number: int) -> int:
        """Take note of the registers of a description; numbers go on from one on."""
        try:
            text = self._transfer(b"features", annex.encode("ascii"))
            # QEMU does not say what the prefix of an inclusion is.
            tree = ElementTree.fromstring(text.replace(b"xi:include", b"include"))
            for one in tree.iter():
                if one.tag.endswith("include") and "href" in one.attrib:
                    number = self._describe(one.attrib["href"], number)
                elif one.tag == "reg":
                    number = int(one.attrib.get("regnum", str(number)), 0)
                    self.registers[one.attrib["name"].lower()] = number
                    number += 1
        except (ElementTree.ParseError, KeyError, ValueError) as error:
            raise DeviceError(f"{self._name}: {annex}: {error}") from error
        return number

    def _flashes(self) -> list["_Flash"]:
        """Flash memories that the stub tells of."""
        if b"qXfer:memory-map:read+" not in self._features:
            return []
        text = self._transfer(b"memory-map", b"")
        try:
            tree = ElementTree.fromstring(text)
            return [
                _Flash(
                    start=int(one.attrib["start"], 0),
                    length=int(one.attrib["length"], 0),
                    block=int(one.findtext("property[@name='blocksize']", "1"), 0),
                )
                for one in tree.iter("memory")
                if one.attrib.get("type") == "flash"
            ]
        except (ElementTree.ParseError, KeyError, ValueError) as error:
            raise DeviceError(f"{self._name}: memory map: {error}") from error

    def _transfer(self, what: bytes, annex: bytes) -> bytes:
        """Read a text that the stub gives in pieces."""
        text = bytearray()
        while True:
            answer = self._ask(b"qXfer:%s:read:%s:%x,400" % (what, annex, len(text)))
            if answer[:1] not in (b"m", b"l"):
                raise self._unexpected(what.decode(), answer)
            text += answer[1:]
            if answer[:1] == b"l" or len(answer) == 1:
                return bytes(text)

    # ---- running -------------------------------------------------------------------

    @contextlib.contextmanager
    def breakpoint(self, address: int, *, instruction: bytes) -> Iterator[None]:
        """Stop where an instruction is about to run.

        Parameters
        ----------
        address : int
            Without the bit for Thumb.
        instruction : bytes
            What stops the core (``00be`` on Thumb, ``0290`` on compressed RISC-V),
            written into RAM where the stub has no breakpoints of its own; its length is
            the kind that the stub is told.

        Raises
        ------
        DeviceError
            If there is no way to stop there.
        """
        kind = len(instruction)
        for form in (b"1", b"0"):  # hardware first: it works in flash too
            answer = self._ask(b"Z%s,%x,%x" % (form, address, kind))
            if answer == b"OK":
                break
        else:
            form, saved = b"", self.read(address, kind)
            self.write(address, instruction)
            if self.read(address, kind) != instruction:
                raise DeviceError(
                    f"{self._name}: no breakpoint at {address:#x}: the stub has none "
                    "left, and the memory cannot be written"
                )
        try:
            yield
        finally:
            if form:
                self._ask(b"z%s,%x,%x" % (form, address, kind))
            else:
                self.write(address, saved)

    def resume(self, *, timeout_s: float) -> Stop:
        """Let the target run until it stops by itself, or is stopped.

        Parameters
        ----------
        timeout_s : float
            After which it is interrupted.

        Returns
        -------
        Stop

        Raises
        ------
        DeviceError
            If it cannot be interrupted, or the stub is lost.
        """
        output = bytearray()
        answer = self._packets.start(b"c")
        deadline = time.monotonic() + timeout_s
        while True:
            if answer is None:
                answer = self._packets.next(deadline - time.monotonic())
            late = answer is None
            if answer is None:
                answer = self._interrupted(timeout_s)
            if answer[:1] != b"O":
                return self._stop(answer, bytes(output), late=late)
            output += self._bytes(answer[1:], "console output")
            answer = None

    def step(self) -> Stop:
        """Run one instruction."""
        answer = self._ask(b"s")
        return self._stop(answer, b"")

    def _interrupted(self, timeout_s: float) -> bytes:
        """Stop a target that takes too long."""
        self._packets.write(INTERRUPT)
        answer = self._packets.next(self._packets.timeout_s)
        if answer is None:
            raise DeviceError(
                f"{self._name}: not done after {timeout_s:g} s, and it cannot be "
                "interrupted"
            )
        return answer

    def _stop(self, answer: bytes, output: bytes, *, late: bool = False) -> Stop:
        if answer[:1] in (b"W", b"X"):
            return Stop(-1, late, output)
        if answer[:1] not in (b"S", b"T") or len(answer) < 3:
            raise self._unexpected("run", answer)
        return Stop(self._hex(answer[1:3]), late, output)

    def _ask(self, request: bytes, timeout_s: float | None = None) -> bytes:
        self._packets.send(request)
        answer = self._packets.receive(timeout_s)
        while answer[:1] == b"O" and answer != b"OK":  # console output in between
            answer = self._packets.receive(timeout_s)
        return answer

    # ---- words ---------------------------------------------------------------------

    def _bytes(self, answer: bytes, what: str) -> bytes:
        """Two hexadecimal digits a byte; an error is ``E`` and two digits."""
        if not answer:
            raise DeviceError(f"{self._name}: {what}: the stub cannot do it")
        if answer[:1] == b"E" and len(answer) % 2 == 1:
            raise self._unexpected(what, answer)
        try:
            return bytes.fromhex(answer.decode("ascii"))
        except ValueError:
            raise self._unexpected(what, answer) from None

    def _require_ok(self, answer: bytes, what: str) -> None:
        if answer != b"OK":
            raise self._unexpected(what, answer)

    def _hex(self, digits: bytes) -> int:
        try:
            return int(digits, 16)
        except ValueError:
            raise self._unexpected("a number", digits) from None

    def _unexpected(self, what: str, answer: bytes) -> DeviceError:
        said = answer[:40].decode("latin-1") or "nothing"
        return DeviceError(f"{self._name}: {what}: the stub answered {said!r}")
