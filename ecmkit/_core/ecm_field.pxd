# The C declarations of what a device in the field keeps and is told;
# tests/core/test_ecm_pxd.py holds them against the headers.
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_status_t
from ecmkit._core.ecm_device cimport ecm_frame_mac_fn_t
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
    ecm_status_t ecm_spool_pass(
        ecm_spool_t *st, const ecm_spool_cfg_t *cfg) noexcept
    ecm_status_t ecm_spool_rewind(ecm_spool_t *st) noexcept
    ecm_status_t ecm_spool_ack(
        ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint32_t number) noexcept
    uint32_t ecm_spool_waiting(const ecm_spool_t *st) noexcept

cdef extern from "ecm_snapshot.h" nogil:
    enum:
        ECM_SNAPSHOT_VERSION
        ECM_SNAPSHOT_HEAD_BYTES
        ECM_SNAPSHOT_CHUNK_MIN
        ECM_SNAPSHOT_CHUNK_MAX
        ECM_SNAPSHOT_AROUND_BYTES
        ECM_SNAPSHOT_AROUND_MAC_BYTES
    uint32_t ECM_SNAPSHOT_SLOT_BYTES(
        uint32_t samples_len, uint32_t sample_bytes) noexcept
    ctypedef struct ecm_snapshot_cfg_t:
        uint32_t device_id
        uint32_t before_len
        uint32_t after_len
        float fs_hz
        float scale
        uint16_t sample_bytes
        uint16_t channel
        uint16_t chunk_bytes
        ecm_frame_mac_fn_t mac
        void *mac_user
    ctypedef struct ecm_snapshot_t:
        uint32_t crc
    ecm_status_t ecm_snapshot_init(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg) noexcept
    ecm_status_t ecm_snapshot_push_f32(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, void *mem, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_snapshot_push_s16(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, void *mem, const int16_t *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_snapshot_trigger(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, uint32_t ago, uint32_t cause,
        uint32_t time_s) noexcept
    ecm_status_t ecm_snapshot_trigger_at(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, uint32_t position,
        uint32_t cause, uint32_t time_s) noexcept
    ecm_status_t ecm_snapshot_seal(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, const void *mem,
        uint32_t *chunks) noexcept
    ecm_status_t ecm_snapshot_seal_some(
        ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, const void *mem,
        uint32_t bytes, uint32_t *chunks) noexcept
    ecm_status_t ecm_snapshot_keep_some(
        const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, const void *mem,
        const ecm_state_store_t *flash, uint32_t *at, uint32_t bytes) noexcept
    ecm_status_t ecm_snapshot_chunk(
        const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, const void *mem,
        uint32_t number, uint8_t *buf, uint32_t buf_bytes, uint32_t *len) noexcept
    ecm_status_t ecm_snapshot_rearm(ecm_snapshot_t *st) noexcept
    ecm_status_t ecm_snapshot_keep(
        const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg, const void *mem,
        const ecm_state_store_t *flash) noexcept
    ecm_status_t ecm_snapshot_kept(
        const ecm_snapshot_cfg_t *cfg, const ecm_state_store_t *flash,
        uint32_t *chunks) noexcept
    ecm_status_t ecm_snapshot_kept_chunk(
        const ecm_snapshot_cfg_t *cfg, const ecm_state_store_t *flash, uint32_t number,
        uint8_t *buf, uint32_t buf_bytes, uint32_t *len) noexcept

cdef extern from "ecm_command.h" nogil:
    enum:
        ECM_COMMAND_VERSION
        ECM_COMMAND_MAX_BYTES
        ECM_COMMAND_INTERVAL_MAX
        ECM_COMMAND_STATE_TYPE
        ECM_COMMAND_STATE_BYTES
        ECM_COMMAND_ACK_ALARMS
        ECM_COMMAND_CHUNKS
        ECM_COMMAND_RELEARN
        ECM_COMMAND_INTERVAL
        ECM_COMMAND_ACK_FRAMES
        ECM_COMMAND_REARM
        ECM_COMMAND_GUARDED
        ECM_COMMAND_FORCED
        ECM_COMMAND_BACK
    ctypedef struct ecm_command_cfg_t:
        uint32_t device_id
        ecm_frame_mac_fn_t mac
        void *mac_user
    ctypedef struct ecm_command_t:
        uint32_t last
    ctypedef struct ecm_command_order_t:
        uint32_t seq
        uint32_t kind
        uint32_t[2] value
    ecm_status_t ecm_command_init(ecm_command_t *st) noexcept
    ecm_status_t ecm_command_decode(
        ecm_command_t *st, const ecm_command_cfg_t *cfg, const uint8_t *data,
        uint32_t bytes, ecm_command_order_t *order) noexcept
    ecm_status_t ecm_command_save(
        const ecm_command_t *st, const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_command_load(
        ecm_command_t *st, const ecm_state_store_t *store) noexcept

cdef extern from "ecm_commission.h" nogil:
    enum:
        ECM_COMMISSION_BINS
        ECM_COMMISSION_EDGES
        ECM_COMMISSION_WINDOWS_MIN
        ECM_COMMISSION_WINDOWS_MAX
        ECM_COMMISSION_BASELINE_TYPE
        ECM_COMMISSION_LEARN_TYPE
        ECM_COMMISSION_HEAD_WORDS
        ECM_COMMISSION_EMPTY
        ECM_COMMISSION_LEARNING
        ECM_COMMISSION_MONITORING
        ECM_COMMISSION_RELEARNING
        ECM_COMMISSION_REFUSED
    uint32_t ECM_COMMISSION_BASELINE_WORDS(uint32_t features_len) noexcept
    uint32_t ECM_COMMISSION_LEARN_WORDS(uint32_t features_len, uint32_t k) noexcept
    ctypedef struct ecm_commission_cfg_t:
        uint32_t id
        uint16_t features_len
        uint16_t k
        uint32_t windows_len
        float ks_limit
        float shift_limit
    ctypedef struct ecm_commission_t:
        uint32_t phase
        uint32_t n
        uint32_t forced
        uint32_t generation
        uint32_t feature
        float ks
        float shift
        uint32_t at
    ecm_status_t ecm_commission_init(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg) noexcept
    ecm_status_t ecm_commission_begin(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *learn,
        c_bool forced) noexcept
    ecm_status_t ecm_commission_cancel(ecm_commission_t *st) noexcept
    ecm_status_t ecm_commission_update_f32(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *learn,
        const float *x) noexcept
    ecm_status_t ecm_commission_update_some_f32(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *learn,
        const float *x, uint32_t *at, uint32_t features) noexcept
    ecm_status_t ecm_commission_finish(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *baseline,
        void *learn) noexcept
    ecm_status_t ecm_commission_finish_some(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *baseline,
        void *learn, uint32_t features) noexcept
    const float *ecm_commission_numbers(const void *baseline) noexcept
    ecm_status_t ecm_commission_save(
        const ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
        const void *baseline, const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_commission_load(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *baseline,
        const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_commission_back(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *baseline,
        const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_commission_pause(
        const ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *learn,
        const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_commission_check(
        const ecm_commission_t *st, const ecm_commission_cfg_t *cfg,
        const ecm_commission_t *kept, void *learn) noexcept
    ecm_status_t ecm_commission_resume(
        ecm_commission_t *st, const ecm_commission_cfg_t *cfg, void *learn,
        const ecm_state_store_t *store) noexcept

cdef extern from "ecm_state.h" nogil:
    ctypedef struct ecm_state_part_t:
        void *data
        uint32_t bytes
    ecm_status_t ecm_state_save_parts(
        const ecm_state_store_t *store, uint32_t type, const ecm_state_part_t *parts,
        uint32_t parts_len) noexcept
    ecm_status_t ecm_state_load_parts(
        const ecm_state_store_t *store, uint32_t type, const ecm_state_part_t *parts,
        uint32_t parts_len, uint32_t *bytes) noexcept
    ecm_status_t ecm_state_load_before(
        const ecm_state_store_t *store, uint32_t type, uint8_t *data,
        uint32_t data_max, uint32_t *bytes) noexcept
    ecm_status_t ecm_state_revert(const ecm_state_store_t *store) noexcept

cdef extern from "ecm_device.h" nogil:
    enum:
        ECM_DEVICE_CHANNELS_MAX
        ECM_DEVICE_STATE_TYPE
        ECM_DEVICE_HEAD_BYTES
        ECM_DEVICE_BYTES_MAX
        ECM_DEVICE_SPEED_NONE
        ECM_DEVICE_SPEED_FIXED
        ECM_DEVICE_SPEED_TACHO
        ECM_DEVICE_SPEED_ESTIMATED
        ECM_DEVICE_SPEED_GIVEN
    uint32_t ECM_DEVICE_BYTES(uint32_t channels_len) noexcept
    ctypedef struct ecm_device_orders_t:
        float bpfo
        float bpfi
        float bsf
        float ftf
    ctypedef struct ecm_device_t:
        uint32_t device_id
        uint32_t key_id
        uint16_t channels_len
        uint16_t speed_source
        float speed_hz
        float pulses_per_turn
        uint16_t balls
        uint16_t reserved
        float ball_mm
        float pitch_mm
        float contact_deg
        float[16] sensitivity
        float[16] offset
    ecm_status_t ecm_device_check(const ecm_device_t *device) noexcept
    ecm_status_t ecm_device_encode(
        const ecm_device_t *device, uint8_t *buf, uint32_t max,
        uint32_t *bytes) noexcept
    ecm_status_t ecm_device_decode(
        ecm_device_t *device, const uint8_t *data, uint32_t bytes) noexcept
    ecm_status_t ecm_device_save(
        const ecm_device_t *device, const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_device_load(
        ecm_device_t *device, const ecm_state_store_t *store) noexcept
    ecm_status_t ecm_device_bearing_orders(
        const ecm_device_t *device, ecm_device_orders_t *orders) noexcept
    ecm_status_t ecm_device_scale_f32(
        const ecm_device_t *device, uint32_t channel, float *x,
        uint32_t x_len) noexcept

cdef extern from "ecm_cbor.h" nogil:
    enum:
        ECM_CBOR_HEAD_MAX
    uint8_t *ecm_cbor_put_number(
        uint8_t *to, uint32_t value, uint32_t bytes) noexcept
    uint8_t *ecm_cbor_put_head(
        uint8_t *to, uint32_t major, uint32_t value) noexcept
    const uint8_t *ecm_cbor_get_head(
        const uint8_t *at, const uint8_t *end, uint32_t major,
        uint32_t *value) noexcept
