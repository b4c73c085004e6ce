/* fuzz_ecm_nn_dot.c - sums of products of any values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_nn_dot.h"

void fuzz_ecm_nn_dot(void);

void fuzz_ecm_nn_dot(void) {
    uint32_t n = ecm_fuzz_len(100);
    float *sums = ecm_fuzz_array_f32(4);
    ecm_fuzz_watch(sums, 4U * sizeof *sums);
    ecm_fuzz_judge(ecm_nn_dot_four_f32(
        ecm_fuzz_or_null(ecm_fuzz_array_f32(n)), ecm_fuzz_array_f32(n),
        ecm_fuzz_array_f32(n), ecm_fuzz_array_f32(n), n, ecm_fuzz_or_null(sums)));
}
