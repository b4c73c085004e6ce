# The C declarations of streaming detectors and what stands around them;
# tests/core/test_ecm_pxd.py holds them against the headers.
from libc.stdint cimport int16_t, int32_t, uint16_t, uint32_t

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

cdef extern from "ecm_sr.h" nogil:
    enum:
        ECM_SR_ALTERNATIVES_MAX
    ctypedef struct ecm_sr_alternative_t:
        float a
        float b
        float c
        float weight
        uint32_t what
    ctypedef struct ecm_sr_cfg_t:
        const ecm_sr_alternative_t *alternatives
        uint32_t alternatives_len
        float limit
    ctypedef struct ecm_sr_t:
        float mixture
    ecm_status_t ecm_sr_init(ecm_sr_t *st) noexcept
    ecm_status_t ecm_sr_update_f32(
        ecm_sr_t *st, const ecm_sr_cfg_t *cfg, float z, uint32_t *alarm,
        uint32_t *since) noexcept
    const ecm_drift_kind_t ecm_sr_kind

cdef extern from "ecm_adwin.h" nogil:
    ctypedef struct ecm_adwin_cfg_t:
        float delta
        uint32_t clock
        uint32_t buckets
        uint32_t part_n
        uint32_t grace_n
    ctypedef struct ecm_adwin_t:
        uint32_t width
        uint32_t alarms_n
        float sum
        float squares
    ecm_status_t ecm_adwin_init(ecm_adwin_t *st) noexcept
    ecm_status_t ecm_adwin_update_f32(
        ecm_adwin_t *st, const ecm_adwin_cfg_t *cfg, float x, uint32_t *alarm,
        uint32_t *since) noexcept
    float ecm_adwin_mean_f32(const ecm_adwin_t *st) noexcept
    const ecm_drift_kind_t ecm_adwin_kind

cdef extern from "ecm_error.h" nogil:
    ctypedef struct ecm_error_ddm_cfg_t:
        float warning
        float drift
        uint32_t warm_n
    ctypedef struct ecm_error_ddm_t:
        float rate
    ctypedef struct ecm_error_eddm_cfg_t:
        float warning
        float drift
        uint32_t warm_n
    ctypedef struct ecm_error_eddm_t:
        float mean
    ecm_status_t ecm_error_ddm_init(ecm_error_ddm_t *st) noexcept
    ecm_status_t ecm_error_ddm_update_f32(
        ecm_error_ddm_t *st, const ecm_error_ddm_cfg_t *cfg, float x, uint32_t *alarm,
        uint32_t *since) noexcept
    ecm_status_t ecm_error_eddm_init(ecm_error_eddm_t *st) noexcept
    ecm_status_t ecm_error_eddm_update_f32(
        ecm_error_eddm_t *st, const ecm_error_eddm_cfg_t *cfg, float x,
        uint32_t *alarm, uint32_t *since) noexcept
    const ecm_drift_kind_t ecm_error_ddm_kind
    const ecm_drift_kind_t ecm_error_eddm_kind

cdef extern from "ecm_hddm.h" nogil:
    ctypedef struct ecm_hddm_cfg_t:
        float drift
        float warning
        float weight "lambda"
        uint32_t two_sided
    ctypedef struct ecm_hddm_a_t:
        uint32_t n
    ctypedef struct ecm_hddm_w_t:
        uint32_t told
    ecm_status_t ecm_hddm_a_init(ecm_hddm_a_t *st) noexcept
    ecm_status_t ecm_hddm_a_update_f32(
        ecm_hddm_a_t *st, const ecm_hddm_cfg_t *cfg, float x, uint32_t *alarm,
        uint32_t *since) noexcept
    ecm_status_t ecm_hddm_w_init(ecm_hddm_w_t *st) noexcept
    ecm_status_t ecm_hddm_w_update_f32(
        ecm_hddm_w_t *st, const ecm_hddm_cfg_t *cfg, float x, uint32_t *alarm,
        uint32_t *since) noexcept
    const ecm_drift_kind_t ecm_hddm_a_kind
    const ecm_drift_kind_t ecm_hddm_w_kind

