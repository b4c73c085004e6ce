/* test_ecm_nn_s16.c - many shapes: the same bits everywhere, and what can be said by
 * hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_s16.h"
#include "ecm_test.h"

void test_ecm_nn_s16(void);

#define N_OUT 12U

static int32_t bias[N_OUT], multiplier[N_OUT];
static uint8_t shift[N_OUT];
static uint32_t seed;

static uint32_t next(void) {
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

/* Shared memory: weights, image, work, result. */
static int8_t *const weights = (int8_t *)ecm_test_memory;
static int16_t *const image = (int16_t *)(ecm_test_memory + 100);
static int16_t *const work = (int16_t *)(ecm_test_memory + 300);
static int16_t *const result = (int16_t *)(ecm_test_memory + 350);

static void random_tables(void) {
    uint32_t i;
    for (i = 0; i < 400U; i++) {
        weights[i] = (int8_t)((int32_t)(next() & 255U) - 128);
        image[i] = (int16_t)((int32_t)(next() & 0xffffU) - 0x8000);
        result[i] = 0;
    }
    for (i = 0; i < N_OUT; i++) {
        bias[i] = (int32_t)(next() & 0xffffffU) - 0x800000;
        multiplier[i] = (int32_t)(0x4000U + next() % 0x4000U);
        shift[i] = (uint8_t)(20U + next() % 6U);
    }
}

static const ecm_nn_window_t shapes[] = {
    /* input, output, kernel, stride, dilation, pad */
    {1, 40, 1, 1, 10, 1, 16, 1, 4, 1, 1, 0, 6},
    {1, 20, 4, 1, 20, 1, 3, 1, 1, 1, 3, 0, 3},
    {1, 20, 4, 1, 18, 1, 3, 1, 1, 1, 1, 0, 0},
    {9, 8, 4, 5, 4, 3, 3, 2, 2, 1, 1, 1, 0},
    {5, 5, 6, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0},
    {6, 7, 2, 5, 7, 4, 2, 1, 1, 2, 1, 3, 0},
};

/* What a window weighs at an output, by hand. */
static int32_t tap_by_tap(const ecm_nn_window_t *win, uint32_t oy, uint32_t ox,
                          uint32_t channel, uint32_t outputs) {
    int64_t acc = bias[channel];
    uint32_t ky, kx;
    for (ky = 0; ky < win->kernel_h; ky++) {
        for (kx = 0; kx < win->kernel_w; kx++) {
            int32_t iy = (int32_t)(oy * win->stride_h + ky * win->dilation_h) -
                         (int32_t)win->pad_h;
            int32_t ix = (int32_t)(ox * win->stride_w + kx * win->dilation_w) -
                         (int32_t)win->pad_w;
            if (iy >= 0 && ix >= 0 && iy < (int32_t)win->input_h &&
                ix < (int32_t)win->input_w) {
                uint32_t at =
                    ((uint32_t)iy * win->input_w + (uint32_t)ix) * win->input_c +
                    channel * win->input_c / outputs;
                acc += (int32_t)weights[(ky * win->kernel_w + kx) * outputs + channel] *
                       (int32_t)image[at];
            }
        }
    }
    acc = acc * multiplier[channel] + ((int64_t)1 << (shift[channel] - 1U));
    acc = acc < 0 ? ~(~acc >> shift[channel]) : acc >> shift[channel];
    acc = acc < -32768 ? -32768 : acc;
    return (int32_t)(acc > 32767 ? 32767 : acc);
}

static void test_depthwise(const ecm_nn_window_t *win) {
    ecm_nn_depthwise_s8_t layer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                   weights,
                                   bias,
                                   multiplier,
                                   shift,
                                   1,
                                   0,
                                   0,
                                   -32768,
                                   32767,
                                   0};
    layer.window = *win;
    for (layer.multiply = 1; layer.multiply <= 2U; layer.multiply++) {
        uint32_t outputs = (uint32_t)win->input_c * layer.multiply, oy, ox, c, at = 0;
        ECM_CHECK(ecm_nn_depthwise_s16(&layer, image, result) == ECM_OK);
        for (oy = 0; oy < win->output_h; oy++) {
            for (ox = 0; ox < win->output_w; ox++) {
                for (c = 0; c < outputs; c++, at++) {
                    ECM_CHECK(result[at] == tap_by_tap(win, oy, ox, c, outputs));
                }
            }
        }
        ecm_test_bytes("nn_s16 depthwise", result, 2U * at);
    }
}

