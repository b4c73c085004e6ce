/* test_ecm_app_update.c - an update that is cut at any byte leaves data that count.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_update.h"
#include "ecm_bytes.h"
#include "ecm_test.h"

void test_ecm_app_update(void);

/* Head, list of two parts, weights of one table, 12 other bytes, a keyed sum. */
#define WEIGHTS 83U /* no multiple of 16 */
#define OTHER 12U
#define WEIGHTS_AT 96U
#define OTHER_AT 184U /* the next multiple of 8 */
#define SIGNED (OTHER_AT + OTHER)
#ifndef CUT_STEP
#define CUT_STEP 1U /* power is lost at every byte */
#endif
#define BLOCK (SIGNED + 16U)
#define SLOT ((uint32_t)ECM_APP_UPDATE_SLOT_BYTES(212))

/* Flash whose power is lost after so many bytes were erased or written. */
typedef struct {
    union {
        uint8_t bytes[2 * ECM_APP_UPDATE_SLOT_BYTES(212)];
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

/* Stands for a keyed hash, which it is not. */
static void sign(const uint8_t *data, uint32_t bytes, uint8_t *signature) {
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        put(signature + 4U * i, ecm_state_crc32(77U + i, data, bytes), 4);
    }
}

static uint32_t verified;

static ecm_status_t verify(void *user, const uint8_t *data, uint32_t bytes,
                           const uint8_t *signature, uint32_t signature_bytes) {
    uint8_t wanted[16];
    uint32_t i;
    (void)user;
    verified++;
    ECM_REQUIRE(bytes == SIGNED && signature_bytes == sizeof wanted, ECM_ERR_LENGTH);
    sign(data, bytes, wanted);
    for (i = 0; i < sizeof wanted; i++) {
        ECM_REQUIRE(signature[i] == wanted[i], ECM_ERR_FORMAT);
    }
    return ECM_OK;
}

/* Sum up and sign again what was changed. */
static void seal(uint8_t *block) {
    put(block + 24, ecm_state_crc32(0, block + 28, SIGNED - 28U), 4);
    sign(block, SIGNED, block + SIGNED);
}

/* Parts all of whose bytes are the same. */
static void make(uint8_t *block, uint8_t value, uint32_t version) {
    uint8_t *weights = block + WEIGHTS_AT;
    memset(block, 0, BLOCK);
    memcpy(block, "ECMU", 4);
    put(block + 4, ECM_APP_UPDATE_VERSION, 2);
    put(block + 6, ECM_APP_UPDATE_HEAD_BYTES, 2);
    put(block + 8, BLOCK, 4);
    put(block + 12, 16, 4);
    put(block + 16, version, 4);
    put(block + 20, 2, 4);
    memset(block + 32, 0xc0, 16);
    memset(block + 48, 0x1b, 16);
    put(block + 80, WEIGHTS_AT, 4);
    put(block + 84, WEIGHTS, 4);
    put(block + 88, OTHER_AT, 4);
    put(block + 92, OTHER, 4);
    memcpy(weights, "ECMW", 4);
    put(weights + 4, ECM_WEIGHTS_VERSION, 2);
    put(weights + 6, ECM_WEIGHTS_HEAD_BYTES, 2);
    put(weights + 8, WEIGHTS, 4);
    memset(weights + 16, 0xc0, 16);
    memset(weights + 32, 0x1a, 16);
    put(weights + 48, 1, 4);
    put(weights + 52, 8, 4);
    memset(weights + 56, value, (size_t)(WEIGHTS - 56U));
    put(weights + 12, ecm_state_crc32(0, weights + 16, WEIGHTS - 16U), 4);
    memset(block + OTHER_AT, value, OTHER);
    seal(block);
}

typedef struct {
    flash_t flash;
    union {
        uint8_t bytes[BLOCK];
        uint64_t aligned;
    } firmware;
    ecm_weights_cfg_t weights;
    ecm_app_update_part_t parts[2];
    ecm_app_update_cfg_t cfg;
    ecm_state_store_t store;
    ecm_app_update_t st;
} device_t;

static device_t device; /* one for all: stacks are small */

static device_t *start(void) {
    device_t *d = &device;
    memset(d, 0, sizeof *d);
    memset(d->flash.memory.bytes, 0xff, sizeof d->flash.memory.bytes);
    d->flash.power = UINT32_MAX;
    make(d->firmware.bytes, 1, 5);
    memset(d->weights.contract_id, 0xc0, 16);
    memset(d->weights.layout_id, 0x1a, 16);
    d->weights.tables_len = 1;
    d->parts[0].weights = &d->weights;
    d->parts[1].bytes = OTHER;
    memset(d->cfg.contract_id, 0xc0, 16);
    memset(d->cfg.layout_id, 0x1b, 16);
    d->cfg.parts = d->parts;
    d->cfg.parts_len = 2;
    d->cfg.firmware = d->firmware.bytes;
    d->cfg.slots = d->flash.memory.bytes;
    d->cfg.slot_bytes = SLOT;
    d->store.erase = flash_erase;
    d->store.write = flash_write;
    d->store.user = &d->flash;
    d->store.slot_bytes = SLOT;
    return d;
}

/* Value of the parts that count: of both the same. */
static uint32_t counts(const device_t *d) {
    const uint8_t *weights = (const uint8_t *)ecm_app_update_part(&d->cfg, 0);
    const uint8_t *other = (const uint8_t *)ecm_app_update_part(&d->cfg, 1);
    const uint8_t *table = (const uint8_t *)ecm_weights_table(
        (const void *)(weights + ECM_WEIGHTS_HEAD_BYTES), 0);
    ECM_CHECK(table[0] == table[WEIGHTS - 57U] && other[0] == table[0]);
    ECM_CHECK(other[OTHER - 1U] == table[0]);
    return table[0];
}

static ecm_status_t send(device_t *d, const uint8_t *block, uint32_t bytes,
                         uint32_t chunk) {
    uint32_t at;
    ecm_status_t status = ecm_app_update_begin(&d->st, &d->cfg, &d->store, bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    for (at = 0; at < bytes; at += chunk) {
        uint32_t n = bytes - at < chunk ? bytes - at : chunk;
        status = ecm_app_update_write(&d->st, &d->cfg, &d->store, block + at, n);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ecm_app_update_commit(&d->st, &d->cfg, &d->store, verify, NULL);
}

static ecm_status_t update(device_t *d, uint8_t value, uint32_t version,
                           uint32_t chunk) {
    uint8_t block[BLOCK];
    make(block, value, version);
    return send(d, block, BLOCK, chunk);
}

static void test_turns(void) {
    device_t *d = start();
    uint32_t i;
    ECM_CHECK(counts(d) == 1U && ecm_app_update_version(&d->cfg) == 5U);
    for (i = 2; i < 9U; i++) {
        ECM_CHECK(update(d, (uint8_t)i, 10U * i, i) == ECM_OK); /* any chunks */
        ECM_CHECK(counts(d) == i && d->st.reason == ECM_APP_UPDATE_DONE);
        ECM_CHECK(ecm_app_update_version(&d->cfg) == 10U * i);
    }
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_OK);
    ecm_test_bytes("app_update flash", d->flash.memory.bytes, 2U * SLOT);
    ECM_CHECK(ecm_app_update_revert(&d->cfg, &d->store) == ECM_OK && counts(d) == 7U);
    ECM_CHECK(ecm_app_update_revert(&d->cfg, &d->store) == ECM_OK && counts(d) == 1U);
    ECM_CHECK(ecm_app_update_revert(&d->cfg, &d->store) == ECM_ERR_STATE);
    /* What was taken back does not come back: the older slot goes first. */
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_OK && counts(d) == 1U);
    ECM_CHECK(update(d, 8, 80, 16) == ECM_ERR_STATE && counts(d) == 1U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_OLD);
    ECM_CHECK(update(d, 8, 80, 16) == ECM_ERR_STATE);
    ECM_CHECK(update(d, 9, 81, 16) == ECM_OK && counts(d) == 9U);
}

/* Power is lost after so many bytes of update number `updates`, or of taking it back.
 */
static uint32_t cut(uint32_t updates, uint32_t power, bool upwards) {
    device_t *d = start();
    uint32_t i, found, before = updates == 0U ? 1U : 9U + updates;
    d->flash.upwards = upwards;
    for (i = 0; i < updates; i++) {
        ECM_CHECK(update(d, (uint8_t)(10U + i), 10U + i, 16) == ECM_OK);
    }
    d->flash.power = power;
    (void)update(d, 99, 99, 16);
    d->flash.power = UINT32_MAX;
    found = counts(d);
    ECM_CHECK(found == 99U || found == before);
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) >= ECM_OK);
    ECM_CHECK(counts(d) == found);
    ECM_CHECK(update(d, 50, 100, 16) == ECM_OK && counts(d) == 50U);
    d->flash.power = power % 17U;
    (void)ecm_app_update_revert(&d->cfg, &d->store);
    d->flash.power = UINT32_MAX;
    ECM_CHECK(counts(d) == (power % 17U == 0U ? 50U : found));
    ECM_CHECK(update(d, 51, 101, 16) == ECM_OK && counts(d) == 51U);
    return found == 99U ? 1U : 0U;
}

