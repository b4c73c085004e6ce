"""Arrays from outside, brought to what the C core takes: once, or refused."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["as_float32", "as_integers"]


def as_float32(
    x: ArrayLike, field: str, *, dims: tuple[int, ...]
) -> NDArray[np.float32]:
    """Bring samples to float32 in C order and native byte order.

    Parameters
    ----------
    x : array_like
        Real numbers of any type, order and alignment; not changed.
    field : str
        What to call it in messages.
    dims : tuple of int
        Numbers of dimensions that it may have.

    Returns
    -------
    ndarray of float32
        `x` itself if it is all that already.

    Raises
    ------
    TypeError
        If the elements are not real numbers.
    ValueError
        If the shape is wrong, or an element is not finite in single precision.

    Examples
    --------
    >>> as_float32([1, 2], "x", dims=(1,))
    array([1., 2.], dtype=float32)
    """
    array = np.asarray(x)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{field}: found elements of {array.dtype}, expected numbers")
    _check_dims(array, field, dims)
    with np.errstate(over="ignore"):
        out = np.ascontiguousarray(array, np.float32)
    bad = np.count_nonzero(~np.isfinite(out))
    if bad:
        raise ValueError(
            f"{field}: found {bad} of {out.size} samples not finite in float32, "
            "expected finite ones"
        )
    return out


def as_integers(
    x: ArrayLike, field: str, *, dtype: type[np.signedinteger], dims: tuple[int, ...]
) -> NDArray[np.signedinteger]:
    """Bring fixed-point samples to C order and native byte order.

    Parameters
    ----------
    x : array_like
        Integers of any width within the range of `dtype`; reals are refused, since
        only the caller knows their scale.
    field : str
        What to call it in messages.
    dtype : type
        ``np.int16`` for Q15, ``np.int32`` for Q31.
    dims : tuple of int
        Numbers of dimensions that it may have.

    Raises
    ------
    TypeError
        If the elements are not integers.
    ValueError
        If the shape is wrong, or an element is out of range.
    """
    array = np.asarray(x)
    name, limits = np.dtype(dtype).name, np.iinfo(dtype)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{field}: found elements of {array.dtype}, expected {name}")
    _check_dims(array, field, dims)
    if array.size and not (limits.min <= array.min() and array.max() <= limits.max):
        raise ValueError(
            f"{field}: found {array.min()} ... {array.max()}, expected "
            f"{limits.min} ... {limits.max}"
        )
    return np.ascontiguousarray(array, dtype)


def _check_dims(array: NDArray[np.generic], field: str, dims: tuple[int, ...]) -> None:
    if array.ndim not in dims:
        expected = " or ".join(map(str, dims))
        raise ValueError(
            f"{field}: found shape {array.shape}, expected {expected} dimensions"
        )
