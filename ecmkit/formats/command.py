"""Commands to a device: the few bytes that ``ecm_command.h`` reads.

Each command carries a number that must be larger than those of all commands that this
device has obeyed before, so that one that is sent again does nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Literal

import msgspec

from ecmkit.formats.cbor import array_head, octets, unsigned
from ecmkit.formats.mistakes import nearest

__all__ = [
    "COMMANDS",
    "AckAlarms",
    "AckFrames",
    "AskChunks",
    "Command",
    "Rearm",
    "Relearn",
    "SetInterval",
    "ask_for",
    "command_of",
    "encode_command",
    "named_command",
]

COMMAND_VERSION = 1
INTERVAL_MAX_S = 31_536_000

_U16 = 0xFFFF
_U32 = 0xFFFFFFFF
_MAC_BYTES = 4
_Mode = Literal["guarded", "forced", "back"]
_MODES: dict[_Mode, int] = {"guarded": 0, "forced": 1, "back": 2}


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """What to do; one of the classes below."""

    kind: ClassVar[int] = 0

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """Name, value, least and largest of each item behind the kind."""
        return ()


class AckAlarms(Command, frozen=True):
    """Alarms of some groups are known: bit i of `groups` is group i."""

    kind: ClassVar[int] = 1
    groups: int

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """See `Command`."""
        return (("groups", self.groups, 0, _U16),)


class AskChunks(Command, frozen=True):
    """Send `count` chunks of the snapshot from `first` on."""

    kind: ClassVar[int] = 2
    first: int
    count: int = 1

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """See `Command`."""
        return (("first", self.first, 0, _U16), ("count", self.count, 1, _U16))


class Relearn(Command, frozen=True):
    """Learn the baseline anew.

    guarded: one that differs from what was learnt before is refused; forced: it is
    taken, such as after a repair; back: the one before is taken again.
    """

    kind: ClassVar[int] = 3
    mode: _Mode = "guarded"

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """See `Command`."""
        if self.mode not in _MODES:
            raise ValueError(
                f"mode is {self.mode!r}, expected one of {', '.join(_MODES)}"
            )
        return (("mode", _MODES[self.mode], 0, 2),)


class SetInterval(Command, frozen=True):
    """Report once in so many seconds."""

    kind: ClassVar[int] = 4
    seconds: int

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """See `Command`."""
        return (("seconds", self.seconds, 1, INTERVAL_MAX_S),)


class AckFrames(Command, frozen=True):
    """Reports through the one with this ``seq``, modulo 65536, have arrived."""

    kind: ClassVar[int] = 5
    number: int

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """See `Command`."""
        return (("number", self.number, 0, _U32),)


class Rearm(Command, frozen=True):
    """The snapshot with this id has arrived: another one may take its place."""

    kind: ClassVar[int] = 6
    id: int

    def values(self) -> tuple[tuple[str, int, int, int], ...]:
        """See `Command`."""
        return (("id", self.id, 0, _U32),)


COMMANDS: dict[str, type[Command]] = {
    "ack-alarms": AckAlarms,
    "ask-chunks": AskChunks,
    "relearn": Relearn,
    "interval": SetInterval,
    "ack-frames": AckFrames,
    "rearm": Rearm,
}
"""By the name that a person gives them."""


def named_command(name: str, values: Sequence[str] = ()) -> Command:
    """Make a command of text, such as that of a command line.

    Parameters
    ----------
    name : str
        Of `COMMANDS`.
    values : sequence of str
        Its fields in order; whole numbers may be written as 0x1f or 0b101.

    Returns
    -------
    Command

    Raises
    ------
    ValueError
        If there is no such command, or naming the field, what was found and expected.

    Examples
    --------
    >>> named_command("ask-chunks", ["4", "3"]), named_command("relearn", ["forced"])
    (AskChunks(first=4, count=3), Relearn(mode='forced'))
    >>> named_command("interval", ["soon"])
    Traceback (most recent call last):
    ValueError: interval: seconds: found 'soon', expected 1 ... 31536000
    """
    if name not in COMMANDS:
        raise ValueError(
            f"command: found {name!r}, expected one of {', '.join(COMMANDS)}"
            f"{nearest(name, COMMANDS)}"
        )
    of = COMMANDS[name]
    fields = msgspec.structs.fields(of)
    least = sum(field.required for field in fields)
    if not least <= len(values) <= len(fields):
        words = " ".join(f.name if f.required else f"[{f.name}]" for f in fields)
        raise ValueError(f"{name}: found {len(values)} values, expected {words}")
    given: list[int | str] = []
    for field, text in zip(fields, values, strict=False):
        try:
            given.append(text if of is Relearn else int(text, 0))
        except ValueError:
            raise ValueError(
                f"{name}: {field.name}: found {text!r}, expected {_range(of, field)}"
            ) from None
    command = of(*given)
    for field_name, value, low, high in command.values():
        if not low <= value <= high:
            raise ValueError(
                f"{name}: {field_name}: found {value}, expected {low} ... {high}"
            )
    return command


def _range(of: type[Command], field: msgspec.structs.FieldInfo) -> str:
    """Return what a number of a command may be, as text."""
    rows = of(*(1 for _ in of.__struct_fields__)).values()
    low, high = next((low, high) for name, _, low, high in rows if name == field.name)
    return f"{low} ... {high}"


def encode_command(
    command: Command,
    *,
    seq: int,
    device_id: int = 0,
    mac: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Write a command.

    Parameters
    ----------
    command : Command
        What to do.
    seq : int
        Its number, 1 ... 2^32 - 1: larger than that of any command to this device
        before.
    device_id : int
        The device; its authentication code is of this too.
    mac : callable, optional
        bytes -> authentication code with the device's key, at least 4 bytes. A device
        that asks for a code obeys none without it.

    Returns
    -------
    bytes
        At most 23.

    Raises
    ------
    ValueError
        If a value is outside its range, or a code too short.

    Examples
    --------
    >>> encode_command(SetInterval(900), seq=12).hex()
    '84010c04190384'
    """
    values = command.values()
    if not values:
        raise ValueError("command is of no kind, expected one such as AckAlarms")
    checks = (("seq", seq, 1, _U32), ("device_id", device_id, 0, _U32), *values)
    for name, value, least, largest in checks:
        if not least <= value <= largest:
            raise ValueError(f"{name} is {value}, expected {least} ... {largest}")
    items = [COMMAND_VERSION, seq, command.kind, *(value for _, value, _, _ in values)]
    raw = array_head(len(items) + (mac is not None)) + b"".join(map(unsigned, items))
    if mac is None:
        return raw
    code = mac(device_id.to_bytes(4, "big") + raw)
    if len(code) < _MAC_BYTES:
        raise ValueError(f"mac gave {len(code)} bytes, expected {_MAC_BYTES} or more")
    return raw + octets(bytes(code[:_MAC_BYTES]))


