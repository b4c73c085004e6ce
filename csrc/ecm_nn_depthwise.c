/* ecm_nn_depthwise.c - see ecm_nn_depthwise.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_depthwise.h"

#include "ecm_nn_round.h"

/* Channels that share the way through their taps. */
#define DEPTHWISE_LANES 4U

/* Accumulators of output channels c ... c + lanes - 1 of a pixel. */
static void depthwise_taps(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                           int32_t iy, int32_t ix, uint32_t c, uint32_t lanes,
                           int32_t *acc) {
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
                if (lanes == DEPTHWISE_LANES && layer->multiply == 1U) {
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
                int32_t acc[DEPTHWISE_LANES];
                lanes = outputs - c < DEPTHWISE_LANES ? outputs - c : DEPTHWISE_LANES;
                for (i = 0; i < lanes; i++) {
                    acc[i] = layer->bias[c + i];
                }
                depthwise_taps(layer, x, iy, ix, c, lanes, acc);
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
