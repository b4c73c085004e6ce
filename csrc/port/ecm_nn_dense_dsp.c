/* ecm_nn_dense_dsp.c - see ecm_nn_dense.h: cores with Armv7E-M's two products at once.
 *
 * SMLAD adds two products of 16 bits. Four bytes become two such pairs by SXTB16: bytes
 * 0 and 2, and, turned by 8, bytes 1 and 3. Which products come first does not matter
 * to a sum of integers. The blocks are in assembler since compilers load ahead until
 * registers run out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense.h"

#include "ecm_nn_round.h"

#define DENSE_ROWS 4U
#define DENSE_CHUNK 16U

typedef int32_t __attribute__((may_alias)) dense_word_t;

/* What is left of a layer's tables. */
typedef struct {
    const int8_t *weights;
    const uint16_t *blocks;
} dense_place_t;

uint32_t ecm_nn_dense_work_len(uint32_t inputs_len) {
    return ECM_NN_DENSE_WORK_LEN(inputs_len);
}

static inline int32_t dense_even(int32_t bytes) {
    int32_t y;
    __asm__("sxtb16 %0, %1" : "=r"(y) : "r"(bytes));
    return y;
}

static inline int32_t dense_odd(int32_t bytes) {
    int32_t y;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(bytes));
    return y;
}

