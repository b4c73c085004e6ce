/* test_ecm_nn_rnn.c - products of every length against sums by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_rnn.h"
#include "ecm_test.h"

void test_ecm_nn_rnn(void);

enum { ROWS = 6, LONGEST = 9 };

static float weights[ROWS * LONGEST], x[LONGEST], bias[ROWS];
static int8_t weights_s8[ROWS * LONGEST], x_s8[LONGEST];
static const float scale[ROWS] = {0.5f, 0.001f, 3.0f, 1.0f, 0.25f, 7.0f};

static void test_floats(void) {
    uint32_t n, i, k;
    ecm_test_noise_f32(1, weights, ROWS * LONGEST);
    ecm_test_noise_f32(2, x, LONGEST);
    ecm_test_noise_f32(3, bias, ROWS);
    for (n = 0; n <= LONGEST; n++) {
        ecm_nn_rnn_f32_t rows = {weights, bias, 0, ROWS};
        float sums[ROWS] = {0.0f, 1.0f, -2.0f, -2.0f, -2.0f, -2.0f};
        rows.inputs_len = (uint16_t)n;
        ECM_CHECK(ecm_nn_rnn_add_f32(&rows, x, sums) == ECM_OK);
        for (i = 0; i < ROWS; i++) {
            float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
            float start = i == 0U ? 0.0f : i == 1U ? 1.0f : -2.0f;
            for (k = 0; k < n; k++) {
                lane[k % 4U] += weights[i * n + k] * x[k];
            }
            start += ((lane[0] + lane[1]) + (lane[2] + lane[3])) + bias[i];
            ECM_CHECK(sums[i] == start);
        }
        ecm_test_array_f32("nn_rnn f32", sums, ROWS);
    }
}

static void test_integers(void) {
    uint32_t n, i, k;
    for (i = 0; i < ROWS * LONGEST; i++) {
        weights_s8[i] = (int8_t)((int32_t)(i * 37U % 255U) - 127);
    }
    for (i = 0; i < LONGEST; i++) {
        x_s8[i] = (int8_t)((int32_t)(i * 91U % 256U) - 128);
    }
    for (n = 0; n <= LONGEST; n++) {
        ecm_nn_rnn_s8_t rows = {weights_s8, scale, bias, 0, ROWS};
        float sums[ROWS] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
        rows.inputs_len = (uint16_t)n;
        ECM_CHECK(ecm_nn_rnn_add_s8(&rows, x_s8, sums) == ECM_OK);
        for (i = 0; i < ROWS; i++) {
            int32_t sum = 0;
            for (k = 0; k < n; k++) {
                sum += (int32_t)weights_s8[i * n + k] * x_s8[k];
            }
            ECM_CHECK(sums[i] == 0.0f + ((float)sum * scale[i] + bias[i]));
        }
        ecm_test_array_f32("nn_rnn s8", sums, ROWS);
    }
}

static void test_refusals(void) {
    ecm_nn_rnn_f32_t rows = {weights, bias, 1, 1};
    ecm_nn_rnn_s8_t rows_s8 = {weights_s8, scale, bias, 1, 1};
    float sums[1] = {7.0f};
    ECM_CHECK(ecm_nn_rnn_add_f32(NULL, x, sums) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_rnn_add_f32(&rows, NULL, sums) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_rnn_add_f32(&rows, x, NULL) == ECM_ERR_NULL);
    rows.bias = NULL;
    ECM_CHECK(ecm_nn_rnn_add_f32(&rows, x, sums) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_rnn_add_s8(NULL, x_s8, sums) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_rnn_add_s8(&rows_s8, NULL, sums) == ECM_ERR_NULL);
    ECM_CHECK(ecm_nn_rnn_add_s8(&rows_s8, x_s8, NULL) == ECM_ERR_NULL);
    rows_s8.scale = NULL;
    ECM_CHECK(ecm_nn_rnn_add_s8(&rows_s8, x_s8, sums) == ECM_ERR_NULL);
    ECM_CHECK(sums[0] == 7.0f);
}

void test_ecm_nn_rnn(void) {
    test_floats();
    test_integers();
    test_refusals();
}
