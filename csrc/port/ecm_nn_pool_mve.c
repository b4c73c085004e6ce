/* ecm_nn_pool_mve.c - see ecm_nn_pool.h: cores with Helium.
 *
 * Channels lie side by side: sixteen at a time for the greatest, four words of four for
 * sums, and what is left under a predicate.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_pool.h"

#include <arm_mve.h>

#include "ecm_nn_pool_span.h"
#include "ecm_nn_round.h"

#define POOL_LANES 16U
#define POOL_WORD 4U

/* The part of an image that a result is made of. */
typedef struct {
    const int8_t *x;
    uint32_t rows;
    uint32_t columns;
    size_t row_step;
    size_t column_step;
} pool_part_t;

/* Greatest of up to sixteen channels. */
static inline int8x16_t pool_most(const pool_part_t *part, uint32_t c, mve_pred16_t p) {
    int8x16_t most = vdupq_n_s8(ECM_NN_S8_MIN);
    const int8_t *row = &part->x[c];
    uint32_t ky, kx;
    for (ky = part->rows; ky > 0U; ky--, row += part->row_step) {
        const int8_t *pixel = row;
        for (kx = part->columns; kx > 0U; kx--, pixel += part->column_step) {
            most = vmaxq_s8(most, vldrbq_z_s8(pixel, p));
        }
    }
    return most;
}

/* Sums of four channels, or of the fewer that are left. */
static inline int32x4_t pool_four(const pool_part_t *part, uint32_t c, int32_t from,
                                  mve_pred16_t p) {
    int32x4_t sum = vdupq_n_s32(from);
    const int8_t *row = &part->x[c];
    uint32_t ky, kx;
    for (ky = part->rows; ky > 0U; ky--, row += part->row_step) {
        const int8_t *pixel = row;
        for (kx = part->columns; kx > 0U; kx--, pixel += part->column_step) {
            sum = vaddq_s32(sum, vldrbq_z_s32(pixel, p));
        }
    }
    return sum;
}

