"""Statistics of one window: ``ecm_stats.h``."""

from libc.stdint cimport int32_t, uint32_t

from ecmkit._core cimport ecm, ecm_host
from ecmkit._core.base cimport check, same_length


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


def time_fields() -> list[str]:
    """Names of the fields of ``ecm_stats_time_t``, in their order."""
    cdef ecm.ecm_stats_time_t none
    ecm.ecm_stats_time_f32(NULL, 0, &none)
    return list(none)


def time_rows_f32(
    const float[:, ::1] x, int32_t isa, uint32_t threads, float[:, ::1] out
) -> None:
    """Time statistics of every row of `x`; a row of `out` for each field."""
    cdef ecm.ecm_status_t status
    cdef Py_ssize_t rows = x.shape[0], n = x.shape[1]
    same_length("out", out.shape[0], ecm_host.ECM_HOST_STATS_FIELDS)
    same_length("a row of out", out.shape[1], rows)
    if rows > 0xffffffff or n > 0xffffffff:
        raise ValueError(f"x has shape ({rows}, {n}), expected below 2**32")
    if rows == 0:
        return
    with nogil:
        status = ecm_host.ecm_host_stats_time_f32(
            &x[0, 0] if n else NULL, <uint32_t>rows, <uint32_t>n, n, isa, threads,
            &out[0, 0],
        )
    check(status)
