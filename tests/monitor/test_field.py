"""A device whose radio loses every third frame, from an alarm to its snapshot here."""

from typing import Any

import numpy as np

from ecmkit._core import command as core
from ecmkit._core.command import Commands
from ecmkit._core.snapshot import Recorder
from ecmkit._core.spool import Spool
from ecmkit.formats import AckFrames, Command, Rearm, ask_for, encode_command
from ecmkit.monitor import collect_snapshots


class Device:
    """Raw samples, frames in flash, and what it is told."""

    def __init__(self) -> None:
        self.recorder = Recorder(
            device_id=7, before_len=300, after_len=200, fs_hz=1000.0, scale=0.5,
            sample_bytes=2, channel=0, chunk_bytes=51, mac=None, slot=b"",
        )  # fmt: skip
        self.spool = Spool(b"\xff" * 4 * 512, 512)
        self.commands = Commands(7, None)

    def alarm(self, x: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        self.recorder.push_s16(x[:400])
        self.recorder.trigger(0, 3, 60)
        self.recorder.push_s16(x[400:])
        self.send(0, self.recorder.seal() or 0)

    def send(self, first: int, count: int) -> None:
        for number in range(first, min(first + count, self.recorder.seal() or 0)):
            self.spool.append(self.recorder.chunk(number))

    def obey(self, data: bytes) -> None:
        _, kind, first, second, _ = self.commands.decode(data)
        if kind == core.CHUNKS:
            self.send(first, second)
        elif kind == core.ACK_FRAMES:
            self.spool.ack(first)
        elif kind == core.REARM and first == self.recorder.crc:
            self.recorder.rearm()


def test_a_snapshot_arrives_over_a_radio_that_loses_frames() -> None:
    device = Device()
    x = np.arange(600, dtype=np.int16)
    device.alarm(x)
    assert device.spool.dropped > 0  # more chunks than its flash holds
    received: list[bytes] = []
    sent = told = rounds = 0

    def tell(command: Command) -> None:
        nonlocal told
        told += 1
        device.obey(encode_command(command, seq=told))

    while device.recorder.seal() is not None:
        rounds += 1
        assert rounds < 20
        device.spool = Spool(device.spool.image, 512)  # a reset now and then
        while (frame := device.spool.next()) is not None:
            sent += 1
            if sent % 3:
                received.append(frame[1])
            last = frame[0]
        tell(AckFrames(last))
        found = collect_snapshots(received)
        if found.complete:
            tell(Rearm(found.complete[0].id))
            break
        for command in ask_for(found.partial[0].missing):
            if device.spool.waiting < 20:  # as many as it has room for
                tell(command)
    (whole,) = collect_snapshots(received).complete
    assert (whole.trigger, whole.cause, whole.before_s) == (300, 3, 0.3)
    assert whole.x.tolist() == [0.5 * v for v in range(100, 600)]
    assert device.recorder.seal() is None  # ready for the next alarm
    assert sent > len(set(received))
