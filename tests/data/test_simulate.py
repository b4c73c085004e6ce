"""The simulator: kinematics, load zone, slip and energies as its equations say."""

import msgspec
import numpy as np
import pytest
from scipy import signal

from ecmkit.data import (
    BearingGeometry,
    Mount,
    Resonance,
    Scenario,
    SimulatorConfig,
    simulate,
)
from ecmkit.data.simulate import load_zone
from ecmkit.errors import DataError, FormatError
from ecmkit.formats import convert

ORDERS = BearingGeometry().orders
SPEED = 29.93
QUIET = {
    "noise_g": 0.01,
    "sensor_noise_g": 0.001,
    "imbalance_g": 0.0,
    "misalignment_g": 0.0,
}


def config(*scenarios, **more):
    return SimulatorConfig(scenario=scenarios, **more)


def run(label, *, seed=0, size=0.5, settings=None, **more):
    scenario = Scenario(label=label, fault_size=size * (label != "normal"), **more)
    (recording,) = simulate(config(scenario, **(settings or {})), seed=seed)
    return recording


def envelope_spectrum(recording, lo=1500.0, hi=5500.0):
    """Amplitudes of the squared envelope by SciPy alone; frequency in orders."""
    fs = recording.info.fs_hz
    sos = signal.butter(4, [lo, hi], "bandpass", fs=fs, output="sos")
    e = np.abs(signal.hilbert(signal.sosfiltfilt(sos, recording.x[0]))) ** 2
    spectrum = np.abs(np.fft.rfft((e - e.mean()) * np.hanning(len(e))))
    f = np.fft.rfftfreq(len(e), 1 / fs)
    return f / recording.info.speed_hz, spectrum / (len(e) * e.mean())


def peak(order, spectrum, near, width=0.02):
    inside = np.abs(order / near - 1) < width
    return order[inside][np.argmax(spectrum[inside])], spectrum[inside].max()


def test_orders_of_the_6205_as_published():
    assert pytest.approx(5.4152, abs=5e-5) == ORDERS.BPFI
    assert pytest.approx(3.5848, abs=5e-5) == ORDERS.BPFO
    assert pytest.approx(2.3567, abs=1e-4) == ORDERS.BSF
    assert pytest.approx(0.3983, abs=5e-5) == ORDERS.FTF


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("label", "order"),
    [("outer", ORDERS.BPFO), ("inner", ORDERS.BPFI), ("ball", 2 * ORDERS.BSF)],
)
def test_the_envelope_shows_the_defect_within_its_slip(label, order, seed):
    recording = run(label, seed=seed, settings=QUIET)
    orders, spectrum = envelope_spectrum(recording)
    at, height = peak(orders, spectrum, order)
    # The mean of N intervals wanders by slip / sqrt(N); the line is about as wide.
    impulses = order * SPEED * 4.0
    assert abs(at / order - 1) < 5 * 0.01 / np.sqrt(impulses) + 0.25 / (SPEED * order)
    background = np.median(spectrum[(orders > 0.5) & (orders < 12)])
    assert height > 10 * background


@pytest.mark.parametrize("seed", range(4))
def test_sidebands_say_what_turns(seed):
    inner = envelope_spectrum(run("inner", seed=seed, settings=QUIET))
    ball = envelope_spectrum(run("ball", seed=seed, settings=QUIET))
    outer = envelope_spectrum(run("outer", seed=seed, settings=QUIET))

    def ratio(spectrum, near, by):
        side = [peak(*spectrum, near + s * by, 0.01)[1] for s in (-1, 1)]
        return min(side) / peak(*spectrum, near)[1]

    assert ratio(inner, ORDERS.BPFI, 1) > 0.2
    assert ratio(ball, 2 * ORDERS.BSF, ORDERS.FTF) > 0.2
    assert ratio(outer, ORDERS.BPFO, 1) < 0.2


def test_healthy_machines_show_no_bearing_order():
    for seed in range(4):
        orders, spectrum = envelope_spectrum(run("normal", seed=seed))
        background = np.median(spectrum[(orders > 0.5) & (orders < 12)])
        for order in (ORDERS.BPFO, ORDERS.BPFI, 2 * ORDERS.BSF):
            assert peak(orders, spectrum, order, 0.005)[1] < 6 * background


