/* ecm_node_receive.c - see ecm_node_receive.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_node_receive.h"

/* The first 32 bits of an id, as frames have it. */
#define NODE_PREFIX(id)                                                                \
    ((uint32_t)(id)[0] << 24 | (uint32_t)(id)[1] << 16 | (uint32_t)(id)[2] << 8 |      \
     (uint32_t)(id)[3])

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

/* Whoever it is for obeys. */
static ecm_status_t node_obey(const ecm_node_cfg_t *cfg,
                              const ecm_command_order_t *order) {
    uint32_t i;
    if (order->kind == ECM_COMMAND_ACK_ALARMS) {
        uint32_t known = order->value[0];
        known |= (known & NODE_REST_BIT) != 0U ? NODE_REST_ALL : 0U;
        cfg->st->alarms &= ~known;
        return ECM_OK;
    }
    for (i = 0; i < cfg->services_len; i++) {
        const ecm_node_row_t *row = &cfg->services[i];
        if (row->service->order != NULL) {
            ecm_status_t status = row->service->order(cfg, row, order);
            if (status != ECM_MORE) {
                return status;
            }
        }
    }
    return ECM_ERR_STATE;
}

/* The service that gives frames of the node out, or NULL. */
static const ecm_node_row_t *node_sender(const ecm_node_cfg_t *cfg) {
    uint32_t i;
    for (i = 0; i < cfg->services_len; i++) {
        if (cfg->services[i].service->send != NULL) {
            return &cfg->services[i];
        }
    }
    return NULL;
}

/* As answers have it. */
static uint16_t node_result(ecm_status_t status) {
    if (status >= ECM_OK) {
        return 0;
    }
    return (uint16_t)(status > -ECM_FRAME_RESULT_MAX ? -status : ECM_FRAME_RESULT_MAX);
}

/* Tell home what became of a command. */
static void node_answer(const ecm_node_cfg_t *cfg, const ecm_command_order_t *order,
                        ecm_status_t result) {
    const ecm_node_row_t *row = node_sender(cfg);
    const ecm_app_cfg_t *app = cfg->app_cfg;
    uint8_t buf[ECM_FRAME_MIN_BYTES];
    ecm_frame_answer_t answer;
    uint32_t bytes = 0, news = 0, i;
    if (row == NULL || (order->kind == ECM_COMMAND_ACK_FRAMES && result == ECM_OK)) {
        return;
    }
    if (cfg->app->seq == 0U) { /* the join frame comes first */
        (void)row->service->step(cfg, row, &news);
    }
    answer.device_id = app->device_id;
    answer.contract_id = NODE_PREFIX(app->contract_id);
    answer.model_id = NODE_PREFIX(app->model_id);
    answer.uptime_s = cfg->st->now_s;
    answer.command = order->seq;
    answer.kind = order->kind;
    for (i = 0; i < (uint32_t)ECM_FRAME_ANSWER_VALUES; i++) {
        answer.value[i] = order->value[i];
    }
    answer.seq = (uint16_t)(cfg->app->seq & 0xffffU);
    answer.result = node_result(result);
    if (ecm_frame_encode_answer(&answer, app->mac, app->mac_user, buf, sizeof buf,
                                &bytes) == ECM_OK) {
        cfg->app->seq++;
        (void)row->service->send(row, buf, bytes);
    }
}

ecm_status_t ecm_node_receive(const ecm_node_cfg_t *cfg, const uint8_t *data,
                              uint32_t bytes, ecm_command_order_t *order) {
    ecm_command_t before;
    ecm_command_order_t found;
    ecm_status_t status, known;
    ECM_REQUIRE(cfg != NULL && data != NULL && order != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->command != NULL && cfg->commands != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->st->started == 1U, ECM_ERR_STATE);
    status = node_remember(cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    before = cfg->st->command;
    known = ecm_command_decode(&cfg->st->command, cfg->command, data, bytes, &found);
    ECM_REQUIRE(known >= ECM_OK, known);
    status = ecm_command_save(&cfg->st->command, cfg->commands);
    if (status != ECM_OK) { /* it may be sent again */
        cfg->st->command = before;
    } else {
        *order = found;
        status = known == ECM_OK ? node_obey(cfg, &found) : ECM_ERR_FORMAT;
    }
    node_answer(cfg, &found, status);
    return status;
}
