/* corruption.c - updates of a package that go wrong, ROUNDS of them: a model answers.
 *
 * corruption_blocks.h has two blocks with their answers, and the firmware's answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_package.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

#include "corruption_blocks.h"

#define IMAGE (2U * ECM_PACKAGE_SLOT_BYTES)

void ecm_test_run_all(void);

static uint8_t image[2][IMAGE], block[sizeof newer];
static test_flash_t flash;
static ecm_state_store_t store;
static uint32_t seed = 1;

static uint32_t any(uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % below;
}

/* Stands for a keyed hash, which it is not. */
static ecm_status_t verify(void *user, const uint8_t *data, uint32_t bytes,
                           const uint8_t *signature, uint32_t signature_bytes) {
    uint32_t a = 2166136261U, b = 77U, i;
    (void)user;
    for (i = 0; i < bytes; i++) {
        a = (a ^ data[i]) * 16777619U;
        b = b * 33U + (a >> 16);
    }
    ECM_REQUIRE(signature_bytes == 16U, ECM_ERR_LENGTH);
    for (i = 0; i < 4U; i++) {
        ECM_REQUIRE(signature[i] == ((a >> (8U * i)) & 0xffU), ECM_ERR_ARG);
        ECM_REQUIRE(signature[4U + i] == ((b >> (8U * i)) & 0xffU), ECM_ERR_ARG);
        ECM_REQUIRE(signature[8U + i] == 0U && signature[12U + i] == 0U, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_package_live_t live;

static uint8_t *slots(void) {
    return (uint8_t *)(size_t)ecm_package_slots;
}

/* Send a block in pieces, through flash whose power may be lost. */
static uint32_t send(const uint8_t *data, uint32_t told, uint32_t bytes,
                     uint32_t power) {
    const ecm_app_update_cfg_t *cfg = &ecm_package_update;
    const uint32_t piece = 1U + any(300);
    ecm_app_update_t st;
    ecm_status_t status;
    uint32_t at;
    flash.power = power;
    status = ecm_app_update_begin(&st, cfg, &store, told);
    for (at = 0; at < bytes && status >= ECM_OK; at += piece) {
        const uint32_t rest = bytes - at;
        status = ecm_app_update_write(&st, cfg, &store, data + at,
                                      rest < piece ? rest : piece);
    }
    if (status >= ECM_OK) {
        (void)ecm_app_update_commit(&st, cfg, &store, verify, NULL);
    }
    flash.power = TEST_FLASH_ON;
    return st.reason;
}

static void damage(uint8_t *bytes, uint32_t len) {
    uint32_t n = 1U + any(16);
    while (n-- > 0U) {
        const uint32_t at = any(len);
        bytes[at] = (uint8_t)(bytes[at] ^ (1U + any(255)));
    }
}

/* A reset: what counts is found anew, and the model asked. 0: the firmware's answer,
 * 1 the older block's, 2 the newer one's. */
static uint32_t answer(void) {
    uint32_t work[64], bits, i;
    float y[4];
    ECM_CHECK(ecm_app_update_start(&ecm_package_update, &store) >= ECM_OK);
    ECM_CHECK(ecm_package_adopt(&live) == ECM_OK);
    ECM_CHECK(live.cfg.models[1].run(sample, y, (void *)work) == ECM_OK);
    memcpy(&bits, y, sizeof bits);
    for (i = 0; i < 3U && bits != answers[i]; i++) {
    }
    ECM_CHECK(i < 3U);
    ECM_CHECK(i == 3U || live.cfg.model_id[0] == ids[i]);
    return i;
}

void ecm_test_run_all(void) {
    uint32_t counts[4][3] = {{0}}, reasons = 0, i, kind, found;
    store = test_flash_store(&flash, slots(), 2, ECM_PACKAGE_SLOT_BYTES, 16);
    ECM_CHECK(answer() == 0U);
    ECM_CHECK(send(older, sizeof older, sizeof older, TEST_FLASH_ON) == 1U);
    ECM_CHECK(answer() == 1U);
    memcpy(image[0], slots(), IMAGE);
    ECM_CHECK(send(newer, sizeof newer, sizeof newer, TEST_FLASH_ON) == 1U);
    ECM_CHECK(answer() == 2U);
    ECM_CHECK(send(older, sizeof older, sizeof older, TEST_FLASH_ON) == 6U);
    ECM_CHECK(answer() == 2U); /* replayed: refused as old */
    memcpy(image[1], slots(), IMAGE);
    for (i = 0; i < ROUNDS; i++) {
        kind = i % 4U;
        memcpy(block, newer, sizeof block);
        memcpy(slots(), image[kind / 3U], IMAGE);
        ECM_CHECK(ecm_package_adopt(&live) == ECM_OK);
        if (kind == 0U) { /* bytes on the way */
            damage(block, sizeof block);
            reasons |= 1U << send(block, sizeof block, sizeof block, TEST_FLASH_ON);
        } else if (kind == 1U) { /* too few or too many */
            found = any(sizeof block);
            reasons |= 1U << send(block, found + any(2) * 64U, found, TEST_FLASH_ON);
        } else if (kind == 2U) { /* power, and bytes on the way */
            if (any(2) == 0U) {
                damage(block, sizeof block);
            }
            (void)send(block, sizeof block, sizeof block, any(2U * IMAGE));
        } else { /* flash that forgets: one slot, or both */
            damage(slots() + any(2) * ECM_PACKAGE_SLOT_BYTES, ECM_PACKAGE_SLOT_BYTES);
            if (any(8) == 0U) {
                damage(slots(), IMAGE);
            }
        }
        found = answer();
        counts[kind][found % 3U]++;
    }
    ecm_test_u32("reasons", reasons);
    for (i = 0; i < 12U; i++) {
        ecm_test_u32("count", counts[i / 3U][i % 3U]);
    }
}
