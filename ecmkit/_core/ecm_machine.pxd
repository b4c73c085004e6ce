# The C declarations of machine knowledge; tests/core/test_ecm_pxd.py holds them against
# the headers.
from libc.stdint cimport int16_t, uint16_t, uint32_t, uint64_t

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
        const float *st, const ecm_envelope_history_t *cfg, uint32_t bins_len,
        float *work, float *amplitude) noexcept
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

cdef extern from "ecm_tacho.h" nogil:
    enum:
        ECM_TACHO_TICKS
    ctypedef struct ecm_tacho_cfg_t:
        float level
        float hysteresis
        uint32_t falling
    ctypedef struct ecm_tacho_t:
        uint64_t samples
    ecm_status_t ecm_tacho_init(ecm_tacho_t *st, const ecm_tacho_cfg_t *cfg) noexcept
    ecm_status_t ecm_tacho_edges_f32(
        ecm_tacho_t *st, const ecm_tacho_cfg_t *cfg, const float *x, uint32_t x_len,
        uint64_t *edges, uint32_t edges_max, uint32_t *edges_len,
        uint32_t *x_used) noexcept
    ecm_status_t ecm_tacho_speed_f32(
        const uint64_t *edges, uint32_t edges_len, uint32_t pulses, float fs_hz,
        float *speed_hz) noexcept

cdef extern from "ecm_order.h" nogil:
    enum:
        ECM_ORDER_BEFORE
        ECM_ORDER_AFTER
    ctypedef struct ecm_order_cfg_t:
        uint32_t pulses
        uint32_t per_turn
    ecm_status_t ecm_order_run_f32(
        float fs_hz, float speed_hz, float rate_hz_s, uint64_t start, uint64_t *edges,
        uint32_t edges_len) noexcept
    ecm_status_t ecm_order_resample_f32(
        const ecm_order_cfg_t *cfg, const float *x, uint32_t x_len, uint64_t start,
        const uint64_t *edges, uint32_t edges_len, uint32_t first, float *out,
        uint32_t out_max, uint32_t *out_len) noexcept
    ecm_status_t ecm_order_first_f32(
        const ecm_order_cfg_t *cfg, uint64_t start, const uint64_t *edges,
        uint32_t edges_len, uint32_t *first) noexcept

cdef extern from "ecm_tsa.h" nogil:
    ctypedef struct ecm_tsa_cfg_t:
        uint32_t per_turn
        float weight
    ctypedef struct ecm_tsa_t:
        uint32_t at
        uint32_t turns
        float share
    ecm_status_t ecm_tsa_init(
        ecm_tsa_t *st, const ecm_tsa_cfg_t *cfg, float *mean) noexcept
    ecm_status_t ecm_tsa_update_f32(
        ecm_tsa_t *st, const ecm_tsa_cfg_t *cfg, float *mean, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_tsa_residual_f32(
        const ecm_tsa_cfg_t *cfg, const float *mean, uint32_t at, const float *x,
        uint32_t x_len, float *out) noexcept

cdef extern from "ecm_velocity_q15.h" nogil:
    ctypedef struct ecm_velocity_q15_cfg_t:
        int16_t c1
        int16_t c2
        uint16_t c1_shift
        uint16_t c2_shift
        int16_t b0
        int16_t b1
        int16_t a1
        int16_t a2
        uint16_t up
        uint16_t factor
        uint32_t gain
        uint32_t settle_len
        uint32_t block_len
    ctypedef struct ecm_velocity_q15_t:
        uint32_t blocks
    ecm_status_t ecm_velocity_q15_init(
        ecm_velocity_q15_t *st, const ecm_velocity_q15_cfg_t *cfg) noexcept
    ecm_status_t ecm_velocity_q15_update(
        ecm_velocity_q15_t *st, const ecm_velocity_q15_cfg_t *cfg, const int16_t *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_velocity_q15_rms(
        const ecm_velocity_q15_t *st, const ecm_velocity_q15_cfg_t *cfg,
        uint32_t *rms) noexcept
