"""Rows at once: the device's bits on every instruction set, and what is not taken."""

import numpy as np
import pytest

from ecmkit._core import batch, fft, stats

LENGTHS = [n for n in range(8193) if fft.is_length(n)]
ISAS = range(batch.isa() + 1)


def odd_rows(n, seed):
    """Rows of noise and of everything that floats can be."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((18, 2 * n)).astype(np.float32)
    x[2] *= 1e-38  # subnormal here and there
    x[3] *= np.float32(1e-42)
    x[4] *= 1e37
    x[5] = 0.1
    x[6] = 0
    x[7] = -0.0
    x[8, 3] = np.nan
    x[9, 5] = np.inf
    x[10] = 3e38
    x[11] = 0
    x[11, 1] = 1
    return x


def device(n, x, taper, centre):
    """Spectra and powers by the functions of the device, row by row."""
    plan = fft.Plan(n, True)
    packed, work = np.empty((2, 2 * n), np.float32)
    bins = np.empty((len(x), n + 1), np.complex64)
    power = np.empty((len(x), n + 1), np.float32)
    for row, to, to_power in zip(x, bins, power, strict=True):
        mean = stats.mean_f32(row) if centre else 0.0
        if taper is None:
            plan.r2c_f32(row, packed)
        else:
            plan.r2c_taper_f32(row, mean, taper, packed)
        to[0], to[-1] = packed[0], packed[1]
        to[1:-1] = packed[2:].view(np.complex64)
        plan.power_f32(row, mean, taper, work, to_power)
    return bins, power


def same(found, expected):
    """Bit by bit; NaN as NaN."""
    a, b = found.view(np.float32), expected.view(np.float32)
    return (
        (a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(a) & np.isnan(b))
    ).all()


@pytest.mark.parametrize("n", LENGTHS)
def test_bits_of_the_device(n):
    for seed in range(3 if n <= 1024 else 1):
        x = odd_rows(n, seed)
        taper = np.random.default_rng(seed).standard_normal(2 * n).astype(np.float32)
        for weights, centre in ((None, False), (taper, False), (taper, True)):
            bins, power = device(n, x, weights, centre)
            for isa in ISAS:
                plan = batch.Plan(n, isa)
                assert same(plan.r2c_f32(x, weights, centre, 1, None), bins)
                assert same(plan.power_f32(x, weights, centre, 1, None), power)


@pytest.mark.parametrize("n", LENGTHS)
def test_bits_of_packed_rows(n):
    x = odd_rows(n, 1)
    mean = np.array([stats.mean_f32(row) for row in x], np.float32)
    device = fft.Plan(n, True)
    for means in (None, mean):
        with np.errstate(invalid="ignore"):  # infinity less infinity
            rows = x if means is None else x - means[:, None]
        expected, found = np.empty((2, *x.shape), np.float32)
        for row, to in zip(rows, expected, strict=True):
            device.r2c_f32(row, to)
        for isa in ISAS:
            batch.Plan(n, isa).packed_f32(x, means, 1, found)
            assert same(found, expected)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("n", LENGTHS)
def test_bits_of_complex_rows(n, inverse):
    device = fft.Plan(n, False)
    x = odd_rows(n, 2)
    expected, found = np.empty((2, *x.shape), np.float32)
    for row, to in zip(x, expected, strict=True):
        device.c2c_f32(row, to, inverse)
    for isa in ISAS:
        plan = batch.ComplexPlan(n, inverse, isa)
        plan.c2c_f32(x, 1, found)
        assert same(found, expected)
        for count in (1, 3, 5):
            part = np.empty((count, 2 * n), np.float32)
            plan.c2c_f32(x[:count], 2, part)
            assert same(part, expected[:count])


def test_complex_rows_are_what_numpy_says():
    z = np.random.default_rng(3).standard_normal((5, 512, 2)).astype(np.float32)
    out = np.empty((5, 1024), np.float32)
    numbers = z[..., 0] + 1j * z[..., 1]
    for inverse, expected in (
        (False, np.fft.fft(numbers)),
        (True, 512 * np.fft.ifft(numbers)),
    ):
        batch.ComplexPlan(512, inverse, batch.isa()).c2c_f32(z.reshape(5, 1024), 1, out)
        error = np.linalg.norm(out.view(np.complex64) - expected)
        assert error < 1e-6 * np.linalg.norm(expected)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n", [8, 64, 120, 128, 512, 1920, 8192])
def test_any_split_gives_the_bits_of_the_whole(n, isa):
    x = np.random.default_rng(n).standard_normal((37, 2 * n)).astype(np.float32)
    plan = batch.Plan(n, isa)
    whole = plan.r2c_f32(x, None, False, 1, None)
    for count in (1, 2, 5, 16, 36):
        parts = [
            plan.r2c_f32(x[i : i + count], None, False, 1, None)
            for i in range(0, 37, count)
        ]
        assert same(np.concatenate(parts), whole)
    assert same(plan.r2c_f32(x[7], None, False, 1, None), whole[7])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n", [8, 120, 512])
def test_any_number_of_threads_gives_the_same_bits(n, isa):
    rows = 3_000_000 // (2 * n)  # enough for more than one
    x = np.random.default_rng(n).standard_normal((rows, 2 * n)).astype(np.float32)
    taper = np.hanning(2 * n).astype(np.float32)
    plan = batch.Plan(n, isa)
    one = plan.power_f32(x, taper, True, 1, None)
    for threads in (2, 3, 7, 256):
        assert same(plan.power_f32(x, taper, True, threads, None), one)


def test_rows_anywhere_in_memory():
    n = 128
    plan = batch.Plan(n, batch.isa())
    signal = np.random.default_rng(1).standard_normal(3000).astype(np.float32)
    for start in range(17):  # every place in a cache line
        views = [
            np.lib.stride_tricks.sliding_window_view(signal[start:], 2 * n)[::37],
            signal[start : start + 8 * 2 * n].reshape(8, 2 * n)[::-1],
            np.broadcast_to(signal[start : start + 2 * n], (5, 2 * n)),
        ]
        for view in views:
            assert plan.takes(view)
            found = plan.r2c_f32(view, None, False, 1, None)
            expected = plan.r2c_f32(view.copy(), None, False, 1, None)
            assert same(found, expected)


def test_no_rows():
    plan = batch.Plan(64, batch.isa())
    none = np.empty((0, 128), np.float32)
    plan.packed_f32(none, None, 1, none)
    batch.ComplexPlan(64, True, batch.isa()).c2c_f32(none, 1, none)
    assert plan.r2c_f32(np.empty((0, 128), np.float32), None, False, 4, None).shape == (
        0,
        65,
    )


def test_nothing_is_written_beside_the_result():
    for n in (64, 128, 240, 2048):
        for isa in ISAS:
            plan = batch.Plan(n, isa)
            room = np.full(5 * (n + 1) + 64, 7, np.float32)
            out = room[32 : 32 + 5 * (n + 1)].reshape(5, n + 1)
            x = np.ones((5, 2 * n), np.float32)
            assert plan.power_f32(x, None, False, 1, out) is out
            assert (room[:32] == 7).all()
            assert (room[-32:] == 7).all()


def test_what_is_not_taken():
    plan = batch.Plan(64, batch.isa())
    x = np.zeros((4, 128), np.float32)
    assert plan.takes(x)
    assert plan.takes(x[0])
    refused = [
        x.astype(np.float64),
        x.astype(">f4"),
        x[:, :64],
        x.reshape(2, 2, 128),
        np.zeros((4, 256), np.float32)[:, ::2],
        x.T.copy().T,
        np.zeros(4 * 128 * 4 + 1, np.uint8)[1:].view(np.float32).reshape(4, 128),
        np.float32(1),
        x.tolist(),
        None,
    ]
    for other in refused:
        assert not plan.takes(other)
        with pytest.raises(TypeError, match="x is not rows"):
            plan.r2c_f32(other, None, False, 1, None)


def test_refusals():
    plan = batch.Plan(64, batch.isa())
    x = np.zeros((4, 128), np.float32)
    good = np.empty((4, 65), np.complex64)
    fixed = good.copy()
    fixed.flags.writeable = False
    for out in (good[:3], good[0], good.view(np.float32), fixed, np.empty((65, 4)).T):
        with pytest.raises(TypeError, match="out is not an array"):
            plan.r2c_f32(x, None, False, 1, out)
    with pytest.raises(TypeError):
        plan.r2c_f32(x, None, False, 1, [1])
    with pytest.raises(TypeError, match="taper is not"):
        plan.r2c_f32(x, x, False, 1, None)
    for arguments in ((x, None, False, 0), (x, None, False, 257)):
        with pytest.raises(ValueError, match="ECM_ERR_ARG"):
            plan.r2c_f32(*arguments, None)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        batch.Plan(64, batch.isa() + 1)
    with pytest.raises(ValueError, match="ECM_ERR_LENGTH"):
        batch.Plan(65, 0)
    packed = np.empty((4, 128), np.float32)
    for wrong in (packed[:3], packed[:, :127].copy()):
        with pytest.raises(ValueError, match="out"):
            plan.packed_f32(x, None, 1, wrong)
        with pytest.raises(ValueError, match="out"):
            batch.ComplexPlan(64, False, batch.isa()).c2c_f32(x, 1, wrong)
    with pytest.raises(ValueError, match="mean"):
        plan.packed_f32(x, packed[0], 1, packed)
    with pytest.raises(ValueError, match="ECM_ERR_ARG"):
        batch.ComplexPlan(64, True, batch.isa() + 1)
    with pytest.raises(ValueError, match="no name"):
        batch.isa_name(4)


def test_wider_registers_are_used():
    for plans in (
        [batch.Plan(512, isa) for isa in ISAS],
        [batch.ComplexPlan(512, True, isa) for isa in ISAS],
    ):
        assert [plan.lanes for plan in plans] == [0, 4, 8, 16][: len(ISAS)]
    assert batch.Plan(8, batch.isa()).lanes == 0
