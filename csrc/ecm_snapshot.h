/* ecm_snapshot.h - raw samples from before and after an alarm, given away in chunks.
 *
 * While nothing happens, push keeps the last samples in a ring. After a trigger it goes
 * on until after_len samples have come from the trigger on, and then leaves the memory
 * alone: the snapshot is complete. It is given away in chunks of a fixed size that are
 * frames of their own; a receiver asks again for those that it has not got. A snapshot
 * may be kept in a slot of flash too, and its chunks come from there after a reset.
 *
 *     ecm_snapshot_push_f32(&st, &cfg, mem, x, x_len);                 in the interrupt
 *     ecm_snapshot_trigger(&st, &cfg, ago, cause, time_s);             at an alarm
 *     if (ecm_snapshot_seal(&st, &cfg, mem, &chunks) == ECM_OK) {
 *         for (i = 0; i < chunks; i++) {
 *             ecm_snapshot_chunk(&st, &cfg, mem, i, buf, sizeof buf, &bytes);
 *         }
 *     }
 *     ecm_snapshot_rearm(&st);                                         it has arrived
 *
 * The bytes of chunks and of the slot are in docs/formats.md.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SNAPSHOT_H
#define ECM_SNAPSHOT_H

#include "ecm_base.h"
#include "ecm_frame.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_SNAPSHOT_VERSION 1
#define ECM_SNAPSHOT_HEAD_BYTES 32 /* before the samples */
#define ECM_SNAPSHOT_LEN_MAX 0x00400000U
#define ECM_SNAPSHOT_CHUNK_MIN 48 /* bytes of a chunk as it is sent */
#define ECM_SNAPSHOT_CHUNK_MAX 1024
/* Bytes of a chunk that are not of the snapshot; and with an authentication code. */
#define ECM_SNAPSHOT_AROUND_BYTES 26
#define ECM_SNAPSHOT_AROUND_MAC_BYTES 31
/* Bytes of a slot of flash for so many samples of so many bytes. */
#define ECM_SNAPSHOT_SLOT_BYTES(samples_len, sample_bytes)                             \
    (((samples_len) * (sample_bytes) + (uint32_t)ECM_SNAPSHOT_HEAD_BYTES + 15U) /      \
         16U * 16U +                                                                   \
     16U)

typedef struct {
    uint32_t device_id;
    uint32_t before_len;   /* samples from before the trigger */
    uint32_t after_len;    /* and from the trigger on, >= 1; both together at most
                              ECM_SNAPSHOT_LEN_MAX */
    float fs_hz;           /* of the samples, > 0 */
    float scale;           /* unit of one step of a 16-bit sample; of floats 1 */
    uint16_t sample_bytes; /* 4: float; 2: int16_t */
    uint16_t channel;
    uint16_t chunk_bytes; /* ECM_SNAPSHOT_CHUNK_MIN ... ECM_SNAPSHOT_CHUNK_MAX */
    uint16_t reserved;
    ecm_frame_mac_fn_t mac; /* authentication code of chunks, or NULL */
    void *mac_user;         /* handed to it */
} ecm_snapshot_cfg_t;

/* Positions count samples since init, modulo 2^32. Push writes the first fields. */
typedef struct {
    uint32_t head;      /* position of the next sample */
    uint32_t at;        /* its place in memory */
    uint32_t filled;    /* samples in memory */
    uint32_t end;       /* position behind the last sample that was kept */
    uint32_t frozen;    /* 1: memory is left alone */
    uint32_t triggered; /* 1: from trigger to rearm; the task's, as all below */
    uint32_t trigger;   /* position */
    uint32_t cause;
    uint32_t time_s;
    uint32_t sealed; /* 1: crc is that of the snapshot */
    uint32_t crc;    /* of the bytes summed so far */
    uint32_t summed;
} ecm_snapshot_t;
ECM_STATIC_ASSERT(sizeof(ecm_snapshot_t) == 48, snapshot_size);

/** Start.
 *
 * st      [out] no samples
 * cfg     [in]  the same values at every call
 *
 * Context : any, before push.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on lengths, sample_bytes or
 *           chunk_bytes, ECM_ERR_ARG on fs_hz or scale.
 */
