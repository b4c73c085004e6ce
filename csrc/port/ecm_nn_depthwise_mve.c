/* ecm_nn_depthwise_mve.c - see ecm_nn_depthwise.h: cores with Helium.
 *
 * Four channels in a register of words, sixteen at a time: bytes become words as
 * they are loaded. Taps outside of the image read the zero
 * point again and again, so that no tap is a case of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_depthwise_walk.h"

#include <arm_mve.h>

#define DEPTHWISE_LANES 16U
#define DEPTHWISE_WORD 4U

/* n taps of sixteen channels; on to the weights after them. GCC 12 would keep the sums
 * in memory. */
static inline __attribute__((always_inline)) const int8_t *
depthwise_taps_sixteen(const int8_t *w, size_t w_step, const int8_t *x, size_t x_step,
                       uint32_t n, int32x4_t *acc) {
    int32x4_t a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
    __asm__ volatile("wls lr, %[count], 2f\n"
                     "1: vldrb.s32 q0, [%[w]]\n"
                     "vldrb.s32 q1, [%[x]]\n"
                     "vldrb.s32 q2, [%[w], #4]\n"
                     "vmul.i32 q0, q0, q1\n"
                     "vldrb.s32 q1, [%[x], #4]\n"
                     "vadd.i32 %q[a0], %q[a0], q0\n"
                     "vmul.i32 q2, q2, q1\n"
                     "vldrb.s32 q0, [%[w], #8]\n"
                     "vldrb.s32 q1, [%[x], #8]\n"
                     "vadd.i32 %q[a1], %q[a1], q2\n"
                     "vmul.i32 q0, q0, q1\n"
                     "vldrb.s32 q2, [%[w], #12]\n"
                     "vldrb.s32 q1, [%[x], #12]\n"
                     "vadd.i32 %q[a2], %q[a2], q0\n"
                     "vmul.i32 q2, q2, q1\n"
                     "add %[w], %[w], %[ws]\n"
                     "add %[x], %[x], %[xs]\n"
                     "vadd.i32 %q[a3], %q[a3], q2\n"
                     "le lr, 1b\n"
                     "2:\n"
                     : [a0] "+w"(a0), [a1] "+w"(a1), [a2] "+w"(a2), [a3] "+w"(a3),
                       [w] "+l"(w), [x] "+l"(x)
                     : [count] "r"(n), [ws] "r"(w_step), [xs] "r"(x_step)
                     : "q0", "q1", "q2", "lr", "memory");
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
    return w;
}

/* Of up to four channels. */
static inline __attribute__((always_inline)) const int8_t *
depthwise_taps_four(const int8_t *w, size_t w_step, const int8_t *x, size_t x_step,
                    uint32_t n, int32x4_t *acc, mve_pred16_t p) {
    for (; n > 0U; n--, w += w_step, x += x_step) {
        *acc = vaddq_s32(*acc, vmulq_s32(vldrbq_z_s32(w, p), vldrbq_z_s32(x, p)));
    }
    return w;
}

/* All taps of a pixel in order: rows outside of the image, and within a row of it the
 * taps to the left, on it and to the right. */
static inline __attribute__((always_inline)) void
depthwise_sixteen(const ecm_nn_depthwise_pixel_t *pixel, const int8_t *w, uint32_t c,
                  int32x4_t *acc) {
    const int8_t *row = &pixel->x[c];
    const uint32_t width =
        pixel->columns.before + pixel->columns.on + pixel->columns.after;
    const size_t outputs = pixel->outputs;
    uint32_t n;
    w = depthwise_taps_sixteen(w, outputs, pixel->outside, 0,
                               pixel->rows.before * width, acc);
    for (n = pixel->rows.on; n > 0U; n--) {
        if (pixel->columns.before != 0U) {
            w = depthwise_taps_sixteen(w, outputs, pixel->outside, 0,
                                       pixel->columns.before, acc);
        }
        w = depthwise_taps_sixteen(w, outputs, row, pixel->column_step,
                                   pixel->columns.on, acc);
        if (pixel->columns.after != 0U) {
            w = depthwise_taps_sixteen(w, outputs, pixel->outside, 0,
                                       pixel->columns.after, acc);
        }
        row += pixel->row_step;
    }
    (void)depthwise_taps_sixteen(w, outputs, pixel->outside, 0,
                                 pixel->rows.after * width, acc);
}

