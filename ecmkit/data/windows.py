"""Windows: index arithmetic and views, never copies."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["n_windows", "starts", "window"]


def n_windows(n_samples: int, *, length: int, hop: int) -> int:
    """Count the whole windows in a stretch of samples.

    Parameters
    ----------
    n_samples : int
        Samples there are, 0 or more.
    length, hop : int
        Samples in a window and from one to the next, 1 or more.

    Examples
    --------
    >>> n_windows(10, length=4, hop=3)
    3
    """
    if length < 1 or hop < 1:
        raise ValueError(f"found length {length} and hop {hop}, expected 1 or more")
    return 0 if n_samples < length else (n_samples - length) // hop + 1


def starts(n_samples: int, *, length: int, hop: int) -> NDArray[np.int64]:
    """First sample of each window, shape (n_windows,).

    Examples
    --------
    >>> starts(10, length=4, hop=3)
    array([0, 3, 6])
    """
    return np.arange(n_windows(n_samples, length=length, hop=hop), dtype=np.int64) * hop


def window(x: NDArray[np.float32], *, length: int, hop: int) -> NDArray[np.float32]:
    """Look at the samples of one channel window by window.

    Parameters
    ----------
    x : ndarray of float32, shape (n_samples,)
        Samples in any unit.
    length, hop : int
        Samples in a window and from one to the next, 1 or more.

    Returns
    -------
    ndarray of float32, shape (n_windows, length)
        A view that cannot be written to; row i starts at sample ``i * hop``. Samples
        after the last whole window are left out.

    Raises
    ------
    ValueError
        If `x` is not one channel, or length or hop is below 1.

    Examples
    --------
    >>> window(np.arange(5, dtype=np.float32), length=3, hop=2)
    array([[0., 1., 2.],
           [2., 3., 4.]], dtype=float32)
    """
    if x.ndim != 1:
        raise ValueError(f"found shape {x.shape}, expected one channel (n_samples,)")
    n = n_windows(len(x), length=length, hop=hop)
    step = x.strides[0]
    return np.lib.stride_tricks.as_strided(
        x, shape=(n, length), strides=(hop * step, step), writeable=False
    )
