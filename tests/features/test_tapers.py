"""Tapers by name, and windows under them: SciPy as judge."""

import msgspec
import numpy as np
import pytest
from scipy import signal

from ecmkit.features import Taper, taper_windows

THEIRS = {
    "hann": "hann",
    "hamming": "hamming",
    "blackman_harris": "blackmanharris",
    "flat_top": "flattop",
    "kaiser": ("kaiser", 8.5),
}


def make(kind, length, form="periodic"):
    beta = 8.5 if kind == "kaiser" else 0.0
    return Taper(kind=kind, length=length, form=form, beta=beta)


@pytest.mark.parametrize("kind", THEIRS)
@pytest.mark.parametrize("form", ["periodic", "symmetric"])
@pytest.mark.parametrize("length", [1, 2, 7, 1024])
def test_values_and_gains(kind, form, length):
    shape = make(kind, length, form)
    exact = signal.get_window(THEIRS[kind], length, fftbins=form == "periodic")
    np.testing.assert_allclose(shape.values(), exact, atol=6e-8)
    np.testing.assert_allclose(
        shape.half_q15() / 2**15, exact[: shape.half_len], atol=1 / 2**15
    )
    if exact.any():
        assert shape.coherent_gain == pytest.approx(exact.mean(), rel=1e-6)
        assert shape.energy_gain == pytest.approx((exact**2).mean(), rel=1e-6)
        enbw = length * (exact**2).sum() / exact.sum() ** 2
        assert shape.enbw == pytest.approx(enbw, rel=2e-6)


def test_corrections_do_what_they_say():
    """A sinusoid's amplitude and a noise's power, seen through every taper."""
    n, t = 4096, np.arange(4096)
    sine = 3.0 * np.sin(2 * np.pi * 100 * t / n)
    noise = np.random.default_rng(0).normal(0, 2.0, (200, n))
    for kind in THEIRS:
        shape = make(kind, n)
        bins = np.fft.rfft(taper_windows(sine[None], shape)[0])
        amplitude = 2 * np.abs(bins[100]) / n / shape.coherent_gain
        assert amplitude == pytest.approx(3.0, rel=1e-5)
        power = (taper_windows(noise, shape, remove_mean=False) ** 2).mean()
        assert power / shape.energy_gain == pytest.approx(4.0, rel=0.02)


def test_windows_lose_their_mean_first():
    x = np.random.default_rng(1).normal(9.81, 1, (3, 100)).astype(np.float32)
    w = make("hann", 100)
    found = taper_windows(x, w)
    exact = (x - x.astype(float).mean(axis=1, keepdims=True)) * w.values()
    np.testing.assert_allclose(found, exact, atol=2e-6)
    np.testing.assert_array_equal(
        taper_windows(x, w, remove_mean=False), x * w.values()
    )
    x.flags.writeable = False
    np.testing.assert_array_equal(taper_windows(x[::-1], w)[::-1], found)
    assert taper_windows(x[:0], w).shape == (0, 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "hanning"}, "kind: found 'hanning', expected hann or"),
        ({"form": "odd"}, "form: found 'odd'"),
        ({"length": 0}, r"length: found 0, expected 1 ... 16384"),
        ({"length": 16385}, "length: found 16385"),
        ({"beta": 3.0}, "beta: found 3.0, expected 0 for hann"),
        ({"kind": "kaiser", "beta": 21.0}, r"beta: found 21.0, expected 0 ... 20"),
        ({"kind": "kaiser", "beta": float("nan")}, "beta: found nan"),
    ],
)
def test_fields_that_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Taper(**{"kind": "hann", "length": 64} | change)


def test_a_taper_is_a_record():
    shape = make("kaiser", 64)
    assert msgspec.json.decode(msgspec.json.encode(shape), type=Taper) == shape
    with pytest.raises(ValueError, match="x: found windows of 63 samples, expected 64"):
        taper_windows(np.ones((1, 63)), shape)
