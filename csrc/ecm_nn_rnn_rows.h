/* ecm_nn_rnn_rows.h - what ecm_nn_rnn.c and its twin share: the float32 rows, and what
 * becomes of an integer product.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_RNN_ROWS_H
#define ECM_NN_RNN_ROWS_H

#include "ecm_nn_rnn.h"

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

static inline ecm_status_t ecm_nn_rnn_rows_f32(const ecm_nn_rnn_f32_t *rows,
                                               const float *x, float *sums) {
    uint32_t i, n;
    const float *w;
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->bias != NULL, ECM_ERR_NULL);
    n = rows->inputs_len;
    w = rows->weights;
    for (i = 0; i < rows->rows_len; i++) {
        sums[i] += ecm_nn_rnn_rows_dot(w, x, n) + rows->bias[i];
        w += n;
    }
    return ECM_OK;
}

static inline ecm_status_t ecm_nn_rnn_rows_check(const ecm_nn_rnn_s8_t *rows,
                                                 const int8_t *x, const float *sums) {
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->scale != NULL && rows->bias != NULL,
                ECM_ERR_NULL);
    return ECM_OK;
}

/* Add the product of row i, in reals, to a sum. */
static inline float ecm_nn_rnn_rows_sum(const ecm_nn_rnn_s8_t *rows, uint32_t i,
                                        int32_t product, float sum) {
    float real = (float)product * rows->scale[i];
    return sum + (real + rows->bias[i]);
}

ECM_EXTERN_C_END

#endif
