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

static void test_gather(void) {
    static const uint8_t x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    /* Of 2 rows of 3 pixels of 2 bytes: 2 x 2 taps, 2 apart in a row. */
    static const ecm_nn_window_t window = {2, 3, 2, 2, 3, 2, 2, 1, 1, 1, 2, 1, 1};
    static const ecm_nn_window_t flat = {1, 6, 2, 1, 6, 1, 3, 1, 1, 1, 1, 0, 1};
    uint8_t to[8];
    uint32_t first, row, column;
    for (row = 0; row < 2U; row++) {
        for (column = 0; column < 3U; column++) {
            ECM_CHECK(ecm_nn_window_gather(&window, x, 2, 2, row, column, 99, to) ==
                      ECM_OK);
            ecm_test_bytes("nn gather", to, 8);
            ECM_CHECK(ecm_nn_window_gather(&window, x + 1, 2, 1, row, column, 99, to) ==
                      ECM_OK);
            ecm_test_bytes("nn gather", to, 4);
        }
    }
    ECM_CHECK(ecm_nn_window_inside(&window, 0, 1, &first) == 0U && first == 0U);
    ECM_CHECK(ecm_nn_window_inside(&flat, 0, 1, &first) == 4U && first == 1U);
    ECM_CHECK(ecm_nn_window_gather(&flat, NULL, 2, 2, 0, 0, 0, to) == ECM_ERR_NULL);
}

void test_ecm_nn(void) {
    test_mse();
    test_gather();
    test_window();
}
