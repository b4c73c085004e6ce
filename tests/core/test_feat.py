"""Features: SciPy and an independent float64 program as judges."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import feat, stats
from ecmkit._paths import csrc_dir

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "feat.json").read_text())
ROWS = [
    ("band_rms", 500.0, 5500.0),
    ("band_fraction", 500.0, 5500.0),
    ("centroid", 0.0, 0.0),
    ("spectral_entropy", 0.0, 0.0),
    ("env_order", 3.585, 0.02),
    ("env_rms", 0.0, 0.0),
    ("env_kurtosis", 0.0, 0.0),
    ("env_share", 3.585, 0.02),
    ("env_share", 5.415, 0.02),
]
ID = {row[1]: row[0] for row in feat.table()}
STEP = {row[1]: row[3] for row in feat.table()}
ORDER = [name for name, *_ in feat.step_table()]


def settings(step, n, fs, band):
    if step == "transform":
        return feat.Transform(n)
    if step == "envelope":
        return feat.Envelope(*band, feat.envelope_len(fs, n, *band))
    return None


def plan_of(
    rows,
    *,
    n=1024,
    hop=512,
    fs=12000.0,
    band=(500.0, 5500.0),
    speed=(1.0, 1000.0),
    detrend="mean",
):
    """A plan of (name, a, b), with the steps that their steps need."""
    wanted = {STEP[name] for name, _, _ in rows}
    for name, _, needs, _ in reversed(feat.step_table()):
        wanted |= set(needs) if name in wanted else set()
    wanted |= {"mean"} if detrend == "mean" and "time" not in wanted else set()
    wanted |= {"line"} if detrend == "line" else set()
    steps = [
        (
            step,
            [(ID[name], 0, a, b) for name, a, b in rows if STEP[name] == step],
            settings(step, n, fs, band),
        )
        for step in ORDER
        if step in wanted
    ]
    return feat.Plan(fs, n, hop, feat.DETREND[detrend], speed, steps)


def extract(plan, x, speed=29.95):
    x = np.atleast_2d(np.asarray(x, np.float32))
    out = np.empty((len(x), plan.n_features), np.float32)
    plan.extract(x, np.full(len(x), speed, np.float32), out)
    return out


def noise(seed, n):
    x = np.empty(n)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        x[i] = ((seed >> 8) - 0x800000) / 2**23
    return x


def test_tables_are_complete():
    rows = feat.table()
    ids = [row[0] for row in rows]
    assert ids == sorted(set(ids))
    assert len({row[1] for row in rows}) == len(rows)
    assert {row[3] for row in rows} <= set(ORDER)
    for _, _, unit, _, n, a, b, text, formula, _ in rows:
        assert unit in {"u", "u^2", "1", "Hz"}
        assert text
        assert formula
        used = [name for name in (n, a, b) if name]
        assert len(set(used)) == len(used)


def test_steps_need_what_comes_before_them():
    steps = feat.step_table()
    assert len(set(ORDER)) == len(ORDER)
    for i, (_, module, needs, text) in enumerate(steps):
        assert set(needs) <= set(ORDER[:i])
        assert (csrc_dir() / f"ecm_{module}.h").exists()
        assert text


@pytest.mark.parametrize("n", [64, 256])
def test_vectors(n):
    """Whitening divides small bins by themselves: a few hundred ulp on the envelope."""
    found = extract(plan_of(ROWS, n=n, hop=n), noise(n, n), speed=119.8)[0]
    expected = [float.fromhex(v) for v in VECTORS[str(n)].values()]
    np.testing.assert_allclose(found, expected, rtol=3e-5)


def test_time_rows_are_the_statistics():
    names = [row[1] for row in feat.table() if row[3] == "time"]
    x = np.random.default_rng(3).standard_normal(1024).astype(np.float32)
    found = extract(plan_of([(name, 0, 0) for name in names]), x)[0]
    expected = stats.time_f32(x)
    assert [float(v) for v in found] == [expected[name] for name in names]


def test_band_power_is_scipys_periodogram():
    from scipy.signal import periodogram

    x = np.random.default_rng(4).standard_normal(1024).astype(np.float32)
    f, p = periodogram(
        x.astype(float), 12000.0, "hann", detrend="constant", scaling="density"
    )
    p *= f[1]
    rows = [("band_rms", lo, lo + 600.0) for lo in np.arange(600.0, 5400.0, 600.0)]
    found = extract(plan_of(rows), x)[0]
    expected = [np.sqrt(p[(f >= lo) & (f < hi)].sum()) for _, lo, hi in rows]
    np.testing.assert_allclose(found, expected, rtol=2e-6)


def test_bands_that_touch_add_up_to_the_whole():
    x = np.random.default_rng(5).standard_normal((8, 1024))
    rows = [("band_fraction", lo, lo + 1000.0) for lo in range(0, 6000, 1000)]
    rows.append(("band_fraction", 6000.0, np.inf))
    np.testing.assert_allclose(extract(plan_of(rows), x).sum(1), 1.0, atol=1e-6)


def test_tone():
    """A tone on a bin: its power, its frequency, its band."""
    t = np.arange(1024) / 12000.0
    f = 128 * 12000.0 / 1024
    rows = [("band_rms", f - 100, f + 100), ("centroid", 0, 0), ("env_rms", 0, 0)]
    found = extract(plan_of(rows), 3 + 2 * np.cos(2 * np.pi * f * t))[0]
    np.testing.assert_allclose(found, [np.sqrt(2), f, np.sqrt(2)], rtol=1e-5)


def test_env_rms_is_the_band_of_scipys_hilbert_envelope():
    from scipy.signal import hilbert

    x = np.random.default_rng(6).standard_normal(1024)
    spectrum = np.fft.fft(x)
    f = np.abs(np.fft.fftfreq(1024, 1 / 12000.0))
    spectrum[(f < 500) | (f >= 5500)] = 0
    envelope = np.abs(hilbert(np.fft.ifft(spectrum).real))
    found = extract(plan_of([("env_rms", 0, 0)]), x)[0, 0]
    assert found == pytest.approx(np.sqrt(np.mean(envelope**2) / 2), rel=1e-6)


def test_impacts_stand_out_at_their_order():
    """Ringing struck at 3.585 orders, in noise: that order and its harmonics win."""
    rng = np.random.default_rng(7)
    fs, n, speed = 12000.0, 4096, 29.95
    rows = [("env_order", 3.585, 0.01), ("env_order", 5.415, 0.01)]
    rows += [("env_share", 3.585, 0.01), ("env_share", 5.415, 0.01)]
    for _ in range(10):
        x = 0.05 * rng.standard_normal(n)
        t = np.arange(200) / fs
        ring = np.exp(-t * 900) * np.sin(2 * np.pi * 3000 * t)
        for hit in np.arange(rng.uniform(0, 0.01), n / fs, 1 / (3.585 * speed)):
            i = int(hit * fs)
            x[i : i + 200] += 2 * ring[: n - i]
        found = extract(plan_of(rows, n=n, hop=n), x, speed=speed)[0]
        assert found[0] > 2 * found[1]
        assert found[2] > 0.6
        assert found[2] + found[3] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -981.7, 1e6])
def test_constant_windows_are_all_zero_but_the_mean(value):
    rows = [("mean", 0, 0), ("kurtosis", 0, 0), *ROWS]
    found = extract(plan_of(rows), np.full(1024, value))[0]
    assert found[0] == np.float32(value)
    assert not found[1:].any()


def test_orders_beyond_the_spectrum_are_zero():
    rows = [("env_order", 1e-4, 0.0), ("env_order", 1e4, 0.0), ("env_share", 1e4, 0.0)]
    x = np.random.default_rng(8).standard_normal(1024)
    assert not extract(plan_of(rows), x).any()


def test_scale_of_the_samples():
    """Powers of four are exact, roots too: units scale and ratios stay, bit by bit."""
    names = [row[1] for row in feat.table() if row[3] == "time"]
    rows = [*[(name, 0.0, 0.0) for name in names], *ROWS]
    unit = {row[1]: row[2] for row in feat.table()}
    plan = plan_of(rows)
    x = np.random.default_rng(9).standard_normal(1024).astype(np.float32)
    one, four = extract(plan, x)[0], extract(plan, 4 * x)[0]
    factor = [{"u": 4, "u^2": 16}.get(unit[name], 1) for name, _, _ in rows]
    np.testing.assert_array_equal(four, one * np.float32(factor))


def test_frames_of_a_signal_are_its_windows():
    plan = plan_of(ROWS, hop=300)
    x = np.random.default_rng(10).standard_normal(5000).astype(np.float32)
    n = (5000 - 1024) // 300 + 1
    windows = np.stack([x[i * 300 : i * 300 + 1024] for i in range(n)])
    speed = np.linspace(20, 40, n, dtype=np.float32)
    a, b = np.empty((2, n, len(ROWS)), np.float32)
    plan.extract(windows, speed, a)
    done = np.ones(n, np.uint8)
    plan.extract_frames(x, speed, b, done)
    np.testing.assert_array_equal(a, b)
    assert done.all()
    done[3:5], b[:] = 0, 7
    plan.extract_frames(x, speed, b, done)
    assert (b[3:5] == 7).all()
    np.testing.assert_array_equal(np.delete(a, [3, 4], 0), np.delete(b, [3, 4], 0))
    assert done.tolist() == [1] * 3 + [0] * 2 + [1] * (n - 5)
    more = np.append(speed, speed[-1])
    with pytest.raises(ValueError, match="x has 5000 samples, expected at least"):
        plan.extract_frames(
            x, more, np.empty((n + 1, len(ROWS)), np.float32), np.ones(n + 1, "u1")
        )
    with pytest.raises(ValueError, match="done has length 2"):
        plan.extract_frames(x, speed, b, done[:2])


def test_threads_may_share_a_plan():
    plan = plan_of(ROWS)
    x = np.random.default_rng(11).standard_normal((64, 1024)).astype(np.float32)
    expected = extract(plan, x)
    found = [np.empty_like(expected) for _ in range(4)]
    speed = np.full(64, 29.95, np.float32)
    threads = [
        threading.Thread(target=plan.extract, args=(x, speed, out)) for out in found
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for out in found:
        np.testing.assert_array_equal(out, expected)


def test_input_is_not_changed_and_may_be_read_only():
    x = np.random.default_rng(12).standard_normal((2, 1024)).astype(np.float32)
    x.flags.writeable = False
    before = x.copy()
    extract(plan_of(ROWS), x)
    np.testing.assert_array_equal(x, before)


def test_steps_of_a_plan():
    plan = plan_of([("rms", 0, 0), ("env_rms", 0, 0)])
    assert plan.steps() == [
        ("time", 0, 1, 0), ("transform", 1, 0, 0), ("envelope", 1, 1, 0),
    ]  # fmt: skip
    assert (plan.work_len, plan.state_len, plan.warm_len) == (1024, 0, 0)
    assert plan_of([("rms", 0, 0)]).work_len == 0


def test_detrend():
    """The line goes before everything; without, the mean stays in the spectrum."""
    x = np.random.default_rng(13).standard_normal(1024) + 5
    rows = [("rms", 0, 0), ("band_rms", 0, np.inf), ("band_rms", 0, 1)]
    plain = extract(plan_of(rows), x)[0]
    ramp = extract(plan_of(rows, detrend="line"), x + np.arange(1024) / 50)[0]
    line = extract(plan_of(rows, detrend="line"), x)[0]
    np.testing.assert_allclose(ramp[:2], line[:2], rtol=2e-6)
    assert plain[0] == pytest.approx(np.std(x), rel=1e-6)
    none = extract(plan_of(rows, detrend="none"), x)[0]
    assert none[0] == plain[0]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    whole = np.mean((x * taper) ** 2) * 8 / 3
    assert none[1] == pytest.approx(np.sqrt(whole), rel=1e-6)
    assert none[2] == pytest.approx(abs(np.mean(x * taper)) * np.sqrt(8 / 3), rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([("band_rms", 9, 9)], {}, "step bands refuses.*ECM_ERR_ARG"),
        ([("env_order", 0, 0)], {}, "step envelope refuses.*ECM_ERR_ARG"),
        ([("env_order", 1, 0)], {"speed": (0.0, 0.0)}, "ECM_ERR_ARG"),
        ([("rms", 0, 0)], {"n": 32768}, "ECM_ERR_LENGTH"),
        ([("rms", 0, 0)], {"fs": np.nan}, "ECM_ERR_ARG"),
        ([("rms", 0, 0)], {"hop": 0}, "ECM_ERR_ARG"),
        ([("rms", 0, 0)], {"hop": 1025}, "ECM_ERR_ARG"),
        ([("rms", 0, 0)], {"speed": (2.0, 1.0)}, "ECM_ERR_ARG"),
    ],
)
def test_plans_that_are_refused(rows, options, message):
    with pytest.raises(ValueError, match=message):
        plan_of(rows, **options)


def test_steps_that_do_not_fit_the_plan():
    with pytest.raises(ValueError, match="step 'tume' is not in the table"):
        feat.Plan(1e4, 64, 64, 1, (0.0, 0.0), [("tume", [], None)])
    with pytest.raises(ValueError, match=r"step time refuses.*ECM_ERR_ARG"):
        feat.Plan(1e4, 64, 64, 1, (0.0, 0.0), [("time", [(999, 0, 0, 0)], None)])
    with pytest.raises(ValueError, match=r"transform refuses.*ECM_ERR_LENGTH"):
        feat.Plan(1e4, 128, 64, 1, (0.0, 0.0), [("transform", [], feat.Transform(64))])
    with pytest.raises(ValueError, match=r"transform refuses.*ECM_ERR_NULL"):
        feat.Plan(1e4, 128, 64, 1, (0.0, 0.0), [("transform", [], None)])
    assert feat.envelope_len(12000.0, 1024, 1.0, 7000.0) == 0


def test_windows_that_are_refused():
    plan = plan_of(ROWS)
    x = np.zeros((2, 1024), np.float32)
    out = np.empty((2, len(ROWS)), np.float32)
    with pytest.raises(ValueError, match=r"window 1 \(speed_hz 0\): ECM_ERR_ARG"):
        plan.extract(x, np.array([30, 0], np.float32), out)
    with pytest.raises(ValueError, match="a window of x has length 1000"):
        plan.extract(x[:, :1000].copy(), np.ones(2, np.float32), out)
    with pytest.raises(ValueError, match="a row of out has length 3, expected 9"):
        plan.extract(x, np.ones(2, np.float32), out[:, :3].copy())
    with pytest.raises(ValueError, match="speed_hz has length 1, expected 2"):
        plan.extract(x, np.ones(1, np.float32), out)
    with pytest.raises(ValueError, match="Buffer dtype mismatch"):
        plan.extract(x.astype(float), np.ones(2, np.float32), out)


def test_scale_f32():
    out = np.empty(3, np.float32)
    x, mean, inv_sd = np.float32([[3, 5, 7], [1, 1, 1], [2, 0, 0.5]])
    feat.scale_f32(x, mean, inv_sd, out)
    assert out.tolist() == [4.0, 0.0, 3.0]
    with pytest.raises(ValueError, match="mean has length 2, expected 3"):
        feat.scale_f32(x, mean[:2].copy(), inv_sd, out)
