"""``ecmkit monitor`` on the stored frames of a few devices."""

import json
from pathlib import Path

import pytest

from ecmkit._core import frame
from ecmkit.monitor import Store
from ecmkit.package import build
from ecmkit.targets import load_target
from tests.cli.runner import ecmkit
from tests.monitor.conftest import MODEL, Said, shadow_frames
from tests.package.sample import application, rivals


@pytest.mark.parametrize(("least", "code"), [(None, 0), ("0.001", 0), ("0.99", 1)])
def test_the_command_shows_the_fleet(
    tmp_path: Path, least: str | None, code: int
) -> None:
    app = application(shadow=rivals())
    pack = build(app, target=load_target("esp32"), out=tmp_path / "pump")
    said: list[Said] = [(40, 30, [0.5]), (60, 60, [0.25]), (80, 70, [1.0])]
    with Store(tmp_path / "fleet.db") as store:
        for number, shift in ((7, 0), (9, 1)):
            own = shadow_frames(pack.contract, *said[shift:])
            right = [
                data.replace(bytes.fromhex(MODEL[:8]), bytes.fromhex(app.model_id[:8]))
                .replace(b"\x4c" + (7).to_bytes(4), b"\x4c" + number.to_bytes(4))
                for data in own
            ]  # fmt: skip
            store.append(right, received_s=float(number))
        store.append(shadow_frames(pack.contract, said[0])[:1], received_s=99.0)
    options = [] if least is None else ["--least", least]
    arguments = ["monitor", "shadow", tmp_path / "fleet.db", "--package", pack.path]
    done = ecmkit(*arguments, *options, "--json")
    assert done.code == code
    found = json.loads(done.out)
    assert [d["device_id"] for d in found["devices"]] == [7, 9]
    assert found["total"]["windows"] == 180 + 140
    assert found["others"] == {"7": 1}  # of the models before
    shown = ecmkit(*arguments, *options)
    assert "device 7: 1 frames of other models left out" in shown.out


def test_the_command_shows_what_became_of_commands(tmp_path: Path) -> None:
    path = tmp_path / "fleet.db"
    with Store(path) as store:
        store.append([b"noise"])
    arguments = ["monitor", "commands", path]
    assert "no device has answered" in ecmkit(*arguments).out
    assert json.loads(ecmkit(*arguments, "--json").out) == []
    with Store(path) as store:
        for i, result in enumerate((0, 4)):
            data = frame.encode_answer(
                device_id=7 + i, contract_id=1, model_id=2, seq=3, uptime_s=4,
                command=16 + i, kind=2, values=(5, 1), result=result, mac=None,
                buf_bytes=51,
            )  # fmt: skip
            store.append([data], received_s=1_700_000_000.0 + i)
    found = json.loads(ecmkit(*arguments, "--json").out)
    assert [(a["device_id"], a["command"], a["result"]) for a in found] == [
        (7, 16, "obeyed"), (8, 17, "full"),
    ]  # fmt: skip
    shown = ecmkit(*arguments, "--device", "8").out
    assert "2023-11-14" in shown
    assert "refused" in shown
    assert "full" in shown
    assert "obeyed" not in shown


def test_what_is_no_store_is_told_and_left_alone(tmp_path: Path) -> None:
    """A folder ended in a traceback, and an empty file became a store."""
    (tmp_path / "empty").touch()
    for name, words in (("", "found a folder"), ("empty", "found an empty file")):
        done = ecmkit("monitor", "commands", tmp_path / name)
        assert (done.code, done.out) == (2, "")
        assert words in done.err
    assert (tmp_path / "empty").read_bytes() == b""
