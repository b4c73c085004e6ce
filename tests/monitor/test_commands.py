"""What became of commands: told by devices, counted, shown."""

import pytest

from ecmkit._core import frame
from ecmkit.monitor import answers_among, answers_of, ingest, render_html, watch
from tests.monitor.conftest import MODEL


def said(device, command: int, result: int, *, kind: int = 2, values=(5, 1)) -> bytes:
    """An answer of the device, in the turn of its frames."""
    device.uptime_s += 1
    data = frame.encode_answer(
        device_id=device.device_id, contract_id=int(device.contract.id[:8], 16),
        model_id=int(MODEL[:8], 16), seq=device.seq, uptime_s=device.uptime_s,
        command=command, kind=kind, values=values, result=result, mac=None,
        buf_bytes=51,
    )  # fmt: skip
    device.seq += 1
    device.sent.append(data)
    return data


@pytest.fixture
def frames(device) -> list[bytes]:
    device.join()
    device.report()
    said(device, 16, 0, kind=1, values=(3, 0))
    device.report()
    said(device, 17, 4)
    device.report()
    return list(device.sent)


def test_answers_are_counted_in_the_turn_of_reports(frames, contract, model_id) -> None:
    telemetry = ingest(frames, contract=contract, model_id=model_id)
    losses = telemetry.losses
    assert (losses.accepted, losses.answers, losses.joins) == (3, 2, 1)
    assert (losses.lost, losses.reordered, losses.restarts) == (0, 0, 0)
    assert telemetry.time_s.tolist() == [10, 21, 32]
    found = answers_of(telemetry)
    assert [(a.command, a.what, a.obeyed, a.result, a.time_s) for a in found] == [
        (16, "AckAlarms(groups=3)", True, "obeyed", 11.0),
        (17, "AskChunks(first=5, count=1)", False, "full", 22.0),
    ]
    assert str(found[1]) == "command 17 AskChunks(first=5, count=1): refused, full"
    # one that was lost is a gap as a lost report is; late, twice or again they are none
    late = [*frames[:2], *frames[3:], frames[2], frames[4]]
    losses = ingest(late, contract=contract, model_id=model_id).losses
    assert (losses.answers, losses.lost, losses.reordered) == (2, 0, 1)
    assert losses.duplicated == 1
    less = ingest([*frames[:4], frames[5]], contract=contract, model_id=model_id)
    assert (less.losses.answers, less.losses.lost) == (1, 1)


def test_answers_among_frames_of_all_devices(frames) -> None:
    timed = [(float(i), data) for i, data in enumerate([*frames, b"noise", frames[4]])]
    found = answers_among(timed)
    assert [(a.device_id, a.command, a.time_s) for a in found] == [
        (7, 16, 2.0), (7, 17, 4.0),
    ]  # fmt: skip
    assert answers_among(timed, device_id=7) == found
    assert answers_among(timed, device_id=8) == ()


def test_the_page_shows_what_was_refused(
    frames, contract, model_id, reference, watches
) -> None:
    pytest.importorskip("jinja2")
    telemetry = ingest(frames, contract=contract, model_id=model_id)
    report = watch(telemetry, reference, watches=watches)
    assert report.commands == answers_of(telemetry)
    page = render_html(report, telemetry, reference)
    assert "AskChunks(first=5, count=1)" in page
    assert "refused: full" in page
    assert "3 reports, 2 answers to commands and 1 joins" in page
