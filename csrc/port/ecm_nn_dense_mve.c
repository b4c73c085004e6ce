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

/* Is the clamp that of int8? */
static bool dense_whole(const ecm_nn_dense_s8_t *layer) {
    return layer->output_min == ECM_NN_S8_MIN && layer->output_max == ECM_NN_S8_MAX;
}

/* Whole groups of rows of a layer with blocks, on one input. Compilers keep half of
 * this in memory. r0, r2, r4, r6: accumulators; r1: shifts; r3: results; r5: input; r7:
 * any; r8: bias; r9: multipliers; r10: weights; r11: list; r12: groups that are left.
 */
static __attribute__((naked, noinline)) void
dense_groups(__attribute__((unused)) const ecm_nn_dense_s8_t *layer,
             __attribute__((unused)) const int8_t *x,
             __attribute__((unused)) int8_t *y) {
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "mov r5, r1\n"
                     "mov r3, r2\n"
                     "ldrd r10, r11, [r0]\n"
                     "ldrd r8, r9, [r0, #8]\n"
                     "ldr r1, [r0, #16]\n"
                     "ldrh r12, [r0, #22]\n"
                     "ldrsh r2, [r0, #24]\n"
                     "ldrsh r4, [r0, #26]\n"
                     "ldrsh r6, [r0, #28]\n"
                     "vdup.32 q4, r2\n"
                     "vdup.32 q5, r4\n"
                     "vdup.32 q6, r6\n"
                     "vmov.i32 q7, #32\n"
                     "lsrs r12, r12, #2\n"
                     "beq 4f\n"
                     "1: ldrd r0, r2, [r8], #8\n"
                     "ldrd r4, r6, [r8], #8\n"
                     "ldrh r7, [r11], #2\n"
                     "wls lr, r7, 3f\n"
                     "2: ldrh r7, [r11], #2\n"
                     "add r7, r7, r5\n"
                     "vldrb.8 q0, [r7]\n"
                     "vldrb.8 q1, [r10], #16\n"
                     "vldrb.8 q2, [r10], #16\n"
                     "vmladava.s8 r0, q0, q1\n"
                     "vldrb.8 q1, [r10], #16\n"
                     "vmladava.s8 r2, q0, q2\n"
                     "vldrb.8 q2, [r10], #16\n"
                     "vmladava.s8 r4, q0, q1\n"
                     "vmladava.s8 r6, q0, q2\n"
                     "le lr, 2b\n"
                     "3: vmov q0[2], q0[0], r0, r4\n"
                     "vmov q0[3], q0[1], r2, r6\n"
                     "vldrw.32 q1, [r9], #16\n"
                     "vldrb.u32 q2, [r1], #4\n"
                     "vmulh.s32 q0, q0, q1\n"
                     "vsub.i32 q2, q7, q2\n"
                     "vrshl.s32 q0, q0, q2\n"
                     "vadd.i32 q0, q0, q4\n"
                     "vmax.s32 q0, q0, q5\n"
                     "vmin.s32 q0, q0, q6\n"
                     "vstrb.32 q0, [r3], #4\n"
                     "subs r12, r12, #1\n"
                     "bne 1b\n"
                     "4: vpop {d8-d15}\n"
                     "pop {r4-r11, pc}\n");
}

/* Accumulators of a group from its biases on, to the buffer at r12. */
#define DENSE_GROUP                                                                    \
    "ldrd r0, r2, [r8], #8\n"                                                          \
    "ldrd r4, r6, [r8], #8\n"                                                          \
    "ldrh r7, [r11], #2\n"                                                             \
    "wls lr, r7, 3f\n"                                                                 \
    "2: ldrh r7, [r11], #2\n"                                                          \
    "add r7, r7, r5\n"                                                                 \
    "vldrb.8 q0, [r7]\n"                                                               \
    "vldrb.8 q1, [r10], #16\n"                                                         \
    "vldrb.8 q2, [r10], #16\n"                                                         \
    "vmladava.s8 r0, q0, q1\n"                                                         \
    "vldrb.8 q1, [r10], #16\n"                                                         \
    "vmladava.s8 r2, q0, q2\n"                                                         \
    "vldrb.8 q2, [r10], #16\n"                                                         \
    "vmladava.s8 r4, q0, q1\n"                                                         \
    "vmladava.s8 r6, q0, q2\n"                                                         \
    "le lr, 2b\n"                                                                      \
    "3: stmia r12!, {r0, r2, r4, r6}\n"

