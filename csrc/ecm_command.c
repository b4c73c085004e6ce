/* ecm_command.c - see ecm_command.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_command.h"
#include "ecm_bytes.h"
#include "ecm_cbor.h"

#define COMMAND_ITEMS 3U /* version, seq, kind; then the values, then the code */
#define COMMAND_ID_BYTES 4U

/* A value's range, by kind and place. */
typedef struct {
    uint32_t values_len; /* 0: no such command */
    uint32_t least[ECM_COMMAND_VALUES_MAX];
    uint32_t most[ECM_COMMAND_VALUES_MAX];
} command_form_t;

static command_form_t command_form(uint32_t kind) {
    command_form_t form = {1, {0, 0}, {UINT32_MAX, UINT32_MAX}};
    switch (kind) {
    case ECM_COMMAND_ACK_ALARMS:
        form.most[0] = UINT16_MAX;
        break;
    case ECM_COMMAND_CHUNKS:
        form.values_len = 2;
        form.most[0] = UINT16_MAX;
        form.least[1] = 1;
        form.most[1] = UINT16_MAX;
        break;
    case ECM_COMMAND_RELEARN:
        form.most[0] = ECM_COMMAND_BACK;
        break;
    case ECM_COMMAND_INTERVAL:
        form.least[0] = 1;
        form.most[0] = ECM_COMMAND_INTERVAL_MAX;
        break;
    case ECM_COMMAND_ACK_FRAMES:
    case ECM_COMMAND_REARM:
        break;
    default:
        form.values_len = 0;
        break;
    }
    return form;
}

/* Is it a command that there is, with as many values as it has, in their ranges? */
static bool command_known(const ecm_command_order_t *order, uint32_t values_len) {
    command_form_t form = command_form(order->kind);
    uint32_t i;
    if (values_len == 0U || values_len != form.values_len) {
        return false;
    }
    for (i = 0; i < values_len; i++) {
        if (order->value[i] < form.least[i] || order->value[i] > form.most[i]) {
            return false;
        }
    }
    return true;
}

/* The items before the code; what is behind them, or NULL if they are no command. */
static const uint8_t *command_parse(const uint8_t *data, uint32_t bytes,
                                    ecm_command_order_t *order, uint32_t *values_len,
                                    bool *code) {
    const uint8_t *end = data + bytes;
    uint32_t items = 0, version = 0, n = 0;
    memset(order, 0, sizeof *order);
    data = ecm_cbor_get_head(data, end, ECM_CBOR_ARRAY, &items);
    data = ecm_cbor_get_head(data, end, ECM_CBOR_UNSIGNED, &version);
    data = ecm_cbor_get_head(data, end, ECM_CBOR_UNSIGNED, &order->seq);
    data = ecm_cbor_get_head(data, end, ECM_CBOR_UNSIGNED, &order->kind);
    if (data == NULL || version != ECM_COMMAND_VERSION || items < COMMAND_ITEMS) {
        return NULL;
    }
    items -= COMMAND_ITEMS;
    while (n < items && n < (uint32_t)ECM_COMMAND_VALUES_MAX) {
        const uint8_t *behind =
            ecm_cbor_get_head(data, end, ECM_CBOR_UNSIGNED, &order->value[n]);
        if (behind == NULL) {
            break; /* the code, or none of ours */
        }
        data = behind;
        n++;
    }
    *values_len = n;
    *code = items > n;
    return items - n <= 1U ? data : NULL;
}

/* Is the code that of the device's id and the bytes before it? */
static ecm_status_t command_authentic(const ecm_command_cfg_t *cfg, const uint8_t *data,
                                      uint32_t bytes, const uint8_t *code) {
    uint8_t text[COMMAND_ID_BYTES + ECM_COMMAND_MAX_BYTES];
    uint8_t wanted[ECM_FRAME_MAC_BYTES] = {0};
    uint32_t i, differs = 0;
    ecm_status_t status;
    (void)ecm_cbor_put_number(text, cfg->device_id, COMMAND_ID_BYTES);
    memcpy(text + COMMAND_ID_BYTES, data, (size_t)bytes);
    status = cfg->mac(cfg->mac_user, text, COMMAND_ID_BYTES + bytes, wanted);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < ECM_FRAME_MAC_BYTES; i++) { /* in the same time for all codes */
        differs |= (uint32_t)(code[i] ^ wanted[i]);
    }
    return differs == 0U ? ECM_OK : ECM_ERR_ARG;
}

ecm_status_t ecm_command_init(ecm_command_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    st->last = 0;
    return ECM_OK;
}

ecm_status_t ecm_command_decode(ecm_command_t *st, const ecm_command_cfg_t *cfg,
                                const uint8_t *data, uint32_t bytes,
                                ecm_command_order_t *order) {
    ecm_command_order_t found;
    const uint8_t *at, *code;
    uint32_t code_bytes = 0, values_len = 0;
    bool coded = false;
    ECM_REQUIRE(st != NULL && cfg != NULL && data != NULL && order != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(bytes <= ECM_COMMAND_MAX_BYTES, ECM_ERR_FORMAT);
    at = command_parse(data, bytes, &found, &values_len, &coded);
    ECM_REQUIRE(at != NULL, ECM_ERR_FORMAT);
    code = at;
    if (coded) {
        code = ecm_cbor_get_head(at, data + bytes, ECM_CBOR_BYTES, &code_bytes);
        ECM_REQUIRE(code != NULL && code_bytes == ECM_FRAME_MAC_BYTES, ECM_ERR_FORMAT);
    }
    ECM_REQUIRE(data + bytes - code == (ptrdiff_t)code_bytes, ECM_ERR_FORMAT);
    if (cfg->mac != NULL) {
        ecm_status_t status;
        ECM_REQUIRE(coded, ECM_ERR_ARG);
        status = command_authentic(cfg, data, (uint32_t)(at - data), code);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    ECM_REQUIRE(found.seq > st->last, ECM_ERR_STATE);
    st->last = found.seq;
    *order = found;
    return command_known(&found, values_len) ? ECM_OK : ECM_MORE;
}

ecm_status_t ecm_command_save(const ecm_command_t *st, const ecm_state_store_t *store) {
    uint8_t raw[ECM_COMMAND_STATE_BYTES];
    ecm_command_t kept;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && store != NULL, ECM_ERR_NULL);
    ecm_bytes_put(raw, st->last, ECM_COMMAND_STATE_BYTES);
    status = ecm_state_save(store, ECM_COMMAND_STATE_TYPE, raw, sizeof raw);
    ECM_REQUIRE(status == ECM_OK, status);
    /* Behind worn flash, a reset would let this command be obeyed again. */
    kept.last = ~st->last;
    status = ecm_command_load(&kept, store);
    ECM_REQUIRE(status == ECM_OK || status == ECM_ERR_STATE, status);
    return kept.last == st->last ? ECM_OK : ECM_ERR_FORMAT;
}

ecm_status_t ecm_command_load(ecm_command_t *st, const ecm_state_store_t *store) {
    uint8_t raw[ECM_COMMAND_STATE_BYTES];
    uint32_t bytes = 0;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && store != NULL, ECM_ERR_NULL);
    status = ecm_state_load(store, ECM_COMMAND_STATE_TYPE, raw, sizeof raw, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(bytes == sizeof raw, ECM_ERR_FORMAT);
    st->last = ecm_bytes_get(raw, ECM_COMMAND_STATE_BYTES);
    return ECM_OK;
}
