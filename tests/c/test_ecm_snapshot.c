/* test_ecm_snapshot.c - what is given away are the samples around the trigger.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_bytes.h"
#include "ecm_cbor.h"
#include "ecm_snapshot.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

void test_ecm_snapshot(void);

#define BEFORE 20
#define AFTER 13
#define LEN (BEFORE + AFTER)
#define BLOB (ECM_SNAPSHOT_HEAD_BYTES + 4 * LEN)

static ecm_snapshot_cfg_t settings(void) {
    ecm_snapshot_cfg_t cfg;
    memset(&cfg, 0, sizeof cfg);
    cfg.device_id = 0x01020304U;
    cfg.before_len = BEFORE;
    cfg.after_len = AFTER;
    cfg.fs_hz = 1000.0f;
    cfg.scale = 1.0f;
    cfg.sample_bytes = 4;
    cfg.channel = 2;
    cfg.chunk_bytes = ECM_SNAPSHOT_CHUNK_MIN;
    return cfg;
}

static uint32_t item(const uint8_t **at, const uint8_t *end, uint32_t major) {
    uint32_t value = 0;
    *at = ecm_cbor_get_head(*at, end, major, &value);
    ECM_CHECK(*at != NULL);
    return value;
}

/* Put the data of a chunk where it belongs. Returns the bytes before it in the blob and
 * its own. */
static uint32_t put_chunk(const ecm_snapshot_cfg_t *cfg, const uint8_t *frame,
                          uint32_t len, uint32_t number, uint32_t total,
                          uint8_t *blob) {
    const uint8_t *at = frame, *end = frame + len;
    uint32_t piece =
        (uint32_t)cfg->chunk_bytes -
        (cfg->mac != NULL ? ECM_SNAPSHOT_AROUND_MAC_BYTES : ECM_SNAPSHOT_AROUND_BYTES);
    uint32_t n, crc;
    ECM_CHECK(len <= cfg->chunk_bytes);
    ECM_CHECK(item(&at, end, ECM_CBOR_ARRAY) == (cfg->mac != NULL ? 8U : 7U));
    ECM_CHECK(item(&at, end, ECM_CBOR_UNSIGNED) == ECM_SNAPSHOT_VERSION);
    ECM_CHECK(item(&at, end, ECM_CBOR_UNSIGNED) == cfg->device_id);
    (void)item(&at, end, ECM_CBOR_UNSIGNED);
    ECM_CHECK(item(&at, end, ECM_CBOR_UNSIGNED) == number);
    ECM_CHECK(item(&at, end, ECM_CBOR_UNSIGNED) == total);
    n = item(&at, end, ECM_CBOR_BYTES);
    ECM_CHECK(n == piece || (number + 1U == total && n < piece && n > 0U));
    memcpy(blob + (size_t)(number * piece), at, (size_t)n);
    at += n;
    crc = ecm_state_crc32(0, frame, (uint32_t)(at - frame));
    ECM_CHECK(item(&at, end, ECM_CBOR_BYTES) == 4U);
    ECM_CHECK(at[0] == crc >> 24 && at[3] == (crc & 0xffU));
    at += 4;
    if (cfg->mac != NULL) {
        ECM_CHECK(item(&at, end, ECM_CBOR_BYTES) == ECM_FRAME_MAC_BYTES);
        at += ECM_FRAME_MAC_BYTES;
    }
    ECM_CHECK(at == end);
    return number * piece + n;
}

/* All chunks, the last one first; from memory, or from flash if there is one. */
static uint32_t fetch(const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                      const void *mem, const ecm_state_store_t *flash, uint32_t chunks,
                      uint8_t *blob) {
    uint8_t buf[256];
    uint32_t i, len, bytes = 0;
    for (i = chunks; i-- > 0U;) {
        ecm_status_t status =
            flash != NULL
                ? ecm_snapshot_kept_chunk(cfg, flash, i, buf, sizeof buf, &len)
                : ecm_snapshot_chunk(st, cfg, mem, i, buf, sizeof buf, &len);
        ECM_CHECK(status == ECM_OK);
        len = put_chunk(cfg, buf, len, i, chunks, blob);
        bytes = i + 1U == chunks ? len : bytes;
    }
    return bytes;
}

