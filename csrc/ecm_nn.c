/* ecm_nn.c - see ecm_nn.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn.h"

#include "ecm_math.h"
#include "ecm_quant.h"

ecm_status_t ecm_nn_dense_s8(const ecm_nn_dense_s8_t *layer, const int8_t *x,
                             int8_t *y) {
    int32_t min, max;
    uint32_t i, o;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    min = layer->output_min - layer->output_zero;
    max = layer->output_max - layer->output_zero;
    for (o = 0; o < layer->outputs_len; o++) {
        const int8_t *w = &layer->weights[(size_t)o * layer->inputs_len];
        int32_t acc = 0, out;
        for (i = 0; i < layer->inputs_len; i++) {
            acc += (int32_t)w[i] * ((int32_t)x[i] - layer->input_zero);
        }
        out = ecm_quant_requantize_s32(acc + layer->bias[o], layer->multiplier[o],
                                       layer->shift[o]);
        /* Clamp before adding: a saturated result has no room for the zero point. */
        out = out < min ? min : out;
        out = out > max ? max : out;
        y[o] = (int8_t)(out + layer->output_zero);
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_mse_f32(const float *x, const float *y, uint32_t x_len,
                            float *error) {
    ECM_REQUIRE(x != NULL && y != NULL && error != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len >= 1U, ECM_ERR_LENGTH);
    *error = ecm_math_sum_sq_diff_f32(x, y, x_len) / (float)x_len;
    return ECM_OK;
}
