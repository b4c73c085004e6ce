"""Steps of a plan on lines, mel bands and cepstra: against the functions for windows,
NumPy and librosa."""

import numpy as np
import pytest

from ecmkit._core import feat
from ecmkit.features import (
    Feature,
    FeaturePlan,
    MelBank,
    PlanEnvelope,
    PlanLines,
    PlanMel,
    cepstra,
    cepstral_peaks,
    device_plan,
    harmonics,
    lines_near,
    log_mel,
    peaks,
    power_spectra,
    sidebands,
)

FS, N, SPEED = 12000.0, 2048, 30.0
BIN = FS / N


def plan_of(*features, **changes):
    fields = {
        "channel": "a",
        "unit": "g",
        "fs_hz": FS,
        "range": 50.0,
        "window_len": N,
        "hop_len": N // 2,
        "speed_hz": (25.0, 35.0),
        "orders": {"mesh": 23.0},
        "features": features,
    }
    return FeaturePlan(**{**fields, **changes})


def extract(plan, x, speed=SPEED):
    """Features of windows by name."""
    c_plan = device_plan(plan.contract())
    x = np.atleast_2d(np.asarray(x, np.float32))
    out = np.empty((len(x), c_plan.n_features), np.float32)
    c_plan.extract(x, np.full(len(x), speed, np.float32), out)
    return dict(zip(plan.contract().names, out.T, strict=True))


def tones(*pairs, n=N, fs=FS):
    """A sum of (frequency, amplitude)."""
    t = np.arange(n) / fs
    return sum(a * np.cos(2 * np.pi * f * t + i) for i, (f, a) in enumerate(pairs))


