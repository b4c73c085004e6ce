"""One-sided power spectra and what sums them up: ``ecm_spectrum.h``.

Spectra are rows: every function takes any number of them, without the interpreter lock.
"""

from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_spectral as c
from ecmkit._core.ecm_condition cimport ecm_taper_gain_t
from ecmkit._core.base cimport check, same_length

cdef extern from *:
    """
    static const ecm_spectrum_taper_t spectrum_tapers[] = {
        ECM_SPECTRUM_RECTANGLE, ECM_SPECTRUM_HANN, ECM_SPECTRUM_HAMMING,
        ECM_SPECTRUM_BLACKMAN_HARRIS, ECM_SPECTRUM_FLAT_TOP};
    """
    const c.ecm_spectrum_taper_t *spectrum_tapers

TAPERS = ("rectangle", "hann", "hamming", "blackman_harris", "flat_top")
DENSITY = <int>c.ECM_SPECTRUM_DENSITY
LINE = <int>c.ECM_SPECTRUM_LINE
RMS = <int>c.ECM_SPECTRUM_RMS
PEAK = <int>c.ECM_SPECTRUM_PEAK
TERMS_MAX = <int>c.ECM_SPECTRUM_TERMS_MAX
LEN_MIN = <int>c.ECM_SPECTRUM_LEN_MIN
EMPTY = <float>c.ECM_SPECTRUM_EMPTY
FLOOR = <float>c.ECM_SPECTRUM_FLOOR


def taper_weights(str name) -> list[float]:
    """Return the weights of a taper of `TAPERS`."""
    cdef c.ecm_spectrum_taper_t taper = spectrum_tapers[TAPERS.index(name)]
    return [taper.weight[m] for m in range(taper.terms_len)]


cdef c.ecm_spectrum_taper_t _taper(const float[::1] weights) noexcept:
    """As many weights as there are, so that C may refuse too many."""
    cdef c.ecm_spectrum_taper_t taper
    cdef Py_ssize_t m
    taper.terms_len = <uint32_t>weights.shape[0]
    for m in range(min(weights.shape[0], <Py_ssize_t>c.ECM_SPECTRUM_TERMS_MAX)):
        taper.weight[m] = weights[m]
    return taper


cdef int _rows(const float[:, ::1] power, Py_ssize_t out_len) except -1:
    return same_length("out", out_len, power.shape[0])


cdef inline const float *_row(const float[:, ::1] rows, Py_ssize_t i) noexcept nogil:
    return &rows[i, 0] if rows.shape[1] else NULL


