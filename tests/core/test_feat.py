"""Plans: each step against its kernel, SciPy and an independent float64 program."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import envelope, feat, fft, rank, series, spectrum, stats, velocity
from ecmkit._core import filter as core_filter
from ecmkit._paths import csrc_dir
from tests.core.vectors import vector_noise

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "feat.json").read_text())
FS, N, SPEED = 12000.0, 1024, 29.95
TABLE = {row[1]: row for row in feat.table()}
ORDER = [name for name, *_ in feat.step_table()]
SECTIONS = np.float32([[0.9, -1.8, 0.9, -1.8, 0.81], [0.2, 0, -0.2, -0.5, 0.6]])
VELOCITY = (0.08, 0.004, -0.8, 0.4, 0.3, 9.8, 2, 100, 40)
TAPS = np.float32([0.05, 0.2, 0.25, 0.25, 0.2, 0.05])
# Rates of the histories: 12 kHz * 256 / 1024 / 3, and 12 kHz / 5 / 3.
LINES = (768, TAPS, 3, np.float32(1000 / 768), 0.02)
RECTIFIED = (768, TAPS, 3, np.float32(800 / 768), 0.02)
PLAIN = [
    ("median",), ("mad",), ("quantile", 0, 0.9), ("quantile_range", 0, 0.25, 0.75),
    ("histogram_entropy", 32), ("turning_rate",), ("hjorth_mobility",),
    ("hjorth_complexity",), ("autocorrelation", 3), ("rms",), ("kurtosis",), ("crest",),
    ("band_rms", 0, 500.0, 5500.0), ("band_fraction", 0, 500.0, 5500.0), ("centroid",),
    ("spectral_spread",), ("spectral_skewness",), ("spectral_kurtosis",),
    ("spectral_entropy",), ("spectral_flatness",), ("rolloff", 0, 0.85),
    ("spectral_crest",),
]  # fmt: skip
ENVELOPE = [
    ("env_line", 0, 3.585), ("env_order", 0, 3.585), ("env_harmonics", 3, 5.415),
    ("env_sidebands", 2, 5.415, 1.0), ("env_share", 3, 3.585), ("env_share", 3, 5.415),
    ("env_kurtosis",),
]  # fmt: skip


def settings(step, n, form="magnitude", whiten=False):
    made = {
        "filter": lambda: feat.Filter(SECTIONS[:1], 700),
        "velocity": lambda: feat.Velocity(*VELOCITY),
        "rectified": lambda: feat.Rectified(
            feat.Lines(*RECTIFIED), SECTIONS[1:], TAPS, 5
        ),
        "transform": lambda: feat.Transform(n),
        "taper": lambda: feat.Taper(np.float32(spectrum.taper_weights("flat_top"))),
        "welch": lambda: feat.Welch(4),
        "envelope": lambda: feat.Envelope(
            feat.Lines(*LINES), n, 50, 250, 256, whiten, form
        ),
    }
    return made[step]() if step in made else None


def plan_of(
    rows,
    *,
    n=N,
    hop=N // 2,
    fs=FS,
    speed=(27.0, 40.0),
    detrend="mean",
    extra=(),
    instead=None,
    **options,
):
    """A plan of (name, n, a, b), with the steps that their steps need, and others."""
    instead = instead or {}
    step_of = {name: instead.get(TABLE[name][3], TABLE[name][3]) for name, *_ in rows}
    wanted = {*step_of.values(), *extra}
    for name, _, needs, _ in reversed(feat.step_table()):
        wanted |= set(needs) if name in wanted else set()
    wanted = {instead.get(name, name) for name in wanted}
    wanted |= {"mean"} if detrend == "mean" and "time" not in wanted else set()
    wanted |= {"detrend"} if detrend == "line" else set()
    steps = []
    for step in ORDER:
        if step in wanted:
            own = [
                (TABLE[name][0], *values, *(0,) * (3 - len(values)))
                for name, *values in rows
                if step_of[name] == step
            ]
            steps.append((step, own, settings(step, n, **options)))
    return feat.Plan(fs, n, hop, feat.DETREND[detrend], speed, steps)


def names_of(plan, rows):
    """Names of the rows in the order in which they leave the plan."""
    first = {name: first for name, first, _, _ in plan.steps()}
    return [r[0] for r in sorted(rows, key=lambda row: first[TABLE[row[0]][3]])]


def extract(plan, x, speed=SPEED):
    x = np.atleast_2d(np.asarray(x, np.float32))
    out = np.empty((len(x), plan.n_features), np.float32)
    plan.extract(x, np.full(len(x), speed, np.float32), out)
    return out


def stream(plan, x, *, hop, n=N, speed=SPEED, cuts=()):
    """Rows of a signal that is given to one runner in pieces of whole windows."""
    runner, windows = feat.Runner(plan), (len(x) - n) // hop + 1
    rows, at = [], 0
    for end in (*cuts, windows):
        count = end - at
        piece = np.ascontiguousarray(x[at * hop : (end - 1) * hop + n])
        out = np.empty((count, plan.n_features), np.float32)
        done = np.ones(count, np.uint8)
        runner.frames(piece, np.full(count, speed, np.float32), out, done)
        rows.append(out[done.astype(bool)])
        at = end
    return np.concatenate(rows)


def gaussian(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# ---- tables -----------------------------------------------------------------------


def test_tables_are_complete():
    rows = feat.table()
    ids = [row[0] for row in rows]
    assert ids == sorted(set(ids))
    assert len({row[1] for row in rows}) == len(rows)
    assert {row[3] for row in rows} <= set(ORDER)
    for _, name, unit, _, n, a, b, text, formula, _ in rows:
        assert unit in {"u", "u^2", "1", "Hz", "mm/s", "dB", "s"}
        assert text
        assert formula or name == "median"
        used = [name for name in (n, a, b) if name]
        assert len(set(used)) == len(used)


def test_steps_need_what_comes_before_them():
    assert len(set(ORDER)) == len(ORDER)
    for i, (_, module, needs, text) in enumerate(feat.step_table()):
        assert set(needs) <= set(ORDER[:i])
        assert (csrc_dir() / f"ecm_{module}.h").exists()
        assert text


# ---- one window -------------------------------------------------------------------


@pytest.mark.parametrize("n", [64, 256])
def test_vectors(n):
    values = VECTORS[str(n)]
    rows = [
        (name, 0, 500.0, 5500.0) if name.startswith("band") else (name,)
        for name in values
    ]
    plan = plan_of(rows, n=n, hop=n)
    made = extract(plan, vector_noise(n, n, float))[0]
    found = dict(zip(names_of(plan, rows), made, strict=True))
    for name, value in values.items():
        assert found[name] == pytest.approx(float.fromhex(value), rel=3e-6)


def kernels_of(x):
    """Each feature of PLAIN by the binding of its kernel."""
    q, words = np.empty(3, np.float32), np.empty(len(x), np.int32)
    median = rank.median_f32(x, words)
    rank.quantiles_f32(x, np.float32([0.9, 0.25, 0.75]), words, q)
    hjorth, lag = series.hjorth_f32(x), np.empty(1, np.float32)
    series.autocorrelation_f32(x, np.uint32([3]), False, lag)
    time, d = stats.time_f32(x), x - np.float32(stats.mean_f32(x))
    bins = np.empty((1, len(x)), np.float32)
    fft.Plan(len(x) // 2, True).r2c_f32(d, bins[0])
    bins[0, 0] = 0
    power = np.empty((1, len(x) // 2 + 1), np.float32)
    scale = np.float32(8) / (np.float32(3) * np.float32(len(x)) * np.float32(len(x)))
    spectrum.hann_power_f32(bins, scale, power)
    bin_hz = FS / len(x)
    band, moments = np.empty((1, 1), np.float32), np.empty((1, 5), np.float32)
    spectrum.bands_f32(power, bin_hz, np.float32([[500, 5500]]), band)
    spectrum.moments_f32(power, bin_hz, moments)
    one = {}
    for name in ("entropy", "flatness", "crest"):
        out = np.empty(1, np.float32)
        getattr(spectrum, f"{name}_f32")(power, out)
        one[name] = out[0]
    rolloff = np.empty(1, np.float32)
    spectrum.rolloff_f32(power, bin_hz, 0.85, rolloff)
    return {
        "median": median[0], "mad": median[1], "quantile": q[0],
        "quantile_range": q[2] - q[1],
        "histogram_entropy": rank.entropy_f32(x, np.empty(32, np.uint32)),
        "turning_rate": np.float32(series.turning_points_f32(x)) / np.float32(len(x)),
        "hjorth_mobility": hjorth["mobility"],
        "hjorth_complexity": hjorth["complexity"], "autocorrelation": lag[0],
        "rms": time["rms"], "kurtosis": time["kurtosis"], "crest": time["crest"],
        "band_rms": np.sqrt(band[0, 0]),
        "band_fraction": band[0, 0] / np.float32(stats_sum(power[0])),
        "centroid": moments[0, 1], "spectral_spread": moments[0, 2],
        "spectral_skewness": moments[0, 3], "spectral_kurtosis": moments[0, 4],
        "spectral_entropy": one["entropy"], "spectral_flatness": one["flatness"],
        "rolloff": rolloff[0], "spectral_crest": one["crest"],
    }  # fmt: skip


def stats_sum(x):
    """Sum in four striped lanes."""
    lanes = np.zeros(4, np.float32)
    for i, value in enumerate(x):
        lanes[i % 4] += value
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])


@pytest.mark.parametrize("n", [96, 1024])
def test_rows_are_what_the_kernels_compute(n):
    x = gaussian(3, n) + np.float32(0.3)
    plan = plan_of(PLAIN, n=n, hop=n)
    found = dict(zip(names_of(plan, PLAIN), extract(plan, x)[0], strict=True))
    for name, value in kernels_of(x).items():
        assert found[name] == np.float32(value), name


def test_time_rows_are_the_statistics():
    names = [row[1] for row in feat.table() if row[3] == "time"]
    x = gaussian(3, N)
    found = extract(plan_of([(name,) for name in names]), x)[0]
    expected = stats.time_f32(x)
    assert [float(v) for v in found] == [expected[name] for name in names]


@pytest.mark.parametrize("taper", ["hann", "flattop"])
def test_band_power_is_scipys_periodogram(taper):
    from scipy.signal import periodogram

    x = gaussian(4, N)
    f, p = periodogram(x.astype(float), FS, taper, detrend="constant")
    p *= f[1]
    rows = [("band_rms", 0, lo, lo + 600.0) for lo in np.arange(600.0, 5400.0, 600.0)]
    instead = {"power": "taper"} if taper == "flattop" else {}
    found = extract(plan_of(rows, instead=instead), x)[0]
    expected = [np.sqrt(p[(f >= lo) & (f < hi)].sum()) for _, _, lo, hi in rows]
    np.testing.assert_allclose(found, expected, rtol=3e-6)


def test_bands_that_touch_add_up_to_the_whole():
    rows = [("band_fraction", 0, lo, lo + 1000.0) for lo in range(0, 6000, 1000)]
    rows.append(("band_fraction", 0, 6000.0, np.inf))
    found = extract(plan_of(rows), gaussian(5, 8, N)).sum(1)
    np.testing.assert_allclose(found, 1.0, atol=1e-6)


def test_tone():
    """A tone on a bin: its power, its frequency, its band."""
    t = np.arange(N) / FS
    f = 128 * FS / N
    rows = [("band_rms", 0, f - 100, f + 100), ("centroid",)]
    found = extract(plan_of(rows), 3 + 2 * np.cos(2 * np.pi * f * t))[0]
    np.testing.assert_allclose(found, [np.sqrt(2), f], rtol=1e-5)


def test_detrend():
    """The line goes before everything; without, the mean stays in the spectrum."""
    x = gaussian(13, N) + np.float32(5)
    rows = [("rms",), ("band_rms", 0, 0, np.inf), ("band_rms", 0, 0, 1)]
    plain = extract(plan_of(rows), x)[0]
    ramp = extract(plan_of(rows, detrend="line"), x + np.arange(N) / 50)[0]
    line = extract(plan_of(rows, detrend="line"), x)[0]
    np.testing.assert_allclose(ramp[:2], line[:2], rtol=3e-6)
    assert plain[0] == pytest.approx(np.std(x), rel=1e-6)
    none = extract(plan_of(rows, detrend="none"), x)[0]
    assert none[0] == plain[0]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N) / N)
    whole = np.mean((x * taper) ** 2) * 8 / 3
    assert none[1] == pytest.approx(np.sqrt(whole), rel=1e-6)
    assert none[2] == pytest.approx(abs(np.mean(x * taper)) * np.sqrt(8 / 3), rel=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, -981.7, 1e6])
def test_constant_windows_are_all_zero_but_the_level(value):
    rows = [("mean",), *PLAIN]
    plan = plan_of(rows)
    found = extract(plan, np.full(N, value))[0]
    level = {"mean", "median", "quantile"}
    for name, feature in zip(names_of(plan, rows), found, strict=True):
        assert feature == (np.float32(value) if name in level else 0), name


def test_scale_of_the_samples():
    """Powers of four are exact, roots too: units scale and ratios stay, bit by bit."""
    time = [(row[1],) for row in feat.table() if row[3] == "time"]
    rows = [*time, *[row for row in PLAIN if TABLE[row[0]][3] != "time"]]
    plan = plan_of(rows)
    one, four = extract(plan, gaussian(9, N))[0], extract(plan, 4 * gaussian(9, N))[0]
    units = [TABLE[name][2] for name in names_of(plan, rows)]
    factor = np.float32([{"u": 4, "u^2": 16}.get(unit, 1) for unit in units])
    np.testing.assert_array_equal(four, one * factor)


def test_scale_step():
    rows = [("median",), ("rms",), ("centroid",)]
    plain = extract(plan_of(rows), gaussian(1, 3, N))
    offset, factor = np.float32([1, -2, 3]), np.float32([2, 0.5, 0])
    steps = []
    for name, first, count, _ in plan_of(rows).steps():
        own = [(TABLE[r[0]][0], 0, 0, 0) for r in rows[first : first + count]]
        steps.append((name, own, settings(name, N)))
    steps.append(("scale", [], feat.Scale(offset, factor)))
    plan = feat.Plan(FS, N, N, feat.DETREND["mean"], (0.0, 0.0), steps)
    found = extract(plan, gaussian(1, 3, N))
    np.testing.assert_array_equal(found, (plain - offset) * factor)
    steps[-1] = ("scale", [], feat.Scale(offset[:2], factor[:2]))
    with pytest.raises(ValueError, match="offset has length 2, expected 3"):
        feat.Plan(FS, N, N, feat.DETREND["mean"], (0.0, 0.0), steps)


# ---- streams ----------------------------------------------------------------------

STREAMS = {
    "filter": {"rows": [("rms",), ("centroid",)], "extra": ["filter"]},
    "velocity": {"rows": [("velocity_rms",)]},
    "rectified": {"rows": ENVELOPE[:-1], "instead": {"envelope": "rectified"}},
    "welch": {"rows": [("centroid",), ("band_rms", 0, 0, 900.0)], "extra": ["welch"]},
    "envelope": {"rows": ENVELOPE, "form": "log", "whiten": True},
    "all": {
        "rows": [*PLAIN, ("velocity_rms",), *ENVELOPE],
        "extra": ["filter", "welch"],
    },
}


@pytest.mark.parametrize("name", STREAMS)
def test_any_cut_gives_the_same_rows(name):
    plan = plan_of(**STREAMS[name])
    x = gaussian(2, N + 79 * N // 2)
    whole = stream(plan, x, hop=N // 2)
    assert len(whole) == 80 - plan.warm_len
    assert 0 < plan.warm_len < 60
    for seed in range(3):
        rng = np.random.default_rng(seed)
        cuts = np.unique(rng.integers(1, 80, 12)).tolist()
        np.testing.assert_array_equal(stream(plan, x, hop=N // 2, cuts=cuts), whole)
    # A start in the middle is a start; a reset behind a gap is one, too.
    late = stream(plan, x[20 * N // 2 :], hop=N // 2)
    runner, done = feat.Runner(plan), np.ones(80, np.uint8)
    done[19] = 0
    out = np.empty((80, plan.n_features), np.float32)
    runner.frames(x, np.full(80, SPEED, np.float32), out, done)
    np.testing.assert_array_equal(out[20:][done[20:] == 1], late)
    assert done[:19].sum() == max(19 - plan.warm_len, 0)


def test_filtered_windows_are_those_of_the_filtered_signal():
    x = gaussian(7, 8000)
    plan = plan_of([("rms",), ("kurtosis",)], hop=300, extra=["filter"])
    filtered = np.empty_like(x)
    biquads = core_filter.BiquadF32(SECTIONS[:1])
    biquads.start(float(x[0]))
    biquads.run(x, filtered)
    found = stream(plan, x, hop=300)
    at = range(3 * 300, len(x) - N + 1, 300)  # the first that starts behind 700
    expected = extract(
        plan_of([("rms",), ("kurtosis",)]), [filtered[i : i + N] for i in at]
    )
    np.testing.assert_array_equal(found, expected)


def test_velocity_is_that_of_the_meter():
    x = gaussian(8, 20_000)
    plan = plan_of([("velocity_rms",)], hop=400)
    names = ("c1", "c2", "a1", "a2", "b1", "gain", "factor", "settle_len", "block_len")
    meter = velocity.VelocityF32(**dict(zip(names, VELOCITY, strict=True)))
    expected, at = [], 0
    for end in range(N, len(x) + 1, 400):
        meter.update(x[at:end])
        at = end
        if (rms := meter.rms()) is not None:
            expected.append(rms)
    np.testing.assert_array_equal(stream(plan, x, hop=400)[:, 0], np.float32(expected))


def test_average_is_scipys_welch():
    from scipy.signal import welch

    x = gaussian(9, N + 3 * N // 2)
    f, p = welch(x.astype(float), FS, "hann", N, detrend="constant")
    rows = [("band_rms", 0, lo, lo + 600.0) for lo in np.arange(600.0, 5400.0, 600.0)]
    found = stream(plan_of(rows, extra=["welch"]), x, hop=N // 2)
    assert len(found) == 1
    expected = [np.sqrt(p[(f >= lo) & (f < hi)].sum() * f[1]) for _, _, lo, hi in rows]
    np.testing.assert_allclose(found[0], expected, rtol=3e-6)


def lines_of(amplitude, speed, bin_hz):
    """Rows of ENVELOPE from a spectrum, by the kernels."""
    f32, half = np.float32, 0.02
    back = envelope.background_f32(amplitude, bin_hz, 0.5 * speed, 12 * speed)

    def line(order):
        return envelope.line_f32(amplitude, bin_hz, order * speed, half)

    def harmonics(order):
        return envelope.harmonics_f32(amplitude, bin_hz, order * speed, half, 3)

    shares = f32(harmonics(f32(3.585))) + f32(harmonics(f32(5.415)))
    sides = envelope.sidebands_f32(
        amplitude, bin_hz, f32(5.415) * speed, speed, half, 2
    )
    return [
        line(f32(3.585)), f32(line(f32(3.585))) / f32(back),
        f32(harmonics(f32(5.415))) / f32(back), f32(sides) / f32(back),
        f32(harmonics(f32(3.585))) / shares, f32(harmonics(f32(5.415))) / shares,
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["magnitude", "squared", "log"])
@pytest.mark.parametrize("whiten", [False, True])
def test_envelope_is_that_of_the_kernels(form, whiten):
    x = gaussian(10, N + 20 * N // 2)
    plan = plan_of(ENVELOPE, form=form, whiten=whiten)
    transform = fft.Plan(N // 2, True)
    detector = envelope.AnalyticF32(N, 50, 250, fft.Plan(256, False), whiten)
    history = envelope.HistoryF32(fft.Plan(384, True), TAPS, 3)
    bins, z, expected = np.empty(N, "f4"), np.empty(512, "f4"), []
    for at in range(0, len(x) - N + 1, N // 2):
        d = x[at : at + N] - np.float32(stats.mean_f32(x[at : at + N]))
        transform.r2c_f32(d, bins)
        bins[0] = 0
        if detector.run(bins, z):
            part = np.empty(128, np.float32)
            getattr(envelope, f"{form}_f32")(z[:256], part)
            p = (z[:256:2].astype(float) ** 2) + z[1:256:2].astype(float) ** 2
            if history.push(part):
                amplitude = np.empty(768, np.float32)
                history.spectrum(385, amplitude)
                kurtosis = np.mean(p**2) / np.mean(p) ** 2
                speed = np.float32(SPEED)
                expected.append([*lines_of(amplitude[:385], speed, LINES[3]), kurtosis])
    found = stream(plan, x, hop=N // 2)
    assert len(found) == len(expected) == 21 - plan.warm_len
    np.testing.assert_array_equal(found[:, :-1], np.float32(expected)[:, :-1])
    np.testing.assert_allclose(found[:, -1], np.array(expected)[:, -1], rtol=2e-6)


def test_rectified_is_that_of_the_kernels():
    x = gaussian(11, 24_000)
    plan = plan_of(ENVELOPE[:-1], hop=700, instead={"envelope": "rectified"})
    detector = envelope.RectifierF32(SECTIONS[1:], TAPS, 5)
    history, expected, at = envelope.HistoryF32(fft.Plan(384, True), TAPS, 3), [], 0
    for end in range(N, len(x) + 1, 700):
        out = np.empty(end - at, np.float32)
        count = detector.run(x[at:end], out)
        at = end
        if history.push(out[:count].copy()):
            amplitude = np.empty(768, np.float32)
            history.spectrum(385, amplitude)
            expected.append(lines_of(amplitude[:385], np.float32(SPEED), RECTIFIED[3]))
    found = stream(plan, x, hop=700)
    assert len(expected) > 3
    np.testing.assert_allclose(found, np.float32(expected), rtol=2e-6)


def test_impacts_stand_out_at_their_order():
    """Ringing struck at 3.585 orders, in noise: that order and its harmonics win."""
    rng = np.random.default_rng(7)
    rows = [("env_order", 0, 3.585), ("env_order", 0, 5.415)]
    rows += [("env_share", 3, 3.585), ("env_share", 3, 5.415)]
    for form, whiten in [("magnitude", False), ("log", True)]:
        plan = plan_of(rows, form=form, whiten=whiten)
        n = N + (plan.warm_len + 4) * N // 2
        x = 0.05 * rng.standard_normal(n)
        t = np.arange(200) / FS
        ring = np.exp(-t * 900) * np.sin(2 * np.pi * 2000 * t)
        for hit in np.arange(rng.uniform(0, 0.01), n / FS, 1 / (3.585 * SPEED)):
            i = int(hit * FS)
            x[i : i + 200] += 2 * ring[: n - i]
        found = stream(plan, x.astype(np.float32), hop=N // 2)
        assert len(found) == 5
        assert (found[:, 0] > 3 * found[:, 1]).all()
        assert (found[:, 2] > 0.6).all()
        np.testing.assert_allclose(found[:, 2] + found[:, 3], 1.0, atol=1e-6)


# ---- many windows -----------------------------------------------------------------


def test_frames_of_a_signal_are_its_windows():
    plan = plan_of(PLAIN, hop=300)
    x = gaussian(10, 5000)
    n = (5000 - N) // 300 + 1
    windows = np.stack([x[i * 300 : i * 300 + N] for i in range(n)])
    speed = np.linspace(27, 40, n, dtype=np.float32)
    a, b = np.empty((2, n, len(PLAIN)), np.float32)
    plan.extract(windows, speed, a)
    done = np.ones(n, np.uint8)
    feat.Runner(plan).frames(x, speed, b, done)
    np.testing.assert_array_equal(a, b)
    assert done.all()
    done[3:5], b[:] = 0, 7
    feat.Runner(plan).frames(x, speed, b, done)
    assert (b[3:5] == 7).all()
    np.testing.assert_array_equal(np.delete(a, [3, 4], 0), np.delete(b, [3, 4], 0))
    assert done.tolist() == [1] * 3 + [0] * 2 + [1] * (n - 5)
    more = np.append(speed, speed[-1])
    out = np.empty((n + 1, len(PLAIN)), np.float32)
    with pytest.raises(ValueError, match="x has 5000 samples, expected at least"):
        feat.Runner(plan).frames(x, more, out, np.ones(n + 1, np.uint8))
    with pytest.raises(ValueError, match="done has length 2"):
        feat.Runner(plan).frames(x, speed, b, done[:2])


def test_threads_may_share_a_plan():
    plan = plan_of(PLAIN)
    x = gaussian(11, 64, N)
    expected = extract(plan, x)
    found = [np.empty_like(expected) for _ in range(4)]
    speed = np.full(64, SPEED, np.float32)
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
    x = gaussian(12, 2, N)
    x.flags.writeable = False
    before = x.copy()
    extract(plan_of(PLAIN), x)
    np.testing.assert_array_equal(x, before)


# ---- refusals ---------------------------------------------------------------------


def test_steps_of_a_plan():
    plan = plan_of([("rms",), ("centroid",)])
    assert plan.steps() == [
        ("time", 0, 1, 0), ("transform", 1, 0, 0), ("power", 1, 0, 0),
        ("moments", 1, 1, 0),
    ]  # fmt: skip
    assert (plan.work_len, plan.state_len, plan.warm_len) == (N, 0, 0)
    assert plan_of([("rms",)]).work_len == 0
    both = plan_of([("velocity_rms",), ("rms",)], extra=["filter"])
    assert [state for *_, state in both.steps()] == [1, 1 + 1 + 2 + N // 2, 0]
    assert both.state_len == 1 + 1 + 2 + N // 2 + 30


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([("band_rms", 0, 9, 9)], {}, "step bands refuses.*ECM_ERR_ARG"),
        ([("env_order", 0, 0)], {}, "step envelope refuses.*ECM_ERR_ARG"),
        ([("env_order", 0, 1)], {"speed": (0.0, 0.0)}, "ECM_ERR_ARG"),
        ([("env_order", 0, 1)], {"speed": (26.0, 30.0)}, "ECM_ERR_LENGTH"),
        ([("env_order", 0, 1)], {"hop": 500}, "ECM_ERR_LENGTH"),
        ([("rms",)], {"n": 32768}, "ECM_ERR_LENGTH"),
        ([("rms",)], {"fs": np.nan}, "ECM_ERR_ARG"),
        ([("rms",)], {"hop": 0}, "ECM_ERR_ARG"),
        ([("velocity_rms",)], {"hop": 0}, "ECM_ERR_ARG"),
        ([("rms",)], {"hop": 1025}, "ECM_ERR_ARG"),
        ([("rms",)], {"speed": (2.0, 1.0)}, "ECM_ERR_ARG"),
    ],
)
def test_plans_that_are_refused(rows, options, message):
    with pytest.raises(ValueError, match=message):
        plan_of(rows, **options)


def test_steps_that_do_not_fit_the_plan():
    def one(name, rows=(), cfg=None, n=128):
        return feat.Plan(1e4, n, n, 1, (0.0, 0.0), [(name, list(rows), cfg)])

    with pytest.raises(ValueError, match="step 'tume' is not in the table"):
        one("tume")
    with pytest.raises(ValueError, match=r"step time refuses.*ECM_ERR_ARG"):
        one("time", [(999, 0, 0, 0)])
    with pytest.raises(ValueError, match=r"transform refuses.*ECM_ERR_LENGTH"):
        one("transform", cfg=feat.Transform(64))
    with pytest.raises(ValueError, match=r"transform refuses.*ECM_ERR_NULL"):
        one("transform")
    with pytest.raises(ValueError, match=r"weights has length 6, expected 1 \.\.\. 5"):
        feat.Taper(np.ones(6, np.float32))
    with pytest.raises(ValueError, match="form is 'cubed'"):
        feat.Envelope(feat.Lines(*LINES), N, 50, 250, 256, False, "cubed")
    with pytest.raises(ValueError, match="a row of sections has length 4"):
        feat.Filter(np.ones((1, 4), np.float32), 0)


def test_windows_that_are_refused():
    plan = plan_of(PLAIN)
    x = np.zeros((2, N), np.float32)
    out = np.empty((2, len(PLAIN)), np.float32)
    assert plan.takes_speed(27.0)
    assert not plan.takes_speed(26.9)
    with pytest.raises(ValueError, match=r"window 1 \(speed_hz 0\): ECM_ERR_ARG"):
        plan.extract(x, np.array([30, 0], np.float32), out)
    with pytest.raises(ValueError, match="a window of x has length 1000"):
        plan.extract(x[:, :1000].copy(), np.ones(2, np.float32), out)
    with pytest.raises(ValueError, match="a row of out has length 3, expected 22"):
        plan.extract(x, np.ones(2, np.float32), out[:, :3].copy())
    with pytest.raises(ValueError, match="speed_hz has length 1, expected 2"):
        plan.extract(x, np.ones(1, np.float32), out)
    with pytest.raises(ValueError, match="Buffer dtype mismatch"):
        plan.extract(x.astype(float), np.ones(2, np.float32), out)
    with pytest.raises(ValueError, match="the plan keeps a state"):
        plan_of([("velocity_rms",)]).extract(x, np.ones(2, np.float32), out)


def test_a_refused_speed_starts_anew():
    plan = plan_of([("velocity_rms",)])
    x = gaussian(14, 20 * N)
    runner, speed = feat.Runner(plan), np.full(30, SPEED, np.float32)
    out, done = np.empty((30, 1), np.float32), np.ones(30, np.uint8)
    speed[2] = 50
    with pytest.raises(ValueError, match="window 2"):
        runner.frames(x, speed, out, done)
    speed[2], done[:] = SPEED, 1
    runner.frames(x, speed, out, done)
    assert done.sum() == 30 - plan.warm_len


def test_scale_f32():
    out = np.empty(3, np.float32)
    x, mean, inv_sd = np.float32([[3, 5, 7], [1, 1, 1], [2, 0, 0.5]])
    feat.scale_f32(x, mean, inv_sd, out)
    assert out.tolist() == [4.0, 0.0, 3.0]
    with pytest.raises(ValueError, match="mean has length 2, expected 3"):
        feat.scale_f32(x, mean[:2].copy(), inv_sd, out)
