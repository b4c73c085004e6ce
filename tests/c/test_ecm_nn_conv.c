/* test_ecm_nn_conv.c - convolutions of many shapes: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_conv.h"
#include "ecm_test.h"

void test_ecm_nn_conv(void);

#define WORK_LEN ECM_NN_CONV_WORK_LEN(96U)

static int32_t bias[12], multiplier[12];
static uint8_t shift[12];
static uint32_t seed;

static uint32_t next(void) {
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

/* Shared memory: weights, image, work, result. */
static int8_t *const weights = (int8_t *)ecm_test_memory;
static int8_t *const image = (int8_t *)(ecm_test_memory + 400);
static int32_t *const work = (int32_t *)(void *)(ecm_test_memory + 800);
static int8_t *const result = (int8_t *)(ecm_test_memory + 800 + WORK_LEN);

static void random_tables(void) {
    uint32_t i;
    for (i = 0; i < 1600U; i++) {
        weights[i] = (int8_t)((int32_t)(next() & 255U) - 128);
        image[i] = (int8_t)((int32_t)(next() & 255U) - 128);
    }
    for (i = 0; i < 12U; i++) {
        bias[i] = (int32_t)(next() & 0xffffU) - 0x8000;
        multiplier[i] = (int32_t)(((uint32_t)1 << 30) + (next() << 6) % 0x40000000U);
        shift[i] = (uint8_t)(36U + next() % 6U);
    }
    memset(result, 0, 1600);
}

static const ecm_nn_window_t shapes[] = {
    /* input, output, kernel, stride, dilation, pad */
    {1, 40, 1, 1, 10, 1, 16, 1, 4, 1, 1, 0, 6},
    {1, 30, 5, 1, 30, 1, 3, 1, 1, 1, 1, 0, 1},
    {1, 20, 4, 1, 20, 1, 3, 1, 1, 1, 3, 0, 3},
    {9, 8, 4, 5, 4, 3, 3, 2, 2, 1, 1, 1, 0},
    {5, 5, 16, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0},
    {6, 7, 2, 5, 7, 4, 2, 1, 1, 2, 1, 3, 0},
    {1, 3, 4, 1, 5, 1, 9, 1, 1, 1, 1, 0, 5},
};

static void test_conv(void) {
    ecm_nn_conv_s8_t layer = {
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        {weights, NULL, bias, multiplier, shift, 0, 0, 5, -128, 127, 0},
        1,
        1,
        -7,
        0};
    uint32_t i;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const ecm_nn_window_t *win = &shapes[i];
        seed = i;
        layer.window = *win;
        layer.filters.inputs_len =
            (uint16_t)((uint32_t)win->kernel_h * win->kernel_w * win->input_c);
        layer.filters.outputs_len = 7;
        layer.groups = 1;
        layer.pool = 1;
        random_tables();
        ECM_CHECK(ecm_nn_conv_s8(&layer, image, work, result) == ECM_OK);
        ecm_test_bytes("nn_conv", result, 1600);
        layer.pool = 2;
        layer.window.output_w /= 2U;
        memset(result, 0, 1600);
        ECM_CHECK(ecm_nn_conv_s8(&layer, image, work, result) == ECM_OK);
        ecm_test_bytes("nn_conv pool", result, 1600);
        if (win->input_c % 4U == 0U) {
            layer.window = *win;
            layer.pool = 1;
            layer.groups = 4;
            layer.filters.inputs_len = (uint16_t)(layer.filters.inputs_len / 4U);
            layer.filters.outputs_len = 3;
            memset(result, 0, 1600);
            ECM_CHECK(ecm_nn_conv_s8(&layer, image, work, result) == ECM_OK);
            ecm_test_bytes("nn_conv groups", result, 1600);
        }
    }
    layer.filters.inputs_len++;
    ECM_CHECK(ecm_nn_conv_s8(&layer, image, work, result) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_conv_s8(NULL, image, work, result) == ECM_ERR_NULL);
    layer.groups = 0;
    ECM_CHECK(ecm_nn_conv_s8(&layer, image, work, result) == ECM_ERR_ARG);
}

void test_ecm_nn_conv(void) {
    ECM_CHECK(ecm_nn_conv_work_len(95) == ECM_NN_CONV_WORK_LEN(95U));
    test_conv();
}
