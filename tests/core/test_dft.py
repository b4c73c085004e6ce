"""Single frequencies: the defining sum in float64, chunking, long runs."""

import numpy as np
import pytest

from ecmkit._core import dft


def goertzel(w):
    """Settings for w in 0 ... pi, computed in float64."""
    low = w <= np.pi / 2
    step = -4 * np.sin(w / 2) ** 2 if low else 4 * np.cos(w / 2) ** 2
    return dft.Goertzel(step, np.cos(w), np.sin(w), 1 if low else -1)


def wave(n):
    turn = 2 * np.longdouble("3.14159265358979323846264338327950288")
    return np.cos(turn * np.arange(n // 4 * 5) / n).astype(np.float32)


FREQUENCIES = [0.0, 1e-3, 0.01, 0.5, 1.57, 1.58, 2.5, 3.1, 3.14, np.pi]


@pytest.mark.parametrize("w", FREQUENCIES)
@pytest.mark.parametrize("n", [1, 2, 100, 4096])
def test_goertzel_is_the_defining_sum(w, n):
    for seed in range(10):
        x = np.random.default_rng(seed).standard_normal(n).astype(np.float32)
        one = goertzel(w)
        one.update_f32(x)
        exact = x.astype(np.float64)
        expected = np.sum(exact * np.exp(1j * w * (n - 1 - np.arange(n))))
        scale = np.sqrt(n * np.sum(exact**2))
        assert abs(one.value_f32() - expected) < 4e-7 * np.sqrt(n) * scale


def test_goertzel_at_a_bin_is_the_transform_turned():
    n, k = 512, 37
    x = np.random.default_rng(5).standard_normal(n).astype(np.float32)
    one = goertzel(2 * np.pi * k / n)
    one.update_f32(x)
    found = one.value_f32() * np.exp(2j * np.pi * k / n)
    assert found == pytest.approx(np.fft.fft(x)[k], rel=1e-4)


@pytest.mark.parametrize("w", [0.3, 2.8])
def test_goertzel_any_split_gives_the_bits_of_the_whole(w):
    x = np.random.default_rng(6).standard_normal(1000).astype(np.float32)
    whole = goertzel(w)
    whole.update_f32(x)
    for cuts in ([], [0], [1], [500], [3, 4, 4, 999]):
        parts = goertzel(w)
        for part in np.split(x, cuts):
            parts.update_f32(np.ascontiguousarray(part))
        assert parts.value_f32() == whole.value_f32()
    parts.init()
    assert parts.value_f32() == 0


def slide(x, n, k):
    out = np.empty((len(x), 2), np.float32)
    oldest = np.concatenate([np.zeros(n, np.float32), x[:-n]])[: len(x)]
    dft.Sliding(wave(n), n, k).update_many_f32(x, oldest, out)
    return out.view(np.complex64)[:, 0]


@pytest.mark.parametrize(("n", "k"), [(4, 0), (4, 1), (64, 7), (100, 50), (256, 128)])
def test_sliding_is_the_sum_over_the_window(n, k):
    x = np.random.default_rng(n + k).standard_normal(3 * n).astype(np.float32)
    found = slide(x, n, k)
    turned = x.astype(np.float64) * np.exp(-2j * np.pi * k * np.arange(len(x)) / n)
    total = np.concatenate([np.zeros(n), np.cumsum(turned)])
    expected = total[n:] - np.concatenate([np.zeros(n), total[n:-n]])[: len(x)]
    assert np.abs(found - expected).max() < 2e-6 * np.sqrt(n)


def test_sliding_does_not_lose_its_way_in_a_long_run():
    n, k = 64, 5
    rng = np.random.default_rng(8)
    x = (1000 * rng.standard_normal(200_000)).astype(np.float32)
    x[-10 * n :] = 0
    x[-n:] = np.cos(2 * np.pi * k * np.arange(n) / n)
    # After ten windows of silence nothing of the loud past is left.
    assert abs(slide(x, n, k)[-1]) == pytest.approx(n / 2, rel=1e-6)


def test_what_is_refused():
    with pytest.raises(ValueError, match="wave has length 4, expected 5"):
        dft.Sliding(np.ones(4, np.float32), 4, 0)
    out, x = np.empty((1, 2), np.float32), np.ones(1, np.float32)
    for n, k in ((0, 0), (4, 3)):
        one = dft.Sliding(np.ones(n // 4 * 5, np.float32), n, k)
        with pytest.raises(ValueError, match="ECM_ERR"):
            one.update_many_f32(x, x, out)
