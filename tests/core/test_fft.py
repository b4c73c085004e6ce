"""Transforms: defining sums, NumPy in float64, identities."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import fft
from ecmkit._paths import csrc_dir
from tests.core.vectors import vector_noise

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "fft.json").read_text())
# Complex elements; real transforms have twice as many samples.
ALL = [n for n in range(8193) if fft.is_length(n)]
SOME = [8, 16, 24, 32, 40, 64, 96, 120, 160, 256, 512, 640, 1024, 1536, 7680, 8192]


def unpacked(packed):
    """Bins 0 ... n of a packed spectrum."""
    bins = np.empty(len(packed) // 2 + 1, np.complex64)
    bins[0], bins[-1] = packed[0], packed[1]
    bins[1:-1] = packed[2:].view(np.complex64)
    return bins


def rfft(x):
    out = np.empty(len(x), np.float32)
    fft.Plan(len(x) // 2, True).r2c_f32(np.ascontiguousarray(x, np.float32), out)
    return unpacked(out)


def cfft(z, *, inverse=False):
    z = np.array(z, np.complex64)
    out = np.empty_like(z)
    fft.Plan(len(z), False).c2c_f32(z.view(np.float32), out.view(np.float32), inverse)
    return out


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def limit(n):
    """What the header promises."""
    return 2e-7 * np.log2(n)


def test_lengths_are_what_machines_are_sampled_for():
    reals = {2 * n for n in ALL}
    assert {2**p for p in range(4, 15)} <= reals
    assert {3 * 2**p for p in range(5, 13)} <= reals
    assert {5 * 2**p for p in range(5, 12)} <= reals
    assert {15 * 2**p for p in range(4, 11)} <= reals
    assert min(reals) == 16
    assert max(reals) == 16384
    assert not reals & {18, 20, 36, 100, 144, 400, 1000, 20480}


@pytest.mark.parametrize("n", [64, 256])
def test_vectors(n):
    expected = [
        complex(float.fromhex(a), float.fromhex(b))
        for a, b in zip(VECTORS[str(n)]["re"], VECTORS[str(n)]["im"], strict=True)
    ]
    assert error(rfft(vector_noise(n, n)), np.array(expected)) < limit(n)


@pytest.mark.parametrize("n", ALL)
def test_against_numpy_in_float64(n):
    rng = np.random.default_rng(n)
    for _ in range(3):
        x = rng.standard_normal(2 * n).astype(np.float32)
        assert error(rfft(x), np.fft.rfft(x.astype(np.float64))) < limit(2 * n)
        z = x.view(np.complex64)
        exact = z.astype(np.complex128)
        assert error(cfft(z), np.fft.fft(exact)) < limit(n)
        assert error(cfft(z, inverse=True), np.fft.ifft(exact) * n) < limit(n)


@pytest.mark.parametrize("n", ALL)
def test_inverse_undoes(n):
    x = np.random.default_rng(n).standard_normal(2 * n).astype(np.float32)
    plan = fft.Plan(n, True)
    spectrum, back = np.empty_like(x), np.empty_like(x)
    plan.r2c_f32(x, spectrum)
    plan.c2r_f32(spectrum, back)
    assert error(back / np.float32(2 * n), x) < 2 * limit(2 * n)
    z = x.view(np.complex64)
    assert error(cfft(cfft(z), inverse=True) / n, z) < 2 * limit(n)


@pytest.mark.parametrize("n", ALL)
def test_what_is_fused_has_the_same_bits(n):
    rng = np.random.default_rng(n)
    x, taper = rng.standard_normal((2, 2 * n)).astype(np.float32)
    mean, plan = 0.3, fft.Plan(n, True)
    fused, plain, work = np.empty((3, 2 * n), np.float32)
    power, unfused = np.empty((2, n + 1), np.float32)
    plan.r2c_taper_f32(x, mean, taper, fused)
    plan.r2c_f32((x - np.float32(mean)) * taper, plain)
    np.testing.assert_array_equal(fused.view(np.uint32), plain.view(np.uint32))
    plan.power_f32(x, mean, taper, work, power)
    bins = unpacked(plain)
    np.testing.assert_array_equal(power, bins.real * bins.real + bins.imag * bins.imag)
    plan.power_f32((x - np.float32(mean)) * taper, 0.0, None, work, unfused)
    np.testing.assert_array_equal(power, unfused)


@pytest.mark.parametrize("n", SOME)
def test_parseval(n):
    x = np.random.default_rng(1).standard_normal(2 * n).astype(np.float32)
    power = np.abs(rfft(x).astype(np.complex128)) ** 2
    total = (power.sum() + power[1:-1].sum()) / (2 * n)
    assert total == pytest.approx((x.astype(np.float64) ** 2).sum(), rel=limit(2 * n))


@pytest.mark.parametrize("n", SOME)
def test_linear(n):
    x, y = np.random.default_rng(4).standard_normal((2, 2 * n)).astype(np.float32)
    expected = 3 * rfft(x).astype(np.complex128) - rfft(y)
    assert error(rfft(3 * x - y), expected) < 4 * limit(2 * n)


def test_scaling_by_a_power_of_two_is_exact():
    x = np.random.default_rng(3).standard_normal(1024).astype(np.float32)
    np.testing.assert_array_equal(rfft(x * 2**-40), rfft(x) * np.float32(2**-40))


@pytest.mark.parametrize("n", [2048, 3840])
def test_a_constant_has_only_a_mean(n):
    found = rfft(np.full(2 * n, 0.1, np.float32))
    assert found[0] == pytest.approx(0.2 * n, rel=1e-6)
    assert np.abs(found[1:]).max() < 2e-6 * n


@pytest.mark.parametrize("k", [1, 7, 511])
def test_a_tone_is_one_bin(k):
    x = np.cos(2 * np.pi * k * np.arange(1024) / 1024).astype(np.float32)
    found = np.abs(rfft(x))
    assert found[k] == pytest.approx(512, rel=1e-6)
    found[k] = 0
    assert found.max() < 1e-3


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_spreads(bad):
    x = np.ones(480, np.float32)
    x[17] = bad
    assert not np.isfinite(np.abs(rfft(x))[1:]).any()


def test_subnormals_are_kept():
    x = np.zeros(256, np.float32)
    x[3] = 1e-45
    assert (np.abs(rfft(x)) > 0).any()


def test_lengths_that_are_refused():
    for n in (0, 1, 4, 12, 20, 9, 100, 16384, 2**31):
        for real in (False, True):
            with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
                fft.Plan(n, real)


def test_arrays_that_are_refused():
    plan, x = fft.Plan(8, True), np.ones(16, np.float32)
    with pytest.raises(ValueError, match="x has length 15, expected 16"):
        plan.r2c_f32(x[:15], x.copy())
    with pytest.raises(ValueError, match="out has length 8, expected 16"):
        plan.r2c_f32(x, np.empty(8, np.float32))
    with pytest.raises(ValueError, match="power has length 8, expected 9"):
        plan.power_f32(x, 0.0, None, x.copy(), np.empty(8, np.float32))
    with pytest.raises(ValueError, match="ECM_ERR_NULL"):
        fft.Plan(8, False).r2c_f32(x, x.copy())
    for wrong in (x[::2], x.astype(np.float64), x.astype(">f4"), x.astype(np.int16)):
        with pytest.raises(ValueError, match=r"mismatch|contiguous|[Bb]ig-endian"):
            plan.r2c_f32(wrong, x.copy())
    frozen = x.copy()
    frozen.flags.writeable = False
    plan.r2c_f32(frozen, x)
    with pytest.raises(ValueError, match="read-only"):
        plan.r2c_f32(x, frozen)


def test_the_radices():
    def radices(n):
        return [radix for radix, *_ in fft.Plan(n, False).passes()]

    assert radices(8) == []
    assert radices(16) == [2]
    assert radices(512) == [8, 8]
    assert radices(2048) == [8, 8, 4]
    assert radices(7680) == [8, 8, 3, 5]
    assert radices(1920) == [8, 2, 3, 5]


@pytest.mark.parametrize("n", [8192, 7680, 6144, 5120])
def test_twiddles_are_rounded_once(n):
    plan = fft.Plan(n, True)
    found = plan.twiddles().view(np.complex64)
    turn = 2 * np.longdouble("3.14159265358979323846264338327950288")

    def circle(steps, length):
        angle = turn * (steps % length).astype(np.longdouble) / length
        return np.cos(angle).astype(np.float32), -np.sin(angle).astype(np.float32)

    expected = []
    for radix, span, _, _ in plan.passes():
        m, k = np.meshgrid(np.arange(1, radix), np.arange(span))
        expected.append(circle((m * k).ravel(), radix * span))
    half = circle(np.arange(1, n // 2), 2 * n)
    expected.append(tuple(np.float32(0.5) * part for part in half))
    for part, name in ((0, "real"), (1, "imag")):
        values = np.concatenate([pair[part] for pair in expected])
        np.testing.assert_allclose(getattr(found, name), values, rtol=0, atol=1e-18)


def test_the_table_is_what_its_script_writes():
    command = [sys.executable, str(csrc_dir() / "ecm_tables.py")]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert (csrc_dir() / "ecm_tables.c").read_text() == written