def defect_power(**more):
    settings = {**QUIET, "noise_g": 0.0, "sensor_noise_g": 0.0, "range_g": 20.0}
    settings |= more.pop("settings", {})
    return np.mean(
        [run("outer", seed=s, settings=settings, **more).x.var() for s in range(5)]
    )


def test_energy_follows_size_load_and_place():
    base = defect_power(size=0.1, load=0.0)
    # A double pulse of longer delay interferes with itself differently: switch it off.
    single = {"entry_ratio": 0.0}
    ratio = defect_power(size=0.2, settings=single) / defect_power(
        size=0.1, settings=single
    )
    assert ratio == pytest.approx(4, rel=0.05)
    loaded = defect_power(size=0.1, load=1.0)
    assert loaded / base == pytest.approx((1.3 / 0.3) ** 2, rel=0.05)
    aside = defect_power(size=0.1, load=0.0, fault_angle_deg=60.0)
    assert aside / base == pytest.approx(0.5**3, rel=0.05)
    assert defect_power(size=0.1, fault_angle_deg=180.0) == 0


def test_load_zone_is_stribecks():
    assert load_zone(np.radians([0.0, 60.0, 90.0, 180.0]), 0.5) == pytest.approx(
        [1, 0.5**1.5, 0, 0], abs=1e-12
    )


def test_the_response_is_that_of_the_modes():
    """One mode: the power spectrum peaks there and is 3 dB wide as damping says."""
    mode = (Resonance(hz=3000.0, damping=0.05),)
    settings = {**QUIET, "resonance": mode, "resonance_spread": 0.0, "slip": 0.2}
    recording = run("outer", settings=settings, duration_s=20.0)
    f, power = signal.welch(recording.x[0], 12000.0, nperseg=1024)
    top = np.argmax(power)
    assert f[top] == pytest.approx(3000, rel=0.03)
    wide = f[power > power[top] / 2]
    assert wide.max() - wide.min() == pytest.approx(2 * 0.05 * 3000, rel=0.35)


def test_the_changed_machine_is_the_same_machine_changed():
    before = Scenario(label="outer", fault_size=0.5, duration_s=8.0)
    after = msgspec.structs.replace(
        before, stretch="later", resonance_shift=0.8, noise_gain=3.0
    )
    settings = config(before, after, gain_g_per_mm=20.0)
    x, y = simulate(settings, seed=1)
    assert (x.info.machine, y.info.machine) == ("m00", "m00")
    tops = []
    for recording in (x, y):
        f, power = signal.welch(recording.x[0], 12000.0, nperseg=1024)
        tops.append(f[np.argmax(power * (f > 1000))])
    assert tops[1] / tops[0] == pytest.approx(0.8, abs=0.03)
    (alone,) = simulate(settings, seed=1, stretch="later")
    np.testing.assert_array_equal(alone.x, y.x)


def test_noise_gain_scales_the_noise():
    settings = {"sensor_noise_g": 0.0, "imbalance_g": 0.0, "misalignment_g": 0.0}
    one = run("normal", settings=settings).x.std()
    three = run("normal", settings=settings, noise_gain=3.0).x.std()
    assert three / one == pytest.approx(3, rel=1e-3)


def test_shaft_lines():
    recording = run("normal", settings={"noise_g": 0.001, "imbalance_g": 0.5})
    f, power = signal.welch(recording.x[0], 12000.0, nperseg=24000)
    assert f[np.argmax(power)] == pytest.approx(SPEED, abs=0.5)
    geared = run("normal", settings={"gear_teeth": 23, "gear_g": 1.0})
    f, power = signal.welch(geared.x[0], 12000.0, nperseg=24000)
    assert f[np.argmax(power)] == pytest.approx(23 * SPEED, rel=0.005)


def test_seeds():
    same = [run("inner", seed=3).x for _ in range(2)]
    np.testing.assert_array_equal(*same)
    others = [run("inner", seed=s).x for s in range(4)]
    for i in range(4):
        for j in range(i):
            assert abs(np.corrcoef(others[i][0], others[j][0])[0, 1]) < 0.2


