"""The integer profile against float64, in any chunks, at its edges."""

import msgspec
import numpy as np
import pytest

from ecmkit._core import feat, feat_q15, velocity_q15
from ecmkit._paths import csrc_dir
from ecmkit.features import VelocityDesign

FS = 8000.0
TABLE = feat_q15.table()
IDS = {name: number for number, name, *_ in feat.table() if number in TABLE}
RATIOS = [name for name, number in IDS.items() if TABLE[number] == 16]
TIME = [name for name, number in IDS.items() if number < 18]


def row(name, first=0, end=0):
    return IDS[name], TABLE[IDS[name]], first, end


def meter(**changes):
    """Settings of a velocity step: 40 Hz to 1 kHz of samples in g, full scale 16 g."""
    design = VelocityDesign(fs_hz=FS, unit="g", lo_hz=40.0)
    settings = msgspec.structs.asdict(design.integers(range=16.0)) | changes
    return settings


def plan_of(n, bands=(), *, hop=None, velocity=None):
    steps = [("time", [row(name) for name in TIME], None)]
    if velocity is not None:
        steps.insert(0, ("velocity", [row("velocity_rms")], velocity))
    if bands:
        rows = [
            row(name, *band) for band in bands for name in ("band_rms", "band_fraction")
        ]
        steps += [
            ("transform", [], None),
            ("power", [], None),
            ("bands", rows, None),
            ("moments", [row("centroid")], round(FS / n * 65536)),
        ]
    return feat_q15.Plan(n, hop or n, steps)


def run(plan, x, n_windows=1):
    out = np.zeros((n_windows, plan.n_features), np.int32)
    state = np.zeros(plan.state_len, np.uint32)
    waited = plan.extract(x, state, out)
    return out[: n_windows - waited]


def test_what_there_is():
    steps = feat_q15.step_table()
    names = [name for name, *_ in steps]
    assert names == ["velocity", "time", "transform", "power", "bands", "moments"]
    for i, (_, module, needs) in enumerate(steps):
        assert (csrc_dir() / f"ecm_{module}.c").exists()
        assert set(needs) <= set(names[:i])
    by_id = {entry[0]: entry for entry in feat.table()}
    for number, form in TABLE.items():
        _, _, unit, step, *_ = by_id[number]
        assert form == feat_q15.FORMATS["q30" if unit == "u" else "q16"]
        assert step in names


def spectrum(x):
    """One-sided power under a Hann taper; its sum is the mean square."""
    n = len(x)
    d = (x - x.mean()) / 32768
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    power = np.abs(np.fft.rfft(d * taper)) ** 2 * 8 / (3 * n * n)
    power[1:-1] *= 2
    return power


