"""Analytic signal: ``ecm_hilbert.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan


def hilbert_f32(
    Plan real not None,
    Plan complex not None,
    const float[::1] x,
    float[::1] work,
    float[::1] out,
) -> None:
    """Write the analytic signal of x, real and imaginary part in turn."""
    cdef ecm.ecm_status_t status
    cdef uint32_t n = complex.c.len
    same_length("x", x.shape[0], n)
    same_length("work", work.shape[0], 2 * n)
    same_length("out", out.shape[0], 2 * n)
    with nogil:
        status = ecm.ecm_hilbert_f32(&real.c, &complex.c, &x[0], &work[0], &out[0])
    check(status)
