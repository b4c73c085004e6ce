/* test_ecm_nn.c - what layers share, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn.h"
#include "ecm_test.h"

void test_ecm_nn(void);

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

static void test_window(void) {
    ecm_nn_window_t window = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0};
    ECM_CHECK(ecm_nn_window_check(&window) == ECM_OK);
    ECM_CHECK(ecm_nn_window_check(NULL) == ECM_ERR_NULL);
    window.stride_w = 0;
    ECM_CHECK(ecm_nn_window_check(&window) == ECM_ERR_ARG);
    window.stride_w = 1;
    window.input_c = 0;
    ECM_CHECK(ecm_nn_window_check(&window) == ECM_ERR_ARG);
}

void test_ecm_nn(void) {
    test_mse();
    test_window();
}
