/* ecm_nn_rnn.c - see ecm_nn_rnn.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_rnn.h"

#include "ecm_nn_rnn_rows.h"

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
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->bias != NULL, ECM_ERR_NULL);
    ecm_nn_rnn_rows_f32(rows->weights, rows->bias, rows->inputs_len, rows->rows_len, x,
                        sums);
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
    for (i = 0; i < rows->rows_len; i++, w += n) {
        sums[i] = ecm_nn_rnn_rows_sum(rnn_dot_s8(w, x, n), rows->scale[i],
                                      rows->bias[i], sums[i]);
    }
    return ECM_OK;
}
