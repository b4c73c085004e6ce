/* test_ecm_app_update.c - an update that is cut at any byte leaves weights that count.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_test.h"

void test_ecm_app_update(void);

#define BLOCK 83U /* head, list of one table and its bytes; no multiple of 16 */
#define SLOT ((uint32_t)ECM_APP_UPDATE_SLOT_BYTES(BLOCK))

/* Flash whose power is lost after so many bytes were erased or written. */
typedef struct {
    union {
        uint8_t bytes[2 * ECM_APP_UPDATE_SLOT_BYTES(83)];
        uint64_t aligned;
    } memory;
    uint32_t power;
    bool upwards;
} flash_t;

static ecm_status_t flash_erase(void *user, uint32_t at, uint32_t bytes) {
    flash_t *flash = (flash_t *)user;
    uint32_t i;
    ECM_CHECK(at % SLOT == 0U && bytes == SLOT);
    for (i = 0; i < bytes; i++) {
        if (flash->power == 0U) {
            return ECM_ERR_STATE;
        }
        flash->power--;
        flash->memory.bytes[flash->upwards ? at + i : at + bytes - 1U - i] = 0xff;
    }
    return ECM_OK;
}

static ecm_status_t flash_write(void *user, uint32_t at, const uint8_t *data,
                                uint32_t bytes) {
    flash_t *flash = (flash_t *)user;
    uint32_t i;
    ECM_CHECK(at % ECM_APP_UPDATE_UNIT_BYTES == 0U);
    ECM_CHECK(bytes == ECM_APP_UPDATE_UNIT_BYTES && at <= 2U * SLOT - bytes);
    for (i = 0; i < bytes; i++) {
        ECM_CHECK(flash->memory.bytes[at + i] == 0xffU); /* written once */
        if (flash->power == 0U) {
            return ECM_ERR_STATE;
        }
        flash->power--;
        flash->memory.bytes[at + i] = data[i];
    }
    return ECM_OK;
}

static void put(uint8_t *to, uint32_t value, uint32_t bytes) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        to[i] = (uint8_t)((value >> (8U * i)) & 0xffU);
    }
}

/* Weights of one table, all of whose bytes are the same. */
static void make(uint8_t *block, uint8_t value) {
    memset(block, 0, BLOCK);
    memcpy(block, "ECMW", 4);
    put(block + 4, ECM_WEIGHTS_VERSION, 2);
    put(block + 6, ECM_WEIGHTS_HEAD_BYTES, 2);
    put(block + 8, BLOCK, 4);
    memset(block + 16, 0xc0, 16);
    memset(block + 32, 0x1a, 16);
    put(block + 48, 1, 4);
    put(block + 52, 8, 4);
    memset(block + 56, value, (size_t)(BLOCK - 56U));
    put(block + 12, ecm_state_crc32(0, block + 16, BLOCK - 16U), 4);
}

typedef struct {
    flash_t flash;
    union {
        uint8_t bytes[88];
        uint64_t aligned;
    } firmware;
    ecm_app_update_cfg_t cfg;
    ecm_state_store_t store;
} device_t;

static void start(device_t *d) {
    memset(d, 0, sizeof *d);
    memset(d->flash.memory.bytes, 0xff, sizeof d->flash.memory.bytes);
    d->flash.power = UINT32_MAX;
    make(d->firmware.bytes, 1);
    memset(d->cfg.weights.contract_id, 0xc0, 16);
    memset(d->cfg.weights.layout_id, 0x1a, 16);
    d->cfg.weights.tables_len = 1;
    d->cfg.firmware = d->firmware.bytes;
    d->cfg.slots = d->flash.memory.bytes;
    d->cfg.slot_bytes = SLOT;
    d->store.erase = flash_erase;
    d->store.write = flash_write;
    d->store.user = &d->flash;
    d->store.slot_bytes = SLOT;
}

/* Value of the table that counts. */
static uint32_t counts(const device_t *d) {
    const void *weights = ecm_app_update_weights(&d->cfg);
    const uint8_t *table = (const uint8_t *)ecm_weights_table(weights, 0);
    ECM_CHECK(table[0] == table[BLOCK - 57U]);
    return table[0];
}

