/* ecm_nn_dense.c - see ecm_nn_dense.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense.h"

#include "ecm_nn_round.h"

#define DENSE_ROWS 4U
#define DENSE_CHUNK 16U

/* What is left of a layer's tables. */
typedef struct {
    const int8_t *weights;
    const uint16_t *blocks;
} dense_place_t;

uint32_t ecm_nn_dense_work_len(uint32_t inputs_len) {
    return ECM_NN_DENSE_WORK_LEN(inputs_len);
}

static ecm_status_t dense_check(const ecm_nn_dense_s8_t *layer) {
    ECM_REQUIRE(layer != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    return ECM_OK;
}

/* Add n products for each row of a block, whose rows have `width` weights. */
static void dense_block(const int8_t *w, uint32_t rows, uint32_t width, const int8_t *x,
                        uint32_t n, int32_t *acc) {
    uint32_t r, i;
    for (r = 0; r < rows; r++) {
        int32_t sum = acc[r];
        for (i = 0; i < n; i++) {
            sum += (int16_t)((int16_t)w[i] * (int16_t)x[i]);
        }
        acc[r] = sum;
        w += width;
    }
}

/* Accumulators of the next group of rows; on to the one after it. */
static void dense_group(const ecm_nn_dense_s8_t *layer, dense_place_t *at,
                        uint32_t output, uint32_t rows, const int8_t *x, int32_t *acc) {
    uint32_t i, n = layer->inputs_len;
    for (i = 0; i < rows; i++) {
        acc[i] = layer->bias[output + i];
    }
    if (at->blocks != NULL) {
        for (n = *at->blocks++; n > 0U; n--) {
            dense_block(at->weights, rows, DENSE_CHUNK, &x[*at->blocks++], DENSE_CHUNK,
                        acc);
            at->weights += rows * DENSE_CHUNK;
        }
    } else if (rows == 1U) {
        dense_block(at->weights, 1, n, x, n, acc);
        at->weights += (n + 3U) / 4U * 4U;
    } else {
        for (i = 0; i < n; i += DENSE_CHUNK) {
            uint32_t width = n - i < DENSE_CHUNK ? n - i : DENSE_CHUNK;
            dense_block(at->weights, rows, (width + 3U) / 4U * 4U, &x[i], width, acc);
            at->weights += (size_t)(rows * ((width + 3U) / 4U * 4U));
        }
    }
}

static int8_t dense_output(const ecm_nn_dense_s8_t *layer, uint32_t o, int32_t acc,
                           bool twice) {
    return (int8_t)(twice ? ecm_nn_round_twice_s8 : ecm_nn_round_s8)(
        acc, layer->multiplier[o], layer->shift[o], layer->output_zero,
        layer->output_min, layer->output_max);
}

/* A layer on the greater of two inputs, which may be the same. */
static void dense_run(const ecm_nn_dense_s8_t *layer, const int8_t *x0,
                      const int8_t *x1, int8_t *y, bool twice) {
    int32_t acc[DENSE_ROWS], other[DENSE_ROWS];
    uint32_t o, rows, r;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (o = 0; o < layer->outputs_len; o += rows) {
        dense_place_t again = at;
        rows = layer->outputs_len - o < DENSE_ROWS ? 1U : DENSE_ROWS;
        dense_group(layer, &at, o, rows, x0, acc);
        if (x0 != x1) {
            dense_group(layer, &again, o, rows, x1, other);
            for (r = 0; r < rows; r++) {
                acc[r] = acc[r] > other[r] ? acc[r] : other[r];
            }
        }
        for (r = 0; r < rows; r++) {
            y[o + r] = dense_output(layer, o + r, acc[r], twice);
        }
    }
}

ecm_status_t ecm_nn_dense_s8(const ecm_nn_dense_s8_t *layer, const int8_t *x,
                             int8_t *y) {
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(x != NULL && y != NULL, ECM_ERR_NULL);
    dense_run(layer, x, x, y, false);
    return ECM_OK;
}

ecm_status_t ecm_nn_dense_batch_s8(const ecm_nn_dense_s8_t *layer,
                                   const ecm_nn_dense_batch_t *batch, const int8_t *x,
                                   int32_t *work, int8_t *y) {
    uint32_t i;
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(batch != NULL && x != NULL && work != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(batch->pool == 1U || batch->pool == 2U, ECM_ERR_ARG);
    for (i = 0; i < batch->results_len; i++) {
        const int8_t *x0 = &x[(size_t)i * batch->pool * batch->x_step];
        const int8_t *x1 = &x0[(size_t)(batch->pool - 1U) * batch->x_step];
        dense_run(layer, x0, x1, &y[(size_t)i * batch->y_step], true);
    }
    return ECM_OK;
}
