/* ecm_nn_s16.c - see ecm_nn_s16.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_s16.h"

#include "ecm_nn_dense_s16.h"
#include "ecm_nn_pool_span.h"
#include "ecm_nn_round.h"

#define S16_LEFT ((int32_t)1 << 15)
#define S16_SHIFT_MAX 62U
#define S16_ROW_MAX 1000U
#define S16_MEAN_MAX 65535U
#define S16_MAX 32767

static bool s16_is_shift(uint32_t shift) {
    return shift >= 1U && shift <= S16_SHIFT_MAX;
}

/* A row of output pixels for the filters of a group. */
static void s16_line(const ecm_nn_conv_s8_t *layer, const ecm_nn_dense_s8_t *filters,
                     const int16_t *x, uint32_t oy, int16_t *work, int16_t *y) {
    const ecm_nn_window_t *win = &layer->window;
    uint32_t first = 0, n = 0, ox, pixel = 2U * (uint32_t)win->input_c;
    size_t step = (size_t)layer->groups * filters->outputs_len;
    if (layer->groups == 1U) {
        n = ecm_nn_window_inside(win, oy, 1, &first);
    }
    for (ox = 0; ox < win->output_w; ox++, y += step) {
        const int16_t *window = work;
        if (ox - first < n) {
            size_t row = (size_t)(oy * win->stride_h - win->pad_h) * win->input_w;
            window = &x[(row + (ox * win->stride_w - win->pad_w)) * win->input_c];
        } else {
            (void)ecm_nn_window_gather(win, x, pixel, pixel / layer->groups, oy, ox, 0,
                                       work);
        }
        (void)ecm_nn_dense_s16(filters, window, y);
    }
}

ecm_status_t ecm_nn_conv_s16(const ecm_nn_conv_s8_t *layer, const int16_t *x,
                             int16_t *work, int16_t *y) {
    const ecm_nn_window_t *win;
    ecm_nn_dense_s8_t filters;
    uint32_t g, oy, channels;
    size_t line;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && work != NULL && y != NULL, ECM_ERR_NULL);
    filters = layer->filters;
    ECM_REQUIRE(filters.weights != NULL && filters.bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(filters.multiplier != NULL && filters.shift != NULL, ECM_ERR_NULL);
    win = &layer->window;
    status = ecm_nn_window_check(win);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(layer->groups >= 1U && win->input_c % layer->groups == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(layer->groups == 1U || filters.blocks == NULL, ECM_ERR_ARG);
    ECM_REQUIRE(layer->pool == 1U, ECM_ERR_ARG);
    channels = (uint32_t)win->input_c / layer->groups;
    ECM_REQUIRE((uint64_t)win->kernel_h * win->kernel_w * channels ==
                    filters.inputs_len,
                ECM_ERR_ARG);
    line = (size_t)win->output_w * layer->groups * filters.outputs_len;
    for (g = 0; g < layer->groups; g++) {
        for (oy = 0; oy < win->output_h; oy++) {
            s16_line(layer, &filters, &x[g * channels], oy, work,
                     &y[oy * line + (size_t)g * filters.outputs_len]);
        }
        filters.weights +=
            (size_t)((filters.inputs_len + 3U) / 4U * 4U) * filters.outputs_len;
        filters.bias += filters.outputs_len;
        filters.multiplier += filters.outputs_len;
        filters.shift += filters.outputs_len;
    }
    return ECM_OK;
}

/* What a window of taps meets of an image. */
typedef struct {
    ecm_nn_pool_span_t rows;
    ecm_nn_pool_span_t columns;
    const int16_t *x; /* the first tap on the image */
    size_t row_step;
    size_t column_step;
} s16_view_t;

static s16_view_t s16_view(const ecm_nn_window_t *win, const int16_t *x, uint32_t oy,
                           uint32_t ox) {
    s16_view_t view;
    view.rows = ecm_nn_pool_rows(win, oy);
    view.columns = ecm_nn_pool_columns(win, ox);
    view.x = x + ((size_t)view.rows.first * win->input_w + view.columns.first) *
                     win->input_c;
    view.row_step = (size_t)view.rows.step * win->input_w * win->input_c;
    view.column_step = (size_t)view.columns.step * win->input_c;
    return view;
}

/* Taps of an axis before the image. */
static uint32_t s16_before(uint32_t output, uint32_t stride, uint32_t pad,
                           uint32_t dilation) {
    uint32_t first = output * stride;
    return first < pad ? (pad - first + dilation - 1U) / dilation : 0U;
}

ecm_status_t ecm_nn_depthwise_s16(const ecm_nn_depthwise_s8_t *layer, const int16_t *x,
                                  int16_t *y) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox, c, ky, kx, outputs;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    win = &layer->window;
    status = ecm_nn_window_check(win);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(layer->multiply >= 1U, ECM_ERR_ARG);
    outputs = (uint32_t)win->input_c * layer->multiply;
    for (oy = 0; oy < win->output_h; oy++) {
        uint32_t above = s16_before(oy, win->stride_h, win->pad_h, win->dilation_h);
        for (ox = 0; ox < win->output_w; ox++) {
            uint32_t left = s16_before(ox, win->stride_w, win->pad_w, win->dilation_w);
            const s16_view_t view = s16_view(win, x, oy, ox);
            size_t first =
                ((size_t)above * win->kernel_w + (size_t)left) * (size_t)outputs;
            for (c = 0; c < outputs; c++) {
                int64_t acc = layer->bias[c];
                const int16_t *row = view.x + c / layer->multiply;
                for (ky = 0; ky < view.rows.n; ky++, row += view.row_step) {
                    const int8_t *w = layer->weights + first + c +
                                      (size_t)ky * win->kernel_w * outputs;
                    const int16_t *tap = row;
                    for (kx = 0; kx < view.columns.n; kx++, w += outputs) {
                        acc += (int32_t)*w * *tap;
                        tap += view.column_step;
                    }
                }
                *y++ = (int16_t)ecm_nn_round_s16(acc, layer->multiplier[c],
                                                 layer->shift[c], layer->output_min,
                                                 layer->output_max);
            }
        }
    }
    return ECM_OK;
}

