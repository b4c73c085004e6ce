/* test_ecm_nn_float.c - float layers: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_float.h"
#include "ecm_test.h"

void test_ecm_nn_float(void);

#define WORK_LEN ECM_NN_FLOAT_WORK_LEN(48U)
#define RESULT_LEN 400U

static float *const weights = ecm_test_memory; /* and biases */
static float *const image = ecm_test_memory + 800;
static float *const work = ecm_test_memory + 1200;
static float *const result = ecm_test_memory + 1200 + WORK_LEN;

static void fresh(uint32_t seed) {
    ecm_test_noise_f32(seed, ecm_test_memory, 1200);
    memset(result, 0, RESULT_LEN * sizeof *result);
}

static const ecm_nn_window_t shapes[] = {
    /* input, output, kernel, stride, dilation, pad */
    {1, 40, 1, 1, 10, 1, 16, 1, 4, 1, 1, 0, 6},
    {1, 30, 5, 1, 30, 1, 3, 1, 1, 1, 1, 0, 1},
    {1, 20, 4, 1, 20, 1, 3, 1, 1, 1, 3, 0, 3},
    {9, 8, 4, 5, 4, 3, 3, 2, 2, 1, 1, 1, 0},
    {5, 5, 16, 5, 5, 1, 1, 1, 1, 1, 1, 0, 0},
    {1, 3, 4, 1, 5, 1, 9, 1, 1, 1, 1, 0, 5},
};

static void test_conv(void) {
    ecm_nn_float_conv_t layer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                 {weights, weights + 700, 0, 7, 0.0f, 1.5f},
                                 1,
                                 1};
    uint32_t i;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const ecm_nn_window_t *win = &shapes[i];
        layer.window = *win;
        layer.filters.inputs_len =
            (uint16_t)((uint32_t)win->kernel_h * win->kernel_w * win->input_c);
        layer.filters.outputs_len = 7;
        layer.groups = 1;
        layer.pool = 1;
        fresh(i);
        ECM_CHECK(ecm_nn_float_conv(&layer, image, work, result) == ECM_OK);
        ecm_test_array_f32("nn_float conv", result, RESULT_LEN);
        layer.pool = 2;
        layer.window.output_w /= 2U;
        fresh(i);
        ECM_CHECK(ecm_nn_float_conv(&layer, image, work, result) == ECM_OK);
        ecm_test_array_f32("nn_float pool", result, RESULT_LEN);
        if (win->input_c % 4U == 0U) {
            layer.window = *win;
            layer.pool = 1;
            layer.groups = 4;
            layer.filters.inputs_len = (uint16_t)(layer.filters.inputs_len / 4U);
            layer.filters.outputs_len = 2;
            fresh(i);
            ECM_CHECK(ecm_nn_float_conv(&layer, image, work, result) == ECM_OK);
            ecm_test_array_f32("nn_float groups", result, RESULT_LEN);
        }
    }
    layer.filters.inputs_len++;
    ECM_CHECK(ecm_nn_float_conv(&layer, image, work, result) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_float_conv(NULL, image, work, result) == ECM_ERR_NULL);
}

static void test_channels(void) {
    ecm_nn_float_depthwise_t layer = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                      weights,
                                      weights + 700,
                                      1,
                                      0,
                                      -0.5f,
                                      2.0f};
    uint32_t i;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        layer.window = shapes[i];
        fresh(i);
        ECM_CHECK(ecm_nn_float_depthwise(&layer, image, result) == ECM_OK);
        ecm_test_array_f32("nn_float depthwise", result, RESULT_LEN);
        if (i != 5U) {
            ECM_CHECK(ecm_nn_float_pool_max(&layer.window, image, result) == ECM_OK);
            ecm_test_array_f32("nn_float max", result, RESULT_LEN);
            ECM_CHECK(ecm_nn_float_pool_mean(&layer.window, image, result) == ECM_OK);
            ecm_test_array_f32("nn_float mean", result, RESULT_LEN);
        }
    }
    layer.window.pad_w = 20;
    ECM_CHECK(ecm_nn_float_pool_max(&layer.window, image, result) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_float_pool_mean(NULL, image, result) == ECM_ERR_NULL);
    layer.multiply = 0;
    ECM_CHECK(ecm_nn_float_depthwise(&layer, image, result) == ECM_ERR_ARG);
}

static void test_dense_and_functions(void) {
    ecm_nn_float_dense_t layer = {weights, weights + 700, 33, 5, -1.0f, 1.0f};
    uint32_t f;
    fresh(3);
    ECM_CHECK(ecm_nn_float_dense(&layer, image, result) == ECM_OK);
    ecm_test_array_f32("nn_float dense", result, 5);
    layer.bias = NULL;
    ECM_CHECK(ecm_nn_float_dense(&layer, image, result) == ECM_ERR_NULL);
    for (f = 0; f <= ECM_NN_FLOAT_AFFINE; f++) {
        ECM_CHECK(ecm_nn_float_map(f, 0.3f, 0.7f, image, 64, result) == ECM_OK);
        ecm_test_array_f32("nn_float map", result, 64);
    }
    ECM_CHECK(ecm_nn_float_map(f, 0.3f, 0.7f, image, 64, result) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_float_softmax(image, 33, result) == ECM_OK);
    ecm_test_array_f32("nn_float softmax", result, 33);
    ECM_CHECK(ecm_nn_float_softmax(image, 0, result) == ECM_ERR_LENGTH);
}

void test_ecm_nn_float(void) {
    ECM_CHECK(ecm_nn_float_work_len(48) == WORK_LEN);
    test_conv();
    test_channels();
    test_dense_and_functions();
}
