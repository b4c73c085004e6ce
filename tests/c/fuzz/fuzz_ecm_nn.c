/* fuzz_ecm_nn.c - what layers share, on any values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_nn.h"

void fuzz_ecm_nn(void);

void fuzz_ecm_nn(void) {
    uint32_t n = ecm_fuzz_len(300);
    float error = 0.0f;
    ecm_fuzz_watch(&error, sizeof error);
    ecm_fuzz_judge(ecm_nn_mse_f32(ecm_fuzz_or_null(ecm_fuzz_array_f32(n)),
                                  ecm_fuzz_array_f32(n), n, ecm_fuzz_or_null(&error)));
    ecm_fuzz_judge(
        ecm_nn_window_check(ecm_fuzz_or_null(ecm_fuzz_bytes(sizeof(ecm_nn_window_t)))));
}