static void test_cuts(void) {
    uint32_t updates, power, fresh = 0;
    for (updates = 0; updates < 3U; updates++) {
        for (power = 0; power <= 2U * SLOT; power += CUT_STEP) {
            fresh += cut(updates, power, (power / CUT_STEP + updates) % 2U == 0U);
        }
    }
    ECM_CHECK(fresh > 0U || CUT_STEP > 1U);
    ecm_test_u32("app_update new", fresh);
}

/* Whatever byte is wrong, and however: the data of before go on, and say why. */
static void test_corruption(void) {
    uint8_t block[BLOCK];
    device_t *d = start();
    uint32_t at, seed = 1, reasons = 0;
    ECM_CHECK(update(d, 2, 6, 16) == ECM_OK);
    for (at = 0; at < BLOCK; at++) {
        make(block, 3, 7);
        seed = seed * 1664525U + 1013904223U;
        block[at] ^= (uint8_t)(1U + (seed >> 24) % 255U);
        if (at < 8U || at >= 24U) { /* the checksum is no secret */
            put(block + 24, ecm_state_crc32(0, block + 28, SIGNED - 28U), 4);
        }
        ECM_CHECK(send(d, block, BLOCK, 16) < ECM_OK || counts(d) == 3U);
        ECM_CHECK(d->st.begun == 0U);
        if (d->st.reason == ECM_APP_UPDATE_DONE) { /* the checksum itself, mended */
            ECM_CHECK(at >= 24U && at < 28U);
            d = start();
            ECM_CHECK(update(d, 2, 6, 16) == ECM_OK);
        }
        ECM_CHECK(counts(d) == 2U && ecm_app_update_version(&d->cfg) == 6U);
        reasons |= (uint32_t)1 << d->st.reason;
    }
    ecm_test_u32("app_update reasons", reasons);
}