cdef extern from "ecm_t2.h" nogil:
    enum:
        ECM_T2_FEATURES_MAX
    ctypedef struct ecm_t2_cfg_t:
        const float *mean
        const float *whiten
        uint32_t features_len
        float weight "lambda"
        float limit
    ctypedef struct ecm_t2_t:
        float decay
        float statistic
        uint32_t n
        uint32_t since
        uint32_t alarms_n
    ecm_status_t ecm_t2_init(
        ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means) noexcept
    ecm_status_t ecm_t2_update_f32(
        ecm_t2_t *st, const ecm_t2_cfg_t *cfg, float *means, const float *x,
        uint32_t *alarm, uint32_t *since) noexcept

cdef extern from "ecm_persist.h" nogil:
    enum:
        ECM_PERSIST_LEVELS_MAX
        ECM_PERSIST_SAME
        ECM_PERSIST_RAISED
        ECM_PERSIST_LOWERED
    ctypedef struct ecm_persist_cfg_t:
        float[4] on
        float band
        uint32_t levels_len
        uint32_t k
        uint32_t n
        uint32_t holdoff
    ctypedef struct ecm_persist_t:
        uint32_t level
        uint32_t held
    ecm_status_t ecm_persist_init(ecm_persist_t *st) noexcept
    ecm_status_t ecm_persist_update_f32(
        ecm_persist_t *st, const ecm_persist_cfg_t *cfg, float x,
        uint32_t *event) noexcept

cdef extern from "ecm_regime.h" nogil:
    enum:
        ECM_REGIME_NONE
    ctypedef struct ecm_kmeans_t:
        const float *centroids
        uint16_t clusters_len
        uint16_t features_len
    ctypedef struct ecm_regime_cfg_t:
        const float *edges[2]
        uint16_t[2] edges_len
        const ecm_kmeans_t *model
        float far
        uint32_t dwell
    ctypedef struct ecm_regime_t:
        uint32_t regime
        uint32_t candidate
        uint32_t run
    ecm_status_t ecm_regime_init(ecm_regime_t *st) noexcept
    uint32_t ecm_regime_count(const ecm_regime_cfg_t *cfg) noexcept
    ecm_status_t ecm_regime_update_f32(
        ecm_regime_t *st, const ecm_regime_cfg_t *cfg, const float *x,
        uint32_t *regime) noexcept

cdef extern from "ecm_drift_q15.h" nogil:
    ctypedef struct ecm_drift_q15_cusum_cfg_t:
        int32_t k
        int32_t h
    ctypedef struct ecm_drift_q15_cusum_t:
        int32_t up
        int32_t down
    ctypedef struct ecm_drift_q15_ph_cfg_t:
        int32_t delta
        int32_t threshold
        uint32_t min_n
        uint32_t sides
    ctypedef struct ecm_drift_q15_ph_t:
        int32_t mean
        uint32_t rest
        int32_t up
        int32_t down
        uint32_t n
    ctypedef struct ecm_drift_q15_ewma_cfg_t:
        uint16_t weight "lambda"
        uint32_t ceiling
    ctypedef struct ecm_drift_q15_ewma_t:
        int32_t mean
        uint32_t decay
    ecm_status_t ecm_drift_q15_cusum_init(ecm_drift_q15_cusum_t *st) noexcept
    ecm_status_t ecm_drift_q15_cusum_update(
        ecm_drift_q15_cusum_t *st, const ecm_drift_q15_cusum_cfg_t *cfg, int16_t z,
        uint32_t *alarm, uint32_t *since) noexcept
    ecm_status_t ecm_drift_q15_ph_init(ecm_drift_q15_ph_t *st) noexcept
    ecm_status_t ecm_drift_q15_ph_update(
        ecm_drift_q15_ph_t *st, const ecm_drift_q15_ph_cfg_t *cfg, int16_t x,
        uint32_t *alarm, uint32_t *since) noexcept
    ecm_status_t ecm_drift_q15_ewma_init(ecm_drift_q15_ewma_t *st) noexcept
    ecm_status_t ecm_drift_q15_ewma_update(
        ecm_drift_q15_ewma_t *st, const ecm_drift_q15_ewma_cfg_t *cfg, int16_t z,
        uint32_t *alarm, uint32_t *since) noexcept
