/* ecm_state.c - see ecm_state.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_state.h"
#include "ecm_bytes.h"

#define STATE_CRC_BYTES 4U
#define STATE_PIECE_BYTES 32U
#define STATE_MAGIC 0x534d4345U /* "ECMS" */

uint32_t ecm_state_crc32(uint32_t crc, const uint8_t *data, uint32_t bytes) {
    static const uint32_t table[16] = {
        0x00000000U, 0x1db71064U, 0x3b6e20c8U, 0x26d930acU, 0x76dc4190U, 0x6b6b51f4U,
        0x4db26158U, 0x5005713cU, 0xedb88320U, 0xf00f9344U, 0xd6d6a3e8U, 0xcb61b38cU,
        0x9b64c2b0U, 0x86d3d2d4U, 0xa00ae278U, 0xbdbdf21cU};
    uint32_t i;
    crc = ~crc;
    for (i = 0; i < bytes; i++) {
        crc ^= data[i];
        crc = (crc >> 4) ^ table[crc & 15U];
        crc = (crc >> 4) ^ table[crc & 15U];
    }
    return ~crc;
}

/* What is in a slot. */
typedef struct {
    bool whole;
    uint32_t type;
    uint32_t sequence;
    uint32_t bytes;
} state_record_t;

/* A memory that refuses must not pass for one that has no record: who keeps numbers of
 * commands would begin with none. */
static ecm_status_t state_read(const ecm_state_store_t *store, uint32_t at,
                               uint8_t *data, uint32_t bytes) {
    ecm_status_t status = store->read(store->user, at, data, bytes);
    return status == ECM_ERR_STATE ? ECM_ERR_FORMAT : status;
}

/* Checksum of the data in the memory, behind that of the head. */
static ecm_status_t state_sum(const ecm_state_store_t *store, uint32_t at,
                              uint32_t bytes, uint32_t *crc) {
    uint8_t piece[STATE_PIECE_BYTES];
    while (bytes > 0U) {
        uint32_t n = bytes < STATE_PIECE_BYTES ? bytes : STATE_PIECE_BYTES;
        ecm_status_t status = state_read(store, at, piece, n);
        ECM_REQUIRE(status == ECM_OK, status);
        *crc = ecm_state_crc32(*crc, piece, n);
        at += n;
        bytes -= n;
    }
    return ECM_OK;
}

static ecm_status_t state_look(const ecm_state_store_t *store, uint32_t slot,
                               state_record_t *found) {
    uint8_t head[ECM_STATE_HEAD_BYTES], stored[STATE_CRC_BYTES];
    uint32_t at = slot * store->slot_bytes, crc;
    ecm_status_t status = state_read(store, at, head, sizeof head);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(found, 0, sizeof *found);
    if (ecm_bytes_get(head, 4) != STATE_MAGIC ||
        ecm_bytes_get(head + 4, 2) != ECM_STATE_VERSION) {
        return ECM_OK;
    }
    found->type = ecm_bytes_get(head + 6, 2);
    found->sequence = ecm_bytes_get(head + 8, 4);
    found->bytes = ecm_bytes_get(head + 12, 4);
    if (found->bytes > store->slot_bytes - ECM_STATE_SLOT_BYTES(0U)) {
        return ECM_OK;
    }
    crc = ecm_state_crc32(0, head, sizeof head);
    at += ECM_STATE_HEAD_BYTES;
    status = state_sum(store, at, found->bytes, &crc);
    ECM_REQUIRE(status == ECM_OK, status);
    status = state_read(store, at + found->bytes, stored, STATE_CRC_BYTES);
    ECM_REQUIRE(status == ECM_OK, status);
    found->whole = ecm_bytes_get(stored, STATE_CRC_BYTES) == crc;
    return ECM_OK;
}

static bool state_is_usable(const ecm_state_store_t *store) {
    return store->read != NULL && store->erase != NULL && store->write != NULL;
}

