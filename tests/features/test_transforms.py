"""Spectra of windows: NumPy in float64, and everything that a caller may hand in."""

import threading

import numpy as np
import pytest

from ecmkit import features
from ecmkit.features import RealTransform, instruction_sets, power_spectrum, rfft

N = 256


def windows(seed=0, rows=9, n=N):
    return np.random.default_rng(seed).standard_normal((rows, n)).astype(np.float32)


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("instructions", instruction_sets())
@pytest.mark.parametrize("n", [16, 96, 128, 256, 480, 640, 4096, 15360, 16384])
def test_against_numpy_in_float64(n, instructions):
    x = windows(n, n=n)
    taper = np.hanning(n)
    transform = RealTransform(n, instructions=instructions)
    exact = x.astype(np.float64)
    limit = 2e-7 * np.log2(n)
    assert error(transform.rfft(x), np.fft.rfft(exact)) < limit
    tapered = (exact - exact.mean(axis=1, keepdims=True)) * taper
    expected = np.fft.rfft(tapered)
    found = transform.rfft(x, taper=taper, remove_mean=True)
    assert error(found, expected) < limit
    power = transform.power(x, taper=taper, remove_mean=True)
    assert error(power, np.abs(expected) ** 2) < 2 * limit


def test_mean_alone():
    x = windows() + 10
    centred = x - x.mean(axis=1, keepdims=True, dtype=np.float64)
    assert error(rfft(x, remove_mean=True), np.fft.rfft(centred)) < 1e-5
    assert not rfft(np.full((2, N), 7, np.int16), remove_mean=True).any()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.tolist(),
        lambda x: x.astype(np.float64),
        lambda x: x.astype(">f4"),
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: x[:, ::-1].copy()[:, ::-1],
    ],
)
def test_arrays_are_converted_once(change):
    x = windows()
    np.testing.assert_array_equal(rfft(change(x)), rfft(x))
    np.testing.assert_array_equal(power_spectrum(change(x)), power_spectrum(x))
    np.testing.assert_array_equal(rfft(change(x)[0]), rfft(x)[0])


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", ">i2", "i4", "u2", "?", "f2"])
def test_numbers_of_any_kind(dtype):
    x = (windows() * 50).clip(0, 1 if dtype == "?" else 120).astype(dtype)
    np.testing.assert_array_equal(rfft(x), rfft(x.astype(np.float32)))


def test_windows_that_must_not_change():
    x = windows()
    x.flags.writeable = False
    np.testing.assert_array_equal(rfft(x), rfft(x.copy()))


def test_overlapping_windows_need_no_copy():
    signal = windows(rows=1, n=5000)[0]
    view = np.lib.stride_tricks.sliding_window_view(signal, N)[::100]
    transform = RealTransform(N)
    np.testing.assert_array_equal(transform.rfft(view), transform.rfft(view.copy()))


def test_a_bad_window_does_not_touch_the_others():
    x = windows()
    good = rfft(x)
    x[4, 7] = np.nan
    x[6, 0] = np.inf
    found = rfft(x)
    clean = [0, 1, 2, 3, 5, 7, 8]
    np.testing.assert_array_equal(found[clean], good[clean])
    assert np.isnan(found[4]).all()
    assert not np.isfinite(found[6]).any()


def test_results_in_a_given_array():
    x = windows()
    transform = RealTransform(N)
    bins, power = np.empty((9, 129), np.complex64), np.empty((9, 129), np.float32)
    assert transform.rfft(x, out=bins) is bins
    assert transform.power(x, out=power) is power
    np.testing.assert_array_equal(bins, rfft(x))
    np.testing.assert_array_equal(power, power_spectrum(x))


def test_wrong_results_arrays():
    x = windows()
    transform = RealTransform(N)
    with pytest.raises(TypeError, match="found complex128, expected complex64"):
        transform.rfft(x, out=np.empty((9, 129), np.complex128))
    with pytest.raises(TypeError, match="found list"):
        transform.rfft(x, out=[1])
    with pytest.raises(ValueError, match=r"shape \(8, 129\), expected \(9, 129\)"):
        transform.rfft(x, out=np.empty((8, 129), np.complex64))
    with pytest.raises(ValueError, match="C order"):
        transform.rfft(x, out=np.empty((129, 9), np.complex64).T)
    memory = np.zeros(9 * 129 * 2, np.float32)
    inside = memory[: 9 * 256].reshape(9, 256)
    with pytest.raises(ValueError, match="expected apart"):
        transform.rfft(inside, out=memory.view(np.complex64).reshape(9, 129))
    with pytest.raises(ValueError, match="expected apart"):
        transform.power(x, taper=memory[:256], out=memory[: 9 * 129].reshape(9, 129))


@pytest.mark.parametrize("n", [0, 1, 2, 8, 15, 18, 100, 1000, 20480, 32768])
def test_lengths_that_are_refused(n):
    with pytest.raises(ValueError, match=f"found windows of {n} samples"):
        rfft(np.zeros((3, n)))
    with pytest.raises(ValueError, match=f"found windows of {-n} samples"):
        RealTransform(-n)


def test_other_mistakes():
    transform = RealTransform(N)
    with pytest.raises(ValueError, match=r"found shape \(3, 255\)"):
        transform.rfft(np.zeros((3, 255)))
    with pytest.raises(ValueError, match=r"found shape \(2, 3, 256\)"):
        transform.rfft(np.zeros((2, 3, 256), np.float32))
    with pytest.raises(ValueError, match=r"found shape \(\)"):
        rfft(3.0)
    with pytest.raises(TypeError, match="found complex numbers"):
        transform.rfft(np.zeros((3, 256), np.complex64))
    with pytest.raises(ValueError, match="could not convert"):
        transform.rfft([["x"] * 256])
    with pytest.raises(ValueError, match=r"taper: found shape \(255,\)"):
        transform.power(np.zeros((3, 256)), taper=np.ones(255))
    with pytest.raises(ValueError, match=r"taper: found shape \(1, 256\)"):
        transform.power(np.zeros((3, 256)), taper=np.ones((1, 256), np.float32))
    for threads in (0, -1, 257):
        with pytest.raises(ValueError, match=f"found {threads} threads"):
            transform.rfft(np.zeros((3, 256)), threads=threads)
    with pytest.raises(ValueError, match="found instructions 'mmx'"):
        RealTransform(N, instructions="mmx")


def test_no_windows():
    assert rfft(np.empty((0, N))).shape == (0, N // 2 + 1)
    assert power_spectrum(np.empty((0, N))).dtype == np.float32


def test_threads_may_share_a_transform():
    transform = RealTransform(1024)
    x = windows(rows=300, n=1024)
    expected = transform.power(x)
    found = [np.empty_like(expected) for _ in range(4)]
    workers = [
        threading.Thread(
            target=transform.power, args=(x,), kwargs={"out": to, "threads": 2}
        )
        for to in found
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for power in found:
        np.testing.assert_array_equal(power, expected)


def test_lanes_are_of_the_instructions():
    lanes = {"scalar": 1, "base": 4, "avx2": 8, "avx512": 16}
    for name in instruction_sets():
        assert RealTransform(1024, instructions=name).lanes == lanes[name]
    assert features.instruction_sets()[0] == "scalar"