def noise(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def spectra(x, **options):
    return power_spectra(np.atleast_2d(x), fs_hz=FS, unit="g", **options)


# ---- as the functions for windows -------------------------------------------------


def test_peaks_are_those_of_the_function():
    x = noise(1, 5, N) + tones((500.3, 2), (1733, 1.5)).astype(np.float32)
    ranks = tuple(range(1, 17))
    plan = plan_of(
        Feature(name="peak_hz", ranks=ranks), Feature(name="peak_amplitude", rank=16)
    )
    found = extract(plan, x)
    expected = peaks(spectra(x), 16, apart_hz=3 * BIN)
    for rank in ranks:
        np.testing.assert_array_equal(
            found[f"peak_hz_{rank}"], expected.f_hz[:, rank - 1]
        )
    np.testing.assert_array_equal(found["peak_amplitude_16"], expected.amplitude[:, -1])


def test_lines_are_those_of_the_functions():
    x, half = noise(2, 5, N), np.float32(0.02)
    plan = plan_of(
        Feature(name="line", f_hz=700.0),
        Feature(name="order_line", order="mesh"),
        Feature(name="harmonics", f_hz=400.0, n=5),
        Feature(name="thd", f_hz=400.0, n=5),
        Feature(name="order_harmonics", order=10, n=4),
        Feature(name="order_thd", order=10, n=4),
        lines=PlanLines(halfwidth=0.02),
    )
    found, whole = extract(plan, x), spectra(x)
    line = lines_near(whole, 700.0, halfwidth_hz=float(half * np.float32(700)))
    np.testing.assert_array_equal(found["line_700"], line.amplitude[:, 0])
    mesh = lines_near(whole, 690.0, halfwidth_hz=float(half * np.float32(690)))
    np.testing.assert_array_equal(found["order_line_mesh"], mesh.amplitude[:, 0])
    first = harmonics(whole, 400.0, 5, halfwidth=float(half))
    np.testing.assert_array_equal(found["harmonics_400_5"], first.rms)
    np.testing.assert_array_equal(found["thd_400_5"], first.thd)
    second = harmonics(whole, 300.0, 4, halfwidth=float(half))
    np.testing.assert_array_equal(found["order_harmonics_10_4"], second.rms)
    np.testing.assert_array_equal(found["order_thd_10_4"], second.thd)


def test_sidebands_are_those_of_the_function():
    """About the carrier as it is found, when the speed is only roughly known."""
    real = SPEED * 1.005
    pairs = [(23 * real, 2.0)]
    for i, amplitude in [(1, 0.5), (2, 0.25)]:
        pairs += [((23 + i) * real, amplitude), ((23 - i) * real, amplitude / 2)]
    x = tones(*pairs)
    plan = plan_of(
        Feature(name="order_sidebands", order="mesh", spacing=1, n=2),
        Feature(name="sidebands", carrier_hz=690.0, spacing_hz=30.0, n=1),
    )
    found = extract(plan, x)
    assert found["order_sidebands_mesh_1_2"][0] == pytest.approx(1.125 / 2, rel=2e-3)
    whole = sidebands(spectra(x), 23 * real, 30.0, 1, halfwidth_hz=0.3)
    expected = (whole.lower + whole.upper)[0, 0] / whole.carrier[0]
    assert found["sidebands_690_30_1"][0] == pytest.approx(expected, rel=1e-6)


def test_slip_sidebands():
    """Two broken bars' worth of pulsation, at a supply and a speed off by a little."""
    fs, n, supply, speed = 1000.0, 16384, 49.9, 24.2
    slip = supply - 2 * speed
    t = np.arange(n) / fs
    current = 10 * np.cos(2 * np.pi * supply * t)
    current *= 1 + 0.04 * np.cos(2 * np.pi * 2 * slip * t)
    plan = plan_of(
        Feature(name="slip_sidebands", supply_hz=50.0, pole_pairs=2),
        unit="A", fs_hz=fs, window_len=n, hop_len=n, speed_hz=(20.0, 25.0),
        lines=PlanLines(halfwidth=0.004),
    )  # fmt: skip
    found = extract(plan, current, speed)["slip_sidebands_50_2"]
    assert found[0] == pytest.approx(0.04, rel=0.01)
    assert extract(plan, current, 25.0)["slip_sidebands_50_2"] == 0


def test_mel_levels_are_those_of_the_function():
    x = noise(3, 4, N)
    for detrend, taper in [("none", "hann"), ("mean", "hamming")]:
        plan = plan_of(
            "mel_level", mel=PlanMel(n_mels=40), detrend=detrend, taper=taper
        )
        found = np.stack(list(extract(plan, x).values()), 1)
        whole = spectra(x, detrend=detrend, taper=taper)
        expected = log_mel(whole, MelBank(fs_hz=FS, n_samples=N, n_mels=40))
        exact = taper == "hann"
        np.testing.assert_allclose(found, expected, rtol=0, atol=0 if exact else 1e-4)
    one = plan_of(Feature(name="mel_level", band=7), mel=PlanMel(n_mels=40))
    assert one.contract().names == ("mel_level_7",)


def test_cepstral_peaks_are_those_of_the_function():
    x = noise(4, 5, N)
    x += 0.5 * np.roll(x, 200, axis=1)
    plan = plan_of(
        Feature(name="cepstral_peak", lo_s=0.01, hi_s=0.02),
        Feature(name="cepstral_peak_s", lo_s=0.01, hi_s=0.02),
    )
    at, high = extract(plan, x).values()
    where, peak = cepstral_peaks(cepstra(spectra(x)), fs_hz=FS, lo_s=0.01, hi_s=0.02)
    np.testing.assert_array_equal(at, peak)
    np.testing.assert_array_equal(high, where)
    np.testing.assert_allclose(high, 200 / FS, rtol=1e-3)


# ---- against programs of the definition -------------------------------------------


def test_peaks_and_lines_tell_frequency_and_amplitude_between_bins():
    x = tones((500.3, 2.0), (1733.4, 1.5), (4000.9, 0.5))
    plan = plan_of(
        Feature(name="peak_hz", ranks=(1, 2, 3)),
        Feature(name="peak_amplitude", ranks=(1, 2, 3)),
        Feature(name="line", frequencies_hz=(500.0, 1733.0, 4001.0)),
    )
    found = np.concatenate(list(extract(plan, x).values())).reshape(3, 3)
    np.testing.assert_allclose(found[0], [500.3, 1733.4, 4000.9], atol=0.02)
    np.testing.assert_allclose(found[1:], [[2.0, 1.5, 0.5]] * 2, rtol=2e-3)


def test_distortion_of_a_clipped_sine_is_numpys():
    """The lines of a square-ish wave on bins, by a plain transform."""
    f = 32 * BIN
    x = np.clip(tones((f, 3.0)), -1, 1)
    lines = np.abs(np.fft.rfft(x)[32::32][:20]) * 2 / N
    plan = plan_of(
        Feature(name="thd", f_hz=f, n=20), Feature(name="harmonics", f_hz=f, n=20)
    )
    found = list(extract(plan, x).values())
    assert found[0][0] == pytest.approx(np.hypot.reduce(lines[1:]) / lines[0], rel=1e-5)
    assert found[1][0] == pytest.approx(np.hypot.reduce(lines) / np.sqrt(2), rel=1e-5)


def test_cepstral_peak_is_numpys():
    x = noise(5, N)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N) / N)
    d = (x - x.astype(float).mean()) * taper
    whole = np.fft.irfft(np.log(np.maximum(np.abs(np.fft.rfft(d)), 1e-3)))
    lo, hi = 120, 240
    span = {"lo_s": lo / FS, "hi_s": hi / FS}
    plan = plan_of(
        Feature(name="cepstral_peak", **span), Feature(name="cepstral_peak_s", **span)
    )
    found = np.ravel(list(extract(plan, x).values()))
    top = lo + int(whole[lo : hi + 1].argmax())
    left, mid, right = whole[top - 1 : top + 2]
    offset = 0.5 * (left - right) / (left - 2 * mid + right)
    assert abs(offset) <= 0.5
    assert found[0] == pytest.approx(mid - 0.25 * (left - right) * offset, abs=3e-6)
    assert found[1] == pytest.approx((top + offset) / FS, rel=1e-5)


