/* fuzz_ecm_app_update.c - updates in flash that holds anything and fails now and then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_fuzz.h"

void fuzz_ecm_app_update(void);

typedef struct {
    uint8_t *bytes;
    uint32_t len;
    uint32_t fails; /* once in so many calls */
} fuzz_memory_t;

static ecm_status_t memory_erase(void *user, uint32_t at, uint32_t bytes) {
    const fuzz_memory_t *memory = user;
    ECM_FUZZ_CHECK(at <= memory->len && bytes <= memory->len - at);
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

/* Weights without tables that fit, or a little damaged. */
static void make(uint8_t *block, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        block[i] = (uint8_t)ecm_fuzz_below(256);
    }
    if (bytes >= 52U) {
        memcpy(block, "ECMW", 4);
        put(block + 4, 1U | 48UL << 16);
        put(block + 8, bytes);
        memset(block + 16, 7, 32);
        put(block + 48, 0);
        put(block + 12, ecm_state_crc32(0, block + 16, bytes - 16U));
    }
    if (bytes > 0U && ecm_fuzz_once_in(4)) {
        block[ecm_fuzz_below(bytes)] ^= (uint8_t)(1U << ecm_fuzz_below(8));
    }
}

static void once(const ecm_app_update_cfg_t *cfg, const ecm_state_store_t *store) {
    uint32_t bytes = ecm_fuzz_len(200), at = 0;
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
    ecm_fuzz_judge(ecm_app_update_commit(&st, cfg, store));
}

void fuzz_ecm_app_update(void) {
    uint32_t slot = 16U * (2U + ecm_fuzz_len(12)), round;
    uint8_t firmware[ECM_WEIGHTS_HEAD_BYTES + 8] = {0};
    ecm_state_store_t store = {NULL, memory_erase, memory_write, NULL, 0};
    ecm_app_update_cfg_t cfg;
    fuzz_memory_t memory;
    if (slot < 64U) {
        slot = 64; /* a head must be there to look at */
    }
    memset(&cfg, 0, sizeof cfg);
    memset(cfg.weights.contract_id, 7, 16);
    memset(cfg.weights.layout_id, 7, 16);
    memory.bytes = ecm_fuzz_bytes(2U * slot);
    memory.len = 2U * slot;
    memory.fails = ecm_fuzz_once_in(2) ? 8U : UINT32_MAX;
    store.user = &memory;
    store.slot_bytes = ecm_fuzz_once_in(16) ? slot + 16U : slot;
    cfg.firmware = firmware;
    cfg.slots = memory.bytes;
    cfg.slot_bytes = slot;
    for (round = ecm_fuzz_below(6); round > 0U; round--) {
        const uint8_t *found;
        once(&cfg, &store);
        found = ecm_app_update_weights(&cfg);
        ECM_FUZZ_CHECK(found == firmware + 48 || found == memory.bytes + 48 ||
                       found == memory.bytes + slot + 48U);
        if (ecm_fuzz_once_in(4) && store.slot_bytes == slot) {
            memory.bytes[ecm_fuzz_below(memory.len)] ^= 1U;
            (void)ecm_app_update_start(&cfg, &store);
        }
        if (ecm_fuzz_once_in(4)) {
            (void)ecm_app_update_revert(&cfg, ecm_fuzz_or_null(&store));
        }
    }
    ECM_FUZZ_CHECK(ecm_app_update_weights(NULL) == NULL);
}
