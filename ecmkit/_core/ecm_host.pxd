# The C declarations of the host's batch engines; tests/core/test_ecm_pxd.py holds them
# against the headers.
from libc.stdint cimport int32_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_host.h" nogil:
    enum:
        ECM_HOST_ISA_SCALAR
        ECM_HOST_ISA_BASE
        ECM_HOST_ISA_AVX2
        ECM_HOST_ISA_AVX512
        ECM_HOST_MAX_THREADS
    int32_t ecm_host_isa() noexcept

cdef extern from "ecm_host_stats.h" nogil:
    enum:
        ECM_HOST_STATS_FIELDS
    ecm_status_t ecm_host_stats_time_f32(
        const float *x, uint32_t rows, uint32_t x_len, size_t stride, int32_t isa,
        uint32_t threads, float *out) noexcept
