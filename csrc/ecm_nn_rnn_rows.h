/* ecm_nn_rnn_rows.h - what ecm_nn_rnn.c and its twin share: the float32 rows, and what
 * becomes of an integer product.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_RNN_ROWS_H
#define ECM_NN_RNN_ROWS_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

static inline float ecm_nn_rnn_rows_dot(const float *w, const float *x, uint32_t n) {
    float l0 = 0.0f, l1 = 0.0f, l2 = 0.0f, l3 = 0.0f;
    uint32_t i;
    for (i = 0; i + 4U <= n; i += 4U) {
        l0 += w[i] * x[i];
        l1 += w[i + 1U] * x[i + 1U];
        l2 += w[i + 2U] * x[i + 2U];
        l3 += w[i + 3U] * x[i + 3U];
    }
    if (i < n) {
        l0 += w[i] * x[i];
    }
    if (i + 1U < n) {
        l1 += w[i + 1U] * x[i + 1U];
    }
    if (i + 2U < n) {
        l2 += w[i + 2U] * x[i + 2U];
    }
    return (l0 + l1) + (l2 + l3);
}

/* Add the products of rows_len rows of n weights. */
static inline void ecm_nn_rnn_rows_f32(const float *w, const float *bias, uint32_t n,
                                       uint32_t rows_len, const float *x, float *sums) {
    uint32_t i;
    for (i = 0; i < rows_len; i++) {
        sums[i] += ecm_nn_rnn_rows_dot(w, x, n) + bias[i];
        w += n;
    }
}

/* Add an integer product, in reals, to a sum. */
static inline float ecm_nn_rnn_rows_sum(int32_t product, float scale, float bias,
                                        float sum) {
    float real = (float)product * scale;
    return sum + (real + bias);
}

ECM_EXTERN_C_END

#endif
