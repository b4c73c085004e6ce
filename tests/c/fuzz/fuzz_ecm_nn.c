/* fuzz_ecm_nn.c - layers of any weights, at the ends of every integer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_nn.h"

void fuzz_ecm_nn(void);

static void fuzz_dense(void) {
    ecm_nn_dense_s8_t layer;
    uint32_t i, n_in = ecm_fuzz_len(300), n_out = ecm_fuzz_len(20);
    int32_t *multiplier = ecm_fuzz_bytes(n_out * sizeof *multiplier);
    int32_t *bias = ecm_fuzz_bytes(n_out * sizeof *bias);
    int8_t *shift = ecm_fuzz_bytes(n_out), *y = ecm_fuzz_bytes(n_out);
    for (i = 0; i < n_out; i++) {
        multiplier[i] = (int32_t)((1U << 30) + ecm_fuzz_below(1U << 30));
        shift[i] = (int8_t)((int32_t)ecm_fuzz_below(62) - 31);
        bias[i] /= 2; /* leaves room for the sum of products */
    }
    layer.weights = ecm_fuzz_bytes((size_t)n_in * n_out);
    layer.bias = bias;
    layer.multiplier = multiplier;
    layer.shift = ecm_fuzz_or_null(shift);
    layer.inputs_len = (uint16_t)n_in;
    layer.outputs_len = (uint16_t)n_out;
    layer.input_zero = (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
    layer.output_zero = (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
    layer.output_min = (int16_t)(-128 + (int32_t)ecm_fuzz_below(128));
    layer.output_max = (int16_t)(layer.output_min + (int32_t)ecm_fuzz_below(128));
    ecm_fuzz_watch(y, n_out);
    ecm_fuzz_judge(ecm_nn_dense_s8(ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(n_in), y));
}

void fuzz_ecm_nn(void) {
    uint32_t n = ecm_fuzz_len(300);
    float error = 0.0f;
    fuzz_dense();
    ecm_fuzz_watch(&error, sizeof error);
    ecm_fuzz_judge(ecm_nn_mse_f32(ecm_fuzz_or_null(ecm_fuzz_array_f32(n)),
                                  ecm_fuzz_array_f32(n), n, ecm_fuzz_or_null(&error)));
}
