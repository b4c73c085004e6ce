"""A device's record: written by Python, kept by the device; orders against vectors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmkit._core import device as core
from ecmkit._core import state
from ecmkit._core.device import Device
from ecmkit.data import BearingGeometry
from ecmkit.formats.device import (
    Bearing,
    DeviceRecord,
    SensorChannel,
    SpeedSource,
    decode_device,
    device_image,
    encode_device,
)

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "device.json").read_text()
)


def device(**changes: Any) -> Device:
    settings = {
        "device_id": 7, "key_id": 3, "speed_source": core.SPEED_TACHO, "speed_hz": 0.0,
        "pulses_per_turn": 1.0, "balls": 9, "ball_mm": 7.94, "pitch_mm": 39.04,
        "contact_deg": 0.0, "channels": [(0.01, 0.5)],
    }  # fmt: skip
    return Device(**(settings | changes))


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: str(row["bearing"][0]))
def test_orders_of_bearings(row: dict[str, Any]) -> None:
    """A quotient, a cosine and three more roundings: 4 ulp of each order."""
    balls, ball, pitch, angle = row["bearing"]
    mm = [float.fromhex(x) for x in (ball, pitch, angle)]
    one = device(balls=balls, ball_mm=mm[0], pitch_mm=mm[1], contact_deg=mm[2])
    expected = [float.fromhex(x) for x in row["orders"]]
    np.testing.assert_allclose(one.bearing_orders(), expected, rtol=4 * 2.0**-23)


@given(
    st.integers(3, 60), st.floats(0.01, 0.6), st.floats(0, 80), st.floats(1, 500)
)  # fmt: skip
def test_orders_are_those_of_the_simulator(
    balls: int, ratio: float, angle: float, pitch: float
) -> None:
    one = device(balls=balls, ball_mm=ratio * pitch, pitch_mm=pitch, contact_deg=angle)
    found = one.bearing_orders()
    there = BearingGeometry(
        balls=balls,
        ball_diameter=ratio * pitch,
        pitch_diameter=pitch,
        contact_angle_deg=angle,
    ).orders
    np.testing.assert_allclose(
        found, [there.BPFO, there.BPFI, there.BSF, there.FTF], rtol=2e-6
    )
    assert found[0] + found[1] == pytest.approx(balls, rel=1e-6)


POSITIVE = st.floats(2.0**-100, 2.0**100, width=32)
CHANNELS = st.builds(
    SensorChannel,
    sensitivity=st.one_of(POSITIVE, POSITIVE.map(lambda x: -x)),
    offset=st.floats(-1e6, 1e6, width=32),
)
SPEEDS = st.one_of(
    st.builds(SpeedSource, source=st.sampled_from(["none", "given"])),
    st.builds(SpeedSource, source=st.sampled_from(["fixed", "estimated"]), hz=POSITIVE),
    st.builds(SpeedSource, source=st.just("tacho"), pulses_per_turn=POSITIVE),
)
BEARINGS = st.builds(
    Bearing,
    balls=st.integers(3, 65535),
    ball_mm=st.floats(0.5, 20, width=32),
    pitch_mm=st.floats(21, 2000, width=32),
    contact_deg=st.floats(0, 89, width=32),
)
RECORDS = st.builds(
    DeviceRecord,
    device_id=st.integers(0, 2**32 - 1),
    key_id=st.integers(0, 2**32 - 1),
    channels=st.lists(CHANNELS, min_size=1, max_size=16).map(tuple),
    speed=SPEEDS,
    bearing=st.one_of(st.none(), BEARINGS),
)


@given(RECORDS)
def test_a_device_takes_what_is_written_and_keeps_it(record: DeviceRecord) -> None:
    data = encode_device(record)
    assert len(data) == core.record_bytes(len(record.channels)) <= core.BYTES_MAX
    one = device()
    one.decode(data)
    assert one.encode() == data
    assert decode_device(data) == record
    slot = state.slot_bytes(core.BYTES_MAX)
    image = device_image(record, slot_bytes=slot)
    again, store = device(), state.Store(image)
    again.load(store)
    assert again.encode() == data
    device(device_id=9).save(store)  # the other slot
    assert store.image[: len(data) + 20] == image[: len(data) + 20]
    again.load(store)
    assert decode_device(again.encode()).device_id == 9
    assert store.load_before(core.STATE_TYPE) == data


def test_samples_come_to_the_unit_of_the_plan() -> None:
    one = device(channels=[(0.01, 0.5), (-2.0, -1.0)])
    x = np.array([0.5, 1.5, -3.25], np.float32)
    y = x.copy()
    one.scale_f32(0, x)
    assert (x == (y - np.float32(0.5)) * np.float32(0.01)).all()
    one.scale_f32(1, y[:0])
    one.scale_f32(1, y)
    assert y.tolist() == [-3.0, -5.0, 4.5]
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        one.scale_f32(2, y)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"channels": []}, "LENGTH"),
        ({"channels": [(1.0, 0.0)] * 17}, "LENGTH"),
        ({"channels": [(0.0, 0.0)]}, "ARG"),
        ({"channels": [(1.0, float("nan"))]}, "ARG"),
        ({"speed_source": 5}, "ARG"),
        ({"speed_source": core.SPEED_FIXED}, "ARG"),
        ({"pulses_per_turn": 0.0}, "ARG"),
        ({"speed_hz": float("inf")}, "ARG"),
        ({"balls": 2}, "ARG"),
        ({"balls": 0}, "ARG"),
        ({"ball_mm": 39.04}, "ARG"),
        ({"contact_deg": 90.0}, "ARG"),
        ({"contact_deg": -0.5}, "ARG"),
    ],
)
def test_records_that_are_refused(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=f"ECM_ERR_{error}"):
        device(**changes)


def test_damage_is_refused_and_leaves_the_record() -> None:
    one = device()
    data = one.encode()
    for at in range(len(data)):
        for bit in range(8):
            wrong = bytearray(data)
            wrong[at] ^= 1 << bit
            with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
                one.decode(bytes(wrong))
        with pytest.raises(ValueError, match="ECM_ERR_FORMAT"):
            one.decode(data[:at])
    assert one.encode() == data
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        one.load(state.Store(b"\xff" * 400))
    plain = device(balls=0, ball_mm=0.0, pitch_mm=0.0)
    with pytest.raises(ValueError, match="ECM_ERR_STATE"):
        plain.bearing_orders()
