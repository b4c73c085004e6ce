/* ecm_quant.c - see ecm_quant.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_quant.h"

#include "ecm_math.h"

#define QUANT_S8_MIN (-128)
#define QUANT_S8_MAX 127

/* High half of 2 * a * b, rounded to nearest, ties away from zero. The only overflow,
 * both factors -2^31, saturates. */
static int32_t quant_doubling_high_mul(int32_t a, int32_t b) {
    int64_t product = (int64_t)a * b;
    int64_t nudge = product >= 0 ? ((int64_t)1 << 30) : (int64_t)1 - ((int64_t)1 << 30);
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

/* x / 2^exponent, rounded to nearest, ties away from zero; exponent 0 ... 31. */
static int32_t quant_rounding_shift_right(int32_t x, uint32_t exponent) {
    uint32_t mask = ((uint32_t)1 << exponent) - 1U;
    uint32_t remainder = (uint32_t)x & mask;
    uint32_t threshold = (mask >> 1) + (x < 0 ? 1U : 0U);
    /* C99 leaves >> of a negative number to the compiler; the complement is not. */
    int32_t floor = x < 0 ? ~(~x >> exponent) : x >> exponent;
    return floor + (remainder > threshold ? 1 : 0);
}

int32_t ecm_quant_requantize_s32(int32_t acc, int32_t multiplier, int32_t shift) {
    uint32_t left = shift > 0 ? (uint32_t)shift : 0U;
    uint32_t right = shift > 0 ? 0U : (uint32_t)-shift;
    int32_t scaled;
    uint32_t wrapped = (uint32_t)acc << left;
    memcpy(&scaled, &wrapped, sizeof scaled);
    return quant_rounding_shift_right(quant_doubling_high_mul(scaled, multiplier),
                                      right);
}

ecm_status_t ecm_quant_quantize_f32_s8(const float *x, uint32_t x_len, float scale,
                                       int32_t zero, int8_t *q) {
    uint32_t i;
    ECM_REQUIRE(x != NULL && q != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(scale > 0.0f && ecm_math_isfinite_f32(scale), ECM_ERR_ARG);
    ECM_REQUIRE(zero >= QUANT_S8_MIN && zero <= QUANT_S8_MAX, ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        q[i] = (int8_t)(zero + ecm_math_round_s32_f32(x[i] / scale, QUANT_S8_MIN - zero,
                                                      QUANT_S8_MAX - zero));
    }
    return ECM_OK;
}

ecm_status_t ecm_quant_dequantize_s8_f32(const int8_t *q, uint32_t q_len, float scale,
                                         int32_t zero, float *x) {
    uint32_t i;
    ECM_REQUIRE(q != NULL && x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(scale > 0.0f && ecm_math_isfinite_f32(scale), ECM_ERR_ARG);
    ECM_REQUIRE(zero >= QUANT_S8_MIN && zero <= QUANT_S8_MAX, ECM_ERR_ARG);
    for (i = 0; i < q_len; i++) {
        x[i] = scale * (float)(q[i] - zero);
    }
    return ECM_OK;
}
