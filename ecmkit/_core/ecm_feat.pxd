# The C declarations of feature plans; tests/core/test_ecm_pxd.py holds them against the
# headers.
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_fft_plan_t, ecm_status_t

cdef extern from "ecm_feat.h" nogil:
    enum:
        ECM_FEAT_WINDOW_MIN
        ECM_FEAT_WINDOW_MAX
        ECM_FEAT_DETREND_NONE
        ECM_FEAT_DETREND_MEAN
        ECM_FEAT_DETREND_LINE
    ctypedef struct ecm_feat_row_t:
        uint16_t id
        uint16_t n
        float a
        float b
    ctypedef struct ecm_feat_need_t:
        uint32_t work_len
        uint32_t state_len
        uint32_t warm_len
    ctypedef struct ecm_feat_step_t:
        const ecm_feat_kind_t *kind
        const ecm_feat_row_t *rows
        uint32_t rows_len
        const void *cfg
        uint32_t state_at
    ctypedef struct ecm_feat_frame_t:
        const ecm_feat_plan_t *plan
        float *x
        float *work
        float *state
        float speed_hz
        uint32_t fresh_len
    ctypedef struct ecm_feat_kind_t:
        ecm_status_t (*check)(const ecm_feat_plan_t *plan, const ecm_feat_step_t *step,
                              ecm_feat_need_t *need) noexcept
        ecm_status_t (*run)(const ecm_feat_step_t *step, const ecm_feat_frame_t *frame,
                            float *out) noexcept
    ctypedef struct ecm_feat_plan_t:
        float fs_hz
        uint32_t window_len
        uint32_t hop_len
        uint32_t detrend
        float speed_lo_hz
        float speed_hi_hz
        const ecm_feat_step_t *steps
        uint32_t steps_len
        uint32_t features_len
        uint32_t work_len
        uint32_t state_len
    const uint32_t ECM_FEAT_STATE_HEAD
    ecm_status_t ecm_feat_need(const ecm_feat_plan_t *plan,
                               ecm_feat_need_t *need) noexcept
    ecm_status_t ecm_feat_check(const ecm_feat_plan_t *plan) noexcept
    ecm_status_t ecm_feat_reset_f32(float *state, const ecm_feat_plan_t *plan) noexcept
    c_bool ecm_feat_takes_speed(const ecm_feat_plan_t *plan, float speed_hz) noexcept
    ecm_status_t ecm_feat_extract_f32(float *state, const ecm_feat_plan_t *plan,
                                      float speed_hz, float *x, float *work,
                                      float *out) noexcept
    ecm_status_t ecm_feat_step_f32(float *state, const ecm_feat_plan_t *plan,
                                   uint32_t index, float speed_hz, float *x,
                                   float *work, float *out) noexcept
    ecm_status_t ecm_feat_scale_f32(const float *x, const float *mean,
                                    const float *inv_sd, uint32_t x_len,
                                    float *out) noexcept

cdef extern from "ecm_feat_line.h" nogil:
    pass

cdef extern from "ecm_feat_time.h" nogil:
    pass

cdef extern from "ecm_feat_spectrum.h" nogil:
    pass

cdef extern from "ecm_feat_envelope.h" nogil:
    ctypedef struct ecm_feat_envelope_cfg_t:
        float lo_hz
        float hi_hz
        const ecm_fft_plan_t *c2c
        const ecm_fft_plan_t *r2c
    uint32_t ecm_feat_envelope_len(const ecm_feat_plan_t *plan, float lo_hz,
                                   float hi_hz) noexcept
