/* test_ecm_nn.c - int8 layers by hand, at their limits, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn.h"
#include "ecm_test.h"

void test_ecm_nn(void);

static void test_dense(void) {
    static const int8_t weights[] = {1, 2, 3, -1, -2, -3, 127, 127, 127};
    static const int32_t bias[] = {10, -10, 0};
    static const int32_t multiplier[] = {1 << 30, 1 << 30, 1 << 30};
    static const int8_t shift[] = {1, 1, 1}; /* times one */
    ecm_nn_dense_s8_t layer = {weights, bias, multiplier, shift, 3,
                               3,       1,    -5,         -128,  127};
    static const int8_t x[] = {2, 3, 4};
    int8_t y[3];
    ECM_CHECK(ecm_nn_dense_s8(&layer, x, y) == ECM_OK);
    ECM_CHECK(y[0] == 1 + 4 + 9 + 10 - 5);
    ECM_CHECK(y[1] == -14 - 10 - 5);
    ECM_CHECK(y[2] == 127);               /* saturates */
    layer.output_min = layer.output_zero; /* ReLU */
    ECM_CHECK(ecm_nn_dense_s8(&layer, x, y) == ECM_OK);
    ECM_CHECK(y[0] == 19 && y[1] == -5);
    ecm_test_bytes("nn dense", y, sizeof y);
    y[0] = 7;
    ECM_CHECK(ecm_nn_dense_s8(NULL, x, y) == ECM_ERR_NULL);
    layer.shift = NULL;
    ECM_CHECK(ecm_nn_dense_s8(&layer, x, y) == ECM_ERR_NULL && y[0] == 7);
}

/* The zero point was once added to the largest integer. */
static void test_saturated_result_and_zero_point(void) {
    static const int8_t weights[] = {127, -127}, shift[] = {30, 30}, x[] = {127};
    static const int32_t bias[] = {0, 0}, multiplier[] = {INT32_MAX, INT32_MAX};
    ecm_nn_dense_s8_t layer = {weights, bias, multiplier, shift, 1,
                               2,       0,    97,         -128,  127};
    int8_t y[2];
    ECM_CHECK(ecm_nn_dense_s8(&layer, x, y) == ECM_OK);
    ECM_CHECK(y[0] == 127 && y[1] == -128);
    layer.output_zero = -97;
    ECM_CHECK(ecm_nn_dense_s8(&layer, x, y) == ECM_OK);
    ECM_CHECK(y[0] == 127 && y[1] == -128);
}

static void test_mse(void) {
    float *x = ecm_test_memory, *y = ecm_test_memory + 64;
    float error = 7.0f;
    uint32_t n;
    ECM_CHECK(ecm_nn_mse_f32(x, y, 0, &error) == ECM_ERR_LENGTH && error == 7.0f);
    ECM_CHECK(ecm_nn_mse_f32(NULL, y, 1, &error) == ECM_ERR_NULL && error == 7.0f);
    ecm_test_noise_f32(1, ecm_test_memory, 128);
    for (n = 1; n <= 33U; n++) {
        ECM_CHECK(ecm_nn_mse_f32(x, y, n, &error) == ECM_OK && error >= 0.0f);
        ecm_test_f32("nn mse", error);
    }
    ECM_CHECK(ecm_nn_mse_f32(x, x, 33, &error) == ECM_OK && error == 0.0f);
}

void test_ecm_nn(void) {
    test_dense();
    test_saturated_result_and_zero_point();
    test_mse();
}