/* Flash that forgets, and other firmware: the start finds it. */
static void test_decay(void) {
    device_t *d = start();
    uint32_t bit;
    ECM_CHECK(update(d, 2, 6, 16) == ECM_OK && update(d, 3, 7, 16) == ECM_OK);
    d->flash.memory.bytes[SLOT + WEIGHTS_AT + 60U] ^= 4U;
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_MORE);
    ECM_CHECK(counts(d) == 2U);
    for (bit = 0; bit < 12U * 8U; bit++) { /* a seal that is not one */
        uint8_t *byte = &d->flash.memory.bytes[SLOT - 16U + bit / 8U];
        *byte = (uint8_t)(*byte ^ (1U << (bit % 8U)));
        ECM_CHECK(counts(d) == 1U);
        *byte = (uint8_t)(*byte ^ (1U << (bit % 8U)));
    }
    d->cfg.layout_id[3] ^= 1U; /* other firmware came */
    ECM_CHECK(counts(d) == 1U && ecm_app_update_version(&d->cfg) == 5U);
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_OK);
    d->cfg.layout_id[3] ^= 1U; /* and went: its data are there */
    ECM_CHECK(counts(d) == 2U && ecm_app_update_version(&d->cfg) == 6U);
    d->cfg.contract_id[3] ^= 1U;
    d->flash.memory.bytes[OTHER_AT] ^= 1U;
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_MORE);
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_OK);
    start();
    ECM_CHECK(update(d, 2, UINT32_MAX, 16) == ECM_OK && counts(d) == 2U);
    ECM_CHECK(update(d, 3, 0, 16) == ECM_ERR_STATE && counts(d) == 2U);
}

/* New firmware of the same layout: of equal versions its own data count. */
static void test_firmware(void) {
    device_t *d = start();
    ECM_CHECK(update(d, 2, 6, 16) == ECM_OK);
    make(d->firmware.bytes, 4, 5);
    ECM_CHECK(counts(d) == 2U && ecm_app_update_version(&d->cfg) == 6U);
    make(d->firmware.bytes, 4, 6);
    ECM_CHECK(counts(d) == 4U && ecm_app_update_version(&d->cfg) == 6U);
    make(d->firmware.bytes, 4, 7);
    ECM_CHECK(counts(d) == 4U && ecm_app_update_version(&d->cfg) == 7U);
    ECM_CHECK(ecm_app_update_revert(&d->cfg, &d->store) == ECM_ERR_STATE);
    ECM_CHECK(update(d, 3, 7, 16) == ECM_ERR_STATE && counts(d) == 4U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_OLD);
    ECM_CHECK(update(d, 3, 8, 16) == ECM_OK && counts(d) == 3U);
}

