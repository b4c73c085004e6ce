/* fuzz_ecm_nn_rnn.c - rows of any weights and length.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_nn_rnn.h"

void fuzz_ecm_nn_rnn(void);

void fuzz_ecm_nn_rnn(void) {
    uint32_t n = ecm_fuzz_len(40), count = ecm_fuzz_len(12);
    float *sums = ecm_fuzz_array_f32(count);
    ecm_fuzz_watch(sums, count * sizeof *sums);
    if (ecm_fuzz_once_in(2)) {
        ecm_nn_rnn_f32_t rows;
        rows.weights = ecm_fuzz_or_null(ecm_fuzz_array_f32(n * count));
        rows.bias = ecm_fuzz_array_f32(count);
        rows.inputs_len = (uint16_t)n;
        rows.rows_len = (uint16_t)count;
        ecm_fuzz_judge(ecm_nn_rnn_add_f32(&rows, ecm_fuzz_array_f32(n), sums));
    } else {
        ecm_nn_rnn_s8_t rows;
        rows.weights = ecm_fuzz_bytes((size_t)n * count);
        rows.scale = ecm_fuzz_or_null(ecm_fuzz_array_f32(count));
        rows.bias = ecm_fuzz_array_f32(count);
        rows.inputs_len = (uint16_t)n;
        rows.rows_len = (uint16_t)count;
        ecm_fuzz_judge(ecm_nn_rnn_add_s8(&rows, ecm_fuzz_bytes(n), sums));
    }
}
