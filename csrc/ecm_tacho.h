/* ecm_tacho.h - edges of a tachometer signal, between samples, and the speed they tell.
 *
 * Times are whole numbers of 2^-16 samples from the first one on, so that years keep
 * the precision of the first second.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TACHO_H
#define ECM_TACHO_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_TACHO_TICKS 65536 /* of a time, in a sample */

typedef struct {
    float level; /* an edge is where the signal crosses it, finite */
    float
        hysteresis; /* by how much the signal must have been on the other side, 0 up */
    uint32_t falling; /* 0: edges upwards; 1: downwards */
} ecm_tacho_cfg_t;

typedef struct {
    uint64_t samples; /* taken so far */
    float last;       /* the sample before the next */
    uint32_t armed;   /* 1: far enough on the other side since the last edge */
} ecm_tacho_t;
ECM_STATIC_ASSERT(sizeof(ecm_tacho_t) == 16, tacho_size);

/** Start.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_tacho_init(ecm_tacho_t *st, const ecm_tacho_cfg_t *cfg);

/** Take samples and find the edges among them.
 *
 * st        [in,out] from ecm_tacho_init
 * cfg       [in]     settings
 * x         [in]     x_len samples; what is not finite makes no edge
 * x_len     [in]     any chunk size
 * edges     [out]    times of edges, at most edges_max
 * edges_max [in]     room, 1 or more
 * edges_len [out]    how many were found
 * x_used    [out]    how many samples were taken: x_len, or those before edges was full
 *
 * Formula : armed where x <= level - hysteresis; an edge where x > level then, at the
 *           crossing of the straight line from the sample before. Signs turned for
 *           falling edges.
 * Numerics: any split of a signal into chunks gives the same times, to 2^-16 samples.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_MORE if edges is full and x is not used up: call again with the
 *           rest; ECM_ERR_NULL, ECM_ERR_FULL if edges_max is 0.
 */
ecm_status_t ecm_tacho_edges_f32(ecm_tacho_t *st, const ecm_tacho_cfg_t *cfg,
                                 const float *x, uint32_t x_len, uint64_t *edges,
                                 uint32_t edges_max, uint32_t *edges_len,
                                 uint32_t *x_used);

/** Mean speed over edges.
 *
 * edges     [in]  edges_len times, each above the one before
 * edges_len [in]  2 or more
 * pulses    [in]  edges in a turn, 1 or more
 * fs_hz     [in]  sampling rate
 * speed_hz  [out] turns per second between the first and the last edge
 *
 * Numerics: relative error below 3e-7.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_ARG.
 */
ecm_status_t ecm_tacho_speed_f32(const uint64_t *edges, uint32_t edges_len,
                                 uint32_t pulses, float fs_hz, float *speed_hz);

ECM_EXTERN_C_END

#endif
