/* ecm_nn_dense_s16.c - see ecm_nn_dense_s16.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense_s16.h"

#include "ecm_nn_round.h"

#define DENSE_ROWS 4U
#define DENSE_CHUNK 16U

/* Add n <= 16 products for each row of a block, whose rows have `width` weights. */
static void dense_block(const int8_t *w, uint32_t rows, uint32_t width,
                        const int16_t *x, uint32_t n, int64_t *acc) {
    uint32_t r, i;
    for (r = 0; r < rows; r++) {
        int32_t sum = 0;
        for (i = 0; i < n; i++) {
            sum += (int32_t)w[i] * x[i];
        }
        acc[r] += sum;
        w += width;
    }
}

ecm_status_t ecm_nn_dense_s16(const ecm_nn_dense_s8_t *layer, const int16_t *x,
                              int16_t *y) {
    const int8_t *w;
    const uint16_t *blocks;
    uint32_t o, i, n, rows;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    w = layer->weights;
    blocks = layer->blocks;
    for (o = 0; o < layer->outputs_len; o += rows) {
        int64_t acc[DENSE_ROWS];
        rows = layer->outputs_len - o < DENSE_ROWS ? 1U : DENSE_ROWS;
        for (i = 0; i < rows; i++) {
            acc[i] = layer->bias[o + i];
        }
        if (blocks != NULL) {
            for (n = *blocks++; n > 0U; n--, w += rows * DENSE_CHUNK) {
                dense_block(w, rows, DENSE_CHUNK, &x[*blocks++], DENSE_CHUNK, acc);
            }
        } else {
            for (i = 0; i < layer->inputs_len; i += DENSE_CHUNK) {
                uint32_t width;
                n = layer->inputs_len - i < DENSE_CHUNK ? layer->inputs_len - i
                                                        : DENSE_CHUNK;
                width = (n + 3U) / 4U * 4U;
                dense_block(w, rows, width, &x[i], n, acc);
                w += (size_t)(rows * width);
            }
        }
        for (i = 0; i < rows; i++) {
            y[o + i] = (int16_t)ecm_nn_round_s16(acc[i], layer->multiplier[o + i],
                                                 layer->shift[o + i], layer->output_min,
                                                 layer->output_max);
        }
    }
    return ECM_OK;
}
