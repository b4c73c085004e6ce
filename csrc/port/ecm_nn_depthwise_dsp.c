/* ecm_nn_depthwise_dsp.c - see ecm_nn_depthwise.h: cores with Armv7E-M's
 * products of half words.
 *
 * Four bytes become two pairs by SXTB16, of which SMLABB and SMLATT multiply the lower
 * and the upper ones. Taps outside of the image read the zero point again and again, so
 * that no tap is a case of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_depthwise_walk.h"

#define DEPTHWISE_LANES 4U

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
static __attribute__((noinline)) void
depthwise_four(const ecm_nn_depthwise_pixel_t *pixel, const int8_t *w, uint32_t c,
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
depthwise_inside(const ecm_nn_depthwise_pixel_t *pixel, const int8_t *w, uint32_t c,
                 depthwise_sums_t *acc) {
    const size_t outputs = pixel->outputs, row_step = pixel->row_step;
    const size_t column_step = pixel->column_step;
    const uint32_t width = pixel->columns.on;
    const int8_t *row = &pixel->x[c], *end = row + pixel->rows.on * row_step;
    for (; row != end; row += row_step) {
        w = depthwise_taps_four(w, outputs, row, column_step, width, acc);
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
depthwise_pixel(const ecm_nn_depthwise_s8_t *layer,
                const ecm_nn_depthwise_pixel_t *pixel, bool brief, int8_t *y) {
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
    ecm_nn_depthwise_rest(layer, pixel, c, y);
}

ecm_status_t ecm_nn_depthwise_s8(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                                 int8_t *y) {
    return ecm_nn_depthwise_walk(layer, x, y, depthwise_short, depthwise_pixel);
}