static void test_conv(const ecm_nn_window_t *win, uint32_t groups, uint32_t each) {
    ecm_nn_conv_s8_t layer;
    uint32_t n = (uint32_t)win->output_h * win->output_w * each * groups;
    memset(&layer, 0, sizeof layer);
    layer.window = *win;
    layer.filters.weights = weights;
    layer.filters.bias = bias;
    layer.filters.multiplier = multiplier;
    layer.filters.shift = shift;
    layer.filters.inputs_len =
        (uint16_t)((uint32_t)win->kernel_h * win->kernel_w * (win->input_c / groups));
    layer.filters.outputs_len = (uint16_t)each;
    layer.filters.output_min = -30000;
    layer.filters.output_max = 32767;
    layer.groups = (uint16_t)groups;
    layer.pool = 1;
    ECM_CHECK(ecm_nn_conv_s16(&layer, image, work, result) == ECM_OK);
    ecm_test_bytes("nn_s16 conv", result, 2U * n);
    layer.pool = 2;
    ECM_CHECK(ecm_nn_conv_s16(&layer, image, work, result) == ECM_ERR_ARG);
    layer.pool = 1;
    layer.window.stride_h = 0;
    ECM_CHECK(ecm_nn_conv_s16(&layer, image, work, result) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_conv_s16(&layer, image, NULL, result) == ECM_ERR_NULL);
}

static void test_pools(const ecm_nn_window_t *win) {
    ecm_nn_pool_s8_t layer;
    uint32_t n = (uint32_t)win->output_h * win->output_w * win->input_c;
    layer.window = *win;
    layer.output_min = -32768;
    layer.output_max = 30000;
    ECM_CHECK(ecm_nn_pool_max_s16(&layer, image, result) == ECM_OK);
    ecm_test_bytes("nn_s16 pool max", result, 2U * n);
    ECM_CHECK(ecm_nn_pool_mean_s16(&layer, image, result) == ECM_OK);
    ecm_test_bytes("nn_s16 pool mean", result, 2U * n);
    layer.output_max = -32768;
    layer.output_min = 0;
    ECM_CHECK(ecm_nn_pool_max_s16(&layer, image, result) == ECM_ERR_ARG);
}

static void test_shapes(void) {
    uint32_t i;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        seed = i;
        random_tables();
        test_depthwise(&shapes[i]);
        test_conv(&shapes[i], 1, 3);
        if (shapes[i].input_c % 2U == 0U) {
            test_conv(&shapes[i], 2, 2);
        }
        test_pools(&shapes[i]);
    }
}

static void test_mean(void) {
    static const int16_t x[] = {1, -32768, 2, 32767, 2, 32767, 3, -32768};
    ecm_nn_mean_s8_t layer = {1, 4, 2, 0, (int32_t)1 << 30, 32, 0, -32768, 32767};
    int16_t y[2];
    ECM_CHECK(ecm_nn_mean_s16(&layer, x, y) == ECM_OK);
    ECM_CHECK(y[0] == 2 && y[1] == 0);
    layer.mean_len = 0;
    ECM_CHECK(ecm_nn_mean_s16(&layer, x, y) == ECM_ERR_ARG);
    layer.mean_len = 65536;
    ECM_CHECK(ecm_nn_mean_s16(&layer, x, y) == ECM_ERR_ARG);
}

static void test_two(void) {
    ecm_nn_add_s8_t layer;
    uint32_t i;
    memset(&layer, 0, sizeof layer);
    seed = 3;
    random_tables();
    layer.a_len = 60;
    layer.b_len = 12;
    layer.a_multiplier = (int32_t)1 << 30;
    layer.b_multiplier = 1518500250;
    layer.multiplier = 1288490189;
    layer.a_shift = 31;
    layer.b_shift = 32;
    layer.shift = 45;
    layer.output_min = -32768;
    layer.output_max = 32767;
    ECM_CHECK(ecm_nn_add_s16(&layer, image, image + 60, result) == ECM_OK);
    ecm_test_bytes("nn_s16 add", result, 120);
    layer.b_multiplier = -layer.b_multiplier;
    ECM_CHECK(ecm_nn_add_s16(&layer, image, image + 60, result) == ECM_OK);
    ecm_test_bytes("nn_s16 sub", result, 120);
    /* A product with 1 / 2^15 of a scale of 1 / 2^15 each. */
    layer.multiplier = (int32_t)1 << 30;
    layer.shift = 45;
    ECM_CHECK(ecm_nn_mul_s16(&layer, image, image + 60, result) == ECM_OK);
    for (i = 0; i < 60U; i++) {
        int32_t off =
            (int32_t)image[i] * image[60U + i % 12U] - (int32_t)result[i] * 32768;
        ECM_CHECK(off <= 16384 && off >= -16384);
    }
    ecm_test_bytes("nn_s16 mul", result, 120);
    layer.b_len = 7;
    ECM_CHECK(ecm_nn_mul_s16(&layer, image, image + 60, result) == ECM_ERR_ARG);
    layer.b_len = 12;
    layer.a_shift = 0;
    ECM_CHECK(ecm_nn_add_s16(&layer, image, image + 60, result) == ECM_ERR_ARG);
}

