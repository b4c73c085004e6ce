/* fuzz_ecm_state.c - records in memory that holds anything and fails now and then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_state.h"

void fuzz_ecm_state(void);

typedef struct {
    uint8_t *bytes;
    uint32_t len;
    uint32_t fails; /* once in so many calls */
} fuzz_memory_t;

static ecm_status_t memory_read(void *user, uint32_t at, uint8_t *data,
                                uint32_t bytes) {
    const fuzz_memory_t *memory = user;
    ECM_FUZZ_CHECK(at <= memory->len && bytes <= memory->len - at);
    memcpy(data, memory->bytes + at, bytes);
    return ecm_fuzz_once_in(memory->fails) ? ECM_ERR_STATE : ECM_OK;
}

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
    memcpy(memory->bytes + at, data, cut ? ecm_fuzz_len(bytes) : bytes);
    return cut ? ECM_ERR_STATE : ECM_OK;
}

void fuzz_ecm_state(void) {
    uint32_t slot = ecm_fuzz_len(100), n = ecm_fuzz_len(90), i, len = 0, round;
    uint8_t *data = ecm_fuzz_bytes(n), *kept = ecm_fuzz_bytes(n);
    uint8_t *found = ecm_fuzz_bytes(n);
    ecm_state_store_t store = {memory_read, memory_erase, memory_write, NULL, 0};
    fuzz_memory_t memory;
    bool saved = false;
    memory.bytes = ecm_fuzz_bytes(2U * slot);
    memory.len = 2U * slot;
    memory.fails = ecm_fuzz_once_in(2) ? 8U : UINT32_MAX;
    store.user = &memory;
    store.slot_bytes = slot;
    for (round = ecm_fuzz_below(12); round > 0U; round--) {
        ecm_status_t status;
        for (i = 0; i < n; i++) {
            data[i] = (uint8_t)ecm_fuzz_below(256);
        }
        status = ecm_state_save(&store, 3, ecm_fuzz_or_null(data), n);
        if (status == ECM_OK) {
            memcpy(kept, data, n);
            saved = true;
        }
        status = ecm_state_load(&store, 3, ecm_fuzz_or_null(found), n, &len);
        if (status == ECM_OK && saved && memory.fails == UINT32_MAX) {
            ECM_FUZZ_CHECK(len == n);
            for (i = 0; i < n; i++) {
                ECM_FUZZ_CHECK(found[i] == kept[i]);
            }
        }
        ECM_FUZZ_CHECK(
            !(saved && status == ECM_ERR_STATE && memory.fails == UINT32_MAX));
    }
    {
        ecm_state_part_t parts[2];
        parts[0].bytes = ecm_fuzz_len(n);
        parts[0].data = ecm_fuzz_or_null(data);
        parts[1].bytes = n - parts[0].bytes;
        parts[1].data = data + parts[0].bytes;
        (void)ecm_state_save_parts(&store, 3, ecm_fuzz_or_null(parts), 2);
        parts[1].data = ecm_fuzz_or_null(found);
        (void)ecm_state_load_parts(&store, 3, parts, 2, &len);
    }
    (void)ecm_state_load_before(&store, 3, ecm_fuzz_or_null(found), n, &len);
    if (ecm_state_revert(&store) == ECM_OK && memory.fails == UINT32_MAX) {
        ECM_FUZZ_CHECK(ecm_state_revert(&store) == ECM_ERR_STATE);
    }
    ECM_FUZZ_CHECK(ecm_state_crc32(ecm_state_crc32(0, data, n / 2U), data + n / 2U,
                                   n - n / 2U) == ecm_state_crc32(0, data, n));
}