/* The application works with data that counted before: nothing takes their place. */
static void test_taken(void) {
    uint8_t before[SLOT];
    const uint8_t *taken = NULL;
    device_t *d = start();
    d->cfg.taken = &taken;
    ECM_CHECK(update(d, 2, 6, 16) == ECM_OK); /* it has not said yet: the firmware's */
    taken = ecm_app_update_data(&d->cfg);
    ECM_CHECK(update(d, 3, 7, 16) == ECM_OK && counts(d) == 3U);
    memcpy(before, taken, SLOT);
    ECM_CHECK(update(d, 4, 8, 16) == ECM_ERR_STATE && counts(d) == 3U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_TAKEN && d->st.begun == 0U);
    ECM_CHECK(ecm_bytes_same(before, taken, SLOT));
    ECM_CHECK(update(d, 4, 7, 16) == ECM_ERR_STATE); /* as ever */
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_OLD);
    taken = ecm_app_update_data(&d->cfg);
    ECM_CHECK(update(d, 4, 8, 16) == ECM_OK && counts(d) == 4U);
    taken = ecm_app_update_data(&d->cfg);
    ECM_CHECK(ecm_app_update_revert(&d->cfg, &d->store) == ECM_OK && counts(d) == 3U);
    ECM_CHECK(update(d, 5, 9, 16) == ECM_ERR_STATE && counts(d) == 3U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_TAKEN);
    taken = d->cfg.firmware;
    ECM_CHECK(update(d, 5, 9, 16) == ECM_OK && counts(d) == 5U);
}

/* Flash that does not hold what it takes, or holds what it refuses, of seals. */
static ecm_status_t worn_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    return at % SLOT == SLOT - 16U ? ECM_OK : flash_write(user, at, data, bytes);
}

static ecm_status_t late_write(void *user, uint32_t at, const uint8_t *data,
                               uint32_t bytes) {
    ecm_status_t status = flash_write(user, at, data, bytes);
    return at % SLOT == SLOT - 16U ? ECM_ERR_ARG : status;
}

/* What is said of an update is what a reset finds. */
static void test_seals(void) {
    device_t *d = start();
    ECM_CHECK(update(d, 2, 6, 16) == ECM_OK);
    d->store.write = worn_write;
    ECM_CHECK(update(d, 3, 7, 16) == ECM_ERR_FORMAT && counts(d) == 2U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_FLASH);
    d->store.write = late_write;
    ECM_CHECK(update(d, 3, 7, 16) == ECM_OK && counts(d) == 3U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_DONE);
}

static ecm_status_t seven(const void *data) {
    return *(const uint8_t *)data == 7U ? ECM_ERR_LENGTH : ECM_OK;
}

/* What the application cannot work with never counts, nor after a reset. */
static void test_judged_parts(void) {
    device_t *d = start();
    const uint8_t *before, *other;
    d->parts[1].check = seven;
    ECM_CHECK(update(d, 6, 6, 16) == ECM_OK && counts(d) == 6U);
    before = ecm_app_update_data(&d->cfg);
    ECM_CHECK(update(d, 7, 7, 16) == ECM_ERR_LENGTH && counts(d) == 6U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_FORMAT);
    d->parts[1].check = NULL; /* firmware that did not ask has let it count */
    ECM_CHECK(update(d, 7, 7, 16) == ECM_OK && counts(d) == 7U);
    /* Parts of the block of before stay where they were. */
    other = (const uint8_t *)ecm_app_update_part_of(&d->cfg, before, 1);
    ECM_CHECK(other == before + OTHER_AT && other[0] == 6U);
    d->parts[1].check = seven;
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_MORE);
    ECM_CHECK(counts(d) == 6U && ecm_app_update_version(&d->cfg) == 6U);
}