/* Sixteen rows at a time where the clamp is that of int8: VLD4 takes every fourth, and
 * so do the bytes of four shifts in a word; narrowing puts them in order again. n of
 * these >= 1. Registers as in dense_groups, and r12: a buffer of 64 bytes. */
static __attribute__((naked, noinline)) void
dense_sixteens(__attribute__((unused)) const ecm_nn_dense_s8_t *layer,
               __attribute__((unused)) const int8_t *x,
               __attribute__((unused)) int8_t *y,
               __attribute__((unused)) const int8_t *y_end) {
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "sub sp, sp, #72\n"
                     "mov r12, sp\n"
                     "str r3, [sp, #64]\n"
                     "ldrsh r6, [r0, #24]\n"
                     "str r6, [sp, #68]\n"
                     "mov r5, r1\n"
                     "mov r3, r2\n"
                     "ldrd r10, r11, [r0]\n"
                     "ldrd r8, r9, [r0, #8]\n"
                     "ldr r1, [r0, #16]\n"
                     "1:\n" DENSE_GROUP DENSE_GROUP DENSE_GROUP DENSE_GROUP
                     "sub r12, r12, #64\n"
                     "ldrd r7, r6, [sp, #64]\n"
                     "vld40.32 {q0, q1, q2, q3}, [r12]\n"
                     "vld41.32 {q0, q1, q2, q3}, [r12]\n"
                     "vld42.32 {q0, q1, q2, q3}, [r12]\n"
                     "vld43.32 {q0, q1, q2, q3}, [r12]\n"
                     "vld40.32 {q4, q5, q6, q7}, [r9]\n"
                     "vld41.32 {q4, q5, q6, q7}, [r9]\n"
                     "vld42.32 {q4, q5, q6, q7}, [r9]\n"
                     "vld43.32 {q4, q5, q6, q7}, [r9]!\n"
                     "vmulh.s32 q0, q0, q4\n"
                     "vmulh.s32 q1, q1, q5\n"
                     "vmulh.s32 q2, q2, q6\n"
                     "vmulh.s32 q3, q3, q7\n"
                     "vldrb.8 q4, [r1], #16\n"
                     "vmov.i8 q5, #32\n"
                     "vsub.i8 q4, q5, q4\n"
                     "vrshl.s32 q0, q0, q4\n"
                     "vshr.u32 q5, q4, #8\n"
                     "vrshl.s32 q1, q1, q5\n"
                     "vshr.u32 q6, q4, #16\n"
                     "vrshl.s32 q2, q2, q6\n"
                     "vshr.u32 q7, q4, #24\n"
                     "vrshl.s32 q3, q3, q7\n"
                     "vqmovnb.s32 q0, q0\n"
                     "vqmovnt.s32 q0, q2\n"
                     "vqmovnb.s32 q1, q1\n"
                     "vqmovnt.s32 q1, q3\n"
                     "vqadd.s16 q0, q0, r6\n"
                     "vqadd.s16 q1, q1, r6\n"
                     "vqmovnb.s16 q0, q0\n"
                     "vqmovnt.s16 q0, q1\n"
                     "vstrb.8 q0, [r3], #16\n"
                     "cmp r3, r7\n"
                     "bne 1b\n"
                     "add sp, sp, #72\n"
                     "vpop {d8-d15}\n"
                     "pop {r4-r11, pc}\n");
}

/* Where the rows that are left begin. */
static dense_place_t dense_left_over(const ecm_nn_dense_s8_t *layer) {
    uint32_t groups = layer->outputs_len / DENSE_ROWS;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (; groups > 0U; groups--) {
        at.weights += (size_t)DENSE_ROWS * DENSE_CHUNK * at.blocks[0];
        at.blocks += 1U + at.blocks[0];
    }
    return at;
}

