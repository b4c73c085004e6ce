/* ecm_app_update.h - new data in the field, signed, without new firmware.
 *
 * What an application knows as numbers (weights of models with their scalers, limits of
 * monitors, references of distributions) comes in one block of parts. It has three
 * places: the block that came with the firmware, and two slots of flash. The sealed
 * slot with the larger version that fits counts, if its version is above that of the
 * firmware's own; else the firmware's own: firmware with newer data, or with those of
 * the last update, brings a version that is not below the last update's. An update goes
 * to the slot that does not count, and its seal is the last thing written, once all of
 * it was read back, fits and is signed: whatever byte the power is lost at, the data of
 * before or the new ones count.
 *
 *     ecm_app_update_begin(&st, &cfg, &flash, total_bytes);
 *     ecm_app_update_write(&st, &cfg, &flash, chunk, chunk_bytes);   as they come
 *     ecm_app_update_commit(&st, &cfg, &flash, verify, user);
 *
 * Nothing is held in memory but the head, then the last 16 bytes; no byte is erased
 * before the head was found to be for this firmware, and newer. The signature is the
 * platform's business: `verify` is handed the block where it lies in flash, and asks
 * PSA Crypto, Mbed TLS, Monocypher or hardware; 8-bit parts may compare a keyed hash.
 * Every refusal has a reason of its own in st.reason, which ecm_app_set_update puts
 * into telemetry.
 *
 * Versions rise: what is not newer than the firmware's own, the data that count, or a
 * version that was taken back is refused, so that an old block cannot be played again.
 * (Between the erasure of a slot and its next seal, a version that was taken back from
 * it is not remembered over a reset; who must know it then keeps a counter of their own
 * and compares it in `verify`.)
 *
 * What is sealed and whole but for other features or other firmware does not count and
 * stays, so that firmware of before finds its updates and their versions again. An
 * update for the new firmware takes the place of one such slot, a second one that of
 * the other; then firmware of before takes each version above its own again, unless
 * the counter in `verify` says otherwise.
 *
 * Slots must be readable where the data are read, as flash on a microcontroller is. A
 * block is, little-endian:
 *
 *   offset  bytes  content
 *   0       4      "ECMU"
 *   4       2      1, the version of this format
 *   6       2      80, bytes of the head
 *   8       4      bytes of the block, signature included
 *   12      4      bytes of the signature, the last ones; 0 in the firmware's own
 *   16      4      version of the data
 *   20      4      number of parts, n
 *   24      4      CRC-32 of all behind, but the signature
 *   28      4      0
 *   32      16     id of the features (the contract)
 *   48      16     id of the code that reads the parts (the layout)
 *   64      16     id of the models and limits, which telemetry names
 *   80      8 n    where each part begins, a multiple of 8, and its bytes
 *   ..             the parts, then the signature of all bytes before it
 *
 * A slot ends with two units of 16 bytes: "BACK" if the data were taken back; and the
 * seal: "SEAL", the version, the same with all bits turned, 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_UPDATE_H
#define ECM_APP_UPDATE_H

#include "ecm_base.h"
#include "ecm_state.h"
#include "ecm_weights.h"

ECM_EXTERN_C_BEGIN

#define ECM_APP_UPDATE_VERSION 1
#define ECM_APP_UPDATE_HEAD_BYTES 80
#define ECM_APP_UPDATE_ID_BYTES 16
#define ECM_APP_UPDATE_SIGNATURE_MIN 16
#define ECM_APP_UPDATE_SIGNATURE_MAX 128
/* Flash is written in pieces of so many bytes, each once and in rising order, but the
 * last two of a slot: at multiples of it. */
#define ECM_APP_UPDATE_UNIT_BYTES 16
/* Bytes of a slot for a block of n bytes, signature included. */
#define ECM_APP_UPDATE_SLOT_BYTES(n) (((n) + 15U) / 16U * 16U + 32U)

