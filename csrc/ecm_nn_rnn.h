/* ecm_nn_rnn.h - products of recurrent layers, in float32 and with int8 weights.
 *
 * A gate is the sum of what comes in, times its weights, and of the state, times
 * others: two calls that add to the same sums. What becomes of the sums is a matter of
 * the cell.
 *
 * Twin: port/ecm_nn_rnn_dsp.c (Armv7E-M and M33), the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_RNN_H
#define ECM_NN_RNN_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* Rows of weights. */
typedef struct {
    const float *weights; /* rows_len rows of inputs_len */
    const float *bias;    /* rows_len */
    uint16_t inputs_len;
    uint16_t rows_len;
} ecm_nn_rnn_f32_t;

/* Rows of int8 weights. The bias holds what a zero point of the input leaves, too. */
typedef struct {
    const int8_t *weights; /* rows_len rows of inputs_len, -127 ... 127 */
    const float *scale;    /* rows_len, of a weight times that of an input */
    const float *bias;     /* rows_len, real */
    uint16_t inputs_len;
    uint16_t rows_len;
} ecm_nn_rnn_s8_t;

/** Add a product to sums, float32.
 *
 * rows    [in]     tables
 * x       [in]     inputs_len values
 * sums    [in,out] rows_len values; may not meet x
 *
 * Formula : sums[i] += weights[i] x + bias[i].
 * Cost    : rows_len inputs_len products; no work memory.
 * Numerics: the product in four striped lanes, then the bias, then the sum.
 * Context : any, one caller per sums.
 * Source  : S. Hochreiter, J. Schmidhuber, Neural Computation 9 (1997), 1735-1780.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_rnn_add_f32(const ecm_nn_rnn_f32_t *rows, const float *x,
                                float *sums);

/** Add a product to sums, int8.
 *
 * rows    [in]     tables
 * x       [in]     inputs_len integers
 * sums    [in,out] rows_len values; may not meet x
 *
 * Formula : sums[i] += (weights[i] x) scale[i] + bias[i].
 * Cost    : rows_len inputs_len products; no work memory.
 * Numerics: the product is exact, in 32 bits; then one rounding to float32, one of the
 *           scale, one of the bias and one of the sum.
 * Context : any, one caller per sums.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_nn_rnn_add_s8(const ecm_nn_rnn_s8_t *rows, const int8_t *x,
                               float *sums);

ECM_EXTERN_C_END

#endif
