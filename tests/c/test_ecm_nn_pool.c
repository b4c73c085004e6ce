/* test_ecm_nn_pool.c - pools of many shapes: the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_pool.h"
#include "ecm_test.h"

void test_ecm_nn_pool(void);

static int8_t *const image = (int8_t *)ecm_test_memory;
static int8_t *const result = (int8_t *)(ecm_test_memory + 256);

static void random_image(uint32_t seed) {
    uint32_t i;
    for (i = 0; i < 1024U; i++) {
        seed = seed * 1664525U + 1013904223U;
        image[i] = (int8_t)((int32_t)(seed >> 24) - 128);
    }
    memset(result, 0, 1024);
}

static void test_pools(void) {
    static const ecm_nn_window_t shapes[] = {
        /* input, output, kernel, stride, dilation, pad */
        {1, 30, 5, 1, 15, 1, 2, 1, 2, 1, 1, 0, 0},
        {1, 30, 4, 1, 15, 1, 3, 1, 2, 1, 1, 0, 1},
        {9, 8, 3, 5, 4, 3, 3, 2, 2, 1, 1, 1, 1},
        {5, 5, 7, 1, 1, 5, 5, 1, 1, 1, 1, 0, 0},
        {4, 5, 38, 3, 4, 2, 2, 1, 1, 1, 1, 0, 0},
        {6, 7, 2, 5, 7, 4, 3, 1, 1, 2, 3, 3, 3},
    };
    ecm_nn_pool_s8_t layer;
    uint32_t i;
    layer.output_min = -100;
    layer.output_max = 120;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        layer.window = shapes[i];
        random_image(i);
        ECM_CHECK(ecm_nn_pool_max_s8(&layer, image, result) == ECM_OK);
        ecm_test_bytes("nn_pool max", result, 1024);
        ECM_CHECK(ecm_nn_pool_mean_s8(&layer, image, result) == ECM_OK);
        ecm_test_bytes("nn_pool mean", result, 1024);
    }
    ECM_CHECK(ecm_nn_pool_max_s8(NULL, image, result) == ECM_ERR_NULL);
    layer.window.pad_h = 6; /* the first window ends above the image */
    ECM_CHECK(ecm_nn_pool_mean_s8(&layer, image, result) == ECM_OK);
    layer.window.pad_h = 7;
    ECM_CHECK(ecm_nn_pool_mean_s8(&layer, image, result) == ECM_ERR_ARG);
    layer.window.kernel_h = 0;
    ECM_CHECK(ecm_nn_pool_max_s8(&layer, image, result) == ECM_ERR_ARG);
}

static void test_mean(void) {
    ecm_nn_mean_s8_t layer = {3, 20, 7, 20 * 5, 0x5a827999, 36, -11, -128, 127};
    random_image(9);
    ECM_CHECK(ecm_nn_mean_s8(&layer, image, result) == ECM_OK);
    ecm_test_bytes("nn_pool mean of axis", result, 21);
    layer.inner_len = 21;
    layer.outer_len = 2;
    ECM_CHECK(ecm_nn_mean_s8(&layer, image, result) == ECM_OK);
    ecm_test_bytes("nn_pool mean of axis", result, 42);
    layer.shift = 30;
    layer.output_min = -90;
    layer.output_max = 77;
    ECM_CHECK(ecm_nn_mean_s8(&layer, image, result) == ECM_OK);
    ecm_test_bytes("nn_pool mean of axis", result, 42);
    layer.shift = 0;
    ECM_CHECK(ecm_nn_mean_s8(&layer, image, result) == ECM_ERR_ARG);
    layer.mean_len = 0;
    ECM_CHECK(ecm_nn_mean_s8(&layer, image, result) == ECM_ERR_ARG);
    ECM_CHECK(ecm_nn_mean_s8(&layer, NULL, result) == ECM_ERR_NULL);
}

void test_ecm_nn_pool(void) {
    test_pools();
    test_mean();
}