static inline int32_t dense_smlad(int32_t a, int32_t b, int32_t acc) {
    __asm__("smlad %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

/* Four bytes at any address, or the n < 4 that are left and zeros. */
static inline int32_t dense_load(const int8_t *x) {
    int32_t y;
    __builtin_memcpy(&y, x, 4);
    return y;
}

static int32_t dense_load_some(const int8_t *x, uint32_t n) {
    uint32_t y = (uint8_t)x[0];
    y |= n > 1U ? (uint32_t)(uint8_t)x[1] << 8 : 0U;
    y |= n > 2U ? (uint32_t)(uint8_t)x[2] << 16 : 0U;
    return (int32_t)y;
}

/* Four products of a row with bytes e, o of an input, unpacked. */
static inline int32_t dense_four(const int8_t *w, int32_t e, int32_t o, int32_t acc) {
    int32_t word = *(const dense_word_t *)(const void *)w;
    acc = dense_smlad(dense_even(word), e, acc);
    return dense_smlad(dense_odd(word), o, acc);
}

/* A row of eight weights times eight inputs in four registers. */
#define DENSE_EIGHT(acc, offset)                                                       \
    "ldrd %[wa], %[wb], [%[w], #" offset "]\n"                                         \
    "sxtb16 %[t], %[wa]\n"                                                             \
    "smlad %[" acc "], %[t], %[xa], %[" acc "]\n"                                      \
    "sxtb16 %[wa], %[wa], ror #8\n"                                                    \
    "smlad %[" acc "], %[wa], %[xb], %[" acc "]\n"                                     \
    "sxtb16 %[wa], %[wb]\n"                                                            \
    "smlad %[" acc "], %[wa], %[xc], %[" acc "]\n"                                     \
    "sxtb16 %[wb], %[wb], ror #8\n"                                                    \
    "smlad %[" acc "], %[wb], %[xd], %[" acc "]\n"

#define DENSE_X(offset0, offset1)                                                      \
    "ldr %[xb], [%[x], #" offset0 "]\n"                                                \
    "ldr %[xd], [%[x], #" offset1 "]\n"                                                \
    "sxtb16 %[xa], %[xb]\n"                                                            \
    "sxtb16 %[xb], %[xb], ror #8\n"                                                    \
    "sxtb16 %[xc], %[xd]\n"                                                            \
    "sxtb16 %[xd], %[xd], ror #8\n"

/* 4 rows by 16 inputs. */
#define DENSE_BLOCK(place)                                                             \
    do {                                                                               \
        int32_t xa, xb, xc, xd, wa, wb, t;                                             \
        __asm__ volatile(                                                              \
            DENSE_X("0", "4") DENSE_EIGHT("a0", "0") DENSE_EIGHT("a1", "16")           \
                DENSE_EIGHT("a2", "32") DENSE_EIGHT("a3", "48") DENSE_X("8", "12")     \
                    DENSE_EIGHT("a0", "8") DENSE_EIGHT("a1", "24")                     \
                        DENSE_EIGHT("a2", "40") DENSE_EIGHT("a3", "56")                \
            : [a0] "+r"(a0), [a1] "+r"(a1), [a2] "+r"(a2), [a3] "+r"(a3),              \
              [xa] "=&r"(xa), [xb] "=&r"(xb), [xc] "=&r"(xc), [xd] "=&r"(xd),          \
              [wa] "=&r"(wa), [wb] "=&r"(wb), [t] "=&r"(t)                             \
            : [x] "r"(place), [w] "r"(w)                                               \
            : "memory");                                                               \
        w += DENSE_ROWS * DENSE_CHUNK;                                                 \
    } while (0)

static ecm_status_t dense_check(const ecm_nn_dense_s8_t *layer) {
    ECM_REQUIRE(layer != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    return ECM_OK;
}

/* n products for each row of a block, whose rows have `width` weights. */
static __attribute__((noinline)) void dense_part(const int8_t *w, uint32_t rows,
                                                 uint32_t width, const int8_t *x,
                                                 uint32_t n, int32_t *acc) {
    uint32_t i, r;
    for (i = 0; i < n; i += 4U) {
        int32_t word = n - i >= 4U ? dense_load(&x[i]) : dense_load_some(&x[i], n - i);
        int32_t even = dense_even(word), odd = dense_odd(word);
        for (r = 0; r < rows; r++) {
            acc[r] = dense_four(&w[r * width + i], even, odd, acc[r]);
        }
    }
}

/* Accumulators of any group of rows, the short program; on to the next group. */
static void dense_group(const ecm_nn_dense_s8_t *layer, dense_place_t *at, uint32_t o,
                        uint32_t rows, const int8_t *x, int32_t *acc) {
    uint32_t i, n = layer->inputs_len;
    for (i = 0; i < rows; i++) {
        acc[i] = layer->bias[o + i];
    }
    if (at->blocks != NULL) {
        for (n = *at->blocks++; n > 0U; n--) {
            dense_part(at->weights, rows, DENSE_CHUNK, &x[*at->blocks++], DENSE_CHUNK,
                       acc);
            at->weights += rows * DENSE_CHUNK;
        }
        return;
    }
    for (i = 0; i < n; i += DENSE_CHUNK) {
        uint32_t len = n - i < DENSE_CHUNK ? n - i : DENSE_CHUNK;
        uint32_t width = (len + 3U) / 4U * 4U;
        dense_part(at->weights, rows, width, &x[i], len, acc);
        at->weights += rows * width;
    }
}

/* Accumulators of the next four rows. */
static inline __attribute__((always_inline)) void
dense_quad(const ecm_nn_dense_s8_t *layer, dense_place_t *at, const int8_t *x,
           const int32_t *bias, int32_t *acc) {
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
    const int8_t *w = at->weights;
    if (at->blocks != NULL) {
        const uint16_t *block = at->blocks + 1, *end = block + at->blocks[0];
        while (block != end) {
            DENSE_BLOCK(x + *block++);
        }
        at->blocks = end;
    } else {
        const int8_t *end = x + layer->inputs_len / DENSE_CHUNK * DENSE_CHUNK;
        while (x != end) {
            DENSE_BLOCK(x);
            x += DENSE_CHUNK;
        }
    }
    acc[0] = a0;
    acc[1] = a1;
    acc[2] = a2;
    acc[3] = a3;
    at->weights = w;
    if (layer->inputs_len % DENSE_CHUNK != 0U) {
        uint32_t rest = layer->inputs_len % DENSE_CHUNK, width = (rest + 3U) / 4U * 4U;
        dense_part(w, DENSE_ROWS, width, x, rest, acc);
        at->weights += DENSE_ROWS * width;
    }
}

static inline int32_t dense_smmla(int32_t a, int32_t b, int32_t acc) {
    __asm__("smmla %0, %1, %2, %0" : "+r"(acc) : "r"(a), "r"(b));
    return acc;
}

static inline int32_t dense_ssat8(int32_t x) {
    int32_t y;
    __asm__("ssat %0, #8, %1" : "=r"(y) : "r"(x));
    return y;
}

static __attribute__((noinline)) void dense_output(const ecm_nn_dense_s8_t *layer,
                                                   uint32_t o, int32_t acc, bool twice,
                                                   int8_t *y) {
    y[o] = (int8_t)(twice ? ecm_nn_round_twice_s8 : ecm_nn_round_s8)(
        acc, layer->multiplier[o], layer->shift[o], layer->output_zero,
        layer->output_min, layer->output_max);
}

/* Do all shifts take the short way of ecm_nn_round_s8, and is the clamp that of int8?
 */
static bool dense_short(const ecm_nn_dense_s8_t *layer) {
    const uint32_t most = ECM_NN_SHIFT_FAST_MAX - ECM_NN_SHIFT_FAST_MIN;
    const uint8_t *shift = layer->shift, *end = shift + layer->outputs_len;
    uint32_t bad = (uint32_t)(layer->output_max - layer->output_min) ^ 255U;
    while (shift != end && bad == 0U) {
        bad = *shift++ - ECM_NN_SHIFT_FAST_MIN > most;
    }
    return bad == 0U;
}

/* How accumulators become outputs by the short way. */
typedef struct {
    int32_t multiplier;
    int32_t half; /* what makes the shift round, and the zero point */
    uint32_t right;
} dense_round_t;

static inline __attribute__((always_inline)) dense_round_t
dense_round(const int32_t *multiplier, const uint8_t *shift, int32_t half) {
    uint32_t right = *shift - ECM_NN_SHIFT_FAST_MIN;
    dense_round_t round = {*multiplier, half * (int32_t)((uint32_t)1 << right),
                           right + 1U};
    return round;
}

/* One rounding: ecm_nn_round_s8. */
static inline __attribute__((always_inline)) int8_t dense_s8(const dense_round_t *round,
                                                             int32_t acc) {
    int32_t sum = dense_smmla(acc, round->multiplier, round->half);
    return (int8_t)dense_ssat8(sum >> round->right);
}

/* The layer from a group of rows on, for one input or the greater of two, by the short
 * program. */
static __attribute__((noinline)) void dense_long(const ecm_nn_dense_s8_t *layer,
                                                 const int8_t *const *x, bool twice,
                                                 dense_place_t at, uint32_t o,
                                                 int8_t *y) {
    int32_t acc[DENSE_ROWS], other[DENSE_ROWS];
    uint32_t r, rows;
    for (; o < layer->outputs_len; o += rows) {
        dense_place_t again = at;
        rows = layer->outputs_len - o < DENSE_ROWS ? 1U : DENSE_ROWS;
        dense_group(layer, &at, o, rows, x[0], acc);
        dense_group(layer, &again, o, rows, x[1], other);
        for (r = 0; r < rows; r++) {
            int32_t most = acc[r] > other[r] ? acc[r] : other[r];
            dense_output(layer, o + r, most, twice, y);
        }
    }
}

static __attribute__((noinline)) void dense_one(const ecm_nn_dense_s8_t *layer,
                                                const int8_t *x, int8_t *y) {
    const int32_t half = 2 * layer->output_zero + 1;
    const int32_t *bias = layer->bias, *multiplier = layer->multiplier;
    const int32_t *end = bias + layer->outputs_len / DENSE_ROWS * DENSE_ROWS;
    const uint8_t *shift = layer->shift;
    int8_t *to = y;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (; bias != end; bias += 4, multiplier += 4, shift += 4, to += 4) {
        int32_t acc[DENSE_ROWS];
        dense_round_t round;
        dense_quad(layer, &at, x, bias, acc);
        round = dense_round(multiplier, shift, half);
        to[0] = dense_s8(&round, acc[0]);
        round = dense_round(multiplier + 1, shift + 1, half);
        to[1] = dense_s8(&round, acc[1]);
        round = dense_round(multiplier + 2, shift + 2, half);
        to[2] = dense_s8(&round, acc[2]);
        round = dense_round(multiplier + 3, shift + 3, half);
        to[3] = dense_s8(&round, acc[3]);
    }
    if ((uint32_t)(to - y) != layer->outputs_len) {
        const int8_t *const both[2] = {x, x};
        dense_long(layer, both, false, at, (uint32_t)(to - y), y);
    }
}

ecm_status_t ecm_nn_dense_s8(const ecm_nn_dense_s8_t *layer, const int8_t *x,
                             int8_t *y) {
    dense_place_t at;
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(x != NULL && y != NULL, ECM_ERR_NULL);
    if (dense_short(layer)) {
        dense_one(layer, x, y);
    } else {
        const int8_t *const both[2] = {x, x};
        at.weights = layer->weights;
        at.blocks = layer->blocks;
        dense_long(layer, both, false, at, 0, y);
    }
    return ECM_OK;
}

/* ---- two inputs at a time ---- */

/* Two inputs unpacked: for each four bytes the even and the odd of one, then those of
 * the other. */
static void dense_unpack(const int8_t *x0, const int8_t *x1, uint32_t n,
                         int32_t *work) {
    const int8_t *end = x0 + n / 4U * 4U;
    while (x0 != end) {
        register int32_t a __asm__("r4");
        register int32_t b __asm__("r5");
        register int32_t c __asm__("r6");
        register int32_t d __asm__("r8");
        __asm__ volatile("ldr %[b], [%[x0]], #4\n"
                         "ldr %[d], [%[x1]], #4\n"
                         "sxtb16 %[a], %[b]\n"
                         "sxtb16 %[b], %[b], ror #8\n"
                         "sxtb16 %[c], %[d]\n"
                         "sxtb16 %[d], %[d], ror #8\n"
                         "stmia %[work]!, {%[a], %[b], %[c], %[d]}\n"
                         : [x0] "+r"(x0), [x1] "+r"(x1), [work] "+r"(work),
                           [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d)
                         :
                         : "memory");
    }
    if (n % 4U != 0U) {
        int32_t first = dense_load_some(x0, n % 4U);
        int32_t second = dense_load_some(x1, n % 4U);
        work[0] = dense_even(first);
        work[1] = dense_odd(first);
        work[2] = dense_even(second);
        work[3] = dense_odd(second);
    }
}

/* What the walk over a layer's whole groups of rows needs: all 16 words lie in its
 * frame, where the numbers of DENSE_... below are their places. */
typedef struct {
    const int32_t *work; /* inputs, unpacked */
    const int32_t *bias;
    const int32_t *multiplier;
    const uint8_t *shift;
    int32_t zero;
    int8_t *y;
    const int32_t *last;   /* end of the multipliers of whole groups */
    uint32_t y_step;       /* from the first result to the second */
    const int8_t *weights; /* of the group */
    const uint16_t *blocks;
    const int32_t *whole; /* end of the whole chunks in work */
    const int32_t *end;   /* of the inputs in work */
    uint32_t width;       /* of a row of weights after the whole chunks */
    int32_t turn;         /* to the second pair of rows of these, instead of 32 */
    uint32_t group;       /* bytes of a group of rows */
    uint32_t unused;
} dense_walk_t;

/* r0, r1: accumulators of two rows for the first input, r2, r3: for the second; r4 to
 * r7: four of each unpacked; r10: where they come from; r11: weights; r12: list of
 * blocks; lr: end of the list, or of the inputs. The first load of a block moves r11
 * by 64, so that it starts so much before it. */
#define DENSE_TWO(load, acc0, acc1)                                                    \
    "ldr r8, [r11, " load "\n"                                                         \
    "sxtb16 r9, r8\n"                                                                  \
    "smlad " acc0 ", r9, r4, " acc0 "\n"                                               \
    "smlad " acc1 ", r9, r6, " acc1 "\n"                                               \
    "sxtb16 r8, r8, ror #8\n"                                                          \
    "smlad " acc0 ", r8, r5, " acc0 "\n"                                               \
    "smlad " acc1 ", r8, r7, " acc1 "\n"

#define DENSE_PAIR_FOUR(i0, i1)                                                        \
    "ldmia r10!, {r4-r7}\n" DENSE_TWO(i0, "r0", "r2") DENSE_TWO(i1, "r1", "r3")

/* 2 rows by 16 inputs of each of two. */
#define DENSE_PAIR_BLOCK                                                               \
    DENSE_PAIR_FOUR("#64]!", "#16]")                                                   \
    DENSE_PAIR_FOUR("#4]", "#20]")                                                     \
    DENSE_PAIR_FOUR("#8]", "#24]") DENSE_PAIR_FOUR("#12]", "#28]")

#define DENSE_ENTER                                                                    \
    "push {r4-r11, lr}\n"                                                              \
    "sub sp, sp, #68\n"                                                                \
    "mov r12, sp\n"                                                                    \
    "ldmia r0!, {r1-r8}\n"                                                             \
    "stmia r12!, {r1-r8}\n"                                                            \
    "ldmia r0!, {r1-r8}\n"                                                             \
    "stmia r12!, {r1-r8}\n"

#define DENSE_BIAS                                                                     \
    "ldr r8, [sp, #4]\n"                                                               \
    "ldrd r0, r1, [r8], #8\n"                                                          \
    "str r8, [sp, #4]\n"                                                               \
    "mov r2, r0\n"                                                                     \
    "mov r3, r1\n"

/* Two roundings: ecm_nn_round_twice_s8. Half is rounded up by the last bit that is
 * shifted out, which the carry holds. */
#define DENSE_ROUND(acc, multiplier)                                                   \
    "lsl " acc ", " acc ", #1\n"                                                       \
    "smmulr " acc ", " acc ", " multiplier "\n"                                        \
    "add " acc ", " acc ", " acc ", asr #31\n"                                         \
    "asrs " acc ", " acc ", r10\n"                                                     \
    "adc " acc ", " acc ", r6\n"                                                       \
    "ssat " acc ", #8, " acc "\n"

/* Of a shift in a register the lowest byte counts: those of both rows in one. */
#define DENSE_TABLES                                                                   \
    "ldrd r4, r5, [sp, #8]\n"                                                          \
    "ldrd r6, r7, [sp, #16]\n"                                                         \
    "ldrd r8, r9, [r4], #8\n"                                                          \
    "ldrh r10, [r5], #2\n"                                                             \
    "sub r10, r10, #0x1f1f1f1f\n"

#define DENSE_OTHER_ROW "lsr r10, r10, #8\n"

/* On to the next pair of rows: to 1 for the first of a group, else further. */
#define DENSE_NEXT                                                                     \
    "ldr r8, [sp, #24]\n"                                                              \
    "strd r4, r5, [sp, #8]\n"                                                          \
    "str r7, [sp, #20]\n"                                                              \
    "subs r8, r8, r4\n"                                                                \
    "beq 9f\n"                                                                         \
    "lsls r8, r8, #28\n"                                                               \
    "beq 1b\n"

#define DENSE_LEAVE                                                                    \
    "9: add sp, sp, #68\n"                                                             \
    "pop {r4-r11, pc}\n"

/* The greater of two results. */
#define DENSE_MOST                                                                     \
    "cmp r0, r2\n"                                                                     \
    "it lt\n"                                                                          \
    "movlt r0, r2\n"                                                                   \
    "cmp r1, r3\n"                                                                     \
    "it lt\n"                                                                          \
    "movlt r1, r3\n" DENSE_TABLES DENSE_ROUND("r0", "r8")                              \
        DENSE_OTHER_ROW DENSE_ROUND("r1", "r9") "strb r0, [r7], #1\n"                  \
                                                "strb r1, [r7], #1\n"

/* Both results. */
#define DENSE_BOTH                                                                     \
    DENSE_TABLES DENSE_ROUND("r0", "r8") DENSE_ROUND("r2", "r8")                       \
        DENSE_OTHER_ROW DENSE_ROUND("r1", "r9")                                        \
            DENSE_ROUND("r3", "r9") "ldr r8, [sp, #28]\n"                              \
                                    "strb r2, [r7, r8]\n"                              \
                                    "strb r0, [r7], #1\n"                              \
                                    "strb r3, [r7, r8]\n"                              \
                                    "strb r1, [r7], #1\n"

/* All weights. After the whole chunks the second pair of rows is `turn` away. */
#define DENSE_WALK_ALL(name, outputs)                                                  \
    static __attribute__((naked, noinline)) void name(__attribute__((unused))          \
                                                      const dense_walk_t *walk) {      \
        __asm__ volatile(DENSE_ENTER "ldr r11, [sp, #32]\n"                            \
                                     "sub r11, r11, #64\n"                             \
                                     "str r11, [sp, #32]\n"                            \
                                     "b 2f\n"                                          \
                                     "1: ldr r8, [sp, #56]\n"                          \
                                     "ldr r11, [sp, #32]\n"                            \
                                     "add r11, r11, r8\n"                              \
                                     "str r11, [sp, #32]\n"                            \
                                     "2:\n" DENSE_BIAS "ldr lr, [sp, #40]\n"           \
                                     "ldr r10, [sp]\n"                                 \
                                     "cmp r10, lr\n"                                   \
                                     "beq 4f\n"                                        \
                                     "3:\n" DENSE_PAIR_BLOCK "cmp r10, lr\n"           \
                                     "bne 3b\n"                                        \
                                     "4: ldr lr, [sp, #44]\n"                          \
                                     "cmp r10, lr\n"                                   \
                                     "beq 6f\n"                                        \
                                     "ldr r8, [sp, #24]\n"                             \
                                     "ldr r9, [sp, #8]\n"                              \
                                     "ldr r12, [sp, #48]\n"                            \
                                     "sub r8, r8, r9\n"                                \
                                     "lsls r8, r8, #28\n"                              \
                                     "itt ne\n"                                        \
                                     "ldrne r8, [sp, #52]\n"                           \
                                     "addne r11, r11, r8\n"                            \
                                     "add r11, r11, #64\n"                             \
                                     "5:\n" DENSE_PAIR_FOUR(                           \
                                         "#0]", "r12]") "add r11, r11, #4\n"           \
                                                        "cmp r10, lr\n"                \
                                                        "bne 5b\n"                     \
                                                        "6:\n" outputs DENSE_NEXT      \
                                                        "ldr r11, [sp, #32]\n"         \
                                                        "add r11, r11, #32\n"          \
                                                        "b 2b\n" DENSE_LEAVE);         \
    }

/* The blocks that are kept. */
#define DENSE_WALK_BLOCKS(name, outputs)                                               \
    static __attribute__((naked, noinline)) void name(__attribute__((unused))          \
                                                      const dense_walk_t *walk) {      \
        __asm__ volatile(DENSE_ENTER                                                   \
                         "ldrd r11, r12, [sp, #32]\n"                                  \
                         "sub r11, r11, #32\n"                                         \
                         "1: ldrh r9, [r12], #2\n"                                     \
                         "sub r11, r11, #32\n"                                         \
                         "add lr, r12, r9, lsl #1\n"                                   \
                         "strd r11, r12, [sp, #32]\n"                                  \
                         "2:\n" DENSE_BIAS "cmp r12, lr\n"                             \
                         "beq 4f\n"                                                    \
                         "3: ldrh r10, [r12], #2\n"                                    \
                         "ldr r9, [sp]\n"                                              \
                         "add r10, r9, r10, lsl #2\n" DENSE_PAIR_BLOCK "cmp r12, lr\n" \
                         "bne 3b\n"                                                    \
                         "4:\n" outputs DENSE_NEXT "ldrd r11, r12, [sp, #32]\n"        \
                         "add r11, r11, #32\n"                                         \
                         "b 2b\n" DENSE_LEAVE);                                        \
    }
DENSE_WALK_ALL(dense_walk_most, DENSE_MOST)
DENSE_WALK_ALL(dense_walk_both, DENSE_BOTH)
DENSE_WALK_BLOCKS(dense_walk_most_blocks, DENSE_MOST)
DENSE_WALK_BLOCKS(dense_walk_both_blocks, DENSE_BOTH)

/* A walk over a layer's whole groups of rows, but where the results go. */
static dense_walk_t dense_walk(const ecm_nn_dense_s8_t *layer, int32_t *work,
                               uint32_t y_step) {
    const uint32_t whole = layer->inputs_len / DENSE_CHUNK * DENSE_CHUNK;
    dense_walk_t walk = {work,
                         layer->bias,
                         layer->multiplier,
                         layer->shift,
                         layer->output_zero,
                         NULL,
                         layer->multiplier +
                             layer->outputs_len / DENSE_ROWS * DENSE_ROWS,
                         y_step,
                         layer->weights,
                         layer->blocks,
                         work + whole,
                         NULL,
                         0,
                         0,
                         0,
                         0};
    walk.width = (layer->inputs_len - whole + 3U) / 4U * 4U;
    walk.end = walk.whole + walk.width;
    walk.turn = (int32_t)(2U * walk.width) - 32;
    walk.group = DENSE_ROWS * (whole + walk.width);
    return walk;
}

/* Where the rows that are left begin. */
static dense_place_t dense_rest(const ecm_nn_dense_s8_t *layer) {
    uint32_t groups = layer->outputs_len / DENSE_ROWS;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    if (at.blocks == NULL) {
        uint32_t row = (layer->inputs_len + 3U) / 4U * 4U;
        at.weights += (size_t)DENSE_ROWS * row * groups;
        return at;
    }
    for (; groups > 0U; groups--) {
        at.weights += (size_t)DENSE_ROWS * DENSE_CHUNK * at.blocks[0];
        at.blocks += 1U + at.blocks[0];
    }
    return at;
}

/* Two inputs and one result, the greater, if y1 is NULL; else two results. */
static void dense_two(const ecm_nn_dense_s8_t *layer, dense_walk_t *walk,
                      const int8_t *const *x, int32_t *work, int8_t *y0, int8_t *y1) {
    uint32_t whole = layer->outputs_len / DENSE_ROWS * DENSE_ROWS;
    dense_place_t at;
    if (whole != 0U) {
        dense_unpack(x[0], x[1], layer->inputs_len, work);
        walk->y = y0;
        if (layer->blocks != NULL) {
            (y1 != NULL ? dense_walk_both_blocks : dense_walk_most_blocks)(walk);
        } else {
            (y1 != NULL ? dense_walk_both : dense_walk_most)(walk);
        }
    }
    if (ecm_port_rare(whole != layer->outputs_len)) {
        at = dense_rest(layer);
        if (y1 == NULL) {
            dense_long(layer, x, true, at, whole, y0);
        } else {
            const int8_t *const first[2] = {x[0], x[0]};
            const int8_t *const second[2] = {x[1], x[1]};
            dense_long(layer, first, true, at, whole, y0);
            dense_long(layer, second, true, at, whole, y1);
        }
    }
}

ecm_status_t ecm_nn_dense_batch_s8(const ecm_nn_dense_s8_t *layer,
                                   const ecm_nn_dense_batch_t *batch, const int8_t *x,
                                   int32_t *work, int8_t *y) {
    uint32_t n, used;
    dense_walk_t walk;
    bool brief;
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(batch != NULL && x != NULL && work != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(batch->pool == 1U || batch->pool == 2U, ECM_ERR_ARG);
    brief = dense_short(layer);
    walk = dense_walk(layer, work, batch->y_step);
    for (n = batch->results_len; n > 0U; n -= used) {
        /* The last of an odd number: the same twice, to the same place. */
        const int8_t *both[2] = {x, x};
        int8_t *second = NULL;
        used = 1;
        if (batch->pool == 2U) {
            both[1] += batch->x_step;
        } else if (brief && n > 1U) {
            used = 2;
            both[1] += batch->x_step;
            second = y + batch->y_step;
        }
        if (brief) {
            dense_two(layer, &walk, both, work, y, second);
        } else {
            dense_place_t at;
            at.weights = layer->weights;
            at.blocks = layer->blocks;
            dense_long(layer, both, true, at, 0, y);
        }
        x += (size_t)used * batch->pool * batch->x_step;
        y += (size_t)used * batch->y_step;
    }
    return ECM_OK;
}
