# The C declarations of sketches and saved states; tests/core/test_ecm_pxd.py holds them against the
# headers.
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_sketch.h" nogil:
    enum:
        ECM_SKETCH_DIVISIONS_MAX
        ECM_SKETCH_BINS_MAX
        ECM_SKETCH_TOP_MAX
    ctypedef struct ecm_sketch_log_cfg_t:
        uint16_t bins
        uint16_t divisions
        int16_t exponent
        uint16_t negative
    ctypedef struct ecm_sketch_log_t:
        uint32_t n
        uint32_t zeros
        uint32_t beyond
        float minimum
        float maximum
    ctypedef struct ecm_sketch_p2_cfg_t:
        float q
    ctypedef struct ecm_sketch_p2_t:
        float[5] height
        uint32_t[5] place
    ctypedef struct ecm_sketch_top_entry_t:
        uint32_t id
        uint32_t count
        uint32_t error
    ecm_status_t ecm_sketch_log_init(
        ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg, uint32_t *count) noexcept
    ecm_status_t ecm_sketch_log_update_f32(
        ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg, uint32_t *count,
        float x) noexcept
    ecm_status_t ecm_sketch_log_merge(
        ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg, uint32_t *count,
        const ecm_sketch_log_t *other, const uint32_t *other_count) noexcept
    ecm_status_t ecm_sketch_log_quantile_f32(
        const ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg,
        const uint32_t *count, float q, float *x) noexcept
    ecm_status_t ecm_sketch_p2_init(ecm_sketch_p2_t *st) noexcept
    ecm_status_t ecm_sketch_p2_update_f32(
        ecm_sketch_p2_t *st, const ecm_sketch_p2_cfg_t *cfg, float x) noexcept
    ecm_status_t ecm_sketch_p2_quantile_f32(
        const ecm_sketch_p2_t *st, const ecm_sketch_p2_cfg_t *cfg, float *x) noexcept
    ecm_status_t ecm_sketch_top_init(
        ecm_sketch_top_entry_t *top, uint32_t k) noexcept
    ecm_status_t ecm_sketch_top_update(
        ecm_sketch_top_entry_t *top, uint32_t k, uint32_t id) noexcept
    ecm_status_t ecm_sketch_top_merge(
        ecm_sketch_top_entry_t *top, uint32_t k,
        const ecm_sketch_top_entry_t *other) noexcept

cdef extern from "ecm_sample.h" nogil:
    enum:
        ECM_SAMPLE_KLL_LEVELS
        ECM_SAMPLE_KLL_K_MIN
        ECM_SAMPLE_KLL_K_MAX
    uint32_t ECM_SAMPLE_KLL_LEN(uint32_t k) noexcept
    ctypedef struct ecm_sample_kll_t:
        uint32_t n
        uint32_t random
        float minimum
        float maximum
        uint16_t k
        uint16_t levels
        uint16_t[22] start
    ctypedef struct ecm_sample_reservoir_t:
        uint32_t n
        uint32_t random
    ecm_status_t ecm_sample_kll_init(
        ecm_sample_kll_t *st, uint32_t k, uint32_t seed) noexcept
    ecm_status_t ecm_sample_kll_update_f32(
        ecm_sample_kll_t *st, float *mem, float x) noexcept
    ecm_status_t ecm_sample_kll_merge(
        ecm_sample_kll_t *st, float *mem, const ecm_sample_kll_t *other,
        const float *other_mem) noexcept
    ecm_status_t ecm_sample_kll_quantile_f32(
        const ecm_sample_kll_t *st, float *mem, float q, float *x) noexcept
    ecm_status_t ecm_sample_kll_rank_f32(
        const ecm_sample_kll_t *st, const float *mem, float x, float *share) noexcept
    ecm_status_t ecm_sample_reservoir_init(
        ecm_sample_reservoir_t *st, uint32_t seed) noexcept
    ecm_status_t ecm_sample_reservoir_update_f32(
        ecm_sample_reservoir_t *st, float *kept, uint32_t kept_len, float x) noexcept
    ecm_status_t ecm_sample_sort_f32(float *x, uint32_t x_len) noexcept
    ecm_status_t ecm_sample_ks_f32(
        const float *reference, uint32_t reference_len, const float *x, uint32_t x_len,
        float *ks) noexcept

cdef extern from "ecm_state.h" nogil:
    enum:
        ECM_STATE_VERSION
        ECM_STATE_HEAD_BYTES
    uint32_t ECM_STATE_SLOT_BYTES(uint32_t n) noexcept
    ctypedef struct ecm_state_store_t:
        ecm_status_t (*read)(
            void *user, uint32_t at, uint8_t *data, uint32_t bytes) noexcept
        ecm_status_t (*erase)(void *user, uint32_t at, uint32_t bytes) noexcept
        ecm_status_t (*write)(
            void *user, uint32_t at, const uint8_t *data, uint32_t bytes) noexcept
        void *user
        uint32_t slot_bytes
    uint32_t ecm_state_crc32(
        uint32_t crc, const uint8_t *data, uint32_t bytes) noexcept
    ecm_status_t ecm_state_save(
        const ecm_state_store_t *store, uint32_t type, const uint8_t *data,
        uint32_t bytes) noexcept
    ecm_status_t ecm_state_load(
        const ecm_state_store_t *store, uint32_t type, uint8_t *data,
        uint32_t data_max, uint32_t *bytes) noexcept