/* Sums of sixteen channels. */
static inline void pool_sixteen(const pool_part_t *part, uint32_t c, int32_t from,
                                int32x4_t *sums) {
    int32x4_t s0 = vdupq_n_s32(from), s1 = s0, s2 = s0, s3 = s0;
    const int8_t *row = &part->x[c];
    uint32_t ky, kx;
    for (ky = part->rows; ky > 0U; ky--, row += part->row_step) {
        const int8_t *pixel = row;
        for (kx = part->columns; kx > 0U; kx--, pixel += part->column_step) {
            s0 = vaddq_s32(s0, vldrbq_s32(pixel));
            s1 = vaddq_s32(s1, vldrbq_s32(pixel + 4));
            s2 = vaddq_s32(s2, vldrbq_s32(pixel + 8));
            s3 = vaddq_s32(s3, vldrbq_s32(pixel + 12));
        }
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

static pool_part_t pool_part(const ecm_nn_window_t *win, const int8_t *x, uint32_t oy,
                             uint32_t ox) {
    const size_t row_len = (size_t)win->input_w * win->input_c;
    const ecm_nn_pool_span_t rows = ecm_nn_pool_rows(win, oy),
                             cols = ecm_nn_pool_columns(win, ox);
    pool_part_t part;
    part.x = &x[rows.first * row_len + (size_t)cols.first * win->input_c];
    part.rows = rows.n;
    part.columns = cols.n;
    part.row_step = (size_t)rows.step * row_len;
    part.column_step = (size_t)cols.step * win->input_c;
    return part;
}

ecm_status_t ecm_nn_pool_max_s8(const ecm_nn_pool_s8_t *layer, const int8_t *x,
                                int8_t *y) {
    const ecm_nn_window_t *win;
    int8x16_t min, max;
    uint32_t oy, ox, c;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    status = ecm_nn_pool_check(&layer->window, layer->output_min, layer->output_max);
    ECM_REQUIRE(status == ECM_OK, status);
    win = &layer->window;
    min = vdupq_n_s8(
        (int8_t)ecm_nn_round_clamp(layer->output_min, ECM_NN_S8_MIN, ECM_NN_S8_MAX));
    max = vdupq_n_s8(
        (int8_t)ecm_nn_round_clamp(layer->output_max, ECM_NN_S8_MIN, ECM_NN_S8_MAX));
    for (oy = 0; oy < win->output_h; oy++) {
        for (ox = 0; ox < win->output_w; ox++) {
            const pool_part_t part = pool_part(win, x, oy, ox);
            for (c = 0; c < win->input_c; c += POOL_LANES) {
                mve_pred16_t p = vctp8q(win->input_c - c);
                int8x16_t most = vmaxq_s8(pool_most(&part, c, p), min);
                vstrbq_p_s8(&y[c], vminq_s8(most, max), p);
            }
            y += win->input_c;
        }
    }
    return ECM_OK;
}

/* Quotients, rounded half away from zero. There is no division of vectors. */
static void pool_divide(const ecm_nn_pool_s8_t *layer, int32x4_t sums, int32_t n,
                        uint32_t lanes, int8_t *y) {
    int32_t total[POOL_WORD];
    uint32_t i;
    vst1q_s32(total, sums);
    for (i = 0; i < lanes; i++) {
        int32_t mean = (total[i] > 0 ? total[i] + n / 2 : total[i] - n / 2) / n;
        y[i] = (int8_t)ecm_nn_round_clamp(mean, layer->output_min, layer->output_max);
    }
}

ecm_status_t ecm_nn_pool_mean_s8(const ecm_nn_pool_s8_t *layer, const int8_t *x,
                                 int8_t *y) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox, c, i, lanes;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    status = ecm_nn_pool_check(&layer->window, layer->output_min, layer->output_max);
    ECM_REQUIRE(status == ECM_OK, status);
    win = &layer->window;
    for (oy = 0; oy < win->output_h; oy++) {
        for (ox = 0; ox < win->output_w; ox++) {
            const pool_part_t part = pool_part(win, x, oy, ox);
            const int32_t n = (int32_t)(part.rows * part.columns);
            for (c = 0; c + POOL_LANES <= win->input_c; c += POOL_LANES) {
                int32x4_t sums[4];
                pool_sixteen(&part, c, 0, sums);
                for (i = 0; i < 4U; i++) {
                    pool_divide(layer, sums[i], n, POOL_WORD, &y[c + 4U * i]);
                }
            }
            for (; c < win->input_c; c += lanes) {
                lanes = win->input_c - c;
                lanes = lanes < POOL_WORD ? lanes : POOL_WORD;
                pool_divide(layer, pool_four(&part, c, 0, vctp32q(lanes)), n, lanes,
                            &y[c]);
            }
            y += win->input_c;
        }
    }
    return ECM_OK;
}

/* Up to four outputs; ecm_nn_round_s8. */
static void pool_round(const ecm_nn_mean_s8_t *layer, int32x4_t sums, uint32_t lanes,
                       int8_t *y) {
    int32_t total[POOL_WORD];
    uint32_t i;
    if (layer->shift >= ECM_NN_SHIFT_FAST_MIN) {
        sums = vmulhq_s32(sums, vdupq_n_s32(layer->multiplier));
        sums = vrshlq_s32(sums, vdupq_n_s32(32 - (int32_t)layer->shift));
        sums = vmaxq_s32(vaddq_n_s32(sums, layer->output_zero),
                         vdupq_n_s32(layer->output_min));
        sums = vminq_s32(sums, vdupq_n_s32(layer->output_max));
        vstrbq_p_s32(y, sums, vctp32q(lanes));
        return;
    }
    vst1q_s32(total, sums);
    for (i = 0; i < lanes; i++) {
        y[i] = (int8_t)ecm_nn_round_s8(total[i], layer->multiplier, layer->shift,
                                       layer->output_zero, layer->output_min,
                                       layer->output_max);
    }
}

ecm_status_t ecm_nn_mean_s8(const ecm_nn_mean_s8_t *layer, const int8_t *x, int8_t *y) {
    uint32_t o, c, i, lanes;
    pool_part_t part;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->mean_len >= 1U && layer->mean_len <= (uint32_t)1 << 23,
                ECM_ERR_ARG);
    ECM_REQUIRE(layer->shift >= 1U && layer->shift <= 62U, ECM_ERR_ARG);
    part.x = x;
    part.rows = 1;
    part.columns = layer->mean_len;
    part.row_step = 0;
    part.column_step = layer->inner_len;
    for (o = 0; o < layer->outer_len; o++) {
        for (c = 0; c + POOL_LANES <= layer->inner_len; c += POOL_LANES) {
            int32x4_t sums[4];
            pool_sixteen(&part, c, layer->bias, sums);
            for (i = 0; i < 4U; i++) {
                pool_round(layer, sums[i], POOL_WORD, &y[c + 4U * i]);
            }
        }
        for (; c < layer->inner_len; c += lanes) {
            lanes = layer->inner_len - c;
            lanes = lanes < POOL_WORD ? lanes : POOL_WORD;
            pool_round(layer, pool_four(&part, c, layer->bias, vctp32q(lanes)), lanes,
                       &y[c]);
        }
        part.x += (size_t)layer->mean_len * layer->inner_len;
        y += layer->inner_len;
    }
    return ECM_OK;
}
