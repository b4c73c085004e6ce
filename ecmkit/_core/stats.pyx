"""Statistics of one window: ``ecm_stats.h``."""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm
from ecmkit._core.base cimport check


def mean_f32(const float[::1] x) -> float:
    """Arithmetic mean, summed in four lanes; 0 for an empty window."""
    cdef const float *data = &x[0] if x.shape[0] else NULL
    cdef float result
    with nogil:
        result = ecm.ecm_stats_mean_f32(data, <uint32_t>x.shape[0])
    return result


def remove_mean_f32(float[::1] x) -> float:
    """Subtract the mean in place and return it."""
    cdef float *data = &x[0] if x.shape[0] else NULL
    cdef float result
    with nogil:
        result = ecm.ecm_stats_remove_mean_f32(data, <uint32_t>x.shape[0])
    return result


def time_f32(const float[::1] x) -> dict[str, float]:
    """Time statistics by the field names of ``ecm_stats_time_t``."""
    cdef ecm.ecm_stats_time_t out
    cdef ecm.ecm_status_t status
    cdef const float *data = &x[0] if x.shape[0] else NULL
    with nogil:
        status = ecm.ecm_stats_time_f32(data, <uint32_t>x.shape[0], &out)
    check(status)
    return out
