/* ecm_weights.c - see ecm_weights.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_weights.h"

#include "ecm_state.h"

#define WEIGHTS_MAGIC 0x574d4345U /* "ECMW" */
#define WEIGHTS_SUMMED_AT 16U
#define WEIGHTS_TABLE_ALIGN 8U

static uint32_t weights_u32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

static bool weights_same(const uint8_t *a, const uint8_t *b) {
    uint32_t i, differs = 0;
    for (i = 0; i < ECM_WEIGHTS_ID_BYTES; i++) {
        differs |= (uint32_t)(a[i] ^ b[i]);
    }
    return differs == 0U;
}

/* Does each table begin behind the list of tables, and within the block? */
static bool weights_tables(const uint8_t *body, uint32_t bytes, uint32_t tables_len) {
    uint32_t i;
    if (bytes / 4U <= tables_len || weights_u32(body) != tables_len) {
        return false;
    }
    for (i = 0; i < tables_len; i++) {
        uint32_t at = weights_u32(body + 4U * (size_t)(i + 1U));
        if (at % WEIGHTS_TABLE_ALIGN != 0U || at < 4U * (tables_len + 1U) ||
            at > bytes) {
            return false;
        }
    }
    return true;
}

ecm_status_t ecm_weights_fit(const ecm_weights_cfg_t *cfg, const uint8_t *data) {
    ECM_REQUIRE(cfg != NULL && data != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(weights_u32(data) == WEIGHTS_MAGIC, ECM_ERR_FORMAT);
    ECM_REQUIRE(data[4] == ECM_WEIGHTS_VERSION && data[5] == 0U, ECM_ERR_FORMAT);
    ECM_REQUIRE(data[6] == ECM_WEIGHTS_HEAD_BYTES && data[7] == 0U, ECM_ERR_FORMAT);
    ECM_REQUIRE(weights_same(data + 16, cfg->contract_id), ECM_ERR_ARG);
    ECM_REQUIRE(weights_same(data + 32, cfg->layout_id), ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_weights_check(const ecm_weights_cfg_t *cfg, const uint8_t *data,
                               uint32_t bytes) {
    uint32_t total;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && data != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bytes > ECM_WEIGHTS_HEAD_BYTES, ECM_ERR_FORMAT);
    status = ecm_weights_fit(cfg, data);
    ECM_REQUIRE(status == ECM_OK, status);
    total = weights_u32(data + 8);
    ECM_REQUIRE(total > ECM_WEIGHTS_HEAD_BYTES, ECM_ERR_FORMAT);
    ECM_REQUIRE(total <= bytes, ECM_ERR_LENGTH);
    ECM_REQUIRE(ecm_state_crc32(0, data + WEIGHTS_SUMMED_AT,
                                total - WEIGHTS_SUMMED_AT) == weights_u32(data + 12),
                ECM_ERR_FORMAT);
    ECM_REQUIRE(weights_tables(data + ECM_WEIGHTS_HEAD_BYTES,
                               total - ECM_WEIGHTS_HEAD_BYTES, cfg->tables_len),
                ECM_ERR_FORMAT);
    return ECM_OK;
}