/* All taps of a pixel in order: rows outside of the image, and within a row of it the
 * taps to the left, on it and to the right. */
static inline __attribute__((always_inline)) void
depthwise_four(const ecm_nn_depthwise_pixel_t *pixel, const int8_t *w, uint32_t c,
               int32x4_t *acc, mve_pred16_t pred) {
    const int8_t *row = &pixel->x[c];
    const uint32_t width =
        pixel->columns.before + pixel->columns.on + pixel->columns.after;
    const size_t outputs = pixel->outputs;
    uint32_t n;
    w = depthwise_taps_four(w, outputs, pixel->outside, 0, pixel->rows.before * width,
                            acc, pred);
    for (n = pixel->rows.on; n > 0U; n--) {
        if (pixel->columns.before != 0U) {
            w = depthwise_taps_four(w, outputs, pixel->outside, 0,
                                    pixel->columns.before, acc, pred);
        }
        w = depthwise_taps_four(w, outputs, row, pixel->column_step, pixel->columns.on,
                                acc, pred);
        if (pixel->columns.after != 0U) {
            w = depthwise_taps_four(w, outputs, pixel->outside, 0, pixel->columns.after,
                                    acc, pred);
        }
        row += pixel->row_step;
    }
    (void)depthwise_taps_four(w, outputs, pixel->outside, 0, pixel->rows.after * width,
                              acc, pred);
}

/* Is the upper half of the product enough everywhere? */
static bool depthwise_short(const ecm_nn_depthwise_s8_t *layer) {
    const uint32_t n = (uint32_t)layer->window.input_c * layer->multiply;
    uint32_t i, least = ECM_NN_SHIFT_FAST_MIN;
    for (i = 0; i < n; i++) {
        least = layer->shift[i] < least ? layer->shift[i] : least;
    }
    return least >= ECM_NN_SHIFT_FAST_MIN;
}

/* Up to four outputs, ecm_nn_round_twice_s8 by the short way. */
static inline __attribute__((always_inline)) void
depthwise_outputs(const ecm_nn_depthwise_s8_t *layer, uint32_t c, int32x4_t acc,
                  mve_pred16_t p, int8_t *y) {
    int32x4_t shift = vreinterpretq_s32_u32(vldrbq_z_u32(&layer->shift[c], p));
    int32x4_t sum = vaddq_s32(acc, vldrwq_z_s32(&layer->bias[c], p));
    sum = vqrdmulhq_s32(sum, vldrwq_z_s32(&layer->multiplier[c], p));
    sum = vaddq_s32(sum, vshrq_n_s32(sum, 31));
    sum = vrshlq_s32(sum, vsubq_s32(vdupq_n_s32(31), shift));
    sum =
        vmaxq_s32(vaddq_n_s32(sum, layer->output_zero), vdupq_n_s32(layer->output_min));
    vstrbq_p_s32(&y[c], vminq_s32(sum, vdupq_n_s32(layer->output_max)), p);
}

static __attribute__((noinline)) void
depthwise_pixel(const ecm_nn_depthwise_s8_t *layer,
                const ecm_nn_depthwise_pixel_t *pixel, bool brief, int8_t *y) {
    const uint32_t outputs = layer->window.input_c;
    uint32_t c = 0, i;
    if (layer->multiply != 1U || !brief) {
        ecm_nn_depthwise_rest(layer, pixel, 0, y);
        return;
    }
    for (; c + DEPTHWISE_LANES <= outputs; c += DEPTHWISE_LANES) {
        int32x4_t acc[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0),
                            vdupq_n_s32(0)};
        depthwise_sixteen(pixel, &layer->weights[c], c, acc);
        for (i = 0; i < 4U; i++) {
            depthwise_outputs(layer, c + 4U * i, acc[i], vctp32q(DEPTHWISE_WORD), y);
        }
    }
    for (; c < outputs; c += DEPTHWISE_WORD) {
        mve_pred16_t p = vctp32q(outputs - c);
        int32x4_t acc = vdupq_n_s32(0);
        depthwise_four(pixel, &layer->weights[c], c, &acc, p);
        depthwise_outputs(layer, c, acc, p, y);
    }
}

ecm_status_t ecm_nn_depthwise_s8(const ecm_nn_depthwise_s8_t *layer, const int8_t *x,
                                 int8_t *y) {
    return ecm_nn_depthwise_walk(layer, x, y, depthwise_short, depthwise_pixel);
}
