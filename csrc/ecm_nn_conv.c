/* ecm_nn_conv.c - see ecm_nn_conv.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_conv.h"

#include "ecm_nn_round.h"

/* Channels of a depthwise convolution that share the way through their taps. */
#define CONV_LANES 4U

uint32_t ecm_nn_conv_work_len(uint32_t inputs_len) {
    return ECM_NN_CONV_WORK_LEN(inputs_len);
}

static void conv_gather(const ecm_nn_conv_s8_t *layer, const int8_t *x, uint32_t oy,
                        uint32_t ox, int8_t *to) {
    uint32_t pixel = layer->window.input_c;
    (void)ecm_nn_window_gather(&layer->window, x, pixel, pixel / layer->groups, oy, ox,
                               layer->input_zero, to);
}

/* n output pixels from ox on, whose windows are gathered, one or two at a time. */
static void conv_edge(const ecm_nn_conv_s8_t *layer, const ecm_nn_dense_s8_t *filters,
                      const int8_t *x, uint32_t oy, uint32_t ox, uint32_t n,
                      int32_t *work, int8_t *y) {
    ecm_nn_dense_batch_t batch;
    uint32_t words = (filters->inputs_len + 3U) / 4U;
    int8_t *windows = (int8_t *)work;
    batch.x_step = 4U * words;
    batch.y_step = (uint32_t)layer->groups * filters->outputs_len;
    batch.pool = layer->pool;
    while (n > 0U) {
        uint32_t both = batch.pool == 2U || n > 1U;
        batch.results_len = both && batch.pool == 1U ? 2U : 1U;
        conv_gather(layer, x, oy, batch.pool * ox, windows);
        if (both) {
            conv_gather(layer, x, oy, batch.pool * ox + 1U, windows + batch.x_step);
        }
        (void)ecm_nn_dense_batch_s8(filters, &batch, windows, work + 2U * words, y);
        ox += batch.results_len;
        n -= batch.results_len;
        y += (size_t)batch.results_len * batch.y_step;
    }
}

/* A row of output pixels for the filters of a group. */
static void conv_line(const ecm_nn_conv_s8_t *layer, const ecm_nn_dense_s8_t *filters,
                      const int8_t *x, uint32_t oy, int32_t *work, int8_t *y) {
    const ecm_nn_window_t *win = &layer->window;
    uint32_t first = 0, n = 0;
    size_t step = (size_t)layer->groups * filters->outputs_len, row, column;
    ecm_nn_dense_batch_t batch;
    if (layer->groups == 1U) {
        n = ecm_nn_window_inside(win, oy, layer->pool, &first);
    }
    if (n == 0U) {
        conv_edge(layer, filters, x, oy, 0, win->output_w, work, y);
        return;
    }
    conv_edge(layer, filters, x, oy, 0, first, work, y);
    batch.results_len = n;
    batch.x_step = (uint32_t)win->stride_w * win->input_c;
    batch.y_step = (uint32_t)step;
    batch.pool = layer->pool;
    row = (size_t)(oy * win->stride_h - win->pad_h) * win->input_w;
    column = (size_t)(first * batch.pool * win->stride_w - win->pad_w);
    (void)ecm_nn_dense_batch_s8(filters, &batch, &x[(row + column) * win->input_c],
                                work, &y[first * step]);
    conv_edge(layer, filters, x, oy, first + n, win->output_w - first - n, work,
              &y[(first + n) * step]);
}

/* Bytes of the weights of a group, all blocks kept. */
static size_t conv_weights(const ecm_nn_dense_s8_t *filters) {
    return (size_t)((filters->inputs_len + 3U) / 4U * 4U) * filters->outputs_len;
}

