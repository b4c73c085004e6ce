"""Cepstra: families of evenly spaced lines as single peaks."""

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecmkit._core import cepstrum, fft
from ecmkit.features.samples import as_float32
from ecmkit.features.spectra import Spectra, mean_squares

__all__ = ["cepstra", "cepstral_peaks"]


def cepstra(spectra: Spectra) -> NDArray[np.float32]:
    """Real cepstrum of each spectrum.

    Parameters
    ----------
    spectra : Spectra
        Mean squares.

    Returns
    -------
    ndarray of float32, shape (n_spectra, n_samples // 2 + 1)
        Value q [1] at the quefrency ``q / fs_hz`` [s]; the rest mirrors it.

    Raises
    ------
    ValueError
        If these are not mean squares.

    Notes
    -----
    Runs ``ecm_cepstrum_real_f32``.

    Examples
    --------
    An echo of half the size after 100 samples:

    >>> from ecmkit.features import power_spectra
    >>> x = np.random.default_rng(1).standard_normal(4096)
    >>> echo = x + 0.5 * np.roll(x, 100)
    >>> found = cepstra(power_spectra([echo], fs_hz=1000, unit="g"))
    >>> int(found[0, 20:].argmax() + 20), bool(abs(found[0, 100] - 0.25) < 0.05)
    (100, True)
    """
    power, n = mean_squares(spectra), spectra.n_samples
    out = np.empty((len(power), n), np.float32)
    cepstrum.real_f32(_real_plan(n), power, np.empty(n, np.float32), out)
    return np.ascontiguousarray(out[:, : n // 2 + 1])


def cepstral_peaks(
    values: ArrayLike, *, fs_hz: float, lo_s: float, hi_s: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Find the largest peak of each cepstrum in a range of quefrencies.

    Parameters
    ----------
    values : array_like, shape (n_spectra, n_quefrencies)
        From `cepstra`.
    fs_hz : float
        Sampling rate, above 0.
    lo_s, hi_s : float
        The range, 0 < lo_s <= hi_s.

    Returns
    -------
    quefrency_s, amplitude : ndarray of float32, shape (n_spectra,)
        Between the values, by a parabola. ``1 / quefrency_s`` is the spacing of the
        lines [Hz].

    Raises
    ------
    TypeError, ValueError
        Naming the field, what was found and expected.

    Notes
    -----
    Runs ``ecm_cepstrum_peak_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> t = np.arange(4096) / 1000
    >>> x = sum(np.sin(2 * np.pi * 12.5 * h * t + h) for h in range(1, 30))
    >>> found = cepstra(power_spectra([x], fs_hz=1000, unit="g"))
    >>> quefrency, _ = cepstral_peaks(found, fs_hz=1000, lo_s=0.05, hi_s=0.15)
    >>> (1 / quefrency).round(1)
    array([12.5], dtype=float32)
    """
    rows = as_float32(values, "values", dims=(2,))
    _expect(0 < fs_hz < math.inf, "fs_hz", fs_hz, "above 0, finite")
    _expect(0 < lo_s <= hi_s < math.inf, "lo_s, hi_s", (lo_s, hi_s), "0 < lo_s <= hi_s")
    out = np.empty((len(rows), 2), np.float32)
    cepstrum.peak_f32(rows, fs_hz, lo_s, hi_s, out)
    return out[:, 0].copy(), out[:, 1].copy()


@cache
def _real_plan(n_samples: int) -> fft.Plan:
    return fft.Plan(n_samples // 2, True)


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