ecm_status_t ecm_snapshot_init(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg);

/** Take samples of a channel.
 *
 * st      [in,out] from ecm_snapshot_init
 * cfg     [in]     with sample_bytes 4
 * mem     [in,out] before_len + after_len floats; the same at every call
 * x       [in]     x_len samples, any value
 * x_len   [in]     any chunk size; 0 does nothing
 *
 * Cost    : at most two memcpy.
 * Context : interrupt or task, one producer; safe against the task where a uint32_t is
 *           loaded and stored at once (all 32-bit cores).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on other samples.
 */
ecm_status_t ecm_snapshot_push_f32(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                   void *mem, const float *x, uint32_t x_len);

/** Take samples of a channel.
 *
 * st      [in,out] from ecm_snapshot_init
 * cfg     [in]     with sample_bytes 2
 * mem     [in,out] before_len + after_len values; the same at every call
 * x       [in]     x_len samples, any value
 * x_len   [in]     any chunk size; 0 does nothing
 *
 * Context : as ecm_snapshot_push_f32.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on other samples.
 */
ecm_status_t ecm_snapshot_push_s16(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                   void *mem, const int16_t *x, uint32_t x_len);

/** Let there be a snapshot.
 *
 * st      [in,out] from ecm_snapshot_init
 * cfg     [in]     settings
 * ago     [in]     samples that have come from the trigger on, such as those of the
 *                  window that raised the alarm; 0 ... before_len + after_len
 * cause   [in]     the caller's, such as the group of the alarm; 0 ... 65535
 * time_s  [in]     the caller's, such as the uptime
 *
 * With more than after_len samples ago the snapshot ends with the last one, and has
 * fewer from before the trigger.
 *
 * Context : the task, while push may interrupt it.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_STATE if there is one already:
 *           the first one stays; or if push was not called since rearm.
 */
ecm_status_t ecm_snapshot_trigger(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                  uint32_t ago, uint32_t cause, uint32_t time_s);

/** Let there be a snapshot around a position, which stays where it is while push goes
 * on.
 *
 * st       [in,out] from ecm_snapshot_init
 * cfg      [in]     settings
 * position [in]     of the trigger: `head` of st, or up to 2^31 - 1 samples before; one
 *                   that memory does not reach counts as its first sample
 * cause    [in]     as of ecm_snapshot_trigger
 * time_s   [in]     as of ecm_snapshot_trigger
 *
 * Context : the task, while push may interrupt it.
 * Returns : as ecm_snapshot_trigger; ECM_ERR_ARG on a position that is to come.
 */
ecm_status_t ecm_snapshot_trigger_at(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                     uint32_t position, uint32_t cause,
                                     uint32_t time_s);

/** Is the snapshot complete? Then get it ready to be given away.
 *
 * st      [in,out] from ecm_snapshot_init
 * cfg     [in]     settings
 * mem     [in]     as given to push
 * chunks  [out]    their number; not written unless ECM_OK
 *
 * Cost    : when it has become complete, reads each byte once.
 * Context : the task, while push may interrupt it.
 * Returns : ECM_OK, ECM_MORE while samples are missing or without a trigger,
 *           ECM_ERR_NULL, ECM_ERR_LENGTH if it has more than 65535 chunks.
 */
ecm_status_t ecm_snapshot_seal(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                               const void *mem, uint32_t *chunks);

/** Get the snapshot ready a few bytes at a time, for a task that must not take long.
 *
 * st      [in,out] from ecm_snapshot_init
 * cfg     [in]     settings
 * mem     [in]     as given to push
 * bytes   [in]     to read in this call, 16 or more; rounded up to a multiple of 16
 * chunks  [out]    their number; not written unless ECM_OK
 *
 * Context : as ecm_snapshot_seal.
 * Returns : as ecm_snapshot_seal; ECM_MORE too while bytes are left.
 */
ecm_status_t ecm_snapshot_seal_some(ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                    const void *mem, uint32_t bytes, uint32_t *chunks);

