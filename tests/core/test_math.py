"""Elementary functions against float64 and against NumPy's correctly rounded root.

Every float is tried in test_sweeps.py.
"""

import ctypes
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecmkit._core import math
from ecmkit._paths import csrc_dir
from tests.c import harness

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "math.json").read_text())


def call(function, x):
    x = np.ascontiguousarray(x, np.float32)
    out = np.empty_like(x)
    function(x, out)
    return out


def every_exponent(seed, n):
    """Positive finite floats, uniform over their bit patterns: subnormals too."""
    bits = np.random.default_rng(seed).integers(0, 0x7F800000, n, dtype=np.uint32)
    return bits.view(np.float32)


def ulps(found, exact):
    """Error in units in the last place of the exact value's neighbourhood."""
    return np.abs(found - exact) / np.spacing(np.abs(exact).astype(np.float32))


@pytest.fixture(scope="module")
def software_sqrt(tmp_path_factory):
    """The generic port's root, compiled for the host."""
    harness.require(harness.HOSTS["gcc-O3"])
    folder = tmp_path_factory.mktemp("sqrt")
    source, library = folder / "roots.c", folder / "roots.so"
    source.write_text(
        '#include "ecm_base.h"\n'
        "void roots(const float *x, float *out, uint32_t n)\n"
        "{ for (uint32_t i = 0; i < n; i++) out[i] = ecm_port_sqrt_f32(x[i]); }\n"
    )
    csrc = csrc_dir()
    includes = [f"-I{csrc}", f"-I{csrc / 'port' / 'generic'}"]
    flags = [*harness.CONTRACT, "-O2", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, *includes, source, "-o", library], check=True)
    roots = ctypes.CDLL(str(library)).roots

    def run(x, out):
        pointer = ctypes.POINTER(ctypes.c_float)
        roots(x.ctypes.data_as(pointer), out.ctypes.data_as(pointer), len(x))

    return run


def roots_to_try():
    """All exponents; all mantissas of two neighbouring ones; subnormals; edges."""
    mantissas = np.arange(0x3F800000, 0x40800000, 7, dtype=np.uint32).view(np.float32)
    subnormals = np.arange(1, 0x00800000, 13, dtype=np.uint32).view(np.float32)
    k = np.arange(1, 4097, dtype=np.float64)
    squares = (k * k).astype(np.float32)
    beside = np.concatenate(
        [
            np.nextafter(squares, np.float32(0)),
            np.nextafter(squares, np.float32(np.inf)),
        ]
    )
    edges = np.array([0, 1, 0x7FFFFF, 0x800000, 0x7F7FFFFF, 0x7F800000], np.uint32)
    found = [every_exponent(1, 1_000_000), mantissas, subnormals, squares, beside]
    return np.concatenate([*found, edges.view(np.float32)])


def test_software_sqrt_is_correctly_rounded(software_sqrt):
    x = roots_to_try()
    np.testing.assert_array_equal(
        call(software_sqrt, x).view(np.uint32), np.sqrt(x).view(np.uint32)
    )


def test_hardware_sqrt_is_the_same():
    x = roots_to_try()
    np.testing.assert_array_equal(
        call(math.sqrt_f32, x).view(np.uint32), np.sqrt(x).view(np.uint32)
    )


@pytest.mark.parametrize("port", ["hardware", "software"])
def test_sqrt_of_the_odd_ones(port, software_sqrt):
    function = math.sqrt_f32 if port == "hardware" else software_sqrt
    found = call(function, [-0.0, -1.0, -np.inf, np.nan, -1e-45])
    assert found[0] == 0
    assert np.signbit(found[0])
    assert np.isnan(found[1:]).all()


@pytest.mark.parametrize("name", ["exp", "log", "log2", "tanh", "logistic"])
def test_vectors(name):
    """Against 110 decimal digits."""
    rows = np.array([[float.fromhex(v) for v in row] for row in VECTORS[name]])
    x, expected = rows.T
    found = call(getattr(math, f"{name}_f32"), x)
    assert len(x) >= 60
    assert ulps(found, expected).max() <= (0.68 if name in {"log", "log2"} else 0.52)


@pytest.mark.parametrize("name", ["exp", "log", "log2", "tanh"])
def test_the_reference_of_the_sweeps_is_right(name):
    """NumPy's float64, which is libm's or as good, is 10^-8 ulp of float32 off."""
    rows = np.array([[float.fromhex(v) for v in row] for row in VECTORS[name]])
    assert ulps(getattr(np, name)(rows[:, 0]), rows[:, 1]).max() < 1e-8


