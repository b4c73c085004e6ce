# The C declarations of what a device in the field keeps and is told;
# tests/core/test_ecm_pxd.py holds them against the headers.
from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_watch cimport ecm_state_store_t

cdef extern from "ecm_spool.h" nogil:
    enum:
        ECM_SPOOL_VERSION
        ECM_SPOOL_HEAD_BYTES
        ECM_SPOOL_RECORD_BYTES
    uint32_t ECM_SPOOL_FRAME_BYTES(uint32_t n) noexcept
    ctypedef struct ecm_spool_cfg_t:
        const ecm_state_store_t *flash
        uint32_t sectors
    ctypedef struct ecm_spool_t:
        uint32_t dropped
    ecm_status_t ecm_spool_open(ecm_spool_t *st, const ecm_spool_cfg_t *cfg) noexcept
    ecm_status_t ecm_spool_append(
        ecm_spool_t *st, const ecm_spool_cfg_t *cfg, const uint8_t *data,
        uint32_t bytes) noexcept
    ecm_status_t ecm_spool_next(
        ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint8_t *data, uint32_t data_max,
        uint32_t *bytes, uint32_t *number) noexcept
    ecm_status_t ecm_spool_rewind(ecm_spool_t *st) noexcept
    ecm_status_t ecm_spool_ack(
        ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint32_t number) noexcept
    uint32_t ecm_spool_waiting(const ecm_spool_t *st) noexcept
