"""Q15 window statistics: float64 definitions of the same codes as judges."""

import numpy as np
import pytest

from ecmkit._core import stats_q15

Q31 = {
    "mean", "minimum", "maximum", "rms", "rms_about_zero", "variance", "peak",
    "peak_to_peak", "mean_abs", "root_amplitude",
}  # fmt: skip
RATIOS = {"crest", "shape", "impulse", "clearance"}
EXACT = Q31 - {"root_amplitude"}
LENGTHS = [1, 2, 3, 5, 64, 1000, 4096, stats_q15.MAX_LEN]


def definition(codes):
    x = codes.astype(float) / 2**15
    n = len(x)
    scaled = n * codes.astype(np.int64) - codes.sum(dtype=np.int64)
    d = scaled / (n * 2.0**15)
    size = np.abs(d)
    rms = np.sqrt(np.mean(d**2))
    peak, mean_abs, root = size.max(), size.mean(), np.sqrt(size).mean() ** 2
    ratio = lambda a, b: a / b if b else 0.0  # noqa: E731
    return {
        "mean": x.mean(),
        "minimum": x.min(),
        "maximum": x.max(),
        "rms": rms,
        "rms_about_zero": np.sqrt(np.mean(x**2)),
        "variance": rms**2,
        "peak": peak,
        "peak_to_peak": np.ptp(x),
        "mean_abs": mean_abs,
        "root_amplitude": root,
        "skewness": ratio(np.mean(d**3), rms**3),
        "kurtosis": ratio(np.mean(d**4), rms**4),
        "crest": ratio(peak, rms),
        "shape": ratio(rms, mean_abs),
        "impulse": ratio(peak, mean_abs),
        "clearance": ratio(peak, root),
        "mean_crossings": np.count_nonzero(np.diff(scaled >= 0)),
        "zero_crossings": np.count_nonzero(np.diff(codes >= 0)),
    }


def windows(n):
    """Vibrations from one code to full scale, with and without offset and impacts."""
    rng = np.random.default_rng(n)
    shapes = [
        rng.standard_normal(n),
        rng.standard_exponential(n),
        rng.standard_t(3, n),
        (rng.random(n) < 3 / n) * 1.0,
        np.where(np.arange(n) % 2, 1.0, -1.0),
        np.sin(0.1 * np.arange(n)),
    ]
    for shape in shapes:
        for scale in (0.6, 7, 300, 9000, 1e6):
            for offset in (0, 20000, -32000):
                x = np.clip(np.round(offset + scale * shape), -32768, 32767)
                yield x.astype(np.int16)


@pytest.mark.parametrize("n", LENGTHS)
def test_integers(n):
    """Sums are exact, so amplitudes are within one unit of Q31."""
    for x in windows(n):
        found, expected = stats_q15.time(x), definition(x)
        for name in EXACT:
            assert abs(found[name] - expected[name] * 2**31) <= 1, name
        for name in ("mean_crossings", "zero_crossings"):
            assert found[name] == expected[name]
        value = found["root_amplitude"]
        assert value == pytest.approx(
            expected["root_amplitude"] * 2**31, rel=1e-3, abs=1.5
        )
        skewness, kurtosis = found["skewness"] / 2**16, found["kurtosis"] / 2**16
        assert skewness == pytest.approx(expected["skewness"], rel=1e-3, abs=1e-3)
        assert kurtosis == pytest.approx(expected["kurtosis"], rel=1e-3)


@pytest.mark.parametrize("n", LENGTHS)
def test_ratios_are_those_of_the_amplitudes(n):
    pairs = {
        "crest": ("peak", "rms"),
        "shape": ("rms", "mean_abs"),
        "impulse": ("peak", "mean_abs"),
        "clearance": ("peak", "root_amplitude"),
    }
    for x in windows(n):
        found = stats_q15.time(x)
        for name, (a, b) in pairs.items():
            expected = found[a] / found[b] if found[b] else 0.0
            assert abs(found[name] - expected * 2**16) <= 0.5001


@pytest.mark.parametrize("n", LENGTHS)
def test_float(n):
    """Third and fourth powers and roots are summed in float, the rest in integers."""
    for x in windows(n):
        found, expected = stats_q15.time_f32(x), definition(x)
        crossings = {
            f"{kind}_crossing_rate": expected.pop(f"{kind}_crossings") / n
            for kind in ("mean", "zero")
        }
        for name in EXACT | {"crest", "shape", "impulse"}:
            assert found[name] == pytest.approx(expected[name], rel=6e-7), name
        for name, value in crossings.items():
            assert found[name] == np.float32(value)
        # sums of up to 8192 roundings in a lane, all alike in the worst of windows
        tight = 3e-7 * max(1, np.sqrt(n)) + 2e-8 * n / 4
        for name in ("root_amplitude", "clearance", "kurtosis"):
            assert found[name] == pytest.approx(expected[name], rel=tight), name
        assert found["skewness"] == pytest.approx(
            expected["skewness"], rel=tight, abs=tight
        )


@pytest.mark.parametrize("n", [1, 2, 1000, stats_q15.MAX_LEN])
@pytest.mark.parametrize("value", [-32768, -1, 0, 32767])
def test_constant_windows(n, value):
    x = np.full(n, value, np.int16)
    whole, real = stats_q15.time(x), stats_q15.time_f32(x)
    for found, one in ((whole, 2**31), (real, 1)):
        for name in ("mean", "minimum", "maximum"):
            assert found.pop(name) == value / 2**15 * one
        root = found.pop("rms_about_zero")
        assert root == pytest.approx(abs(value) / 2**15 * one, rel=1e-7)
        assert not any(found.values())


def test_an_empty_window_is_zeros():
    empty = np.empty(0, np.int16)
    assert not any(stats_q15.time(empty).values())
    assert not any(stats_q15.time_f32(empty).values())


def test_zero_counts_as_positive():
    assert stats_q15.time(np.int16([0, -1, 0, 1, 0, -1]))["zero_crossings"] == 3
    assert stats_q15.time(np.int16([-1, 1, 0, 0, 1, -1]))["mean_crossings"] == 2


def test_the_scale_of_a_signal_leaves_ratios_alone():
    x = np.random.default_rng(0).integers(-500, 500, 2000, np.int16)
    one, eight = stats_q15.time(x), stats_q15.time(np.int16(8) * x)
    for name in Q31 - {"variance", "root_amplitude", "rms", "mean", "mean_abs"}:
        assert abs(eight[name] - 8 * one[name]) <= 8
    for name in RATIOS | {"skewness", "kurtosis"}:
        tight = 1e-3 if name == "clearance" else 1e-5
        assert eight[name] == pytest.approx(one[name], rel=tight, abs=2)


def test_refusals():
    long = np.zeros(stats_q15.MAX_LEN + 1, np.int16)
    for call in (stats_q15.time, stats_q15.time_f32):
        with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
            call(long)
        with pytest.raises(ValueError):
            call(np.zeros(4, np.float32))
        with pytest.raises(ValueError):
            call(np.zeros(4, ">i2"))
        with pytest.raises(ValueError):
            call(np.zeros(8, np.int16)[::2])
