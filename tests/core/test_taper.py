"""Tapers: extended precision, SciPy and an independent program as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import signal, special

from ecmkit._core import taper

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "conditioning.json").read_text()
)
KINDS = {
    "hann": (taper.HANN, "hann"),
    "hamming": (taper.HAMMING, "hamming"),
    "blackman_harris": (taper.BLACKMAN_HARRIS, "blackmanharris"),
    "flat_top": (taper.FLAT_TOP, "flattop"),
    "kaiser": (taper.KAISER, ("kaiser", 8.5)),
}
WEIGHTS = {
    taper.HANN: ("0.5", "0.5"),
    taper.HAMMING: ("0.54", "0.46"),
    taper.BLACKMAN_HARRIS: ("0.35875", "0.48829", "0.14128", "0.01168"),
    taper.FLAT_TOP: (
        *("0.21557895", "0.41663158", "0.277263158"),
        *("0.083578947", "0.006947368"),
    ),
}
# Every power of two, what machines are sampled for, primes and the limits.
LENGTHS = [
    *(*range(1, 70), 96, 101, 128, 240, 256, 480, 512, 960, 997, 1024, 1536, 1920),
    *(2048, 3072, 3840, 4096, 5120, 6144, 8192, 10007, 12288, 15360, 16384),
]


def half(n, kind, form, beta=0.0):
    out = np.empty(taper.half_len(n, form), np.float32)
    taper.fill_f32(n, kind, form, beta, out)
    return out


def whole(n, kind, form, beta=0.0):
    i = np.arange(n)
    return half(n, kind, form, beta)[np.minimum(i, n - form - i)]


def correctly_rounded(n, kind, form):
    """The cosine sum in extended precision, Hann by the sine: no cancellation."""
    extended = np.longdouble
    span, i = n - form, np.arange(taper.half_len(n, form))
    pi = extended("3.14159265358979323846264338327950288")
    if n == 1:
        return np.ones(1, np.float32)
    if kind == taper.HANN:
        return (np.sin(pi * i / extended(span)) ** 2).astype(np.float32)
    sum_ = extended(0)
    for k, weight in enumerate(WEIGHTS[kind]):
        angle = 2 * pi * ((k * i) % span) / extended(span)
        sum_ = sum_ + (-1) ** k * extended(weight) * np.cos(angle)
    return sum_.astype(np.float32)


@pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="long double is not extended here"
)
@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("form", [taper.PERIODIC, taper.SYMMETRIC])
def test_cosine_sums_are_correctly_rounded(kind, form):
    """What a device computes at start-up are the bits of a table made in float64."""
    for n in LENGTHS:
        expected = correctly_rounded(n, kind, form)
        np.testing.assert_array_equal(half(n, kind, form), expected, err_msg=str(n))


@pytest.mark.parametrize("beta", [0.5, 2.5, 5.0, 8.6, 14.0, 20.0])
def test_kaiser_is_correctly_rounded_but_for_ties(beta):
    beta = float(np.float32(beta))
    differ = total = 0
    for n in LENGTHS[1:]:
        for form in (taper.PERIODIC, taper.SYMMETRIC):
            found, span = half(n, taper.KAISER, form, beta), n - form
            i = np.arange(len(found))
            exact = special.i0(beta * np.sqrt(4.0 * i * (span - i) / span**2))
            exact /= special.i0(beta)
            step = np.spacing(exact.astype(np.float32))
            assert np.abs(found - exact).max() <= 0.5001 * step.max()
            differ += np.count_nonzero(found != exact.astype(np.float32))
            total += len(found)
    assert differ <= 1e-4 * total


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("form", ["periodic", "symmetric"])
def test_vectors(name, form):
    expected = [float.fromhex(v) for v in VECTORS[f"taper {name} {form}"]]
    n, form = len(expected), getattr(taper, form.upper())
    found = whole(n, KINDS[name][0], form, 8.5)
    np.testing.assert_array_equal(found, np.float32(expected))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("form", [taper.PERIODIC, taper.SYMMETRIC])
def test_against_scipy(name, form):
    kind, theirs = KINDS[name]
    for n in (1, 2, 3, 4, 63, 64, 1000, 1024):
        expected = signal.get_window(theirs, n, fftbins=form == taper.PERIODIC)
        np.testing.assert_allclose(whole(n, kind, form, 8.5), expected, atol=6e-8)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("form", [taper.PERIODIC, taper.SYMMETRIC])
def test_q15_is_rounded_once(name, form):
    kind, theirs = KINDS[name]
    for n in (1, 2, 64, 255, 1024, 16384):
        found = np.empty(taper.half_len(n, form), np.int16)
        taper.fill_q15(n, kind, form, 8.5, found)
        exact = signal.get_window(theirs, n, fftbins=form == taper.PERIODIC)
        exact = np.minimum(exact[: len(found)] * 2**15, 32767)
        assert np.abs(found - exact).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("form", [taper.PERIODIC, taper.SYMMETRIC])
def test_gains(name, form):
    """Against SciPy's tapers in float64; ENBW in bins."""
    kind, theirs = KINDS[name]
    for n in (1, 5, 64, 1000, 4096):
        w = signal.get_window(theirs, n, fftbins=form == taper.PERIODIC)
        found = taper.gain_f32(n, kind, form, 8.5, half(n, kind, form, 8.5))
        assert found["coherent"] == pytest.approx(w.mean(), rel=1e-6)
        assert found["energy"] == pytest.approx((w**2).mean(), rel=1e-6)
        enbw = n * (w**2).sum() / w.sum() ** 2
        assert found["enbw"] == pytest.approx(enbw, rel=2e-6)