/* How an update ended. */
enum {
    ECM_APP_UPDATE_NONE = 0,       /* there was none, or it is under way */
    ECM_APP_UPDATE_DONE = 1,       /* the new data count */
    ECM_APP_UPDATE_FORMAT = 2,     /* no block of this format, damaged, or refused by
                                      the check of a part */
    ECM_APP_UPDATE_CONTRACT = 3,   /* of other features */
    ECM_APP_UPDATE_LAYOUT = 4,     /* for other firmware */
    ECM_APP_UPDATE_LENGTH = 5,     /* too long, or not as long as was told */
    ECM_APP_UPDATE_OLD = 6,        /* not newer than what was there */
    ECM_APP_UPDATE_SIGNATURE = 7,  /* refused by verify */
    ECM_APP_UPDATE_FLASH = 8,      /* flash refused */
    ECM_APP_UPDATE_INCOMPLETE = 9, /* bytes are missing */
    ECM_APP_UPDATE_BACK = 10,      /* the newest data were taken back */
    ECM_APP_UPDATE_TAKEN = 11      /* the application works with the data that it would
                                      take the place of: it adopts those that count
                                      first, or is reset */
};

/* What a part must be. */
typedef struct {
    const ecm_weights_cfg_t *weights; /* of a model; NULL: other data */
    uint32_t bytes;                   /* of other data, exactly */
    /* Can the application work with other data of so many bytes? Those that this
     * refuses never count. NULL: with any. */
    ecm_status_t (*check)(const void *data);
} ecm_app_update_part_t;

typedef struct {
    uint8_t contract_id[ECM_APP_UPDATE_ID_BYTES];
    uint8_t layout_id[ECM_APP_UPDATE_ID_BYTES];
    const ecm_app_update_part_t *parts;
    uint32_t parts_len;
    const uint8_t *firmware; /* the block that came with it, aligned to 8 bytes */
    const uint8_t *slots;    /* two of slot_bytes each, aligned to 8 bytes */
    uint32_t slot_bytes;     /* ECM_APP_UPDATE_SLOT_BYTES, or more: a multiple of 16,
                                at least ECM_APP_UPDATE_HEAD_BYTES + 32 */
    /* Where it stands which block the application works with: one that counted before
     * is not erased then. NULL: it always adopts the data that count before the next
     * update. */
    const uint8_t *const *taken;
} ecm_app_update_cfg_t;

typedef struct {
    uint32_t begun;                          /* 1: between begin and commit */
    uint32_t reason;                         /* ECM_APP_UPDATE_... */
    uint32_t slot;                           /* that is written: 0 or 1 */
    uint32_t newest;                         /* version that there was at begin */
    uint32_t total;                          /* bytes of the block */
    uint32_t at;                             /* bytes taken */
    uint8_t held[ECM_APP_UPDATE_HEAD_BYTES]; /* the last ones, not written yet */
} ecm_app_update_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_update_t) == 104, app_update_size);

/* Is this the signature of these bytes? Both lie in flash. ECM_OK, or a refusal. */
typedef ecm_status_t (*ecm_app_update_verify_fn_t)(void *user, const uint8_t *data,
                                                   uint32_t bytes,
                                                   const uint8_t *signature,
                                                   uint32_t signature_bytes);

/** The block that counts.
 *
 * cfg     [in] the application's
 *
 * Cost    : looks at two seals and heads.
 * Context : any; not between begin and commit in another thread.
 * Returns : its first byte; NULL if cfg is.
 */
const uint8_t *ecm_app_update_data(const ecm_app_update_cfg_t *cfg);

/** A part of the data that count.
 *
 * cfg     [in] the application's
 * part    [in] below parts_len
 *
 * Context : as ecm_app_update_data.
 * Returns : its first byte, aligned to 8; NULL if there is no such part.
 */
const void *ecm_app_update_part(const ecm_app_update_cfg_t *cfg, uint32_t part);

