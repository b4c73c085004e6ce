/* test_ecm_nn_dot.c - the same bits everywhere, odd values among them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dot.h"
#include "ecm_test.h"

void test_ecm_nn_dot(void);

void test_ecm_nn_dot(void) {
    static const float scales[] = {1.0f, 0x1p-70f, 0x1p64f};
    float *w = ecm_test_memory, *x = ecm_test_memory + 128, sums[4] = {7.0f};
    uint32_t n, i, k;
    for (k = 0; k < 3U; k++) { /* subnormal products, and those that overflow */
        ecm_test_noise_f32(k, ecm_test_memory, 256);
        for (i = 0; i < 256U; i++) {
            ecm_test_memory[i] *= scales[k];
        }
        for (n = 0; n <= 40U; n++) {
            ECM_CHECK(ecm_nn_dot_four_f32(w, w + 41, x + n % 3U, x + 41, n, sums) ==
                      ECM_OK);
            ecm_test_array_f32("nn_dot", sums, 4);
        }
    }
    ECM_CHECK(ecm_nn_dot_four_f32(w, w, x, x, 0, sums) == ECM_OK && sums[3] == 0.0f);
    sums[0] = 7.0f;
    ECM_CHECK(ecm_nn_dot_four_f32(w, NULL, x, x, 4, sums) == ECM_ERR_NULL);
    ECM_CHECK(sums[0] == 7.0f);
}
