/* ecm_fuzz_nn.h - what the layers of networks draw: windows, and tables of outputs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FUZZ_NN_H
#define ECM_FUZZ_NN_H

#include "ecm_fuzz.h"
#include "ecm_nn.h"

/* Accumulators stay below 2^30. */
static inline void fuzz_tables(uint32_t n, int32_t **bias, int32_t **multiplier,
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

/* The same for layers of int16 values, whose factors have two forms. */
static inline void fuzz_tables_s16(uint32_t n, int32_t **bias, int32_t **multiplier,
                                   uint8_t **shift) {
    uint32_t i;
    fuzz_tables(n, bias, multiplier, shift);
    for (i = 0; i < n; i++) {
        (*shift)[i] = (uint8_t)(17U + ecm_fuzz_below(46));
        if (ecm_fuzz_once_in(2)) {
            (*multiplier)[i] = (int32_t)ecm_fuzz_below(1U << 15);
            (*shift)[i] = (uint8_t)(1U + ecm_fuzz_below(46));
        }
    }
}

static inline int16_t fuzz_s8(void) {
    return (int16_t)((int32_t)ecm_fuzz_below(256) - 128);
}

/* Any sizes; those of the output are what a caller would have. */
static inline void fuzz_window(ecm_nn_window_t *win) {
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

static inline uint32_t fuzz_image(const ecm_nn_window_t *win) {
    return (uint32_t)win->input_h * win->input_w * win->input_c;
}

static inline uint32_t fuzz_pixels(const ecm_nn_window_t *win) {
    return (uint32_t)win->output_h * win->output_w;
}

#endif
