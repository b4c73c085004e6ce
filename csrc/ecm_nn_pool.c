/* ecm_nn_pool.c - see ecm_nn_pool.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_pool.h"

#include "ecm_nn_pool_span.h"
#include "ecm_nn_round.h"

/* Channels that share the way through a window. */
#define POOL_LANES 4U

/* Greatest of `lanes` neighbouring channels over a window. */
static void pool_most(const int8_t *x, const ecm_nn_pool_span_t *rows,
                      const ecm_nn_pool_span_t *cols, size_t row_step,
                      size_t column_step, uint32_t lanes, int32_t *most) {
    uint32_t ky, kx, i;
    for (i = 0; i < lanes; i++) {
        most[i] = ECM_NN_S8_MIN;
    }
    for (ky = 0; ky < rows->n; ky++, x += row_step) {
        const int8_t *pixel = x;
        for (kx = 0; kx < cols->n; kx++, pixel += column_step) {
            for (i = 0; i < lanes; i++) {
                most[i] = pixel[i] > most[i] ? pixel[i] : most[i];
            }
        }
    }
}

static void pool_total(const int8_t *x, const ecm_nn_pool_span_t *rows,
                       const ecm_nn_pool_span_t *cols, size_t row_step,
                       size_t column_step, uint32_t lanes, int32_t *total) {
    uint32_t ky, kx, i;
    for (i = 0; i < lanes; i++) {
        total[i] = 0;
    }
    for (ky = 0; ky < rows->n; ky++, x += row_step) {
        const int8_t *pixel = x;
        for (kx = 0; kx < cols->n; kx++, pixel += column_step) {
            for (i = 0; i < lanes; i++) {
                total[i] += pixel[i];
            }
        }
    }
    {
        int32_t n = (int32_t)(rows->n * cols->n);
        for (i = 0; i < lanes; i++) {
            total[i] = (total[i] > 0 ? total[i] + n / 2 : total[i] - n / 2) / n;
        }
    }
}

static void pool_run(const ecm_nn_pool_s8_t *layer, const int8_t *x, int8_t *y,
                     bool mean) {
    const ecm_nn_window_t *win = &layer->window;
    size_t row_len = (size_t)win->input_w * win->input_c;
    uint32_t oy, ox, c, lanes, i;
    for (oy = 0; oy < win->output_h; oy++) {
        const ecm_nn_pool_span_t rows = ecm_nn_pool_rows(win, oy);
        for (ox = 0; ox < win->output_w; ox++) {
            const ecm_nn_pool_span_t cols = ecm_nn_pool_columns(win, ox);
            const int8_t *at =
                &x[rows.first * row_len + (size_t)cols.first * win->input_c];
            for (c = 0; c < win->input_c; c += lanes) {
                int32_t value[POOL_LANES];
                lanes = win->input_c - c < POOL_LANES ? win->input_c - c : POOL_LANES;
                (mean ? pool_total
                      : pool_most)(&at[c], &rows, &cols, (size_t)rows.step * row_len,
                                   (size_t)cols.step * win->input_c, lanes, value);
                for (i = 0; i < lanes; i++) {
                    *y++ = (int8_t)ecm_nn_round_clamp(value[i], layer->output_min,
                                                      layer->output_max);
                }
            }
        }
    }
}

ecm_status_t ecm_nn_pool_max_s8(const ecm_nn_pool_s8_t *layer, const int8_t *x,
                                int8_t *y) {
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    status = ecm_nn_pool_check(&layer->window, layer->output_min, layer->output_max);
    ECM_REQUIRE(status == ECM_OK, status);
    pool_run(layer, x, y, false);
    return ECM_OK;
}

ecm_status_t ecm_nn_pool_mean_s8(const ecm_nn_pool_s8_t *layer, const int8_t *x,
                                 int8_t *y) {
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    status = ecm_nn_pool_check(&layer->window, layer->output_min, layer->output_max);
    ECM_REQUIRE(status == ECM_OK, status);
    pool_run(layer, x, y, true);
    return ECM_OK;
}

/* Sums of `lanes` neighbours over rows that are inner_len apart, from the bias on. */
static void pool_sums(const ecm_nn_mean_s8_t *layer, const int8_t *x, uint32_t lanes,
                      int32_t *sums) {
    uint32_t k, i, step = layer->inner_len;
    int32_t a = layer->bias, b = a, c = a, d = a;
    if (lanes == POOL_LANES) {
        for (k = layer->mean_len; k > 0U; k--, x += step) {
            a += x[0];
            b += x[1];
            c += x[2];
            d += x[3];
        }
        sums[0] = a;
        sums[1] = b;
        sums[2] = c;
        sums[3] = d;
        return;
    }
    for (i = 0; i < lanes; i++) {
        sums[i] = layer->bias;
        for (k = 0; k < layer->mean_len; k++) {
            sums[i] += x[(size_t)k * step + i];
        }
    }
}

ecm_status_t ecm_nn_mean_s8(const ecm_nn_mean_s8_t *layer, const int8_t *x, int8_t *y) {
    uint32_t o, i, k, lanes;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->mean_len >= 1U && layer->mean_len <= (uint32_t)1 << 23,
                ECM_ERR_ARG);
    ECM_REQUIRE(layer->shift >= 1U && layer->shift <= 62U, ECM_ERR_ARG);
    for (o = 0; o < layer->outer_len; o++) {
        for (i = 0; i < layer->inner_len; i += lanes) {
            int32_t sums[POOL_LANES];
            lanes =
                layer->inner_len - i < POOL_LANES ? layer->inner_len - i : POOL_LANES;
            pool_sums(layer, &x[i], lanes, sums);
            for (k = 0; k < lanes; k++) {
                *y++ = (int8_t)ecm_nn_round_s8(sums[k], layer->multiplier, layer->shift,
                                               layer->output_zero, layer->output_min,
                                               layer->output_max);
            }
        }
        x += (size_t)layer->mean_len * layer->inner_len;
    }
    return ECM_OK;
}
