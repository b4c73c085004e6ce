"""Mel filter banks: the definition and published values as judges."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.fft

from ecmkit._core import fft, mel
from ecmkit.features.mel import MelBank
from tests.core.vectors import decoded, vector_noise

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "mel.json").read_text())
SMALL = {
    "slaney": MelBank(fs_hz=8000, n_samples=128, n_mels=16, lo_hz=200, hi_hz=3800),
    "htk": MelBank(fs_hz=8000, n_samples=128, n_mels=16, lo_hz=200, hi_hz=3800,
                   scale="htk", norm="peak"),
}  # fmt: skip


def core(bank):
    t = bank.tables()
    return mel.Bank(bank.n_bins, t.first, t.counts, t.weights, t.norms)


def energies(bank, power):
    out = np.empty((len(power), bank.n_mels), np.float32)
    core(bank).energies_f32(power, out)
    return out


def level(x, scale=1.0, floor=1e-10):
    out = np.empty_like(x)
    mel.level_f32(x, scale, floor, out)
    return out


def mfcc(levels, count):
    n = levels.shape[1]
    turn = np.pi * np.arange(n // 2) / (2 * n)
    twiddle = np.stack([np.cos(turn), np.sin(turn)], 1).ravel().astype(np.float32)
    out = np.empty((len(levels), count), np.float32)
    work = np.empty(2 * n, np.float32)
    mel.mfcc_f32(fft.Plan(n // 2, True), twiddle, levels, work, out)
    return out


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_vectors(scale):
    expected, bank = decoded(VECTORS[scale]), SMALL[scale]
    np.testing.assert_allclose(bank.matrix(), expected["bank"], rtol=1e-9, atol=1e-12)
    found = energies(bank, (vector_noise(7, 65) ** 2)[None])
    np.testing.assert_allclose(found[0], expected["energies"], rtol=1e-6)
    found = level(found, 2.5, 1e-3)
    np.testing.assert_allclose(found[0], expected["levels"], atol=2e-5)
    np.testing.assert_allclose(mfcc(found, 16)[0], expected["mfcc"], atol=5e-5)


@pytest.mark.parametrize(
    "bank",
    [
        MelBank(fs_hz=16000, n_samples=1024),
        MelBank(fs_hz=22050, n_samples=2048),
        MelBank(fs_hz=16000, n_samples=512, n_mels=40, scale="htk", norm="peak",
                lo_hz=20, hi_hz=7600),
        MelBank(fs_hz=44100, n_samples=960, n_mels=1, lo_hz=50),
    ],
)  # fmt: skip
def test_the_tables_are_the_matrix(bank):
    p = np.random.default_rng(1).exponential(size=(5, bank.n_bins)).astype(np.float32)
    np.testing.assert_allclose(energies(bank, p), p @ bank.matrix().T, rtol=1e-6)
    for k in range(bank.n_bins):  # a line is in two filters at most
        p = np.zeros((1, bank.n_bins), np.float32)
        p[0, k] = 1
        found, expected = energies(bank, p)[0], bank.matrix()[:, k]
        np.testing.assert_allclose(found, expected, atol=2e-7 * bank.matrix().max())


def test_a_spectrum_without_gaps_is_shared_out():
    """Triangles of height 1 add up to 1 between the middles of the outer filters."""
    bank = MelBank(fs_hz=8000, n_samples=256, n_mels=20, norm="peak")
    f, edges = np.arange(129) * 8000 / 256, bank.edges_hz()
    inside = (f >= edges[1]) & (f <= edges[-2])
    np.testing.assert_allclose(bank.matrix().sum(0)[inside], 1, atol=1e-12)


def test_level():
    x = np.float32([[1, 10, 100, 0, 1e-20, 2]])
    expected = [0, 10, 20, -100, -100, 10 * np.log10(2)]
    np.testing.assert_allclose(level(x)[0], expected, atol=2e-6)
    np.testing.assert_allclose(level(x, 100.0)[0, :3], [20, 30, 40], atol=5e-6)
    x = np.exp(np.random.default_rng(2).uniform(-80, 80, (1, 10000))).astype(np.float32)
    expected = 10 * np.log10(np.maximum(x.astype(float), 1e-35))
    np.testing.assert_allclose(level(x, floor=1e-35), expected, rtol=2e-7, atol=2e-6)
    same = x.copy()
    mel.level_f32(same, 1.0, 1e-35, same)
    np.testing.assert_array_equal(same, level(x, floor=1e-35))


def test_mfcc_is_the_orthonormal_transform_of_scipy():
    x = np.random.default_rng(3).normal(-50, 20, (7, 128)).astype(np.float32)
    expected = scipy.fft.dct(x.astype(float), norm="ortho")
    np.testing.assert_allclose(mfcc(x, 128), expected, atol=1e-4)
    np.testing.assert_array_equal(mfcc(x, 13), mfcc(x, 128)[:, :13])


def test_odd_values():
    bank, p = SMALL["slaney"], np.zeros((1, 65), np.float32)
    assert not energies(bank, p).any()
    p[0, 20] = np.nan
    found = level(energies(bank, p))
    assert np.isnan(found).sum() in (1, 2)
    assert level(np.float32([[np.inf]]))[0, 0] == np.inf
    assert level(np.empty((3, 0), np.float32)).shape == (3, 0)


def test_refusals():
    t = SMALL["slaney"].tables()
    with pytest.raises(ValueError, match="counts has length 17, expected 16"):
        mel.Bank(65, t.first, t.counts, t.weights, t.norms[:-1].copy())
    with pytest.raises(ValueError, match="expected 1 or more within 50 bins"):
        mel.Bank(50, t.first, t.counts, t.weights, t.norms)
    with pytest.raises(ValueError, match="a row of power has length 64, expected 65"):
        energies(SMALL["slaney"], np.zeros((1, 64), np.float32))
    for floor in (0.0, -1.0, np.nan, 1e-38, np.inf):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            level(np.ones((1, 2), np.float32), 1.0, floor)
    for count in (0, 17):
        with pytest.raises(ValueError, match=r"ECM_ERR_(NULL|LENGTH)"):
            mfcc(np.ones((1, 16), np.float32), count)
