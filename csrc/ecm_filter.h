/* ecm_filter.h - cascades of biquads: recursive filters in sections of second order.
 *
 *     H(z) = product of (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2)
 *
 * `ecmkit.features` designs them with SciPy and refuses what rounding to the format
 * would make unstable or meaningless. One section, or two in f32, run over a whole
 * chunk before the next, with coefficients and states in registers. Any split of a
 * signal into chunks gives the same bits.
 *
 * Which format: f32 where there is an FPU, for cutoffs down to about a thousandth of
 * the sampling rate; Q31 for lower ones, or without an FPU; Q15 on small cores, for
 * cutoffs that 14 bits of coefficient can hold.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FILTER_H
#define ECM_FILTER_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* ---- single precision: direct form II transposed ----------------------------------
 */

typedef struct {
    float b0, b1, b2, a1, a2;
} ecm_filter_biquad_f32_t;

typedef struct {
    float s1, s2;
} ecm_filter_biquad_state_f32_t;

/** Start as if the signal had been 0, or some constant, for ever.
 *
 * st           [out] sections_len states
 * sections     [in]  sections_len sections, stable
 * sections_len [in]  1 or more
 * x            [in]  the constant, such as the first sample, finite; 0: at rest
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_filter_init_f32(ecm_filter_biquad_state_f32_t *st,
                                 const ecm_filter_biquad_f32_t *sections,
                                 uint32_t sections_len, float x);

/** Filter a chunk.
 *
 * st           [in,out] sections_len states
 * sections     [in]     sections_len sections, the same at every call
 * sections_len [in]     1 or more
 * x            [in]     x_len samples; a NaN stays in the state until init
 * x_len        [in]     any chunk size
 * out          [out]    x_len samples
 *
 * Formula : y = b0 x + s1; s1 = (b1 x - a1 y) + s2; s2 = b2 x - a2 y, with a rounding
 *           at each operation.
 * Numerics: subnormals are kept. A state that decays after the signal has stopped may
 *           end in a subnormal instead of 0: below 1e-40, and not slow on the FPU of a
 *           microcontroller; x86 takes nine times as long on such exact silence.
 * Cost    : 9 operations a sample and section; no work memory.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_filter_biquad_f32(ecm_filter_biquad_state_f32_t *st,
                                   const ecm_filter_biquad_f32_t *sections,
                                   uint32_t sections_len, const float *x,
                                   uint32_t x_len, float *out);

/* ---- fixed point: direct form I, with the rounding error fed back ------------------
 *
 * y = floor(s / 2^bits) and rest = s - y 2^bits, s = b0 x + b1 x1 + b2 x2 - a1 y1
 * - a2 y2 + rest: what one output loses is added to the next sum, so the error has no
 * mean, and none of it is amplified by poles near z = 1. The sum cannot overflow: init
 * refuses coefficients that would allow it. The output saturates. */

typedef struct {
    /* over 2^bits; sum of magnitudes below 2^32, a1 and a2 not -2^31 */
    int32_t b0, b1, b2, a1, a2;
    uint32_t bits; /* 16 ... 30 */
} ecm_filter_biquad_q31_t;

typedef struct {
    int32_t x1, x2, y1, y2; /* the last two inputs and outputs */
    uint32_t rest;
} ecm_filter_biquad_state_q31_t;
ECM_STATIC_ASSERT(sizeof(ecm_filter_biquad_state_q31_t) == 20, filter_q31_size);

typedef struct {
    int16_t b0, b1, b2, a1, a2; /* over 2^bits; sum of magnitudes below 2^16 */
    uint16_t bits;              /* 8 ... 14 */
} ecm_filter_biquad_q15_t;

typedef struct {
    int16_t x1, x2, y1, y2;
    uint16_t rest;
    uint16_t reserved; /* 0 */
} ecm_filter_biquad_state_q15_t;
ECM_STATIC_ASSERT(sizeof(ecm_filter_biquad_state_q15_t) == 12, filter_q15_size);

/** Check coefficients and start at rest, Q31.
 *
 * st           [out] sections_len states
 * sections     [in]  sections_len sections
 * sections_len [in]  1 or more
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if a sum could overflow or bits is out of
 *           range.
 */
ecm_status_t ecm_filter_init_q31(ecm_filter_biquad_state_q31_t *st,
                                 const ecm_filter_biquad_q31_t *sections,
                                 uint32_t sections_len);

/** Filter a chunk, Q31.
 *
 * st           [in,out] sections_len states
 * sections     [in]     sections_len sections, as they passed init
 * sections_len [in]     1 or more
 * x            [in]     x_len samples
 * x_len        [in]     any chunk size
 * out          [out]    x_len samples
 *
 * Cost    : 5 products of 32 by 32 bits a sample and section.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_filter_biquad_q31(ecm_filter_biquad_state_q31_t *st,
                                   const ecm_filter_biquad_q31_t *sections,
                                   uint32_t sections_len, const int32_t *x,
                                   uint32_t x_len, int32_t *out);

/** Check coefficients and start at rest, Q15.
 *
 * st           [out] sections_len states
 * sections     [in]  sections_len sections
 * sections_len [in]  1 or more
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG if a sum could overflow or bits is out of
 *           range.
 */
ecm_status_t ecm_filter_init_q15(ecm_filter_biquad_state_q15_t *st,
                                 const ecm_filter_biquad_q15_t *sections,
                                 uint32_t sections_len);

/** Filter a chunk, Q15.
 *
 * st           [in,out] sections_len states
 * sections     [in]     sections_len sections, as they passed init
 * sections_len [in]     1 or more
 * x            [in]     x_len samples
 * x_len        [in]     any chunk size
 * out          [out]    x_len samples
 *
 * Cost    : 5 products within 32 bits a sample and section.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_filter_biquad_q15(ecm_filter_biquad_state_q15_t *st,
                                   const ecm_filter_biquad_q15_t *sections,
                                   uint32_t sections_len, const int16_t *x,
                                   uint32_t x_len, int16_t *out);

ECM_EXTERN_C_END

#endif
