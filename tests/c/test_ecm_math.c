/* test_ecm_math.c - elementary functions: identities, edges, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_math.h"
#include "ecm_test.h"

void test_ecm_math(void);

static const uint32_t edges[] = {
    0x00000000U, 0x80000000U, 0x00000001U, 0x80000001U, 0x007fffffU, 0x00800000U,
    0x3f7fffffU, 0x3f800000U, 0x3f800001U, 0x3f3504f3U, 0x3f3504f4U, 0x40000000U,
    0x42b17217U, 0x42b17218U, 0x42b17219U, 0xc2ce8ed0U, 0xc2ce8ed1U, 0xc2aeac50U,
    0xc2aeac4fU, 0x7f7fffffU, 0xff7fffffU, 0x7f800000U, 0xff800000U, 0x7fc00000U};

static void test_edges(void) {
    uint32_t i;
    for (i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        float x = ecm_test_from_bits(edges[i]);
        ecm_test_u32("math edge", edges[i]);
        ecm_test_f32("  sqrt", ecm_math_sqrt_f32(x));
        ecm_test_f32("  exp", ecm_math_exp_f32(x));
        ecm_test_f32("  log", ecm_math_log_f32(x));
        ecm_test_f32("  log2", ecm_math_log2_f32(x));
        ecm_test_f32("  tanh", ecm_math_tanh_f32(x));
        ecm_test_f32("  logistic", ecm_math_logistic_f32(x));
        ecm_test_u32("  finite", ecm_math_isfinite_f32(x) ? 1U : 0U);
        ecm_test_s32("  round", ecm_math_round_s32_f32(x, -128, 127));
    }
    ECM_CHECK(ecm_math_exp_f32(0.0f) == 1.0f);
    ECM_CHECK(ecm_math_log_f32(1.0f) == 0.0f);
    ECM_CHECK(ecm_math_exp_f32(-104.0f) == 0.0f);
    ECM_CHECK(!ecm_math_isfinite_f32(ecm_math_exp_f32(88.73f)));
}

/* Every function over bit patterns that visit all exponents. */
static void test_sweep(void) {
    float *y = ecm_test_memory;
    uint32_t i, bits = 0x1234567U;
    for (i = 0; i < 2048U; i++, bits += 0x83129bU) {
        float x = ecm_test_from_bits(bits & 0x7fffffffU);
        y[i] = ecm_math_sqrt_f32(x);
        ECM_CHECK(x != x || y[i] >= 0.0f);
    }
    ecm_test_array_f32("math sqrt", y, 2048);
    for (i = 0; i < 2048U; i++, bits += 0x83129bU) {
        y[i] = ecm_math_log_f32(ecm_test_from_bits(bits & 0x7fffffffU));
    }
    ecm_test_array_f32("math log", y, 2048);
    for (i = 0; i < 2048U; i++, bits += 0x83129bU) {
        y[i] = ecm_math_log2_f32(ecm_test_from_bits(bits & 0x7fffffffU));
    }
    ecm_test_array_f32("math log2", y, 2048);
    for (i = 0; i < 2048U; i++, bits += 0x183129bU) {
        y[i] = ecm_math_tanh_f32(ecm_test_from_bits(bits));
    }
    ecm_test_array_f32("math tanh", y, 2048);
    for (i = 0; i < 2048U; i++) {
        y[i] = ecm_math_exp_f32((float)i * 0.09423f - 104.3f);
        ECM_CHECK(i == 0U || y[i] >= y[i - 1U]);
    }
    ecm_test_array_f32("math exp", y, 2048);
    for (i = 0; i < 2048U; i++) {
        y[i] = ecm_math_logistic_f32((float)i * 0.09423f - 104.3f);
        ECM_CHECK(i == 0U || y[i] >= y[i - 1U]);
    }
    ecm_test_array_f32("math logistic", y, 2048);
    for (i = 0; i < 2048U; i++) {
        y[i] = ecm_math_tanh_f32((float)i * 0.00943f - 9.6f);
        ECM_CHECK(i == 0U || y[i] >= y[i - 1U]);
    }
    ecm_test_array_f32("math tanh near", y, 2048);
}

static void test_round(void) {
    ECM_CHECK(ecm_math_round_s32_f32(0.5f, -9, 9) == 1);
    ECM_CHECK(ecm_math_round_s32_f32(-0.5f, -9, 9) == -1);
    ECM_CHECK(ecm_math_round_s32_f32(0.49999997f, -9, 9) == 0);
    ECM_CHECK(ecm_math_round_s32_f32(-2.5f, -9, 9) == -3);
    ECM_CHECK(ecm_math_round_s32_f32(9.5f, -9, 9) == 9);
    ECM_CHECK(ecm_math_round_s32_f32(-1e30f, -9, 9) == -9);
    ECM_CHECK(ecm_math_round_s32_f32(8388607.5f, -16777216, 16777216) == 8388608);
}

static void test_sum(void) {
    float *x = ecm_test_memory;
    uint32_t n;
    ecm_test_noise_f32(1, x, 64);
    for (n = 0; n < 12U; n++) {
        ecm_test_f32("math sum", ecm_math_sum_f32(x, n));
    }
    ECM_CHECK(ecm_math_sum_f32(NULL, 0) == 0.0f);
    ECM_CHECK(ecm_math_sum_f32(x, 5) == ((x[0] + x[4]) + x[1]) + (x[2] + x[3]));
}

void test_ecm_math(void) {
    test_edges();
    test_sweep();
    test_round();
    test_sum();
}
