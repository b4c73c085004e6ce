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

static inline int32_t dense_smmulr(int32_t a, int32_t b) {
    int32_t y;
    __asm__("smmulr %0, %1, %2" : "=r"(y) : "r"(a), "r"(b));
    return y;
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
dense_round(const int32_t *multiplier, const uint8_t *shift, int32_t half, bool twice) {
    uint32_t right = *shift - ECM_NN_SHIFT_FAST_MIN + (twice ? 1U : 0U);
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

/* Two roundings: ecm_nn_round_twice_s8. */
static inline __attribute__((always_inline)) int8_t
dense_twice_s8(const dense_round_t *round, int32_t acc) {
    int32_t sum = dense_smmulr(acc * 2, round->multiplier);
    sum += round->half - (int32_t)((uint32_t)sum >> 31);
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
        round = dense_round(multiplier, shift, half, false);
        to[0] = dense_s8(&round, acc[0]);
        round = dense_round(multiplier + 1, shift + 1, half, false);
        to[1] = dense_s8(&round, acc[1]);
        round = dense_round(multiplier + 2, shift + 2, half, false);
        to[2] = dense_s8(&round, acc[2]);
        round = dense_round(multiplier + 3, shift + 3, half, false);
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
    for (; n >= 4U; n -= 4U) {
        int32_t a = dense_load(x0), b = dense_load(x1);
        work[0] = dense_even(a);
        work[1] = dense_odd(a);
        work[2] = dense_even(b);
        work[3] = dense_odd(b);
        x0 += 4;
        x1 += 4;
        work += 4;
    }
    if (n > 0U) {
        int32_t a = dense_load_some(x0, n), b = dense_load_some(x1, n);
        work[0] = dense_even(a);
        work[1] = dense_odd(a);
        work[2] = dense_even(b);
        work[3] = dense_odd(b);
    }
}

#define DENSE_TWO(i, acc0, acc1)                                                       \
    "ldr %[v], [%[w], #" i "]\n"                                                       \
    "sxtb16 %[t], %[v]\n"                                                              \
    "smlad %[" acc0 "], %[t], %[xa], %[" acc0 "]\n"                                    \
    "smlad %[" acc1 "], %[t], %[xc], %[" acc1 "]\n"                                    \
    "sxtb16 %[v], %[v], ror #8\n"                                                      \
    "smlad %[" acc0 "], %[v], %[xb], %[" acc0 "]\n"                                    \
    "smlad %[" acc1 "], %[v], %[xd], %[" acc1 "]\n"

#define DENSE_PAIR_FOUR(i0, i1)                                                        \
    "ldmia %[p]!, {%[xa], %[xb], %[xc], %[xd]}\n" DENSE_TWO(i0, "a0", "b0")            \
        DENSE_TWO(i1, "a1", "b1")

/* 2 rows by 16 inputs of each of two. */
#define DENSE_PAIR_BLOCK()                                                             \
    do {                                                                               \
        register int32_t xa __asm__("r8");                                             \
        register int32_t xb __asm__("r9");                                             \
        register int32_t xc __asm__("r10");                                            \
        register int32_t xd __asm__("r11");                                            \
        int32_t v, t;                                                                  \
        __asm__ volatile(DENSE_PAIR_FOUR("0", "16") DENSE_PAIR_FOUR("4", "20")         \
                             DENSE_PAIR_FOUR("8", "24") DENSE_PAIR_FOUR("12", "28")    \
                         : [a0] "+r"(a0), [a1] "+r"(a1), [b0] "+r"(b0), [b1] "+r"(b1), \
                           [p] "+r"(p), [xa] "=&r"(xa), [xb] "=&r"(xb),                \
                           [xc] "=&r"(xc), [xd] "=&r"(xd), [v] "=&r"(v), [t] "=&r"(t)  \
                         : [w] "r"(w)                                                  \
                         : "memory");                                                  \
        w += DENSE_ROWS * DENSE_CHUNK;                                                 \
    } while (0)

/* The inputs after the last whole chunk: two rows, `width` apart, of both inputs. */
static void dense_pair_rest(const int8_t *w, uint32_t width, const int32_t *work,
                            int32_t acc[DENSE_ROWS]) {
    uint32_t i;
    for (i = 0; i < width; i += 4U, work += 4, w += 4) {
        acc[0] = dense_four(w, work[0], work[1], acc[0]);
        acc[1] = dense_four(w, work[2], work[3], acc[1]);
        acc[2] = dense_four(w + width, work[0], work[1], acc[2]);
        acc[3] = dense_four(w + width, work[2], work[3], acc[3]);
    }
}

/* Two rows of a group for both inputs; the greater of each row's two if y1 is NULL. */
static inline __attribute__((always_inline)) void
dense_pair_half(const ecm_nn_dense_s8_t *layer, const dense_place_t *at, uint32_t row,
                const int32_t *work, uint32_t o, int32_t half, int8_t *y0, int8_t *y1) {
    const uint32_t whole = layer->inputs_len / DENSE_CHUNK * DENSE_CHUNK;
    int32_t a0 = layer->bias[o], a1 = layer->bias[o + 1U], b0 = a0, b1 = a1;
    const int8_t *w = at->weights + row * DENSE_CHUNK;
    dense_round_t round;
    if (at->blocks != NULL) {
        const uint16_t *block = at->blocks + 1, *end = block + at->blocks[0];
        while (block != end) {
            const int32_t *p = work + *block++;
            DENSE_PAIR_BLOCK();
        }
    } else {
        const int32_t *p = work, *end = work + whole;
        while (p != end) {
            DENSE_PAIR_BLOCK();
        }
        if (ecm_port_rare(layer->inputs_len != whole)) {
            uint32_t width = (layer->inputs_len - whole + 3U) / 4U * 4U;
            int32_t acc[DENSE_ROWS] = {a0, b0, a1, b1};
            w = at->weights + DENSE_ROWS * whole + row * width;
            dense_pair_rest(w, width, p, acc);
            a0 = acc[0];
            b0 = acc[1];
            a1 = acc[2];
            b1 = acc[3];
        }
    }
    if (y1 == NULL) {
        a0 = a0 > b0 ? a0 : b0;
        a1 = a1 > b1 ? a1 : b1;
    }
    round = dense_round(&layer->multiplier[o], &layer->shift[o], half, true);
    y0[o] = dense_twice_s8(&round, a0);
    if (y1 != NULL) {
        y1[o] = dense_twice_s8(&round, b0);
    }
    round = dense_round(&layer->multiplier[o + 1U], &layer->shift[o + 1U], half, true);
    y0[o + 1U] = dense_twice_s8(&round, a1);
    if (y1 != NULL) {
        y1[o + 1U] = dense_twice_s8(&round, b1);
    }
}

/* Whole groups of rows for both inputs. Returns where the rows that are left begin. */
static __attribute__((noinline)) dense_place_t dense_pair(
    const ecm_nn_dense_s8_t *layer, const int32_t *work, int8_t *y0, int8_t *y1) {
    const int32_t half = 2 * layer->output_zero + 1;
    const size_t group = (size_t)DENSE_ROWS * ((layer->inputs_len + 3U) / 4U * 4U);
    uint32_t o;
    dense_place_t at;
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (o = 0; o + DENSE_ROWS <= layer->outputs_len; o += DENSE_ROWS) {
        dense_pair_half(layer, &at, 0, work, o, half, y0, y1);
        dense_pair_half(layer, &at, 2, work, o + 2U, half, y0, y1);
        if (at.blocks != NULL) {
            at.weights += (size_t)DENSE_ROWS * DENSE_CHUNK * at.blocks[0];
            at.blocks += 1U + at.blocks[0];
        } else {
            at.weights += group;
        }
    }
    return at;
}

/* Two inputs and one result, the greater, if y1 is NULL; else two results. */
static void dense_two(const ecm_nn_dense_s8_t *layer, const int8_t *const *x,
                      int32_t *work, int8_t *y0, int8_t *y1) {
    uint32_t whole = layer->outputs_len / DENSE_ROWS * DENSE_ROWS;
    dense_place_t at;
    dense_unpack(x[0], x[1], layer->inputs_len, work);
    at = dense_pair(layer, work, y0, y1);
    if (whole == layer->outputs_len) {
        return;
    }
    if (y1 == NULL) {
        dense_long(layer, x, true, at, whole, y0);
    } else {
        const int8_t *const first[2] = {x[0], x[0]}, *const second[2] = {x[1], x[1]};
        dense_long(layer, first, true, at, whole, y0);
        dense_long(layer, second, true, at, whole, y1);
    }
}

ecm_status_t ecm_nn_dense_batch_s8(const ecm_nn_dense_s8_t *layer,
                                   const ecm_nn_dense_batch_t *batch, const int8_t *x,
                                   int32_t *work, int8_t *y) {
    uint32_t n, used;
    dense_place_t at;
    bool brief;
    ecm_status_t status = dense_check(layer);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(batch != NULL && x != NULL && work != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(batch->pool == 1U || batch->pool == 2U, ECM_ERR_ARG);
    brief = dense_short(layer);
    at.weights = layer->weights;
    at.blocks = layer->blocks;
    for (n = batch->results_len; n > 0U; n -= used) {
        const int8_t *both[2] = {x, x};
        used = 1;
        if (batch->pool == 2U) {
            both[1] += batch->x_step;
            if (brief) {
                dense_two(layer, both, work, y, NULL);
            }
        } else if (brief && n > 1U) {
            used = 2;
            both[1] += batch->x_step;
            dense_two(layer, both, work, y, y + batch->y_step);
        } else if (brief) { /* the same twice, to the same place */
            dense_two(layer, both, work, y, NULL);
        }
        if (!brief) {
            dense_long(layer, both, true, at, 0, y);
        }
        x += (size_t)used * batch->pool * batch->x_step;
        y += (size_t)used * batch->y_step;
    }
    return ECM_OK;
}
