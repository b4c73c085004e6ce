"""Mel filter banks: published values, and what is refused."""

import re

import numpy as np
import pytest
import scipy.fft

from ecmkit.features import MelBank, log_mel, mfcc, power_spectra

# librosa's documentation of mel_frequencies(n_mels=40)
LIBROSA_40 = [
    0.0, 85.317, 170.635, 255.952, 341.269, 426.586, 511.904, 597.221, 682.538,
    767.855, 853.173, 938.49, 1024.856, 1119.114, 1222.042, 1334.436, 1457.167,
    1591.187, 1737.532, 1897.337, 2071.84, 2262.393, 2470.47, 2697.686, 2945.799,
    3216.731, 3512.582, 3835.643, 4188.417, 4573.636, 4994.285, 5453.621, 5955.205,
    6502.92, 7101.009, 7754.107, 8467.272, 9246.028, 10096.408, 11025.0,
]  # fmt: skip


def test_edges_are_those_that_librosa_publishes():
    bank = MelBank(fs_hz=22050, n_samples=4096, n_mels=38)
    np.testing.assert_allclose(bank.edges_hz(), LIBROSA_40, atol=5e-4)


def test_edges_of_htk_are_its_formula():
    """1000 Hz is 999.99 mel in the HTK Book; half way down it is 399.8 Hz or so."""
    bank = MelBank(fs_hz=2000, n_samples=256, n_mels=1, scale="htk", norm="peak")
    edges = bank.edges_hz()
    assert 2595 * np.log10(1 + 1000 / 700) == pytest.approx(999.99, abs=0.01)
    assert edges == pytest.approx([0, 700 * (10 ** (499.9928 / 2595) - 1), 1000])


def test_filters_of_area_pass_white_noise_alike():
    bank = MelBank(fs_hz=16000, n_samples=8192, n_mels=64)
    passed = bank.matrix().sum(1) * 16000 / 8192
    np.testing.assert_allclose(passed, 1, rtol=0.03)


def test_tables_are_rounded_once():
    bank = MelBank(fs_hz=16000, n_samples=1024)
    t = bank.tables()
    assert (t.first, t.counts.sum(), len(t.weights)) == (0, 512, 512)
    edges = bank.edges_hz()
    at = np.repeat(np.arange(129), t.counts)
    f = np.arange(512) * 16000 / 1024
    exact = (f - edges[at]) / (edges[at + 1] - edges[at])
    np.testing.assert_array_equal(t.weights, exact.astype(np.float32))
    assert t.weights.dtype == t.norms.dtype == np.float32


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fs_hz": 0.0}, "fs_hz: found 0.0, expected above 0"),
        ({"fs_hz": float("nan")}, "fs_hz: found nan"),
        ({"n_samples": 1023}, "n_samples: found 1023, expected an even number"),
        ({"n_mels": 0}, "n_mels: found 0, expected 1 or more"),
        ({"lo_hz": 8000.0}, "lo_hz: found 8000.0, expected 0 ... below 8000 Hz"),
        ({"hi_hz": 9000.0}, "hi_hz: found 9000.0, expected above lo_hz 0 Hz, at most"),
        ({"lo_hz": 500.0, "hi_hz": 500.0}, "hi_hz: found 500.0"),
        ({"scale": "bark"}, "scale: found 'bark', expected slaney or htk"),
        ({"norm": "slaney"}, "norm: found 'slaney', expected area or peak"),
        ({"n_mels": 400}, "n_mels: found 400, expected fewer: filter 0 has no bin of"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        MelBank(**({"fs_hz": 16000.0, "n_samples": 1024} | settings))


def test_log_mel_is_the_front_end_of_mlperf_tiny():
    """Anomaly detection: |X|^2 of 1024 Hann tapered samples every 512, 128 filters."""
    rng = np.random.default_rng(1)
    x = 0.1 * rng.standard_normal(16000) + np.sin(np.arange(16000) * 0.17)
    x = x.astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(x, 1024)[::512]
    bank = MelBank(fs_hz=16000, n_samples=1024)
    found = log_mel(power_spectra(frames, fs_hz=16000, unit="1", detrend="none"), bank)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    power = np.abs(np.fft.rfft(frames.astype(float) * taper)) ** 2
    mels = power @ bank.matrix().T
    expected = 10 * np.log10(np.maximum(mels, np.finfo(float).eps))
    assert found.shape == (30, 128)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    silence = power_spectra(np.zeros((1, 1024)), fs_hz=16000, unit="1")
    np.testing.assert_allclose(log_mel(silence, bank), -156.536, atol=1e-3)


def test_mfcc_is_the_orthonormal_transform():
    levels = np.random.default_rng(2).normal(-40, 10, (5, 64))
    np.testing.assert_allclose(
        mfcc(levels, 20), scipy.fft.dct(levels, norm="ortho")[:, :20], atol=1e-4
    )


def test_what_does_not_fit_is_refused():
    bank = MelBank(fs_hz=16000, n_samples=1024, n_mels=64)
    found = power_spectra(np.ones((1, 512)), fs_hz=16000, unit="1")
    with pytest.raises(ValueError, match=r"spectra.n_samples: found 512, expected 10"):
        log_mel(found, bank)
    found = power_spectra(np.ones((1, 1024)), fs_hz=8000, unit="1")
    with pytest.raises(ValueError, match=r"spectra.fs_hz: found 8000, expected"):
        log_mel(found, bank)
    found = power_spectra(np.ones((1, 1024)), fs_hz=16000, unit="1")
    with pytest.raises(ValueError, match="floor: found 0, expected 1e-37"):
        log_mel(found, bank, floor=0)
    with pytest.raises(ValueError, match="levels: found 40 filters, expected"):
        mfcc(np.ones((1, 40)), 5)
    with pytest.raises(ValueError, match=r"count: found 17, expected 1 \.\.\. 16"):
        mfcc(np.ones((1, 16)), 17)