static ecm_status_t update(device_t *d, uint8_t value, uint32_t chunk) {
    uint8_t block[BLOCK];
    ecm_app_update_t st;
    uint32_t at;
    ecm_status_t status = ecm_app_update_begin(&st, &d->cfg, &d->store, BLOCK);
    make(block, value);
    ECM_REQUIRE(status == ECM_OK, status);
    for (at = 0; at < BLOCK; at += chunk) {
        uint32_t n = BLOCK - at < chunk ? BLOCK - at : chunk;
        status = ecm_app_update_write(&st, &d->cfg, &d->store, block + at, n);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ecm_app_update_commit(&st, &d->cfg, &d->store);
}

static void test_turns(void) {
    device_t d;
    uint32_t i;
    start(&d);
    ECM_CHECK(counts(&d) == 1U);
    for (i = 2; i < 9U; i++) {
        ECM_CHECK(update(&d, (uint8_t)i, i) == ECM_OK); /* chunks of any length */
        ECM_CHECK(counts(&d) == i);
    }
    ECM_CHECK(ecm_app_update_start(&d.cfg, &d.store) == ECM_OK);
    ecm_test_bytes("app_update flash", d.flash.memory.bytes, 2U * SLOT);
    ECM_CHECK(ecm_app_update_revert(&d.cfg, &d.store) == ECM_OK && counts(&d) == 7U);
    ECM_CHECK(ecm_app_update_revert(&d.cfg, &d.store) == ECM_OK && counts(&d) == 1U);
    ECM_CHECK(ecm_app_update_revert(&d.cfg, &d.store) == ECM_ERR_STATE);
}

/* Power is lost after so many bytes of update number `updates`. */
static uint32_t cut(uint32_t updates, uint32_t power, bool upwards) {
    device_t d;
    uint32_t i, found;
    start(&d);
    d.flash.upwards = upwards;
    for (i = 0; i < updates; i++) {
        ECM_CHECK(update(&d, (uint8_t)(10U + i), 16) == ECM_OK);
    }
    d.flash.power = power;
    (void)update(&d, 99, 16);
    d.flash.power = UINT32_MAX;
    found = counts(&d);
    ECM_CHECK(found == 99U || found == (updates == 0U ? 1U : 9U + updates));
    ECM_CHECK(ecm_app_update_start(&d.cfg, &d.store) >= ECM_OK);
    ECM_CHECK(counts(&d) == found);
    ECM_CHECK(update(&d, 50, 16) == ECM_OK && counts(&d) == 50U);
    return found == 99U ? 1U : 0U;
}

static void test_cuts(void) {
    uint32_t updates, power, fresh = 0;
    for (updates = 0; updates < 4U; updates++) {
        for (power = 0; power <= 2U * SLOT; power++) {
            fresh += cut(updates, power, true) + cut(updates, power, false);
        }
    }
    ECM_CHECK(fresh > 0U);
    ecm_test_u32("app_update new", fresh);
}

/* A revert that is cut, or flash that forgets: the start finds it. */
static void test_decay(void) {
    device_t d;
    uint32_t bit;
    start(&d);
    ECM_CHECK(update(&d, 2, 16) == ECM_OK && update(&d, 3, 16) == ECM_OK);
    d.flash.memory.bytes[SLOT + 60U] ^= 4U;
    ECM_CHECK(ecm_app_update_start(&d.cfg, &d.store) == ECM_MORE);
    ECM_CHECK(counts(&d) == 2U);
    for (bit = 0; bit < 12U * 8U; bit++) { /* a seal that is not one */
        uint8_t *byte = &d.flash.memory.bytes[SLOT - 16U + bit / 8U];
        *byte ^= (uint8_t)(1U << (bit % 8U));
        ECM_CHECK(counts(&d) == 1U);
        *byte ^= (uint8_t)(1U << (bit % 8U));
    }
    d.cfg.weights.layout_id[3] ^= 1U; /* other firmware came */
    ECM_CHECK(counts(&d) == 1U);
    ECM_CHECK(ecm_app_update_start(&d.cfg, &d.store) == ECM_MORE);
    /* numbers go on over their end */
    start(&d);
    ECM_CHECK(update(&d, 2, 16) == ECM_OK);
    memset(d.flash.memory.bytes + SLOT - 12U, 0xff, 4);
    memset(d.flash.memory.bytes + SLOT - 8U, 0, 4);
    ECM_CHECK(counts(&d) == 2U);
    ECM_CHECK(update(&d, 3, 16) == ECM_OK && counts(&d) == 3U);
    ECM_CHECK(update(&d, 4, 16) == ECM_OK && counts(&d) == 4U);
}

static void test_refusals(void) {
    device_t d;
    uint8_t block[BLOCK];
    ecm_app_update_t st;
    start(&d);
    make(block, 9);
    memset(&st, 0, sizeof st);
    ECM_CHECK(ecm_app_update_write(&st, &d.cfg, &d.store, block, 1) == ECM_ERR_STATE);
    ECM_CHECK(ecm_app_update_commit(&st, &d.cfg, &d.store) == ECM_ERR_STATE);
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, &d.store, SLOT - 15U) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, &d.store, 48) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_app_update_begin(NULL, &d.cfg, &d.store, BLOCK) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_begin(&st, NULL, &d.store, BLOCK) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, NULL, BLOCK) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_weights(NULL) == NULL);
    ECM_CHECK(ecm_app_update_revert(NULL, &d.store) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_start(&d.cfg, NULL) == ECM_ERR_NULL);
    d.store.slot_bytes = SLOT - 16U;
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, &d.store, BLOCK) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_update_start(&d.cfg, &d.store) == ECM_ERR_ARG);
    d.store.slot_bytes = SLOT;
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, &d.store, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(&st, &d.cfg, &d.store, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_write(&st, &d.cfg, &d.store, block, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(&st, &d.cfg, &d.store, block, 1) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_app_update_commit(&st, &d.cfg, &d.store) == ECM_OK);
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, &d.store, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(&st, &d.cfg, &d.store, block, 70) == ECM_OK);
    ECM_CHECK(ecm_app_update_commit(&st, &d.cfg, &d.store) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_app_update_commit(&st, &d.cfg, &d.store) == ECM_ERR_STATE);
    block[16] ^= 1U; /* of other features */
    ECM_CHECK(ecm_app_update_begin(&st, &d.cfg, &d.store, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(&st, &d.cfg, &d.store, block, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_commit(&st, &d.cfg, &d.store) == ECM_ERR_ARG);
    ECM_CHECK(counts(&d) == 9U);
}

void test_ecm_app_update(void) {
    test_turns();
    test_cuts();
    test_decay();
    test_refusals();
}
