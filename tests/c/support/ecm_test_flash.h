/* ecm_test_flash.h - flash for tests, whose power is lost after so many bytes.
 *
 * It holds the library to its word: units of 16 bytes, erased before they are written,
 * and only whole slots erased. What was being written when the power was lost is
 * neither the old byte nor the new one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TEST_FLASH_H
#define ECM_TEST_FLASH_H

#include "ecm_state.h"
#include "ecm_test.h"

#define TEST_FLASH_ON UINT32_MAX

typedef struct {
    uint8_t *bytes;
    uint32_t len;
    uint32_t slot_bytes;
    uint32_t power; /* bytes that may be erased or written yet, or TEST_FLASH_ON */
    uint32_t unit;  /* of a write: 1 or 16 */
    bool upwards;   /* erases from the first byte, or from the last */
    uint16_t *worn; /* erases of each slot; may be NULL */
} test_flash_t;

static bool test_flash_spend(test_flash_t *flash) {
    if (flash->power == 0U) {
        return false;
    }
    flash->power -= flash->power == TEST_FLASH_ON ? 0U : 1U;
    return true;
}

static ecm_status_t test_flash_read(void *user, uint32_t at, uint8_t *data,
                                    uint32_t bytes) {
    const test_flash_t *flash = (const test_flash_t *)user;
    ECM_CHECK(at <= flash->len && bytes <= flash->len - at);
    memcpy(data, flash->bytes + at, (size_t)bytes);
    return ECM_OK;
}

static ecm_status_t test_flash_erase(void *user, uint32_t at, uint32_t bytes) {
    test_flash_t *flash = (test_flash_t *)user;
    uint32_t i;
    ECM_CHECK(at % flash->slot_bytes == 0U && bytes == flash->slot_bytes);
    ECM_CHECK(at <= flash->len && bytes <= flash->len - at);
    if (flash->worn != NULL) {
        flash->worn[at / flash->slot_bytes]++;
    }
    for (i = 0; i < bytes; i++) {
        if (!test_flash_spend(flash)) {
            return ECM_ERR_STATE;
        }
        flash->bytes[flash->upwards ? at + i : at + bytes - 1U - i] = 0xff;
    }
    return ECM_OK;
}

static ecm_status_t test_flash_write(void *user, uint32_t at, const uint8_t *data,
                                     uint32_t bytes) {
    test_flash_t *flash = (test_flash_t *)user;
    uint32_t i;
    ECM_CHECK(at % flash->unit == 0U && bytes % flash->unit == 0U);
    ECM_CHECK(at <= flash->len && bytes <= flash->len - at);
    for (i = 0; i < bytes; i++) {
        ECM_CHECK(flash->bytes[at + i] == 0xffU);
        if (!test_flash_spend(flash)) {
            flash->bytes[at + i] = (uint8_t)(data[i] ^ 0x24U);
            return ECM_ERR_STATE;
        }
        flash->bytes[at + i] = data[i];
    }
    return ECM_OK;
}

/* Erased flash of slots, written in units of so many bytes. */
static ecm_state_store_t test_flash_store(test_flash_t *flash, uint8_t *bytes,
                                          uint32_t slots, uint32_t slot_bytes,
                                          uint32_t unit) {
    ecm_state_store_t store = {test_flash_read, test_flash_erase, test_flash_write,
                               NULL, 0};
    memset(flash, 0, sizeof *flash);
    memset(bytes, 0xff, (size_t)(slots * slot_bytes));
    flash->bytes = bytes;
    flash->len = slots * slot_bytes;
    flash->slot_bytes = slot_bytes;
    flash->power = TEST_FLASH_ON;
    flash->unit = unit;
    flash->upwards = true;
    store.user = flash;
    store.slot_bytes = slot_bytes;
    return store;
}

/* Reproducible bytes. */
static inline void test_flash_fill(uint8_t *data, uint32_t bytes, uint32_t seed) {
    uint32_t i;
    seed = seed * 2654435769U + 1U;
    for (i = 0; i < bytes; i++) {
        seed = seed * 1664525U + 1013904223U;
        data[i] = (uint8_t)(seed >> 24);
    }
}

static inline bool test_flash_same(const uint8_t *a, const uint8_t *b, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

#endif
