"""Commands to a fleet, and what became of them, as its devices have told."""

from collections.abc import Callable, Iterable

import msgspec

from ecmkit.errors import FormatError
from ecmkit.formats import AnswerFrame, Command, decode_frame, encode_command
from ecmkit.formats.snapshot import is_chunk
from ecmkit.monitor.telemetry import Telemetry

__all__ = [
    "CommandAnswer",
    "WrittenCommand",
    "answers_among",
    "answers_of",
    "next_number",
    "write_command",
]


class CommandAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What a device did with one command."""

    device_id: int
    command: int
    """Its number."""
    what: str
    """Such as ``AskChunks(first=5, count=1)``."""
    obeyed: bool
    result: str
    """``obeyed``, or why not: ``full``, ``state``, ``argument``, ``format``, ..."""
    time_s: float
    """Of operation in a drift report; since the epoch where it is of a store."""

    def __str__(self) -> str:
        """One line, such as ``command 17 AskChunks(...): refused, full``."""
        result = self.result if self.obeyed else f"refused, {self.result}"
        return f"command {self.command} {self.what}: {result}"


class WrittenCommand(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A command as it is to be sent to one device."""

    device_id: int
    command: int
    """Its number."""
    what: str
    """Such as ``AskChunks(first=5, count=1)``."""
    coded: bool
    """Whether it has an authentication code."""
    hex: str
    """Its bytes, hexadecimal."""

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return bytes.fromhex(self.hex)


def write_command(
    command: Command,
    *,
    device_id: int,
    number: int,
    mac: Callable[[bytes], bytes] | None = None,
) -> WrittenCommand:
    """Write a command: `formats.encode_command`, with what it says.

    Examples
    --------
    >>> from ecmkit.formats import SetInterval
    >>> write_command(SetInterval(900), device_id=7, number=12).hex
    '84010c04190384'
    """
    data = encode_command(command, seq=number, device_id=device_id, mac=mac)
    return WrittenCommand(
        device_id=device_id,
        command=number,
        what=repr(command),
        coded=mac is not None,
        hex=data.hex(),
    )


def next_number(answers: Iterable[CommandAnswer], *, time_s: float) -> int:
    """Return a number for the next command to one device.

    Parameters
    ----------
    answers : iterable of CommandAnswer
        Of that device.
    time_s : float
        Now, since the epoch.

    Returns
    -------
    int
        The time in seconds, which is above what was sent before by it; or one above
        the largest number that the device has answered, if that is more. Answers alone
        are not enough: some are lost, and reports are acknowledged without one.

    Raises
    ------
    ValueError
        If there is none left below 2^32.

    Examples
    --------
    >>> next_number([], time_s=1_800_000_000.5)
    1800000000
    """
    number = max(int(time_s), 1 + max((a.command for a in answers), default=0))
    if number >= 2**32:
        raise ValueError(f"number: found {number}, expected below 2^32")
    return number


def answers_of(telemetry: Telemetry) -> tuple[CommandAnswer, ...]:
    """Tell what became of the commands to one device.

    Parameters
    ----------
    telemetry : Telemetry
        Of one device.

    Returns
    -------
    tuple of CommandAnswer
        In the order in which the device has told.
    """
    return tuple(_answer(frame, time_s) for time_s, frame in telemetry.answers)


def answers_among(
    frames: Iterable[tuple[float, bytes]], *, device_id: int | None = None
) -> tuple[CommandAnswer, ...]:
    """Find the answers among frames of any devices, contracts and models.

    Parameters
    ----------
    frames : iterable of (float, bytes)
        With the time of arrival [s], such as those of a `Store`.
    device_id : int, optional
        Only those of one device.

    Returns
    -------
    tuple of CommandAnswer
        In the order of arrival; a frame that came twice counts once. Authentication
        codes are not checked.

    Examples
    --------
    >>> data = bytes.fromhex("89034c000000070102030410203040051902581102050104")
    >>> print(answers_among([(0.0, data), (1.0, data)])[0])
    command 17 AskChunks(first=5, count=1): refused, full
    """
    found: dict[AnswerFrame, float] = {}
    for time_s, data in frames:
        if is_chunk(data):
            continue
        try:
            frame = decode_frame(data)
        except FormatError:
            continue  # `ingest` counts those
        wanted = device_id is None or frame.device_id == device_id
        if isinstance(frame, AnswerFrame) and wanted:
            found.setdefault(frame, time_s)
    return tuple(_answer(frame, time_s) for frame, time_s in found.items())


def _answer(frame: AnswerFrame, time_s: float) -> CommandAnswer:
    return CommandAnswer(
        device_id=frame.device_id,
        command=frame.command,
        what=frame.what,
        obeyed=frame.obeyed,
        result=frame.reason,
        time_s=time_s,
    )
