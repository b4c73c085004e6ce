"""What becomes of frames that are lost, repeated, late, damaged or foreign."""

import hmac

import numpy as np
import pytest

from ecmkit._core import frame as encoder
from ecmkit.errors import FormatError
from ecmkit.formats import FeatureContract
from ecmkit.monitor import Telemetry, ingest


@pytest.fixture
def read(contract: FeatureContract, model_id: str):
    def run(frames, **options) -> Telemetry:
        return ingest(frames, contract=contract, model_id=model_id, **options)

    return run


def losses(telemetry: Telemetry) -> dict[str, int]:
    counts = {name: getattr(telemetry.losses, name) for name in NAMES}
    return {name: count for name, count in counts.items() if count}


NAMES = (
    "lost", "duplicated", "reordered", "restarts", "truncated", "undecodable", "forged",
)  # fmt: skip


def test_series_in_order(device, read) -> None:
    device.join()
    for i in range(6):
        device.report(np.arange(8) + i, score=i / 2, alarms=i % 2, health=i % 4)
    telemetry = read(device.sent)
    assert losses(telemetry) == {}
    assert (telemetry.losses.joins, telemetry.losses.accepted) == (1, 6)
    assert telemetry.device_id == 7
    assert telemetry.time_s.tolist() == [10, 20, 30, 40, 50, 60]
    assert telemetry.score.tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert telemetry.alarms.tolist() == [0, 1, 0, 1, 0, 1]
    assert telemetry.health.tolist() == [0, 1, 2, 3, 0, 1]
    assert telemetry.feature.tolist() == [0, 1, 2, 0, 1, 2]
    time_s, sketches = telemetry.sketches(1)
    assert time_s.tolist() == [20, 50]
    assert (sketches == [np.arange(8) + 1, np.arange(8) + 4]).all()
    assert (telemetry.merged()[1] == 2 * np.arange(8) + 5).all()
    assert telemetry.seconds_per_window == 1.0


def test_nothing_received(read) -> None:
    telemetry = read([])
    assert len(telemetry) == 0
    assert telemetry.merged().sum() == 0


def test_gaps_are_counted(device, read) -> None:
    sent = [device.report() for _ in range(10)]
    telemetry = read([*sent[:3], *sent[5:8], sent[9]])
    assert losses(telemetry) == {"lost": 3}


def test_repetitions_count_once(device, read) -> None:
    device.join()
    sent = [device.report(np.arange(8)) for _ in range(3)]
    telemetry = read([device.sent[0], *device.sent, sent[0], sent[2], sent[2]])
    assert losses(telemetry) == {"duplicated": 4}
    assert telemetry.merged().sum() == 3 * 28


def test_late_frames_count_and_are_put_in_order(device, read) -> None:
    device.join()
    sent = [device.report() for _ in range(6)]
    telemetry = read([device.sent[0], sent[2], sent[0], sent[1], sent[5], sent[3]])
    assert losses(telemetry) == {"reordered": 3, "lost": 1}
    assert telemetry.time_s.tolist() == [10, 20, 30, 40, 60]


def test_join_after_the_first_report(device, read) -> None:
    join, first, second = device.join(), device.report(), device.report()
    telemetry = read([first, join, second])
    assert losses(telemetry) == {"reordered": 1}


def test_numbers_wrap(device, read) -> None:
    device.seq = 65533
    sent = [device.report() for _ in range(6)]
    assert losses(read(sent)) == {}
    late = [*sent[:2], sent[4], sent[2], sent[3], sent[5]]
    telemetry = read(late)
    assert losses(telemetry) == {"reordered": 2}
    assert (np.diff(telemetry.time_s) == 10).all()


@pytest.mark.parametrize("join_lost", [False, True])
@pytest.mark.parametrize("before", [2, 5, 40, 300])
def test_a_restart_is_no_loss(device, read, before: int, join_lost: bool) -> None:
    device.join()
    for _ in range(before):
        device.report(np.arange(8))
    device.restart()
    device.join()
    device.report(np.arange(8) + 1)
    device.report(np.arange(8) + 2)
    sent = list(device.sent)
    if join_lost:
        del sent[before + 1]
    telemetry = read(sent)
    assert telemetry.losses.restarts == 1
    assert telemetry.losses.lost == 0
    assert len(telemetry) == before + 2
    assert (np.diff(telemetry.time_s) == 10).all()


def test_random_journeys_add_up(device, read) -> None:
    """Whatever the radio does, every report counts once, in order."""
    device.join()
    for i in range(60):
        device.report(np.full(8, i))
    for seed in range(100):
        rng = np.random.default_rng(seed)
        arrived = np.flatnonzero(rng.random(61) < 0.8)
        delay = arrived + rng.uniform(0, 4, arrived.size)
        order = arrived[np.argsort(delay)]
        twice = np.repeat(order, 1 + (rng.random(order.size) < 0.2))
        telemetry = read([device.sent[i] for i in twice])
        assert telemetry.losses.restarts == 0
        assert telemetry.losses.duplicated == twice.size - order.size
        inside = arrived[-1] - arrived[0] + 1
        assert telemetry.losses.lost == inside - arrived.size
        assert telemetry.counters[:, 0].tolist() == [i - 1 for i in arrived if i]


