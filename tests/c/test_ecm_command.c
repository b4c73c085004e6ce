/* test_ecm_command.c - commands are read to the byte, and each is obeyed once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_cbor.h"
#include "ecm_command.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

void test_ecm_command(void);

#define SLOT ((uint32_t)ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES))

static ecm_status_t mac(void *user, const uint8_t *data, uint32_t bytes,
                        uint8_t code[ECM_FRAME_MAC_BYTES]) {
    uint32_t crc = ecm_state_crc32(*(const uint32_t *)user, data, bytes);
    (void)ecm_cbor_put_number(code, crc, 4);
    return ECM_OK;
}

/* A command, with the code of a key unless it is 0. */
static uint32_t encode(uint32_t device_id, uint32_t key, uint32_t seq, uint32_t kind,
                       const uint32_t *value, uint32_t n, uint8_t *out) {
    uint8_t text[4 + ECM_COMMAND_MAX_BYTES], *to = text + 4;
    uint32_t i, bytes;
    (void)ecm_cbor_put_number(text, device_id, 4);
    to = ecm_cbor_put_head(to, ECM_CBOR_ARRAY, 3U + n + (key != 0U ? 1U : 0U));
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, ECM_COMMAND_VERSION);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, seq);
    to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, kind);
    for (i = 0; i < n; i++) {
        to = ecm_cbor_put_head(to, ECM_CBOR_UNSIGNED, value[i]);
    }
    bytes = (uint32_t)(to - text) - 4U;
    memcpy(out, text + 4, (size_t)bytes);
    if (key != 0U) {
        out[bytes] = 0x44;
        (void)mac(&key, text, bytes + 4U, out + bytes + 1);
        bytes += 5U;
    }
    return bytes;
}

/* Every kind at the ends of its values; one beyond is refused. */
static void test_kinds(void) {
    static const uint32_t row[][5] = {
        {ECM_COMMAND_ACK_ALARMS, 1, 0, 65535U, 65536U},
        {ECM_COMMAND_CHUNKS, 2, 1, 65535U, 65536U},
        {ECM_COMMAND_CHUNKS, 2, 1, 65535U, 0},
        {ECM_COMMAND_RELEARN, 1, 0, 2, 3},
        {ECM_COMMAND_INTERVAL, 1, 1, ECM_COMMAND_INTERVAL_MAX, 0},
        {ECM_COMMAND_INTERVAL, 1, 1, 60, ECM_COMMAND_INTERVAL_MAX + 1U},
        {ECM_COMMAND_ACK_FRAMES, 1, 0, UINT32_MAX, 0},
        {ECM_COMMAND_REARM, 1, 0, UINT32_MAX, 0},
    };
    uint8_t data[40];
    ecm_command_cfg_t cfg = {7, mac, NULL};
    ecm_command_t st;
    ecm_command_order_t order;
    uint32_t key = 99, i, k, bytes, value[2];
    cfg.mac_user = &key;
    ECM_CHECK(ecm_command_init(&st) == ECM_OK);
    for (i = 0; i < sizeof row / sizeof row[0]; i++) {
        for (k = 2; k < 5U; k++) {
            uint32_t last = st.last, seq = 10U * i + k;
            bool refused = k == 4U && row[i][0] < ECM_COMMAND_ACK_FRAMES;
            value[0] = value[1] = row[i][k];
            bytes = encode(7, key, seq, row[i][0], value, row[i][1], data);
            ECM_CHECK(bytes <= ECM_COMMAND_MAX_BYTES);
            memset(&order, 0, sizeof order);
            ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) ==
                      (refused ? ECM_MORE : ECM_OK));
            ECM_CHECK(last < seq);
            ECM_CHECK(order.seq == seq && order.kind == row[i][0] && st.last == seq);
            ECM_CHECK(order.value[0] == value[0]);
            ECM_CHECK(order.value[1] == (row[i][1] == 2U ? value[1] : 0U));
            ecm_test_bytes("command", data, bytes);
        }
    }
}

