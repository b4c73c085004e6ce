"""Time statistics of many windows at once, with the bits that a device computes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import batch, stats

__all__ = ["time_statistics"]


def time_statistics(
    x: ArrayLike, *, threads: int = 1
) -> dict[str, NDArray[np.float32]]:
    """Mean, RMS, kurtosis, crest factor and the like of each window.

    Parameters
    ----------
    x : array_like, shape (n_windows, n_samples)
        Samples, in any unit [u]; converted to float32. A window that holds a NaN or an
        infinity is NaN in every statistic.
    threads : int
        How many threads share the windows, 1 ... 256. Others run meanwhile.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_windows,)
        By the names of the fields of ``ecm_stats_time_t``: ``mean``, ``rms`` (about the
        mean), ``peak``, ``peak_to_peak``, ``mean_abs``, ``root_amplitude``,
        ``rms_about_zero``, ``minimum``, ``maximum`` [u], ``variance`` [u²],
        ``skewness``, ``kurtosis``, ``crest``, ``shape``, ``impulse``, ``clearance``,
        ``mean_crossing_rate``, ``zero_crossing_rate`` [1].

    Raises
    ------
    ValueError
        If `x` is not two-dimensional or `threads` is outside its range.

    Notes
    -----
    Runs ``ecm_host_stats_time_f32``, which gives each window the bits that
    ``ecm_stats_time_f32`` gives it on a device, for any number of windows and threads.

    Examples
    --------
    >>> time_statistics([[3, 1, -3, -1], [7, 7, 7, 7]])["peak_to_peak"]
    array([6., 0.], dtype=float32)
    """
    rows = np.ascontiguousarray(x, dtype=np.float32)
    if rows.ndim != 2:
        raise ValueError(f"x has {rows.ndim} dimensions, expected (windows, samples)")
    names = stats.time_fields()
    out = np.empty((len(names), len(rows)), np.float32)
    stats.time_rows_f32(rows, batch.isa(), threads, out)
    return dict(zip(names, out, strict=True))