def test_damage_is_counted_with_reasons(device, read) -> None:
    device.join()
    frame = device.report()
    telemetry = read([device.sent[0], frame[:10], b"", b"\xff", frame + b"\0", frame])
    assert losses(telemetry) == {"truncated": 2, "undecodable": 2}
    assert telemetry.losses.received == 6
    assert "after its end" in telemetry.losses.reasons[3]
    assert len(telemetry) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("report", {"device_id": 8}, "`device_id`: found 8, expected 7"),
        ("report", {"contract_id": 1}, "`contract_id`: found 00000001, expected"),
        ("report", {"model_id": 1}, "`model_id`: found 00000001, expected abababab"),
        ("report", {"feature": 3}, "`feature`: found 3, expected less than 3"),
        ("join", {"device_id": 8}, "`device_id`: found 8, expected 7"),
        ("join", {"contract_id": bytes(16)}, "`contract_id`: found 0000"),
        ("join", {"model_id": bytes(16)}, "`model_id`: found 0000"),
        ("join", {"features_len": 4}, "`features_len`: found 4, expected 3"),
    ],
)
def test_foreign_frames_are_refused_by_field(
    device, read, kind: str, changes: dict[str, object], message: str
) -> None:
    device.report()
    getattr(device, kind)(**changes)
    with pytest.raises(FormatError, match="frame 1: field") as caught:
        read(device.sent)
    assert message in str(caught.value)


def test_expected_device_and_bad_model_id(device, read, contract) -> None:
    device.report()
    with pytest.raises(FormatError, match="`device_id`: found 7, expected 1"):
        read(device.sent, device_id=1)
    with pytest.raises(ValueError, match="expected hexadecimal digits"):
        ingest([], contract=contract, model_id="no")
    with pytest.raises(ValueError, match="has 2 bytes, expected at least 16"):
        ingest([], contract=contract, model_id="abab")


def code(data: bytes) -> bytes:
    return hmac.new(b"key of this device", data, "sha256").digest()


def frames_of_version_2(
    contract: FeatureContract, model_id: str, *, budget: int, bins: int
) -> list[bytes]:
    """A join frame and 20 reports, each with as many features as have room."""
    ids = {"device_id": 7, "mac": code, "buf_bytes": budget}
    whole = bytes.fromhex(contract.id)[:16], bytes.fromhex(model_id)[:16]
    sent = [
        encoder.encode_join(
            contract_id=whole[0], model_id=whole[1], seq=0, features_len=3, **ids
        )
    ]
    turn = 0
    for i in range(1, 21):
        counters = np.arange(bins, dtype=np.uint16) + i
        raw, n, _ = encoder.encode(
            contract_id=int(contract.id[:8], 16), model_id=int(model_id[:8], 16),
            seq=i, uptime_s=10 * i, health=512, alarms=0, class_id=1, score=1.0,
            drift=0.5, values=np.zeros(0, np.float32), update=0,
            ratios=np.float32([0.5]),
            sketches=[((turn + j) % 3, counters) for j in range(3)]
            + [(encoder.CLASSES, np.uint16([i, 0, 1]))],
            shadow=None, **ids,
        )  # fmt: skip
        turn = (turn + min(n, 3)) % 3
        sent.append(raw)
    return sent


@pytest.mark.parametrize(("budget", "bins"), [(56, 8), (222, 8), (222, 32)])
def test_version_2_is_read_and_lost_or_forged_frames_are_counted(
    contract, model_id, read, budget: int, bins: int
) -> None:
    sent = frames_of_version_2(contract, model_id, budget=budget, bins=bins)
    telemetry = read(sent, mac=code)
    assert losses(telemetry) == {}
    assert len(telemetry) == 20
    per_frame = len(telemetry.feature) // 20
    assert per_frame == (3 if budget == 222 else 1)
    found = telemetry.counters.shape[1]  # what the budget had room for
    assert found == telemetry.merged().shape[1] == min(bins, 32)
    expected = (np.arange(bins) + 1).reshape(found, -1).sum(axis=1)
    assert (telemetry.counters[0] == expected).all()
    assert (
        telemetry.sketch_time_s.tolist()
        == np.repeat(telemetry.time_s, per_frame).tolist()
    )
    assert telemetry.health.tolist() == [512] * 20
    assert telemetry.class_counters.tolist() == ([210, 0, 20] if per_frame > 1 else [])
    forged = bytearray(sent[5])
    forged[20] ^= 1  # within the values
    arrived = [*sent[:5], bytes(forged), sent[7], sent[6], sent[6], sent[8][:-9]]
    telemetry = read(arrived, mac=code)
    assert losses(telemetry) == {
        "lost": 1, "duplicated": 1, "reordered": 1, "truncated": 1, "forged": 1,
    }  # fmt: skip
    assert "authentication" in telemetry.losses.reasons[0]


def test_without_a_code_nothing_is_trusted_that_should_have_one(device, read) -> None:
    device.join()
    device.report()
    telemetry = read(device.sent, mac=code)
    assert losses(telemetry) == {"forged": 2}
    assert len(telemetry) == 0
