# cython: auto_pickle=False
"""Acceleration to velocity to displacement, and back: ``ecm_integrate.h``."""

cimport cython
from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm, ecm_condition as c
from ecmkit._core.base cimport check, same_length


@cython.final
cdef class Integrator:
    """State of a running difference or integral.

    Parameters
    ----------
    x : float
        The sample before the first, most often the first itself.
    """

    cdef c.ecm_integrate_t _st

    def __cinit__(self, float x):
        check(c.ecm_integrate_init_f32(&self._st, x))

    def difference_f32(self, const float[::1] x, float scale, float[::1] out) -> None:
        """(x[i] - x[i-1]) * scale of a chunk, shape (n,); `out` may be `x`."""
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0]:
            check(
                c.ecm_integrate_difference_f32(
                    &self._st, &x[0], <uint32_t>x.shape[0], scale, &out[0]
                )
            )

    def trapezoid_f32(self, const float[::1] x, float scale, float[::1] out) -> None:
        """Sum of (x[i] + x[i-1]) * scale of a chunk, shape (n,); `out` may be `x`."""
        same_length("out", out.shape[0], x.shape[0])
        if x.shape[0]:
            check(
                c.ecm_integrate_trapezoid_f32(
                    &self._st, &x[0], <uint32_t>x.shape[0], scale, &out[0]
                )
            )


def spectrum_f32(
    float[:, ::1] spectrum, float fs_hz, float lo_hz, uint32_t times, float scale
) -> None:
    """Integrate packed spectra, one a row, in place.

    Parameters
    ----------
    spectrum : ndarray of float32, shape (n, x_len)
        X[0], X[x_len/2], then X[1], X[2], ... as real and imaginary part in turn.
    fs_hz : float
        Sampling rate.
    lo_hz : float
        Bins below are set to 0.
    times : int
        1 or 2.
    scale : float
        Ratio of units.

    Raises
    ------
    ValueError
        If the device library refuses.
    """
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i
    if spectrum.shape[1] == 0:
        raise ValueError("a spectrum has length 0, expected 4 or more")
    with nogil:
        for i in range(spectrum.shape[0]):
            status = c.ecm_integrate_spectrum_f32(
                &spectrum[i, 0], <uint32_t>spectrum.shape[1], fs_hz, lo_hz, times, scale
            )
            if status < 0:
                break
    check(status)
