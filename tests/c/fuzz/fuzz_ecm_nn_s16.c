/* fuzz_ecm_nn_s16.c - layers of int16 values of any shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_s16.h"

void fuzz_ecm_nn_s16(void);

static void fuzz_conv(void) {
    ecm_nn_conv_s8_t layer;
    ecm_nn_dense_s8_t *filters = &layer.filters;
    uint32_t n_in, n_out = 1U + ecm_fuzz_below(9);
    int32_t *bias, *multiplier;
    uint8_t *shift;
    fuzz_window(&layer.window);
    layer.groups = (uint16_t)ecm_fuzz_below(4);
    layer.pool = (uint16_t)(1U + ecm_fuzz_below(2));
    layer.input_zero = 0;
    layer.reserved = 0;
    n_in = layer.groups == 0U ? 0U : (uint32_t)layer.window.input_c / layer.groups;
    n_in *= (uint32_t)layer.window.kernel_h * layer.window.kernel_w;
    fuzz_tables_s16(n_out * layer.groups, &bias, &multiplier, &shift);
    filters->weights =
        ecm_fuzz_bytes((size_t)((n_in + 3U) / 4U * 4U) * n_out * layer.groups);
    filters->blocks = NULL;
    filters->bias = bias;
    filters->multiplier = ecm_fuzz_or_null(multiplier);
    filters->shift = shift;
    filters->inputs_len = (uint16_t)n_in;
    filters->outputs_len = (uint16_t)n_out;
    filters->output_zero = 0;
    filters->output_min = -32768;
    filters->output_max = 32767;
    filters->reserved = 0;
    ecm_fuzz_judge(ecm_nn_conv_s16(
        ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(2U * fuzz_image(&layer.window)),
        ecm_fuzz_bytes(2U * n_in),
        ecm_fuzz_bytes(2U * fuzz_pixels(&layer.window) * n_out * layer.groups)));
}

static void fuzz_channels(void) {
    ecm_nn_depthwise_s8_t layer;
    ecm_nn_pool_s8_t pool;
    uint32_t n_out;
    int32_t *bias, *multiplier;
    uint8_t *shift;
    size_t n;
    int16_t *y;
    fuzz_window(&layer.window);
    layer.multiply = (uint16_t)ecm_fuzz_below(4);
    n_out = (uint32_t)layer.window.input_c * layer.multiply;
    fuzz_tables_s16(n_out, &bias, &multiplier, &shift);
    layer.weights =
        ecm_fuzz_bytes((size_t)layer.window.kernel_h * layer.window.kernel_w * n_out);
    layer.bias = bias;
    layer.multiplier = multiplier;
    layer.shift = shift;
    layer.input_zero = layer.output_zero = 0;
    layer.output_min = -32768;
    layer.output_max = 32767;
    layer.reserved = 0;
    ecm_fuzz_judge(ecm_nn_depthwise_s16(
        ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(2U * fuzz_image(&layer.window)),
        ecm_fuzz_bytes(2U * fuzz_pixels(&layer.window) * n_out)));
    pool.window = layer.window;
    pool.output_min = (int16_t)((int32_t)ecm_fuzz_below(65536) - 32768);
    pool.output_max = (int16_t)((int32_t)ecm_fuzz_below(65536) - 32768);
    n = 2U * fuzz_pixels(&pool.window) * pool.window.input_c;
    y = ecm_fuzz_bytes(n);
    ecm_fuzz_watch(y, n);
    ecm_fuzz_judge(ecm_nn_pool_max_s16(
        ecm_fuzz_or_null(&pool), ecm_fuzz_bytes(2U * fuzz_image(&pool.window)), y));
    ecm_fuzz_watch(y, n);
    ecm_fuzz_judge(ecm_nn_pool_mean_s16(
        &pool, ecm_fuzz_bytes(2U * fuzz_image(&pool.window)), ecm_fuzz_or_null(y)));
}

static void fuzz_mean(void) {
    ecm_nn_mean_s8_t layer;
    int16_t *y;
    size_t n;
    layer.outer_len = ecm_fuzz_below(5);
    layer.mean_len = ecm_fuzz_len(40);
    layer.inner_len = ecm_fuzz_below(9);
    layer.bias = 0;
    layer.multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    layer.shift = (uint16_t)ecm_fuzz_below(70);
    layer.output_zero = 0;
    layer.output_min = -32768;
    layer.output_max = 32767;
    n = (size_t)layer.outer_len * layer.inner_len;
    y = ecm_fuzz_bytes(2U * n);
    ecm_fuzz_watch(y, 2U * n);
    ecm_fuzz_judge(ecm_nn_mean_s16(&layer, ecm_fuzz_bytes(2U * n * layer.mean_len), y));
}

static void fuzz_two(void) {
    ecm_nn_add_s8_t layer;
    int16_t *y;
    memset(&layer, 0, sizeof layer);
    layer.b_len = ecm_fuzz_below(9);
    layer.a_len = layer.b_len * ecm_fuzz_below(5) + (ecm_fuzz_once_in(8) ? 1U : 0U);
    layer.a_multiplier = (int32_t)((1U << 30) + ecm_fuzz_below(1U << 30));
    layer.b_multiplier = (int32_t)((1U << 30) + ecm_fuzz_below(1U << 30));
    layer.b_multiplier = ecm_fuzz_once_in(2) ? -layer.b_multiplier : layer.b_multiplier;
    layer.multiplier = (int32_t)((1U << 30) + ecm_fuzz_below(1U << 30));
    /* What is a half and less of the greater scale. */
    layer.a_shift = (uint8_t)(31U + ecm_fuzz_below(32));
    layer.b_shift = (uint8_t)(31U + ecm_fuzz_below(34));
    layer.shift = (uint8_t)ecm_fuzz_below(66);
    layer.output_min = -32768;
    layer.output_max = 32767;
    y = ecm_fuzz_bytes(2U * layer.a_len);
    ecm_fuzz_watch(y, 2U * layer.a_len);
    ecm_fuzz_judge(ecm_nn_add_s16(ecm_fuzz_or_null(&layer),
                                  ecm_fuzz_bytes(2U * layer.a_len),
                                  ecm_fuzz_bytes(2U * layer.b_len), y));
    ecm_fuzz_watch(y, 2U * layer.a_len);
    ecm_fuzz_judge(ecm_nn_mul_s16(&layer, ecm_fuzz_bytes(2U * layer.a_len),
                                  ecm_fuzz_bytes(2U * layer.b_len), y));
}

