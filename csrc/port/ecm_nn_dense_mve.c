/* ecm_nn_dense_mve.c - see ecm_nn_dense.h: cores with Helium.
 *
 * VMLADAVA adds sixteen products to a register; four rows share a load of the input.
 * The loops are in assembler, as GCC 12 forms none that count for themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense.h"

#include <arm_mve.h>

#include "ecm_nn_round.h"

#define DENSE_ROWS 4U
#define DENSE_CHUNK 16U

/* What is left of a layer's tables. */
typedef struct {
    const int8_t *weights;
    const uint16_t *blocks;
} dense_place_t;

uint32_t ecm_nn_dense_work_len(uint32_t inputs_len) {
    return ECM_NN_DENSE_WORK_LEN(inputs_len);
}

static ecm_status_t dense_check(const ecm_nn_dense_s8_t *layer) {
    ECM_REQUIRE(layer != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    return ECM_OK;
}

#define DENSE_FOUR_ROWS                                                                \
    "vldrb.8 q1, [%[w]], #16\n"                                                        \
    "vldrb.8 q2, [%[w]], #16\n"                                                        \
    "vmladava.s8 %[a0], q0, q1\n"                                                      \
    "vldrb.8 q1, [%[w]], #16\n"                                                        \
    "vmladava.s8 %[a1], q0, q2\n"                                                      \
    "vldrb.8 q2, [%[w]], #16\n"                                                        \
    "vmladava.s8 %[a2], q0, q1\n"                                                      \
    "vmladava.s8 %[a3], q0, q2\n"

/* n chunks of 16 inputs, or the blocks that are kept. The accumulators are in registers
 * of even numbers. */
#define DENSE_CHUNKS(n)                                                                \
    __asm__ volatile("wls lr, %[count], 2f\n"                                          \
                     "1: vldrb.8 q0, [%[x]], #16\n" DENSE_FOUR_ROWS "le lr, 1b\n2:\n"  \
                     : [a0] "+Te"(a0), [a1] "+Te"(a1), [a2] "+Te"(a2), [a3] "+Te"(a3), \
                       [w] "+r"(w), [x] "+r"(x)                                        \
                     : [count] "r"(n)                                                  \
                     : "q0", "q1", "q2", "lr", "memory")
#define DENSE_BLOCKS(n)                                                                \
    __asm__ volatile("wls lr, %[count], 2f\n"                                          \
                     "1: ldrh %[t], [%[b]], #2\n"                                      \
                     "add %[t], %[x]\n"                                                \
                     "vldrb.8 q0, [%[t]]\n" DENSE_FOUR_ROWS "le lr, 1b\n2:\n"          \
                     : [a0] "+Te"(a0), [a1] "+Te"(a1), [a2] "+Te"(a2), [a3] "+Te"(a3), \
                       [w] "+r"(w), [b] "+r"(block), [t] "=&r"(t)                      \
                     : [count] "r"(n), [x] "r"(x)                                      \
                     : "q0", "q1", "q2", "lr", "memory")

static inline int32x4_t dense_vector(int32_t a0, int32_t a1, int32_t a2, int32_t a3) {
    int32x4_t acc;
    __asm__("vmov %q0[2], %q0[0], %1, %2\n"
            "vmov %q0[3], %q0[1], %3, %4\n"
            : "=&w"(acc)
            : "r"(a0), "r"(a2), "r"(a1), "r"(a3));
    return acc;
}

/* The inputs after the last whole chunk. */
typedef struct {
    uint32_t len;
    uint32_t width; /* of a row of weights, a multiple of 4 */
} dense_rest_t;

static inline dense_rest_t dense_rest(const ecm_nn_dense_s8_t *layer) {
    dense_rest_t rest;
    rest.len = layer->inputs_len % DENSE_CHUNK;
    rest.width = (rest.len + 3U) / 4U * 4U;
    return rest;
}

/* Accumulators of the next four rows, from those of `bias` on or from 0. The flags are
 * constants where it is called. */
static inline __attribute__((always_inline)) int32x4_t
dense_quad(const int32_t *bias, dense_place_t *at, const int8_t *x, uint32_t chunks,
           const dense_rest_t *rest, bool blocks, bool odd) {
    int32_t a0 = bias != NULL ? bias[0] : 0, a1 = bias != NULL ? bias[1] : 0;
    int32_t a2 = bias != NULL ? bias[2] : 0, a3 = bias != NULL ? bias[3] : 0;
    const int8_t *w = at->weights;
    if (blocks) {
        const uint16_t *block = at->blocks + 1;
        const int8_t *t;
        DENSE_BLOCKS((uint32_t)at->blocks[0]);
        at->blocks = block;
    } else {
        DENSE_CHUNKS(chunks);
    }
    if (odd) {
        mve_pred16_t p = vctp8q(rest->len);
        int8x16_t v = vldrbq_z_s8(x, p);
        uint32_t width = rest->width;
        a0 = vmladavaq_s8(a0, v, vldrbq_z_s8(w, p));
        a1 = vmladavaq_s8(a1, v, vldrbq_z_s8(w + width, p));
        a2 = vmladavaq_s8(a2, v, vldrbq_z_s8(w + 2U * width, p));
        a3 = vmladavaq_s8(a3, v, vldrbq_z_s8(w + 3U * width, p));
        w += DENSE_ROWS * width;
    }
    at->weights = w;
    return dense_vector(a0, a1, a2, a3);
}

/* One of the rows that are left. */
static int32_t dense_row(const ecm_nn_dense_s8_t *layer, dense_place_t *at,
                         const int8_t *x, int32_t acc) {
    int32_t n = layer->inputs_len;
    if (at->blocks == NULL) {
        const int8_t *w = at->weights;
        at->weights += (n + 3) / 4 * 4;
        for (; n > 0; n -= (int32_t)DENSE_CHUNK) {
            mve_pred16_t p = vctp8q((uint32_t)n);
            acc = vmladavaq_s8(acc, vldrbq_z_s8(x, p), vldrbq_z_s8(w, p));
            x += DENSE_CHUNK;
            w += DENSE_CHUNK;
        }
    } else {
        for (n = *at->blocks++; n > 0; n--) {
            acc =
                vmladavaq_s8(acc, vldrbq_s8(&x[*at->blocks++]), vldrbq_s8(at->weights));
            at->weights += DENSE_CHUNK;
        }
    }
    return acc;
}

static __attribute__((noinline)) void dense_output(const ecm_nn_dense_s8_t *layer,
                                                   uint32_t o, int32_t acc, bool twice,
                                                   int8_t *y) {
    y[o] = (int8_t)(twice ? ecm_nn_round_twice_s8 : ecm_nn_round_s8)(
        acc, layer->multiplier[o], layer->shift[o], layer->output_zero,
        layer->output_min, layer->output_max);
}

/* How four accumulators become outputs, in registers. */
typedef struct {
    int32x4_t places; /* that the product has lost */
    int32_t zero;
    int32x4_t min;
    int32x4_t max;
} dense_round_t;

static inline dense_round_t dense_round(const ecm_nn_dense_s8_t *layer, bool twice) {
    dense_round_t round;
    round.places = vdupq_n_s32(twice ? 31 : 32);
    round.zero = layer->output_zero;
    round.min = vdupq_n_s32(layer->output_min);
    round.max = vdupq_n_s32(layer->output_max);
    return round;
}

/* Is the upper half of the product enough everywhere? */
static bool dense_short(const ecm_nn_dense_s8_t *layer) {
    const uint8_t *shift = layer->shift;
    int32_t n = layer->outputs_len;
    uint8_t least = UINT8_MAX;
    for (; n > 0; n -= 16) {
        mve_pred16_t p = vctp8q((uint32_t)n);
        least = vminvq_p_u8(least, vldrbq_z_u8(shift, p), p);
        shift += 16;
    }
    return least >= ECM_NN_SHIFT_FAST_MIN;
}

/* Four outputs, as ecm_nn_round_s8 by the short way: VRSHL rounds half up, and right.
 */
static inline __attribute__((always_inline)) void
dense_outputs(const dense_round_t *round, int32x4_t multiplier, int32x4_t left,
              int32x4_t acc, int8_t *y) {
    int32x4_t sum = vrshlq_s32(vmulhq_s32(acc, multiplier), left);
    sum = vmaxq_s32(vaddq_n_s32(sum, round->zero), round->min);
    vstrbq_s32(y, vminq_s32(sum, round->max));
}

/* The same, as ecm_nn_round_twice_s8. */
static inline __attribute__((always_inline)) void
dense_outputs_twice(const dense_round_t *round, int32x4_t multiplier, int32x4_t left,
                    int32x4_t acc, int8_t *y) {
    int32x4_t sum = vqrdmulhq_s32(acc, multiplier);
    /* Half away from 0: below 0 half goes down. */
    sum = vrshlq_s32(vaddq_s32(sum, vshrq_n_s32(sum, 31)), left);
    sum = vmaxq_s32(vaddq_n_s32(sum, round->zero), round->min);
    vstrbq_s32(y, vminq_s32(sum, round->max));
}

static inline __attribute__((always_inline)) int32x4_t
dense_left(const dense_round_t *round, const uint8_t *shift) {
    return vsubq_s32(round->places, vreinterpretq_s32_u32(vldrbq_u32(shift)));
}

/* The rows that are left. */
static __attribute__((noinline)) void dense_rows(const ecm_nn_dense_s8_t *layer,
                                                 dense_place_t at, uint32_t o,
                                                 const int8_t *x0, const int8_t *x1,
                                                 bool twice, int8_t *y) {
    for (; o < layer->outputs_len; o++) {
        dense_place_t again = at;
        int32_t first = dense_row(layer, &again, x0, layer->bias[o]);
        int32_t second = dense_row(layer, &at, x1, layer->bias[o]);
        dense_output(layer, o, first > second ? first : second, twice, y);
    }
}

/* The layer on one input. The flags are constants: blocks; inputs after the last whole
 * chunk. */
static inline __attribute__((always_inline)) void
dense_run(const ecm_nn_dense_s8_t *layer, const int8_t *x, int8_t *y, bool blocks,
          bool odd) {
    const dense_round_t round = dense_round(layer, false);
    const int32_t *bias = layer->bias, *multiplier = layer->multiplier;
    const int32_t *end = bias + layer->outputs_len / DENSE_ROWS * DENSE_ROWS;
    const uint8_t *shift = layer->shift;
    const uint32_t chunks = layer->inputs_len / DENSE_CHUNK;
    const dense_rest_t rest = dense_rest(layer);
    int8_t *to = y;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    while (bias != end) {
        int32x4_t acc = dense_quad(bias, &at, x, chunks, &rest, blocks, odd);
        dense_outputs(&round, vld1q_s32(multiplier), dense_left(&round, shift), acc,
                      to);
        bias += DENSE_ROWS;
        multiplier += DENSE_ROWS;
        shift += DENSE_ROWS;
        to += DENSE_ROWS;
    }
    if ((uint32_t)(to - y) != layer->outputs_len) {
        dense_rows(layer, at, (uint32_t)(to - y), x, x, false, y);
    }
}

static __attribute__((noinline)) void dense_blocks(const ecm_nn_dense_s8_t *layer,
                                                   const int8_t *x, int8_t *y) {
    dense_run(layer, x, y, true, false);
}

static __attribute__((noinline)) void dense_odd(const ecm_nn_dense_s8_t *layer,
                                                const int8_t *x, int8_t *y) {
    dense_run(layer, x, y, false, true);
}

static __attribute__((noinline)) void dense_even(const ecm_nn_dense_s8_t *layer,
                                                 const int8_t *x, int8_t *y) {
    dense_run(layer, x, y, false, false);
}

/* As dense_run on the greater of two inputs, where the lower half of a product counts.
 */
static __attribute__((noinline)) void dense_wide(const ecm_nn_dense_s8_t *layer,
                                                 const int8_t *x0, const int8_t *x1,
                                                 bool twice, int8_t *y) {
    const uint32_t chunks = layer->inputs_len / DENSE_CHUNK;
    const dense_rest_t rest = dense_rest(layer);
    int32_t each[DENSE_ROWS];
    uint32_t o = 0, r;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (; o + DENSE_ROWS <= layer->outputs_len; o += DENSE_ROWS) {
        const int32_t *bias = &layer->bias[o];
        dense_place_t again = at;
        int32x4_t acc;
        if (at.blocks != NULL) {
            acc = vmaxq_s32(dense_quad(bias, &again, x0, 0, &rest, true, false),
                            dense_quad(bias, &at, x1, 0, &rest, true, false));
        } else {
            acc = vmaxq_s32(dense_quad(bias, &again, x0, chunks, &rest, false, true),
                            dense_quad(bias, &at, x1, chunks, &rest, false, true));
        }
        vst1q_s32(each, acc);
        for (r = 0; r < DENSE_ROWS; r++) {
            dense_output(layer, o + r, each[r], twice, y);
        }
    }
    dense_rows(layer, at, o, x0, x1, twice, y);
}

ecm_status_t ecm_nn_dense_s8(const ecm_nn_dense_s8_t *layer, const int8_t *x,
                             int8_t *y) {
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(x != NULL && y != NULL, ECM_ERR_NULL);
    if (!dense_short(layer)) {
        dense_wide(layer, x, x, false, y);
    } else if (layer->blocks != NULL) {
        dense_blocks(layer, x, y);
    } else if (layer->inputs_len % DENSE_CHUNK != 0U) {
        dense_odd(layer, x, y);
    } else {
        dense_even(layer, x, y);
    }
    return ECM_OK;
}

/* ---- many inputs ---- */

/* A group of four rows at a time for all inputs: its tables stay in registers. */
static inline __attribute__((always_inline)) void
dense_many(const ecm_nn_dense_s8_t *layer, const ecm_nn_dense_batch_t *batch,
           const int8_t *x, int8_t *y, bool both, bool blocks, bool odd) {
    const dense_round_t round = dense_round(layer, true);
    const uint32_t chunks = layer->inputs_len / DENSE_CHUNK, x_step = batch->x_step;
    const uint32_t y_step = batch->y_step;
    const dense_rest_t rest = dense_rest(layer);
    uint32_t o, n;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (o = 0; o + DENSE_ROWS <= layer->outputs_len; o += DENSE_ROWS) {
        const int32x4_t bias = vld1q_s32(&layer->bias[o]);
        const int32x4_t multiplier = vld1q_s32(&layer->multiplier[o]);
        const int32x4_t left = dense_left(&round, &layer->shift[o]);
        const dense_place_t start = at;
        const int8_t *from = x;
        int8_t *to = &y[o];
        for (n = batch->results_len; n > 0U; n--) {
            int32x4_t acc;
            at = start;
            acc = dense_quad(NULL, &at, from, chunks, &rest, blocks, odd);
            from += x_step;
            if (both) {
                at = start;
                acc = vmaxq_s32(
                    acc, dense_quad(NULL, &at, from, chunks, &rest, blocks, odd));
                from += x_step;
            }
            dense_outputs_twice(&round, multiplier, left, vaddq_s32(acc, bias), to);
            to += y_step;
        }
    }
    if (o != layer->outputs_len) {
        for (n = batch->results_len; n > 0U; n--) {
            dense_rows(layer, at, o, x, both ? x + x_step : x, true, y);
            x += both ? 2U * x_step : x_step;
            y += y_step;
        }
    }
}

#define DENSE_MANY(name, both, blocks, odd)                                            \
    static __attribute__((noinline)) void name(const ecm_nn_dense_s8_t *layer,         \
                                               const ecm_nn_dense_batch_t *batch,      \
                                               const int8_t *x, int8_t *y) {           \
        dense_many(layer, batch, x, y, both, blocks, odd);                             \
    }
DENSE_MANY(dense_many_blocks, false, true, false)
DENSE_MANY(dense_many_odd, false, false, true)
DENSE_MANY(dense_many_even, false, false, false)
DENSE_MANY(dense_most_blocks, true, true, false)
DENSE_MANY(dense_most_odd, true, false, true)
DENSE_MANY(dense_most_even, true, false, false)

ecm_status_t ecm_nn_dense_batch_s8(const ecm_nn_dense_s8_t *layer,
                                   const ecm_nn_dense_batch_t *batch, const int8_t *x,
                                   int32_t *work, int8_t *y) {
    uint32_t i;
    bool odd;
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(batch != NULL && x != NULL && work != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(batch->pool == 1U || batch->pool == 2U, ECM_ERR_ARG);
    odd = layer->inputs_len % DENSE_CHUNK != 0U;
    if (batch->results_len == 0U) {
        return ECM_OK;
    }
    if (!dense_short(layer)) {
        for (i = 0; i < batch->results_len; i++) {
            const int8_t *x1 = &x[(size_t)(batch->pool - 1U) * batch->x_step];
            dense_wide(layer, x, x1, true, y);
            x += (size_t)batch->pool * batch->x_step;
            y += batch->y_step;
        }
    } else if (batch->pool == 1U) {
        (layer->blocks != NULL ? dense_many_blocks
         : odd                 ? dense_many_odd
                               : dense_many_even)(layer, batch, x, y);
    } else {
        (layer->blocks != NULL ? dense_most_blocks
         : odd                 ? dense_most_odd
                               : dense_most_even)(layer, batch, x, y);
    }
    return ECM_OK;
}
