# The C declarations of weights as data and their updates; tests/core/test_ecm_pxd.py
# holds them against the headers.
from libc.stdint cimport uint8_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_watch cimport ecm_state_store_t

cdef extern from "ecm_weights.h" nogil:
    enum:
        ECM_WEIGHTS_VERSION
        ECM_WEIGHTS_HEAD_BYTES
        ECM_WEIGHTS_ID_BYTES
    ctypedef struct ecm_weights_cfg_t:
        uint8_t contract_id[16]
        uint8_t layout_id[16]
        uint32_t tables_len
    const void *ecm_weights_table(const void *weights, uint32_t table) noexcept
    ecm_status_t ecm_weights_fit(
        const ecm_weights_cfg_t *cfg, const uint8_t *data) noexcept
    ecm_status_t ecm_weights_check(
        const ecm_weights_cfg_t *cfg, const uint8_t *data, uint32_t bytes) noexcept

cdef extern from "ecm_app_update.h" nogil:
    enum:
        ECM_APP_UPDATE_VERSION
        ECM_APP_UPDATE_HEAD_BYTES
        ECM_APP_UPDATE_ID_BYTES
        ECM_APP_UPDATE_SIGNATURE_MIN
        ECM_APP_UPDATE_SIGNATURE_MAX
        ECM_APP_UPDATE_UNIT_BYTES
        ECM_APP_UPDATE_NONE
        ECM_APP_UPDATE_DONE
        ECM_APP_UPDATE_FORMAT
        ECM_APP_UPDATE_CONTRACT
        ECM_APP_UPDATE_LAYOUT
        ECM_APP_UPDATE_LENGTH
        ECM_APP_UPDATE_OLD
        ECM_APP_UPDATE_SIGNATURE
        ECM_APP_UPDATE_FLASH
        ECM_APP_UPDATE_INCOMPLETE
        ECM_APP_UPDATE_BACK
        ECM_APP_UPDATE_TAKEN
    uint32_t ECM_APP_UPDATE_SLOT_BYTES(uint32_t n) noexcept
    ctypedef struct ecm_app_update_part_t:
        const ecm_weights_cfg_t *weights
        uint32_t bytes
        ecm_status_t (*check)(const void *data) noexcept
    ctypedef struct ecm_app_update_cfg_t:
        uint8_t contract_id[16]
        uint8_t layout_id[16]
        const ecm_app_update_part_t *parts
        uint32_t parts_len
        const uint8_t *firmware
        const uint8_t *slots
        uint32_t slot_bytes
    ctypedef struct ecm_app_update_t:
        uint32_t begun
        uint32_t reason
        uint32_t slot
        uint32_t newest
        uint32_t total
        uint32_t at
        uint8_t held[80]
    ctypedef ecm_status_t (*ecm_app_update_verify_fn_t)(
        void *user, const uint8_t *data, uint32_t bytes, const uint8_t *signature,
        uint32_t signature_bytes) noexcept
    const uint8_t *ecm_app_update_data(const ecm_app_update_cfg_t *cfg) noexcept
    const void *ecm_app_update_part(
        const ecm_app_update_cfg_t *cfg, uint32_t part) noexcept
    const void *ecm_app_update_part_of(
        const ecm_app_update_cfg_t *cfg, const uint8_t *data, uint32_t part) noexcept
    uint32_t ecm_app_update_version(const ecm_app_update_cfg_t *cfg) noexcept
    ecm_status_t ecm_app_update_start(
        const ecm_app_update_cfg_t *cfg, const ecm_state_store_t *flash) noexcept
    ecm_status_t ecm_app_update_begin(
        ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
        const ecm_state_store_t *flash, uint32_t bytes) noexcept
    ecm_status_t ecm_app_update_write(
        ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
        const ecm_state_store_t *flash, const uint8_t *data, uint32_t bytes) noexcept
    ecm_status_t ecm_app_update_commit(
        ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
        const ecm_state_store_t *flash, ecm_app_update_verify_fn_t verify,
        void *user) noexcept
    ecm_status_t ecm_app_update_revert(
        const ecm_app_update_cfg_t *cfg, const ecm_state_store_t *flash) noexcept
