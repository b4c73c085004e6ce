# The C declarations of feature plans; tests/core/test_ecm_pxd.py holds them against the
# headers.
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_fft_plan_t, ecm_status_t
from ecmkit._core.ecm_condition cimport ecm_filter_biquad_f32_t
from ecmkit._core.ecm_machine cimport (
    ecm_envelope_band_t, ecm_envelope_history_t, ecm_envelope_rectifier_t,
)
from ecmkit._core.ecm_spectral cimport ecm_mel_bank_t

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
        uint32_t sample_bytes
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
        c_bool first
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
    c_bool ecm_feat_rows_within(const ecm_feat_step_t *step, uint16_t first,
                                uint16_t last) noexcept
    uint32_t ecm_feat_rows_before(const ecm_feat_plan_t *plan,
                                  const ecm_feat_step_t *step) noexcept
    ecm_status_t ecm_feat_reset_f32(float *state, const ecm_feat_plan_t *plan) noexcept
    c_bool ecm_feat_may_stop(const ecm_feat_plan_t *plan, uint32_t index) noexcept
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

cdef extern from "ecm_feat_filter.h" nogil:
    ctypedef struct ecm_feat_filter_cfg_t:
        const ecm_filter_biquad_f32_t *sections
        uint32_t sections_len
        uint32_t settle_len

cdef extern from "ecm_feat_velocity.h" nogil:
    pass

cdef extern from "ecm_feat_detrend.h" nogil:
    pass

cdef extern from "ecm_feat_rank.h" nogil:
    pass

cdef extern from "ecm_feat_series.h" nogil:
    pass

cdef extern from "ecm_feat_time.h" nogil:
    pass

cdef extern from "ecm_feat_spectrum.h" nogil:
    ctypedef struct ecm_feat_welch_cfg_t:
        uint32_t span_len

cdef extern from "ecm_feat_line.h" nogil:
    const uint32_t ECM_FEAT_PAIRS_MAX
    ctypedef struct ecm_feat_line_cfg_t:
        float halfwidth

cdef extern from "ecm_feat_mel.h" nogil:
    ctypedef struct ecm_feat_mel_cfg_t:
        const ecm_mel_bank_t *bank
        float scale
        float floor

cdef extern from "ecm_feat_cepstrum.h" nogil:
    ctypedef struct ecm_feat_cepstrum_cfg_t:
        const ecm_fft_plan_t *fft
        uint32_t scratch_at

cdef extern from "ecm_feat_envelope.h" nogil:
    ctypedef struct ecm_feat_lines_cfg_t:
        ecm_envelope_history_t history
        float bin_hz
        float halfwidth
    ctypedef struct ecm_feat_envelope_cfg_t:
        ecm_feat_lines_cfg_t lines
        ecm_envelope_band_t band
        ecm_status_t (*detect)(float *overlap, const ecm_envelope_band_t *cfg,
                               const float *bins, float *work, float *z) noexcept
        ecm_status_t (*form)(const float *z, uint32_t z_len, float *out) noexcept
    ctypedef struct ecm_feat_rectified_cfg_t:
        ecm_feat_lines_cfg_t lines
        ecm_envelope_rectifier_t rectifier

cdef extern from "ecm_feat_project.h" nogil:
    pass

cdef extern from "ecm_feat_scale.h" nogil:
    ctypedef struct ecm_feat_scale_cfg_t:
        const float *offset
        const float *factor