/* Samples 0, 1, 2, ... in chunks; a trigger after so many, `ago` of them behind it. */
static void once(uint32_t pushed, uint32_t ago, uint32_t chunk) {
    ecm_snapshot_cfg_t cfg = settings();
    ecm_snapshot_t st;
    float mem[LEN], x[LEN + AFTER + 8];
    uint8_t blob[BLOB];
    uint32_t i, n, head = 0, chunks = 99, first, end;
    cfg.chunk_bytes = (uint16_t)(48U + chunk * 4U);
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    while (head < pushed + AFTER + chunk) {
        n = head < pushed && pushed - head < chunk ? pushed - head : chunk;
        for (i = 0; i < n; i++) {
            x[i] = (float)(head + i);
        }
        ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, n) == ECM_OK);
        head += n;
        if (head == pushed) {
            ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_MORE);
            ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, ago, 5, 77) == ECM_OK);
            ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, ago, 6, 78) == ECM_ERR_STATE);
            ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_MORE);
            ECM_CHECK(chunks == 99U);
        }
    }
    ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
    n = fetch(&st, &cfg, mem, NULL, chunks, blob);
    end = ago < AFTER ? pushed - ago + AFTER : pushed;
    first = end > LEN ? end - LEN : 0U;
    ECM_CHECK(n == ECM_SNAPSHOT_HEAD_BYTES + 4U * (end - first));
    ECM_CHECK(ecm_bytes_get(blob + 8, 4) == end - first);
    ECM_CHECK(ecm_bytes_get(blob + 12, 4) == pushed - ago - first);
    ECM_CHECK(ecm_bytes_get(blob + 24, 4) == 77U && blob[28] == 2U && blob[30] == 5U);
    ECM_CHECK(ecm_state_crc32(0, blob, n) == st.crc);
    for (i = first; i < end; i++) {
        float found;
        memcpy(&found, blob + ECM_SNAPSHOT_HEAD_BYTES + 4U * (size_t)(i - first), 4);
        ECM_CHECK(found == (float)i);
    }
    if (pushed == 40U) {
        ecm_test_bytes("snapshot blob", blob, n);
    }
}

/* Sealed and kept a few bytes at a time: the bytes of one call. */
static void test_in_slices(void) {
    enum { SLOT = (BLOB + 31) / 16 * 16 };
    ecm_snapshot_cfg_t cfg = settings();
    ecm_snapshot_t st, again;
    test_flash_t first, second;
    uint8_t whole[SLOT], pieces[SLOT];
    ecm_state_store_t one = test_flash_store(&first, whole, 1, SLOT, 16);
    ecm_state_store_t two = test_flash_store(&second, pieces, 1, SLOT, 16);
    float mem[LEN];
    uint32_t i, chunks = 0, calls = 0, at = 0;
    ecm_status_t status;
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    for (i = 0; i < 2U * LEN; i++) {
        float x = (float)i;
        ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, &x, 1) == ECM_OK);
        if (i == LEN) {
            ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, 0, 1, 2) == ECM_OK);
        }
    }
    again = st;
    ECM_CHECK(ecm_snapshot_keep_some(&st, &cfg, mem, &one, &at, 16) == ECM_ERR_STATE);
    ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
    ECM_CHECK(ecm_snapshot_keep(&st, &cfg, mem, &one) == ECM_OK);
    do {
        status = ecm_snapshot_seal_some(&again, &cfg, mem, 20, &chunks);
        calls++;
    } while (status == ECM_MORE);
    ECM_CHECK(status == ECM_OK && calls == (BLOB + 31U) / 32U && again.crc == st.crc);
    for (calls = 0; calls < 2U; calls++) { /* once it is cut, then all */
        second.power = calls == 0U ? SLOT + 50U : TEST_FLASH_ON;
        do {
            status = ecm_snapshot_keep_some(&again, &cfg, mem, &two, &at, 1);
        } while (status == ECM_MORE);
        ECM_CHECK(status == (calls == 0U ? ECM_ERR_STATE : ECM_OK) && at == 0U);
    }
    ECM_CHECK(test_flash_same(whole, pieces, SLOT));
    at = BLOB + 32U;
    ECM_CHECK(ecm_snapshot_keep_some(&again, &cfg, mem, &two, &at, 1) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_snapshot_keep_some(&again, &cfg, mem, &two, NULL, 1) == ECM_ERR_NULL);
}

