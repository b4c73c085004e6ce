"""Many windows at once: the bits of one window at a time, however it is computed."""

import numpy as np
import pytest

from ecmkit._core import batch, stats
from tests.turns import lets_go

FIELDS = stats.time_fields()
ISAS = range(batch.isa() + 1)


def rows(x, isa=0, threads=1):
    out = np.full((len(FIELDS), len(x)), 7, np.float32)
    stats.time_rows_f32(x, isa, threads, out)
    return out


def single(x):
    found = [list(stats.time_f32(row).values()) for row in x]
    return np.array(found, np.float32).reshape(len(x), len(FIELDS)).T


def assert_same_bits(found, expected):
    same = found.view(np.uint32) == expected.view(np.uint32)
    same |= np.isnan(found) & np.isnan(expected)
    assert [(FIELDS[f], w) for f, w in np.argwhere(~same)] == []


def odd_windows(n):
    """Windows of every kind that a lane could get wrong, and some noise."""
    rng = np.random.default_rng(n)
    x = rng.standard_normal((23, n)).astype(np.float32)
    x[1] = 0.1
    x[2] = -0.0
    x[3] = np.where(np.arange(n) % 2, 0.0, -0.0)
    x[4, n // 2] = np.nan
    x[5, n - 1] = np.inf
    x[6, 0] = -np.inf
    x[7] = 3e38
    x[8] *= np.float32(1e-41)  # subnormal
    x[9] += 1e6
    x[10] = np.arange(n)
    x[11] = -np.arange(n)
    x[12] = np.where(np.arange(n) % 8 < 4, 1, -1)
    x[13] *= np.float32(1e25)
    x[14] = 0
    x[14, n // 3] = 1
    x[15] = np.clip(3 * x[15], -1, 1)
    x[16] = np.float32(1e-30) * x[16]
    return x


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 64, 1000, 1024, 1025, 1028, 4096])
def test_the_bits_are_those_of_a_single_window(isa, n):
    x = odd_windows(n)
    assert_same_bits(rows(x, isa), single(x))


@pytest.mark.parametrize("isa", ISAS)
def test_batch_and_threads_do_not_matter(isa):
    x = np.random.default_rng(1).standard_normal((1203, 64)).astype(np.float32)
    expected = single(x)
    for count in [0, 1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 511, 512, 1203]:
        for threads in (1, 2, 3, 256):
            found = rows(x[:count], isa, threads)
            assert_same_bits(found, expected[:, :count])


def test_fuzzed_windows_have_the_same_bits_on_every_instruction_set():
    """Random bit patterns: all exponents, NaN and infinity among them."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        n = int(rng.integers(1, 300))
        bits = rng.integers(0, 2**32, (17, n), np.uint32)
        keep = np.uint32(rng.choice([0xFFFFFFFF, 0xC1FFFFFF, 0x807FFFFF]))
        x = (bits & keep).view(np.float32)
        expected = single(x)
        for isa in ISAS:
            assert_same_bits(rows(x, isa), expected)


def test_an_empty_window_is_zeros():
    assert not rows(np.empty((5, 0), np.float32)).any()


def test_read_only_rows():
    x = np.random.default_rng(2).standard_normal((9, 64)).astype(np.float32)
    x.flags.writeable = False
    np.testing.assert_array_equal(rows(x), single(x))


def test_refusals():
    x = np.zeros((4, 64), np.float32)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        rows(x, isa=max(ISAS) + 1)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        rows(x, isa=-1)
    for threads in (0, 257):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            rows(x, threads=threads)
    with pytest.raises(ValueError, match="out has length 3"):
        stats.time_rows_f32(x, 0, 1, np.empty((3, 4), np.float32))
    with pytest.raises(ValueError, match="a row of out has length 5, expected 4"):
        stats.time_rows_f32(x, 0, 1, np.empty((len(FIELDS), 5), np.float32))
    for wrong in (x.astype(float), x.astype(">f4"), x[:, ::2], x.T):
        with pytest.raises(ValueError):
            stats.time_rows_f32(wrong, 0, 1, np.empty((len(FIELDS), 4), np.float32))


def test_the_interpreter_is_free_meanwhile():
    """Another thread of Python runs on while a long batch is computed."""
    x = np.zeros((20000, 1024), np.float32)
    out = np.empty((len(FIELDS), len(x)), np.float32)
    assert lets_go(lambda: stats.time_rows_f32(x, 0, 1, out))
