/* ecm_nn_conv.c - see ecm_nn_conv.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_conv.h"

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

/* Does each pixel of the input make the one of the output at the same place? */
static bool conv_is_pointwise(const ecm_nn_conv_s8_t *layer) {
    const ecm_nn_window_t *win = &layer->window;
    return win->kernel_h == 1U && win->kernel_w == 1U && win->stride_h == 1U &&
           win->stride_w == 1U && win->pad_h == 0U && win->pad_w == 0U &&
           win->output_h == win->input_h && win->output_w == win->input_w &&
           layer->groups == 1U && layer->pool == 1U;
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
    if (conv_is_pointwise(layer)) { /* the image is one row */
        ecm_nn_dense_batch_t batch = {0, 0, 0, 1};
        batch.results_len = (uint32_t)win->output_h * win->output_w;
        batch.x_step = win->input_c;
        batch.y_step = filters.outputs_len;
        return ecm_nn_dense_batch_s8(&filters, &batch, x, work, y);
    }
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
