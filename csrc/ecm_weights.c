/* ecm_weights.c - see ecm_weights.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_weights.h"
#include "ecm_bytes.h"
#include "ecm_state.h"

#define WEIGHTS_MAGIC 0x574d4345U /* "ECMW" */
#define WEIGHTS_SUMMED_AT 16U
#define WEIGHTS_TABLE_ALIGN 8U

/* Does each table begin behind the list of tables, and within the block? */
static bool weights_tables(const uint8_t *body, uint32_t bytes, uint32_t tables_len) {
    uint32_t i;
    if (bytes / 4U <= tables_len || ecm_bytes_get(body, 4) != tables_len) {
        return false;
    }
    for (i = 0; i < tables_len; i++) {
        uint32_t at = ecm_bytes_get(body + 4U * (size_t)(i + 1U), 4);
        if (at % WEIGHTS_TABLE_ALIGN != 0U || at < 4U * (tables_len + 1U) ||
            at > bytes) {
            return false;
        }
    }
    return true;
}

ecm_status_t ecm_weights_fit(const ecm_weights_cfg_t *cfg, const uint8_t *data) {
    ECM_REQUIRE(cfg != NULL && data != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ecm_bytes_get(data, 4) == WEIGHTS_MAGIC, ECM_ERR_FORMAT);
    ECM_REQUIRE(data[4] == ECM_WEIGHTS_VERSION && data[5] == 0U, ECM_ERR_FORMAT);
    ECM_REQUIRE(data[6] == ECM_WEIGHTS_HEAD_BYTES && data[7] == 0U, ECM_ERR_FORMAT);
    ECM_REQUIRE(ecm_bytes_same(data + 16, cfg->contract_id, ECM_WEIGHTS_ID_BYTES),
                ECM_ERR_ARG);
    ECM_REQUIRE(ecm_bytes_same(data + 32, cfg->layout_id, ECM_WEIGHTS_ID_BYTES),
                ECM_ERR_ARG);
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
    total = ecm_bytes_get(data + 8, 4);
    ECM_REQUIRE(total > ECM_WEIGHTS_HEAD_BYTES, ECM_ERR_FORMAT);
    ECM_REQUIRE(total <= bytes, ECM_ERR_LENGTH);
    ECM_REQUIRE(
        ecm_state_crc32(0, data + WEIGHTS_SUMMED_AT, total - WEIGHTS_SUMMED_AT) ==
            ecm_bytes_get(data + 12, 4),
        ECM_ERR_FORMAT);
    ECM_REQUIRE(weights_tables(data + ECM_WEIGHTS_HEAD_BYTES,
                               total - ECM_WEIGHTS_HEAD_BYTES, cfg->tables_len),
                ECM_ERR_FORMAT);
    return ECM_OK;
}
