"""Elementary functions over all of float32, against float64 and its mirror images.

The normal run takes every 4093rd float; ``make test-live`` takes every one. What the
reference is, and why its own error cannot matter, stands at the top of sweep.c.
"""

import ctypes
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from tests.c import harness

# What the headers promise, in ulp; the largest over all floats is a little below.
BOUNDS = {
    "sqrt": 0.5,
    "exp": 0.52,
    "log": 0.68,
    "log2": 0.68,
    "tanh": 0.52,
    "logistic": 0.52,
    "sin": 0.52,
    "cos": 0.52,
    "atan": 0.52,
}
ODD_OR_EVEN = {"tanh", "sin", "cos", "atan"}
SIGN = 1 << 31
PIECES = 16


class Result(ctypes.Structure):
    """sweep_t of sweep.c."""

    _fields_ = (
        ("worst", ctypes.c_double),
        ("compared", ctypes.c_uint64),
        ("inexact", ctypes.c_uint64),
        ("falls", ctypes.c_uint64),
        ("odd_ones", ctypes.c_uint64),
        ("at", ctypes.c_uint32),
        ("at_y", ctypes.c_uint32),
    )

    def line(self, name: str) -> str:
        return (
            f"{name}: {self.worst:.6f} ulp at {self.at:#010x} {self.at_y:#010x}, "
            f"{self.inexact} of {self.compared} not the nearest, {self.falls} falls, "
            f"{self.odd_ones} odd ones"
        )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The library with sweep.c, for the host."""
    return build("fpu", tmp_path_factory.mktemp("sweep"))


def build(port, folder):
    harness.require(harness.HOSTS["gcc-O3"])
    csrc, target = csrc_dir(), folder / "sweep.so"
    sources = [Path(__file__).with_name("sweep.c")]
    sources += [csrc / f"ecm_{name}.c" for name in ("math", "trig", "poly")]
    includes = [f"-I{csrc}", f"-I{csrc / 'port' / port}"]
    flags = [*harness.CONTRACT, "-O2", "-Wall", "-Wextra", "-Werror"]
    command = ["gcc", *flags, "-shared", "-fPIC", *includes, *sources, "-lm"]
    subprocess.run([*map(str, command), "-o", str(target)], check=True)
    loaded = ctypes.CDLL(str(target))
    loaded.sweep_sincos.restype = ctypes.c_uint64
    return loaded


def in_pieces(work, first, last):
    """Run work(first, last) on parts of the range, on all processors."""
    size = (last - first) // PIECES
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        places = [first + size * i for i in range(PIECES)]
        return list(pool.map(lambda at: work(at, at + size), places))


def sweep(library, name, step):
    """Largest error over all floats in steps; negative ones by symmetry if there is."""

    def piece(first, last):
        result = Result()
        bounds = [ctypes.c_uint64(value) for value in (first, last, step)]
        assert library.sweep(name.encode(), *bounds, ctypes.byref(result)) == 0
        return result

    results = in_pieces(piece, 0, SIGN)
    if name not in ODD_OR_EVEN:
        results += in_pieces(piece, SIGN, 2 * SIGN)
    return results


def hold(name, results):
    for result in results:
        print(result.line(name))
        assert result.odd_ones == 0, result.line(name)
        assert result.falls == 0, result.line(name)
        assert result.worst <= BOUNDS[name], result.line(name)
        assert name != "sqrt" or result.inexact == 0, result.line(name)
    assert sum(result.compared for result in results) > 1000
    print(max(results, key=lambda result: result.worst).line(f"{name}, all"))


def sweep_points(library, n, seed):
    def piece(first, last):
        result = Result()
        library.sweep_atan2(
            ctypes.c_uint64(seed + (first << 32)),
            ctypes.c_uint64(last - first),
            ctypes.byref(result),
        )
        return result

    return in_pieces(piece, 0, n)


@pytest.mark.parametrize("name", BOUNDS)
def test_many_floats(library, name):
    hold(name, sweep(library, name, 4093))


def test_square_root_of_the_generic_port(tmp_path):
    hold("sqrt", sweep(build("generic", tmp_path), "sqrt", 509))


@pytest.mark.parametrize("name", ["log", "log2"])
def test_logarithms_of_the_generic_port(name, library, tmp_path):
    """Where it converts integers to floats itself."""
    expected = [result.line(name) for result in sweep(library, name, 509)]
    generic = build("generic", tmp_path)
    found = [result.line(name) for result in sweep(generic, name, 509)]
    assert found == expected


def test_many_points(library):
    hold("atan", sweep_points(library, 1 << 21, 1))


def test_sine_and_cosine_together(library):
    bounds = [ctypes.c_uint64(value) for value in (0, 1 << 32, 8191)]
    assert library.sweep_sincos(*bounds) == 0


def test_an_unknown_name(library):
    bounds = [ctypes.c_uint64(value) for value in (0, 1, 1)]
    assert library.sweep(b"sinh", *bounds, ctypes.byref(Result())) == -1


@pytest.mark.live
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", BOUNDS)
def test_every_float(library, name):
    hold(name, sweep(library, name, 1))


@pytest.mark.live
@pytest.mark.timeout(7200)
def test_every_square_root_of_the_generic_port(tmp_path):
    hold("sqrt", sweep(build("generic", tmp_path), "sqrt", 1))


@pytest.mark.live
@pytest.mark.timeout(7200)
def test_a_thousand_million_points(library):
    hold("atan", sweep_points(library, 1 << 30, 2))
