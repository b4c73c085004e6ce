"""Snapshots among what was received: complete, partial, refused."""

import numpy as np

from ecmkit._core.snapshot import Recorder
from ecmkit.monitor import Store, collect_snapshots, ingest


def chunks(device_id: int, level: float) -> list[bytes]:
    one = Recorder(
        device_id=device_id, before_len=10, after_len=30, fs_hz=100.0, scale=1.0,
        sample_bytes=4, channel=0, chunk_bytes=51, mac=None, slot=b"",
    )  # fmt: skip
    one.trigger(0, 0, 0)
    one.push_f32(np.full(30, level, np.float32))
    count = one.seal()
    assert count is not None
    return [one.chunk(number) for number in range(count)]


def test_snapshots_of_several_devices_among_frames(device, tmp_path) -> None:
    first, second = chunks(7, 1.0), chunks(8, 2.0)
    device.join()
    status = device.report()
    damaged = first[2][:-1] + bytes([first[2][-1] ^ 1])
    sent = [status, *second[:3], damaged, *first, first[0], *second[5:]]
    found = collect_snapshots(sent)
    assert [one.x.tolist() for one in found.complete] == [[1.0] * 30]
    assert [(one.device_id, one.missing) for one in found.partial] == [(8, (3, 4))]
    assert found.refused == 1
    assert "snapshot chunk field `crc`" in found.reasons[0]
    found = collect_snapshots([*sent, *second[3:5]], device_id=8)
    assert [(one.device_id, one.x[0]) for one in found.complete] == [(8, 2.0)]
    assert found.partial == ()
    with Store(tmp_path / "frames.db") as store:
        store.append(sent)
        kept = [frame for _, frame in store.iter(device_id=8)]
    assert kept == [*second[:3], *second[5:]]


def test_chunks_are_no_frames_that_failed(device, contract, model_id) -> None:
    device.join()
    frames = [*device.sent, *chunks(7, 1.0), device.report()]
    telemetry = ingest(frames, contract=contract, model_id=model_id)
    assert (telemetry.losses.received, telemetry.losses.undecodable) == (2, 0)


def test_a_chunk_of_another_value_is_refused() -> None:
    def mac(data: bytes) -> bytes:
        return b"code"

    found = collect_snapshots(chunks(7, 1.0), mac=mac)
    assert (found.complete, found.partial) == ((), ())
    assert found.refused == len(chunks(7, 1.0)) > len(found.reasons) == 5
