# The C declarations of order tracking and of steps on lines and levels that came later;
# tests/core/test_ecm_pxd.py holds them against the headers.
from libc.stdint cimport int32_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_fft_plan_t, ecm_status_t
from ecmkit._core.ecm_condition cimport ecm_decimate_cfg_f32_t
from ecmkit._core.ecm_machine cimport ecm_envelope_history_t
from ecmkit._core.ecm_spectral cimport ecm_dct_plan_t

cdef extern from "ecm_order.h" nogil:
    enum:
        ECM_ORDER_TRACK_MAX
    ctypedef struct ecm_order_track_cfg_t:
        float fs_hz
        uint32_t per_turn
    ctypedef struct ecm_order_track_t:
        float speed_hz
        float before_hz
        float slope
        int32_t next
    ecm_status_t ecm_order_track_init_f32(ecm_order_track_t *st) noexcept
    uint32_t ecm_order_track_len(
        const ecm_order_track_cfg_t *cfg, float speed_hz, uint32_t x_len) noexcept
    uint32_t ecm_order_track_span(
        const ecm_order_track_cfg_t *cfg, float speed_hz, uint32_t outputs) noexcept
    ecm_status_t ecm_order_track_f32(
        ecm_order_track_t *st, const ecm_order_track_cfg_t *cfg, float speed_hz,
        float *line, uint32_t x_len, float *out, uint32_t out_max,
        uint32_t *out_len) noexcept

cdef extern from "ecm_feat_line.h" nogil:
    ctypedef struct ecm_feat_lines_of_t:
        const float *power
        uint32_t bins_len
        float bin_hz
    c_bool ecm_feat_line_counts(uint16_t form, uint32_t n) noexcept
    float ecm_feat_line_value_f32(
        const ecm_feat_lines_of_t *of, uint16_t form, uint32_t n, float a, float b,
        float halfwidth) noexcept

cdef extern from "ecm_feat_mel.h" nogil:
    ctypedef struct ecm_feat_mfcc_cfg_t:
        const ecm_dct_plan_t *dct
        uint32_t scratch_at

cdef extern from "ecm_feat_track.h" nogil:
    ctypedef struct ecm_feat_track_cfg_t:
        ecm_envelope_history_t history
        ecm_decimate_cfg_f32_t low
        uint32_t per_turn
        float halfwidth
