/* fuzz_ecm_nn_depthwise.c - convolutions of each channel alone, of any shape.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_nn_depthwise.h"

void fuzz_ecm_nn_depthwise(void);

/* Accumulators stay below 2^30. */
static void fuzz_tables(uint32_t n, int32_t **bias, int32_t **multiplier,
                        uint8_t **shift) {
    uint32_t i;
    *bias = ecm_fuzz_bytes(n * sizeof **bias);
    *multiplier = ecm_fuzz_bytes(n * sizeof **multiplier);
    *shift = ecm_fuzz_bytes(n);
    for (i = 0; i < n; i++) {
        (*bias)[i] /= 4;
        (*multiplier)[i] = (int32_t)((1U << 30) + ecm_fuzz_below(1U << 30));
        (*shift)[i] = (uint8_t)(1U + ecm_fuzz_below(62));
    }
}

static int16_t fuzz_s8(void) {
    return (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
}

/* Any sizes; those of the output are what a caller would have. */
static void fuzz_window(ecm_nn_window_t *win) {
    win->input_h = (uint16_t)ecm_fuzz_below(7);
    win->input_w = (uint16_t)ecm_fuzz_below(9);
    win->input_c = (uint16_t)ecm_fuzz_below(7);
    win->output_h = (uint16_t)ecm_fuzz_below(5);
    win->output_w = (uint16_t)ecm_fuzz_below(9);
    win->kernel_h = (uint16_t)ecm_fuzz_below(4);
    win->kernel_w = (uint16_t)ecm_fuzz_below(5);
    win->stride_h = (uint16_t)ecm_fuzz_below(4);
    win->stride_w = (uint16_t)ecm_fuzz_below(4);
    win->dilation_h = (uint16_t)ecm_fuzz_below(4);
    win->dilation_w = (uint16_t)ecm_fuzz_below(4);
    win->pad_h = (uint16_t)ecm_fuzz_below(5);
    win->pad_w = (uint16_t)ecm_fuzz_below(5);
    if (ecm_fuzz_once_in(2)) {
        win->input_h = win->output_h = win->kernel_h = 1;
        win->pad_h = 0;
    }
}

static size_t fuzz_image(const ecm_nn_window_t *win) {
    return (size_t)win->input_h * win->input_w * win->input_c;
}

static size_t fuzz_pixels(const ecm_nn_window_t *win) {
    return (size_t)win->output_h * win->output_w;
}

void fuzz_ecm_nn_depthwise(void) {
    ecm_nn_depthwise_s8_t layer;
    int32_t *bias, *multiplier;
    uint8_t *shift;
    uint32_t n_out;
    fuzz_window(&layer.window);
    layer.multiply = (uint16_t)ecm_fuzz_below(4);
    n_out = (uint32_t)layer.multiply * layer.window.input_c;
    fuzz_tables(n_out, &bias, &multiplier, &shift);
    layer.weights =
        ecm_fuzz_bytes((size_t)n_out * layer.window.kernel_h * layer.window.kernel_w);
    layer.bias = bias;
    layer.multiplier = multiplier;
    layer.shift = ecm_fuzz_or_null(shift);
    layer.input_zero = fuzz_s8();
    layer.output_zero = fuzz_s8();
    layer.output_min = -128;
    layer.output_max = 127;
    layer.reserved = 0;
    ecm_fuzz_judge(ecm_nn_depthwise_s8(
        ecm_fuzz_or_null(&layer), ecm_fuzz_bytes(fuzz_image(&layer.window)),
        ecm_fuzz_bytes(fuzz_pixels(&layer.window) * n_out)));
}
