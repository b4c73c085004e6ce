"""What comes from outside: converted once, or refused by field, found and expected."""

import numpy as np
import pytest

from ecmkit.features.samples import as_float32, as_integers


@pytest.mark.parametrize(
    "x",
    [
        [1, 2, 3],
        np.array([1, 2, 3], np.int8),
        np.array([1, 2, 3], np.uint64),
        np.array([1, 2, 3], ">f4"),
        np.array([1, 2, 3], ">f8"),
        np.array([1, 2, 3], np.float16),
        np.array([1, 0, 2, 0, 3, 0], np.float32)[::2],
        np.array([3, 2, 1], np.float32)[::-1],
    ],
)
def test_numbers_of_any_kind(x):
    out = as_float32(x, "x", dims=(1,))
    assert out.dtype == np.dtype("=f4")
    assert out.flags.c_contiguous
    np.testing.assert_array_equal(out, [1, 2, 3])


def test_what_fits_is_not_copied_and_nothing_is_changed():
    x = np.ones((2, 3), np.float32)
    x.flags.writeable = False
    assert as_float32(x, "x", dims=(2,)) is x
    assert as_float32(np.asfortranarray(x), "x", dims=(2,)).flags.c_contiguous


@pytest.mark.parametrize(
    ("x", "found"),
    [
        ([1 + 2j], "complex128"),
        (["1"], "<U1"),
        ([None], "object"),
        ([True], "bool"),
        (np.array(["2026-01-01"], "M8[s]"), "datetime64"),
    ],
)
def test_other_elements_are_refused(x, found):
    with pytest.raises(TypeError, match=f"x: found elements of {found}"):
        as_float32(x, "x", dims=(1,))


def test_what_is_not_finite_is_counted():
    for bad in (np.nan, np.inf, 1e39):
        with pytest.raises(ValueError, match="x: found 1 of 3 samples not finite"):
            as_float32([0.0, bad, 1.0], "x", dims=(1,))


def test_shapes():
    with pytest.raises(ValueError, match=r"y: found shape \(2,\), expected 2 dim"):
        as_float32([1, 2], "y", dims=(2,))
    with pytest.raises(ValueError, match=r"found shape \(\), expected 1 or 2 dim"):
        as_float32(1.0, "y", dims=(1, 2))
    assert as_float32(np.empty((0, 4)), "y", dims=(2,)).shape == (0, 4)


def test_integers():
    out = as_integers(np.array([-32768, 32767], ">i8"), "x", dtype=np.int16, dims=(1,))
    assert out.dtype == np.dtype("=i2")
    with pytest.raises(ValueError, match=r"x: found 0 ... 32768, expected -32768"):
        as_integers([0, 32768], "x", dtype=np.int16, dims=(1,))
    with pytest.raises(TypeError, match="found elements of float64, expected int16"):
        as_integers([0.5], "x", dtype=np.int16, dims=(1,))
    assert as_integers(np.empty(0, int), "x", dtype=np.int32, dims=(1,)).shape == (0,)
