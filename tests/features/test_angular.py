"""Signals by angle: chirps whose orders are known, and real shafts of known speed."""

import numpy as np
import pytest

from ecmkit.features import fir_decimate
from ecmkit.features.angular import (
    angular_resample,
    order_spectrum,
    shaft_edges,
    shaft_run,
    synchronous_average,
)

FS = 12800.0
LINES = ((1.0, 1.0, 0.3), (3.5848, 0.5, 1.0), (27.0, 0.2, 2.0))


def run_up(n0=15.0, a=6.0, seconds=6.0, lines=LINES):
    """Angle in turns and a signal with lines of (order, amplitude, phase)."""
    t = np.arange(int(seconds * FS)) / FS
    angle = n0 * t + a * t**2 / 2
    x = sum(A * np.cos(2 * np.pi * o * angle + p) for o, A, p in lines)
    return angle, x


def tacho_of(angle, pulses=1):
    """Logic pulses with sloping flanks and noise."""
    rng = np.random.default_rng(5)
    wave = np.clip(8 * np.sin(2 * np.pi * pulses * angle), -1, 1)
    return 2.5 + 2.5 * wave + 0.02 * rng.standard_normal(len(angle))


@pytest.mark.parametrize("pulses", [1, 6])
def test_orders_of_a_run_up_are_sharp_lines(pulses):
    """The speed more than triples; a spectrum in Hz would smear over an octave."""
    angle, x = run_up()
    edges = shaft_edges(
        tacho_of(angle, pulses), fs_hz=FS, level=2.5, hysteresis=1.0, pulses=pulses
    )
    assert edges.speed_hz[0] == pytest.approx(15.3, abs=1.0)
    assert edges.speed_hz[-1] == pytest.approx(51.0, rel=0.02)
    found = order_spectrum(angular_resample(x, edges, per_turn=128), turns=64)
    for order, amplitude, _ in LINES:
        k = round(order / found.bin_order)
        peak = found.amplitude[k - 1 : k + 2].max()
        between = abs(order / found.bin_order - k)
        loss = 1 - 0.6 * between**2  # of a Hann taper between two bins
        assert peak == pytest.approx(amplitude * loss, rel=0.02)
    quiet = np.ones(len(found.amplitude), bool)
    for order, _, _ in LINES:
        quiet[np.abs(found.order - order) < 6 / 64] = False
    assert found.amplitude[quiet].max() < 3e-3
    assert found.blocks > 3


def test_a_speed_that_is_known_needs_no_tacho():
    angle, x = run_up()
    edges = shaft_run(fs_hz=FS, speed_hz=15.0, rate_hz_s=6.0, turns=190)
    signal = angular_resample(x, edges, per_turn=128)
    k = (signal.first + np.arange(len(signal.x))) / 128
    exact = sum(A * np.cos(2 * np.pi * o * k + p) for o, A, p in LINES)
    error = np.abs(signal.x - exact)
    assert error[256:-256].max() < 1e-3
    assert error.max() < 0.02
    assert angle[-1] > 190


def test_average_and_residual_split_a_signal():
    """What repeats every turn goes to the average, the rest stays."""
    _, x = run_up()
    rng = np.random.default_rng(6)
    edges = shaft_run(fs_hz=FS, speed_hz=15.0, rate_hz_s=6.0, turns=190)
    signal = angular_resample(
        x + 0.1 * rng.standard_normal(len(x)), edges, per_turn=128
    )
    average, residual = synchronous_average(signal)
    k = np.arange(128) / 128
    exact = np.cos(2 * np.pi * k + 0.3) + 0.2 * np.cos(2 * np.pi * 27 * k + 2)
    # 190 turns: the line at 3.5848 orders and the noise fall to a share of themselves.
    assert np.abs(average - exact).max() < 0.06
    assert residual.std() == pytest.approx(np.sqrt(0.5**2 / 2 + 0.09**2), rel=0.03)
    spectrum = order_spectrum(
        angular_resample(x, edges, per_turn=128), turns=64
    ).amplitude
    assert spectrum[64] == pytest.approx(1, rel=0.01)


def test_turns_begin_at_the_first_mark():
    angle, _ = run_up()
    x = angle % 1.0
    edges = shaft_edges(
        tacho_of(angle, 4), fs_hz=FS, level=2.5, hysteresis=1.0, pulses=4
    )
    signal = angular_resample(x, edges, per_turn=64)
    rows = signal.turns()
    assert rows.shape[1] == 64
    # The first edge comes a quarter of a turn after angle 0.
    np.testing.assert_allclose(rows[:, 8], 0.25 + 8 / 64, atol=2e-3)


@pytest.mark.data
def test_a_real_shaft(real_data):
    """97: shaft harmonics 1 to 4 of a healthy motor at its nominal speed."""
    npz = np.load(real_data / "cwru" / "normal" / "97_0.npz")
    x = fir_decimate(npz["DE"] * npz["scale_DE"], factor=12)  # 4 kHz: 66 orders
    speed = float(npz["rpm"]) / 60
    edges = shaft_run(fs_hz=4000, speed_hz=speed, turns=int(len(x) / 4000 * speed) - 2)
    found = order_spectrum(angular_resample(x, edges, per_turn=128), turns=64)
    background = np.median(found.amplitude[(found.order > 0.3) & (found.order < 6)])
    for order in (1, 2, 3, 4):
        near = np.abs(found.order - order) <= 0.05
        assert found.amplitude[near].max() > 5 * background
        assert found.order[near][found.amplitude[near].argmax()] == order


def edges_of(x, **fields):
    asked = {"fs_hz": 1.0, "level": 1.0, "hysteresis": 0.0} | fields
    return shaft_edges(x, **asked)


def run_of(**fields):
    return shaft_run(**{"fs_hz": 1.0, "speed_hz": 0.1, "turns": 9} | fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"level": 9}, "x: found 0 edges at level 9 .* of 0 ... 1, expected 2 or more"),
        ({"fs_hz": 0}, "fs_hz: found 0, expected above 0"),
        ({"hysteresis": -1}, "hysteresis: found -1, expected 0 or more"),
        ({"level": np.nan}, "level: found nan, expected a finite number"),
        ({"pulses": 0}, "pulses: found 0, expected 1 ... 4096"),
    ],
)
def test_edges_that_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        edges_of([0, 1, 0], **fields)


def test_runs_that_are_refused():
    with pytest.raises(ValueError, match="speed_hz: found 0, expected above 0"):
        run_of(speed_hz=0)
    with pytest.raises(
        ValueError, match=r"rate_hz_s: found -1, expected above -0.83.* 50 of 60 turns"
    ):
        run_of(fs_hz=1e3, speed_hz=10, rate_hz_s=-1, turns=60)
    with pytest.raises(ValueError, match=r"per_turn: found 0, expected 1"):
        angular_resample(np.zeros(100), run_of(), per_turn=0)
    with pytest.raises(ValueError, match="x: found 7 samples, expected 8 or more"):
        angular_resample(np.zeros(7), run_of(), per_turn=9)


def test_spectra_that_are_refused():
    edges = shaft_run(fs_hz=FS, speed_hz=20.0, turns=20)
    signal = angular_resample(np.zeros(9000), edges, per_turn=64)
    with pytest.raises(ValueError, match="turns: found 7 turns of 64, 448 values"):
        order_spectrum(signal, turns=7)
    with pytest.raises(ValueError, match=r"signal: found .* expected 64 turns"):
        order_spectrum(signal, turns=64)
    with pytest.raises(ValueError, match="weight: found 2"):
        synchronous_average(signal, weight=2)
