# The C declarations of signal conditioning; tests/core/test_ecm_pxd.py holds them
# against the headers.
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "stdbool.h":
    ctypedef bint c_bool "bool"

cdef extern from "ecm_ring.h" nogil:
    enum:
        ECM_RING_LEN_MAX
    ctypedef struct ecm_ring_cfg_t:
        uint32_t ring_len
        uint32_t window_len
    uint32_t ECM_RING_MEM_LEN(uint32_t ring_len, uint32_t window_len) noexcept
    ctypedef struct ecm_ring_t:
        uint32_t head
        uint32_t head_at
        uint32_t overruns
        uint32_t lost
        uint32_t tail
        uint32_t tail_at
        uint32_t overruns_seen
    ecm_status_t ecm_ring_init(ecm_ring_t *st, const ecm_ring_cfg_t *cfg) noexcept
    ecm_status_t ecm_ring_push_f32(
        ecm_ring_t *st, const ecm_ring_cfg_t *cfg, float *mem, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_ring_push_s16(
        ecm_ring_t *st, const ecm_ring_cfg_t *cfg, int16_t *mem, const int16_t *x,
        uint32_t x_len) noexcept
    uint32_t ecm_ring_queued(const ecm_ring_t *st) noexcept
    ecm_status_t ecm_ring_window_f32(
        const ecm_ring_t *st, const ecm_ring_cfg_t *cfg, const float *mem,
        const float **x) noexcept
    ecm_status_t ecm_ring_window_s16(
        const ecm_ring_t *st, const ecm_ring_cfg_t *cfg, const int16_t *mem,
        const int16_t **x) noexcept
    ecm_status_t ecm_ring_copy_f32(
        const ecm_ring_t *st, const ecm_ring_cfg_t *cfg, const float *mem, float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_ring_copy_s16(
        const ecm_ring_t *st, const ecm_ring_cfg_t *cfg, const int16_t *mem, int16_t *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_ring_release(
        ecm_ring_t *st, const ecm_ring_cfg_t *cfg, uint32_t x_len) noexcept
    c_bool ecm_ring_has_gap(const ecm_ring_t *st) noexcept
    ecm_status_t ecm_ring_resume(ecm_ring_t *st) noexcept

cdef extern from "ecm_taper.h" nogil:
    enum:
        ECM_TAPER_LEN_MAX
        ECM_TAPER_HANN
        ECM_TAPER_HAMMING
        ECM_TAPER_BLACKMAN_HARRIS
        ECM_TAPER_FLAT_TOP
        ECM_TAPER_KAISER
        ECM_TAPER_PERIODIC
        ECM_TAPER_SYMMETRIC
    float ECM_TAPER_BETA_MAX
    ctypedef struct ecm_taper_cfg_t:
        uint32_t x_len
        uint16_t kind
        uint16_t form
        float beta
    uint32_t ECM_TAPER_HALF_LEN(uint32_t x_len, uint32_t form) noexcept
    ctypedef struct ecm_taper_gain_t:
        float coherent
        float energy
        float enbw
    ecm_status_t ecm_taper_fill_f32(const ecm_taper_cfg_t *cfg, float *half) noexcept
    ecm_status_t ecm_taper_fill_q15(const ecm_taper_cfg_t *cfg, int16_t *half) noexcept
    ecm_status_t ecm_taper_gain_f32(
        const ecm_taper_cfg_t *cfg, const float *half, ecm_taper_gain_t *gain) noexcept

cdef extern from "ecm_window.h" nogil:
    enum:
        ECM_WINDOW_Q15_LEN_MAX
    ctypedef struct ecm_window_line_t:
        float level
        float slope
    ecm_status_t ecm_window_apply_f32(
        const float *x, uint32_t x_len, float mean, const float *half, uint32_t form,
        float *out) noexcept
    ecm_status_t ecm_window_apply_q15(
        const int16_t *x, uint32_t x_len, int16_t mean, const int16_t *half,
        uint32_t form, int16_t *out) noexcept
    int16_t ecm_window_mean_q15(const int16_t *x, uint32_t x_len) noexcept
    ecm_status_t ecm_window_fit_line_f32(
        const float *x, uint32_t x_len, ecm_window_line_t *line) noexcept
    ecm_status_t ecm_window_remove_line_f32(
        const float *x, uint32_t x_len, float *out) noexcept
    ecm_status_t ecm_window_remove_mean_q15(
        const int16_t *x, uint32_t x_len, int16_t *out) noexcept
    ecm_status_t ecm_window_remove_line_q15(
        const int16_t *x, uint32_t x_len, int16_t *out) noexcept

cdef extern from "ecm_filter.h" nogil:
    ctypedef struct ecm_filter_biquad_f32_t:
        float b0
        float b1
        float b2
        float a1
        float a2
    ctypedef struct ecm_filter_biquad_state_f32_t:
        float s1
        float s2
    ecm_status_t ecm_filter_init_f32(
        ecm_filter_biquad_state_f32_t *st, const ecm_filter_biquad_f32_t *sections,
        uint32_t sections_len, float x) noexcept
    ecm_status_t ecm_filter_biquad_f32(
        ecm_filter_biquad_state_f32_t *st, const ecm_filter_biquad_f32_t *sections,
        uint32_t sections_len, const float *x, uint32_t x_len, float *out) noexcept
    ctypedef struct ecm_filter_biquad_q31_t:
        int32_t b0
        int32_t b1
        int32_t b2
        int32_t a1
        int32_t a2
        uint32_t bits
    ctypedef struct ecm_filter_biquad_state_q31_t:
        int32_t x1
        int32_t x2
        int32_t y1
        int32_t y2
        uint32_t rest
    ecm_status_t ecm_filter_init_q31(
        ecm_filter_biquad_state_q31_t *st, const ecm_filter_biquad_q31_t *sections,
        uint32_t sections_len) noexcept
    ecm_status_t ecm_filter_biquad_q31(
        ecm_filter_biquad_state_q31_t *st, const ecm_filter_biquad_q31_t *sections,
        uint32_t sections_len, const int32_t *x, uint32_t x_len, int32_t *out) noexcept
    ctypedef struct ecm_filter_biquad_q15_t:
        int16_t b0
        int16_t b1
        int16_t b2
        int16_t a1
        int16_t a2
        uint16_t bits
    ctypedef struct ecm_filter_biquad_state_q15_t:
        int16_t x1
        int16_t x2
        int16_t y1
        int16_t y2
        uint16_t rest
        uint16_t reserved
    ecm_status_t ecm_filter_init_q15(
        ecm_filter_biquad_state_q15_t *st, const ecm_filter_biquad_q15_t *sections,
        uint32_t sections_len) noexcept
    ecm_status_t ecm_filter_biquad_q15(
        ecm_filter_biquad_state_q15_t *st, const ecm_filter_biquad_q15_t *sections,
        uint32_t sections_len, const int16_t *x, uint32_t x_len, int16_t *out) noexcept

cdef extern from "ecm_decimate.h" nogil:
    enum:
        ECM_DECIMATE_TAPS_MAX
    uint32_t ECM_DECIMATE_LINE_LEN(uint32_t taps_len) noexcept
    uint32_t ECM_DECIMATE_OUT_LEN(uint32_t x_len, uint32_t factor) noexcept
    ctypedef struct ecm_decimate_cfg_f32_t:
        const float *taps
        uint32_t taps_len
        uint32_t factor
    ctypedef struct ecm_decimate_cfg_q15_t:
        const int16_t *taps
        uint32_t taps_len
        uint32_t factor
        uint32_t bits
    ctypedef struct ecm_decimate_t:
        uint32_t at
        uint32_t wait
    ecm_status_t ecm_decimate_init_f32(
        ecm_decimate_t *st, const ecm_decimate_cfg_f32_t *cfg, float *line,
        float x) noexcept
    ecm_status_t ecm_decimate_init_q15(
        ecm_decimate_t *st, const ecm_decimate_cfg_q15_t *cfg, int16_t *line,
        int16_t x) noexcept
    ecm_status_t ecm_decimate_f32(
        ecm_decimate_t *st, const ecm_decimate_cfg_f32_t *cfg, float *line,
        const float *x, uint32_t x_len, float *out, uint32_t *out_len) noexcept
    ecm_status_t ecm_decimate_q15(
        ecm_decimate_t *st, const ecm_decimate_cfg_q15_t *cfg, int16_t *line,
        const int16_t *x, uint32_t x_len, int16_t *out, uint32_t *out_len) noexcept

cdef extern from "ecm_integrate.h" nogil:
    ctypedef struct ecm_integrate_t:
        float x
        float y
    ecm_status_t ecm_integrate_init_f32(ecm_integrate_t *st, float x) noexcept
    ecm_status_t ecm_integrate_difference_f32(
        ecm_integrate_t *st, const float *x, uint32_t x_len, float scale,
        float *out) noexcept
    ecm_status_t ecm_integrate_trapezoid_f32(
        ecm_integrate_t *st, const float *x, uint32_t x_len, float scale,
        float *out) noexcept
    ecm_status_t ecm_integrate_spectrum_f32(
        float *spectrum, uint32_t x_len, float fs_hz, float lo_hz, uint32_t times,
        float scale) noexcept
