# csrc/ecm_monitor.h
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_device cimport ecm_dist_cfg_t
from ecmkit._core.ecm_drift cimport (
    ecm_drift_cusum_cfg_t,
    ecm_drift_ewma_cfg_t,
    ecm_drift_kind_t,
    ecm_kmeans_t,
    ecm_persist_cfg_t,
    ecm_persist_t,
    ecm_regime_cfg_t,
    ecm_regime_t,
    ecm_score_cfg_t,
    ecm_t2_cfg_t,
)
from ecmkit._core.ecm_watch cimport ecm_state_store_t

cdef extern from "ecm_dist.h" nogil:
    ctypedef struct ecm_dist_kind_t:
        pass
    const ecm_dist_kind_t ecm_dist_kind_ks
    const ecm_dist_kind_t ecm_dist_kind_chi2
    const ecm_dist_kind_t ecm_dist_kind_wasserstein
    const ecm_dist_kind_t ecm_dist_kind_jensen_shannon
    const ecm_dist_kind_t ecm_dist_kind_psi

cdef extern from "ecm_monitor.h" nogil:
    enum:
        ECM_MONITOR_ANY
        ECM_MONITOR_NO_DETAIL
        ECM_MONITOR_REGIME_MAX
        ECM_MONITOR_STATE_TYPE
        ECM_MONITOR_CUSUM
        ECM_MONITOR_EWMA
        ECM_MONITOR_LIMIT
        ECM_MONITOR_COUNTS
        ECM_MONITOR_CLASSES
        ECM_MONITOR_T2
        ECM_MONITOR_KIND
        ECM_MONITOR_MEAN
        ECM_MONITOR_SCALE
        ECM_MONITOR_SHAPE
        ECM_MONITOR_MIX
        ECM_MONITOR_TOGETHER
        ECM_MONITOR_VALUE
    ctypedef struct ecm_monitor_score_t:
        ecm_score_cfg_t score
        float floor
        uint16_t input
        uint16_t regime
        float spread
    ctypedef struct ecm_monitor_counts_t:
        ecm_dist_cfg_t dist
        const ecm_dist_kind_t *distance
        float limit
    ctypedef struct ecm_monitor_t2_t:
        ecm_t2_cfg_t t2
        const uint16_t *scores
    ctypedef struct ecm_monitor_kind_t:
        const ecm_drift_kind_t *kind
        const void *cfg
    ctypedef struct ecm_monitor_form_t:
        pass
    const ecm_monitor_form_t ecm_monitor_form_cusum
    const ecm_monitor_form_t ecm_monitor_form_ewma
    const ecm_monitor_form_t ecm_monitor_form_limit
    const ecm_monitor_form_t ecm_monitor_form_counts
    const ecm_monitor_form_t ecm_monitor_form_classes
    const ecm_monitor_form_t ecm_monitor_form_t2
    const ecm_monitor_form_t ecm_monitor_form_kind
    ctypedef struct ecm_monitor_row_t:
        const void *cfg
        float top
        const ecm_monitor_form_t *form
        uint16_t what
        uint16_t group
        uint16_t regime
        uint16_t score
        uint16_t up_only
    ctypedef struct ecm_monitor_group_t:
        const ecm_persist_cfg_t *persist
        uint32_t hold_off
    ctypedef struct ecm_monitor_cfg_t:
        uint32_t id
        const ecm_monitor_score_t *scores
        const ecm_monitor_row_t *rows
        const ecm_monitor_group_t *groups
        uint16_t scores_len
        uint16_t rows_len
        uint16_t groups_len
        uint16_t regime_len
        const ecm_regime_cfg_t *regime
        const uint16_t *regime_inputs
        const float *regime_center
        const float *regime_factor
        float (*log)(float x) noexcept nogil
        ecm_status_t (*persist_update)(
            ecm_persist_t *st, const ecm_persist_cfg_t *cfg, float x,
            uint32_t *event) noexcept nogil
        ecm_status_t (*regime_update)(
            ecm_regime_t *st, const ecm_regime_cfg_t *cfg, const float *x,
            uint32_t *regime) noexcept nogil
    ctypedef struct ecm_monitor_head_t:
        uint32_t id
        uint32_t windows
        uint32_t active
    ctypedef struct ecm_monitor_alarm_t:
        uint32_t group
        uint32_t level
        uint32_t row
        uint32_t what
        uint32_t direction
        uint32_t detail
        uint32_t since
        float ratio
    uint32_t ecm_monitor_words(const ecm_monitor_cfg_t *cfg) noexcept
    ecm_status_t ecm_monitor_init(void *state, const ecm_monitor_cfg_t *cfg) noexcept
    ecm_status_t ecm_monitor_update_f32(
        void *state, const ecm_monitor_cfg_t *cfg, const float *x, uint32_t class_id,
        ecm_monitor_alarm_t *alarms, uint32_t alarms_len, uint32_t *found) noexcept
    uint32_t ecm_monitor_raised(
        const void *state, const ecm_monitor_cfg_t *cfg, uint32_t group) noexcept
    float ecm_monitor_ratio_f32(
        const void *state, const ecm_monitor_cfg_t *cfg, uint32_t group) noexcept
    ecm_status_t ecm_monitor_save(
        const void *state, const ecm_monitor_cfg_t *cfg,
        const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_monitor_check(
        void *state, const ecm_monitor_cfg_t *cfg) noexcept
    ecm_status_t ecm_monitor_load(
        void *state, const ecm_monitor_cfg_t *cfg,
        const ecm_state_store_t *store) noexcept
