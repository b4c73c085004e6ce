/* test_ecm_weights.c - a block of two tables, and every way in which it is not one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_state.h"
#include "ecm_test.h"
#include "ecm_weights.h"

void test_ecm_weights(void);

#define TABLES 2U
#define BYTES 88U /* head 48, list 12 and 4, tables 16 and 8 */

static void put(uint8_t *to, uint32_t value, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

static void sum(uint8_t *block) {
    put(block + 12, ecm_state_crc32(0, block + 16, BYTES - 16U), 4);
}

static ecm_weights_cfg_t make(uint8_t *block) {
    ecm_weights_cfg_t cfg;
    uint32_t i;
    memset(block, 0, BYTES);
    memcpy(block, "ECMW", 4);
    put(block + 4, ECM_WEIGHTS_VERSION, 2);
    put(block + 6, ECM_WEIGHTS_HEAD_BYTES, 2);
    put(block + 8, BYTES, 4);
    for (i = 0; i < 32U; i++) {
        block[16U + i] = (uint8_t)(3U * i + 1U);
    }
    put(block + 48, TABLES, 4);
    put(block + 52, 16, 4);
    put(block + 56, 32, 4);
    for (i = 64; i < BYTES; i++) {
        block[i] = (uint8_t)(i * i % 251U);
    }
    sum(block);
    memcpy(cfg.contract_id, block + 16, 16);
    memcpy(cfg.layout_id, block + 32, 16);
    cfg.tables_len = TABLES;
    return cfg;
}

static void test_whole(void) {
    union {
        uint8_t bytes[BYTES];
        uint64_t aligned;
    } block;
    uint8_t shifted[BYTES + 1U];
    const uint8_t *table;
    ecm_weights_cfg_t cfg = make(block.bytes);
    ecm_test_bytes("weights block", block.bytes, BYTES);
    ECM_CHECK(ecm_weights_check(&cfg, block.bytes, BYTES) == ECM_OK);
    ECM_CHECK(ecm_weights_check(&cfg, block.bytes, BYTES + 100U) == ECM_OK);
    ECM_CHECK(ecm_weights_fit(&cfg, block.bytes) == ECM_OK);
    table = ecm_weights_table(block.bytes + ECM_WEIGHTS_HEAD_BYTES, 1);
    ECM_CHECK(table == block.bytes + 80);
    memcpy(shifted + 1, block.bytes, BYTES); /* at any address */
    ECM_CHECK(ecm_weights_check(&cfg, shifted + 1, BYTES) == ECM_OK);
}

static void test_damage(void) {
    uint8_t block[BYTES];
    ecm_weights_cfg_t cfg = make(block);
    uint32_t bit, kinds[3] = {0, 0, 0};
    for (bit = 0; bit < 8U * BYTES; bit++) {
        ecm_status_t status;
        block[bit / 8U] ^= (uint8_t)(1U << (bit % 8U));
        status = ecm_weights_check(&cfg, block, BYTES);
        ECM_CHECK(status < ECM_OK);
        kinds[0] += status == ECM_ERR_FORMAT ? 1U : 0U;
        kinds[1] += status == ECM_ERR_ARG ? 1U : 0U;
        kinds[2] += status == ECM_ERR_LENGTH ? 1U : 0U;
        block[bit / 8U] ^= (uint8_t)(1U << (bit % 8U));
    }
    ECM_CHECK(kinds[1] == 256U); /* every bit of the ids */
    ecm_test_u32("weights format", kinds[0]);
    ecm_test_u32("weights length", kinds[2]);
}

/* Whole by their checksum, and still none. */
static void test_refusals(void) {
    static const uint32_t wrong[] = {12, 20, 96, 0xfffffff8U};
    uint8_t block[BYTES];
    ecm_weights_cfg_t cfg = make(block);
    uint32_t i;
    ECM_CHECK(ecm_weights_check(NULL, block, BYTES) == ECM_ERR_NULL);
    ECM_CHECK(ecm_weights_check(&cfg, NULL, BYTES) == ECM_ERR_NULL);
    ECM_CHECK(ecm_weights_fit(NULL, block) == ECM_ERR_NULL);
    ECM_CHECK(ecm_weights_fit(&cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_weights_check(&cfg, block, BYTES - 1U) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_weights_check(&cfg, block, ECM_WEIGHTS_HEAD_BYTES) == ECM_ERR_FORMAT);
    for (i = 0; i < 4U; i++) {
        make(block);
        put(block + 56, wrong[i], 4);
        sum(block);
        ECM_CHECK(ecm_weights_check(&cfg, block, BYTES) == ECM_ERR_FORMAT);
    }
    make(block);
    cfg.tables_len = TABLES + 1U;
    ECM_CHECK(ecm_weights_check(&cfg, block, BYTES) == ECM_ERR_FORMAT);
    cfg.tables_len = 0xffffffffU;
    ECM_CHECK(ecm_weights_check(&cfg, block, BYTES) == ECM_ERR_FORMAT);
}

void test_ecm_weights(void) {
    test_whole();
    test_damage();
    test_refusals();
}
