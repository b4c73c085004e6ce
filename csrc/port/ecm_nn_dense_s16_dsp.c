/* ecm_nn_dense_s16_dsp.c - see ecm_nn_dense_s16.h: cores with Armv7E-M's two products
 * at once.
 *
 * SMLAD adds two products of 16 bits. Four weights become two pairs by SXTB16, 0 and 2,
 * 1 and 3, and four values the same pairs by PKHBT and PKHTB. 256 products of a row fit
 * into 32 bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_dense_s16.h"

#include "ecm_nn_round.h"

#define DENSE_ROWS 4U
#define DENSE_CHUNK 16U
#define DENSE_SPAN 256U

typedef int32_t __attribute__((may_alias)) dense_word_t;

/* Two pairs of values: 0 and 2, 1 and 3. */
typedef struct {
    int32_t even;
    int32_t odd;
} dense_pairs_t;

/* Four values, or the n < 4 that are left and zeros. */
static inline dense_pairs_t dense_pairs(const int16_t *x, uint32_t n) {
    dense_pairs_t pairs;
    int32_t first, second;
    if (n >= 4U) {
        __builtin_memcpy(&first, x, 4);
        __builtin_memcpy(&second, x + 2, 4);
        __asm__("pkhbt %0, %1, %2, lsl #16"
                : "=r"(pairs.even)
                : "r"(first), "r"(second));
        __asm__("pkhtb %0, %1, %2, asr #16"
                : "=r"(pairs.odd)
                : "r"(second), "r"(first));
        return pairs;
    }
    pairs.even = (uint16_t)x[0];
    pairs.odd = n > 1U ? (uint16_t)x[1] : 0;
    pairs.even |= n > 2U ? (int32_t)((uint32_t)(uint16_t)x[2] << 16) : 0;
    return pairs;
}

/* Four products of a row. */
static inline int32_t dense_four(const int8_t *w, dense_pairs_t x, int32_t sum) {
    int32_t word = *(const dense_word_t *)(const void *)w, pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(x.even));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(x.odd));
    return sum;
}

/* Four products for each of four rows of `width` weights. */
static inline __attribute__((always_inline)) void
dense_block(const int8_t *w, uint32_t width, dense_pairs_t pairs, int32_t *sum) {
    sum[0] = dense_four(w, pairs, sum[0]);
    sum[1] = dense_four(&w[width], pairs, sum[1]);
    sum[2] = dense_four(&w[2U * width], pairs, sum[2]);
    sum[3] = dense_four(&w[3U * width], pairs, sum[3]);
}

/* At most 256 products for each of four rows; the weights that follow. */
static const int8_t *dense_span(const int8_t *w, const int16_t *x, uint32_t n,
                                int64_t *acc) {
    int32_t sum[DENSE_ROWS] = {0, 0, 0, 0};
    uint32_t i, width = (n % DENSE_CHUNK + 3U) / 4U * 4U;
    for (; n >= DENSE_CHUNK; n -= DENSE_CHUNK) {
        for (i = 0; i < DENSE_CHUNK; i += 4U, x += 4, w += 4) {
            dense_block(w, DENSE_CHUNK, dense_pairs(x, 4), sum);
        }
        w += (DENSE_ROWS - 1U) * DENSE_CHUNK;
    }
    for (i = 0; i < width; i += 4U, w += 4) {
        dense_block(w, width, dense_pairs(&x[i], n - i), sum);
    }
    w += (DENSE_ROWS - 1U) * width;
    for (i = 0; i < DENSE_ROWS; i++) {
        acc[i] += sum[i];
    }
    return w;
}

/* The same for a row of its own. */
static const int8_t *dense_row(const int8_t *w, const int16_t *x, uint32_t n,
                               int64_t *acc) {
    int32_t sum = 0;
    uint32_t i;
    for (i = 0; i < n; i += 4U) {
        sum = dense_four(&w[i], dense_pairs(&x[i], n - i), sum);
    }
    *acc += sum;
    return w + (n + 3U) / 4U * 4U;
}

ecm_status_t ecm_nn_dense_s16(const ecm_nn_dense_s8_t *layer, const int16_t *x,
                              int16_t *y) {
    const int8_t *w;
    const uint16_t *blocks;
    uint32_t o, i, n, rows;
    ECM_REQUIRE(layer != NULL && x != NULL && y != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    w = layer->weights;
    blocks = layer->blocks;
    for (o = 0; o < layer->outputs_len; o += rows) {
        int64_t acc[DENSE_ROWS];
        rows = layer->outputs_len - o < DENSE_ROWS ? 1U : DENSE_ROWS;
        for (i = 0; i < rows; i++) {
            acc[i] = layer->bias[o + i];
        }
        if (blocks != NULL) {
            for (n = *blocks++; n > 0U; n--) {
                w = (rows == 1U ? dense_row : dense_span)(w, &x[*blocks++], DENSE_CHUNK,
                                                          acc);
            }
        } else {
            for (i = 0; i < layer->inputs_len; i += DENSE_SPAN) {
                n = layer->inputs_len - i < DENSE_SPAN ? layer->inputs_len - i
                                                       : DENSE_SPAN;
                w = (rows == 1U ? dense_row : dense_span)(w, &x[i], n, acc);
            }
        }
        for (i = 0; i < rows; i++) {
            y[o + i] = (int16_t)ecm_nn_round_s16(acc[i], layer->multiplier[o + i],
                                                 layer->shift[o + i], layer->output_min,
                                                 layer->output_max);
        }
    }
    return ECM_OK;
}
