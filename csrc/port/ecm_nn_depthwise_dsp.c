/* ecm_nn_depthwise_dsp.c - see ecm_nn_depthwise.h: cores with Armv7E-M's
 * products of half words.
 *
 * Four bytes become two pairs by SXTB16, of which SMLABB and SMLATT multiply the lower
 * and the upper ones. Taps outside of the image read the zero point again and again, so
 * that no tap is a case of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_depthwise.h"

#include "ecm_nn_round.h"

#define DEPTHWISE_LANES 4U

/* Taps of an axis: those before the image, on it and after it. */
typedef struct {
    int32_t first; /* pixel of the first tap that is on the image */
    uint32_t before;
    uint32_t on;
    uint32_t after;
} depthwise_span_t;

static depthwise_span_t depthwise_span(uint32_t output, uint32_t stride, uint32_t pad,
                                       uint32_t kernel, uint32_t dilation,
                                       uint32_t input) {
    int32_t first = (int32_t)(output * stride) - (int32_t)pad;
    depthwise_span_t span = {0, 0, 0, 0};
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
    depthwise_span_t rows;
    depthwise_span_t columns;
    const int8_t *x; /* the first tap that is on the image */
    size_t row_step;
    size_t column_step;
    size_t outputs; /* from the weights of a tap to those of the next */
    const int8_t *outside;
} depthwise_pixel_t;

/* Sums of four channels. */
typedef struct {
    int32_t a, b, c, d;
} depthwise_sums_t;

static inline int32_t depthwise_even(int32_t bytes) {
    int32_t y;
    __asm__("sxtb16 %0, %1" : "=r"(y) : "r"(bytes));
    return y;
}

static inline int32_t depthwise_odd(int32_t bytes) {
    int32_t y;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(bytes));
    return y;
}

