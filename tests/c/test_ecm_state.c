/* test_ecm_state.c - saves that are cut at every byte leave a state that can be used.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_state.h"
#include "ecm_test.h"

void test_ecm_state(void);

#define SLOT 64

/* Flash whose power is lost after so many bytes were erased or written. */
typedef struct {
    uint8_t bytes[2 * SLOT];
    uint32_t power;
    bool upwards; /* erases from the first byte, or from the last */
} flash_t;

static ecm_status_t flash_read(void *user, uint32_t at, uint8_t *data, uint32_t bytes) {
    const flash_t *flash = (const flash_t *)user;
    ECM_CHECK(at <= 2U * SLOT && bytes <= 2U * SLOT - at);
    memcpy(data, flash->bytes + at, (size_t)bytes);
    return ECM_OK;
}

static ecm_status_t flash_erase(void *user, uint32_t at, uint32_t bytes) {
    flash_t *flash = (flash_t *)user;
    uint32_t i;
    ECM_CHECK(at % SLOT == 0U && bytes == SLOT);
    for (i = 0; i < bytes; i++) {
        if (flash->power == 0U) {
            return ECM_ERR_STATE;
        }
        flash->power--;
        flash->bytes[flash->upwards ? at + i : at + bytes - 1U - i] = 0xff;
    }
    return ECM_OK;
}

static ecm_status_t flash_write(void *user, uint32_t at, const uint8_t *data,
                                uint32_t bytes) {
    flash_t *flash = (flash_t *)user;
    uint32_t i;
    ECM_CHECK(at <= 2U * SLOT && bytes <= 2U * SLOT - at);
    for (i = 0; i < bytes; i++) {
        ECM_CHECK(flash->bytes[at + i] == 0xffU); /* erased, and in no order but this */
        if (flash->power == 0U) {
            return ECM_ERR_STATE;
        }
        flash->power--;
        flash->bytes[at + i] = data[i];
    }
    return ECM_OK;
}

static ecm_state_store_t store_of(flash_t *flash) {
    ecm_state_store_t store = {flash_read, flash_erase, flash_write, NULL, SLOT};
    store.user = flash;
    return store;
}

static void fill(uint8_t *data, uint32_t bytes, uint32_t seed) {
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        seed = seed * 1664525U + 1013904223U;
        data[i] = (uint8_t)(seed >> 24);
    }
}

static bool holds(const ecm_state_store_t *store, uint32_t bytes, uint32_t seed) {
    uint8_t wanted[SLOT], found[SLOT];
    uint32_t i, n = 99;
    fill(wanted, bytes, seed);
    if (ecm_state_load(store, 7, found, sizeof found, &n) != ECM_OK || n != bytes) {
        return false;
    }
    for (i = 0; i < n; i++) {
        if (found[i] != wanted[i]) {
            return false;
        }
    }
    return true;
}

/* Save number `saves` with power for so many bytes: 0 old, 1 new, 2 neither. */
static uint32_t cut(uint32_t saves, uint32_t power, bool upwards) {
    flash_t flash;
    uint8_t data[SLOT];
    ecm_state_store_t store = store_of(&flash);
    ecm_status_t status;
    uint32_t i, old_bytes = 0, bytes = 0;
    memset(flash.bytes, 0xff, sizeof flash.bytes);
    flash.upwards = upwards;
    for (i = 0; i <= saves; i++) {
        flash.power = i == saves ? power : UINT32_MAX;
        old_bytes = bytes;
        bytes = 20U + 3U * (i % 8U);
        fill(data, bytes, i);
        status = ecm_state_save(&store, 7, data, bytes);
        ECM_CHECK(i == saves || status == ECM_OK);
    }
    flash.power = UINT32_MAX;
    if (holds(&store, bytes, saves)) {
        return 1;
    }
    if (saves == 0U) {
        ECM_CHECK(ecm_state_load(&store, 7, data, sizeof data, &i) == ECM_ERR_STATE);
        return 0;
    }
    if (!holds(&store, old_bytes, saves - 1U)) {
        return 2;
    }
    /* and the next save goes through */
    fill(data, 9, 1234);
    ECM_CHECK(ecm_state_save(&store, 7, data, 9) == ECM_OK && holds(&store, 9, 1234));
    return 0;
}