/* Whoever has the key may know more commands: what came is told, and counts. */
static void test_other_kinds(void) {
    uint8_t data[40];
    ecm_command_cfg_t cfg = {7, mac, NULL};
    ecm_command_t st = {0};
    ecm_command_order_t order;
    uint32_t key = 99, n, bytes, seq = 0;
    const uint32_t value[3] = {5, 1, 0};
    cfg.mac_user = &key;
    for (n = 0; n < 4U; n++) {
        static const uint8_t kinds[] = {ECM_COMMAND_CHUNKS, ECM_COMMAND_REARM, 0, 99};
        uint32_t k;
        for (k = 0; k < sizeof kinds; k++) {
            ecm_status_t wanted =
                (n == 2U && k == 0U) || (n == 1U && k == 1U) ? ECM_OK : ECM_MORE;
            wanted = n == 3U ? ECM_ERR_FORMAT : wanted; /* more than any has */
            bytes = encode(7, key, seq + 1U, kinds[k], value, n, data);
            memset(&order, 0xff, sizeof order);
            ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) == wanted);
            if (n == 3U) {
                ECM_CHECK(st.last == seq && order.seq == UINT32_MAX);
                continue;
            }
            seq++;
            ECM_CHECK(st.last == seq && order.seq == seq && order.kind == kinds[k]);
            ECM_CHECK(order.value[0] == (n > 0U ? 5U : 0U));
            ECM_CHECK(order.value[1] == (n > 1U ? 1U : 0U));
            ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) ==
                      ECM_ERR_STATE);
            data[bytes - 1U] ^= 1U; /* not with a wrong code */
            ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) ==
                      ECM_ERR_ARG);
        }
    }
}

/* Every byte string that differs from a command in one byte, or ends early, or goes on,
 * is refused, whatever it says. */
static void test_damage(void) {
    uint8_t data[40] = {0}, wrong[40];
    ecm_command_cfg_t cfg = {7, mac, NULL};
    ecm_command_t st = {3};
    ecm_command_order_t order;
    uint32_t key = 5, bytes, i, bit, formats = 0;
    const uint32_t value[2] = {300, 2};
    cfg.mac_user = &key;
    bytes = encode(7, key, 1000, ECM_COMMAND_CHUNKS, value, 2, data);
    for (i = 0; i < sizeof data; i++) {
        if (i != bytes) {
            ECM_CHECK(ecm_command_decode(&st, &cfg, data, i, &order) == ECM_ERR_FORMAT);
        }
    }
    for (bit = 0; bit < 8U * bytes; bit++) {
        ecm_status_t status;
        memcpy(wrong, data, sizeof data);
        wrong[bit / 8U] = (uint8_t)(wrong[bit / 8U] ^ 1U << bit % 8U);
        status = ecm_command_decode(&st, &cfg, wrong, bytes, &order);
        ECM_CHECK(status == ECM_ERR_FORMAT || status == ECM_ERR_ARG);
        formats += status == ECM_ERR_FORMAT ? 1U : 0U;
    }
    ECM_CHECK(st.last == 3U);
    ecm_test_u32("command formats", formats);
    /* of another device, or with another key */
    bytes = encode(8, key, 1000, ECM_COMMAND_CHUNKS, value, 2, data);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) == ECM_ERR_ARG);
    bytes = encode(7, 6, 1000, ECM_COMMAND_CHUNKS, value, 2, data);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) == ECM_ERR_ARG);
    bytes = encode(7, 0, 1000, ECM_COMMAND_CHUNKS, value, 2, data);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) == ECM_ERR_ARG);
    cfg.mac = NULL; /* who asks for none takes it with or without */
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) == ECM_OK);
    bytes = encode(7, 6, 1001, ECM_COMMAND_CHUNKS, value, 2, data);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, bytes, &order) == ECM_OK);
}

/* A command is obeyed once, over resets too; and a cut while its number is saved leaves
 * that number or the one before. */