static void dense_blocks(const ecm_nn_dense_s8_t *layer, const int8_t *x, int8_t *y) {
    uint32_t whole = layer->outputs_len / DENSE_ROWS * DENSE_ROWS;
    if (dense_whole(layer) && whole >= 16U && whole % 16U == 0U) {
        dense_sixteens(layer, x, y, y + whole);
    } else {
        dense_groups(layer, x, y);
    }
    if (ecm_port_rare(whole != layer->outputs_len)) {
        dense_rows(layer, dense_left_over(layer), whole, x, x, false, y);
    }
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

/* ---- two results at a time, of blocks ---- */

/* What a walk over whole groups of rows keeps in its frame, from byte 32 on. */
typedef struct {
    const int8_t *weights; /* of the group */
    const uint16_t *blocks;
    uint32_t twos; /* results that are left, by two */
    int8_t *y;
    uint32_t y_step;
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *shift;
    uint32_t groups; /* that are left */
    const int8_t *x;
    uint32_t x_step;
    int32_t zero;
    uint32_t all_twos;
    int8_t *first; /* result of the group */
    const int8_t *next_weights;
    const uint16_t *next_blocks;
    const void *empty; /* zeros: weights and list of a group without blocks */
    uint32_t unused;
} dense_walk_t;

static const uint32_t dense_empty[DENSE_ROWS * DENSE_CHUNK / 4U] = {0};

/* r0, r2, r4, r6: accumulators of the first input, r8, r10, r12, lr: of the second; r1:
 * weights; r3: list, r11: its end; r5: first input, r9: from it to the second. */
#define DENSE_WALK_ENTER                                                               \
    "push {r4-r11, lr}\n"                                                              \
    "vpush {d8-d15}\n"                                                                 \
    "sub sp, sp, #104\n"                                                               \
    "add r12, sp, #32\n"                                                               \
    "ldmia r0!, {r1-r6}\n"                                                             \
    "stmia r12!, {r1-r6}\n"                                                            \
    "ldmia r0!, {r1-r6}\n"                                                             \
    "stmia r12!, {r1-r6}\n"                                                            \
    "mov r9, r5\n" /* x_step */                                                        \
    "vdup.16 q7, r6\n"                                                                 \
    "ldmia r0!, {r1-r6}\n"                                                             \
    "stmia r12!, {r1-r6}\n"

/* Its tables, and two copies of its biases at the bottom of the frame. */
#define DENSE_WALK_GROUP                                                               \
    "1: ldrd r1, r3, [sp, #88]\n"                                                      \
    "ldrh r11, [r3], #2\n"                                                             \
    "add r2, r1, r11, lsl #6\n"                                                        \
    "add r4, r3, r11, lsl #1\n"                                                        \
    "strd r2, r4, [sp, #88]\n"                                                         \
    "cmp r11, #0\n"                                                                    \
    "mov r11, r4\n"                                                                    \
    "ittt eq\n"                                                                        \
    "ldreq r1, [sp, #96]\n"                                                            \
    "moveq r3, r1\n"                                                                   \
    "addeq r11, r3, #2\n"                                                              \
    "strd r1, r3, [sp, #32]\n"                                                         \
    "ldrd r0, r2, [sp, #80]\n"                                                         \
    "strd r0, r2, [sp, #40]\n"                                                         \
    "ldr r0, [sp, #52]\n"                                                              \
    "mov r10, sp\n"                                                                    \
    "ldmia r0!, {r2, r4, r6, r8}\n"                                                    \
    "stmia r10!, {r2, r4, r6, r8}\n"                                                   \
    "stmia r10!, {r2, r4, r6, r8}\n"                                                   \
    "str r0, [sp, #52]\n"                                                              \
    "ldrd r0, r2, [sp, #56]\n"                                                         \
    "vmov.i32 q0, #31\n"                                                               \
    "vldrw.32 q5, [r0], #16\n"                                                         \
    "vldrb.u32 q6, [r2], #4\n"                                                         \
    "strd r0, r2, [sp, #56]\n"                                                         \
    "vsub.i32 q6, q0, q6\n"                                                            \
    "ldr r5, [sp, #68]\n"

/* A pair of inputs through the group's blocks. */
#define DENSE_WALK_PAIR                                                                \
    "ldm sp, {r0, r2, r4, r6, r8, r10, r12, lr}\n"                                     \
    "ldrd r1, r3, [sp, #32]\n"                                                         \
    "3: ldrh r7, [r3], #2\n"                                                           \
    "add r7, r7, r5\n"                                                                 \
    "vldrb.8 q0, [r7]\n"                                                               \
    "add r7, r7, r9\n"                                                                 \
    "vldrb.8 q1, [r7]\n"                                                               \
    "vldrb.8 q2, [r1], #16\n"                                                          \
    "vldrb.8 q3, [r1], #16\n"                                                          \
    "vmladava.s8 r0, q0, q2\n"                                                         \
    "vmladava.s8 r8, q1, q2\n"                                                         \
    "vldrb.8 q2, [r1], #16\n"                                                          \
    "vmladava.s8 r2, q0, q3\n"                                                         \
    "vmladava.s8 r10, q1, q3\n"                                                        \
    "vldrb.8 q3, [r1], #16\n"                                                          \
    "vmladava.s8 r4, q0, q2\n"                                                         \
    "vmladava.s8 r12, q1, q2\n"                                                        \
    "vmladava.s8 r6, q0, q3\n"                                                         \
    "vmladava.s8 lr, q1, q3\n"                                                         \
    "cmp r3, r11\n"                                                                    \
    "bne 3b\n"                                                                         \
    "vmov q0[2], q0[0], r0, r4\n"                                                      \
    "vmov q0[3], q0[1], r2, r6\n"                                                      \
    "vmov q1[2], q1[0], r8, r12\n"                                                     \
    "vmov q1[3], q1[1], r10, lr\n"                                                     \
    "add r5, r5, r9, lsl #1\n"

/* Half away from 0 is below 0 half down, which does not matter where all below the zero
 * point is cut off. */
#define DENSE_WALK_SIGN(q, t)                                                          \
    "vshr.s32 " t ", " q ", #31\n"                                                     \
    "vadd.i32 " q ", " q ", " t "\n"
#define DENSE_WALK_NO_SIGN(q, t)

/* Two results of four rows, in q0 and q1: ecm_nn_round_twice_s8 in the range of int8.
 */
#define DENSE_WALK_RESULTS(sign)                                                       \
    "vqrdmulh.s32 q0, q0, q5\n"                                                        \
    "vqrdmulh.s32 q1, q1, q5\n" sign("q0", "q2")                                       \
        sign("q1", "q3") "vrshl.s32 q0, q0, q6\n"                                      \
                         "vrshl.s32 q1, q1, q6\n"                                      \
                         "vqmovnb.s32 q0, q0\n"                                        \
                         "vqmovnt.s32 q0, q1\n"                                        \
                         "vqadd.s16 q0, q0, q7\n"                                      \
                         "vqmovnb.s16 q0, q0\n"                                        \
                         "ldrd r0, r2, [sp, #40]\n"                                    \
                         "ldr r4, [sp, #48]\n"                                         \
                         "vstrb.32 q0, [r2]\n"                                         \
                         "add r2, r2, r4\n"                                            \
                         "vshr.u32 q0, q0, #16\n"                                      \
                         "vstrb.32 q0, [r2]\n"                                         \
                         "add r2, r2, r4\n"

/* The greater ones of two pairs of inputs, or both of a pair. */
#define DENSE_WALK_MOST                                                                \
    DENSE_WALK_PAIR "vmax.s32 q4, q0, q1\n" DENSE_WALK_PAIR "vmax.s32 q1, q0, q1\n"    \
                    "vmov q0, q4\n"
#define DENSE_WALK_BOTH DENSE_WALK_PAIR

#define DENSE_WALK_NEXT                                                                \
    "subs r0, r0, #1\n"                                                                \
    "strd r0, r2, [sp, #40]\n"                                                         \
    "bne 2b\n"                                                                         \
    "ldr r0, [sp, #64]\n"                                                              \
    "ldr r2, [sp, #84]\n"                                                              \
    "add r2, r2, #4\n"                                                                 \
    "str r2, [sp, #84]\n"                                                              \
    "subs r0, r0, #1\n"                                                                \
    "str r0, [sp, #64]\n"                                                              \
    "bne 1b\n"                                                                         \
    "add sp, sp, #104\n"                                                               \
    "vpop {d8-d15}\n"                                                                  \
    "pop {r4-r11, pc}\n"

#define DENSE_WALK(name, sums, sign)                                                   \
    static __attribute__((naked, noinline)) void name(__attribute__((unused))          \
                                                      const dense_walk_t *walk) {      \
        __asm__ volatile(DENSE_WALK_ENTER DENSE_WALK_GROUP                             \
                         "2:\n" sums DENSE_WALK_RESULTS(sign) DENSE_WALK_NEXT);        \
    }
DENSE_WALK(dense_walk_most, DENSE_WALK_MOST, DENSE_WALK_SIGN)
DENSE_WALK(dense_walk_both, DENSE_WALK_BOTH, DENSE_WALK_SIGN)
DENSE_WALK(dense_walk_most_relu, DENSE_WALK_MOST, DENSE_WALK_NO_SIGN)
DENSE_WALK(dense_walk_both_relu, DENSE_WALK_BOTH, DENSE_WALK_NO_SIGN)

/* A layer with blocks, no other clamp than int8's and short shifts, on an even number
 * of results, two at a time. */
static void dense_twos(const ecm_nn_dense_s8_t *layer,
                       const ecm_nn_dense_batch_t *batch, uint32_t twos,
                       const int8_t *x, int8_t *y) {
    const uint32_t groups = layer->outputs_len / DENSE_ROWS;
    const dense_walk_t walk = {layer->weights,
                               layer->blocks,
                               twos,
                               y,
                               batch->y_step,
                               layer->bias,
                               layer->multiplier,
                               layer->shift,
                               groups,
                               x,
                               batch->x_step,
                               layer->output_zero,
                               twos,
                               y,
                               layer->weights,
                               layer->blocks,
                               dense_empty,
                               0};
    uint32_t n, o = groups * DENSE_ROWS, pool = batch->pool;
    dense_place_t at;
    if (groups != 0U) {
        if (layer->output_zero == ECM_NN_S8_MIN) { /* as that of a rectifier */
            (pool == 2U ? dense_walk_most_relu : dense_walk_both_relu)(&walk);
        } else {
            (pool == 2U ? dense_walk_most : dense_walk_both)(&walk);
        }
    }
    if (ecm_port_rare(o != layer->outputs_len)) {
        at = dense_left_over(layer);
        for (n = 2U * twos; n > 0U; n--) {
            dense_rows(layer, at, o, x, x + (pool - 1U) * batch->x_step, true, y);
            x += pool * batch->x_step;
            y += batch->y_step;
        }
    }
}

ecm_status_t ecm_nn_dense_batch_s8(const ecm_nn_dense_s8_t *layer,
                                   const ecm_nn_dense_batch_t *batch, const int8_t *x,
                                   int32_t *work, int8_t *y) {
    ecm_nn_dense_batch_t rest;
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
        return ECM_OK;
    }
    rest = *batch;
    if (layer->blocks != NULL && dense_whole(layer) && batch->results_len >= 2U) {
        uint32_t results = batch->results_len / 2U * 2U;
        dense_twos(layer, batch, results / 2U, x, y);
        rest.results_len -= results;
        x += (size_t)results * batch->pool * batch->x_step;
        y += (size_t)results * batch->y_step;
        if (rest.results_len == 0U) {
            return ECM_OK;
        }
    }
    if (batch->pool == 1U) {
        (layer->blocks != NULL ? dense_many_blocks
         : odd                 ? dense_many_odd
                               : dense_many_even)(layer, &rest, x, y);
    } else {
        (layer->blocks != NULL ? dense_most_blocks
         : odd                 ? dense_most_odd
                               : dense_most_even)(layer, &rest, x, y);
    }
    return ECM_OK;
}