static void test_cuts(void) {
    uint32_t saves, power, old = 0, fresh = 0;
    for (saves = 0; saves < 5U; saves++) {
        for (power = 0; power <= 2U * SLOT; power++) {
            uint32_t upwards;
            for (upwards = 0; upwards < 2U; upwards++) {
                uint32_t found = cut(saves, power, upwards != 0U);
                ECM_CHECK(found != 2U);
                old += found == 0U ? 1U : 0U;
                fresh += found == 1U ? 1U : 0U;
            }
        }
    }
    ECM_CHECK(old > 500U && fresh > 100U);
    ecm_test_u32("state old", old);
    ecm_test_u32("state new", fresh);
}

/* Any bit that turns in the newest record leaves the one before. */
static void test_decay(void) {
    flash_t flash;
    uint8_t data[SLOT];
    ecm_state_store_t store = store_of(&flash);
    uint32_t bit;
    memset(flash.bytes, 0xff, sizeof flash.bytes);
    flash.upwards = true;
    flash.power = UINT32_MAX;
    fill(data, 30, 1);
    ECM_CHECK(ecm_state_save(&store, 7, data, 30) == ECM_OK);
    fill(data, 31, 2);
    ECM_CHECK(ecm_state_save(&store, 7, data, 31) == ECM_OK);
    ecm_test_bytes("state flash", flash.bytes, sizeof flash.bytes);
    for (bit = 0; bit < 8U * (uint32_t)ECM_STATE_SLOT_BYTES(31); bit++) {
        uint8_t mask = (uint8_t)(1U << (bit % 8U));
        flash.bytes[SLOT + bit / 8U] ^= mask;
        ECM_CHECK(holds(&store, 30, 1));
        flash.bytes[SLOT + bit / 8U] ^= mask;
    }
    ECM_CHECK(holds(&store, 31, 2));
    /* the sequence goes on over its end */
    flash.bytes[8] = flash.bytes[9] = flash.bytes[10] = flash.bytes[11] = 0xff;
    {
        uint32_t crc = ecm_state_crc32(0, flash.bytes, 46), i;
        for (i = 0; i < 4U; i++) {
            flash.bytes[46U + i] = (uint8_t)((crc >> (8U * i)) & 0xffU);
        }
    }
    ECM_CHECK(holds(&store, 31, 2)); /* 1 is two after 2^32 - 1 */
}

/* A record that is taken back: cut at every byte, it or the one before is found. */
static void test_reverts(void) {
    flash_t flash;
    uint8_t data[SLOT];
    ecm_state_store_t store = store_of(&flash);
    uint32_t power, n = 0, older = 0;
    for (power = 0; power <= SLOT; power++) {
        memset(flash.bytes, 0xff, sizeof flash.bytes);
        flash.upwards = power % 2U == 0U;
        flash.power = UINT32_MAX;
        ECM_CHECK(ecm_state_revert(&store) == ECM_ERR_STATE);
        fill(data, 30, 1);
        ECM_CHECK(ecm_state_save(&store, 7, data, 30) == ECM_OK);
        ECM_CHECK(ecm_state_load_before(&store, 7, data, SLOT, &n) == ECM_ERR_STATE);
        ECM_CHECK(ecm_state_revert(&store) == ECM_ERR_STATE);
        fill(data, 31, 2);
        ECM_CHECK(ecm_state_save(&store, 7, data, 31) == ECM_OK);
        ECM_CHECK(ecm_state_load_before(&store, 7, data, SLOT, &n) == ECM_OK);
        ECM_CHECK(n == 30U && data[1] == flash.bytes[ECM_STATE_HEAD_BYTES + 1]);
        ECM_CHECK(data[1] != flash.bytes[SLOT + ECM_STATE_HEAD_BYTES + 1]);
        flash.power = power;
        ECM_CHECK((ecm_state_revert(&store) == ECM_OK) == (power == SLOT));
        flash.power = UINT32_MAX;
        ECM_CHECK(holds(&store, 30, 1) || holds(&store, 31, 2));
        older += holds(&store, 30, 1) ? 1U : 0U;
        ECM_CHECK(ecm_state_save(&store, 7, data, 9) == ECM_OK);
    }
    ECM_CHECK(holds(&store, 30, 1) == false && older > SLOT / 2);
    ecm_test_u32("state older", older);
}

static ecm_status_t refusing_read(void *user, uint32_t at, uint8_t *data,
                                  uint32_t bytes) {
    (void)user;
    (void)at;
    (void)data;
    (void)bytes;
    return ECM_ERR_STATE;
}