/** Give a chunk away, any and as often as asked for.
 *
 * st        [in]  sealed
 * cfg       [in]  settings
 * mem       [in]  as given to push
 * number    [in]  of the chunk, below that of ecm_snapshot_seal
 * buf       [out] the frame; after a refusal of mac its bytes are none
 * buf_bytes [in]  chunk_bytes or more
 * len       [out] bytes written
 *
 * Context : the task.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before it is sealed, ECM_ERR_ARG on a
 *           number that it does not have, ECM_ERR_FULL, or what mac refused with.
 */
ecm_status_t ecm_snapshot_chunk(const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                                const void *mem, uint32_t number, uint8_t *buf,
                                uint32_t buf_bytes, uint32_t *len);

/** Forget the snapshot; push begins anew.
 *
 * st      [in,out] from ecm_snapshot_init
 *
 * Context : the task.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE while samples are missing.
 */
ecm_status_t ecm_snapshot_rearm(ecm_snapshot_t *st);

/** Keep the snapshot in flash, in place of the one before; it is sealed last.
 *
 * st      [in] sealed
 * cfg     [in] settings
 * mem     [in] as given to push
 * flash   [in] one slot, at 0, of ECM_SNAPSHOT_SLOT_BYTES or more: a multiple of 16;
 *              written in units of 16 bytes in rising order, the last ones last
 *
 * Context : the task.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before it is sealed, ECM_ERR_LENGTH on
 *           a slot that is too small, or what a callback refused with.
 */
ecm_status_t ecm_snapshot_keep(const ecm_snapshot_t *st, const ecm_snapshot_cfg_t *cfg,
                               const void *mem, const ecm_state_store_t *flash);

/** Keep the snapshot in flash a few bytes at a time.
 *
 * st      [in]     sealed, up to the last call
 * cfg     [in]     settings
 * mem     [in]     as given to push
 * flash   [in]     as to ecm_snapshot_keep
 * at      [in,out] 0 at the first call, which erases; 0 again after ECM_OK or a refusal
 * bytes   [in]     to write in this call; rounded up to a multiple of 16
 *
 * Context : the task.
 * Returns : ECM_MORE: call again; else as ecm_snapshot_keep.
 */
ecm_status_t ecm_snapshot_keep_some(const ecm_snapshot_t *st,
                                    const ecm_snapshot_cfg_t *cfg, const void *mem,
                                    const ecm_state_store_t *flash, uint32_t *at,
                                    uint32_t bytes);

/** Is there a snapshot in flash, and is it whole?
 *
 * cfg     [in]  settings; the samples are as the slot says
 * flash   [in]  as to ecm_snapshot_keep
 * chunks  [out] their number; not written unless ECM_OK
 *
 * Cost    : reads each byte once.
 * Context : one task for a slot.
 * Returns : ECM_OK, ECM_MORE if there is none, ECM_ERR_NULL, ECM_ERR_LENGTH on the slot
 *           or chunk_bytes, ECM_ERR_FORMAT if it is damaged, or what read refused with.
 */
ecm_status_t ecm_snapshot_kept(const ecm_snapshot_cfg_t *cfg,
                               const ecm_state_store_t *flash, uint32_t *chunks);

/** Give a chunk of the snapshot in flash away.
 *
 * cfg       [in]  settings
 * flash     [in]  as to ecm_snapshot_keep
 * number    [in]  of the chunk, below that of ecm_snapshot_kept
 * buf       [out] the frame; after a refusal of mac or read its bytes are none
 * buf_bytes [in]  chunk_bytes or more
 * len       [out] bytes written
 *
 * Context : one task for a slot.
 * Returns : as ecm_snapshot_chunk; ECM_ERR_STATE if no snapshot was sealed there;
 *           ECM_ERR_LENGTH on the slot or chunk_bytes; or what read refused with.
 */
ecm_status_t ecm_snapshot_kept_chunk(const ecm_snapshot_cfg_t *cfg,
                                     const ecm_state_store_t *flash, uint32_t number,
                                     uint8_t *buf, uint32_t buf_bytes, uint32_t *len);

ECM_EXTERN_C_END

#endif
