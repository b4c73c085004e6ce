/* ecm_spool.h - telemetry frames that wait in flash while there is no way to send them.
 *
 * A ring of sectors. Frames are given out in the order in which they came, and are kept
 * until they are acknowledged. When all sectors are full, the one with the oldest
 * frames is erased, and what was in it and not acknowledged is counted as dropped. Each
 * sector is erased once in a turn of the ring, so that all wear alike.
 *
 * Whatever byte the power is lost at, the next open finds each frame whose append had
 * returned, unless it was acknowledged or dropped; the frame that was being written is
 * there as a whole or not at all. An acknowledgement that was being written may be
 * lost: these frames are given out once more.
 *
 *     // after each reset
 *     ecm_spool_open(&st, &cfg);
 *
 *     ecm_spool_append(&st, &cfg, frame, bytes);
 *     while (ecm_spool_next(&st, &cfg, buf, sizeof buf, &bytes, &number) == ECM_OK) {
 *         send(buf, bytes);
 *     }
 *
 *     // if all through this one have arrived
 *     ecm_spool_ack(&st, &cfg, number);
 *
 *     // or if not: those that have not are given out again
 *     ecm_spool_rewind(&st);
 *
 * Flash is written in units of 16 bytes, each once after an erase and in rising order
 * within its sector. Its bytes are in docs/formats.md.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SPOOL_H
#define ECM_SPOOL_H

#include "ecm_base.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_SPOOL_VERSION 1
#define ECM_SPOOL_UNIT_BYTES 16
#define ECM_SPOOL_HEAD_BYTES 32   /* of a sector */
#define ECM_SPOOL_RECORD_BYTES 12 /* before the bytes of a frame */
#define ECM_SPOOL_SECTOR_MIN 64
#define ECM_SPOOL_SECTORS_MAX 65535U
/* Bytes of a sector that a frame of n bytes takes. */
#define ECM_SPOOL_FRAME_BYTES(n)                                                       \
    (((n) + (uint32_t)ECM_SPOOL_RECORD_BYTES + 15U) / 16U * 16U)

typedef struct {
    const ecm_state_store_t *flash; /* slot_bytes is a sector's: a multiple of 16,
                                       ECM_SPOOL_SECTOR_MIN or more */
    uint32_t sectors;               /* 2 ... ECM_SPOOL_SECTORS_MAX */
} ecm_spool_cfg_t;

/* Where a frame is, or where it will be. */
typedef struct {
    uint32_t number; /* frames are counted from 0, modulo 2^32 */
    uint32_t sector;
    uint32_t at; /* offset in the sector */
} ecm_spool_place_t;

typedef struct {
    uint32_t opened;          /* 1: by ecm_spool_open */
    uint32_t turn;            /* sectors begun before the present one, modulo 2^32 */
    ecm_spool_place_t end;    /* of the next frame to come */
    ecm_spool_place_t oldest; /* of the oldest frame that is not acknowledged */
    ecm_spool_place_t next;   /* of the frame that is given out next */
    uint32_t dropped;         /* frames that are gone without an acknowledgement */
} ecm_spool_t;
ECM_STATIC_ASSERT(sizeof(ecm_spool_t) == 48, spool_size);

/** Find what is in the flash.
 *
 * st      [out] state
 * cfg     [in]  the same values at every call
 *
 * Cost    : reads each sector's head and all that is in the sectors with frames that
 *           were not acknowledged.
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on sectors, or what read refused with.
 */
ecm_status_t ecm_spool_open(ecm_spool_t *st, const ecm_spool_cfg_t *cfg);

/** Keep a frame, in place of the oldest ones if there is no room.
 *
 * st      [in,out] from ecm_spool_open
 * cfg     [in]     as to ecm_spool_open
 * data    [in]     the frame
 * bytes   [in]     1 ... 65535; with its head it must fit into a sector
 *
 * What was written is read back; where the flash does not hold it, the next sector is
 * tried, once.
 *
 * Cost    : writes the frame and reads it; at the end of a sector an erase, before
 *           which the records of the oldest sector are read.
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before open, ECM_ERR_LENGTH,
 *           ECM_ERR_FORMAT if the flash does not hold what is written, or what a
 *           callback refused with. The frame is not kept then; the rest of the sector
 *           is left unused, and room may have been made.
 */
ecm_status_t ecm_spool_append(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                              const uint8_t *data, uint32_t bytes);

/** Give out the next frame. It stays until it is acknowledged.
 *
 * st        [in,out] from ecm_spool_open
 * cfg       [in]     as to ecm_spool_open
 * data      [out]    the frame
 * data_max  [in]     room for it
 * bytes     [out]    its bytes
 * number    [out]    its number, for ecm_spool_ack
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK; ECM_MORE and nothing written if all were given out; ECM_ERR_NULL;
 *           ECM_ERR_STATE before open; ECM_ERR_FULL if there is not room for it, see
 *           ecm_spool_pass; or what read refused with.
 */
ecm_status_t ecm_spool_next(ecm_spool_t *st, const ecm_spool_cfg_t *cfg, uint8_t *data,
                            uint32_t data_max, uint32_t *bytes, uint32_t *number);

/** Pass over the next frame, such as one that there is no room for.
 *
 * st      [in,out] from ecm_spool_open
 * cfg     [in]     as to ecm_spool_open
 *
 * It counts as given out: it stays until it, or one behind it, is acknowledged.
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK; ECM_MORE if all were given out; ECM_ERR_NULL; ECM_ERR_STATE before
 *           open; or what read refused with.
 */
ecm_status_t ecm_spool_pass(ecm_spool_t *st, const ecm_spool_cfg_t *cfg);

/** Give out again what was given out and not acknowledged.
 *
 * st      [in,out] from ecm_spool_open
 *
 * Context : one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before open.
 */
ecm_status_t ecm_spool_rewind(ecm_spool_t *st);

/** Acknowledge a frame and all before it.
 *
 * st      [in,out] from ecm_spool_open
 * cfg     [in]     as to ecm_spool_open
 * number  [in]     of a frame; one that is no longer there changes nothing
 *
 * The acknowledgement is written too, in 16 bytes, but where that would cost frames
 * that wait: after a reset these are given out again.
 *
 * Context : one caller per st; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before open, ECM_ERR_ARG on a number
 *           that no frame has had yet, or what a callback refused with; if a write
 *           did, the frames are acknowledged until the next reset.
 */
ecm_status_t ecm_spool_ack(ecm_spool_t *st, const ecm_spool_cfg_t *cfg,
                           uint32_t number);

/** Frames that are not acknowledged.
 *
 * st      [in] from ecm_spool_open
 *
 * Context : one caller per st.
 * Returns : their number; 0 for NULL or before open.
 */
uint32_t ecm_spool_waiting(const ecm_spool_t *st);

ECM_EXTERN_C_END

#endif
