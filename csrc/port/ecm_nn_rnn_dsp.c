/* ecm_nn_rnn_dsp.c - see ecm_nn_rnn.h: cores with Armv7E-M's two products at once.
 *
 * As in ecm_nn_dense_dsp.c, SXTB16 makes two pairs of four bytes and SMLAD adds two
 * products; four rows share the values of the input. Rows may begin at any address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_nn_rnn.h"

#include "ecm_nn_rnn_rows.h"

#define RNN_ROWS 4U

/* Four products of a row with bytes e, o of an input, unpacked. */
static inline int32_t rnn_four(const int8_t *w, int32_t e, int32_t o, int32_t sum) {
    int32_t word, pair;
    __builtin_memcpy(&word, w, 4);
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(e));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(o));
    return sum;
}

/* The product of a row of n weights. */
static int32_t rnn_row(const int8_t *w, const int8_t *x, uint32_t n) {
    int32_t sum = 0;
    uint32_t i;
    for (i = 0; i < n; i++) {
        sum += (int32_t)w[i] * x[i];
    }
    return sum;
}

/* Those of four rows. */
static void rnn_quad(const int8_t *w, const int8_t *x, uint32_t n, int32_t *sums) {
    const int8_t *w1 = w + n, *w2 = w1 + n, *w3 = w2 + n, *end = w + n / 4U * 4U;
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0;
    for (; w != end; x += 4, w += 4, w1 += 4, w2 += 4, w3 += 4) {
        int32_t word, even, odd;
        __builtin_memcpy(&word, x, 4);
        __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(word));
        __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));
        a0 = rnn_four(w, even, odd, a0);
        a1 = rnn_four(w1, even, odd, a1);
        a2 = rnn_four(w2, even, odd, a2);
        a3 = rnn_four(w3, even, odd, a3);
    }
    for (n %= 4U; n > 0U; n--) {
        const int32_t value = *x++;
        a0 += value * *w++;
        a1 += value * *w1++;
        a2 += value * *w2++;
        a3 += value * *w3++;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

ecm_status_t ecm_nn_rnn_add_f32(const ecm_nn_rnn_f32_t *rows, const float *x,
                                float *sums) {
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->bias != NULL, ECM_ERR_NULL);
    ecm_nn_rnn_rows_f32(rows->weights, rows->bias, rows->inputs_len, rows->rows_len, x,
                        sums);
    return ECM_OK;
}

ecm_status_t ecm_nn_rnn_add_s8(const ecm_nn_rnn_s8_t *rows, const int8_t *x,
                               float *sums) {
    int32_t products[RNN_ROWS];
    uint32_t i = 0, r, n;
    const int8_t *w;
    ECM_REQUIRE(rows != NULL && x != NULL && sums != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(rows->weights != NULL && rows->scale != NULL && rows->bias != NULL,
                ECM_ERR_NULL);
    n = rows->inputs_len;
    w = rows->weights;
    for (; i + RNN_ROWS <= rows->rows_len; i += RNN_ROWS) {
        rnn_quad(w, x, n, products);
        for (r = 0; r < RNN_ROWS; r++) {
            sums[i + r] = ecm_nn_rnn_rows_sum(products[r], rows->scale[i + r],
                                              rows->bias[i + r], sums[i + r]);
        }
        w += (size_t)(RNN_ROWS * n);
    }
    for (; i < rows->rows_len; i++, w += n) {
        sums[i] = ecm_nn_rnn_rows_sum(rnn_row(w, x, n), rows->scale[i], rows->bias[i],
                                      sums[i]);
    }
    return ECM_OK;
}
