/* ecm_node_receive.c - see ecm_node_receive.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node_receive.h"

/* The last bit of a frame stands for all groups from there on. */
#define NODE_REST_BIT 0x8000U
#define NODE_REST_ALL 0xffff8000U

/* The number of the last command, after a reset. */
static ecm_status_t node_remember(const ecm_node_cfg_t *cfg) {
    ecm_status_t status;
    if (cfg->st->commanded != 0U) {
        return ECM_OK;
    }
    (void)ecm_command_init(&cfg->st->command);
    status = ecm_command_load(&cfg->st->command, cfg->commands);
    ECM_REQUIRE(status == ECM_OK || status == ECM_ERR_STATE,
                status); /* the first one */
    cfg->st->commanded = 1;
    return ECM_OK;
}

ecm_status_t ecm_node_receive(const ecm_node_cfg_t *cfg, const uint8_t *data,
                              uint32_t bytes, ecm_command_order_t *order) {
    ecm_command_t before;
    ecm_command_order_t found;
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && data != NULL && order != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->command != NULL && cfg->commands != NULL, ECM_ERR_NULL);
    status = node_remember(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    before = cfg->st->command;
    status = ecm_command_decode(&cfg->st->command, cfg->command, data, bytes, &found);
    ECM_REQUIRE(status == ECM_OK, status);
    status = ecm_command_save(&cfg->st->command, cfg->commands);
    if (status != ECM_OK) { /* it may be sent again */
        cfg->st->command = before;
        return status;
    }
    *order = found;
    if (found.kind == ECM_COMMAND_ACK_ALARMS) {
        uint32_t known = found.value[0];
        known |= (known & NODE_REST_BIT) != 0U ? NODE_REST_ALL : 0U;
        cfg->st->alarms &= ~known;
        return ECM_OK;
    }
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        if (row->service->order != NULL) {
            status = row->service->order(cfg, row, &found);
            if (status != ECM_MORE) {
                return status;
            }
        }
    }
    return ECM_ERR_STATE;
}