ecm_status_t ecm_nn_conv_s8(const ecm_nn_conv_s8_t *layer, const int8_t *x,
                            int32_t *work, int8_t *y) {
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
    ECM_REQUIRE(layer->pool == 1U || layer->pool == 2U, ECM_ERR_ARG);
    channels = (uint32_t)win->input_c / layer->groups;
    ECM_REQUIRE((uint64_t)win->kernel_h * win->kernel_w * channels ==
                    filters.inputs_len,
                ECM_ERR_ARG);
    line = (size_t)win->output_w * layer->groups * filters.outputs_len;
    for (g = 0; g < layer->groups; g++) {
        for (oy = 0; oy < win->output_h; oy++) {
            conv_line(layer, &filters, &x[g * channels], oy, work,
                      &y[oy * line + (size_t)g * filters.outputs_len]);
        }
        filters.weights += conv_weights(&filters);
        filters.bias += filters.outputs_len;
        filters.multiplier += filters.outputs_len;
        filters.shift += filters.outputs_len;
    }
    return ECM_OK;
}

/* ---- each channel alone ---- */

/* Accumulators of output channels c ... c + lanes - 1 of a pixel. */
static void conv_taps(const ecm_nn_depthwise_s8_t *layer, const int8_t *x, int32_t iy,
                      int32_t ix, uint32_t c, uint32_t lanes, int32_t *acc) {
    const ecm_nn_window_t *win = &layer->window;
    uint32_t outputs = (uint32_t)win->input_c * layer->multiply, ky, kx, i;
    const int8_t *w = &layer->weights[c];
    for (ky = 0; ky < win->kernel_h; ky++, iy += (int32_t)win->dilation_h) {
        bool row = iy >= 0 && iy < (int32_t)win->input_h;
        int32_t at = ix;
        for (kx = 0; kx < win->kernel_w; kx++, at += (int32_t)win->dilation_w) {
            if (row && at >= 0 && at < (int32_t)win->input_w) {
                const int8_t *pixel =
                    &x[((size_t)(uint32_t)iy * win->input_w + (uint32_t)at) *
                       win->input_c];
                if (lanes == CONV_LANES && layer->multiply == 1U) {
                    acc[0] += (int16_t)((int16_t)w[0] * (int16_t)pixel[c]);
                    acc[1] += (int16_t)((int16_t)w[1] * (int16_t)pixel[c + 1U]);
                    acc[2] += (int16_t)((int16_t)w[2] * (int16_t)pixel[c + 2U]);
                    acc[3] += (int16_t)((int16_t)w[3] * (int16_t)pixel[c + 3U]);
                } else {
                    for (i = 0; i < lanes; i++) {
                        int16_t value = pixel[(c + i) / layer->multiply];
                        acc[i] += (int16_t)((int16_t)w[i] * value);
                    }
                }
            } else {
                for (i = 0; i < lanes; i++) {
                    acc[i] += (int32_t)w[i] * layer->input_zero;
                }
            }
            w += outputs;
        }
    }
}

ecm_status_t ecm_nn_depthwise_s8(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                                 int8_t *y) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox, c, i, outputs, lanes;
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
        int32_t iy = (int32_t)(oy * win->stride_h) - (int32_t)win->pad_h;
        for (ox = 0; ox < win->output_w; ox++) {
            int32_t ix = (int32_t)(ox * win->stride_w) - (int32_t)win->pad_w;
            for (c = 0; c < outputs; c += lanes) {
                int32_t acc[CONV_LANES];
                lanes = outputs - c < CONV_LANES ? outputs - c : CONV_LANES;
                for (i = 0; i < lanes; i++) {
                    acc[i] = layer->bias[c + i];
                }
                conv_taps(layer, x, iy, ix, c, lanes, acc);
                for (i = 0; i < lanes; i++) {
                    *y++ = (int8_t)ecm_nn_round_twice_s8(
                        acc[i], layer->multiplier[c + i], layer->shift[c + i],
                        layer->output_zero, layer->output_min, layer->output_max);
                }
            }
        }
    }
    return ECM_OK;
}
