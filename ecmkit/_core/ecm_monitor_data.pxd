# csrc/ecm_monitor_data.h
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_monitor cimport (
    ecm_monitor_cfg_t,
    ecm_monitor_counts_t,
    ecm_monitor_row_t,
    ecm_monitor_score_t,
    ecm_monitor_t2_t,
)

cdef extern from "ecm_monitor_data.h" nogil:
    ctypedef struct ecm_monitor_tables_t:
        ecm_monitor_score_t *scores
        ecm_monitor_row_t *rows
        ecm_monitor_counts_t *counts
        ecm_monitor_t2_t *t2
        uint16_t counts_len
        uint16_t t2_len
    uint32_t ecm_monitor_data_len(const ecm_monitor_cfg_t *cfg) noexcept
    ecm_status_t ecm_monitor_data_get(
        const ecm_monitor_cfg_t *cfg, uint32_t *data) noexcept
    ecm_status_t ecm_monitor_data_check(
        const ecm_monitor_cfg_t *cfg, const uint32_t *data) noexcept
    ecm_status_t ecm_monitor_data_set(
        const ecm_monitor_cfg_t *cfg, const uint32_t *data,
        const ecm_monitor_tables_t *tables, ecm_monitor_cfg_t *made) noexcept
    ecm_status_t ecm_monitor_rebase_f32(
        const ecm_monitor_score_t *known, uint32_t scores_len, const float *means,
        const float *spreads, uint32_t features_len,
        ecm_monitor_score_t *scores) noexcept
