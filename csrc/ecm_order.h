/* ecm_order.h - from equal steps of time to equal steps of angle, so that what turns
 * with a shaft stands still in the spectrum whatever the speed does.
 *
 * Angle comes from the edges of a tachometer (ecm_tacho.h), or from edges that a known
 * speed would have made (ecm_order_run_f32). Between edges, time is a polynomial in
 * angle through the two edges before and the two after, of third degree: exact for
 * constant speed and close for constant acceleration even at one edge a turn.
 *
 * Between samples, the signal is found by eight taps: within 4e-4 of a sinusoid (-68
 * dB) up to a fifth of the sampling rate, 7e-3 at a quarter.
 *
 * What turns faster than half of per_turn orders is folded: frequencies above
 * per_turn / 2 times the lowest speed must be filtered out before.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_ORDER_H
#define ECM_ORDER_H

#include "ecm_tacho.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    uint32_t pulses;   /* edges in a turn, 1 ... 4096 */
    uint32_t per_turn; /* outputs in a turn, 1 ... 65536 */
} ecm_order_cfg_t;

/* Samples that an output needs before and after its time. */
#define ECM_ORDER_BEFORE 3
#define ECM_ORDER_AFTER 4

/** Edges of a shaft that turns at a given speed, one a turn.
 *
 * fs_hz       [in]  sampling rate
 * speed_hz    [in]  turns per second at the first edge, above 0
 * rate_hz_s   [in]  its growth per second, negative for a run-down; 0: constant
 * start       [in]  time of the first edge, in ticks of ecm_tacho.h
 * edges       [out] edges_len times
 * edges_len   [in]  2 or more
 *
 * Formula : from an edge at speed n to the next: 2 / (n + sqrt(n^2 + 2 rate)) seconds;
 *           then n^2 grows by 2 rate.
 * Numerics: each interval is off by up to 2e-7 of itself and half a tick.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_ARG on numbers that are not
 *           finite or positive, an interval of 2^22 samples or more, or a shaft that
 *           comes to rest.
 */
ecm_status_t ecm_order_run_f32(float fs_hz, float speed_hz, float rate_hz_s,
                               uint64_t start, uint64_t *edges, uint32_t edges_len);

/** Samples at equal steps of angle.
 *
 * cfg       [in]  settings
 * x         [in]  x_len samples
 * x_len     [in]  more than ECM_ORDER_BEFORE + ECM_ORDER_AFTER
 * start     [in]  time of x[0], in ticks of ecm_tacho.h
 * edges     [in]  edges_len times, each above the one before, by less than 2^22 samples
 * edges_len [in]  2 or more
 * first     [in]  first output; output k lies k / per_turn turns behind edges[0]
 * out       [out] outputs first, first + 1, ...
 * out_max   [in]  room
 * out_len   [out] how many were made: fewer than out_max where edges or samples end
 *
 * Numerics: times round to 2^-16 samples, or 6e-8 of the interval between edges.
 * Cost    : some 160 instructions an output on a Cortex-M4F.
 * Context : any.
 * Returns : ECM_OK; ECM_MORE if out_len is below out_max; ECM_ERR_NULL; ECM_ERR_LENGTH;
 *           ECM_ERR_ARG on settings, on edges that do not rise, or if the first output
 *           lies before what x can give.
 */
ecm_status_t ecm_order_resample_f32(const ecm_order_cfg_t *cfg, const float *x,
                                    uint32_t x_len, uint64_t start,
                                    const uint64_t *edges, uint32_t edges_len,
                                    uint32_t first, float *out, uint32_t out_max,
                                    uint32_t *out_len);

/* ---- speed told now and then -------------------------------------------------------
 */

#define ECM_ORDER_TRACK_MAX 16384 /* samples of a chunk */

typedef struct {
    float fs_hz;       /* sampling rate, above 0 */
    uint32_t per_turn; /* outputs in a turn, 1 ... 65536 */
} ecm_order_track_cfg_t;

