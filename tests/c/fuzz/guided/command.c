/* command.c - frames that a device receives: bytes in any number, with or without an
 * authentication code that is put right.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_command.h"
#include "ecm_guided.h"

enum { ID_BYTES = 4, CODE_BYTES = 5, RECEIVED_MAX = 40 };

static ecm_status_t mac(void *user, const uint8_t *data, uint32_t bytes,
                        uint8_t code[ECM_FRAME_MAC_BYTES]) {
    (void)user;
    guided_put(code, ecm_state_crc32(0, data, bytes));
    return ECM_OK;
}

/* The code as a sender makes it: of the device's id and the bytes before. */
static void sign(uint32_t device_id, uint8_t *data, uint32_t bytes) {
    uint8_t text[ID_BYTES + RECEIVED_MAX] = {0};
    text[ID_BYTES - 1] = (uint8_t)device_id;
    memcpy(text + ID_BYTES, data, bytes - CODE_BYTES);
    data[bytes - CODE_BYTES] = 0x44; /* four bytes follow */
    guided_put(data + bytes - 4U,
               ecm_state_crc32(0, text, ID_BYTES + bytes - CODE_BYTES));
}

static void receive(guided_t *in, ecm_command_t *st, const ecm_command_cfg_t *cfg) {
    uint8_t flags = guided_u8(in);
    uint32_t bytes = guided_u8(in) % (RECEIVED_MAX + 1U), last = st->last;
    uint8_t *data = guided_memory(bytes);
    ecm_command_order_t order;
    ecm_status_t status;
    guided_fill(in, data, bytes);
    if ((flags & 1U) != 0U && bytes > CODE_BYTES) {
        sign(cfg->device_id, data, bytes);
    }
    memset(&order, 0, sizeof order);
    status = ecm_command_decode(st, cfg, data, bytes, &order);
    guided_reach(status > ECM_OK ? 19U : (uint32_t)-status);
    if (status >= ECM_OK) {
        GUIDED_CHECK(st->last > last && order.seq == st->last);
        GUIDED_CHECK(status == ECM_MORE ||
                     (order.kind >= 1U && order.kind <= ECM_COMMAND_REARM));
        guided_reach(status == ECM_OK ? 8U + order.kind : 19U);
        guided_reach(cfg->mac != NULL ? 16U : 17U);
    } else {
        GUIDED_CHECK(st->last == last && order.seq == 0U && order.kind == 0U);
    }
    free(data);
}

static void guided_run(guided_t *in) {
    ecm_command_cfg_t cfg = {7, NULL, NULL};
    ecm_command_t st;
    guided_flash_t flash;
    ecm_state_store_t store =
        guided_flash(in, &flash, 2, ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES));
    GUIDED_CHECK(ecm_command_init(&st) == ECM_OK);
    cfg.mac = guided_u8(in) % 2U != 0U ? mac : NULL;
    while (in->left > 0U) {
        receive(in, &st, &cfg);
        if (ecm_command_save(&st, &store) == ECM_OK) {
            ecm_command_t again;
            GUIDED_CHECK(ecm_command_init(&again) == ECM_OK);
            if (ecm_command_load(&again, &store) == ECM_OK) {
                GUIDED_CHECK(again.last == st.last);
                guided_reach(18);
            }
        }
    }
    free(flash.bytes);
}