static void test_replays(void) {
    uint8_t bytes[2 * ECM_STATE_SLOT_BYTES(ECM_COMMAND_STATE_BYTES)], data[40];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 2, SLOT, 1);
    ecm_command_cfg_t cfg = {7, NULL, NULL};
    ecm_command_t st, again;
    ecm_command_order_t order;
    uint32_t n, seq, power, cuts = 0;
    const uint32_t value[1] = {1};
    ECM_CHECK(ecm_command_init(&st) == ECM_OK);
    ECM_CHECK(ecm_command_load(&st, &store) == ECM_ERR_STATE);
    n = encode(7, 0, 0, ECM_COMMAND_REARM, value, 1, data);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, n, &order) == ECM_ERR_STATE);
    for (seq = 1; seq < 5U; seq++) {
        n = encode(7, 0, 1000U * seq, ECM_COMMAND_REARM, value, 1, data);
        ECM_CHECK(ecm_command_decode(&st, &cfg, data, n, &order) == ECM_OK);
        ECM_CHECK(ecm_command_decode(&st, &cfg, data, n, &order) == ECM_ERR_STATE);
        for (power = 0;; power++) {
            ecm_status_t status;
            flash.power = power;
            status = ecm_command_save(&st, &store);
            flash.power = TEST_FLASH_ON;
            if (status == ECM_OK) {
                break;
            }
            cuts++;
            again.last = 0;
            status = ecm_command_load(&again, &store);
            ECM_CHECK(again.last == 1000U * (seq - 1U) || again.last == 1000U * seq);
            ECM_CHECK(status == ECM_OK || (status == ECM_ERR_STATE && seq == 1U));
        }
        ECM_CHECK(ecm_command_load(&again, &store) == ECM_OK);
        ECM_CHECK(ecm_command_decode(&again, &cfg, data, n, &order) == ECM_ERR_STATE);
    }
    ecm_test_u32("command cuts", cuts);
}

/* Memory that says yes to checksums, and holds none of them. */
static ecm_status_t worn_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    return at % SLOT == SLOT - 4U ? ECM_OK : test_flash_write(user, at, data, bytes);
}

/* A number that is not there after a reset was not kept: nobody obeys. */
static void test_worn(void) {
    uint8_t bytes[2 * SLOT];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 2, SLOT, 1);
    ecm_command_t st = {5}, again = {0};
    store.write = worn_write;
    ECM_CHECK(ecm_command_save(&st, &store) == ECM_ERR_FORMAT); /* the first one */
    store.write = test_flash_write;
    ECM_CHECK(ecm_command_save(&st, &store) == ECM_OK);
    store.write = worn_write;
    st.last = 6;
    ECM_CHECK(ecm_command_save(&st, &store) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_command_load(&again, &store) == ECM_OK && again.last == 5U);
}

static void test_refusals(void) {
    uint8_t data[8] = {0x84, 1, 1, 6, 0}, bytes[2 * 64];
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 2, 64, 1);
    ecm_command_cfg_t cfg = {7, NULL, NULL};
    ecm_command_t st = {0};
    ecm_command_order_t order;
    ECM_CHECK(ecm_command_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_command_decode(&st, &cfg, NULL, 5, &order) == ECM_ERR_NULL);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, 5, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, 0, &order) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_command_save(&st, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_command_load(NULL, &store) == ECM_ERR_NULL);
    ECM_CHECK(ecm_state_save(&store, ECM_COMMAND_STATE_TYPE, data, 3) == ECM_OK);
    ECM_CHECK(ecm_command_load(&st, &store) == ECM_ERR_FORMAT);
    data[3] = 0x18; /* a kind in more bytes than it needs */
    data[4] = 6;
    ECM_CHECK(ecm_command_decode(&st, &cfg, data, 6, &order) == ECM_ERR_FORMAT);
    ECM_CHECK(st.last == 0U);
}

void test_ecm_command(void) {
    test_kinds();
    test_other_kinds();
    test_damage();
    test_replays();
    test_worn();
    test_refusals();
}
