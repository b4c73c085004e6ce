/* ecm_nn_rnn.c - see ecm_nn_rnn.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_rnn.h"

static float rnn_dot_f32(const float *w, const float *x, uint32_t n) {
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

static int32_t rnn_dot_s8(const int8_t *w, const int8_t *x, uint32_t n) {
    int32_t sum = 0;
    uint32_t i;
    for (i = 0; i < n; i++) {
        sum += (int32_t)w[i] * x[i];
    }
    return sum;
}

ecm_status_t ecm_nn_rnn_add_f32(const ecm_nn_rnn_f32_t *rows, const float *x,
                                float *sums) {
    uint32_t i, n;
    const float *w;
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->bias != NULL, ECM_ERR_NULL);
    n = rows->inputs_len;
    w = rows->weights;
    for (i = 0; i < rows->rows_len; i++) {
        sums[i] += rnn_dot_f32(w, x, n) + rows->bias[i];
        w += n;
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_rnn_add_s8(const ecm_nn_rnn_s8_t *rows, const int8_t *x,
                               float *sums) {
    uint32_t i, n;
    const int8_t *w;
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->scale != NULL && rows->bias != NULL,
                ECM_ERR_NULL);
    n = rows->inputs_len;
    w = rows->weights;
    for (i = 0; i < rows->rows_len; i++) {
        float product = (float)rnn_dot_s8(w, x, n) * rows->scale[i];
        sums[i] += product + rows->bias[i];
        w += n;
    }
    return ECM_OK;
}
