/* ecm_app_update.h - new weights for a model in the field, without new firmware.
 *
 * A model that takes its weights as data (ecm_weights.h) has three places for them: the
 * block that came with the firmware, and two slots of flash. The newest sealed slot
 * that fits the model counts; without one, the firmware's own. An update goes to the
 * slot that does not count, and its seal is the last thing written, once all of it was
 * read back and fits: whatever byte the power is lost at, the weights of before or the
 * new ones count.
 *
 *     ecm_app_update_begin(&st, &cfg, &flash, total_bytes);
 *     ecm_app_update_write(&st, &cfg, &flash, chunk, chunk_bytes);   as they come
 *     ecm_app_update_commit(&st, &cfg, &flash);
 *
 * Models ask for their weights at each window, so that the next one has the new ones;
 * telemetry still names the models that the firmware came with. Slots must be readable
 * where the model reads them, as flash on a microcontroller is. The seal of a slot, its
 * last 16 bytes, is little-endian: "SEAL", the number of the update, that number with
 * all bits turned, 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_APP_UPDATE_H
#define ECM_APP_UPDATE_H

#include "ecm_base.h"
#include "ecm_state.h"
#include "ecm_weights.h"

ECM_EXTERN_C_BEGIN

/* Flash is written in pieces of so many bytes, each once and in rising order, but the
 * seal, which comes last: at multiples of it in a slot. */
#define ECM_APP_UPDATE_UNIT_BYTES 16
/* Bytes of a slot for weights of n bytes. */
#define ECM_APP_UPDATE_SLOT_BYTES(n) (((n) + 15U) / 16U * 16U + 16U)

typedef struct {
    ecm_weights_cfg_t weights;
    const uint8_t *firmware; /* the block that came with it, aligned to 8 bytes */
    const uint8_t *slots;    /* two of slot_bytes each, aligned to 8 bytes */
    uint32_t slot_bytes;     /* ECM_APP_UPDATE_SLOT_BYTES, or more: a multiple of 16 */
} ecm_app_update_cfg_t;

typedef struct {
    uint32_t begun;                          /* 1: between begin and commit */
    uint32_t slot;                           /* that is written: 0 or 1 */
    uint32_t total;                          /* bytes of the weights */
    uint32_t at;                             /* bytes taken */
    uint8_t unit[ECM_APP_UPDATE_UNIT_BYTES]; /* the last ones, not written yet */
} ecm_app_update_t;
ECM_STATIC_ASSERT(sizeof(ecm_app_update_t) == 32, app_update_size);

/** The weights that count.
 *
 * cfg     [in] the model's
 *
 * Cost    : looks at two seals and heads.
 * Context : any; not between begin and commit in another thread.
 * Returns : the block that counts, behind its head; NULL if cfg is.
 */
const void *ecm_app_update_weights(const ecm_app_update_cfg_t *cfg);

/** Look at the slots after a reset: what is sealed and damaged is erased.
 *
 * cfg     [in] the model's
 * flash   [in] where the slots are, by erase; its slot_bytes is cfg's
 *
 * Cost    : reads each byte of both slots once.
 * Context : before the first step.
 * Returns : ECM_OK, ECM_MORE if a slot was erased, ECM_ERR_NULL, ECM_ERR_ARG if
 *           slot_bytes is no multiple of 16 or not flash's, or what erase refused with.
 */
ecm_status_t ecm_app_update_start(const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash);

/** Begin an update: erases the slot that does not count.
 *
 * st      [out] state
 * cfg     [in]  the model's
 * flash   [in]  where the slots are, by erase and write; its slot_bytes is cfg's
 * bytes   [in]  of the weights, head included
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if slot_bytes is no multiple of 16 or not
 *           flash's, ECM_ERR_LENGTH if the weights do not fit into a slot or are no
 *           longer than a head; or what erase refused with.
 */
ecm_status_t ecm_app_update_begin(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, uint32_t bytes);

/** Take bytes of the weights.
 *
 * st      [in,out] from begin
 * cfg     [in]     the same as to begin
 * flash   [in]     the same as to begin
 * data    [in]     bytes, in any chunks
 * bytes   [in]     no more than are left
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before begin, ECM_ERR_LENGTH beyond
 *           what begin was told; or what write refused with, which ends the update.
 */
ecm_status_t ecm_app_update_write(ecm_app_update_t *st, const ecm_app_update_cfg_t *cfg,
                                  const ecm_state_store_t *flash, const uint8_t *data,
                                  uint32_t bytes);

/** Let the new weights count, if they are whole and fit; else all stays as it was.
 *
 * st      [in,out] from begin; the update is over, whatever is returned but
 *                  ECM_ERR_NULL
 * cfg     [in]     the same as to begin
 * flash   [in]     the same as to begin
 *
 * Cost    : reads each byte once.
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE before begin, ECM_ERR_LENGTH if bytes
 *           are missing, what ecm_weights_check says of the slot, or what write refused
 *           with.
 */
ecm_status_t ecm_app_update_commit(ecm_app_update_t *st,
                                   const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash);

/** Take the newest weights back: those of before count, at last the firmware's own.
 *
 * cfg     [in] the model's
 * flash   [in] as to begin
 *
 * Context : the task that calls step.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if the firmware's own count, or what
 *           erase refused with.
 */
ecm_status_t ecm_app_update_revert(const ecm_app_update_cfg_t *cfg,
                                   const ecm_state_store_t *flash);

ECM_EXTERN_C_END

#endif