def command_of(kind: int, values: tuple[int, int]) -> Command | None:
    """Return the command that a device has read; None if there is none of this kind.

    Parameters
    ----------
    kind : int
    values : tuple of (int, int)
        0 where it has none.

    Examples
    --------
    >>> command_of(2, (5, 1))
    AskChunks(first=5, count=1)
    >>> command_of(99, (0, 0)) is None
    True
    """
    if kind == Relearn.kind:
        return next((Relearn(m) for m, n in _MODES.items() if n == values[0]), None)
    for of in (AckAlarms, AskChunks, SetInterval, AckFrames, Rearm):
        if kind == of.kind:
            return of(*values[: len(of.__struct_fields__)])
    return None


def ask_for(missing: Iterable[int]) -> tuple[AskChunks, ...]:
    """Commands that ask for chunks: one for each run of neighbours.

    Parameters
    ----------
    missing : iterable of int
        Numbers of chunks, such as those of `missing_chunks`.

    Returns
    -------
    tuple of AskChunks

    Notes
    -----
    Of these, a device lets 4 wait (``ECM_NODE_SNAPSHOT_ASKED``): send the next ones as
    the chunks of the first ones come. One more is answered by ``full``.

    Examples
    --------
    >>> ask_for([2, 3, 4, 9])
    (AskChunks(first=2, count=3), AskChunks(first=9, count=1))
    """
    runs: list[AskChunks] = []
    for number in sorted(set(missing)):
        if runs and number == runs[-1].first + runs[-1].count:
            runs[-1] = AskChunks(runs[-1].first, runs[-1].count + 1)
        else:
            runs.append(AskChunks(number))
    return tuple(runs)
