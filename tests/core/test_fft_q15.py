"""Fixed-point transforms: vectors, NumPy in float64, the documented arithmetic."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import fft_q15
from ecmkit._paths import csrc_dir

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "fft_q15.json").read_text()
)
LENGTHS = [2**p for p in range(4, 13)]
SNR_DB = 88.0  # what the header promises
KINDS = ("sine", "noise", "uniform", "mixture", "square", "pulse")


def samples(seed, n, divisor):
    """The generator of tests/vectors/make_fft_q15.py."""
    x = np.empty(n, np.int16)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        x[i] = ((seed >> 16) - 0x8000) // divisor
    return x


def unpack(out, exponent):
    """Bins 0 ... n/2 of the packed transform."""
    bins = np.empty(len(out) // 2 + 1, np.complex128)
    bins[0], bins[-1] = out[0], out[1]
    bins[1:-1] = out[2::2] + 1j * out[3::2]
    return bins * 2.0**exponent


def rfft(x):
    out = np.empty(len(x), np.int32)
    return unpack(out, fft_q15.r2c(x, out))


def rfft_taper(x, mean, taper):
    out = np.empty(len(x), np.int32)
    return unpack(out, fft_q15.r2c_taper(x, mean, taper, out))


def cfft(x, *, inverse=False):
    out = np.empty(len(x), np.int32)
    exponent = fft_q15.c2c(x, inverse, out)
    return (out[::2] + 1j * out[1::2]) * 2.0**exponent


def snr_db(found, expected, *, real=True):
    """Signal to error of all bins; those of real data stand for two each."""
    weight = np.ones(len(expected))
    if real:
        weight[1:-1] = 2
    error = np.sum(weight * np.abs(found - expected) ** 2)
    return 10 * np.log10(np.sum(weight * np.abs(expected) ** 2) / max(error, 1e-200))


def signal(kind, n, level, rng):
    """16-bit samples of a kind whose largest is `level` of full scale."""
    t = np.arange(n)
    phase, f = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    if kind == "sine":
        y = np.sin(2 * np.pi * f * t + phase)
    elif kind == "noise":
        y = rng.standard_normal(n)
        y /= np.abs(y).max()
    elif kind == "uniform":
        y = rng.uniform(-1, 1, n)
    elif kind == "mixture":
        tones = rng.uniform(0, 0.5, 4)[:, None] * t
        y = rng.uniform(size=4) @ np.sin(2 * np.pi * tones)
        y += 0.1 * rng.standard_normal(n)
        y /= np.abs(y).max()
    elif kind == "square":
        y = np.where(rng.uniform(size=n) < 0.5, -1.0, 1.0)
    else:
        y = (t == rng.integers(n)).astype(np.float64)
    return np.round(32767 * level * y).astype(np.int16)


# ---- the arithmetic as the header writes it, in Python's integers ------------------


def times(a, b):
    return (a * b) >> 16


def factor(step, turn):
    """-c and -s of exp(-2 pi i step / turn)."""
    angle = 2 * np.pi * step / turn
    parts = np.floor(np.array([-np.cos(angle), -np.sin(angle)]) * 2**15 + 0.5)
    return np.minimum(parts, 32767).astype(np.int64)


def twiddled(x, step, turn):
    """Half of complex x, as a pair of integers, times the factor."""
    c, s = factor(step, turn)
    re, im = x
    return -(times(re, c) + times(im, s)), times(re, s) - times(im, c)


def butterfly4(a0, a1, a2, a3):
    s, d = (a0[0] + a2[0], a0[1] + a2[1]), (a0[0] - a2[0], a0[1] - a2[1])
    t, u = (a1[0] + a3[0], a1[1] + a3[1]), (a1[0] - a3[0], a1[1] - a3[1])
    return [
        (s[0] + t[0], s[1] + t[1]),
        (d[0] + u[1], d[1] - u[0]),
        (s[0] - t[0], s[1] - t[1]),
        (d[0] - u[1], d[1] + u[0]),
    ]


def butterfly8(*a):
    e, o = butterfly4(*a[::2]), butterfly4(*a[1::2])
    c = 23170
    o[1], o[2], o[3] = (
        (2 * times(o[1][0] + o[1][1], c), 2 * times(o[1][1] - o[1][0], c)),
        (o[2][1], -o[2][0]),
        (2 * times(o[3][1] - o[3][0], c), 2 * times(-o[3][0] - o[3][1], c)),
    )
    sums = [(p[0] + q[0], p[1] + q[1]) for p, q in zip(e, o, strict=True)]
    return sums + [(p[0] - q[0], p[1] - q[1]) for p, q in zip(e, o, strict=True)]


def transform(z):
    n = len(z)
    if n == 4:
        return butterfly4(*z)
    if n == 8:
        return butterfly8(*z)
    quarters = [transform(z[m::4]) for m in range(4)]
    out = [(0, 0)] * n
    for k in range(n // 4):
        a0 = quarters[0][k]
        rest = [twiddled(quarters[m][k], m * k, n) for m in (1, 2, 3)]
        out[k :: n // 4] = butterfly4((a0[0] >> 1, a0[1] >> 1), *rest)
    return out


def documented(x, mean=0, taper=None):
    """The packed spectrum and its exponent."""
    n = len(x) // 2
    radix_log2 = 3 if n.bit_length() % 2 == 0 else 2
    passes = (n.bit_length() - 1 - radix_log2) // 2 + 1
    free = 0
    while free < 15 and all(
        -(2 ** (14 - free)) <= v < 2 ** (14 - free) for v in (*x.tolist(), mean)
    ):
        free += 1
    g = min(14, 15 - radix_log2 - passes + free)
    v = [(int(s) - mean) * 2**g for s in x]
    if taper is not None:
        v = [times(s, int(w)) for s, w in zip(v, taper, strict=True)]
    z = transform(list(zip(v[::2], v[1::2], strict=True)))
    out = np.empty(2 * n, np.int64)
    out[0], out[1] = z[0][0] + z[0][1], z[0][0] - z[0][1]
    out[n], out[n + 1] = z[n // 2][0], -z[n // 2][1]
    for k in range(1, n // 2):
        a, b = z[k], z[n - k]
        f = (a[0] + b[0]) >> 1, (a[1] - b[1]) >> 1
        t = twiddled((a[1] + b[1], b[0] - a[0]), k, 2 * n)
        out[2 * k : 2 * k + 2] = f[0] + t[0], f[1] + t[1]
        out[2 * n - 2 * k : 2 * n - 2 * k + 2] = f[0] - t[0], t[1] - f[1]
    return out, passes - 1 - g + (taper is not None)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("divisor", [1, 100, 30000])
def test_every_bit_is_the_documented_one(n, divisor):
    x, out = samples(n + divisor, n, divisor), np.empty(n, np.int32)
    exponent = fft_q15.r2c(x, out)
    expected, expected_exponent = documented(x)
    assert exponent == expected_exponent
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n", LENGTHS[:6])
@pytest.mark.parametrize("mean", [-32768, -3, 0, 20000])
def test_every_bit_is_the_documented_one_with_a_taper(n, mean):
    x, out = samples(n, n, 7), np.empty(n, np.int32)
    taper = samples(n + 1, n, 1)
    exponent = fft_q15.r2c_taper(x, mean, taper, out)
    expected, expected_exponent = documented(x, mean, taper)
    assert exponent == expected_exponent
    np.testing.assert_array_equal(out, expected)


# ---- vectors and float64 -----------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["n"]))
def test_vectors(case):
    n = case["n"]
    parts = ([float.fromhex(v) for v in case[part]] for part in ("re", "im"))
    expected = np.array([complex(*pair) for pair in zip(*parts, strict=True)])
    assert snr_db(rfft(samples(n, n, case["divisor"])), expected) > SNR_DB


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level_db", [0, -20, -40, -60])
@pytest.mark.parametrize("n", LENGTHS)
def test_real_against_numpy(n, level_db, kind):
    rng = np.random.default_rng([n, KINDS.index(kind), -level_db])
    for _ in range(8):
        x = signal(kind, n, 10 ** (level_db / 20), rng)
        if np.linalg.norm(x) >= 2 * np.sqrt(n):
            assert snr_db(rfft(x), np.fft.rfft(x.astype(np.float64))) > SNR_DB


@pytest.mark.parametrize("n", LENGTHS)
def test_the_quietest_signals(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        x = np.zeros(n, np.int16)
        x[rng.integers(n)] = rng.choice([-1, 1])
        assert snr_db(rfft(x), np.fft.rfft(x.astype(np.float64))) > 52.0


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("n", LENGTHS)
def test_complex_against_numpy(n, inverse):
    rng = np.random.default_rng(n)
    for _ in range(8):
        x = rng.integers(-32768, 32768, n).astype(np.int16)
        z = x[::2] + 1j * x[1::2]
        expected = np.fft.ifft(z) * len(z) if inverse else np.fft.fft(z)
        found = cfft(x, inverse=inverse)
        assert snr_db(found, expected, real=False) > SNR_DB


@pytest.mark.parametrize("mean", [-32768, -700, 0, 32767])
@pytest.mark.parametrize("n", LENGTHS)
def test_taper_against_numpy(n, mean):
    rng = np.random.default_rng(n)
    taper = np.round(32767 * np.hanning(n)).astype(np.int16)
    for level in (1, 0.01):
        x = signal("mixture", n, level, rng)
        exact = (x.astype(np.float64) - mean) * taper / 32768
        assert snr_db(rfft_taper(x, mean, taper), np.fft.rfft(exact)) > SNR_DB


@pytest.mark.parametrize("n", LENGTHS)
def test_power_against_numpy(n):
    rng = np.random.default_rng(n)
    for level in (1, 0.001):
        x = signal("mixture", n, level, rng)
        out, power = np.empty(n, np.int32), np.empty(n // 2 + 1, np.uint32)
        exponent = fft_q15.r2c(x, out)
        power_exponent = fft_q15.power(out, exponent, power)
        bins = unpack(out, 0)
        exact = (bins.real**2 + bins.imag**2) * 2.0 ** (2 * exponent - power_exponent)
        assert np.all(power <= exact)
        assert np.all(exact - power < 4)
        assert 2**26 <= power.max() <= 2**29


@pytest.mark.parametrize("scale", [2, 1000, 2**20, 2**30 - 1])
def test_power_brings_any_spectrum_up(scale):
    spectrum = np.array([scale, -scale, scale // 2, -1], np.int32)
    power = np.empty(3, np.uint32)
    exponent = fft_q15.power(spectrum, 5, power)
    exact = spectrum.astype(np.float64) ** 2
    exact = np.array([exact[0], exact[2] + exact[3], exact[1]]) * 2.0 ** (10 - exponent)
    assert np.all(power <= exact)
    assert np.all(exact - power < 4)
    assert power.max() >= 2**26


def test_power_of_the_largest_numbers_there_are():
    spectrum = np.array([-(2**31), 2**31 - 1, 2**31 - 1, -(2**31)], np.int32)
    power = np.empty(3, np.uint32)
    exponent = fft_q15.power(spectrum, 0, power)
    exact = np.array([2.0**62, 2.0**63, 2.0**62]) * 2.0**-exponent
    np.testing.assert_allclose(power, exact, rtol=1e-8)


def test_a_bin_of_small_negative_numbers_has_no_power():
    # Their squares were cut to -1, which read as 2^32 - 1.
    spectrum = np.array([2**30, -1, -1, -1, -9000, -20000, -32767, 7], np.int32)
    power = np.empty(5, np.uint32)
    exponent = fft_q15.power(spectrum, 0, power)
    assert power.tolist() == [2 ** (60 - exponent), 0, 0, 0, 0]


# ---- identities --------------------------------------------------------------------


@pytest.mark.parametrize("n", LENGTHS)
def test_parseval(n):
    x = samples(n, n, 1)
    power = np.abs(rfft(x)) ** 2
    total = (power.sum() + power[1:-1].sum()) / n
    assert total == pytest.approx((x.astype(np.float64) ** 2).sum(), rel=1e-4)


@pytest.mark.parametrize("n", LENGTHS)
def test_inverse_is_the_forward_transform_read_backwards(n):
    x = samples(n, n, 1)
    forward, inverse = cfft(x), cfft(x, inverse=True)
    np.testing.assert_array_equal(inverse[1:], forward[:0:-1])
    assert inverse[0] == forward[0]


@pytest.mark.parametrize("n", LENGTHS)
def test_half_the_samples_give_half_the_spectrum(n):
    x = samples(n, n, 4) & ~np.int16(63)
    np.testing.assert_array_equal(rfft(x // 2), rfft(x) / 2)


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("value", [-32768, -1, 0, 1, 255, 32767])
def test_a_constant_has_only_a_mean(n, value):
    found = rfft(np.full(n, value, np.int16))
    assert found[0] == n * value
    assert not found[1:].any()


@pytest.mark.parametrize("n", LENGTHS)
def test_the_fastest_alternation_is_one_bin(n):
    x = np.where(np.arange(n) % 2, -32768, 32767).astype(np.int16)
    found = rfft(x)
    assert found[-1] == n // 2 * 65535
    assert found[0] == -n // 2
    assert not found[1:-1].any()


@pytest.mark.parametrize("n", LENGTHS)
def test_the_largest_of_every_bin_does_not_overflow(n):
    t = np.arange(n)
    for k in range(1, n // 2, max(1, n // 32)):
        for phase in (0.1, 0.25 * np.pi, 0.5 * np.pi):
            wave = np.cos(2 * np.pi * k * t / n + phase)
            x = np.where(wave < 0, -32768, 32767).astype(np.int16)
            assert snr_db(rfft(x), np.fft.rfft(x.astype(np.float64))) > SNR_DB


@pytest.mark.parametrize("n", LENGTHS)
def test_the_widest_difference_does_not_overflow(n):
    x, taper = np.full(n, -32768, np.int16), np.full(n, -32768, np.int16)
    found = rfft_taper(x, 32767, taper)
    assert found[0] == n * 65535
    assert not found[1:].any()


def test_the_tables_are_what_their_script_writes():
    script = runpy.run_path(str(csrc_dir() / "ecm_tables_q15.py"))
    for name, write in (("h", script["header"]), ("c", script["source"])):
        assert (csrc_dir() / f"ecm_tables_q15.{name}").read_text() == write()


# ---- edges -------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 8, 15, 17, 48, 1000, 8192])
def test_lengths_that_are_refused(n):
    x, out = np.zeros(n, np.int16), np.full(n, 7, np.int32)
    for call in (
        lambda: fft_q15.r2c(x, out),
        lambda: fft_q15.c2c(x, False, out),
        lambda: fft_q15.r2c_taper(x, 0, x, out),
    ):
        with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
            call()
    assert (out == 7).all()


@pytest.mark.parametrize("n", [0, 1, 7])
def test_spectra_that_are_refused(n):
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        fft_q15.power(np.zeros(n, np.int32), 0, np.zeros(n // 2 + 1, np.uint32))


def test_lengths_must_agree():
    x, out = np.zeros(64, np.int16), np.zeros(63, np.int32)
    with pytest.raises(ValueError, match="out has length 63, expected 64"):
        fft_q15.r2c(x, out)
    with pytest.raises(ValueError, match="out has length 63, expected 64"):
        fft_q15.c2c(x, False, out)
    with pytest.raises(ValueError, match="taper has length 32, expected 64"):
        fft_q15.r2c_taper(x, 0, x[:32], np.zeros(64, np.int32))
    with pytest.raises(ValueError, match="power has length 32, expected 33"):
        fft_q15.power(np.zeros(64, np.int32), 0, np.zeros(32, np.uint32))


@pytest.mark.parametrize("dtype", [np.int32, np.uint16, np.float32, ">i2"])
def test_other_types_are_refused(dtype):
    with pytest.raises(ValueError, match=r"mismatch|not compatible|not supported"):
        fft_q15.r2c(np.zeros(64, dtype), np.zeros(64, np.int32))


def test_a_mean_beyond_16_bits_is_refused():
    x = np.zeros(64, np.int16)
    with pytest.raises(OverflowError):
        fft_q15.r2c_taper(x, 32768, x, np.zeros(64, np.int32))


def test_strided_and_read_only_arrays():
    x = samples(1, 128, 1)
    with pytest.raises(ValueError, match="contiguous"):
        fft_q15.r2c(x[::2], np.zeros(64, np.int32))
    expected = rfft(x)
    x.flags.writeable = False
    np.testing.assert_array_equal(rfft(x), expected)
    out = np.zeros(128, np.int32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        fft_q15.r2c(x, out)


def test_samples_may_start_at_any_address():
    x = samples(1, 129, 1)
    np.testing.assert_array_equal(rfft(x[1:]), rfft(x[1:].copy()))