def test_log_mel_is_librosas():
    librosa = pytest.importorskip("librosa")
    fs, n = 16000, 1024
    x = noise(6, 20, n) * np.geomspace(1e-3, 1, 20, dtype=np.float32)[:, None]
    found = log_mel(
        power_spectra(x, fs_hz=fs, unit="1", detrend="none"),
        MelBank(fs_hz=fs, n_samples=n, n_mels=128),
    )
    for window, levels in zip(x, found, strict=True):
        power = librosa.feature.melspectrogram(
            y=window.astype(float), sr=fs, n_fft=n, hop_length=n, n_mels=128,
            power=2.0, center=False,
        )  # fmt: skip
        expected = librosa.power_to_db(power, ref=1.0, amin=1e-16, top_db=None)
        np.testing.assert_allclose(levels, expected[:, 0], rtol=0, atol=2e-4)


# ---- edges ------------------------------------------------------------------------


def test_the_cepstrum_leaves_the_bins_to_the_envelope():
    """Both in one plan, at the cost of a second window of memory."""
    x = noise(7, 40 * N)
    cepstrum = Feature(name="cepstral_peak", lo_s=0.01, hi_s=0.02)
    line = Feature(name="env_order", order=1)
    envelope = PlanEnvelope(band_hz=(1000.0, 5000.0))
    rows, work = {}, {}
    for name, features in {
        "both": (cepstrum, line), "cepstrum": (cepstrum,), "envelope": (line,)
    }.items():  # fmt: skip
        plan = plan_of(*features, envelope=envelope if line in features else None)
        made = device_plan(plan.contract())
        n = (len(x) - N) // (N // 2) + 1
        out, done = np.empty((n, made.n_features), np.float32), np.ones(n, np.uint8)
        feat.Runner(made).frames(x, np.full(n, SPEED, np.float32), out, done)
        rows[name], work[name] = out[done.astype(bool)], made.work_len
    warm = len(rows["cepstrum"]) - len(rows["both"])
    assert warm > 0
    np.testing.assert_array_equal(rows["both"][:, 0], rows["cepstrum"][warm:, 0])
    np.testing.assert_array_equal(rows["both"][:, 1], rows["envelope"][:, 0])
    assert (work["cepstrum"], work["both"]) == (N, 2 * N)