static void fuzz_elements(void) {
    ecm_nn_rescale_t rescale;
    ecm_nn_softmax_s16_t softmax;
    uint32_t n = ecm_fuzz_len(60), i;
    uint32_t *powers = ecm_fuzz_bytes(512U * sizeof *powers);
    int16_t *y = ecm_fuzz_bytes(2U * n);
    for (i = 0; i < 512U; i++) {
        powers[i] >>= 1;
    }
    powers[0] = powers[256] = 0x80000000U;
    softmax.coarse = ecm_fuzz_or_null(powers);
    softmax.fine = powers + 256;
    softmax.row_len = (uint16_t)ecm_fuzz_below(8);
    softmax.rows_len = softmax.row_len == 0U ? 1U : n / softmax.row_len;
    softmax.reserved = 0;
    ecm_fuzz_judge(ecm_nn_softmax_s16(&softmax, ecm_fuzz_bytes(2U * n), y));
    ecm_fuzz_judge(ecm_nn_table_s16(ecm_fuzz_bytes(2U * ECM_NN_S16_TABLE_LEN),
                                    ecm_fuzz_or_null(ecm_fuzz_bytes(2U * n)), n, y));
    rescale.multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    rescale.negative_multiplier = (int32_t)(ecm_fuzz_u32() >> 1);
    rescale.shift = (uint8_t)ecm_fuzz_below(66);
    rescale.negative_shift = (uint8_t)ecm_fuzz_below(66);
    rescale.input_zero = fuzz_s8();
    rescale.output_zero = fuzz_s8();
    rescale.output_min = -128;
    rescale.output_max = 127;
    rescale.reserved = 0;
    ecm_fuzz_watch(y, 2U * n);
    ecm_fuzz_judge(
        ecm_nn_rescale_s16(ecm_fuzz_or_null(&rescale), ecm_fuzz_bytes(2U * n), n, y));
    ecm_fuzz_watch(y, 2U * n);
    ecm_fuzz_judge(ecm_nn_rescale_s8_s16(&rescale, ecm_fuzz_bytes(n), n, y));
    ecm_fuzz_watch(y, 2U * n);
    ecm_fuzz_judge(
        ecm_nn_rescale_s16_s8(&rescale, ecm_fuzz_bytes(2U * n), n, (int8_t *)y));
}

void fuzz_ecm_nn_s16(void) {
    fuzz_conv();
    fuzz_channels();
    fuzz_mean();
    fuzz_two();
    fuzz_elements();
}