typedef struct {
    float held[ECM_ORDER_BEFORE + ECM_ORDER_AFTER]; /* newest samples */
    float speed_hz;  /* told last; 0: no sample was yet */
    float before_hz; /* at the start of the last chunk */
    float slope;     /* by how much it grew from sample to sample there */
    int32_t next;    /* time of the next output behind the next sample, in ticks */
} ecm_order_track_t;
ECM_STATIC_ASSERT(sizeof(ecm_order_track_t) == 44, order_track_size);

/** Start: nothing is known of the shaft yet.
 *
 * st      [out] state
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_order_track_init_f32(ecm_order_track_t *st);

/** Most outputs that a chunk can give.
 *
 * cfg      [in] settings
 * speed_hz [in] the largest of the speeds that are told with the chunk and with the two
 *               before it
 * x_len    [in] samples of the chunk, at most ECM_ORDER_TRACK_MAX
 *
 * Context : any.
 * Returns : the number; 0 on what ecm_order_track_f32 refuses.
 */
uint32_t ecm_order_track_len(const ecm_order_track_cfg_t *cfg, float speed_hz,
                             uint32_t x_len);

/** Samples from the start on that give so many outputs, if the speed is never lower.
 *
 * cfg      [in] settings
 * speed_hz [in] least speed
 * outputs  [in] 1 or more
 *
 * Context : any.
 * Returns : the number, UINT32_MAX if it is that or more; 0 on what ecm_order_track_f32
 *           refuses.
 */
uint32_t ecm_order_track_span(const ecm_order_track_cfg_t *cfg, float speed_hz,
                              uint32_t outputs);

/** Samples at equal steps of angle of a shaft whose speed is told with each chunk.
 *
 * st       [in,out] from ecm_order_track_init_f32
 * cfg      [in]     settings, the same at every call
 * speed_hz [in]     turns per second at the end of the chunk; from the end of the chunk
 *                   before, it grows or falls evenly. Constant in the first chunk
 * line     [in,out] ECM_ORDER_BEFORE + ECM_ORDER_AFTER floats of scratch, then x_len
 *                   samples, which stay
 * x_len    [in]     0 ... ECM_ORDER_TRACK_MAX
 * out      [out]    outputs
 * out_max  [in]     room, at least ecm_order_track_len of the largest speed
 * out_len  [out]    how many were made; the first ever lies ECM_ORDER_BEFORE samples
 *                   behind the first sample, others may come with the chunk after
 *
 * Formula : from an output at speed n to the next: 2 / (n + sqrt(n^2 + 2 rate /
 *           per_turn)) / per_turn seconds.
 * Numerics: intervals are off by up to 2e-7 of themselves and half a tick. At a
 *           constant speed any split of a signal into chunks gives the same bits.
 * Cost    : some 100 instructions an output on a Cortex-M4F.
 * Aliasing: no two may overlap.
 * Context : any, one caller per st.
 * Source  : K. R. Fyfe, E. D. S. Munck, Mech. Syst. Signal Process. 11 (1997), 187-205.
 * Returns : ECM_OK; ECM_ERR_NULL; ECM_ERR_LENGTH; ECM_ERR_FULL if out_max is too small;
 *           ECM_ERR_ARG on settings, and on a speed at which outputs lie further apart
 *           than 8192 samples, or nearer than 1/16; speeds are 1e-9 ... 1e9 Hz.
 */
ecm_status_t ecm_order_track_f32(ecm_order_track_t *st,
                                 const ecm_order_track_cfg_t *cfg, float speed_hz,
                                 float *line, uint32_t x_len, float *out,
                                 uint32_t out_max, uint32_t *out_len);

/** First output that samples from start on can give.
 *
 * cfg       [in]  settings
 * start     [in]  time of the first sample
 * edges     [in]  edges_len times, each above the one before
 * edges_len [in]  2 or more
 * first     [out] for ecm_order_resample_f32: at start + ECM_ORDER_BEFORE samples or
 *                 later, by less than an output
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH; ECM_ERR_ARG on settings, on edges
 *           that do not rise, or if they end before that time.
 */
ecm_status_t ecm_order_first_f32(const ecm_order_cfg_t *cfg, uint64_t start,
                                 const uint64_t *edges, uint32_t edges_len,
                                 uint32_t *first);

ECM_EXTERN_C_END

#endif