def test_gains_by_their_formulas():
    """A periodic cosine sum: a0, and a0^2 + sum of a_k^2 / 2."""
    for kind, weights in WEIGHTS.items():
        a0, *rest = map(float, weights)
        found = taper.gain_f32(512, kind, taper.PERIODIC, 0, half(512, kind, 0))
        assert found["coherent"] == pytest.approx(a0, rel=1e-6)
        energy = a0**2 + sum(a * a for a in rest) / 2
        assert found["energy"] == pytest.approx(energy, rel=1e-6)
    nothing = taper.gain_f32(2, taper.HANN, taper.SYMMETRIC, 0, np.zeros(1, np.float32))
    assert nothing == {"coherent": 0.0, "energy": 0.0, "enbw": 0.0}


@pytest.mark.parametrize(
    ("n", "kind", "form", "beta", "status"),
    [
        (0, taper.HANN, 0, 0.0, "LENGTH"),
        (taper.LEN_MAX + 1, taper.HANN, 0, 0.0, "LENGTH"),
        (8, 0, 0, 0.0, "ARG"),
        (8, 6, 0, 0.0, "ARG"),
        (8, taper.HANN, 2, 0.0, "ARG"),
        (8, taper.KAISER, 0, -0.1, "ARG"),
        (8, taper.KAISER, 0, 20.1, "ARG"),
        (8, taper.KAISER, 0, np.nan, "ARG"),
    ],
)
def test_refusals(n, kind, form, beta, status):
    size = taper.half_len(n, form) if n > 0 and form < 2 else 5
    for fill, dtype in ((taper.fill_f32, np.float32), (taper.fill_q15, np.int16)):
        out = np.full(size, 7, dtype)
        with pytest.raises(ValueError, match=f"ECM_ERR_{status}"):
            fill(n, kind, form, beta, out)
        assert (out == 7).all()


def test_a_half_of_another_length_is_refused():
    for n in (31, 34):
        with pytest.raises(ValueError, match=f"half has length {n}, expected 33"):
            taper.fill_f32(64, taper.HANN, taper.PERIODIC, 0, np.empty(n, np.float32))


@pytest.mark.live
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", WEIGHTS)
def test_all_lengths(kind):
    """Every length there is, both forms: the header names what is too near to a tie."""
    for n in range(1, taper.LEN_MAX + 1):
        for form in (taper.PERIODIC, taper.SYMMETRIC):
            expected = correctly_rounded(n, kind, form)
            wrong = np.flatnonzero(half(n, kind, form) != expected).tolist()
            near_a_tie = kind == taper.HANN and n - form in {8709, 12564}
            assert wrong == ([1] if near_a_tie else []), (n, form)