static void test_any_trigger_in_any_chunks(void) {
    static const uint32_t chunks[] = {1, 3, 8, LEN + 9};
    uint32_t i, pushed, ago;
    for (i = 0; i < 4U; i++) {
        for (pushed = 1; pushed < 80U; pushed += 13U) {
            for (ago = 0; ago <= LEN && ago <= pushed; ago += 3U) {
                once(pushed, ago, chunks[i]);
            }
        }
    }
}

/* Another one after the first; its samples are all from after the rearm. */
static void test_again(void) {
    ecm_snapshot_cfg_t cfg = settings();
    ecm_snapshot_t st;
    int16_t mem[LEN], x[8];
    uint8_t blob[BLOB];
    uint32_t round, i, k, chunks, n;
    cfg.sample_bytes = 2;
    cfg.scale = 0.25f;
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    for (round = 0; round < 3U; round++) {
        for (k = 0; k < 9U; k++) {
            for (i = 0; i < 8U; i++) {
                x[i] = (int16_t)(1000 * (int16_t)round + (int16_t)(8U * k + i));
            }
            ECM_CHECK(ecm_snapshot_push_s16(&st, &cfg, mem, x, 8) == ECM_OK);
            if (k == 0U) {
                ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, 1, round, k) == ECM_OK);
                ECM_CHECK(ecm_snapshot_rearm(&st) == ECM_ERR_STATE);
            }
        }
        ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
        n = fetch(&st, &cfg, mem, NULL, chunks, blob);
        ecm_test_bytes("snapshot again", blob, n);
        ECM_CHECK(n == ECM_SNAPSHOT_HEAD_BYTES + 2U * (7U + AFTER));
        ECM_CHECK(ecm_bytes_get(blob + 32, 2) == 1000U * round);
        ECM_CHECK(ecm_snapshot_rearm(&st) == ECM_OK);
        /* push has to have seen that before the next trigger */
        ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, 0, 0, 0) == ECM_ERR_STATE);
    }
}

static ecm_status_t mac(void *user, const uint8_t *data, uint32_t bytes,
                        uint8_t code[ECM_FRAME_MAC_BYTES]) {
    uint32_t crc = ecm_state_crc32(*(const uint32_t *)user, data, bytes);
    ECM_CHECK(ECM_FRAME_MAC_BYTES == 4);
    memcpy(code, &crc, 4);
    return crc % 64U == 0U ? ECM_ERR_ARG : ECM_OK;
}