def test_machines_differ_and_their_takes_are_alike():
    scenario = Scenario(label="normal", machines=2, recordings=2, first_machine=5)
    data = simulate(config(scenario), seed=0)
    assert [r.info.machine for r in data] == ["m05", "m05", "m06", "m06"]
    assert len({r.info.id for r in data}) == 4
    level = [r.x.std() for r in data]
    assert abs(level[0] / level[1] - 1) < 0.03
    assert abs(level[0] / level[2] - 1) > 0.03


def test_sixteen_bits_over_the_range():
    recording = run("inner", settings={"range_g": 2.0, "gain_g_per_mm": 50.0})
    x = recording.x[0].astype(np.float64)
    codes = x / (2.0 / 32768)
    np.testing.assert_array_equal(codes, np.rint(codes))
    assert np.abs(x).max() == 2.0
    assert np.mean(np.abs(x) >= 2.0) > 0.001
    assert recording.info.range == 2.0


def test_duration_speed_and_description():
    recording = run("ball", duration_s=1.5, speed_hz=20.0, load=0.25)
    assert recording.x.shape == (1, 18000)
    assert recording.x.dtype == np.float32
    info = recording.info
    assert (info.label, info.speed_hz, info.load, info.fault_size, info.source) == (
        "ball",
        20.0,
        0.25,
        0.5,
        "simulator",
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"scenario": [{"label": "inner"}]}, "fault_size: found 0, expected above 0"),
        ({"scenario": [{"label": "normal", "fault_size": 1.0}]}, "expected 0"),
        ({"scenario": [{"label": "cage"}]}, "cage"),
        ({"scenario": [{"label": "normal", "load": 2.0}]}, "load: found 2"),
        ({"scenario": [{"label": "normal", "speed_hz": 0.0}]}, "speed_hz"),
        ({"scenario": [{"label": "normal", "machines": 0}]}, "machines"),
        ({"scenario": [{"label": "normal", "noise_gain": -1.0}]}, "noise_gain"),
        ({"scenario": [], "fs_hz": 4000.0}, "resonance: found 2700 Hz"),
        ({"scenario": [], "range_g": 0.0}, "range_g"),
        ({"scenario": [], "bearing": {"balls": 2}}, "balls: found 2"),
        ({"scenario": [], "bearing": {"ball_diameter": 50.0}}, "ball_diameter"),
        ({"scenario": [], "bearing": {"contact_angle_deg": 90.0}}, "contact_angle_deg"),
        ({"scenario": [], "noize_g": 1.0}, "did you mean `noise_g`"),
    ],
)
def test_bad_settings(raw, words):
    with pytest.raises(FormatError) as caught:
        convert(raw, SimulatorConfig, where="project.toml")
    assert "project.toml" in str(caught.value)
    assert words in str(caught.value)


def test_nothing_to_simulate():
    with pytest.raises(DataError, match="stretch: found no scenario"):
        simulate(config(), seed=0)
    with pytest.raises(DataError, match="stretch: found train, expected later"):
        simulate(config(Scenario(label="normal")), seed=0, stretch="later")
    with pytest.raises(DataError, match="twice"):
        simulate(config(Scenario(label="normal"), Scenario(label="normal")), seed=0)


def test_further_sensors_hear_the_same_with_noise_of_their_own():
    mounts = (Mount(channel="FE", gain=0.5), Mount(channel="BA", gain=0.0))
    one = run("inner", duration_s=1.0)
    all_ = run("inner", duration_s=1.0, settings={"mount": mounts})
    assert all_.channels == ("DE", "FE", "BA")
    np.testing.assert_array_equal(all_.x[0], one.x[0])
    difference = all_.x[1] - 0.5 * all_.x[0]
    assert 0.004 < difference.std() < 0.008
    assert 0.003 < all_.x[2].std() < 0.007


@pytest.mark.parametrize("name", ["DE", ""])
def test_a_channel_has_one_name(name):
    with pytest.raises(ValueError, match="mount: channel: found 'DE', "):
        config(Scenario(label="normal"), mount=(Mount(channel=name),))
