"""Commands: written by Python, read by the device; obeyed once."""

import hashlib
from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecmkit._core import command as core
from ecmkit._core import state
from ecmkit.formats import command as formats
from ecmkit.formats.cbor import array_head, octets
from ecmkit.formats.command import (
    AckAlarms,
    AckFrames,
    AskChunks,
    Command,
    Rearm,
    Relearn,
    SetInterval,
    command_of,
    encode_command,
)

U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
COMMANDS = st.one_of(
    st.builds(AckAlarms, U16),
    st.builds(AskChunks, U16, st.integers(1, 0xFFFF)),
    st.builds(Relearn, st.sampled_from(["guarded", "forced", "back"])),
    st.builds(SetInterval, st.integers(1, formats.INTERVAL_MAX_S)),
    st.builds(AckFrames, U32),
    st.builds(Rearm, U32),
)


def key(secret: bytes) -> Any:
    return lambda data: hashlib.blake2b(data, key=secret).digest()


@given(COMMANDS, st.integers(1, 0xFFFFFFFF), U32, st.booleans())
def test_a_device_reads_what_is_written(
    command: Command, seq: int, device_id: int, coded: bool
) -> None:
    mac = key(b"k") if coded else None
    data = encode_command(command, seq=seq, device_id=device_id, mac=mac)
    assert len(data) <= core.MAX_BYTES
    device = core.Commands(device_id, mac)
    found = device.decode(data)
    values = [value for _, value, _, _ in command.values()]
    assert found == (seq, command.kind, *[*values, 0, 0][:2], True)
    assert command_of(*found[1:2], found[2:4]) == command
    assert device.last == seq
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        device.decode(data)
    items = cbor2.loads(data)  # any reader of CBOR has the same
    assert items[:3] == [core.VERSION, seq, command.kind]
    assert items[3 : 3 + len(values)] == values


@given(
    st.integers(1, 0xFFFFFFFF),
    st.integers(0, 23),
    st.lists(U32, max_size=2),
    st.booleans(),
    U32,
)
@example(1, 23, [1], True, 7)
@example(1, 3, [3], True, 7)  # a mode that there is not
@example(1, 2, [5], False, 7)  # one value where there are two
def test_other_kinds_and_values_are_told_and_count(
    seq: int, kind: int, values: list[int], coded: bool, device_id: int
) -> None:
    """A later firmware may know them: this one says that it does not."""
    items = [core.VERSION, seq, kind, *values]
    data = cbor2.dumps(items, canonical=True)
    if coded:
        head = array_head(len(items) + 1)
        text = head + data[1:]
        code = key(b"k")(device_id.to_bytes(4, "big") + text)[:4]
        data = text + octets(code)
    device = core.Commands(device_id, key(b"k") if coded else None)
    *found, known = device.decode(data)
    assert found == [seq, kind, *[*values, 0, 0][:2]]
    order = command_of(kind, (found[2], found[3]))
    try:
        written = order and encode_command(order, seq=seq)
    except ValueError:
        written = None
    plain = cbor2.dumps(items, canonical=True)
    assert known == (written == plain)
    assert device.last == seq
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        device.decode(data)


@given(st.binary(max_size=24))
@example(bytes.fromhex("8401010600"))
@example(bytes.fromhex("9f01010600ff"))  # an array of indefinite length
@example(bytes.fromhex("840118010600"))  # a number in more bytes than it needs
@example(bytes.fromhex("84010106fb0000000000000000"))
@example(bytes.fromhex("8601010600"))  # two items fewer than it says
@example(bytes.fromhex("8402010600"))  # of another version
def test_other_bytes_are_refused_unless_they_are_a_command(data: bytes) -> None:
    device = core.Commands(1, None)
    try:
        found = device.decode(data)
    except ValueError as refused:
        found, error = None, str(refused)
    if found is None:
        assert error.startswith(("ECM_ERR_FORMAT", "ECM_ERR_STATE"))
        assert device.last == 0
        return
    items = cbor2.loads(data)
    assert items[0] == core.VERSION
    assert cbor2.dumps(items, canonical=True) == data  # it was deterministic
    assert tuple(items[1:3]) == found[:2]


def test_with_a_key_each_byte_counts() -> None:
    data = encode_command(AskChunks(300, 2), seq=9, device_id=5, mac=key(b"k"))
    device = core.Commands(5, key(b"k"))
    for at in range(len(data)):
        for bit in range(8):
            wrong = bytearray(data)
            wrong[at] ^= 1 << bit
            with pytest.raises(ValueError, match=r"ECM_ERR_(ARG|FORMAT)"):
                device.decode(bytes(wrong))
        with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
            device.decode(data[:at])
    for other in (
        encode_command(AskChunks(300, 2), seq=9, device_id=6, mac=key(b"k")),
        encode_command(AskChunks(300, 2), seq=9, device_id=5, mac=key(b"l")),
        encode_command(AskChunks(300, 2), seq=9, device_id=5),
    ):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            device.decode(other)
    assert device.decode(data) == (9, core.CHUNKS, 300, 2, True)


def test_a_command_is_not_obeyed_again_after_a_reset() -> None:
    store = state.Store(b"\xff" * 2 * state.slot_bytes(core.STATE_BYTES))
    device = core.Commands(1, None)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        device.load(store)
    data = encode_command(Relearn("forced"), seq=70000)
    device.decode(data)
    device.save(store)
    assert store.load(core.STATE_TYPE) == (70000).to_bytes(4, "little")
    again = core.Commands(1, None)
    again.load(store)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        again.decode(data)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        again.decode(encode_command(Relearn(), seq=69999))
    assert again.decode(encode_command(Relearn("back"), seq=70001))[2] == core.BACK


def test_a_failing_code_is_the_callers_error() -> None:
    device = core.Commands(1, lambda data: b"abc")
    with pytest.raises(ValueError, match="mac gave 3 bytes"):
        device.decode(encode_command(AckAlarms(1), seq=1, device_id=1, mac=key(b"k")))


def test_names_are_those_of_the_device() -> None:
    kinds = (AckAlarms, AskChunks, Relearn, SetInterval, AckFrames, Rearm)
    assert [kind.kind for kind in kinds] == [
        core.ACK_ALARMS, core.CHUNKS, core.RELEARN, core.INTERVAL, core.ACK_FRAMES,
        core.REARM,
    ]  # fmt: skip
    modes = [Relearn(mode).values()[0][1] for mode in ("guarded", "forced", "back")]
    assert modes == [core.GUARDED, core.FORCED, core.BACK]
    assert (core.INTERVAL_MAX, core.VERSION) == (formats.INTERVAL_MAX_S, 1)
