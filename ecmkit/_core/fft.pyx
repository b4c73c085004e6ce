"""Discrete Fourier transforms in place: ``ecm_fft.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check


def c2c_f32(float[::1] x, bint inverse) -> None:
    """Complex transform of interleaved real and imaginary parts, unscaled."""
    cdef ecm.ecm_status_t status
    cdef float *data = &x[0] if x.shape[0] else NULL
    if x.shape[0] % 2:
        raise ValueError(f"x has length {x.shape[0]}, expected an even one")
    with nogil:
        status = ecm.ecm_fft_c2c_f32(data, <uint32_t>(x.shape[0] // 2), inverse)
    check(status)


def r2c_f32(float[::1] x) -> None:
    """Transform of real data, packed: X[0], X[n/2], then the bins between."""
    cdef ecm.ecm_status_t status
    cdef float *data = &x[0] if x.shape[0] else NULL
    with nogil:
        status = ecm.ecm_fft_r2c_f32(data, <uint32_t>x.shape[0])
    check(status)
