/* ecm_decimate.h - to a lower sampling rate: a FIR filter, of which only the samples
 * that stay are computed.
 *
 *     out[m] = sum of h[k] x[m factor - k], k = 0 ... taps_len - 1
 *
 * The line keeps the last taps_len samples twice, so that they lie in one piece
 * wherever it starts: two stores per sample, and a constant time per call and sample
 * that suits an interrupt. Any split of a signal into chunks gives the same bits. A
 * sample that is not finite spoils the outputs that taps reach from it, and no more.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DECIMATE_H
#define ECM_DECIMATE_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_DECIMATE_TAPS_MAX 4096

/* Values of the line. */
#define ECM_DECIMATE_LINE_LEN(taps_len) (2U * (taps_len))
/* Most samples that a chunk can give. */
#define ECM_DECIMATE_OUT_LEN(x_len, factor)                                            \
    ((x_len) / (factor) + ((x_len) % (factor) != 0U ? 1U : 0U))

typedef struct {
    const float *taps; /* h reversed: that of the oldest sample first */
    uint32_t taps_len; /* 1 ... ECM_DECIMATE_TAPS_MAX */
    uint32_t factor;   /* 1 or more */
} ecm_decimate_cfg_f32_t;

typedef struct {
    const int16_t *taps; /* over 2^bits, reversed; sum of magnitudes below 2^16 */
    uint32_t taps_len;   /* 1 ... ECM_DECIMATE_TAPS_MAX */
    uint32_t factor;     /* 1 or more */
    uint32_t bits;       /* 8 ... 15 */
} ecm_decimate_cfg_q15_t;

typedef struct {
    uint32_t at;   /* place of the oldest sample */
    uint32_t wait; /* samples to leave out before the next output */
} ecm_decimate_t;
ECM_STATIC_ASSERT(sizeof(ecm_decimate_t) == 8, decimate_size);

/** Start as if the signal had been 0, or some constant, for ever.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 * line    [out] ECM_DECIMATE_LINE_LEN values
 * x       [in]  the constant, such as the first sample; 0: at rest
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_decimate_init_f32(ecm_decimate_t *st,
                                   const ecm_decimate_cfg_f32_t *cfg, float *line,
                                   float x);

/** Start as if the signal had been 0, or some constant, for ever, Q15.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 * line    [out] ECM_DECIMATE_LINE_LEN values
 * x       [in]  the constant
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK; ECM_ERR_NULL; ECM_ERR_ARG, also if a sum of taps could overflow;
 *           ECM_ERR_LENGTH.
 */
ecm_status_t ecm_decimate_init_q15(ecm_decimate_t *st,
                                   const ecm_decimate_cfg_q15_t *cfg, int16_t *line,
                                   int16_t x);

/** Filter and decimate a chunk. The first sample after init gives the first output.
 *
 * st      [in,out] state
 * cfg     [in]     settings
 * line    [in,out] as given to init
 * x       [in]     x_len samples
 * x_len   [in]     any chunk size
 * out     [out]    the outputs, at most ECM_DECIMATE_OUT_LEN
 * out_len [out]    their number
 *
 * Numerics: products in four lanes, the oldest sample in the first.
 * Cost    : taps_len multiplications and additions per output.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_decimate_f32(ecm_decimate_t *st, const ecm_decimate_cfg_f32_t *cfg,
                              float *line, const float *x, uint32_t x_len, float *out,
                              uint32_t *out_len);

/** Filter and decimate a chunk, Q15.
 *
 * st      [in,out] state
 * cfg     [in]     settings
 * line    [in,out] as given to init
 * x       [in]     x_len samples
 * x_len   [in]     any chunk size
 * out     [out]    the outputs, at most ECM_DECIMATE_OUT_LEN
 * out_len [out]    their number
 *
 * Numerics: exact sum in 32 bits, rounded once, half up, saturated.
 * Aliasing: out may be x.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_decimate_q15(ecm_decimate_t *st, const ecm_decimate_cfg_q15_t *cfg,
                              int16_t *line, const int16_t *x, uint32_t x_len,
                              int16_t *out, uint32_t *out_len);

ECM_EXTERN_C_END

#endif
