"""Bring a recording to a lower sampling rate without aliases and without delay."""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.data.recording import Recording
from ecmkit.errors import DataError

__all__ = ["decimate", "decimation_filter"]

# 80 dB are promised; the design formula is good to about 1 dB.
_STOP_DB = 82.0
# Share of the new Nyquist frequency that passes unchanged.
_PASS = 0.8


def decimation_filter(factor: int) -> NDArray[np.float64]:
    """Design the low-pass filter for an integer decimation.

    Parameters
    ----------
    factor : int
        2 or more.

    Returns
    -------
    ndarray of float64, shape (2 * m + 1,)
        Symmetric coefficients (Kaiser window design): gain 1 within 1e-4 up to 0.8 of
        the new Nyquist frequency, below -80 dB from that frequency on.
    """
    from scipy import signal

    taps, beta = signal.kaiserord(_STOP_DB, (1 - _PASS) / factor)
    # Twice a multiple of the factor, and one: the delay is a whole number of samples
    # at both rates.
    taps = 2 * factor * math.ceil(taps / (2 * factor)) + 1
    cut = (1 + _PASS) / 2 / factor
    h: NDArray[np.float64] = signal.firwin(taps, cut, window=("kaiser", beta))
    return h


def decimate(recording: Recording, *, fs_hz: float) -> Recording:
    """Reduce the sampling rate by an integer factor.

    Parameters
    ----------
    recording : Recording
        Any number of channels.
    fs_hz : float
        The new rate; the recording's own must be an integer multiple.

    Returns
    -------
    Recording
        The recording itself if it has that rate already.

    Raises
    ------
    DataError
        If the rates have no integer ratio, or the recording is shorter than the filter.

    Notes
    -----
    The filter (`decimation_filter`) is symmetric, its delay is taken out: phases stay.
    Only outputs whose whole filter lies inside the recording are kept, so there is no
    transient at the ends; sample 0 of the result is sample ``m`` of the recording, with
    ``2 m + 1`` the length of the filter. A sample that is not finite spoils the
    outputs within ``m`` samples and no more.
    """
    info = recording.info
    if info.fs_hz == fs_hz:
        return recording
    factor = round(info.fs_hz / fs_hz)
    if factor < 2 or not math.isclose(info.fs_hz, factor * fs_hz, rel_tol=1e-9):
        raise DataError(
            f"{info.source or info.id}: fs_hz: found {info.fs_hz:g} Hz, expected "
            f"{fs_hz:g} Hz or an integer multiple"
        )
    h = decimation_filter(factor)
    n = recording.x.shape[1]
    if n < len(h):
        raise DataError(
            f"{info.source or info.id}: found {n} samples, expected {len(h)} or more "
            f"to decimate by {factor}"
        )
    from scipy import signal

    # upfirdn works sample by sample, unlike a transform, which spreads a NaN over all.
    y = signal.upfirdn(h, recording.x.astype(np.float64), down=factor, axis=1)
    first, last = (len(h) - 1) // factor, (n - 1) // factor
    x = np.ascontiguousarray(y[:, first : last + 1], dtype=np.float32)
    changed = msgspec.structs.replace(info, fs_hz=fs_hz)
    return Recording(info=changed, channels=recording.channels, x=x)