/* Each refusal has its reason. */
static void test_reasons(void) {
    static const uint8_t at[] = {0, 4, 6, 8, 12, 16, 20, 32, 48, 80, 84, 92};
    static const uint8_t reason[] = {
        ECM_APP_UPDATE_FORMAT, ECM_APP_UPDATE_FORMAT,   ECM_APP_UPDATE_FORMAT,
        ECM_APP_UPDATE_LENGTH, ECM_APP_UPDATE_FORMAT,   ECM_APP_UPDATE_OLD,
        ECM_APP_UPDATE_LAYOUT, ECM_APP_UPDATE_CONTRACT, ECM_APP_UPDATE_LAYOUT,
        ECM_APP_UPDATE_FORMAT, ECM_APP_UPDATE_FORMAT,   ECM_APP_UPDATE_FORMAT};
    uint8_t block[BLOCK];
    device_t *d = start();
    uint32_t i;
    for (i = 0; i < sizeof at; i++) {
        make(block, 3, 7);
        block[at[i]] = at[i] == 4U ? 2U : 1U; /* another one, or smaller */
        seal(block);
        ECM_CHECK(send(d, block, BLOCK, 7) < ECM_OK);
        ECM_CHECK(d->st.reason == reason[i] && counts(d) == 1U);
    }
    make(block, 3, 7);
    block[SIGNED] ^= 1U;
    verified = 0;
    ECM_CHECK(send(d, block, BLOCK, 7) == ECM_ERR_FORMAT && verified == 1U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_SIGNATURE && counts(d) == 1U);
    make(block, 3, 7);
    put(block + 8, SIGNED, 4); /* not signed at all */
    put(block + 12, 0, 4);
    put(block + 24, ecm_state_crc32(0, block + 28, SIGNED - 28U), 4);
    ECM_CHECK(send(d, block, SIGNED, 7) == ECM_ERR_FORMAT && verified == 1U);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_SIGNATURE);
    make(block, 3, 7);
    d->flash.power = SLOT + 100U;
    ECM_CHECK(send(d, block, BLOCK, 7) == ECM_ERR_STATE);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_FLASH);
    ECM_CHECK(send(d, block, BLOCK, 7) == ECM_ERR_STATE);
    ECM_CHECK(d->st.reason == ECM_APP_UPDATE_FLASH && counts(d) == 1U);
}

static void test_refusals(void) {
    uint8_t block[BLOCK];
    device_t *d = start();
    ecm_app_update_t *st = &d->st;
    make(block, 9, 9);
    ECM_CHECK(ecm_app_update_write(st, &d->cfg, &d->store, block, 1) == ECM_ERR_STATE);
    ECM_CHECK(ecm_app_update_commit(st, &d->cfg, &d->store, verify, NULL) ==
              ECM_ERR_STATE);
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, &d->store, SLOT - 31U) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(st->reason == ECM_APP_UPDATE_LENGTH);
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, &d->store, 95) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_app_update_begin(NULL, &d->cfg, &d->store, BLOCK) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_begin(st, NULL, &d->store, BLOCK) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, NULL, BLOCK) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_data(NULL) == NULL);
    ECM_CHECK(ecm_app_update_version(NULL) == 0U);
    ECM_CHECK(ecm_app_update_part(NULL, 0) == NULL);
    ECM_CHECK(ecm_app_update_part(&d->cfg, 2) == NULL);
    ECM_CHECK(ecm_app_update_part_of(NULL, d->cfg.firmware, 0) == NULL);
    ECM_CHECK(ecm_app_update_part_of(&d->cfg, NULL, 0) == NULL);
    ECM_CHECK(ecm_app_update_part_of(&d->cfg, d->cfg.firmware, 2) == NULL);
    ECM_CHECK(ecm_app_update_revert(NULL, &d->store) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_start(&d->cfg, NULL) == ECM_ERR_NULL);
    d->store.slot_bytes = SLOT - 16U;
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, &d->store, BLOCK) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_update_start(&d->cfg, &d->store) == ECM_ERR_ARG);
    ECM_CHECK(ecm_app_update_revert(&d->cfg, &d->store) == ECM_ERR_ARG);
    d->store.slot_bytes = SLOT;
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, &d->store, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(st, &d->cfg, &d->store, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_write(st, &d->cfg, &d->store, block, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_commit(st, &d->cfg, &d->store, NULL, NULL) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_app_update_commit(st, &d->cfg, &d->store, verify, NULL) == ECM_OK);
    put(block + 16, 10, 4);
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, &d->store, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(st, &d->cfg, &d->store, block, 150) == ECM_OK);
    ECM_CHECK(ecm_app_update_commit(st, &d->cfg, &d->store, verify, NULL) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(st->reason == ECM_APP_UPDATE_INCOMPLETE);
    ECM_CHECK(ecm_app_update_begin(st, &d->cfg, &d->store, BLOCK) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(st, &d->cfg, &d->store, block, 150) == ECM_OK);
    ECM_CHECK(ecm_app_update_write(st, &d->cfg, &d->store, block, BLOCK) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(st->reason == ECM_APP_UPDATE_LENGTH && counts(d) == 9U);
}

void test_ecm_app_update(void) {
    test_turns();
    test_cuts();
    test_corruption();
    test_decay();
    test_firmware();
    test_taken();
    test_seals();
    test_judged_parts();
    test_reasons();
    test_refusals();
}