/* A snapshot that is whole, and settings that nobody checked since. */
static void check_chunk_bytes(ecm_snapshot_cfg_t cfg, const ecm_state_store_t *flash) {
    static const uint16_t wrong[] = {0, 25, 26, 27, 31, 32, 47, 1025, 65535};
    uint8_t buf[64];
    uint32_t i, chunks = 99, len = 99;
    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cfg.chunk_bytes = wrong[i];
        cfg.mac = i % 2U == 0U ? NULL : mac;
        ECM_CHECK(ecm_snapshot_kept(&cfg, flash, &chunks) == ECM_ERR_LENGTH);
        ECM_CHECK(ecm_snapshot_kept_chunk(&cfg, flash, 0, buf, sizeof buf, &len) ==
                  ECM_ERR_LENGTH);
    }
    ECM_CHECK(chunks == 99U && len == 99U);
    cfg.chunk_bytes = ECM_SNAPSHOT_CHUNK_MIN;
    ECM_CHECK(ecm_snapshot_kept(&cfg, flash, &chunks) == ECM_OK && chunks > 1U);
    cfg.chunk_bytes = ECM_SNAPSHOT_CHUNK_MAX;
    ECM_CHECK(ecm_snapshot_kept(&cfg, flash, &chunks) == ECM_OK && chunks == 1U);
}

/* In flash: cut at every byte it is there as a whole or not at all; and any bit that
 * turns is seen. */
static void test_flash_cuts(void) {
    ecm_snapshot_cfg_t cfg = settings();
    ecm_snapshot_t st;
    float mem[LEN];
    uint8_t bytes[ECM_SNAPSHOT_SLOT_BYTES(LEN, 4) + 16], blob[BLOB], again[BLOB];
    uint32_t slot = sizeof bytes, power, chunks, kept, n, key = 7, whole = 0, bit;
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 1, slot, 16);
    cfg.mac = mac;
    cfg.mac_user = &key;
    cfg.chunk_bytes = 200;
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    ecm_test_noise_f32(3, mem, LEN);
    memcpy(blob, mem, sizeof mem);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, (const float *)(void *)blob, LEN) ==
              ECM_OK);
    ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, AFTER, 1, 2) == ECM_OK);
    ECM_CHECK(ecm_snapshot_keep(&st, &cfg, mem, &store) == ECM_ERR_STATE);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, mem, 1) == ECM_OK);
    ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
    n = fetch(&st, &cfg, mem, NULL, chunks, blob);
    ECM_CHECK(ecm_snapshot_kept(&cfg, &store, &kept) == ECM_MORE);
    for (power = 0; whole == 0U; power++) {
        ecm_status_t status;
        flash.power = power;
        flash.upwards = power % 2U == 0U;
        status = ecm_snapshot_keep(&st, &cfg, mem, &store);
        flash.power = TEST_FLASH_ON;
        kept = 99;
        if (status == ECM_OK) {
            ECM_CHECK(ecm_snapshot_kept(&cfg, &store, &kept) == ECM_OK);
            ECM_CHECK(kept == chunks);
            ECM_CHECK(fetch(&st, &cfg, NULL, &store, kept, again) == n);
            ECM_CHECK(test_flash_same(blob, again, n));
            whole = 1;
        } else {
            ECM_CHECK(ecm_snapshot_kept(&cfg, &store, &kept) != ECM_OK && kept == 99U);
        }
    }
    ecm_test_u32("snapshot power", power);
    ecm_test_bytes("snapshot slot", bytes, slot);
    check_chunk_bytes(cfg, &store);
    for (bit = 0; bit < 8U * n; bit += 3U) {
        bytes[bit / 8U] = (uint8_t)(bytes[bit / 8U] ^ 1U << bit % 8U);
        ECM_CHECK(ecm_snapshot_kept(&cfg, &store, &kept) == ECM_ERR_FORMAT);
        bytes[bit / 8U] = (uint8_t)(bytes[bit / 8U] ^ 1U << bit % 8U);
    }
}

