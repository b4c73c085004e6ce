/* ecm_nn.c - see ecm_nn.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn.h"

#include "ecm_math.h"

ecm_status_t ecm_nn_mse_f32(const float *x, const float *y, uint32_t x_len,
                            float *error) {
    ECM_REQUIRE(x != NULL && y != NULL && error != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len >= 1U, ECM_ERR_LENGTH);
    *error = ecm_math_sum_sq_diff_f32(x, y, x_len) / (float)x_len;
    return ECM_OK;
}

ecm_status_t ecm_nn_window_check(const ecm_nn_window_t *window) {
    ECM_REQUIRE(window != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(window->input_h >= 1U && window->input_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->output_h >= 1U && window->output_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->input_c >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->kernel_h >= 1U && window->kernel_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->stride_h >= 1U && window->stride_w >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(window->dilation_h >= 1U && window->dilation_w >= 1U, ECM_ERR_ARG);
    return ECM_OK;
}

/* A row of taps from input pixel `first` of a row of the image on. */
static void nn_gather_row(const ecm_nn_window_t *win, const uint8_t *x,
                          size_t pixel_len, size_t piece_len, int32_t first, int fill,
                          uint8_t *to) {
    int32_t last = first + (int32_t)win->kernel_w;
    uint32_t k;
    if (win->dilation_w == 1U && pixel_len == piece_len &&
        first < (int32_t)win->input_w && last > 0) {
        size_t left = first < 0 ? (size_t)-first : 0U;
        size_t right =
            last > (int32_t)win->input_w ? (size_t)(last - (int32_t)win->input_w) : 0U;
        size_t inside = (win->kernel_w - left - right) * piece_len;
        memset(to, fill, left * piece_len);
        to += left * piece_len;
        memcpy(to, &x[(size_t)(first < 0 ? 0 : first) * piece_len], inside);
        memset(to + inside, fill, right * piece_len);
        return;
    }
    for (k = 0; k < win->kernel_w; k++, to += piece_len) {
        int32_t at = first + (int32_t)k * (int32_t)win->dilation_w;
        if (at < 0 || at >= (int32_t)win->input_w) {
            memset(to, fill, piece_len);
        } else {
            memcpy(to, &x[(size_t)at * pixel_len], piece_len);
        }
    }
}

/* Are all taps of a window on the image, and those of a row of it side by side? */
static bool nn_window_is_whole(const ecm_nn_window_t *win, int32_t iy, int32_t ix) {
    int32_t reach = iy + (int32_t)((win->kernel_h - 1U) * (uint32_t)win->dilation_h);
    return (win->dilation_w == 1U || win->kernel_w == 1U) && iy >= 0 && ix >= 0 &&
           reach < (int32_t)win->input_h &&
           ix + (int32_t)win->kernel_w <= (int32_t)win->input_w;
}

ecm_status_t ecm_nn_window_gather(const ecm_nn_window_t *window, const void *x,
                                  uint32_t pixel_len, uint32_t piece_len, uint32_t row,
                                  uint32_t column, int32_t fill, void *to) {
    const uint8_t *image = (const uint8_t *)x;
    uint8_t *out = (uint8_t *)to;
    int32_t iy, ix;
    uint32_t k;
    size_t line;
    ECM_REQUIRE(window != NULL && x != NULL && to != NULL, ECM_ERR_NULL);
    iy = (int32_t)(row * window->stride_h) - (int32_t)window->pad_h;
    ix = (int32_t)(column * window->stride_w) - (int32_t)window->pad_w;
    line = (size_t)window->kernel_w * (size_t)piece_len;
    if (pixel_len == piece_len && nn_window_is_whole(window, iy, ix)) {
        size_t step = (size_t)window->dilation_h * window->input_w * (size_t)pixel_len;
        image += ((size_t)iy * window->input_w + (size_t)ix) * (size_t)pixel_len;
        for (k = window->kernel_h; k > 0U; k--) {
            memcpy(out, image, line);
            image += step;
            out += line;
        }
        return ECM_OK;
    }
    for (k = 0; k < window->kernel_h; k++, iy += (int32_t)window->dilation_h) {
        if (iy < 0 || iy >= (int32_t)window->input_h) {
            memset(out, (int)fill, line);
        } else {
            size_t at = (size_t)iy * window->input_w * (size_t)pixel_len;
            nn_gather_row(window, &image[at], (size_t)pixel_len, (size_t)piece_len, ix,
                          (int)fill, out);
        }
        out += line;
    }
    return ECM_OK;
}

uint32_t ecm_nn_window_inside(const ecm_nn_window_t *window, uint32_t row,
                              uint32_t pool, uint32_t *first) {
    int32_t iy = (int32_t)(row * window->stride_h) - (int32_t)window->pad_h;
    uint32_t reach = (uint32_t)window->input_w + window->pad_w, end;
    *first = 0;
    if (window->kernel_h != 1U || iy < 0 || iy >= (int32_t)window->input_h ||
        (window->dilation_w != 1U && window->kernel_w != 1U) ||
        reach < window->kernel_w) {
        return 0;
    }
    *first = ((uint32_t)window->pad_w + window->stride_w - 1U) / window->stride_w;
    end = (reach - window->kernel_w) / window->stride_w + 1U;
    *first = (*first + pool - 1U) / pool;
    end /= pool;
    end = end < window->output_w ? end : window->output_w;
    return end > *first ? end - *first : 0U;
}
