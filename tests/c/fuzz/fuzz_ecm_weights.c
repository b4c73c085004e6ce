/* fuzz_ecm_weights.c - blocks that are right but for a few bytes, or not at all.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_state.h"
#include "ecm_weights.h"

void fuzz_ecm_weights(void);

static void put(uint8_t *to, uint32_t value) {
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

void fuzz_ecm_weights(void) {
    uint32_t bytes = ecm_fuzz_len(300), i;
    uint8_t *block = ecm_fuzz_bytes(bytes);
    ecm_weights_cfg_t cfg;
    ecm_status_t status;
    cfg.tables_len = ecm_fuzz_len(8);
    for (i = 0; i < bytes; i++) {
        block[i] = (uint8_t)ecm_fuzz_below(256);
    }
    for (i = 0; i < 16U; i++) {
        cfg.contract_id[i] = cfg.layout_id[i] = 7;
    }
    if (bytes >= 52U && !ecm_fuzz_once_in(8)) {
        memcpy(block, "ECMW", 4);
        put(block + 4, 1U | 48UL << 16);
        put(block + 8, ecm_fuzz_once_in(4) ? ecm_fuzz_u32() : bytes);
        memset(block + 16, 7, 32);
        put(block + 48, cfg.tables_len);
        for (i = 1; i <= cfg.tables_len && 52U + 4U * i <= bytes; i++) {
            uint32_t at = ecm_fuzz_below(bytes) / 8U * 8U;
            put(block + 48 + 4U * i, ecm_fuzz_once_in(4) ? ecm_fuzz_u32() : at);
        }
        put(block + 12, ecm_state_crc32(0, block + 16, bytes - 16U));
        if (ecm_fuzz_once_in(4)) {
            block[ecm_fuzz_below(bytes)] ^= (uint8_t)(1U << ecm_fuzz_below(8));
        }
    }
    status = ecm_weights_check(&cfg, ecm_fuzz_or_null(block), bytes);
    ecm_fuzz_judge(status);
    if (status == ECM_OK) {
        ECM_FUZZ_CHECK(ecm_weights_fit(&cfg, block) == ECM_OK);
        for (i = 0; i < cfg.tables_len; i++) {
            const uint8_t *at = ecm_weights_table(block + 48, i);
            ECM_FUZZ_CHECK(at >= block + 52 && at <= block + bytes);
        }
    }
    if (bytes >= 48U) {
        ecm_fuzz_judge(ecm_weights_fit(&cfg, ecm_fuzz_or_null(block)));
    }
}
