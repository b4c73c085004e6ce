/* ecm_velocity_q15.h - vibration severity in integers: streaming RMS of velocity in a
 * band, from 16-bit samples of acceleration, for cores without a floating-point unit.
 *
 * The parts are those of ecm_velocity.h: halvings, exact here; integrator and high-pass
 * as a state-variable section; low-pass; the mean of squares over a sliding span.
 * Products are of 32 by 16 bits, at the lower rate only.
 *
 *     integrator  v += u 2^up - (c1 v) - q / 2^c2_shift; q += c2 v
 *     low-pass    y = 4 (b0 v + b1 v' - a1 y' - a2 y''), coefficients in Q14
 *
 * where v', y', y'' are those of one and two outputs before, and each product is cut to
 * a whole number, downwards. What all the cutting adds is a few hundred counts of y at
 * most, where `ecmkit.features.VelocityDesign` lets a full-scale sinusoid at the lower
 * edge of the band be 2^29 to 2^30. v and y saturate.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_VELOCITY_Q15_H
#define ECM_VELOCITY_Q15_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_VELOCITY_Q15_BLOCKS 8

typedef struct {
    int16_t c1;        /* integrator: c1 = c1 / 2^16 / 2^c1_shift, 2^14 or more */
    int16_t c2;        /* c2 = c2 / 2^16 / 2^c2_shift, 2^14 or more */
    uint16_t c1_shift; /* 0 ... 15 */
    uint16_t c2_shift; /* 0 ... 31 */
    int16_t b0, b1;    /* low-pass, Q14 */
    int16_t a1, a2;    /* Q14; |a2| < 1, |a1| < 1 + a2 */
    uint16_t up;       /* bits that samples gain before the integrator, at most 14 by
                          factor 1, 11 by factor 2, 8 by factor 4 */
    uint16_t factor;   /* samples for an output: 1, 2 or 4 */
    uint32_t gain; /* of the result: Q16.16 of the unit for a count of y, over 2^32 */
    uint32_t settle_len; /* outputs left out at the start, 1 or more */
    uint32_t block_len;  /* outputs of a block, 1 ... 2^16 */
} ecm_velocity_q15_cfg_t;

typedef struct {
    int64_t q;       /* see above */
    int32_t half[4]; /* last pair before the first, the second halving */
    int32_t base;    /* first input of the integrator, before up */
    int32_t v;       /* integrator */
    int32_t y1, y2;  /* outputs one and two before */
    int16_t wait[4]; /* samples of a begun output */
    uint32_t wait_len;
    uint32_t left;   /* outputs to the end of the block; 0: no sample yet */
    uint32_t blocks; /* whole blocks since init, the settling one among them, at most
                        ECM_VELOCITY_Q15_BLOCKS + 1 */
    uint32_t at;     /* place of the next block */
    uint64_t sum;    /* of squares of y / 256, this block */
    uint64_t block[ECM_VELOCITY_Q15_BLOCKS];
} ecm_velocity_q15_t;
ECM_STATIC_ASSERT(sizeof(ecm_velocity_q15_t) == 136, velocity_q15_size);

/** Start over: the first sample counts as the signal before it.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on settings outside their ranges.
 */
ecm_status_t ecm_velocity_q15_init(ecm_velocity_q15_t *st,
                                   const ecm_velocity_q15_cfg_t *cfg);

/** Take samples.
 *
 * st      [in,out] from ecm_velocity_q15_init
 * cfg     [in]     settings
 * x       [in]     x_len samples of acceleration
 * x_len   [in]     any chunk size
 *
 * Numerics: any split of a signal into chunks gives the same bits.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_velocity_q15_update(ecm_velocity_q15_t *st,
                                     const ecm_velocity_q15_cfg_t *cfg,
                                     const int16_t *x, uint32_t x_len);

/** RMS of velocity over the span: the last whole blocks.
 *
 * st      [in]  from ecm_velocity_q15_init
 * cfg     [in]  settings
 * rms     [out] Q16.16 of the unit that gain leads to, such as mm/s; not written on
 *               ECM_MORE
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_MORE until the filters have settled and the span
 *           is full.
 */
ecm_status_t ecm_velocity_q15_rms(const ecm_velocity_q15_t *st,
                                  const ecm_velocity_q15_cfg_t *cfg, uint32_t *rms);

ECM_EXTERN_C_END

#endif