@pytest.mark.parametrize("n", [16, 64, 256, 1024, 4096])
@pytest.mark.parametrize("size", [1.0, 0.1, 1e-3])
def test_bands_and_centroid(n, size):
    random = np.random.default_rng(n)
    t = np.arange(n)
    x = 0.5 * np.sin(2 * np.pi * 0.13 * t) + 0.4 * random.uniform(-1, 1, n)
    x = np.rint(32767 * size * x).astype(np.int16)
    bands = [(0, n // 8), (n // 8, n // 4), (1, n // 2 + 1)]
    found = run(plan_of(n, bands), x)[0, len(TIME) :]
    power = spectrum(x)
    # Bin 0 is taken out before the taper; its neighbours lose what it would add.
    total = power.sum()
    for i, (first, end) in enumerate(bands):
        exact = power[first:end].sum()
        # 16 bits of factors in the transform: 80 dB and more under the whole
        assert found[2 * i] / 2**30 == pytest.approx(
            np.sqrt(exact), rel=2e-3, abs=2e-4 * np.sqrt(total)
        )
        assert found[2 * i + 1] / 65536 == pytest.approx(exact / total, abs=5e-4)
    centroid = (np.arange(n // 2 + 1) * power).sum() / total * FS / n
    assert found[-1] / 65536 == pytest.approx(centroid, rel=1e-3, abs=FS / n * 5e-3)


def test_time_rows_are_those_of_the_statistics():
    from scipy import stats

    random = np.random.default_rng(3)
    x = (8000 * random.standard_normal(1024)).clip(-32768, 32767).astype(np.int16)
    found = dict(zip(TIME, run(plan_of(1024), x)[0].tolist(), strict=True))
    full = x / 32768
    d = full - full.mean()
    exact = {
        "mean": full.mean(),
        "rms": d.std(),
        "peak": np.abs(d).max(),
        "peak_to_peak": np.ptp(full),
        "mean_abs": np.abs(d).mean(),
        "minimum": full.min(),
        "maximum": full.max(),
        "rms_about_zero": np.sqrt((full**2).mean()),
        "skewness": stats.skew(full),
        "kurtosis": stats.kurtosis(full, fisher=False),
        "crest": np.abs(d).max() / d.std(),
    }
    for name, value in exact.items():
        scale = 65536 if name in RATIOS else 2**30
        assert found[name] / scale == pytest.approx(value, rel=2e-3, abs=3e-4), name


def test_the_largest_signal_saturates_nothing():
    x = np.where(np.arange(256) % 2, 32767, -32768).astype(np.int16)
    found = dict(zip(TIME, run(plan_of(256), x)[0].tolist(), strict=True))
    assert found["peak_to_peak"] == 65535 * 2**15
    assert found["rms"] == pytest.approx(2**30, rel=1e-4)
    bands = run(plan_of(256, [(120, 129)]), x)[0, len(TIME) :]
    assert bands[0] == pytest.approx(2**30, rel=1e-3)  # Nyquist, all of it in the band


@pytest.mark.parametrize("value", [0, 1, -1, 32767, -32768])
def test_a_constant_window_is_zero_but_for_its_level(value):
    x = np.full(64, value, np.int16)
    found = run(plan_of(64, [(0, 33)]), x)[0]
    names = [*TIME, "band_rms", "band_fraction", "centroid"]
    level = ("mean", "minimum", "maximum", "rms_about_zero")
    for name, number in zip(names, found.tolist(), strict=True):
        if name in level:
            size = abs(value) if name == "rms_about_zero" else value
            assert number == size * 2**15
        else:
            assert number == 0, name


def test_velocity_is_that_of_the_meter():
    settings = meter(settle_len=50, block_len=32)
    n, hop = 64, 32
    random = np.random.default_rng(1)
    t = np.arange(4096) / FS
    wave = 0.4 * np.sin(2 * np.pi * 160 * t) + 0.05 * random.standard_normal(t.size)
    x = np.rint(32768 * wave).clip(-32768, 32767).astype(np.int16)
    plan = plan_of(n, hop=hop, velocity=feat_q15.Velocity(**settings))
    windows = (t.size - n) // hop + 1
    found = run(plan, x, windows)[:, 0].tolist()
    alone, expected = velocity_q15.VelocityQ15(**settings), []
    for i in range(windows):
        alone.update(x[:n] if i == 0 else x[n + (i - 1) * hop : n + i * hop])
        if alone.rms() is not None:
            expected.append(alone.rms())
    assert found == expected
    assert windows - len(found) > 2


@pytest.mark.parametrize("hop", [1, 7, 32, 64])
def test_a_state_goes_on_where_it_was(hop):
    settings = feat_q15.Velocity(**meter(block_len=16, settle_len=5))
    plan = plan_of(64, [(1, 20)], hop=hop, velocity=settings)
    x = np.random.default_rng(hop).integers(-20000, 20000, 1200).astype(np.int16)
    windows = (x.size - 64) // hop + 1
    whole = run(plan, x, windows)
    state, rows = np.zeros(plan.state_len, np.uint32), []
    for i in range(windows):
        out = np.zeros((1, plan.n_features), np.int32)
        if plan.extract(x[i * hop : i * hop + 64], state, out) == 0:
            rows.append(out[0])
        state = state.copy()
    np.testing.assert_array_equal(np.array(rows), whole)
    plan.reset(state)
    assert not state.any()


def test_plans_that_make_no_sense_are_refused():
    time = ("time", [row("rms")], None)
    power = [("transform", [], None), ("power", [], None)]
    settings = feat_q15.Velocity(**meter())
    spoilt = feat_q15.Velocity(**meter(block_len=0))
    wrong = [
        (48, 48, [time], "ECM_ERR_LENGTH"),
        (8, 8, [time], "ECM_ERR_LENGTH"),
        (64, 0, [time], "ECM_ERR_ARG"),
        (64, 65, [time], "ECM_ERR_ARG"),
        (64, 64, [("time", [row("band_rms", 0, 4)], None)], "ECM_ERR_ARG"),
        (64, 64, [*power, ("bands", [row("band_rms", 4, 4)], None)], "ECM_ERR_ARG"),
        (64, 64, [*power, ("bands", [row("band_rms", 0, 34)], None)], "ECM_ERR_ARG"),
        (64, 64, [("bands", [row("band_rms", 0, 33)], None)], "ECM_ERR_ARG"),
        (64, 64, [("power", [], None)], "ECM_ERR_ARG"),
        (64, 64, [power[0], ("power", [row("rms")], None)], "ECM_ERR_ARG"),
        (64, 64, [power[0], ("moments", [row("centroid")], 1)], "ECM_ERR_ARG"),
        (64, 64, [("time", [(IDS["rms"], 16, 0, 0)], None)], "ECM_ERR_ARG"),
        (64, 64, [("velocity", [], settings)], "ECM_ERR_ARG"),
        (64, 64, [("velocity", [row("velocity_rms")], spoilt)], "ECM_ERR_ARG"),
    ]  # fmt: skip
    for n, hop, steps, words in wrong:
        with pytest.raises(ValueError, match=words):
            feat_q15.Plan(n, hop, steps)
    with pytest.raises(ValueError, match="'mel'"):
        feat_q15.Plan(64, 64, [("mel", [], None)])


def test_wrong_arrays_are_refused():
    plan = plan_of(64)
    out = np.zeros((2, plan.n_features), np.int32)
    none = np.zeros(0, np.uint32)
    with pytest.raises(ValueError, match="at least 128 for 2"):
        plan.extract(np.zeros(127, np.int16), none, out)
    with pytest.raises(ValueError, match="row of out"):
        plan.extract(np.zeros(128, np.int16), none, out[:, 1:].copy())
    with pytest.raises(ValueError, match="state"):
        plan.extract(np.zeros(128, np.int16), np.zeros(1, np.uint32), out)


def test_a_plan_says_where_everything_is():
    settings = feat_q15.Velocity(**meter(settle_len=50, block_len=32))
    plan = plan_of(64, [(1, 20)], hop=16, velocity=settings)
    layout = plan.steps()
    assert [name for name, *_ in layout][:3] == ["velocity", "time", "transform"]
    assert layout[0] == ("velocity", 0, 1, 1)
    assert layout[1] == ("time", 1, len(TIME), 0)
    # 50 and 8 of 32 outputs at the rate of the samples, the first 64 in one window
    assert plan.warm_len == (50 + 8 * 32 - 64 + 15) // 16
    assert plan.state_len == 1 + 136 // 4
    assert plan.work_len == feat_q15.work_len(64)
    assert plan_of(64).warm_len == 0


@pytest.mark.parametrize("hop", [16, 64])
def test_a_runner_gives_the_integers_in_units(hop):
    settings = feat_q15.Velocity(**meter(block_len=16, settle_len=5))
    plan = plan_of(64, [(1, 20)], hop=hop, velocity=settings)
    x = np.random.default_rng(hop).integers(-20000, 20000, 1200).astype(np.int16)
    n = (x.size - 64) // hop + 1
    integers = run(plan, x, n)
    names = ["velocity_rms", *TIME, "band_rms", "band_fraction", "centroid"]
    scale = [2.0**-16 if name in RATIOS else 16 * 2.0**-30 for name in names]
    exact = integers.astype(np.float32) * np.array(scale, np.float32)
    out, done = np.zeros((n, plan.n_features), np.float32), np.ones(n, np.uint8)
    feat_q15.Runner(plan, 16.0).frames(x, out, done)
    assert done.tolist() == [0] * plan.warm_len + [1] * (n - plan.warm_len)
    assert out[done == 1].tobytes() == exact.tobytes()
    offset = np.linspace(-1, 1, plan.n_features, dtype=np.float32)
    factor = np.linspace(0, 2, plan.n_features, dtype=np.float32)
    done[:] = 1
    feat_q15.Runner(plan, 16.0, offset, factor).frames(x, out, done)
    assert out[done == 1].tobytes() == ((exact - offset) * factor).tobytes()


def test_a_runner_starts_anew_behind_a_gap():
    settings = feat_q15.Velocity(**meter(block_len=16, settle_len=5))
    plan = plan_of(64, hop=64, velocity=settings)
    x = np.random.default_rng(0).integers(-20000, 20000, 64 * 12).astype(np.int16)
    out, done = np.zeros((12, plan.n_features), np.float32), np.ones(12, np.uint8)
    done[4] = 0
    runner = feat_q15.Runner(plan, 1.0)
    runner.frames(x, out, done)
    assert plan.warm_len == 2
    assert done.tolist() == [0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1]
    behind, again = np.zeros((7, plan.n_features), np.float32), np.ones(7, np.uint8)
    runner.reset()
    runner.frames(x[5 * 64 :], behind, again)
    assert behind[2:].tobytes() == out[7:].tobytes()


def test_a_runner_refuses_wrong_arrays():
    plan = plan_of(64)
    runner = feat_q15.Runner(plan, 1.0)
    out, done = np.zeros((2, plan.n_features), np.float32), np.ones(2, np.uint8)
    with pytest.raises(ValueError, match="at least 128 for 2"):
        runner.frames(np.zeros(127, np.int16), out, done)
    with pytest.raises(ValueError, match="out"):
        runner.frames(np.zeros(128, np.int16), out[:1], done)
    with pytest.raises(ValueError, match="factor"):
        feat_q15.Runner(plan, 1.0, out[0], out[0, 1:])
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        feat_q15.Runner(plan, -1.0).frames(np.zeros(128, np.int16), out, done)


def test_samples_are_rounded_and_saturate():
    x = np.array([0, 1.5, -1.5, 2.49, 40000, -40000, 32767.4, np.inf, -np.inf, np.nan])
    out = np.empty(x.size, np.int16)
    feat_q15.samples_f32((x / 4096).astype(np.float32), 8.0, out)
    expected = [0, 2, -2, 2, 32767, -32768, 32767, 32767, -32768, -32768]
    assert out.tolist() == expected
    for wrong in (0.0, -1.0, np.nan, np.inf, 1e-40):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            feat_q15.samples_f32(np.ones(3, np.float32), wrong, np.empty(3, np.int16))