/* Greatest value or rounded mean of a channel. */
static int32_t s16_pooled(const s16_view_t *view, uint32_t channel, bool mean) {
    const int16_t *row = view->x + channel;
    int32_t most = -S16_MAX - 1, total = 0;
    int32_t n = (int32_t)(view->rows.n * view->columns.n);
    uint32_t ky, kx;
    for (ky = 0; ky < view->rows.n; ky++, row += view->row_step) {
        const int16_t *tap = row;
        for (kx = 0; kx < view->columns.n; kx++, tap += view->column_step) {
            most = *tap > most ? *tap : most;
            total += *tap;
        }
    }
    if (!mean) {
        return most;
    }
    return (total > 0 ? total + n / 2 : total - n / 2) / n;
}

static ecm_status_t s16_pool(const ecm_nn_pool_s8_t *layer, const int16_t *x,
                             int16_t *y, bool mean) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox, c;
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    win = &layer->window;
    status = ecm_nn_pool_check(win, layer->output_min, layer->output_max);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE((uint32_t)win->kernel_h * win->kernel_w <= S16_MEAN_MAX, ECM_ERR_ARG);
    for (oy = 0; oy < win->output_h; oy++) {
        for (ox = 0; ox < win->output_w; ox++) {
            const s16_view_t view = s16_view(win, x, oy, ox);
            for (c = 0; c < win->input_c; c++) {
                *y++ = (int16_t)ecm_nn_round_clamp(
                    s16_pooled(&view, c, mean), layer->output_min, layer->output_max);
            }
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_pool_max_s16(const ecm_nn_pool_s8_t *layer, const int16_t *x,
                                 int16_t *y) {
    return s16_pool(layer, x, y, false);
}

ecm_status_t ecm_nn_pool_mean_s16(const ecm_nn_pool_s8_t *layer, const int16_t *x,
                                  int16_t *y) {
    return s16_pool(layer, x, y, true);
}

ecm_status_t ecm_nn_mean_s16(const ecm_nn_mean_s8_t *layer, const int16_t *x,
                             int16_t *y) {
    uint32_t o, i, k;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->mean_len >= 1U && layer->mean_len <= S16_MEAN_MAX, ECM_ERR_ARG);
    ECM_REQUIRE(s16_is_shift(layer->shift), ECM_ERR_ARG);
    for (o = 0; o < layer->outer_len; o++) {
        for (i = 0; i < layer->inner_len; i++) {
            int32_t sum = 0;
            for (k = 0; k < layer->mean_len; k++) {
                sum += x[(size_t)k * layer->inner_len + i];
            }
            *y++ = (int16_t)ecm_nn_round_wide(sum, layer->multiplier, layer->shift, 0,
                                              layer->output_min, layer->output_max);
        }
        x += (size_t)layer->mean_len * layer->inner_len;
    }
    return ECM_OK;
}

static ecm_status_t s16_check(const ecm_nn_add_s8_t *layer, const int16_t *a,
                              const int16_t *b, const int16_t *y) {
    ECM_REQUIRE(layer != NULL && a != NULL && b != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->b_len >= 1U && layer->a_len % layer->b_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(s16_is_shift(layer->shift), ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_nn_add_s16(const ecm_nn_add_s8_t *layer, const int16_t *a,
                            const int16_t *b, int16_t *y) {
    uint32_t i, k;
    int32_t b_multiplier;
    bool negative;
    ecm_status_t status = s16_check(layer, a, b, y);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(s16_is_shift(layer->a_shift) && s16_is_shift(layer->b_shift),
                ECM_ERR_ARG);
    negative = layer->b_multiplier < 0;
    b_multiplier = negative ? -layer->b_multiplier : layer->b_multiplier;
    for (i = 0; i < layer->a_len; i += layer->b_len) {
        for (k = 0; k < layer->b_len; k++) {
            int32_t first = ecm_nn_round_twice(*a++ * S16_LEFT, layer->a_multiplier,
                                               layer->a_shift);
            /* The second is rounded before it is taken away. */
            int32_t second =
                ecm_nn_round_twice(b[k] * S16_LEFT, b_multiplier, layer->b_shift);
            int32_t sum = ecm_nn_round_twice(negative ? first - second : first + second,
                                             layer->multiplier, layer->shift);
            *y++ =
                (int16_t)ecm_nn_round_clamp(sum, layer->output_min, layer->output_max);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_mul_s16(const ecm_nn_add_s8_t *layer, const int16_t *a,
                            const int16_t *b, int16_t *y) {
    uint32_t i, k;
    ecm_status_t status = s16_check(layer, a, b, y);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < layer->a_len; i += layer->b_len) {
        for (k = 0; k < layer->b_len; k++) {
            int32_t product = ecm_nn_round_twice((int32_t)*a++ * b[k],
                                                 layer->multiplier, layer->shift);
            *y++ = (int16_t)ecm_nn_round_clamp(product, layer->output_min,
                                               layer->output_max);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_table_s16(const int16_t *table, const int16_t *x, uint32_t x_len,
                              int16_t *y) {
    uint32_t i;
    ECM_REQUIRE(table != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    for (i = 0; i < x_len; i++) {
        uint32_t at = (uint32_t)((int32_t)x[i] + S16_MAX + 1);
        const int16_t *point = &table[at >> 7];
        int32_t slope = (int32_t)point[1] - point[0];
        int32_t rise = slope * (int32_t)(at & 127U) + 64;
        y[i] = (int16_t)(point[0] + ecm_nn_round_shift(rise, 7));
    }
    return ECM_OK;
}

/* e^(-scale beta d) in Q30. */
static uint32_t s16_power(const ecm_nn_softmax_s16_t *layer, uint32_t d) {
    return (uint32_t)(((uint64_t)layer->coarse[d >> 8] * layer->fine[d & 255U]) >> 32);
}

ecm_status_t ecm_nn_softmax_s16(const ecm_nn_softmax_s16_t *layer, const int16_t *x,
                                int16_t *y) {
    uint32_t r, i;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->coarse != NULL && layer->fine != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->row_len >= 1U && layer->row_len <= S16_ROW_MAX, ECM_ERR_ARG);
    for (r = 0; r < layer->rows_len; r++) {
        int32_t most = x[0];
        uint64_t sum = 0;
        for (i = 1; i < layer->row_len; i++) {
            most = x[i] > most ? x[i] : most;
        }
        for (i = 0; i < layer->row_len; i++) {
            sum += s16_power(layer, (uint32_t)(most - x[i]));
        }
        for (i = 0; i < layer->row_len; i++) {
            uint64_t part = (uint64_t)s16_power(layer, (uint32_t)(most - x[i])) << 15;
            uint32_t q = (uint32_t)((part + sum / 2U) / sum);
            y[i] = (int16_t)(q > (uint32_t)S16_MAX ? (uint32_t)S16_MAX : q);
        }
        x += layer->row_len;
        y += layer->row_len;
    }
    return ECM_OK;
}

static ecm_status_t s16_rescale_check(const ecm_nn_rescale_t *rescale, const void *x,
                                      const void *y) {
    ECM_REQUIRE(rescale != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(s16_is_shift(rescale->shift) && s16_is_shift(rescale->negative_shift),
                ECM_ERR_ARG);
    return ECM_OK;
}

static int32_t s16_rescaled(const ecm_nn_rescale_t *rescale, int32_t x) {
    int32_t min = rescale->output_min, max = rescale->output_max, y;
    x -= rescale->input_zero;
    y = x < 0 ? ecm_nn_round_twice(x, rescale->negative_multiplier,
                                   rescale->negative_shift)
              : ecm_nn_round_twice(x, rescale->multiplier, rescale->shift);
    /* Before adding: a saturated result has no room for the zero point. */
    y = ecm_nn_round_clamp(y, min - rescale->output_zero, max - rescale->output_zero);
    return y + rescale->output_zero;
}

ecm_status_t ecm_nn_rescale_s16(const ecm_nn_rescale_t *rescale, const int16_t *x,
                                uint32_t x_len, int16_t *y) {
    uint32_t i;
    ecm_status_t status = s16_rescale_check(rescale, x, y);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < x_len; i++) {
        y[i] = (int16_t)s16_rescaled(rescale, x[i]);
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_rescale_s8_s16(const ecm_nn_rescale_t *rescale, const int8_t *x,
                                   uint32_t x_len, int16_t *y) {
    uint32_t i;
    ecm_status_t status = s16_rescale_check(rescale, x, y);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < x_len; i++) {
        y[i] = (int16_t)s16_rescaled(rescale, x[i]);
    }
    return ECM_OK;
}

ecm_status_t ecm_nn_rescale_s16_s8(const ecm_nn_rescale_t *rescale, const int16_t *x,
                                   uint32_t x_len, int8_t *y) {
    uint32_t i;
    ecm_status_t status = s16_rescale_check(rescale, x, y);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < x_len; i++) {
        y[i] = (int8_t)s16_rescaled(rescale, x[i]);
    }
    return ECM_OK;
}
