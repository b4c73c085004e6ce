/* ecm_state.h - states that survive a power cut: two slots, a sequence and a checksum.
 *
 * A save goes to the slot that does not hold the newest record, and its checksum is the
 * last thing written. Whatever byte the power is lost at, load finds the record of
 * before or the new one, never a mixture.
 *
 * The memory is the caller's, through callbacks: flash with pages to erase, EEPROM,
 * FRAM or a file. A slot begins at 0 and at slot_bytes. A record is, little-endian:
 *
 *   offset  bytes  content
 *   0       4      "ECMS"
 *   4       2      1, the version of this format
 *   6       2      type, the caller's: what the data is, and its version
 *   8       4      sequence, one more than that of the record before, modulo 2^32
 *   12      4      bytes of data
 *   16      n      data
 *   16 + n  4      CRC-32 of all before
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_STATE_H
#define ECM_STATE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_STATE_VERSION 1
#define ECM_STATE_HEAD_BYTES 16
/* Bytes that a slot needs for data of n bytes. */
#define ECM_STATE_SLOT_BYTES(n) ((n) + ECM_STATE_HEAD_BYTES + 4)

/* The caller's memory. Each returns ECM_OK or a refusal, which is handed on. What an
 * erase or a write leaves when the power is lost in it may be anything in that slot. */
typedef struct {
    ecm_status_t (*read)(void *user, uint32_t at, uint8_t *data, uint32_t bytes);
    ecm_status_t (*erase)(void *user, uint32_t at, uint32_t bytes); /* a whole slot */
    ecm_status_t (*write)(void *user, uint32_t at, const uint8_t *data, uint32_t bytes);
    void *user;
    uint32_t slot_bytes;
} ecm_state_store_t;

/* One of several pieces of memory that make up a record. */
typedef struct {
    void *data; /* NULL: its bytes are passed over by a load */
    uint32_t bytes;
} ecm_state_part_t;

/** CRC-32 of IEEE 802.3, as of zlib.
 *
 * crc     [in] 0, or of the bytes before
 * data    [in] bytes
 * bytes   [in] 0 changes nothing
 *
 * Cost    : two table look-ups a byte, a table of 64 bytes.
 * Context : any.
 * Returns : the checksum so far.
 */
uint32_t ecm_state_crc32(uint32_t crc, const uint8_t *data, uint32_t bytes);

/** Save data as the newest record.
 *
 * store   [in] the memory
 * type    [in] the caller's, 0 ... 65535
 * data    [in] bytes of data
 * bytes   [in] at most slot_bytes - ECM_STATE_HEAD_BYTES - 4
 *
 * Cost    : reads both slots once, to know which to keep.
 * Context : one caller per memory.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a type above 65535, ECM_ERR_LENGTH on
 *           a slot too small for any record, ECM_ERR_FULL, or what a callback refused
 *           with; the newest record is then still there.
 */
ecm_status_t ecm_state_save(const ecm_state_store_t *store, uint32_t type,
                            const uint8_t *data, uint32_t bytes);

/** Save data that lies in several places as one record.
 *
 * store     [in] the memory
 * type      [in] the caller's, 0 ... 65535
 * parts     [in] pieces, in order; each with its data
 * parts_len [in] number of pieces
 *
 * Cost    : as ecm_state_save; each piece is written by a call of its own.
 * Context : one caller per memory.
 * Returns : as ecm_state_save.
 */
ecm_status_t ecm_state_save_parts(const ecm_state_store_t *store, uint32_t type,
                                  const ecm_state_part_t *parts, uint32_t parts_len);

/** Load the newest record that is whole into several places.
 *
 * store     [in]     the memory
 * type      [in]     as saved
 * parts     [in]     pieces, in order: filled as far as the record goes
 * parts_len [in]     number of pieces
 * bytes     [out]    bytes of the record's data, more or less than the pieces have
 *
 * Cost    : as ecm_state_load.
 * Context : one caller per memory.
 * Returns : as ecm_state_load, but for ECM_ERR_FULL.
 */
ecm_status_t ecm_state_load_parts(const ecm_state_store_t *store, uint32_t type,
                                  const ecm_state_part_t *parts, uint32_t parts_len,
                                  uint32_t *bytes);

/** Load the newest record that is whole.
 *
 * store     [in]  the memory
 * type      [in]  as saved
 * data      [out] the data
 * data_max  [in]  room for it
 * bytes     [out] bytes of data
 *
 * Cost    : reads both slots once and the data of one again.
 * Context : one caller per memory.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on a slot too small for any record;
 *           ECM_ERR_STATE if there is no record; ECM_ERR_FORMAT if the newest is of
 *           another type; ECM_ERR_FULL if it does not fit; or what read refused with,
 *           ECM_ERR_FORMAT for ECM_ERR_STATE: that is no record alone.
 */
ecm_status_t ecm_state_load(const ecm_state_store_t *store, uint32_t type,
                            uint8_t *data, uint32_t data_max, uint32_t *bytes);

/** Load the record before the newest one.
 *
 * store     [in]  the memory
 * type      [in]  as saved
 * data      [out] the data
 * data_max  [in]  room for it
 * bytes     [out] bytes of data
 *
 * Cost    : as ecm_state_load.
 * Context : one caller per memory.
 * Returns : as ecm_state_load, of that record.
 */
ecm_status_t ecm_state_load_before(const ecm_state_store_t *store, uint32_t type,
                                   uint8_t *data, uint32_t data_max, uint32_t *bytes);

/** Take the newest record back: the one before it is the newest again.
 *
 * store   [in] the memory
 *
 * Whatever byte the power is lost at, load finds one of the two.
 *
 * Cost    : reads both slots once, erases one.
 * Context : one caller per memory.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on a slot too small for any record,
 *           ECM_ERR_STATE if there is no record before it; or what a callback refused
 *           with.
 */
ecm_status_t ecm_state_revert(const ecm_state_store_t *store);

ECM_EXTERN_C_END

#endif