static void test_refusals(void) {
    ecm_snapshot_cfg_t cfg = settings(), bad = cfg;
    ecm_snapshot_t st;
    float mem[LEN], x[4] = {0};
    int16_t y[4] = {0};
    uint8_t buf[64], bytes[64];
    uint32_t len = 99, chunks = 99;
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 1, sizeof bytes, 16);
    memset(&st, 0, sizeof st);
    bad.after_len = 0;
    ECM_CHECK(ecm_snapshot_init(&st, &bad) == ECM_ERR_LENGTH);
    bad.after_len = ECM_SNAPSHOT_LEN_MAX;
    ECM_CHECK(ecm_snapshot_init(&st, &bad) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.sample_bytes = 3;
    ECM_CHECK(ecm_snapshot_init(&st, &bad) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.chunk_bytes = ECM_SNAPSHOT_CHUNK_MIN - 1;
    ECM_CHECK(ecm_snapshot_init(&st, &bad) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.fs_hz = 0.0f;
    ECM_CHECK(ecm_snapshot_init(&st, &bad) == ECM_ERR_ARG);
    bad = cfg;
    bad.scale = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(ecm_snapshot_init(&st, &bad) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_init(NULL, &cfg) == ECM_ERR_NULL);
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_snapshot_push_s16(&st, &cfg, mem, y, 4) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, 4) == ECM_OK);
    ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, LEN + 1, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, 0, 65536U, 0) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_chunk(&st, &cfg, mem, 0, buf, 64, &len) == ECM_ERR_STATE);
    ECM_CHECK(ecm_snapshot_trigger(&st, &cfg, AFTER, 0, 0) == ECM_OK);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, 1) == ECM_OK);
    ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
    ECM_CHECK(ecm_snapshot_chunk(&st, &cfg, mem, chunks, buf, 64, &len) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_chunk(&st, &cfg, mem, 0, buf, 47, &len) == ECM_ERR_FULL);
    ECM_CHECK(ecm_snapshot_chunk(&st, &cfg, mem, 0, NULL, 64, &len) == ECM_ERR_NULL);
    ECM_CHECK(ecm_snapshot_kept_chunk(&cfg, &store, 0, buf, 64, &len) == ECM_ERR_STATE);
    store.slot_bytes = 48;
    ECM_CHECK(ecm_snapshot_keep(&st, &cfg, mem, &store) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_snapshot_kept(&cfg, &store, &chunks) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_snapshot_rearm(NULL) == ECM_ERR_NULL);
    ECM_CHECK(len == 99U);
}

/* Samples that come between the choice of a position and the call do not move it. */
static void test_position(void) {
    ecm_snapshot_cfg_t cfg = settings();
    ecm_snapshot_t st;
    float mem[LEN], x[LEN] = {0};
    uint8_t blob[BLOB];
    uint32_t position, chunks = 0, later;
    for (later = 0; later < AFTER; later++) {
        ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
        ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, LEN) == ECM_OK);
        position = st.head - 2U;
        ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, later) == ECM_OK);
        ECM_CHECK(ecm_snapshot_trigger_at(&st, &cfg, position, 5, 77) == ECM_OK);
        ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, AFTER) == ECM_OK);
        ECM_CHECK(ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK);
        (void)fetch(&st, &cfg, mem, NULL, chunks, blob);
        ECM_CHECK(st.trigger == position);
        ECM_CHECK(ecm_bytes_get(blob + 12, 4) ==
                  LEN - (later + 2U > AFTER ? later + 2U : AFTER));
    }
    ECM_CHECK(ecm_snapshot_init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_snapshot_push_f32(&st, &cfg, mem, x, LEN) == ECM_OK);
    ECM_CHECK(ecm_snapshot_trigger_at(NULL, &cfg, 0, 0, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_snapshot_trigger_at(&st, &cfg, LEN + 1, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_trigger_at(&st, &cfg, LEN, 65536U, 0) == ECM_ERR_ARG);
    ECM_CHECK(ecm_snapshot_trigger_at(&st, &cfg, LEN, 0, 0) == ECM_OK);
    ECM_CHECK(ecm_snapshot_trigger_at(&st, &cfg, LEN, 0, 0) == ECM_ERR_STATE);
}

void test_ecm_snapshot(void) {
    test_position();
    test_in_slices();
    test_any_trigger_in_any_chunks();
    test_again();
    test_flash_cuts();
    test_refusals();
}