static void test_refusals(void) {
    flash_t flash;
    uint8_t data[SLOT] = {1, 2, 3};
    ecm_state_store_t store = store_of(&flash), bad = store;
    uint32_t n = 99;
    memset(&flash, 0, sizeof flash);
    flash.power = UINT32_MAX;
    ECM_CHECK(ecm_state_crc32(0, (const uint8_t *)"123456789", 9) == 0xcbf43926U);
    ECM_CHECK(ecm_state_load(&store, 7, data, SLOT, &n) == ECM_ERR_STATE);
    ECM_CHECK(ecm_state_save(NULL, 7, data, 3) == ECM_ERR_NULL);
    ECM_CHECK(ecm_state_save(&store, 7, NULL, 3) == ECM_ERR_NULL);
    ECM_CHECK(ecm_state_save(&store, 65536, data, 3) == ECM_ERR_ARG);
    ECM_CHECK(ecm_state_save(&store, 7, data, SLOT - 19) == ECM_ERR_FULL);
    ECM_CHECK(ecm_state_save(&store, 7, data, SLOT - 20) == ECM_OK);
    ECM_CHECK(ecm_state_load(&store, 8, data, SLOT, &n) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_state_load(&store, 7, data, SLOT - 21, &n) == ECM_ERR_FULL);
    ECM_CHECK(ecm_state_load(&store, 7, data, SLOT, NULL) == ECM_ERR_NULL);
    ECM_CHECK(n == 99U);
    ECM_CHECK(ecm_state_save(&store, 7, NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_state_load(&store, 7, NULL, 0, &n) == ECM_OK && n == 0U);
    bad.slot_bytes = 19;
    ECM_CHECK(ecm_state_save(&bad, 7, data, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_state_load(&bad, 7, data, SLOT, &n) == ECM_ERR_LENGTH);
    bad = store;
    bad.erase = NULL;
    ECM_CHECK(ecm_state_revert(&bad) == ECM_ERR_NULL);
    ECM_CHECK(ecm_state_load_before(NULL, 7, data, SLOT, &n) == ECM_ERR_NULL);
    ECM_CHECK(ecm_state_save(&bad, 7, data, 0) == ECM_ERR_NULL);
    bad = store;
    bad.read = refusing_read; /* that is not "no record" */
    ECM_CHECK(ecm_state_load(&bad, 7, data, SLOT, &n) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_state_load_parts(&bad, 7, NULL, 0, &n) == ECM_ERR_FORMAT);
}

/* A record of several pieces has the bytes of one piece. */
static void test_parts(void) {
    flash_t flash, whole;
    ecm_state_store_t store = store_of(&flash), other = store_of(&whole);
    uint8_t data[30], found[30];
    ecm_state_part_t parts[4];
    uint32_t i, n = 0;
    memset(&flash, 0xff, sizeof flash);
    memset(&whole, 0xff, sizeof whole);
    flash.power = whole.power = 0xffffffffU;
    flash.upwards = whole.upwards = true;
    fill(data, sizeof data, 5);
    for (i = 0; i < 4U; i++) {
        parts[i].data = data;
        parts[i].bytes = i == 1U ? 0U : 10U;
    }
    parts[2].data = data + 10;
    parts[3].data = data + 20;
    ECM_CHECK(ecm_state_save_parts(&store, 7, parts, 4) == ECM_OK);
    ECM_CHECK(ecm_state_save(&other, 7, data, sizeof data) == ECM_OK);
    for (i = 0; i < 2U * SLOT; i++) {
        ECM_CHECK(flash.bytes[i] == whole.bytes[i]);
    }
    memset(found, 0, sizeof found);
    parts[0].data = found;
    parts[1].data = NULL;
    parts[1].bytes = 10; /* passed over */
    parts[2].data = found + 20;
    parts[2].bytes = 4;
    ECM_CHECK(ecm_state_load_parts(&store, 7, parts, 3, &n) == ECM_OK && n == 30U);
    for (i = 0; i < 30U; i++) {
        ECM_CHECK(found[i] == (i < 10U || (i >= 20U && i < 24U) ? data[i] : 0U));
    }
    ECM_CHECK(ecm_state_load_parts(&store, 8, parts, 3, &n) == ECM_ERR_FORMAT);
    ECM_CHECK(ecm_state_load_parts(&store, 7, NULL, 1, &n) == ECM_ERR_NULL);
    ECM_CHECK(ecm_state_save_parts(&store, 7, parts, 3) == ECM_ERR_NULL);
    parts[1].data = data;
    parts[1].bytes = SLOT;
    ECM_CHECK(ecm_state_save_parts(&store, 7, parts, 3) == ECM_ERR_FULL);
    ecm_test_bytes("state parts", flash.bytes, sizeof flash.bytes);
}

void test_ecm_state(void) {
    test_parts();
    test_cuts();
    test_decay();
    test_reverts();
    test_refusals();
}
