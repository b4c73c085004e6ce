# The C declarations of fixed-point transforms and features; tests/core/test_ecm_pxd.py holds
# them against the headers.
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_status_t
from ecmkit._core.ecm_feat cimport ecm_feat_kind_t

cdef extern from "ecm_fft_q15.h" nogil:
    ctypedef struct ecm_fft_q15_plan_t:
        uint32_t len
    const ecm_fft_q15_plan_t *ecm_fft_q15_plan(uint32_t x_len) noexcept
    ecm_status_t ecm_fft_q15_c2c(
        const ecm_fft_q15_plan_t *plan, const int16_t *x, c_bool inverse,
        int32_t *out, int32_t *exponent) noexcept
    ecm_status_t ecm_fft_q15_r2c(
        const ecm_fft_q15_plan_t *plan, const int16_t *x, int32_t *out,
        int32_t *exponent) noexcept
    ecm_status_t ecm_fft_q15_r2c_taper(
        const ecm_fft_q15_plan_t *plan, const int16_t *x, int16_t mean,
        const int16_t *taper, int32_t *out, int32_t *exponent) noexcept
    ecm_status_t ecm_fft_q15_power(
        const int32_t *spectrum, uint32_t n, int32_t exponent, uint32_t *power,
        int32_t *power_exponent) noexcept

cdef extern from "ecm_feat_q15.h" nogil:
    enum:
        ECM_FEAT_Q15_WINDOW_MIN
        ECM_FEAT_Q15_WINDOW_MAX
        ECM_FEAT_Q15_STATE_HEAD
        ECM_FEAT_Q15_Q30
        ECM_FEAT_Q15_Q16
    uint32_t ECM_FEAT_Q15_WORK_LEN(uint32_t window_len) noexcept
    ctypedef struct ecm_feat_q15_row_t:
        uint16_t id
        uint16_t format
        uint16_t first
        uint16_t end
    ctypedef struct ecm_feat_q15_need_t:
        uint32_t state_len
        uint32_t warm_len
    ctypedef struct ecm_feat_q15_kind_t:
        pass
    ctypedef struct ecm_feat_q15_step_t:
        const ecm_feat_q15_kind_t *kind
        const ecm_feat_q15_row_t *rows
        uint16_t rows_len
        uint16_t state_at
        const void *cfg
    ctypedef struct ecm_feat_q15_plan_t:
        const ecm_feat_q15_step_t *steps
        uint16_t steps_len
        uint16_t window_len
        uint16_t hop_len
        uint16_t features_len
        uint16_t state_len
    ecm_status_t ecm_feat_q15_need(
        const ecm_feat_q15_plan_t *plan, ecm_feat_q15_need_t *need) noexcept
    ecm_status_t ecm_feat_q15_check(const ecm_feat_q15_plan_t *plan) noexcept
    ecm_status_t ecm_feat_q15_reset(
        uint32_t *state, const ecm_feat_q15_plan_t *plan) noexcept
    ecm_status_t ecm_feat_q15_extract(
        uint32_t *state, const ecm_feat_q15_plan_t *plan, const int16_t *x,
        int32_t *work, int32_t *out) noexcept
    ecm_status_t ecm_feat_q15_run(
        const ecm_feat_q15_plan_t *plan, uint32_t index, uint32_t *state,
        uint32_t fresh_len, const int16_t *x, int32_t *work, int32_t *out) noexcept
    ecm_status_t ecm_feat_q15_samples_f32(
        const float *x, uint32_t x_len, float range, int16_t *out) noexcept
    ecm_status_t ecm_feat_q15_real_f32(
        const ecm_feat_q15_plan_t *plan, float range, const int32_t *features,
        float *out) noexcept

cdef extern from "ecm_feat_q15_time.h" nogil:
    const ecm_feat_q15_kind_t ecm_feat_q15_kind_velocity
    const ecm_feat_q15_kind_t ecm_feat_q15_kind_time

cdef extern from "ecm_feat_q15_spectrum.h" nogil:
    const ecm_feat_q15_kind_t ecm_feat_q15_kind_transform
    const ecm_feat_q15_kind_t ecm_feat_q15_kind_power
    const ecm_feat_q15_kind_t ecm_feat_q15_kind_bands
    const ecm_feat_q15_kind_t ecm_feat_q15_kind_moments

cdef extern from "ecm_feat_integer.h" nogil:
    ctypedef struct ecm_feat_integer_cfg_t:
        const ecm_feat_q15_plan_t *plan
        uint32_t index
    ctypedef struct ecm_feat_real_cfg_t:
        const ecm_feat_q15_plan_t *plan
        float range
    const ecm_feat_kind_t ecm_feat_kind_integer
    const ecm_feat_kind_t ecm_feat_kind_real
