/* test_ecm_quant.c - rounding of the affine int8 scheme.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_quant.h"
#include "ecm_test.h"

void test_ecm_quant(void);

static void test_requantize(void) {
    static const int32_t accs[] = {0, 1, -1, 3, -3, 1000, -1000, INT32_MAX, INT32_MIN};
    static const int32_t multipliers[] = {0, 1 << 30, 1518500250, INT32_MAX};
    uint32_t i, j;
    int32_t shift;
    /* multiplier 2^30 is one half: a tie goes up */
    ECM_CHECK(ecm_quant_requantize_s32(1, 1 << 30, 0) == 1);
    ECM_CHECK(ecm_quant_requantize_s32(-3, 1 << 30, 0) == -1);
    ECM_CHECK(ecm_quant_requantize_s32(-3, 1 << 30, 1) == -3);
    ECM_CHECK(ecm_quant_requantize_s32(6, 1 << 30, -1) == 2);
    ECM_CHECK(ecm_quant_requantize_s32(-6, 1 << 30, -1) == -1);
    ECM_CHECK(ecm_quant_requantize_s32(1, INT32_MAX, 30) == 1 << 30);
    ECM_CHECK(ecm_quant_requantize_s32(4, 1 << 30, 30) == INT32_MAX);
    ECM_CHECK(ecm_quant_requantize_s32(-5, 1 << 30, 30) == INT32_MIN);
    for (i = 0; i < sizeof accs / sizeof accs[0]; i++) {
        for (j = 0; j < sizeof multipliers / sizeof multipliers[0]; j++) {
            for (shift = -31; shift <= 30; shift++) {
                ecm_test_s32("quant requantize",
                             ecm_quant_requantize_s32(accs[i], multipliers[j], shift));
            }
        }
    }
}

static void test_quantize(void) {
    float x[8] = {0.0f, 0.25f, -0.25f, 0.24f, 1e30f, -1e30f, 0.0f, 63.5f};
    float back[8];
    int8_t q[8];
    static const int8_t expected[8] = {3, 4, 2, 3, 127, -128, 3, 127};
    uint32_t i;
    x[6] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_quant_quantize_f32_s8(x, 8, 0.5f, 3, q) == ECM_OK);
    for (i = 0; i < 8U; i++) {
        ECM_CHECK(q[i] == expected[i]);
    }
    ecm_test_bytes("quant q", q, sizeof q);
    ECM_CHECK(ecm_quant_dequantize_s8_f32(q, 8, 0.5f, 3, back) == ECM_OK);
    ECM_CHECK(back[0] == 0.0f && back[1] == 0.5f && back[5] == -65.5f);
    ecm_test_array_f32("quant real", back, 8);
}

static void test_int16(void) {
    static const float x[6] = {0.0f, 0.25f, -0.25f, 1e30f, -1e30f, 63.5f};
    static const int16_t expected[6] = {0, 1, -1, 32767, -32768, 127};
    float back[6];
    int16_t q[6];
    uint32_t i;
    ECM_CHECK(ecm_quant_quantize_f32_s16(x, 6, 0.5f, q) == ECM_OK);
    ECM_CHECK(ecm_quant_dequantize_s16_f32(q, 6, 0.5f, back) == ECM_OK);
    for (i = 0; i < 6U; i++) {
        ECM_CHECK(q[i] == expected[i] && back[i] == 0.5f * (float)q[i]);
    }
    ecm_test_bytes("quant q s16", q, sizeof q);
    ECM_CHECK(ecm_quant_quantize_f32_s16(NULL, 6, 0.5f, q) == ECM_ERR_NULL);
    ECM_CHECK(ecm_quant_quantize_f32_s16(x, 6, 0.0f, q) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_dequantize_s16_f32(q, 6, -1.0f, back) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_dequantize_s16_f32(q, 6, 1.0f, NULL) == ECM_ERR_NULL);
}

static void test_refusals(void) {
    float x = 1.0f;
    int8_t q = 7;
    ECM_CHECK(ecm_quant_quantize_f32_s8(NULL, 1, 1.0f, 0, &q) == ECM_ERR_NULL);
    ECM_CHECK(ecm_quant_quantize_f32_s8(&x, 1, 0.0f, 0, &q) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_quantize_f32_s8(&x, 1, ecm_test_from_bits(0x7f800000U), 0,
                                        &q) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_quantize_f32_s8(&x, 1, 1.0f, 128, &q) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_dequantize_s8_f32(&q, 1, -1.0f, 0, &x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_dequantize_s8_f32(&q, 1, 1.0f, -129, &x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_quant_dequantize_s8_f32(&q, 1, 1.0f, 0, NULL) == ECM_ERR_NULL);
    ECM_CHECK(q == 7 && x == 1.0f);
}

void test_ecm_quant(void) {
    test_requantize();
    test_quantize();
    test_int16();
    test_refusals();
}
