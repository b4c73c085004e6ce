/* fuzz_ecm_app_update.c - updates in flash that holds anything and fails now and then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_frame.h"
#include "ecm_fuzz.h"

void fuzz_ecm_app_update(void);

typedef struct {
    uint8_t *bytes;
    uint32_t len;
    uint32_t fails;       /* once in so many calls */
    const uint8_t *taken; /* that somebody reads: no update erases it */
    bool updates;
} fuzz_memory_t;

static ecm_status_t memory_erase(void *user, uint32_t at, uint32_t bytes) {
    const fuzz_memory_t *memory = user;
    ECM_FUZZ_CHECK(at <= memory->len && bytes <= memory->len - at);
    ECM_FUZZ_CHECK(!memory->updates || memory->bytes + at != memory->taken);
    memset(memory->bytes + at, ecm_fuzz_once_in(2) ? 0xff : 0, bytes);
    return ecm_fuzz_once_in(memory->fails) ? ECM_ERR_STATE : ECM_OK;
}

static ecm_status_t memory_write(void *user, uint32_t at, const uint8_t *data,
                                 uint32_t bytes) {
    const fuzz_memory_t *memory = user;
    bool cut = ecm_fuzz_once_in(memory->fails);
    ECM_FUZZ_CHECK(at <= memory->len && bytes <= memory->len - at);
    ECM_FUZZ_CHECK(bytes == ECM_APP_UPDATE_UNIT_BYTES);
    memcpy(memory->bytes + at, data, cut ? ecm_fuzz_len(bytes) : bytes);
    return cut ? ECM_ERR_STATE : ECM_OK;
}