static inline int32_t depthwise_lower(int32_t a, int32_t b, int32_t acc) {
    __asm__("smlabb %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

static inline int32_t depthwise_upper(int32_t a, int32_t b, int32_t acc) {
    __asm__("smlatt %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

/* n taps of four channels; on to the weights after them. */
static inline __attribute__((always_inline)) const int8_t *
depthwise_taps_four(const int8_t *w, size_t w_step, const int8_t *x, size_t x_step,
                    uint32_t n, depthwise_sums_t *acc) {
    int32_t a = acc->a, b = acc->b, c = acc->c, d = acc->d;
    for (; n > 0U; n--, w += w_step, x += x_step) {
        int32_t weights, values;
        __builtin_memcpy(&weights, w, 4);
        __builtin_memcpy(&values, x, 4);
        a = depthwise_lower(depthwise_even(weights), depthwise_even(values), a);
        b = depthwise_lower(depthwise_odd(weights), depthwise_odd(values), b);
        c = depthwise_upper(depthwise_even(weights), depthwise_even(values), c);
        d = depthwise_upper(depthwise_odd(weights), depthwise_odd(values), d);
    }
    acc->a = a;
    acc->b = b;
    acc->c = c;
    acc->d = d;
    return w;
}

/* All taps of a pixel in order: rows outside of the image, and within a row of it the
 * taps to the left, on it and to the right. */
static __attribute__((noinline)) void depthwise_four(const depthwise_pixel_t *pixel,
                                                     const int8_t *w, uint32_t c,
                                                     depthwise_sums_t *acc) {
    const int8_t *row = &pixel->x[c];
    const uint32_t width =
        pixel->columns.before + pixel->columns.on + pixel->columns.after;
    const size_t outputs = pixel->outputs;
    uint32_t n;
    w = depthwise_taps_four(w, outputs, pixel->outside, 0, pixel->rows.before * width,
                            acc);
    for (n = pixel->rows.on; n > 0U; n--) {
        if (pixel->columns.before != 0U) {
            w = depthwise_taps_four(w, outputs, pixel->outside, 0,
                                    pixel->columns.before, acc);
        }
        w = depthwise_taps_four(w, outputs, row, pixel->column_step, pixel->columns.on,
                                acc);
        if (pixel->columns.after != 0U) {
            w = depthwise_taps_four(w, outputs, pixel->outside, 0, pixel->columns.after,
                                    acc);
        }
        row += pixel->row_step;
    }
    (void)depthwise_taps_four(w, outputs, pixel->outside, 0, pixel->rows.after * width,
                              acc);
}

/* The same where all taps are on the image. */
static inline __attribute__((always_inline)) void
depthwise_inside(const depthwise_pixel_t *pixel, const int8_t *w, uint32_t c,
                 depthwise_sums_t *acc) {
    const size_t outputs = pixel->outputs, row_step = pixel->row_step;
    const size_t column_step = pixel->column_step;
    const uint32_t width = pixel->columns.on;
    const int8_t *row = &pixel->x[c], *end = row + pixel->rows.on * row_step;
    for (; row != end; row += row_step) {
        w = depthwise_taps_four(w, outputs, row, column_step, width, acc);
    }
}

/* An output channel of any multiplicity. */
static __attribute__((noinline)) int32_t depthwise_one(const depthwise_pixel_t *pixel,
                                                       const int8_t *w, const int8_t *x,
                                                       int32_t acc) {
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
static __attribute__((noinline)) void depthwise_rest(const ecm_nn_depthwise_s8_t *layer,
                                                     const depthwise_pixel_t *pixel,
                                                     uint32_t c, int8_t *y) {
    for (; c < pixel->outputs; c++) {
        int32_t acc = depthwise_one(pixel, &layer->weights[c],
                                    &pixel->x[c / layer->multiply], layer->bias[c]);
        y[c] = (int8_t)ecm_nn_round_twice_s8(acc, layer->multiplier[c], layer->shift[c],
                                             layer->output_zero, layer->output_min,
                                             layer->output_max);
    }
}

/* Do all shifts take the short way of ecm_nn_round_twice_s8, and is the clamp that of
 * int8? */
static bool depthwise_short(const ecm_nn_depthwise_s8_t *layer) {
    const uint32_t most = ECM_NN_SHIFT_FAST_MAX - ECM_NN_SHIFT_FAST_MIN;
    const uint32_t n = (uint32_t)layer->window.input_c * layer->multiply;
    uint32_t i, bad = (uint32_t)(layer->output_max - layer->output_min) ^ 255U;
    for (i = 0; i < n && bad == 0U; i++) {
        bad = layer->shift[i] - ECM_NN_SHIFT_FAST_MIN > most;
    }
    return bad == 0U;
}

/* ecm_nn_round_twice_s8: half is rounded up by the last bit that is shifted out, which
 * the carry holds. */
static inline __attribute__((always_inline)) int8_t depthwise_output(int32_t acc,
                                                                     int32_t multiplier,
                                                                     uint32_t shift,
                                                                     int32_t zero) {
    acc *= 2;
    __asm__("smmulr %[acc], %[acc], %[multiplier]\n"
            "add %[acc], %[acc], %[acc], asr #31\n"
            "asrs %[acc], %[acc], %[right]\n"
            "adc %[acc], %[acc], %[zero]\n"
            "ssat %[acc], #8, %[acc]\n"
            : [acc] "+r"(acc)
            : [multiplier] "r"(multiplier), [right] "r"(shift - 31U), [zero] "r"(zero)
            : "cc");
    return (int8_t)acc;
}

static __attribute__((noinline)) void
depthwise_pixel(const ecm_nn_depthwise_s8_t *layer, const depthwise_pixel_t *pixel,
                bool brief, int8_t *y) {
    const int32_t zero = layer->output_zero;
    const bool inside = (pixel->rows.before | pixel->rows.after |
                         pixel->columns.before | pixel->columns.after) == 0U;
    uint32_t c = 0;
    if (layer->multiply == 1U && brief) {
        for (; c + DEPTHWISE_LANES <= pixel->outputs; c += DEPTHWISE_LANES) {
            const int32_t *m = &layer->multiplier[c], *bias = &layer->bias[c];
            const uint8_t *s = &layer->shift[c];
            depthwise_sums_t acc = {bias[0], bias[1], bias[2], bias[3]};
            if (inside) {
                depthwise_inside(pixel, &layer->weights[c], c, &acc);
            } else {
                depthwise_four(pixel, &layer->weights[c], c, &acc);
            }
            y[c] = depthwise_output(acc.a, m[0], s[0], zero);
            y[c + 1U] = depthwise_output(acc.b, m[1], s[1], zero);
            y[c + 2U] = depthwise_output(acc.c, m[2], s[2], zero);
            y[c + 3U] = depthwise_output(acc.d, m[3], s[3], zero);
        }
    }
    depthwise_rest(layer, pixel, c, y);
}

static ecm_status_t depthwise_check(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                                    const int8_t *y) {
    ecm_status_t status;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    status = ecm_nn_window_check(&layer->window);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(layer->multiply >= 1U, ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_nn_depthwise_s8(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                                 int8_t *y) {
    const ecm_nn_window_t *win;
    uint32_t oy, ox;
    bool brief;
    int8_t outside[DEPTHWISE_LANES];
    depthwise_pixel_t pixel;
    ecm_status_t status = depthwise_check(layer, x, y);
    ECM_REQUIRE(status == ECM_OK, status);
    win = &layer->window;
    memset(outside, layer->input_zero, sizeof outside);
    brief = depthwise_short(layer);
    pixel.outside = outside;
    pixel.outputs = (size_t)win->input_c * layer->multiply;
    pixel.column_step = (size_t)win->dilation_w * win->input_c;
    pixel.row_step = (size_t)win->dilation_h * win->input_w * win->input_c;
    for (oy = 0; oy < win->output_h; oy++) {
        pixel.rows = depthwise_span(oy, win->stride_h, win->pad_h, win->kernel_h,
                                    win->dilation_h, win->input_h);
        for (ox = 0; ox < win->output_w; ox++) {
            pixel.columns = depthwise_span(ox, win->stride_w, win->pad_w, win->kernel_w,
                                           win->dilation_w, win->input_w);
            pixel.x = x;
            if (pixel.rows.on != 0U && pixel.columns.on != 0U) {
                pixel.x += ((size_t)pixel.rows.first * win->input_w +
                            (size_t)pixel.columns.first) *
                           win->input_c;
            }
            depthwise_pixel(layer, &pixel, brief, y);
            y += pixel.outputs;
        }
    }
    return ECM_OK;
}
