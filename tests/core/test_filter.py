"""Biquads: SciPy in float64 and whole numbers of Python as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ecmkit._core import filter as biquad
from tests.core.vectors import vector_noise

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "conditioning.json").read_text()
)
LOW = np.array(
    [
        ["0x1.3c2b0cp-8", "0x1.3c2b0cp-7", "0x1.3c2b0cp-8", "-0x1.0c7106p+0",
         "0x1.2f3f6ap-2"],
        ["0x1p+0", "0x1p+1", "0x1p+0", "-0x1.522762p+0", "0x1.43f656p-1"],
    ]
)  # fmt: skip
LOW = np.vectorize(float.fromhex)(LOW).astype(np.float32)
DESIGNS = {
    "butter low": signal.butter(4, 0.2, output="sos"),
    "butter high": signal.butter(3, 0.02, "high", output="sos"),
    "bessel": signal.bessel(5, 0.3, output="sos", norm="mag"),
    "cheby1 band": signal.cheby1(3, 0.5, [0.1, 0.3], "band", output="sos"),
    "cheby2 stop": signal.cheby2(3, 40, [0.2, 0.5], "stop", output="sos"),
    "notch": signal.tf2sos(*signal.iirnotch(0.25, 20)),
}


def rounded(sos):
    """Sections in single precision, and as float64 for SciPy."""
    f32 = np.ascontiguousarray(sos[:, [0, 1, 2, 4, 5]], np.float32)
    back = np.insert(f32.astype(np.float64), 3, 1.0, axis=1)
    return f32, back


def run(sections, x, start=None):
    state = biquad.BiquadF32(sections)
    if start is not None:
        state.start(start)
    out = np.empty_like(x)
    state.run(x, out)
    return out


# ---- single precision --------------------------------------------------------------


def test_vectors():
    expected = [float.fromhex(v) for v in VECTORS["filter"]]
    np.testing.assert_allclose(run(LOW, vector_noise(3, 200)), expected, atol=3e-7)


@pytest.mark.parametrize("name", DESIGNS)
def test_impulse_step_and_noise(name):
    """Rounding along the way, relative to the largest output: a few ulp of it."""
    f32, sos = rounded(DESIGNS[name])
    impulse = np.zeros(4000, np.float32)
    impulse[0] = 1
    for x in (impulse, np.ones(4000, np.float32), vector_noise(1, 4000)):
        exact = signal.sosfilt(sos, x.astype(np.float64))
        error = np.abs(run(f32, x) - exact).max()
        assert error <= 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize("name", DESIGNS)
def test_frequency_response(name):
    """The transform of the impulse response against the designed one."""
    f32, _ = rounded(DESIGNS[name])
    x = np.zeros(2**14, np.float32)
    x[0] = 1
    found = np.fft.rfft(run(f32, x).astype(np.float64))
    w = np.arange(len(found)) / (len(found) - 1)
    _, exact = signal.sosfreqz(DESIGNS[name], worN=w, fs=2.0)
    assert np.abs(found - exact).max() <= 5e-5


@pytest.mark.parametrize("name", DESIGNS)
def test_chunks(name):
    f32, _ = rounded(DESIGNS[name])
    x, rng = vector_noise(2, 3000), np.random.default_rng(0)
    whole = run(f32, x)
    for most in (1, 3, 200):
        state, out, at = biquad.BiquadF32(f32), x.copy(), 0
        while at < len(x):
            n = int(rng.integers(0, most + 1))
            state.run(out[at : at + n], out[at : at + n])
            at += n
        np.testing.assert_array_equal(out, whole)


def test_linearity_by_powers_of_two():
    x = vector_noise(4, 1000)
    np.testing.assert_array_equal(run(LOW, 8 * x), 8 * run(LOW, x))


def test_started_as_if_for_ever():
    f32, sos = rounded(DESIGNS["butter low"])
    x = (3.25 + 0.1 * vector_noise(6, 500)).astype(np.float32)
    exact, _ = signal.sosfilt(sos, x.astype(float), zi=signal.sosfilt_zi(sos) * 3.25)
    np.testing.assert_allclose(run(f32, x, start=3.25), exact, atol=3e-6)
    high, _ = rounded(DESIGNS["butter high"])
    constant = np.full(2000, 9.81, np.float32)
    assert np.abs(run(high, constant, start=9.81)).max() <= 1e-4


def test_decay_ends_in_subnormals_and_no_trap():
    """No NaN, nothing audible, and another signal is filtered as if from rest."""
    for name in DESIGNS:
        f32, _ = rounded(DESIGNS[name])
        state = biquad.BiquadF32(f32)
        out = np.empty(60000, np.float32)
        state.run(vector_noise(7, 60000), out)
        for _ in range(5):
            state.run(np.zeros(60000, np.float32), out)
        assert np.abs(out).max() < 1e-38
        assert np.isfinite(state.state).all()
        x = vector_noise(8, 1000)
        again = np.empty_like(x)
        state.run(x, again)
        np.testing.assert_allclose(again, run(f32, x), atol=1e-30)


def test_nan_stays_until_start():
    state, x = biquad.BiquadF32(LOW), vector_noise(9, 100)
    x[50] = np.nan
    out = np.empty_like(x)
    state.run(x, out)
    assert np.isfinite(out[:50]).all()
    assert np.isnan(out[50:]).all()
    state.start(0.0)
    state.run(x[:50], out[50:])
    np.testing.assert_array_equal(out[:50], out[50:])


def test_refusals():
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        biquad.BiquadF32(np.empty((0, 5), np.float32))
    with pytest.raises(ValueError, match="a row of sections has length 6, expected 5"):
        biquad.BiquadF32(np.zeros((1, 6), np.float32))
    state, x = biquad.BiquadF32(LOW), vector_noise(1, 8)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        state.start(np.inf)
    with pytest.raises(ValueError, match="out has length 7, expected 8"):
        state.run(x, x[:7])
    for wrong in (x.astype(float), x.astype(">f4"), x[::2], x[None]):
        with pytest.raises(ValueError):
            state.run(wrong, x)
    state.run(x[:0], x[:0])


# ---- fixed point -------------------------------------------------------------------


def model(sections, bits, x, low, high):
    """The definition in whole numbers without limit; also the last rests."""
    for (b0, b1, b2, a1, a2), n in zip(sections.tolist(), bits.tolist(), strict=True):
        x1 = x2 = y1 = y2 = rest = 0
        out = []
        for v in x:
            total = b0 * v + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2 + rest
            y, rest = divmod(total, 2**n)
            if not low <= y <= high:
                y, rest = min(max(y, low), high), 0
            x1, x2, y1, y2 = v, x1, y, y1
            out.append(y)
        x = out
    return x


FIXED = {
    "q31": (biquad.BiquadQ31, np.int32, np.uint32, 16, 30),
    "q15": (biquad.BiquadQ15, np.int16, np.uint16, 8, 14),
}


def fixed(sos, kind, bits):
    cls, dtype, bits_dtype, _, _ = FIXED[kind]
    c = np.round(sos[:, [0, 1, 2, 4, 5]] * 2.0**bits)
    c = np.ascontiguousarray(c, dtype)
    bits = np.full(len(c), bits, bits_dtype)
    return cls(c, bits), c, bits


def run_fixed(state, x):
    out = np.empty_like(x)
    state.run(x, out)
    return out


@pytest.mark.parametrize("kind", FIXED)
def test_fixed_point_is_its_definition(kind):
    """Random coefficients up to the limit and samples up to full scale."""
    cls, dtype, bits_dtype, least, most = FIXED[kind]
    info, rng = np.iinfo(dtype), np.random.default_rng(1)
    for trial in range(60):
        n = int(rng.integers(1, 4))
        share = rng.dirichlet(np.ones(5), n) * (2 ** np.iinfo(bits_dtype).bits - 8)
        share = np.minimum(share, info.max) * rng.choice([-1, 1], (n, 5))
        c = share.astype(dtype)
        bits = rng.integers(least, most + 1, n).astype(bits_dtype)
        x = rng.integers(info.min, info.max, 200, endpoint=True)
        if trial % 2:
            x = rng.choice([info.min, info.max], 200)
        found = run_fixed(cls(c, bits), x.astype(dtype))
        assert found.tolist() == model(c, bits, x.tolist(), info.min, info.max)


@pytest.mark.parametrize(
    ("kind", "bits", "scale", "noise_db"),
    [("q31", 29, 2.0**31, -170), ("q15", 13, 2.0**15, -80)],
)
def test_fixed_point_noise(kind, bits, scale, noise_db):
    """Against float64 with the rounded coefficients, full scale being 1."""
    state, c, _ = fixed(DESIGNS["butter low"], kind, bits)
    back = np.insert(c / 2.0**bits, 3, 1.0, axis=1)
    x = np.round(0.5 * vector_noise(3, 20000) * scale).astype(c.dtype)
    error = run_fixed(state, x) / scale - signal.sosfilt(back, x / scale)
    assert 20 * np.log10(error.std()) < noise_db
    assert abs(error.mean()) < 0.1 / scale


@pytest.mark.parametrize(("kind", "bits"), [("q31", 29), ("q15", 13)])
@pytest.mark.parametrize("name", ["butter low", "cheby1 band", "notch"])
def test_limit_cycles_are_small(name, kind, bits):
    """What remains after the signal, in steps: more for poles near the circle."""
    state, c, _ = fixed(DESIGNS[name], kind, bits)
    info = np.iinfo(c.dtype)
    x = np.zeros(60000, c.dtype)
    x[:500] = np.random.default_rng(2).integers(info.min // 2, info.max // 2, 500)
    tail = run_fixed(state, x)[-5000:]
    assert np.abs(tail.astype(np.int64)).max() <= (10 if name == "notch" else 2)


def test_q31_low_cutoff():
    """A high-pass at fs / 10,000, where single precision has lost its poles."""
    sos = signal.butter(2, 2e-4, "high", output="sos")
    state, _, _ = fixed(sos, "q31", 29)
    x = np.zeros(200_000, np.int32)
    x[0] = 2**29
    found = np.fft.rfft(run_fixed(state, x) / 2**29)
    w = np.arange(len(found)) / (len(found) - 1)
    _, exact = signal.sosfreqz(sos, worN=w, fs=2.0)
    assert np.abs(np.abs(found) - np.abs(exact))[5:].max() < 6e-3


@pytest.mark.parametrize("kind", FIXED)
def test_fixed_point_refusals(kind):
    cls, dtype, bits_dtype, least, most = FIXED[kind]
    one = np.array([[1, 0, 0, 0, 0]], dtype)
    for bits in (least - 1, most + 1):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            cls(one, np.array([bits], bits_dtype))
    top = np.iinfo(dtype).max
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        cls(np.array([[top, top, 2, 0, 0]], dtype), np.array([most], bits_dtype))
    cls(np.array([[top, top, 1, 0, 0]], dtype), np.array([most], bits_dtype))
    with pytest.raises(ValueError, match="bits has length 2, expected 1"):
        cls(one, np.full(2, most, bits_dtype))
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        cls(one[:0], np.empty(0, bits_dtype))


@pytest.mark.parametrize("kind", FIXED)
def test_fixed_point_chunks(kind):
    state, c, _ = fixed(DESIGNS["butter low"], kind, FIXED[kind][4] - 1)
    info = np.iinfo(c.dtype)
    x = np.random.default_rng(3).integers(info.min, info.max, 2000).astype(c.dtype)
    whole = run_fixed(state, x)
    state.start()
    out = x.copy()
    for at in range(0, 2000, 7):
        state.run(out[at : at + 7], out[at : at + 7])
    np.testing.assert_array_equal(out, whole)
