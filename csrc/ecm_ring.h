/* ecm_ring.h - samples from an interrupt to a task, and windows that overlap in place.
 *
 * One producer pushes, one consumer looks at the oldest samples and releases them; no
 * lock, since each field of the state has one writer. The ring may have any length.
 *
 * Windows are not copied. The first window_len - 1 places of the ring are kept a second
 * time behind its end, so that any window_len samples lie in one piece wherever they
 * start. That costs window_len - 1 samples of memory, and a second store for those
 * samples that land in these places: at most one more store per sample, where copying
 * a window out costs window_len / hop_len of them and a buffer of window_len. A ring
 * that is only copied from has window_len 1 and no second places.
 *
 * An overrun is never silent. The chunk that does not fit is dropped whole and counted,
 * and so is all that follows, until the consumer resumes: what is queued is always one
 * unbroken stretch, and no window spans a gap.
 *
 *     while (ecm_ring_window_f32(&ring, &cfg, mem, &x) == ECM_OK) {
 *         use(x);
 *         ecm_ring_release(&ring, &cfg, hop_len);
 *     }
 *     if (ecm_ring_has_gap(&ring)) {
 *         ecm_ring_resume(&ring);
 *     }
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_RING_H
#define ECM_RING_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_RING_LEN_MAX 0x40000000 /* so that differences of positions have a sign */

typedef struct {
    uint32_t ring_len;   /* samples, 1 ... ECM_RING_LEN_MAX */
    uint32_t window_len; /* samples that lie in one piece, 1 ... ring_len */
} ecm_ring_cfg_t;

/* Samples of memory that a ring needs. */
#define ECM_RING_MEM_LEN(ring_len, window_len) ((ring_len) + (window_len) - 1U)

/* Positions count samples since init, modulo 2^32; places are within the ring. */
typedef struct {
    uint32_t head;          /* position of the next sample; written by push */
    uint32_t head_at;       /* its place; push's own */
    uint32_t overruns;      /* times that the ring ran over; written by push */
    uint32_t lost;          /* samples lost, modulo 2^32; written by push */
    uint32_t tail;          /* position of the oldest sample; written by release */
    uint32_t tail_at;       /* its place; the consumer's own */
    uint32_t overruns_seen; /* overruns that resume has dealt with; written by resume */
} ecm_ring_t;
ECM_STATIC_ASSERT(sizeof(ecm_ring_t) == 28, ring_size);

/** Start empty.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 *
 * Context : any, before producer and consumer.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_ring_init(ecm_ring_t *st, const ecm_ring_cfg_t *cfg);

/** Queue samples.
 *
 * st      [in,out] state
 * cfg     [in]     settings
 * mem     [in,out] ECM_RING_MEM_LEN floats; the same at every call
 * x       [in]     x_len samples, any value
 * x_len   [in]     any chunk size; 0 does nothing
 *
 * Cost    : at most four memcpy; no loop over samples otherwise.
 * Context : interrupt or task, one producer; safe against the consumer where a uint32_t
 *           is loaded and stored at once (all 32-bit cores).
 * Returns : ECM_OK; ECM_ERR_NULL; ECM_ERR_FULL if the chunk did not fit or came before
 *           the consumer resumed: it is dropped whole and counted.
 */
ecm_status_t ecm_ring_push_f32(ecm_ring_t *st, const ecm_ring_cfg_t *cfg, float *mem,
                               const float *x, uint32_t x_len);

/** Queue samples.
 *
 * st      [in,out] state
 * cfg     [in]     settings
 * mem     [in,out] ECM_RING_MEM_LEN values; the same at every call
 * x       [in]     x_len samples, any value
 * x_len   [in]     any chunk size; 0 does nothing
 *
 * Context : as ecm_ring_push_f32.
 * Returns : as ecm_ring_push_f32.
 */
ecm_status_t ecm_ring_push_s16(ecm_ring_t *st, const ecm_ring_cfg_t *cfg, int16_t *mem,
                               const int16_t *x, uint32_t x_len);

/** Samples that are queued.
 *
 * st      [in] state
 *
 * Context : the consumer.
 * Returns : their number; 0 while a release that went beyond the queue waits.
 */
uint32_t ecm_ring_queued(const ecm_ring_t *st);

/** Look at the oldest window where it lies.
 *
 * st      [in]  state
 * cfg     [in]  settings
 * mem     [in]  as given to push
 * x       [out] window_len samples in one piece, oldest first; they stay until they are
 *               released; not written unless ECM_OK
 *
 * Context : the consumer.
 * Returns : ECM_OK; ECM_MORE if fewer samples are queued; ECM_ERR_NULL.
 */
ecm_status_t ecm_ring_window_f32(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                                 const float *mem, const float **x);

/** Look at the oldest window where it lies.
 *
 * st      [in]  state
 * cfg     [in]  settings
 * mem     [in]  as given to push
 * x       [out] as ecm_ring_window_f32
 *
 * Context : the consumer.
 * Returns : as ecm_ring_window_f32.
 */
ecm_status_t ecm_ring_window_s16(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                                 const int16_t *mem, const int16_t **x);

/** Copy the oldest samples, which stay queued.
 *
 * st      [in]  state
 * cfg     [in]  settings
 * mem     [in]  as given to push
 * x       [out] x_len samples, oldest first; not written unless ECM_OK
 * x_len   [in]  any, window_len does not matter
 *
 * Context : the consumer.
 * Returns : ECM_OK; ECM_MORE if fewer samples are queued; ECM_ERR_NULL.
 */
ecm_status_t ecm_ring_copy_f32(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                               const float *mem, float *x, uint32_t x_len);

/** Copy the oldest samples, which stay queued.
 *
 * st      [in]  state
 * cfg     [in]  settings
 * mem     [in]  as given to push
 * x       [out] x_len samples, oldest first; not written unless ECM_OK
 * x_len   [in]  any, window_len does not matter
 *
 * Context : the consumer.
 * Returns : as ecm_ring_copy_f32.
 */
ecm_status_t ecm_ring_copy_s16(const ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                               const int16_t *mem, int16_t *x, uint32_t x_len);

/** Give the places of the oldest samples back; the hop from a window to the next.
 *
 * st      [in,out] state
 * cfg     [in]     settings
 * x_len   [in]     may exceed what is queued: the rest is dropped as it comes, so a hop
 *                  may be longer than window and ring; in all at most ECM_RING_LEN_MAX
 *                  ahead
 *
 * Context : the consumer.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_ring_release(ecm_ring_t *st, const ecm_ring_cfg_t *cfg,
                              uint32_t x_len);

/** Did the ring run over?
 *
 * st      [in] state
 *
 * Context : the consumer. What is queued came before the gap and may still be used.
 * Returns : true from an overrun to ecm_ring_resume; false for NULL.
 */
bool ecm_ring_has_gap(const ecm_ring_t *st);

/** After an overrun: drop what is queued and let push go on. Does nothing without one.
 *
 * st      [in,out] state
 *
 * Context : the consumer.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_ring_resume(ecm_ring_t *st);

ECM_EXTERN_C_END

#endif
