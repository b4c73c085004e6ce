/* fuzz_ecm_nn_pool.c - pools of any shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_pool.h"

void fuzz_ecm_nn_pool(void);

static void fuzz_pools(void) {
    ecm_nn_pool_s8_t layer;
    size_t n;
    int8_t *y;
    fuzz_window(&layer.window);
    layer.output_min = (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
    layer.output_max = (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
    n = fuzz_pixels(&layer.window) * layer.window.input_c;
    y = ecm_fuzz_bytes(n);
    ecm_fuzz_watch(y, n);
    ecm_fuzz_judge(ecm_nn_pool_max_s8(ecm_fuzz_or_null(&layer),
                                      ecm_fuzz_bytes(fuzz_image(&layer.window)), y));
    ecm_fuzz_watch(y, n);
    ecm_fuzz_judge(ecm_nn_pool_mean_s8(
        &layer, ecm_fuzz_bytes(fuzz_image(&layer.window)), ecm_fuzz_or_null(y)));
}

static void fuzz_mean(void) {
    ecm_nn_mean_s8_t layer;
    int8_t *y;
    size_t n;
    layer.outer_len = ecm_fuzz_below(5);
    layer.mean_len = ecm_fuzz_len(40);
    layer.inner_len = ecm_fuzz_below(9);
    layer.bias = (int32_t)ecm_fuzz_u32() / 2;
    layer.multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    layer.shift = (uint16_t)ecm_fuzz_below(70);
    layer.output_zero = (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
    layer.output_min = -128;
    layer.output_max = 127;
    n = (size_t)layer.outer_len * layer.inner_len;
    y = ecm_fuzz_bytes(n);
    ecm_fuzz_watch(y, n);
    ecm_fuzz_judge(ecm_nn_mean_s8(&layer, ecm_fuzz_bytes(n * layer.mean_len), y));
}

void fuzz_ecm_nn_pool(void) {
    fuzz_pools();
    fuzz_mean();
}
