# The C declarations of the host's batch engines; tests/core/test_ecm_pxd.py holds them
# against the headers.
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int32_t, uint8_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_fft_plan_t, ecm_status_t
from ecmkit._core.ecm_feat cimport ecm_feat_plan_t

cdef extern from "ecm_host.h" nogil:
    enum:
        ECM_HOST_ISA_SCALAR
        ECM_HOST_ISA_BASE
        ECM_HOST_ISA_AVX2
        ECM_HOST_ISA_AVX512
        ECM_HOST_MAX_THREADS
    int32_t ecm_host_isa() noexcept

cdef extern from "ecm_host_fft.h" nogil:
    enum:
        ECM_HOST_FFT_REAL
        ECM_HOST_FFT_FORWARD
        ECM_HOST_FFT_INVERSE
    ctypedef struct ecm_host_fft_plan_t:
        uint32_t n
        uint32_t lanes_len
    ecm_status_t ecm_host_fft_plan_init(
        ecm_host_fft_plan_t *plan, const ecm_fft_plan_t *device, int32_t kind,
        int32_t isa, float *memory, uint32_t memory_len) noexcept
    uint32_t ecm_host_fft_plan_len(uint32_t n) noexcept
    ecm_status_t ecm_host_fft_r2c_f32(
        const ecm_host_fft_plan_t *plan, const float *x, ptrdiff_t x_stride,
        uint32_t rows, const float *taper, c_bool centre, uint32_t threads,
        float *out) noexcept
    ecm_status_t ecm_host_fft_power_f32(
        const ecm_host_fft_plan_t *plan, const float *x, ptrdiff_t x_stride,
        uint32_t rows, const float *taper, c_bool centre, uint32_t threads,
        float *power) noexcept
    ecm_status_t ecm_host_fft_packed_f32(
        const ecm_host_fft_plan_t *plan, const float *x, ptrdiff_t x_stride,
        uint32_t rows, const float *mean, uint32_t threads, float *out,
        size_t out_stride) noexcept
    ecm_status_t ecm_host_fft_c2c_f32(
        const ecm_host_fft_plan_t *plan, const float *x, ptrdiff_t x_stride,
        uint32_t rows, uint32_t threads, float *out, size_t out_stride) noexcept

cdef extern from "ecm_host_stats.h" nogil:
    enum:
        ECM_HOST_STATS_FIELDS
    ecm_status_t ecm_host_stats_time_f32(
        const float *x, uint32_t rows, uint32_t x_len, size_t stride, int32_t isa,
        uint32_t threads, float *out) noexcept

cdef extern from "ecm_host_feat.h" nogil:
    ctypedef struct ecm_host_feat_t:
        const ecm_feat_plan_t *plan
    ctypedef struct ecm_host_feat_piece_t:
        const float *x
        size_t stride
        uint32_t windows
        const float *speed_hz
        uint8_t *done
        float *state
        float *work
        float *out
    ecm_status_t ecm_host_feat_init(
        ecm_host_feat_t *engine, const ecm_feat_plan_t *plan, int32_t isa,
        float *memory, uint32_t memory_len) noexcept
    uint32_t ecm_host_feat_len(const ecm_feat_plan_t *plan) noexcept
    uint32_t ecm_host_feat_work_len(const ecm_host_feat_t *engine) noexcept
    ecm_status_t ecm_host_feat_extract_f32(
        const ecm_host_feat_t *engine, const ecm_host_feat_piece_t *piece) noexcept
