"""Spectra of the report: a known signal appears where it must, in the right unit."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.data import Recording, RecordingInfo
from ecmkit.features import Feature, load_plan
from ecmkit.flow.spectrum import class_spectrum

PLAN = load_plan("bearing")
T = np.arange(36_000) / PLAN.fs_hz
SPEED_HZ = 29.5


def heard(
    x: NDArray[np.floating], *, fs_hz: float = PLAN.fs_hz, speed_hz: float = SPEED_HZ
) -> Recording:
    info = RecordingInfo(
        id="a", machine="m", label="inner", unit="g", fs_hz=fs_hz, speed_hz=speed_hz
    )
    return Recording(info=info, channels=("DE",), x=np.float32(x)[np.newaxis])


@pytest.mark.parametrize("f_hz", [40.0, 440.0, 1000.3, 2999.9, 5990.0])
@pytest.mark.parametrize("amplitude", [0.01, 2.0])
def test_a_sine_is_one_line_of_half_its_amplitude_squared(
    f_hz: float, amplitude: float
) -> None:
    found = class_spectrum(heard(amplitude * np.sin(2 * np.pi * f_hz * T)), PLAN)
    width = found.frequency_hz[1] - found.frequency_hz[0]
    assert abs(found.frequency_hz[found.power.argmax()] - f_hz) <= width
    near = np.abs(found.frequency_hz - f_hz) <= 1.5 * width
    # A Hann taper keeps a line within two bins; a band has four.
    assert found.power[near].sum() == pytest.approx(amplitude**2 / 2, rel=1e-3)
    assert found.power[~near].sum() < 1e-3 * amplitude**2


def test_noise_has_its_variance_spread_evenly() -> None:
    x = np.random.default_rng(0).normal(0.0, 0.3, 400_000)
    found = class_spectrum(heard(x), PLAN)
    assert found.power.sum() == pytest.approx(0.09, rel=0.02)
    middle = found.power[1:-1]
    assert middle.std() < 0.1 * middle.mean()
    assert len(found.power) == len(found.frequency_hz) == PLAN.window_len // 8


def test_an_offset_is_no_vibration() -> None:
    x = np.random.default_rng(0).normal(0.0, 0.1, len(T))
    found = class_spectrum(heard(x + 5.0), PLAN)
    assert found.power.sum() == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("order", [1.0, 3.6, 5.4])
def test_a_modulation_is_a_line_at_its_order(order: float) -> None:
    carrier = np.random.default_rng(0).normal(size=len(T))
    x = (1 + 0.9 * np.cos(2 * np.pi * order * SPEED_HZ * T)) * carrier
    found = class_spectrum(heard(x), PLAN)
    assert found.order[found.envelope.argmax()] == pytest.approx(order, abs=0.051)
    assert found.envelope.max() > 5
    assert np.median(found.envelope) == pytest.approx(1.0, abs=0.3)


def test_without_speed_or_band_there_is_no_envelope() -> None:
    x = np.random.default_rng(0).normal(size=len(T))
    rms = (Feature(name="rms"),)
    no_band = msgspec.structs.replace(PLAN, envelope=None, bearing=None, features=rms)
    whole = class_spectrum(heard(x), PLAN)
    for found in (
        class_spectrum(heard(x, speed_hz=0.0), PLAN),
        class_spectrum(heard(x), no_band),
    ):
        assert not found.envelope.any()
        assert len(found.envelope) == len(found.order)
        np.testing.assert_array_equal(found.power, whole.power)


@pytest.mark.parametrize("fs_hz", [1000.1, 8192.0, 25_600.0, 44_100.0, 97_656.25])
@pytest.mark.parametrize("window_len", [64, 1024, 4096])
def test_bands_reach_to_nyquist_at_any_rate(fs_hz: float, window_len: int) -> None:
    plan = msgspec.structs.replace(
        PLAN,
        fs_hz=fs_hz,
        window_len=window_len,
        hop_len=window_len,
        envelope=None,
        features=(Feature(name="rms"),),
    )
    x = np.random.default_rng(0).normal(size=8192)
    found = class_spectrum(heard(x, fs_hz=fs_hz), plan)
    assert len(found.power) == window_len // 8
    width = fs_hz / window_len * 4
    assert found.frequency_hz[-1] == pytest.approx(fs_hz / 2 - width / 2)


def test_it_says_whose_it_is() -> None:
    found = class_spectrum(heard(np.sin(T)), PLAN)
    assert (found.label, found.recording) == ("inner", "a")
