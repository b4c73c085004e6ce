/* fuzz_ecm_nn_dense_s16.c - layers of any size, with and without blocks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_dense_s16.h"

void fuzz_ecm_nn_dense_s16(void);

void fuzz_ecm_nn_dense_s16(void) {
    ecm_nn_dense_s8_t layer;
    uint32_t n_out = 1U + ecm_fuzz_below(9), n_in = 1U + ecm_fuzz_below(50);
    int32_t *bias, *multiplier;
    uint8_t *shift;
    int16_t *y;
    fuzz_tables_s16(n_out, &bias, &multiplier, &shift);
    layer.weights = ecm_fuzz_bytes((size_t)((n_in + 3U) / 4U * 4U) * n_out);
    layer.blocks = NULL;
    if (ecm_fuzz_once_in(2)) {
        uint32_t groups = n_out / 4U + n_out % 4U, i;
        uint16_t *blocks = ecm_fuzz_bytes(2U * groups * sizeof *blocks);
        n_in = 16U;
        layer.weights = ecm_fuzz_bytes((size_t)n_in * n_out);
        for (i = 0; i < groups; i++) {
            blocks[2U * i] = 1;
            blocks[2U * i + 1U] = 0;
        }
        layer.blocks = blocks;
    }
    layer.bias = bias;
    layer.multiplier = ecm_fuzz_or_null(multiplier);
    layer.shift = shift;
    layer.inputs_len = (uint16_t)n_in;
    layer.outputs_len = (uint16_t)n_out;
    layer.output_zero = 0;
    layer.output_min = -32768;
    layer.output_max = 32767;
    layer.reserved = 0;
    y = ecm_fuzz_bytes(2U * n_out);
    ecm_fuzz_watch(y, 2U * n_out);
    ecm_fuzz_judge(
        ecm_nn_dense_s16(ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(2U * n_in), y));
}