def test_exp_at_the_ends():
    x = np.array([88.72283, 88.72284, -103.97207, -103.97209, 0, -0.0], np.float32)
    x = np.append(x, np.float32([np.inf, -np.inf, np.nan, 3e38, -3e38, 1e-45]))
    with np.errstate(over="ignore", under="ignore"):
        expected = np.exp(x.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(call(math.exp_f32, x), expected)


def test_exp_of_a_sum_is_the_product():
    rng = np.random.default_rng(2)
    x = rng.integers(-4096, 4096, (2, 10_000)).astype(np.float32) / 128
    a, b, both = (call(math.exp_f32, v).astype(np.float64) for v in (*x, x[0] + x[1]))
    assert np.abs(a * b / both - 1).max() < 3 * 2.0**-24


@pytest.mark.parametrize("name", ["log", "log2"])
def test_logarithms_of_the_odd_ones(name):
    x = [1.0, 0.0, -0.0, np.inf, -1.0, -1e-45, -np.inf, np.nan]
    found = call(getattr(math, f"{name}_f32"), x)
    assert found[:4].tolist() == [0.0, -np.inf, -np.inf, np.inf]
    assert not np.signbit(found[0])
    assert np.isnan(found[4:]).all()


def test_log2_of_powers_of_two_is_exact():
    k = np.arange(-149, 128)
    x = np.ldexp(np.float64(1), k).astype(np.float32)
    assert call(math.log2_f32, x).tolist() == k.tolist()


def test_tanh_of_the_odd_ones():
    x = np.float32([0.0, -0.0, 1e-45, -1e-45, np.inf, -np.inf, 9.5, -1e30, np.nan])
    found = call(math.tanh_f32, x)
    assert found[:8].tolist() == [0, 0, x[2], x[3], 1, -1, 1, -1]
    assert np.signbit(found[1])
    assert np.isnan(found[8])


def test_logistic_of_the_odd_ones():
    x = np.float32([0.0, -0.0, 1e-45, np.inf, -np.inf, 200, -200, np.nan])
    found = call(math.logistic_f32, x)
    assert found[:7].tolist() == [0.5, 0.5, 0.5, 1, 0, 1, 0]
    assert np.isnan(found[7])


def test_logistic_and_its_mirror_image_sum_to_one():
    x = np.random.default_rng(7).uniform(-30, 30, 100_000).astype(np.float32)
    total = call(math.logistic_f32, x).astype(np.float64)
    total += call(math.logistic_f32, -x)
    assert np.abs(total - 1).max() <= 2.0**-24


def test_isfinite():
    x = np.array([0, -0.0, 1e-45, 3e38, np.inf, -np.inf, np.nan], np.float32)
    out = np.empty(len(x), np.uint8)
    math.isfinite_f32(x, out)
    assert out.tolist() == [1, 1, 1, 1, 0, 0, 0]


def test_round_is_half_away_from_zero_and_saturates():
    x = np.random.default_rng(5).uniform(-300, 300, 10_000).astype(np.float32)
    x[:601] = np.arange(-300, 301) + 0.5
    out = np.empty(len(x), np.int32)
    math.round_s32_f32(x, -128, 127, out)
    exact = np.sign(x) * np.floor(np.abs(x.astype(np.float64)) + 0.5)
    np.testing.assert_array_equal(out, np.clip(exact, -128, 127))
    math.round_s32_f32(np.float32([np.nan, np.inf, -np.inf]), -5, 6, out[:3])
    assert out[:3].tolist() == [0, 6, -5]


def test_sum_follows_the_canonical_order():
    x = np.random.default_rng(6).standard_normal(1003).astype(np.float32)
    for n in (0, 1, 2, 3, 4, 5, 7, 1003):
        lane = np.zeros(4, np.float32)
        for i in range(n):
            lane[i % 4] += x[i]
        assert math.sum_f32(x[:n]) == (lane[0] + lane[1]) + (lane[2] + lane[3])


@pytest.mark.parametrize("name", ["sqrt", "exp", "log", "log2", "tanh", "logistic"])
def test_arrays_that_are_refused(name):
    function = getattr(math, f"{name}_f32")
    three = np.zeros(3, np.float32)
    with pytest.raises(ValueError, match="out has length 2, expected 3"):
        function(three, np.zeros(2, np.float32))
    with pytest.raises(ValueError):
        function(np.zeros(6, np.float32)[::2], three)
    with pytest.raises(ValueError):
        function(np.zeros(3), three)
    with pytest.raises(ValueError):
        function(three.astype(">f4"), three)
    constant = np.zeros(3, np.float32)
    constant.setflags(write=False)
    function(constant, three)
    with pytest.raises(ValueError):
        function(three, constant)
    function(three[:0], three[:0])


def test_the_polynomials_are_what_their_script_writes():
    script = csrc_dir() / "ecm_poly.py"
    command = [sys.executable, str(script)]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert Path(csrc_dir() / "ecm_poly.c").read_text() == written
