# csrc/ecm_drift.h, csrc/ecm_drift_ewma.h: checks that go without the tables of kinds
from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_drift cimport (
    ecm_drift_cusum_cfg_t,
    ecm_drift_cusum_t,
    ecm_drift_ewma_cfg_t,
    ecm_drift_ewma_t,
)

cdef extern from "ecm_drift.h" nogil:
    ecm_status_t ecm_drift_cusum_check(
        const ecm_drift_cusum_t *st, const ecm_drift_cusum_cfg_t *cfg) noexcept

cdef extern from "ecm_drift_ewma.h" nogil:
    ecm_status_t ecm_drift_ewma_check(
        const ecm_drift_ewma_t *st, const ecm_drift_ewma_cfg_t *cfg) noexcept
    float ecm_drift_ewma_ratio_f32(
        const ecm_drift_ewma_t *st, const ecm_drift_ewma_cfg_t *cfg) noexcept
