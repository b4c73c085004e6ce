"""Statistics of one window of Q15 samples: ``ecm_stats_q15.h``."""

from libc.stdint cimport int16_t, uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check

MAX_LEN = <int>ecm.ECM_STATS_Q15_MAX_LEN


def time(const int16_t[::1] x) -> dict[str, int]:
    """Time statistics in integers, by the fields of ``ecm_stats_time_q15_t``."""
    cdef ecm.ecm_stats_time_q15_t out
    cdef ecm.ecm_status_t status
    cdef const int16_t *data = &x[0] if x.shape[0] else NULL
    with nogil:
        status = ecm.ecm_stats_time_q15(data, <uint32_t>x.shape[0], &out)
    check(status)
    return out


def time_f32(const int16_t[::1] x) -> dict[str, float]:
    """Time statistics in float, by the fields of ``ecm_stats_time_t``."""
    cdef ecm.ecm_stats_time_t out
    cdef ecm.ecm_status_t status
    cdef const int16_t *data = &x[0] if x.shape[0] else NULL
    with nogil:
        status = ecm.ecm_stats_time_q15_f32(data, <uint32_t>x.shape[0], &out)
    check(status)
    return out
