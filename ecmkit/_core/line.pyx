"""Lines of power spectra: ``ecm_line.h``.

Spectra are rows: every function takes any number of them, without the interpreter lock.
A frequency may differ from row to row, since shafts do not turn evenly.
"""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_spectral as c
from ecmkit._core.base cimport check, same_length

PEAKS_MAX = <int>c.ECM_LINE_PEAKS_MAX
HARMONICS_MAX = <int>c.ECM_LINE_HARMONICS_MAX
SPEED_HARMONICS = <int>c.ECM_LINE_SPEED_HARMONICS
DB_MIN = <float>c.ECM_LINE_DB_MIN


cdef inline const float *_row(const float[:, ::1] rows, Py_ssize_t i) noexcept nogil:
    return &rows[i, 0] if rows.shape[1] else NULL


def peaks_f32(
    const float[:, ::1] power, float bin_hz, float lo_hz, float hi_hz, float apart_hz,
    float[:, :, ::1] out,
) -> None:
    """Write the largest peaks of a band.

    Parameters
    ----------
    power : ndarray of float32, shape (n_windows, n_bins)
        One-sided power of Hann tapered samples.
    bin_hz : float
        Distance of bins.
    lo_hz, hi_hz : float
        Edges of the band.
    apart_hz : float
        Least distance of peaks.
    out : ndarray of float32, shape (n_windows, 1 ... `PEAKS_MAX`, 2)
        Written: frequency [Hz] and amplitude of each.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, m = out.shape[1]
    same_length("out", out.shape[0], power.shape[0])
    same_length("a peak of out", out.shape[2], 2)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_line_peaks_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz, lo_hz, hi_hz,
                apart_hz, <uint32_t>m, <c.ecm_line_t *>&out[i, 0, 0] if m else NULL,
            )
            if status < 0:
                break
    check(status)


def at_f32(
    const float[:, ::1] power, float bin_hz, const float[::1] f_hz, float halfwidth_hz,
    float[:, ::1] out,
) -> None:
    """Write frequency and amplitude of the line near a frequency of each spectrum."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i
    same_length("f_hz", f_hz.shape[0], power.shape[0])
    same_length("out", out.shape[0], power.shape[0])
    same_length("a row of out", out.shape[1], 2)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_line_at_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz, f_hz[i],
                halfwidth_hz, <c.ecm_line_t *>&out[i, 0],
            )
            if status < 0:
                break
    check(status)


def harmonics_f32(
    const float[:, ::1] power, float bin_hz, const float[::1] f_hz, float halfwidth,
    float[:, ::1] amplitude, float[::1] rms,
) -> None:
    """Write the amplitudes of a fundamental and its harmonics.

    Parameters
    ----------
    power : ndarray of float32, shape (n_windows, n_bins)
        One-sided power of Hann tapered samples.
    bin_hz : float
        Distance of bins.
    f_hz : ndarray of float32, shape (n_windows,)
        The fundamental of each spectrum.
    halfwidth : float
        Share of a harmonic's frequency within which it is looked for, 0 ... 0.5.
    amplitude : ndarray of float32, shape (n_windows, 1 ... `HARMONICS_MAX`)
        Written, the fundamental first.
    rms : ndarray of float32, shape (n_windows,)
        Written: root mean square of them together.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, m = amplitude.shape[1]
    same_length("f_hz", f_hz.shape[0], power.shape[0])
    same_length("amplitude", amplitude.shape[0], power.shape[0])
    same_length("rms", rms.shape[0], power.shape[0])
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_line_harmonics_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz, f_hz[i], halfwidth,
                <uint32_t>m, &amplitude[i, 0] if m else NULL, &rms[i],
            )
            if status < 0:
                break
    check(status)


def thd_f32(const float[:, ::1] amplitude, float[::1] out) -> None:
    """Write the total harmonic distortion of rows of amplitudes."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], amplitude.shape[0])
    with nogil:
        for i in range(amplitude.shape[0]):
            out[i] = c.ecm_line_thd_f32(
                _row(amplitude, i), <uint32_t>amplitude.shape[1]
            )


def sidebands_f32(
    const float[:, ::1] power, float bin_hz, const float[::1] carrier_hz,
    const float[::1] spacing_hz, float halfwidth_hz, float[:, ::1] carrier,
    float[:, ::1] amplitude,
) -> None:
    """Write a carrier and the amplitudes of the pairs of sidebands about it.

    Parameters
    ----------
    power : ndarray of float32, shape (n_windows, n_bins)
        One-sided power of Hann tapered samples.
    bin_hz : float
        Distance of bins.
    carrier_hz, spacing_hz : ndarray of float32, shape (n_windows,)
        Of each spectrum.
    halfwidth_hz : float
        Of the search for each line.
    carrier : ndarray of float32, shape (n_windows, 2)
        Written: frequency [Hz] and amplitude.
    amplitude : ndarray of float32, shape (n_windows, 2 * n_pairs)
        Written: lower and upper of each pair in turn.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, m = amplitude.shape[1] // 2
    same_length("carrier_hz", carrier_hz.shape[0], power.shape[0])
    same_length("spacing_hz", spacing_hz.shape[0], power.shape[0])
    same_length("carrier", carrier.shape[0], power.shape[0])
    same_length("a row of carrier", carrier.shape[1], 2)
    same_length("amplitude", amplitude.shape[0], power.shape[0])
    same_length("a row of amplitude", amplitude.shape[1], 2 * m)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_line_sidebands_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz, carrier_hz[i],
                spacing_hz[i], halfwidth_hz, <uint32_t>m,
                <c.ecm_line_t *>&carrier[i, 0], &amplitude[i, 0] if m else NULL,
            )
            if status < 0:
                break
    check(status)


def ratio_db_f32(const float[::1] amplitude, float carrier, float[::1] out) -> None:
    """Write the level [dB] of amplitudes over another."""
    cdef Py_ssize_t i
    same_length("out", out.shape[0], amplitude.shape[0])
    with nogil:
        for i in range(amplitude.shape[0]):
            out[i] = c.ecm_line_ratio_db_f32(amplitude[i], carrier)


def slip_hz_f32(float supply_hz, uint32_t pole_pairs, float speed_hz) -> float:
    """Return the slip frequency of an induction motor."""
    return c.ecm_line_slip_hz_f32(supply_hz, pole_pairs, speed_hz)


def speed_f32(
    const float[:, ::1] power, float bin_hz, float lo_hz, float hi_hz,
    float[:, ::1] out,
) -> None:
    """Write the shaft speed [Hz] that each spectrum shows, and the confidence."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i
    same_length("out", out.shape[0], power.shape[0])
    same_length("a row of out", out.shape[1], 2)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_line_speed_f32(
                _row(power, i), <uint32_t>power.shape[1], bin_hz, lo_hz, hi_hz,
                <c.ecm_line_speed_t *>&out[i, 0],
            )
            if status < 0:
                break
    check(status)