/* Slot and content of the newest record; whole is false if there is none. */
static ecm_status_t state_newest(const ecm_state_store_t *store, uint32_t *slot,
                                 state_record_t *newest) {
    state_record_t second;
    ecm_status_t status = state_look(store, 0, newest);
    ECM_REQUIRE(status == ECM_OK, status);
    status = state_look(store, 1, &second);
    ECM_REQUIRE(status == ECM_OK, status);
    *slot = 0;
    /* Of two sequences the later is less than half of all numbers ahead. */
    if (second.whole &&
        (!newest->whole || second.sequence - newest->sequence < 0x80000000U)) {
        *newest = second;
        *slot = 1;
    }
    return ECM_OK;
}

static ecm_status_t state_check(const ecm_state_store_t *store) {
    ECM_REQUIRE(store != NULL && state_is_usable(store), ECM_ERR_NULL);
    ECM_REQUIRE(store->slot_bytes >= ECM_STATE_SLOT_BYTES(0U) &&
                    store->slot_bytes <= INT32_MAX,
                ECM_ERR_LENGTH);
    return ECM_OK;
}

/* Bytes of all pieces; do they fit into a slot? */
static ecm_status_t state_check_parts(const ecm_state_store_t *store,
                                      const ecm_state_part_t *parts, uint32_t parts_len,
                                      uint32_t *bytes) {
    uint32_t i, left = store->slot_bytes - ECM_STATE_SLOT_BYTES(0U);
    ECM_REQUIRE(parts != NULL || parts_len == 0U, ECM_ERR_NULL);
    *bytes = 0;
    for (i = 0; i < parts_len; i++) {
        ECM_REQUIRE(parts[i].data != NULL || parts[i].bytes == 0U, ECM_ERR_NULL);
        ECM_REQUIRE(parts[i].bytes <= left, ECM_ERR_FULL);
        left -= parts[i].bytes;
        *bytes += parts[i].bytes;
    }
    return ECM_OK;
}

