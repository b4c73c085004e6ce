/* fuzz_ecm_nn_dense.c - layers of any weights, at the ends of every integer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz_nn.h"
#include "ecm_nn_dense.h"

void fuzz_ecm_nn_dense(void);

/* Weights of all blocks, or of those that are kept. */
static void fuzz_weights(ecm_nn_dense_s8_t *layer) {
    uint32_t n_in = layer->inputs_len, n_out = layer->outputs_len, groups, i, k, used;
    uint16_t *blocks;
    layer->blocks = NULL;
    if (n_in % 16U != 0U || n_in == 0U || ecm_fuzz_once_in(2)) {
        layer->weights = ecm_fuzz_bytes((size_t)((n_in + 3U) / 4U * 4U) * n_out);
        return;
    }
    groups = n_out / 4U + n_out % 4U;
    blocks = ecm_fuzz_bytes((size_t)groups * (1U + n_in / 16U) * sizeof *blocks);
    for (i = 0, k = 0, used = 0; i < groups; i++) {
        uint32_t n = ecm_fuzz_below(n_in / 16U + 1U), b;
        blocks[k++] = (uint16_t)n;
        used += n * (i < n_out / 4U ? 64U : 16U);
        for (b = 0; b < n; b++) {
            blocks[k++] = (uint16_t)(16U * b);
        }
    }
    layer->blocks = blocks;
    layer->weights = ecm_fuzz_bytes(used);
}

void fuzz_ecm_nn_dense(void) {
    ecm_nn_dense_s8_t layer;
    ecm_nn_dense_batch_t batch;
    uint32_t n_in = ecm_fuzz_len(300), n_out = ecm_fuzz_len(20), n;
    int32_t *multiplier, *bias;
    uint8_t *shift;
    int8_t *y;
    size_t work = (size_t)ecm_nn_dense_work_len(n_in) * sizeof(int32_t);
    fuzz_tables(n_out, &bias, &multiplier, &shift);
    layer.inputs_len = (uint16_t)n_in;
    layer.outputs_len = (uint16_t)n_out;
    layer.bias = bias;
    layer.multiplier = multiplier;
    layer.shift = ecm_fuzz_or_null(shift);
    layer.output_zero = fuzz_s8();
    layer.output_min = (int16_t)(-128 + (int32_t)ecm_fuzz_below(128));
    layer.output_max = (int16_t)(layer.output_min + (int32_t)ecm_fuzz_below(128));
    layer.reserved = 0;
    fuzz_weights(&layer);
    y = ecm_fuzz_bytes(n_out);
    ecm_fuzz_watch(y, n_out);
    ecm_fuzz_judge(ecm_nn_dense_s8(ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(n_in), y));
    batch.results_len = ecm_fuzz_below(6);
    batch.pool = 1U + ecm_fuzz_below(2);
    batch.x_step = ecm_fuzz_below(n_in + 5U);
    batch.y_step = n_out + ecm_fuzz_below(3);
    n = batch.results_len * batch.pool;
    y = ecm_fuzz_bytes((size_t)batch.results_len * batch.y_step);
    ecm_fuzz_judge(ecm_nn_dense_batch_s8(
        ecm_fuzz_or_null(&layer), &batch,
        ecm_fuzz_bytes(n == 0U ? n_in : (size_t)(n - 1U) * batch.x_step + n_in),
        ecm_fuzz_bytes(work), y));
}
