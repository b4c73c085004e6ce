/* fuzz_ecm_nn_float.c - float layers of any shape and any values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_float.h"

void fuzz_ecm_nn_float(void);

static void fuzz_conv(void) {
    ecm_nn_float_conv_t layer;
    uint32_t n_in, n_out = 1U + ecm_fuzz_below(5), outputs;
    fuzz_window(&layer.window);
    layer.groups = (uint16_t)ecm_fuzz_below(4);
    layer.pool = (uint16_t)(1U + ecm_fuzz_below(2));
    outputs = n_out * layer.groups;
    n_in = layer.groups == 0U ? 0U : (uint32_t)layer.window.input_c / layer.groups;
    n_in *= (uint32_t)layer.window.kernel_h * layer.window.kernel_w;
    layer.filters.weights = ecm_fuzz_array_f32(n_in * outputs);
    layer.filters.bias = ecm_fuzz_or_null(ecm_fuzz_array_f32(outputs));
    layer.filters.inputs_len = (uint16_t)n_in;
    layer.filters.outputs_len = (uint16_t)n_out;
    layer.filters.output_min = ecm_fuzz_f32();
    layer.filters.output_max = ecm_fuzz_f32();
    ecm_fuzz_judge(ecm_nn_float_conv(
        ecm_fuzz_or_null(&layer), ecm_fuzz_array_f32(fuzz_image(&layer.window)),
        ecm_fuzz_array_f32(ecm_nn_float_work_len(n_in)),
        ecm_fuzz_array_f32(fuzz_pixels(&layer.window) * outputs)));
}

static void fuzz_channels(void) {
    ecm_nn_float_depthwise_t layer;
    float *y;
    uint32_t n_out, n;
    fuzz_window(&layer.window);
    layer.multiply = (uint16_t)ecm_fuzz_below(3);
    layer.reserved = 0;
    n_out = (uint32_t)layer.multiply * layer.window.input_c;
    layer.weights =
        ecm_fuzz_array_f32(n_out * layer.window.kernel_h * layer.window.kernel_w);
    layer.bias = ecm_fuzz_or_null(ecm_fuzz_array_f32(n_out));
    layer.output_min = ecm_fuzz_f32();
    layer.output_max = ecm_fuzz_f32();
    ecm_fuzz_judge(ecm_nn_float_depthwise(
        ecm_fuzz_or_null(&layer), ecm_fuzz_array_f32(fuzz_image(&layer.window)),
        ecm_fuzz_array_f32(fuzz_pixels(&layer.window) * n_out)));
    n = fuzz_pixels(&layer.window) * layer.window.input_c;
    y = ecm_fuzz_array_f32(n);
    ecm_fuzz_watch(y, n * sizeof *y);
    ecm_fuzz_judge(ecm_nn_float_pool_max(ecm_fuzz_or_null(&layer.window),
                                         ecm_fuzz_array_f32(fuzz_image(&layer.window)),
                                         y));
    ecm_fuzz_watch(y, n * sizeof *y);
    ecm_fuzz_judge(ecm_nn_float_pool_mean(
        &layer.window, ecm_fuzz_array_f32(fuzz_image(&layer.window)), y));
}

void fuzz_ecm_nn_float(void) {
    ecm_nn_float_dense_t layer;
    uint32_t n_in = ecm_fuzz_len(70), n_out = ecm_fuzz_len(9), n = ecm_fuzz_len(50);
    float *y = ecm_fuzz_array_f32(n_out);
    layer.weights = ecm_fuzz_array_f32(n_in * n_out);
    layer.bias = ecm_fuzz_or_null(ecm_fuzz_array_f32(n_out));
    layer.inputs_len = (uint16_t)n_in;
    layer.outputs_len = (uint16_t)n_out;
    layer.output_min = ecm_fuzz_f32();
    layer.output_max = ecm_fuzz_f32();
    ecm_fuzz_watch(y, n_out * sizeof *y);
    ecm_fuzz_judge(
        ecm_nn_float_dense(ecm_fuzz_or_null(&layer), ecm_fuzz_array_f32(n_in), y));
    ecm_fuzz_judge(ecm_nn_float_map(ecm_fuzz_below(12), ecm_fuzz_f32(), ecm_fuzz_f32(),
                                    ecm_fuzz_or_null(ecm_fuzz_array_f32(n)), n,
                                    ecm_fuzz_array_f32(n)));
    ecm_fuzz_judge(ecm_nn_float_softmax(ecm_fuzz_or_null(ecm_fuzz_array_f32(n)), n,
                                        ecm_fuzz_array_f32(n)));
    fuzz_conv();
    fuzz_channels();
}