static void test_table(void) {
    int16_t *table = image;
    static const int16_t x[] = {-32768, -32767, -1, 0, 1, 64, 32767};
    int16_t y[7];
    uint32_t i;
    for (i = 0; i < ECM_NN_S16_TABLE_LEN; i++) { /* the identity */
        int32_t point = (int32_t)i * 128 - 32768;
        table[i] = (int16_t)(point > 32767 ? 32767 : point);
    }
    ECM_CHECK(ecm_nn_table_s16(table, x, 7, y) == ECM_OK);
    for (i = 0; i < 6U; i++) {
        ECM_CHECK(y[i] == x[i]);
    }
    ECM_CHECK(y[6] == 32766); /* the last line is a step short */
    table[0] = 32767;
    table[1] = -32768;
    ECM_CHECK(ecm_nn_table_s16(table, x, 2, y) == ECM_OK);
    ECM_CHECK(y[0] == 32767 && y[1] == 32767 - 512);
    ECM_CHECK(ecm_nn_table_s16(NULL, x, 2, y) == ECM_ERR_NULL);
}

static void test_softmax(void) {
    static uint32_t powers[512];
    static const int16_t x[] = {5, 5, 5, 5, -32768, 0, 256, 32767};
    ecm_nn_softmax_s16_t layer = {powers, powers + 256, 2, 4, 0};
    int16_t y[8];
    uint32_t i;
    for (i = 0; i < 256U; i++) { /* a half for each 256, no less between */
        powers[i] = i < 32U ? (uint32_t)0x80000000U >> i : 0U;
        powers[256U + i] = 0x80000000U;
    }
    ECM_CHECK(ecm_nn_softmax_s16(&layer, x, y) == ECM_OK);
    for (i = 0; i < 4U; i++) {
        ECM_CHECK(y[i] == 8192 && y[4U + i] == (i == 3U ? 32767 : 0));
    }
    layer.row_len = 0;
    ECM_CHECK(ecm_nn_softmax_s16(&layer, x, y) == ECM_ERR_ARG);
    layer.fine = NULL;
    ECM_CHECK(ecm_nn_softmax_s16(&layer, x, y) == ECM_ERR_NULL);
}

static void test_rescale(void) {
    static const int16_t wide[] = {-32768, -3, -2, 0, 1, 3, 32767};
    static const int8_t narrow[] = {-128, 3, 127};
    /* A half; of negative values an eighth. */
    ecm_nn_rescale_t rescale = {
        (int32_t)1 << 30, (int32_t)1 << 30, 31, 33, 0, 0, -32768, 32767, 0};
    int16_t y[7];
    int8_t small[7];
    ECM_CHECK(ecm_nn_rescale_s16(&rescale, wide, 7, y) == ECM_OK);
    ECM_CHECK(y[0] == -4096 && y[1] == 0 && y[3] == 0 && y[4] == 1 && y[5] == 2);
    ECM_CHECK(y[6] == 16384);
    rescale.output_zero = 7;
    rescale.output_min = -128;
    rescale.output_max = 127;
    ECM_CHECK(ecm_nn_rescale_s16_s8(&rescale, wide, 7, small) == ECM_OK);
    ECM_CHECK(small[0] == -128 && small[3] == 7 && small[5] == 9 && small[6] == 127);
    rescale.input_zero = 3;
    rescale.output_zero = 0;
    rescale.output_min = -32768;
    rescale.output_max = 32767;
    rescale.shift = 23; /* 128 */
    rescale.negative_shift = 23;
    ECM_CHECK(ecm_nn_rescale_s8_s16(&rescale, narrow, 3, y) == ECM_OK);
    ECM_CHECK(y[0] == -131 * 128 && y[1] == 0 && y[2] == 124 * 128);
    rescale.shift = 0;
    ECM_CHECK(ecm_nn_rescale_s16(&rescale, wide, 7, y) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_rescale_s8_s16(&rescale, narrow, 3, y) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_rescale_s16_s8(&rescale, wide, 3, NULL) == ECM_ERR_NULL);
}

void test_ecm_nn_s16(void) {
    test_shapes();
    test_mean();
    test_two();
    test_table();
    test_softmax();
    test_rescale();
}