ecm_status_t ecm_state_save_parts(const ecm_state_store_t *store, uint32_t type,
                                  const ecm_state_part_t *parts, uint32_t parts_len) {
    uint8_t head[ECM_STATE_HEAD_BYTES], sum[STATE_CRC_BYTES];
    state_record_t newest;
    uint32_t slot, at, crc, bytes, i;
    ecm_status_t status = state_check(store);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(type <= UINT16_MAX, ECM_ERR_ARG);
    status = state_check_parts(store, parts, parts_len, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    status = state_newest(store, &slot, &newest);
    ECM_REQUIRE(status == ECM_OK, status);
    slot = newest.whole ? 1U - slot : 0U;
    at = slot * store->slot_bytes;
    ecm_bytes_put(head, STATE_MAGIC, 4);
    ecm_bytes_put(head + 4, ECM_STATE_VERSION, 2);
    ecm_bytes_put(head + 6, type, 2);
    ecm_bytes_put(head + 8, newest.whole ? newest.sequence + 1U : 0U, 4);
    ecm_bytes_put(head + 12, bytes, 4);
    crc = ecm_state_crc32(0, head, sizeof head);
    status = store->erase(store->user, at, store->slot_bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    status = store->write(store->user, at, head, sizeof head);
    ECM_REQUIRE(status == ECM_OK, status);
    at += ECM_STATE_HEAD_BYTES;
    for (i = 0; i < parts_len; i++) {
        const uint8_t *data = (const uint8_t *)parts[i].data;
        if (parts[i].bytes > 0U) {
            crc = ecm_state_crc32(crc, data, parts[i].bytes);
            status = store->write(store->user, at, data, parts[i].bytes);
            ECM_REQUIRE(status == ECM_OK, status);
            at += parts[i].bytes;
        }
    }
    ecm_bytes_put(sum, crc, STATE_CRC_BYTES);
    return store->write(store->user, at, sum, STATE_CRC_BYTES);
}

ecm_status_t ecm_state_save(const ecm_state_store_t *store, uint32_t type,
                            const uint8_t *data, uint32_t bytes) {
    const void *plain = data;
    ecm_state_part_t part;
    memcpy((void *)&part.data, (const void *)&plain,
           sizeof plain); /* it is read alone */
    part.bytes = bytes;
    return ecm_state_save_parts(store, type, &part, 1);
}

/* The newest record, or the one before it: its slot and bytes. */
static ecm_status_t state_find(const ecm_state_store_t *store, bool before,
                               uint32_t type, uint32_t *slot, uint32_t *bytes) {
    state_record_t found;
    ecm_status_t status = state_newest(store, slot, &found);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(found.whole, ECM_ERR_STATE);
    if (before) {
        *slot = 1U - *slot;
        status = state_look(store, *slot, &found);
        ECM_REQUIRE(status == ECM_OK, status);
        ECM_REQUIRE(found.whole, ECM_ERR_STATE);
    }
    ECM_REQUIRE(found.type == type, ECM_ERR_FORMAT);
    *bytes = found.bytes;
    return ECM_OK;
}

static ecm_status_t state_load(const ecm_state_store_t *store, bool before,
                               uint32_t type, uint8_t *data, uint32_t data_max,
                               uint32_t *bytes) {
    uint32_t slot = 0, found = 0;
    ecm_status_t status = state_check(store);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE((data != NULL || data_max == 0U) && bytes != NULL, ECM_ERR_NULL);
    status = state_find(store, before, type, &slot, &found);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(found <= data_max, ECM_ERR_FULL);
    if (found > 0U) {
        status = state_read(store, slot * store->slot_bytes + ECM_STATE_HEAD_BYTES,
                            data, found);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    *bytes = found;
    return ECM_OK;
}

ecm_status_t ecm_state_load(const ecm_state_store_t *store, uint32_t type,
                            uint8_t *data, uint32_t data_max, uint32_t *bytes) {
    return state_load(store, false, type, data, data_max, bytes);
}

ecm_status_t ecm_state_load_before(const ecm_state_store_t *store, uint32_t type,
                                   uint8_t *data, uint32_t data_max, uint32_t *bytes) {
    return state_load(store, true, type, data, data_max, bytes);
}

ecm_status_t ecm_state_load_parts(const ecm_state_store_t *store, uint32_t type,
                                  const ecm_state_part_t *parts, uint32_t parts_len,
                                  uint32_t *bytes) {
    uint32_t slot = 0, found = 0, left, at, i;
    ecm_status_t status = state_check(store);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE((parts != NULL || parts_len == 0U) && bytes != NULL, ECM_ERR_NULL);
    status = state_find(store, false, type, &slot, &found);
    ECM_REQUIRE(status == ECM_OK, status);
    at = slot * store->slot_bytes + ECM_STATE_HEAD_BYTES;
    left = found;
    for (i = 0; i < parts_len && left > 0U; i++) {
        uint32_t n = parts[i].bytes < left ? parts[i].bytes : left;
        if (parts[i].data != NULL && n > 0U) {
            status = state_read(store, at, (uint8_t *)parts[i].data, n);
            ECM_REQUIRE(status == ECM_OK, status);
        }
        at += n;
        left -= n;
    }
    *bytes = found;
    return ECM_OK;
}

ecm_status_t ecm_state_revert(const ecm_state_store_t *store) {
    state_record_t newest, other;
    uint32_t slot;
    ecm_status_t status = state_check(store);
    ECM_REQUIRE(status == ECM_OK, status);
    status = state_newest(store, &slot, &newest);
    ECM_REQUIRE(status == ECM_OK, status);
    status = state_look(store, 1U - slot, &other);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(newest.whole && other.whole, ECM_ERR_STATE);
    return store->erase(store->user, slot * store->slot_bytes, store->slot_bytes);
}