/** A part of one of the blocks, whether or not it counts: all parts that work together
 * are of the block that ecm_app_update_data returned at one time.
 *
 * cfg     [in] the application's
 * data    [in] the firmware's own block, or one that has counted and is not erased
 * part    [in] below parts_len
 *
 * Context : any.
 * Returns : as ecm_app_update_part; NULL if data is.
 */
const void *ecm_app_update_part_of(const ecm_app_update_cfg_t *cfg, const uint8_t *data,
                                   uint32_t part);

/** The version of the data that count.
 *
 * cfg     [in] the application's
 *
 * Context : as ecm_app_update_data.
 * Returns : the version; 0 if cfg is NULL.
 */
uint32_t ecm_app_update_version(const ecm_app_update_cfg_t *cfg);

/** Look at the slots after a reset: what is sealed and damaged, or refused by the check
 * of a part, is erased. Whole data for other features or firmware stay.
 *
 * cfg     [in] the application's
 * flash   [in] where the slots are, by erase; its slot_bytes is cfg's
 *
 * Cost    : reads each byte of both slots once.
 * Context : before the first step.
 * Returns : ECM_OK, ECM_MORE if a slot was erased, ECM_ERR_NULL, ECM_ERR_ARG if
 *           slot_bytes is not allowed or not flash's, or what erase refused with.
 */
ecm_status_t ecm_app_update_start(const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash);

/** Begin an update: it goes to the slot that does not count.
 *
 * st      [out] state
 * cfg     [in]  the application's
 * flash   [in]  where the slots are, by erase and write; its slot_bytes is cfg's
 * bytes   [in]  of the block, signature included
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if slot_bytes is not allowed or not
 *           flash's; ECM_ERR_LENGTH if the block does not fit into a slot or is too
 *           short for one: st has the reason then.
 */
ecm_status_t ecm_app_update_begin(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, uint32_t bytes);

/** Take bytes of the block. Its head is judged as soon as it is there; then the slot is
 * erased.
 *
 * st      [in,out] from begin
 * cfg     [in]     the same as to begin
 * flash   [in]     the same as to begin
 * data    [in]     bytes, in any chunks
 * bytes   [in]     no more than are left
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before begin; else the update is over
 *           and st has the reason: ECM_ERR_LENGTH beyond what begin was told,
 *           ECM_ERR_FORMAT, ECM_ERR_ARG on other features or firmware, ECM_ERR_STATE on
 *           data that are not newer, or where the slot is in use; or what erase or
 *           write refused with.
 */
ecm_status_t ecm_app_update_write(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, const uint8_t *data,
                                  uint32_t bytes);

/** Let the new data count, if they are whole, fit and are signed; else all stays.
 *
 * st      [in,out] from begin; the update is over, whatever is returned but
 *                  ECM_ERR_NULL
 * cfg     [in]     the same as to begin
 * flash   [in]     the same as to begin
 * verify  [in]     judges the signature
 * user    [in]     handed to it
 *
 * Cost    : reads each byte once, and once more in verify.
 * Context : the task that calls step.
 * Returns : ECM_OK, the new data count, whatever write said of the seal; ECM_ERR_NULL;
 *           ECM_ERR_STATE before begin; else st has the reason: ECM_ERR_LENGTH if bytes
 *           are missing, ECM_ERR_FORMAT, also if the flash does not hold the seal, what
 *           ecm_weights_check or `check` says of a part, or what verify or write
 *           refused with.
 */
ecm_status_t ecm_app_update_commit(ecm_app_update_t *st,
                                   const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash,
                                   ecm_app_update_verify_fn_t verify, void *user);

/** Take the newest data back: those of before count, at last the firmware's own. Their
 * version is not accepted again.
 *
 * cfg     [in] the application's
 * flash   [in] as to begin, by write
 *
 * Context : the task that calls step; not between begin and commit.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG as begin, ECM_ERR_STATE if the firmware's
 *           own count, or what write refused with.
 */
ecm_status_t ecm_app_update_revert(const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash);

ECM_EXTERN_C_END

#endif
