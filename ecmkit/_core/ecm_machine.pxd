# The C declarations of machine knowledge; tests/core/test_ecm_pxd.py holds them against
# the headers.
from libc.stdint cimport uint32_t

from ecmkit._core.ecm cimport ecm_fft_plan_t, ecm_status_t
from ecmkit._core.ecm_condition cimport (
    ecm_decimate_cfg_f32_t,
    ecm_decimate_t,
    ecm_filter_biquad_f32_t,
    ecm_filter_biquad_state_f32_t,
)

cdef extern from "ecm_velocity.h" nogil:
    enum:
        ECM_VELOCITY_BLOCKS
    ctypedef struct ecm_velocity_cfg_f32_t:
        float c1
        float c2
        float a1
        float a2
        float b1
        float gain
        uint32_t factor
        uint32_t settle_len
        uint32_t block_len
    ctypedef struct ecm_velocity_f32_t:
        pass
    ecm_status_t ecm_velocity_init_f32(
        ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg) noexcept
    ecm_status_t ecm_velocity_update_f32(
        ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_velocity_rms_f32(
        const ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg,
        float *rms) noexcept

cdef extern from "ecm_envelope.h" nogil:
    enum:
        ECM_ENVELOPE_TURNS_MIN
    ctypedef struct ecm_envelope_band_t:
        uint32_t window_len
        uint32_t bin
        uint32_t bins_len
        const ecm_fft_plan_t *inverse
    ctypedef struct ecm_envelope_rectifier_t:
        const ecm_filter_biquad_f32_t *sections
        uint32_t sections_len
        ecm_decimate_cfg_f32_t low
    ctypedef struct ecm_envelope_history_t:
        uint32_t len
        const ecm_fft_plan_t *fft
        ecm_decimate_cfg_f32_t low
    ctypedef struct ecm_envelope_bins_t:
        const float *amplitude
        uint32_t bins_len
        float bin_hz
    uint32_t ECM_ENVELOPE_OVERLAP_LEN(uint32_t m) noexcept
    uint32_t ECM_ENVELOPE_ANALYTIC_LEN(uint32_t m) noexcept
    uint32_t ECM_ENVELOPE_HISTORY_LEN(uint32_t len, uint32_t taps_len) noexcept
    ecm_status_t ecm_envelope_analytic_f32(
        float *overlap, const ecm_envelope_band_t *cfg, const float *bins, float *work,
        float *z) noexcept
    ecm_status_t ecm_envelope_white_f32(
        float *overlap, const ecm_envelope_band_t *cfg, const float *bins, float *work,
        float *z) noexcept
    ecm_status_t ecm_envelope_magnitude_f32(
        const float *z, uint32_t z_len, float *out) noexcept
    ecm_status_t ecm_envelope_squared_f32(
        const float *z, uint32_t z_len, float *out) noexcept
    ecm_status_t ecm_envelope_log_f32(
        const float *z, uint32_t z_len, float *out) noexcept
    ecm_status_t ecm_envelope_rectified_f32(
        ecm_filter_biquad_state_f32_t *filter, ecm_decimate_t *decimate, float *line,
        const ecm_envelope_rectifier_t *cfg, const float *x, uint32_t x_len, float *out,
        uint32_t *out_len) noexcept
    ecm_status_t ecm_envelope_push_f32(
        float *st, const ecm_envelope_history_t *cfg, float *x, uint32_t x_len) noexcept
    ecm_status_t ecm_envelope_spectrum_f32(
        const float *st, const ecm_envelope_history_t *cfg, float *work,
        float *amplitude) noexcept
    ecm_status_t ecm_envelope_check_f32(float bin_hz, float speed_hz) noexcept
    float ecm_envelope_background_f32(
        const ecm_envelope_bins_t *s, float lo_hz, float hi_hz) noexcept
    float ecm_envelope_line_f32(
        const ecm_envelope_bins_t *s, float f_hz, float halfwidth) noexcept
    float ecm_envelope_harmonics_f32(
        const ecm_envelope_bins_t *s, float f_hz, float halfwidth,
        uint32_t count) noexcept
    float ecm_envelope_sidebands_f32(
        const ecm_envelope_bins_t *s, float f_hz, float spacing_hz, float halfwidth,
        uint32_t count) noexcept

cdef extern from "ecm_level.h" nogil:
    enum:
        ECM_LEVEL_LIMITS_MAX
    ctypedef struct ecm_level_cfg_t:
        const float *limits
        const float *release
        uint32_t limits_len
        uint32_t hold_up
        uint32_t hold_down
    ctypedef struct ecm_level_t:
        uint32_t zone
        uint32_t toward
        uint32_t run
    ecm_status_t ecm_level_zone_f32(
        const float *limits, uint32_t limits_len, float x, uint32_t *zone) noexcept
    ecm_status_t ecm_level_init_f32(
        ecm_level_t *st, const ecm_level_cfg_t *cfg) noexcept
    ecm_status_t ecm_level_update_f32(
        ecm_level_t *st, const ecm_level_cfg_t *cfg, float x, uint32_t *zone) noexcept