static void put(uint8_t *to, uint32_t value) {
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

enum { HEAD = ECM_APP_UPDATE_HEAD_BYTES, PARTS = 2, OTHER = 8, SIGNATURE = 16 };

/* A block of weights without tables and of 8 other bytes, or a little damaged. */
static void make(uint8_t *block, uint32_t bytes) {
    uint32_t end = HEAD + 8U * PARTS, i;
    for (i = 0; i < bytes; i++) {
        block[i] = (uint8_t)ecm_fuzz_below(256);
    }
    if (bytes >= end + 56U + OTHER + SIGNATURE) {
        uint8_t *weights = block + end + OTHER;
        uint32_t weights_bytes = (bytes - SIGNATURE - end - OTHER) & ~7U;
        memcpy(block, "ECMU", 4);
        put(block + 4, ECM_APP_UPDATE_VERSION | (uint32_t)HEAD << 16);
        put(block + 8, bytes);
        put(block + 12, SIGNATURE);
        put(block + 16, ecm_fuzz_below(9));
        put(block + 20, PARTS);
        memset(block + 32, 7, 32);
        put(block + HEAD, end + OTHER);
        put(block + HEAD + 4, weights_bytes);
        put(block + HEAD + 8, end);
        put(block + HEAD + 12, OTHER);
        memcpy(weights, "ECMW", 4);
        put(weights + 4, 1U | 48UL << 16);
        put(weights + 8, weights_bytes);
        memset(weights + 16, 7, 32);
        put(weights + 48, 0);
        put(weights + 12, ecm_state_crc32(0, weights + 16, weights_bytes - 16U));
        put(block + 24, ecm_state_crc32(0, block + 28, bytes - SIGNATURE - 28U));
    }
    if (bytes > 0U && ecm_fuzz_once_in(4)) {
        block[ecm_fuzz_below(bytes)] ^= (uint8_t)(1U << ecm_fuzz_below(8));
    }
}

static ecm_status_t verify(void *user, const uint8_t *data, uint32_t bytes,
                           const uint8_t *signature, uint32_t signature_bytes) {
    uint32_t i, sum = 0;
    (void)user;
    for (i = 0; i < bytes; i++) {
        sum += data[i];
    }
    for (i = 0; i < signature_bytes; i++) {
        sum += signature[i];
    }
    return ecm_fuzz_once_in(8) ? (sum % 2U != 0U ? ECM_ERR_ARG : ECM_ERR_FORMAT)
                               : ECM_OK;
}

static void once(const ecm_app_update_cfg_t *cfg, const ecm_state_store_t *store) {
    uint32_t bytes = ecm_fuzz_len(240), at = 0;
    uint8_t *block = ecm_fuzz_bytes(bytes);
    ecm_app_update_t st;
    ecm_status_t status;
    memset(&st, 0, sizeof st);
    make(block, bytes);
    status = ecm_app_update_begin(&st, cfg, store, ecm_fuzz_once_in(8) ? 99U : bytes);
    ecm_fuzz_judge(status);
    while (at < bytes) {
        uint32_t n = 1U + ecm_fuzz_below(bytes - at);
        ecm_fuzz_judge(
            ecm_app_update_write(&st, cfg, store, ecm_fuzz_or_null(block + at), n));
        at += n;
    }
    status = ecm_app_update_commit(&st, cfg, store, verify, NULL);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(st.begun == 0U && st.reason <= (uint32_t)ECM_FRAME_UPDATE_MAX);
    ECM_FUZZ_CHECK((status == ECM_OK) == (st.reason == (uint32_t)ECM_APP_UPDATE_DONE));
}

/* Data that count, and what may be done to them. */
static void between(const ecm_app_update_cfg_t *cfg, const ecm_state_store_t *store,
                    fuzz_memory_t *memory) {
    const uint8_t *found = ecm_app_update_data(cfg);
    ECM_FUZZ_CHECK(found == cfg->firmware || found == memory->bytes ||
                   found == memory->bytes + cfg->slot_bytes);
    memory->taken = ecm_fuzz_once_in(2) ? found : memory->taken;
    if (ecm_fuzz_once_in(4) && store->slot_bytes == cfg->slot_bytes) {
        memory->bytes[ecm_fuzz_below(memory->len)] ^= 1U;
        (void)ecm_app_update_start(cfg, store);
    }
    if (ecm_fuzz_once_in(4)) {
        (void)ecm_app_update_revert(cfg, ecm_fuzz_once_in(9) ? NULL : store);
    }
    if (store->slot_bytes == cfg->slot_bytes && memory->fails == UINT32_MAX) {
        /* what a start leaves can be read to its end */
        uint32_t sum = 0, i;
        const uint8_t *part;
        (void)ecm_app_update_start(cfg, store);
        part = (const uint8_t *)ecm_app_update_part(cfg, 1);
        ECM_FUZZ_CHECK(ecm_app_update_part_of(cfg, found, PARTS) == NULL);
        ECM_FUZZ_CHECK(part ==
                       ecm_app_update_part_of(cfg, ecm_app_update_data(cfg), 1));
        ECM_FUZZ_CHECK(part[0] % 8U != 7U || ecm_app_update_data(cfg) == cfg->firmware);
        for (i = 0; i < (uint32_t)OTHER; i++) {
            sum += part[i];
        }
        ECM_FUZZ_CHECK(sum < 256U * OTHER);
        ECM_FUZZ_CHECK(ecm_app_update_version(cfg) <= UINT32_MAX);
    }
}

static ecm_status_t check(const void *data) {
    return *(const uint8_t *)data % 8U == 7U ? ECM_ERR_ARG : ECM_OK;
}

void fuzz_ecm_app_update(void) {
    static const ecm_weights_cfg_t weights = {
        {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
        {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7},
        0};
    static const ecm_app_update_part_t parts[PARTS] = {{&weights, 0, NULL},
                                                       {NULL, OTHER, check}};
    uint32_t slot = 16U * (7U + ecm_fuzz_len(12)), round;
    uint8_t firmware[HEAD + 8 * PARTS + OTHER] = {0};
    ecm_state_store_t store = {NULL, memory_erase, memory_write, NULL, 0};
    ecm_app_update_cfg_t cfg;
    fuzz_memory_t memory;
    put(firmware + 16, ecm_fuzz_below(3));
    put(firmware + HEAD, HEAD + 8U * PARTS);
    put(firmware + HEAD + 8, HEAD + 8U * PARTS);
    memset(&cfg, 0, sizeof cfg);
    memset(cfg.contract_id, 7, 16);
    memset(cfg.layout_id, 7, 16);
    cfg.parts = parts;
    cfg.parts_len = PARTS;
    memory.bytes = ecm_fuzz_bytes(2U * slot);
    memory.len = 2U * slot;
    memory.fails = ecm_fuzz_once_in(2) ? 8U : UINT32_MAX;
    memory.taken = NULL;
    cfg.taken = ecm_fuzz_once_in(8) ? NULL : &memory.taken;
    store.user = &memory;
    store.slot_bytes = ecm_fuzz_once_in(16) ? slot + 16U : slot;
    cfg.firmware = firmware;
    cfg.slots = memory.bytes;
    cfg.slot_bytes = slot;
    for (round = ecm_fuzz_below(6); round > 0U; round--) {
        memory.updates = cfg.taken != NULL;
        once(&cfg, &store);
        memory.updates = false;
        between(&cfg, &store, &memory);
    }
    ECM_FUZZ_CHECK(ecm_app_update_data(NULL) == NULL);
}
