/* ecm_nn_depthwise_walk.h - how twins of ecm_nn_depthwise_s8 come from pixel to pixel.
 *
 * Taps outside of the image read the zero point again and again, so that no tap is a
 * case of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_DEPTHWISE_WALK_H
#define ECM_NN_DEPTHWISE_WALK_H

#include "ecm_nn_depthwise.h"
#include "ecm_nn_round.h"

ECM_EXTERN_C_BEGIN

/* Channels that a twin reads at once, at most. */
#define ECM_NN_DEPTHWISE_LANES_MAX 16U

/* Taps of an axis: those before the image, on it and after it. */
typedef struct {
    int32_t first; /* pixel of the first tap that is on the image */
    uint32_t before;
    uint32_t on;
    uint32_t after;
} ecm_nn_depthwise_span_t;

static inline ecm_nn_depthwise_span_t
ecm_nn_depthwise_span(uint32_t output, uint32_t stride, uint32_t pad, uint32_t kernel,
                      uint32_t dilation, uint32_t input) {
    int32_t first = (int32_t)(output * stride) - (int32_t)pad;
    ecm_nn_depthwise_span_t span = {0, 0, 0, 0};
    if (first < 0) {
        span.before = ((uint32_t)-first + dilation - 1U) / dilation;
        span.before = span.before < kernel ? span.before : kernel;
        first += (int32_t)(span.before * dilation);
    }
    if (first < (int32_t)input) {
        span.on = (input - (uint32_t)first + dilation - 1U) / dilation;
        span.on = span.on < kernel - span.before ? span.on : kernel - span.before;
    }
    span.first = first;
    span.after = kernel - span.before - span.on;
    return span;
}

/* A pixel's window. Taps outside of the image all read `outside`. */
typedef struct {
    ecm_nn_depthwise_span_t rows;
    ecm_nn_depthwise_span_t columns;
    const int8_t *x; /* the first tap that is on the image */
    size_t row_step;
    size_t column_step;
    size_t outputs; /* from the weights of a tap to those of the next */
    const int8_t *outside;
} ecm_nn_depthwise_pixel_t;

/* An output channel of any multiplicity. */
static __attribute__((noinline)) int32_t
ecm_nn_depthwise_one(const ecm_nn_depthwise_pixel_t *pixel, const int8_t *w,
                     const int8_t *x, int32_t acc) {
    const int32_t outside = pixel->outside[0];
    const uint32_t width =
        pixel->columns.before + pixel->columns.on + pixel->columns.after;
    uint32_t ky, kx;
    for (ky = 0; ky < pixel->rows.before + pixel->rows.on + pixel->rows.after; ky++) {
        bool row = ky - pixel->rows.before < pixel->rows.on;
        const int8_t *at = x;
        for (kx = 0; kx < width; kx++, w += pixel->outputs) {
            if (row && kx - pixel->columns.before < pixel->columns.on) {
                acc += *w * *at;
                at += pixel->column_step;
            } else {
                acc += *w * outside;
            }
        }
        x += row ? pixel->row_step : 0U;
    }
    return acc;
}

/* Output channels from c on, of any multiplicity and with any shifts. */
static __attribute__((noinline)) void
ecm_nn_depthwise_rest(const ecm_nn_depthwise_s8_t *layer,
                      const ecm_nn_depthwise_pixel_t *pixel, uint32_t c, int8_t *y) {
    for (; c < pixel->outputs; c++) {
        int32_t acc = ecm_nn_depthwise_one(
            pixel, &layer->weights[c], &pixel->x[c / layer->multiply], layer->bias[c]);
        y[c] = (int8_t)ecm_nn_round_twice_s8(acc, layer->multiplier[c], layer->shift[c],
                                             layer->output_zero, layer->output_min,
                                             layer->output_max);
    }
}

static inline ecm_status_t ecm_nn_depthwise_check(const ecm_nn_depthwise_s8_t *layer,
                                                  const int8_t *x, const int8_t *y) {
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    status = ecm_nn_window_check(&layer->window);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(layer->multiply >= 1U, ECM_ERR_ARG);
    return ECM_OK;
}

/* Pixel after pixel; `is_short` says once which way each of them takes. */
static inline __attribute__((always_inline)) ecm_status_t ecm_nn_depthwise_walk(
    const ecm_nn_depthwise_s8_t *layer, const int8_t *x, int8_t *y,
    bool (*is_short)(const ecm_nn_depthwise_s8_t *),
    void (*one_pixel)(const ecm_nn_depthwise_s8_t *, const ecm_nn_depthwise_pixel_t *,
                      bool, int8_t *)) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox;
    bool brief;
    int8_t outside[ECM_NN_DEPTHWISE_LANES_MAX];
    ecm_nn_depthwise_pixel_t pixel;
    ecm_status_t status = ecm_nn_depthwise_check(layer, x, y);
    ECM_REQUIRE(status == ECM_OK, status);
    win = &layer->window;
    memset(outside, layer->input_zero, sizeof outside);
    brief = is_short(layer);
    pixel.outside = outside;
    pixel.outputs = (size_t)win->input_c * layer->multiply;
    pixel.column_step = (size_t)win->dilation_w * win->input_c;
    pixel.row_step = (size_t)win->dilation_h * win->input_w * win->input_c;
    for (oy = 0; oy < win->output_h; oy++) {
        pixel.rows = ecm_nn_depthwise_span(oy, win->stride_h, win->pad_h, win->kernel_h,
                                           win->dilation_h, win->input_h);
        for (ox = 0; ox < win->output_w; ox++) {
            pixel.columns =
                ecm_nn_depthwise_span(ox, win->stride_w, win->pad_w, win->kernel_w,
                                      win->dilation_w, win->input_w);
            pixel.x = x;
            if (pixel.rows.on != 0U && pixel.columns.on != 0U) {
                pixel.x += ((size_t)pixel.rows.first * win->input_w +
                            (size_t)pixel.columns.first) *
                           win->input_c;
            }
            one_pixel(layer, &pixel, brief, y);
            y += pixel.outputs;
        }
    }
    return ECM_OK;
}

ECM_EXTERN_C_END

#endif
