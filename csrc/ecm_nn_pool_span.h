/* ecm_nn_pool_span.h - which pixels of an image a window of a pool meets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_NN_POOL_SPAN_H
#define ECM_NN_POOL_SPAN_H

#include "ecm_nn.h"

ECM_EXTERN_C_BEGIN

/* Part of a window that is in the image, in pixels of the image. */
typedef struct {
    uint32_t first;
    uint32_t step;
    uint32_t n;
} ecm_nn_pool_span_t;

/* Taps of an axis that are on the image. */
static inline ecm_nn_pool_span_t ecm_nn_pool_span(uint32_t output, uint32_t stride,
                                                  uint32_t pad, uint32_t kernel,
                                                  uint32_t dilation, uint32_t input) {
    int32_t first = (int32_t)(output * stride) - (int32_t)pad, last;
    uint32_t skip = first < 0 ? ((uint32_t)-first + dilation - 1U) / dilation : 0U;
    ecm_nn_pool_span_t span = {0, dilation, 0};
    first += (int32_t)(skip * dilation);
    if (skip >= kernel || first >= (int32_t)input) {
        return span;
    }
    last = first + (int32_t)((kernel - skip - 1U) * dilation);
    span.first = (uint32_t)first;
    span.n = kernel - skip;
    if (last >= (int32_t)input) {
        span.n = ((uint32_t)((int32_t)input - first) + dilation - 1U) / dilation;
    }
    return span;
}

static inline ecm_nn_pool_span_t ecm_nn_pool_rows(const ecm_nn_window_t *w,
                                                  uint32_t oy) {
    return ecm_nn_pool_span(oy, w->stride_h, w->pad_h, w->kernel_h, w->dilation_h,
                            w->input_h);
}

static inline ecm_nn_pool_span_t ecm_nn_pool_columns(const ecm_nn_window_t *w,
                                                     uint32_t ox) {
    return ecm_nn_pool_span(ox, w->stride_w, w->pad_w, w->kernel_w, w->dilation_w,
                            w->input_w);
}

/* Every window meets the image, and the clamp holds something. */
static inline ecm_status_t ecm_nn_pool_check(const ecm_nn_window_t *win, int32_t min,
                                             int32_t max) {
    uint32_t i;
    ecm_status_t status = ecm_nn_window_check(win);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(min <= max, ECM_ERR_ARG);
    for (i = 0; i < win->output_h; i++) {
        ECM_REQUIRE(ecm_nn_pool_rows(win, i).n > 0U, ECM_ERR_ARG);
    }
    for (i = 0; i < win->output_w; i++) {
        ECM_REQUIRE(ecm_nn_pool_columns(win, i).n > 0U, ECM_ERR_ARG);
    }
    return ECM_OK;
}

ECM_EXTERN_C_END

#endif
