"""Cosine transform of type II: ``ecm_dct.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check, same_length
from ecmkit._core.fft cimport Plan


def twiddle_len(uint32_t x_len) -> int:
    """Return the floats of the factors for x_len samples."""
    return ecm.ECM_DCT_TWIDDLE_LEN(x_len)


def dct_f32(
    Plan plan not None,
    const float[::1] twiddle,
    const float[::1] x,
    float[::1] work,
    float[::1] out,
) -> None:
    """Transform 2 n reals by a real plan for them and their factors."""
    cdef ecm.ecm_status_t status
    cdef ecm.ecm_dct_plan_t c
    cdef uint32_t n = 2 * plan.c.len
    same_length("twiddle", twiddle.shape[0], ecm.ECM_DCT_TWIDDLE_LEN(n))
    same_length("x", x.shape[0], n)
    same_length("work", work.shape[0], n)
    same_length("out", out.shape[0], n)
    c.fft = &plan.c
    c.twiddle = &twiddle[0]
    with nogil:
        status = ecm.ecm_dct_f32(&c, &x[0], &work[0], &out[0])
    check(status)
