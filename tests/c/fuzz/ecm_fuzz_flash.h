/* ecm_fuzz_flash.h - flash for the fuzzer: it holds anything and fails now and then.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FUZZ_FLASH_H
#define ECM_FUZZ_FLASH_H

#include "ecm_fuzz.h"
#include "ecm_state.h"

typedef struct {
    uint8_t *bytes;
    uint32_t len;
    uint32_t fails; /* once in so many calls; UINT32_MAX: never */
} fuzz_flash_t;

static ecm_status_t fuzz_flash_read(void *user, uint32_t at, uint8_t *data,
                                    uint32_t bytes) {
    const fuzz_flash_t *flash = user;
    ECM_FUZZ_CHECK(at <= flash->len && bytes <= flash->len - at);
    memcpy(data, flash->bytes + at, bytes);
    return ecm_fuzz_once_in(flash->fails) ? ECM_ERR_STATE : ECM_OK;
}

static ecm_status_t fuzz_flash_erase(void *user, uint32_t at, uint32_t bytes) {
    const fuzz_flash_t *flash = user;
    bool cut = ecm_fuzz_once_in(flash->fails);
    ECM_FUZZ_CHECK(at <= flash->len && bytes <= flash->len - at);
    memset(flash->bytes + at, 0xff, cut ? ecm_fuzz_len(bytes) : bytes);
    return cut ? ECM_ERR_STATE : ECM_OK;
}

static ecm_status_t fuzz_flash_write(void *user, uint32_t at, const uint8_t *data,
                                     uint32_t bytes) {
    const fuzz_flash_t *flash = user;
    bool cut = ecm_fuzz_once_in(flash->fails);
    ECM_FUZZ_CHECK(at <= flash->len && bytes <= flash->len - at);
    memcpy(flash->bytes + at, data, cut ? ecm_fuzz_len(bytes) : bytes);
    return cut ? ECM_ERR_STATE : ECM_OK;
}

/* Slots that are erased, or hold anything. */
static ecm_state_store_t fuzz_flash_store(fuzz_flash_t *flash, uint32_t slots,
                                          uint32_t slot_bytes) {
    ecm_state_store_t store = {fuzz_flash_read, fuzz_flash_erase, fuzz_flash_write,
                               NULL, 0};
    flash->len = slots * slot_bytes;
    flash->bytes = ecm_fuzz_bytes(flash->len);
    if (ecm_fuzz_once_in(2)) {
        memset(flash->bytes, 0xff, flash->len);
    }
    flash->fails = ecm_fuzz_once_in(2) ? 12U : UINT32_MAX;
    store.user = flash;
    store.slot_bytes = slot_bytes;
    return store;
}

#endif
