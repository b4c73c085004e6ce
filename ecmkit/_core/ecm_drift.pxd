# The C declarations of streaming detectors and what stands around them;
# tests/core/test_ecm_pxd.py holds them against the headers.
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_drift.h" nogil:
    enum:
        ECM_DRIFT_NONE
        ECM_DRIFT_UP
        ECM_DRIFT_DOWN
        ECM_DRIFT_WIDER
        ECM_DRIFT_NARROWER
        ECM_DRIFT_SHIFT
        ECM_DRIFT_WARNING
    ctypedef ecm_status_t (*ecm_drift_check_fn_t)(
        const void *st, const void *cfg) noexcept
    ctypedef ecm_status_t (*ecm_drift_init_fn_t)(void *st, const void *cfg) noexcept
    ctypedef ecm_status_t (*ecm_drift_update_fn_t)(
        void *st, const void *cfg, float x, uint32_t *alarm, uint32_t *since) noexcept
    ctypedef float (*ecm_drift_ratio_fn_t)(const void *st, const void *cfg) noexcept
    ctypedef struct ecm_drift_kind_t:
        ecm_drift_check_fn_t check
        ecm_drift_init_fn_t init
        ecm_drift_update_fn_t update
        ecm_drift_ratio_fn_t ratio
        uint32_t state_bytes
    ctypedef struct ecm_drift_alarm_t:
        uint32_t at
        uint32_t since
        uint32_t what
    ctypedef struct ecm_drift_cusum_cfg_t:
        float k
        float h
    ctypedef struct ecm_drift_cusum_t:
        float up
        float down
        uint32_t n
        uint32_t up_since
        uint32_t down_since
        uint32_t alarms_n
    ecm_status_t ecm_drift_cusum_init(ecm_drift_cusum_t *st) noexcept
    ecm_status_t ecm_drift_cusum_update_f32(
        ecm_drift_cusum_t *st, const ecm_drift_cusum_cfg_t *cfg, float z,
        uint32_t *alarm, uint32_t *since) noexcept
    float ecm_drift_cusum_ratio_f32(
        const ecm_drift_cusum_t *st, const ecm_drift_cusum_cfg_t *cfg) noexcept
    float ecm_drift_scale_score_f32(float z) noexcept
    ecm_status_t ecm_drift_scale_update_f32(
        ecm_drift_cusum_t *st, const ecm_drift_cusum_cfg_t *cfg, float z,
        uint32_t *alarm, uint32_t *since) noexcept
    ecm_status_t ecm_drift_run_f32(
        const ecm_drift_kind_t *kind, void *st, const void *cfg, const float *x,
        uint32_t x_len, ecm_drift_alarm_t *alarms, uint32_t alarms_len,
        uint32_t *found, uint32_t *taken) noexcept
    const ecm_drift_kind_t ecm_drift_cusum_kind
    const ecm_drift_kind_t ecm_drift_scale_kind

cdef extern from "ecm_drift_ph.h" nogil:
    enum:
        ECM_DRIFT_PH_UP
        ECM_DRIFT_PH_DOWN
        ECM_DRIFT_PH_BOTH
    ctypedef struct ecm_drift_ph_cfg_t:
        float delta
        float threshold
        float leak
        uint32_t min_n
        uint32_t sides
        uint32_t known
    ctypedef struct ecm_drift_ph_t:
        float mean
    ecm_status_t ecm_drift_ph_init(ecm_drift_ph_t *st) noexcept
    ecm_status_t ecm_drift_ph_update_f32(
        ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg, float x, uint32_t *alarm,
        uint32_t *since) noexcept
    const ecm_drift_kind_t ecm_drift_ph_kind

cdef extern from "ecm_drift_ewma.h" nogil:
    ctypedef struct ecm_drift_ewma_cfg_t:
        float weight "lambda"
        float limit
    ctypedef struct ecm_drift_ewma_t:
        float mean
    ecm_status_t ecm_drift_ewma_init(ecm_drift_ewma_t *st) noexcept
    ecm_status_t ecm_drift_ewma_update_f32(
        ecm_drift_ewma_t *st, const ecm_drift_ewma_cfg_t *cfg, float z,
        uint32_t *alarm, uint32_t *since) noexcept
    const ecm_drift_kind_t ecm_drift_ewma_kind

cdef extern from "ecm_score.h" nogil:
    enum:
        ECM_SCORE_ORDER_MAX
    ctypedef struct ecm_score_cfg_t:
        float center
        float scale
        float[4] phi
        const float *edges
        const float *scores
        uint16_t order
        uint16_t edges_len
    ctypedef struct ecm_score_t:
        float[4] last
        uint32_t n
    ecm_status_t ecm_score_init(ecm_score_t *st) noexcept
    ecm_status_t ecm_score_update_f32(
        ecm_score_t *st, const ecm_score_cfg_t *cfg, float x, float *z) noexcept
    ecm_status_t ecm_score_update_many_f32(
        ecm_score_t *st, const ecm_score_cfg_t *cfg, const float *x, uint32_t x_len,
        float *z, uint32_t *z_len) noexcept
