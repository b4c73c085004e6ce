# csrc/ecm_run.h
from libc.stdint cimport uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_run.h" nogil:
    enum:
        ECM_RUN_STEADY
        ECM_RUN_OFF
        ECM_RUN_TRANSIENT
    ctypedef struct ecm_run_cfg_t:
        float off_below
        float change_most
        uint32_t settle_len
    ctypedef struct ecm_run_t:
        uint32_t state
    ecm_status_t ecm_run_init(ecm_run_t *st, const ecm_run_cfg_t *cfg) noexcept
    ecm_status_t ecm_run_update_f32(
        ecm_run_t *st, const ecm_run_cfg_t *cfg, float x, uint32_t *state) noexcept
