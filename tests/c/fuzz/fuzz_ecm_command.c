/* fuzz_ecm_command.c - bytes that are nearly a command, or nothing of the kind.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cbor.h"
#include "ecm_command.h"
#include "ecm_fuzz_flash.h"

void fuzz_ecm_command(void);

static ecm_status_t mac(void *user, const uint8_t *data, uint32_t bytes,
                        uint8_t code[ECM_FRAME_MAC_BYTES]) {
    uint32_t crc = ecm_state_crc32(0, data, bytes);
    (void)user;
    memcpy(code, &crc, ECM_FRAME_MAC_BYTES);
    return ecm_fuzz_once_in(9) ? ECM_ERR_LENGTH : ECM_OK;
}

static uint32_t number(void) {
    return ecm_fuzz_once_in(2) ? ecm_fuzz_below(30) : ecm_fuzz_len(UINT32_MAX);
}

/* A command, well-formed for the most part, in exactly as many bytes as it has. */
static uint8_t *command(uint32_t *bytes) {
    uint8_t text[64], *to = text + 4, *data;
    uint32_t n = ecm_fuzz_below(4), i, code;
    (void)ecm_cbor_put_number(text, 7, 4);
    code = ecm_fuzz_once_in(2) ? 1U : 0U;
    to = ecm_cbor_put_head(to, ECM_CBOR_ARRAY,
                           ecm_fuzz_once_in(9) ? number() : 3U + n + code);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, ecm_fuzz_once_in(9) ? number() : 1U);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, number());
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, ecm_fuzz_below(9));
    for (i = 0; i < n; i++) {
        to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, number());
    }
    if (code != 0U) {
        uint32_t crc = ecm_state_crc32(0, text, (uint32_t)(to - text));
        to = ecm_cbor_put_head(to, ECM_CBOR_BYTES, 4);
        memcpy(to, &crc, 4);
        to += 4;
    }
    *bytes = (uint32_t)(to - text) - 4U;
    if (ecm_fuzz_once_in(8)) {
        text[4U + ecm_fuzz_below(*bytes)] ^= (uint8_t)(1U << ecm_fuzz_below(8));
    }
    *bytes = ecm_fuzz_once_in(8) ? ecm_fuzz_below(*bytes + 1U) : *bytes;
    data = ecm_fuzz_bytes(*bytes);
    memcpy(data, text + 4, *bytes);
    return data;
}

void fuzz_ecm_command(void) {
    ecm_command_cfg_t cfg = {7, NULL, NULL};
    ecm_command_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_command_order_t *order = ecm_fuzz_bytes(sizeof *order);
    fuzz_flash_t flash;
    ecm_state_store_t store =
        fuzz_flash_store(&flash, 2, ECM_STATE_SLOT_BYTES(ecm_fuzz_below(9)));
    uint32_t round;
    cfg.mac = ecm_fuzz_once_in(2) ? mac : NULL;
    (void)ecm_command_init(st);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_watch(order, sizeof *order);
    for (round = ecm_fuzz_below(20); round > 0U; round--) {
        uint32_t bytes = ecm_fuzz_len(40), last = st->last;
        uint8_t *data = ecm_fuzz_once_in(5) ? ecm_fuzz_bytes(bytes) : command(&bytes);
        ecm_status_t status = ecm_command_decode(st, &cfg, ecm_fuzz_or_null(data),
                                                 bytes, ecm_fuzz_or_null(order));
        ecm_fuzz_judge(status);
        if (status >= ECM_OK) {
            ECM_FUZZ_CHECK(st->last > last && order->seq == st->last);
        }
        if (status == ECM_OK) {
            ECM_FUZZ_CHECK(order->kind >= 1U && order->kind <= ECM_COMMAND_REARM);
        }
        if (ecm_fuzz_once_in(4)) {
            (void)ecm_command_save(ecm_fuzz_or_null(st), &store);
        }
        if (ecm_fuzz_once_in(4)) {
            ecm_fuzz_judge(ecm_command_load(st, &store));
        }
    }
}
