/* test_ecm_fixed.c - fixed-point functions: edges, identities, the same bits
 * everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fixed.h"
#include "ecm_test.h"

void test_ecm_fixed(void);

static const int32_t edges[] = {INT32_MIN,  -INT32_MAX, -0x40000000, -65536, -1,
                                0,          1,          2,           32767,  65536,
                                0x20000001, 0x40000000, INT32_MAX};
#define EDGES_LEN (sizeof edges / sizeof edges[0])

static void test_edges(void) {
    uint32_t i, j;
    for (i = 0; i < EDGES_LEN; i++) {
        int32_t a = edges[i], *out = (int32_t *)(void *)ecm_test_memory;
        ecm_test_s32("fixed edge", a);
        ecm_test_s32("  round", ecm_fixed_round_q15(a));
        ecm_test_s32("  sqrt", ecm_fixed_sqrt_q31(a));
        ecm_test_s32("  sin", ecm_fixed_sin_q31((uint32_t)a));
        ecm_test_s32("  cos", ecm_fixed_cos_q31((uint32_t)a));
        ecm_test_s32("  log2", ecm_fixed_log2_q16((uint32_t)a));
        ecm_test_u32("  exp2", ecm_fixed_exp2_q16(a));
        for (j = 0; j < EDGES_LEN; j++, out += 6) {
            int32_t b = edges[j];
            out[0] = ecm_fixed_add_q31(a, b);
            out[1] = ecm_fixed_sub_q31(a, b);
            out[2] = ecm_fixed_mul_q31(a, b);
            out[3] = ecm_fixed_div_q31(a, b);
            out[4] = ecm_fixed_atan2_q31(a, b);
            out[5] = (int32_t)(ecm_fixed_magnitude_q31(a, b) >> 1);
        }
        ecm_test_bytes("  pairs", ecm_test_memory, EDGES_LEN * 24U);
    }
    ECM_CHECK(ecm_fixed_mul_q31(INT32_MIN, INT32_MIN) == INT32_MAX);
    ECM_CHECK(ecm_fixed_div_q31(1, 0) == INT32_MAX);
    ECM_CHECK(ecm_fixed_div_q31(INT32_MIN, INT32_MAX) == INT32_MIN);
    ECM_CHECK(ecm_fixed_sqrt_u64(UINT64_MAX) == UINT32_MAX);
    ECM_CHECK(ecm_fixed_sqrt_u64(0) == 0U);
    ECM_CHECK(ecm_fixed_mul_q15(INT16_MIN, INT16_MIN) == INT16_MAX);
    ECM_CHECK(ecm_fixed_mul_q15(INT16_MIN, INT16_MAX) == -INT16_MAX);
    ECM_CHECK(ecm_fixed_add_q15(INT16_MAX, 1) == INT16_MAX);
    ECM_CHECK(ecm_fixed_sub_q15(INT16_MIN, 1) == INT16_MIN);
    ECM_CHECK(ecm_fixed_div_q15(-1, 0) == INT16_MIN);
    ECM_CHECK(ecm_fixed_magnitude_q15(NULL, 0) == 0U);
}

/* 2048 results of each function of one number, through all sizes of argument. */
static void test_sweep(void) {
    int32_t *y = (int32_t *)(void *)ecm_test_memory;
    uint32_t i, what, x = 0x12345678U;
    for (what = 0; what < 7U; what++) {
        for (i = 0; i < 2048U; i++) {
            x = x * 1664525U + 1013904223U;
            switch (what) {
            case 0:
                y[i] = ecm_fixed_sin_q31(x);
                ECM_CHECK(ecm_fixed_sin_q15(x) == ecm_fixed_round_q15(y[i]));
                break;
            case 1:
                y[i] = ecm_fixed_cos_q31(x);
                ECM_CHECK(ecm_fixed_cos_q15(x) == ecm_fixed_round_q15(y[i]));
                break;
            case 2:
                y[i] = ecm_fixed_sqrt_q31((int32_t)(x >> 1 >> (i & 31U)));
                break;
            case 3:
                y[i] = (int32_t)(ecm_fixed_sqrt_u64((uint64_t)x << (i & 31U)) >> 1);
                break;
            case 4:
                y[i] = ecm_fixed_log2_q16(x >> (i & 31U));
                break;
            case 5:
                y[i] =
                    (int32_t)(ecm_fixed_exp2_q16((int32_t)(i * 1057U) - 1114112) >> 1);
                break;
            default:
                y[i] = ecm_fixed_atan2_q15((int16_t)((int32_t)(x >> 16) - 32768),
                                           (int16_t)((int32_t)(x & 0xffffU) - 32768));
            }
        }
        ecm_test_u32("fixed function", what);
        ecm_test_bytes("  results", y, 2048U * 4U);
    }
}

static void test_sixteen_bits(void) {
    int16_t *y = (int16_t *)(void *)ecm_test_memory;
    uint32_t i;
    for (i = 0; i < 4096U; i++) {
        int16_t a = (int16_t)((int32_t)(i * 16U) - 32768);
        int16_t b = (int16_t)((int32_t)((i * 40503U) & 0xffffU) - 32768);
        y[i] = ecm_fixed_add_q15(ecm_fixed_mul_q15(a, b), ecm_fixed_div_q15(b, a));
        y[i] = ecm_fixed_sub_q15(y[i], ecm_fixed_sqrt_q15(b));
    }
    ecm_test_bytes("fixed q15", y, 8192);
    ecm_test_u32("fixed magnitude", ecm_fixed_magnitude_q15(y, 4096));
}

static void test_ratio(void) {
    uint32_t ratio = 7;
    int32_t exponent = 7;
    ECM_CHECK(ecm_fixed_ratio_u32(1, 0, &ratio, &exponent) == ECM_ERR_ARG);
    ECM_CHECK(ecm_fixed_ratio_u32(0, 1, &ratio, &exponent) == ECM_ERR_ARG);
    ECM_CHECK(ecm_fixed_ratio_u32(1, 1, NULL, &exponent) == ECM_ERR_NULL);
    ECM_CHECK(ecm_fixed_ratio_u32(1, 1, &ratio, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ratio == 7U && exponent == 7);
    ECM_CHECK(ecm_fixed_ratio_u32(1, 3, &ratio, &exponent) == ECM_OK);
    ECM_CHECK(ratio == 0xaaaaaaaaU && exponent == -2);
    ECM_CHECK(ecm_fixed_ratio_u32(UINT32_MAX, 1, &ratio, &exponent) == ECM_OK);
    ECM_CHECK(ratio == UINT32_MAX && exponent == 31);
}

void test_ecm_fixed(void) {
    test_edges();
    test_sweep();
    test_sixteen_bits();
    test_ratio();
}
