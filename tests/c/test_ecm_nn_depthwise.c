/* test_ecm_nn_depthwise.c - many shapes: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_depthwise.h"
#include "ecm_test.h"

void test_ecm_nn_depthwise(void);

#define N_OUT 46U

static int32_t bias[N_OUT], multiplier[N_OUT];
static uint8_t shift[N_OUT];
static uint32_t seed;

static uint32_t next(void) {
    seed = seed * 1664525U + 1013904223U;
    return seed >> 8;
}

/* Shared memory: weights, image, result. */
static int8_t *const weights = (int8_t *)ecm_test_memory;
static int8_t *const image = (int8_t *)(ecm_test_memory + 400);
static int8_t *const result = (int8_t *)(ecm_test_memory + 800);

static void random_tables(uint32_t first_shift, uint32_t shifts) {
    uint32_t i;
    for (i = 0; i < 1600U; i++) {
        weights[i] = (int8_t)((int32_t)(next() & 255U) - 128);
        image[i] = (int8_t)((int32_t)(next() & 255U) - 128);
    }
    for (i = 0; i < N_OUT; i++) {
        bias[i] = (int32_t)(next() & 0xffffU) - 0x8000;
        multiplier[i] = (int32_t)(((uint32_t)1 << 30) + (next() << 6) % 0x40000000U);
        shift[i] = (uint8_t)(first_shift + next() % shifts);
    }
    memset(result, 0, 1600);
}

static const ecm_nn_window_t shapes[] = {
    /* input, output, kernel, stride, dilation, pad */
    {1, 40, 1, 1, 10, 1, 16, 1, 4, 1, 1, 0, 6},
    {1, 30, 5, 1, 30, 1, 3, 1, 1, 1, 1, 0, 1},
    {1, 20, 4, 1, 20, 1, 3, 1, 1, 1, 3, 0, 3},
    {9, 8, 4, 5, 4, 3, 3, 2, 2, 1, 1, 1, 0},
    {5, 5, 6, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0},
    {6, 7, 2, 5, 7, 4, 2, 1, 1, 2, 1, 3, 0},
    {1, 3, 4, 1, 5, 1, 9, 1, 1, 1, 1, 0, 5},
    {5, 5, 23, 5, 5, 3, 3, 1, 1, 1, 1, 1, 1},
    {4, 5, 16, 2, 3, 3, 2, 2, 2, 2, 1, 2, 1},
};

static void test_shapes(void) {
    ecm_nn_depthwise_s8_t layer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                   weights,
                                   bias,
                                   multiplier,
                                   shift,
                                   1,
                                   -7,
                                   5,
                                   -128,
                                   127,
                                   0};
    uint32_t i;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        seed = i;
        layer.window = shapes[i];
        for (layer.multiply = 1; layer.multiply <= 2U; layer.multiply++) {
            random_tables(36, 6);
            ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_OK);
            ecm_test_bytes("nn_depthwise", result, 1600);
            random_tables(33, 21);
            ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_OK);
            ecm_test_bytes("nn_depthwise", result, 1600);
        }
        layer.multiply = 1;
        random_tables(30, 10); /* some the long way round */
        ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_OK);
        ecm_test_bytes("nn_depthwise", result, 1600);
        layer.output_min = -40;
        layer.output_max = 50;
        random_tables(36, 6);
        ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_OK);
        ecm_test_bytes("nn_depthwise clamped", result, 1600);
        layer.output_min = -128;
        layer.output_max = 127;
    }
    layer.multiply = 0;
    ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_ERR_ARG);
    layer.multiply = 1;
    layer.window.stride_h = 0;
    ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_ERR_ARG);
    layer.bias = NULL;
    ECM_CHECK(ecm_nn_depthwise_s8(&layer, image, result) == ECM_ERR_NULL);
}

void test_ecm_nn_depthwise(void) {
    test_shapes();
}
