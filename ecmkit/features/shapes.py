"""What a spectrum is summed up in: bands, moments, flatness, entropy, roll-off."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import spectrum
from ecmkit.features.spectra import Spectra, mean_squares

__all__ = ["band_power", "spectral_shape"]

_MOMENTS = ("total", "centroid_hz", "spread_hz", "skewness", "kurtosis")


def band_power(
    spectra: Spectra, bands_hz: Sequence[tuple[float, float]]
) -> NDArray[np.float32]:
    """Mean square of each band.

    Parameters
    ----------
    spectra : Spectra
        Mean squares.
    bands_hz : sequence of (lo, hi)
        Edges [Hz]; a bin at lo belongs to the band, one at hi does not.

    Returns
    -------
    ndarray of float32, shape (n_spectra, n_bands)
        In ``spectra.values_unit``; its root is the RMS in the band.

    Raises
    ------
    ValueError
        If an edge is not finite, a band is empty, or these are not mean squares.

    Notes
    -----
    Runs ``ecm_spectrum_bands_f32``.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> x = np.sin(np.arange(64) * 2 * np.pi / 8)
    >>> found = power_spectra([x], fs_hz=640, unit="g")
    >>> band_power(found, [(50, 110), (200, 320)]).round(6)
    array([[0.5, 0. ]], dtype=float32)
    """
    edges = np.array(bands_hz, np.float32).reshape(-1, 2)
    for i, (lo, hi) in enumerate(edges.tolist()):
        fits = math.isfinite(lo) and math.isfinite(hi) and 0 <= lo < hi
        _expect(fits, f"bands_hz[{i}]", (lo, hi), "0 <= lo < hi, finite")
    power = mean_squares(spectra)
    out = np.empty((len(power), len(edges)), np.float32)
    spectrum.bands_f32(power, spectra.bin_hz, edges, out)
    return out


def spectral_shape(
    spectra: Spectra, *, rolloff: float = 0.85
) -> dict[str, NDArray[np.float32]]:
    """Sum up each spectrum.

    Parameters
    ----------
    spectra : Spectra
        Mean squares.
    rolloff : float
        Share of the power below the roll-off, above 0 and at most 1.

    Returns
    -------
    dict of str to ndarray of float32, shape (n_spectra,)
        ``total`` [u²], ``centroid_hz``, ``spread_hz``, ``rolloff_hz`` [Hz],
        ``skewness``, ``kurtosis``, ``flatness``, ``entropy``, ``crest`` [1]; zeros for
        an empty spectrum.

    Raises
    ------
    ValueError
        If `rolloff` is out of range or these are not mean squares.

    Notes
    -----
    ``ecm_spectrum.h`` has the formulas.

    Examples
    --------
    >>> from ecmkit.features import power_spectra
    >>> x = np.sin(np.arange(64) * 2 * np.pi / 8)
    >>> found = spectral_shape(power_spectra([x], fs_hz=640, unit="g"))
    >>> found["centroid_hz"].round(3), found["spread_hz"].round(3)
    (array([80.], dtype=float32), array([5.774], dtype=float32))
    """
    _expect(0 < rolloff <= 1, "rolloff", rolloff, "above 0, at most 1")
    power = mean_squares(spectra)
    moments = np.empty((len(power), len(_MOMENTS)), np.float32)
    spectrum.moments_f32(power, spectra.bin_hz, moments)
    found = dict(zip(_MOMENTS, moments.T.copy(), strict=True))
    found |= {
        name: np.empty(len(power), np.float32)
        for name in ("rolloff_hz", "flatness", "entropy", "crest")
    }
    spectrum.rolloff_f32(power, spectra.bin_hz, rolloff, found["rolloff_hz"])
    spectrum.flatness_f32(power, found["flatness"])
    spectrum.entropy_f32(power, found["entropy"])
    spectrum.crest_f32(power, found["crest"])
    return found


def _expect(fits: bool, field: str, found: object, expected: str) -> None:
    if not fits:
        raise ValueError(f"{field}: found {found!r}, expected {expected}")
