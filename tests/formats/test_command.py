"""Commands that cannot be written are named; runs of chunks are asked for at once."""

import pytest

from ecmkit.formats import missing_chunks
from ecmkit.formats.command import (
    AckAlarms,
    AckFrames,
    AskChunks,
    Command,
    Rearm,
    Relearn,
    SetInterval,
    ask_for,
    encode_command,
)
from ecmkit.formats.snapshot import SnapshotChunk


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (AckAlarms(65536), "groups is 65536, expected 0 ... 65535"),
        (AskChunks(-1), "first is -1, expected 0 ... 65535"),
        (AskChunks(0, 0), "count is 0, expected 1 ... 65535"),
        (Relearn("again"), "mode is 'again', expected one of guarded, forced, back"),  # type: ignore[arg-type]
        (SetInterval(0), "seconds is 0, expected 1 ... 31536000"),
        (AckFrames(1 << 32), "number is 4294967296"),
        (Rearm(-1), "id is -1"),
        (Command(), "of no kind"),
    ],
)
def test_a_value_outside_its_range_is_named(command: Command, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        encode_command(command, seq=1)


def test_numbers_and_codes_are_checked() -> None:
    with pytest.raises(ValueError, match="seq is 0, expected 1"):
        encode_command(AckAlarms(1), seq=0)
    with pytest.raises(ValueError, match="device_id is -7"):
        encode_command(AckAlarms(1), seq=1, device_id=-7)
    with pytest.raises(ValueError, match="mac gave 3 bytes, expected 4 or more"):
        encode_command(AckAlarms(1), seq=1, mac=lambda data: b"abc")


def test_the_bytes_of_a_command() -> None:
    data = encode_command(AskChunks(24, 3), seq=256, device_id=258, mac=lambda d: d)
    assert data.hex() == "8601190100021818034400000102"


def test_what_is_missing_is_asked_for_in_runs() -> None:
    chunks = [
        SnapshotChunk(device_id=1, id=2, number=n, total=9, data=b"x") for n in (2, 5)
    ]
    runs = ask_for(missing_chunks(chunks))
    assert runs == (AskChunks(0, 2), AskChunks(3, 2), AskChunks(6, 3))
    assert ask_for([]) == ()
    assert ask_for([4, 4, 3]) == (AskChunks(3, 2),)
