/* ecm_velocity.h - vibration severity: streaming RMS of velocity in a band, from
 * samples of acceleration.
 *
 * A band such as 10 Hz to 1 kHz is slow against the sampling rate. So the rate is first
 * lowered, nearly by additions alone; then one section integrates and passes what is
 * high, another passes what is low, and the squares are averaged:
 *
 *     halving     u[m] = (x[2m-2] + x[2m+1]) + 3 (x[2m-1] + x[2m]); none, one or two
 *     integrator  v += ((u - base) - c1 v) - c2 p; p += v
 *     low-pass    y = v + s1; s1 = (b1 v - a1 y) + s2; s2 = -a2 y
 *     mean        of y^2 over ECM_VELOCITY_BLOCKS blocks of 2 block_len outputs
 *
 * `ecmkit.features.VelocityDesign` makes the settings: the whole is an analogue
 * Butterworth high-pass, an integrator and a Butterworth low-pass, of second order
 * each, within 1 % in the band, most often 0.1 %. What a halving folds into the band
 * counts as response outside of it, and is about what the low-pass lets through anyway.
 *
 * The integrator is a state-variable section: its settings are small numbers with all
 * their digits, where those of a biquad are 2 and 1 less something that rounding takes
 * away. The base, its first input, keeps the offset of a sensor out of p.
 *
 * The mean slides over whole blocks, so that a shock is forgotten altogether when the
 * span has passed; an exponential mean would hold an alarm for many spans. The price is
 * eight sums instead of one, and a result that is renewed at the end of each block.
 *
 * Samples must be finite; a NaN stays in the state until init. Squares are formed in
 * single precision: 1e-12 ... 1e12 in the unit of the samples.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_VELOCITY_H
#define ECM_VELOCITY_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_VELOCITY_BLOCKS 8

typedef struct {
    float c1, c2;        /* integrator and high-pass: above 0, 2 c1 + c2 < 4 */
    float a1, a2, b1;    /* low-pass: |a2| < 1, |a1| < 1 + a2 */
    float gain;          /* of the result: unit and scale of the parts; above 0 */
    uint32_t factor;     /* samples for an output: 1, 2 or 4 */
    uint32_t settle_len; /* pairs of outputs left out at the start, 1 or more */
    uint32_t block_len;  /* pairs of outputs in a block, 1 or more */
} ecm_velocity_cfg_f32_t;

typedef struct {
    float half[4]; /* last pair before the first, the second halving */
    float base;    /* see above */
    float v, p;    /* integrator */
    float s1, s2;  /* low-pass */
    float sum;     /* of squares, this block */
    float block[ECM_VELOCITY_BLOCKS]; /* of squares, the last whole blocks */
    float wait[8];                    /* samples of a begun pair of outputs */
    uint32_t wait_len;
    uint32_t left;   /* pairs of outputs to the end of the block; 0: no sample yet */
    uint32_t blocks; /* whole blocks since init, the settling one among them, at most
                        ECM_VELOCITY_BLOCKS + 1 */
    uint32_t at;     /* place of the next block */
} ecm_velocity_f32_t;
ECM_STATIC_ASSERT(sizeof(ecm_velocity_f32_t) == 120, velocity_f32_size);

/** Start over: the first sample counts as the signal before it.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on settings outside their ranges.
 */
ecm_status_t ecm_velocity_init_f32(ecm_velocity_f32_t *st,
                                   const ecm_velocity_cfg_f32_t *cfg);

/** Take samples.
 *
 * st      [in,out] from ecm_velocity_init_f32
 * cfg     [in]     settings
 * x       [in]     x_len samples of acceleration, finite
 * x_len   [in]     any chunk size
 *
 * Numerics: any split of a signal into chunks gives the same bits. The squares of a
 *           block are added in order.
 * Cost    : operations a sample: 3 + 15/4 by factor 4, 2 + 15/2 by factor 2, 15 else.
 * Context : any, one caller per st.
 * Source  : H. Chamberlin, Musical Applications of Microprocessors, 2nd ed. (1985):
 *           the state-variable section.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_velocity_update_f32(ecm_velocity_f32_t *st,
                                     const ecm_velocity_cfg_f32_t *cfg, const float *x,
                                     uint32_t x_len);

/** RMS of velocity over the span: the last whole blocks.
 *
 * st      [in]  from ecm_velocity_init_f32
 * cfg     [in]  settings
 * rms     [out] in the unit that gain leads to, such as mm/s; not written on ECM_MORE
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_MORE until the filters have settled and the span
 *           is full: (settle_len + ECM_VELOCITY_BLOCKS block_len) 2 factor
 *           samples.
 */
ecm_status_t ecm_velocity_rms_f32(const ecm_velocity_f32_t *st,
                                  const ecm_velocity_cfg_f32_t *cfg, float *rms);

ECM_EXTERN_C_END

#endif