def test_constant_windows_have_no_lines():
    plan = plan_of(
        Feature(name="peak_hz", rank=1),
        Feature(name="thd", f_hz=500, n=5),
        Feature(name="order_sidebands", order="mesh", spacing=1, n=2),
        Feature(name="cepstral_peak", lo_s=0.01, hi_s=0.02),
        Feature(name="cepstral_peak_s", lo_s=0.01, hi_s=0.02),
        "mel_level",
        mel=PlanMel(n_mels=20, floor=1e-10),
    )
    found = extract(plan, np.full(N, 3.0))
    levels = [v[0] for name, v in found.items() if name.startswith("mel")]
    np.testing.assert_allclose(levels, -100.0, atol=1e-4)
    assert all(v == 0 for name, v in found.items() if not name.startswith("mel"))


def test_units_scale_and_ratios_stay():
    plan = plan_of(
        Feature(name="peak_hz", rank=1),
        Feature(name="peak_amplitude", rank=1),
        Feature(name="order_line", order="mesh"),
        Feature(name="thd", f_hz=500, n=5),
        Feature(name="cepstral_peak", lo_s=0.01, hi_s=0.02),
    )
    one, four = (list(extract(plan, k * noise(8, N)).values()) for k in (1, 4))
    factor = np.float32([{"g": 4}.get(unit, 1) for unit in plan.contract().units])
    np.testing.assert_array_equal(np.ravel(four), np.ravel(one) * factor)


@pytest.mark.parametrize(
    ("feature", "changes", "message"),
    [
        (
            {"name": "peak_hz", "rank": 17},
            {},
            r"features\[0\].rank: found 17.*1 \.\.\. 16",
        ),
        ({"name": "peak_hz"}, {}, r"features\[0\].rank: found nothing.*rank or ranks"),
        (
            {"name": "line", "f_hz": 7000.0},
            {},
            r"f_hz: found 7000.0.*6000 Hz \(Nyquist",
        ),
        ({"name": "thd", "f_hz": 50.0, "n": 1}, {}, r"n: found 1, expected 2"),
        ({"name": "thd", "f_hz": 50.0, "n": 2}, {"taper": "hamming"}, "taper.*hann"),
        ({"name": "order_line", "order": 200}, {}, "7000 Hz.*6000 Hz"),
        (
            {"name": "order_line", "order": 2},
            {"speed_hz": None},
            "speed_hz: found nothing",
        ),
        (
            {"name": "slip_sidebands", "supply_hz": 50.0, "pole_pairs": 2},
            {"speed_hz": None},
            "speed_hz: found nothing",
        ),
        (
            {"name": "order_sidebands", "order": 23, "spacing": 0.5, "n": 1},
            {},
            "12.5 Hz apart, expected 17.* Hz or more in windows of 2048",
        ),
        (
            {"name": "sidebands", "carrier_hz": 90.0, "spacing_hz": 9.0, "n": 1},
            {},
            "9 Hz apart",
        ),
        (
            {"name": "sidebands", "carrier_hz": 90.0, "spacing_hz": 20.0, "n": 17},
            {},
            r"n: found 17, expected 1 \.\.\. 16",
        ),
        ({"name": "mel_level"}, {}, "mel: found nothing, expected a table"),
        (
            {"name": "mel_level", "band": 40},
            {"mel": PlanMel(n_mels=40)},
            r"band: found 40, expected 0 \.\.\. 39",
        ),
        (
            {"name": "mel_level"},
            {"mel": PlanMel(n_mels=40, hi_hz=100.0)},
            "mel.n_mels: found 40, expected fewer",
        ),
        (
            {"name": "mel_level"},
            {"mel": PlanMel(n_mels=40, floor=0.0)},
            "mel.floor: found 0.0",
        ),
        (
            {"name": "cepstral_peak", "lo_s": 0.01, "hi_s": 0.1},
            {},
            "expected rising, above 0, at most 0.0853333 s, half a window",
        ),
        (
            {"name": "line", "f_hz": 500.0},
            {"lines": PlanLines(halfwidth=0.6)},
            "lines.halfwidth: found 0.6",
        ),
    ],
)
def test_mistakes(feature, changes, message):
    with pytest.raises(ValueError, match=message):
        plan_of(Feature(**feature), **changes)
