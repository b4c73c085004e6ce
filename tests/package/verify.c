/* verify.c - updates whose signature Monocypher judges, on any core.
 *
 * The blocks in verify_blocks.h were signed on the host: a good one, one by another
 * key, and a newer one with the signature of the first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_package_verify.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

#include "verify_blocks.h"

#define SLOT_BYTES ECM_APP_UPDATE_SLOT_BYTES(BLOCK_BYTES)

void ecm_test_run_all(void);

static uint64_t slots[2U * SLOT_BYTES / 8U];

#ifdef ECM_PACKAGE_VERIFY_KEY_BYTES
static ecm_status_t read_key(void *user, uint8_t key[ECM_PACKAGE_VERIFY_KEY_BYTES]) {
    const uint32_t *refuses = (const uint32_t *)user;
    if (*refuses != 0U) {
        return ECM_ERR_STATE;
    }
    memcpy(key, secret, ECM_PACKAGE_VERIFY_KEY_BYTES);
    return ECM_OK;
}
#endif

static uint32_t renew(const uint8_t *block, void *user, ecm_status_t *status) {
    static const ecm_app_update_part_t parts[1] = {{NULL, PART_BYTES, NULL}};
    test_flash_t flash;
    ecm_state_store_t store =
        test_flash_store(&flash, (uint8_t *)slots, 2, SLOT_BYTES, 16);
    ecm_app_update_cfg_t cfg;
    ecm_app_update_t st;
    memset(&cfg, 0, sizeof cfg);
    memcpy(cfg.contract_id, firmware + 32, sizeof cfg.contract_id);
    memcpy(cfg.layout_id, firmware + 48, sizeof cfg.layout_id);
    cfg.parts = parts;
    cfg.parts_len = 1;
    cfg.firmware = firmware;
    cfg.slots = (const uint8_t *)slots;
    cfg.slot_bytes = SLOT_BYTES;
    *status = ecm_app_update_begin(&st, &cfg, &store, BLOCK_BYTES);
    if (*status == ECM_OK) {
        *status = ecm_app_update_write(&st, &cfg, &store, block, BLOCK_BYTES);
    }
    if (*status == ECM_OK) {
        *status = ecm_app_update_commit(&st, &cfg, &store, ecm_package_verify, user);
    }
    ECM_CHECK(ecm_app_update_version(&cfg) == (*status == ECM_OK ? 7U : 0U));
    return st.reason;
}

static void judge(const char *label, const uint8_t *block, void *user) {
    ecm_status_t status;
    ecm_test_u32(label, renew(block, user, &status));
    ecm_test_s32("status", status);
}

void ecm_test_run_all(void) {
    uint8_t copy[BLOCK_BYTES];
    void *user = NULL;
#ifdef ECM_PACKAGE_VERIFY_KEY_BYTES
    uint32_t refuses = 0;
    ecm_package_verify_key_t key;
    key.read = read_key;
    key.user = &refuses;
    user = &key;
    ECM_CHECK(ecm_package_verify(NULL, good, 1, good, SIGNATURE_BYTES) == ECM_ERR_NULL);
#endif
    judge("good", good, user);
    judge("stranger", stranger, user);
    memcpy(copy, good, sizeof copy);
    copy[BLOCK_BYTES - SIGNATURE_BYTES] ^= 4U;
    judge("signature", copy, user);
    judge("data", forged, user);
    ECM_CHECK(ecm_package_verify(user, NULL, 1, good, SIGNATURE_BYTES) == ECM_ERR_NULL);
    ECM_CHECK(ecm_package_verify(user, good, 1, NULL, SIGNATURE_BYTES) == ECM_ERR_NULL);
    ECM_CHECK(ecm_package_verify(user, good, 1, good, SIGNATURE_BYTES - 1U) ==
              ECM_ERR_LENGTH);
#ifdef ECM_PACKAGE_VERIFY_KEY_BYTES
    refuses = 1;
    judge("no key", good, user);
#endif
}
