/* ecm_quant.c - see ecm_quant.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_quant.h"

#include "ecm_math.h"

#define QUANT_S8_MIN (-128)
#define QUANT_S8_MAX 127
#define QUANT_S16_MIN (-32768)
#define QUANT_S16_MAX 32767

int32_t ecm_quant_requantize_s32(int32_t acc, int32_t multiplier, int32_t shift) {
    uint32_t right = (uint32_t)(31 - shift);
    int64_t sum = (int64_t)acc * multiplier + ((int64_t)1 << (right - 1U));
    /* C99 leaves >> of a negative number to the compiler; the complement is not. */
    int64_t scaled = sum < 0 ? ~(~sum >> right) : sum >> right;
    scaled = scaled < INT32_MIN ? INT32_MIN : scaled;
    scaled = scaled > INT32_MAX ? INT32_MAX : scaled;
    return (int32_t)scaled;
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

ecm_status_t ecm_quant_quantize_f32_s16(const float *x, uint32_t x_len, float scale,
                                        int16_t *q) {
    uint32_t i;
    ECM_REQUIRE(x != NULL && q != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(scale > 0.0f && ecm_math_isfinite_f32(scale), ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        q[i] =
            (int16_t)ecm_math_round_s32_f32(x[i] / scale, QUANT_S16_MIN, QUANT_S16_MAX);
    }
    return ECM_OK;
}

ecm_status_t ecm_quant_dequantize_s16_f32(const int16_t *q, uint32_t q_len, float scale,
                                          float *x) {
    uint32_t i;
    ECM_REQUIRE(q != NULL && x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(scale > 0.0f && ecm_math_isfinite_f32(scale), ECM_ERR_ARG);
    for (i = 0; i < q_len; i++) {
        x[i] = scale * (float)q[i];
    }
    return ECM_OK;
}