def hann_power_f32(
    const float[:, ::1] bins, float scale, float[:, ::1] power
) -> None:
    """Write the power of packed transforms, Hann tapered.

    Parameters
    ----------
    bins : ndarray of float32, shape (n_windows, x_len)
        Packed transforms of untapered samples, as of `fft.r2c_f32`.
    scale : float
        8 / (3 x_len^2) for the mean square.
    power : ndarray of float32, shape (n_windows, x_len // 2 + 1)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = bins.shape[1]
    same_length("power", power.shape[0], bins.shape[0])
    same_length("a row of power", power.shape[1], n // 2 + 1)
    with nogil:
        for i in range(bins.shape[0]):
            status = c.ecm_spectrum_hann_power_f32(
                _row(bins, i), <uint32_t>n, scale, &power[i, 0]
            )
            if status < 0:
                break
    check(status)


def power_f32(
    const float[::1] weights,
    const float[:, ::1] bins,
    float scale,
    float[:, ::1] power,
) -> None:
    """Write the power of packed transforms under a taper that is a sum of cosines.

    Parameters
    ----------
    weights : ndarray of float32, shape (1 ... `TERMS_MAX`,)
        Of the cosines; signs alternate.
    bins : ndarray of float32, shape (n_windows, x_len)
        Packed transforms of untapered samples.
    scale : float
        1 / (x_len^2 energy) for the mean square.
    power : ndarray of float32, shape (n_windows, x_len // 2 + 1)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef c.ecm_spectrum_taper_t taper = _taper(weights)
    cdef Py_ssize_t i, n = bins.shape[1]
    same_length("power", power.shape[0], bins.shape[0])
    same_length("a row of power", power.shape[1], n // 2 + 1)
    with nogil:
        for i in range(bins.shape[0]):
            status = c.ecm_spectrum_power_f32(
                &taper, _row(bins, i), <uint32_t>n, scale, &power[i, 0]
            )
            if status < 0:
                break
    check(status)


def gain_f32(const float[::1] weights) -> dict[str, float]:
    """Return the coherent gain, energy and noise bandwidth of a taper."""
    cdef ecm_taper_gain_t gain
    cdef c.ecm_spectrum_taper_t taper = _taper(weights)
    check(c.ecm_spectrum_gain_f32(&taper, &gain))
    return gain


def rescale_f32(
    const float[:, ::1] power, uint16_t kind, float bin_hz, float enbw,
    float[:, ::1] out,
) -> None:
    """Write power in another scale: `DENSITY`, `LINE`, `RMS`, `PEAK`."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = power.shape[1]
    _rows(power, out.shape[0])
    same_length("a row of out", out.shape[1], n)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_spectrum_rescale_f32(
                _row(power, i), <uint32_t>n, kind, bin_hz, enbw,
                &out[i, 0] if n else NULL,
            )
            if status < 0:
                break
    check(status)


def average_f32(
    float[::1] mean, uint32_t count, const float[:, ::1] power, uint32_t span
) -> int:
    """Take spectra into their mean, one after another; return the new count."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = power.shape[1]
    same_length("mean", mean.shape[0], n)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_spectrum_average_f32(
                &mean[0] if n else NULL, &count, _row(power, i), <uint32_t>n, span
            )
    check(status)
    return count


def bin_f32(float f_hz, float bin_hz, uint32_t bins_len) -> int:
    """Return the first bin at or above a frequency."""
    return c.ecm_spectrum_bin_f32(f_hz, bin_hz, bins_len)


def bands_f32(
    const float[:, ::1] power, float bin_hz, const float[:, ::1] bands_hz,
    float[:, ::1] out,
) -> None:
    """Write the power in bands.

    Parameters
    ----------
    power : ndarray of float32, shape (n_windows, n_bins)
        One-sided power.
    bin_hz : float
        Distance of bins.
    bands_hz : ndarray of float32, shape (n_bands, 2)
        Lower and upper edge of each.
    out : ndarray of float32, shape (n_windows, n_bands)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = power.shape[1], m = bands_hz.shape[0]
    same_length("a row of bands_hz", bands_hz.shape[1], 2)
    _rows(power, out.shape[0])
    same_length("a row of out", out.shape[1], m)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_spectrum_bands_f32(
                _row(power, i), <uint32_t>n, bin_hz, &bands_hz[0, 0] if m else NULL,
                <uint32_t>m, &out[i, 0] if m else NULL,
            )
            if status < 0:
                break
    check(status)


def centroid_f32(const float[:, ::1] power, float bin_hz, float[::1] out) -> None:
    """Write the centroid [Hz] of each spectrum."""
    cdef Py_ssize_t i
    _rows(power, out.shape[0])
    with nogil:
        for i in range(power.shape[0]):
            out[i] = c.ecm_spectrum_centroid_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz
            )


def moments_f32(const float[:, ::1] power, float bin_hz, float[:, ::1] out) -> None:
    """Write total, centroid_hz, spread_hz, skewness and kurtosis of each spectrum."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i
    _rows(power, out.shape[0])
    same_length(
        "a row of out", out.shape[1], sizeof(c.ecm_spectrum_moments_t) // sizeof(float)
    )
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_spectrum_moments_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz,
                <c.ecm_spectrum_moments_t *>&out[i, 0],
            )
            if status < 0:
                break
    check(status)


def flatness_f32(const float[:, ::1] power, float[::1] out) -> None:
    """Write the flatness of each spectrum."""
    cdef Py_ssize_t i
    _rows(power, out.shape[0])
    with nogil:
        for i in range(power.shape[0]):
            out[i] = c.ecm_spectrum_flatness_f32(
                _row(power, i), <uint32_t>power.shape[1]
            )


def entropy_f32(const float[:, ::1] power, float[::1] out) -> None:
    """Write the entropy of each spectrum."""
    cdef Py_ssize_t i
    _rows(power, out.shape[0])
    with nogil:
        for i in range(power.shape[0]):
            out[i] = c.ecm_spectrum_entropy_f32(
                _row(power, i), <uint32_t>power.shape[1]
            )


def rolloff_f32(
    const float[:, ::1] power, float bin_hz, float share, float[::1] out
) -> None:
    """Write the frequency [Hz] with a share of the power below it, of each spectrum."""
    cdef Py_ssize_t i
    _rows(power, out.shape[0])
    with nogil:
        for i in range(power.shape[0]):
            out[i] = c.ecm_spectrum_rolloff_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz, share
            )


def crest_f32(const float[:, ::1] power, float[::1] out) -> None:
    """Write the largest over the mean bin of each spectrum."""
    cdef Py_ssize_t i
    _rows(power, out.shape[0])
    with nogil:
        for i in range(power.shape[0]):
            out[i] = c.ecm_spectrum_crest_f32(_row(power, i), <uint32_t>power.shape[1])
