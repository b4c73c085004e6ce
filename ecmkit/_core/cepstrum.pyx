"""Cepstra: ``ecm_cepstrum.h``. Spectra are rows, as in `spectrum`."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_spectral as c
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan


def real_f32(
    Plan plan not None, const float[:, ::1] power, float[::1] work, float[:, ::1] out
) -> None:
    """Write the real cepstrum of power spectra.

    Parameters
    ----------
    plan : fft.Plan
        For n real samples.
    power : ndarray of float32, shape (n_windows, n // 2 + 1)
        One-sided power.
    work : ndarray of float32, shape (n,)
        Scratch.
    out : ndarray of float32, shape (n_windows, n)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = 2 * <Py_ssize_t>plan.c.len
    same_length("a row of power", power.shape[1], n // 2 + 1)
    same_length("work", work.shape[0], n)
    same_length("out", out.shape[0], power.shape[0])
    same_length("a row of out", out.shape[1], n)
    with nogil:
        for i in range(power.shape[0]):
            status = c.ecm_cepstrum_real_f32(
                &plan.c, &power[i, 0], &work[0], &out[i, 0]
            )
            if status < 0:
                break
    check(status)


def peak_f32(
    const float[:, ::1] cepstrum, float fs_hz, float lo_s, float hi_s,
    float[:, ::1] out,
) -> None:
    """Write quefrency [s] and amplitude of the largest peak in a range."""
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = cepstrum.shape[1]
    same_length("out", out.shape[0], cepstrum.shape[0])
    same_length("a row of out", out.shape[1], 2)
    with nogil:
        for i in range(cepstrum.shape[0]):
            status = c.ecm_cepstrum_peak_f32(
                &cepstrum[i, 0] if n else NULL, <uint32_t>n, fs_hz, lo_s, hi_s,
                <c.ecm_cepstrum_peak_t *>&out[i, 0],
            )
            if status < 0:
                break
    check(status)


def whiten_f32(const float[:, ::1] bins, float[:, ::1] out) -> None:
    """Write rows of complex bins divided by their magnitudes; out may be bins."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t n = bins.shape[0] * bins.shape[1]
    same_length("out", out.shape[0], bins.shape[0])
    same_length("a row of out", out.shape[1], bins.shape[1])
    same_length("a row of bins", bins.shape[1], bins.shape[1] // 2 * 2)
    with nogil:
        status = c.ecm_cepstrum_whiten_f32(
            &bins[0, 0] if n else NULL, <uint32_t>(n // 2), &out[0, 0] if n else NULL
        )
    check(status)
