/* test_ecm_func.c - functions that models use: identities, edges, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_func.h"
#include "ecm_test.h"

void test_ecm_func(void);

static const uint32_t edges[] = {
    0x00000000U, 0x80000000U, 0x00000001U, 0x80000001U, 0x00800000U,
    0x33800000U, 0x3effffffU, 0x3f000000U, 0xbf000000U, 0x3f7fffffU,
    0x3f800000U, 0xbf800000U, 0x3fc00000U, 0x40200000U, 0xc0200000U,
    0x4afffffeU, 0x4affffffU, 0x4b000000U, 0x42b17217U, 0xc2b17218U,
    0x7f7fffffU, 0xff7fffffU, 0x7f800000U, 0xff800000U, 0x7fc00000U};
#define EDGES_LEN (sizeof edges / sizeof edges[0])

static void test_edges(void) {
    uint32_t i, j;
    for (i = 0; i < EDGES_LEN; i++) {
        float x = ecm_test_from_bits(edges[i]);
        ecm_test_u32("func edge", edges[i]);
        ecm_test_f32("  floor", ecm_func_floor_f32(x));
        ecm_test_f32("  ceil", ecm_func_ceil_f32(x));
        ecm_test_f32("  trunc", ecm_func_trunc_f32(x));
        ecm_test_f32("  round", ecm_func_round_f32(x));
        ecm_test_f32("  tan", ecm_func_tan_f32(x));
        ecm_test_f32("  asin", ecm_func_asin_f32(x));
        ecm_test_f32("  acos", ecm_func_acos_f32(x));
        ecm_test_f32("  sinh", ecm_func_sinh_f32(x));
        ecm_test_f32("  cosh", ecm_func_cosh_f32(x));
        ecm_test_f32("  asinh", ecm_func_asinh_f32(x));
        ecm_test_f32("  acosh", ecm_func_acosh_f32(x));
        ecm_test_f32("  atanh", ecm_func_atanh_f32(x));
        ecm_test_f32("  log1p", ecm_func_log1p_f32(x));
        ecm_test_f32("  expm1", ecm_func_expm1_f32(x));
        ecm_test_f32("  softplus", ecm_func_softplus_f32(x));
        ecm_test_f32("  erf", ecm_func_erf_f32(x));
        for (j = 0; j < EDGES_LEN; j++) {
            ecm_test_memory[j] = ecm_func_pow_f32(x, ecm_test_from_bits(edges[j]));
        }
        ecm_test_array_f32("  pow", ecm_test_memory, EDGES_LEN);
        for (j = 0; j < EDGES_LEN; j++) {
            ecm_test_memory[j] = ecm_func_mod_f32(x, ecm_test_from_bits(edges[j]));
        }
        ecm_test_array_f32("  mod", ecm_test_memory, EDGES_LEN);
    }
}

static void test_values(void) {
    ECM_CHECK(ecm_func_round_f32(0.5f) == 0.0f);
    ECM_CHECK(ecm_func_round_f32(1.5f) == 2.0f);
    ECM_CHECK(ecm_func_round_f32(2.5f) == 2.0f);
    ECM_CHECK(ecm_func_round_f32(-2.5f) == -2.0f);
    ECM_CHECK(ecm_func_floor_f32(-0.25f) == -1.0f);
    ECM_CHECK(ecm_func_ceil_f32(0.25f) == 1.0f);
    ECM_CHECK(ecm_func_trunc_f32(-1.75f) == -1.0f);
    ECM_CHECK(ecm_func_pow_f32(3.0f, 4.0f) == 81.0f);
    ECM_CHECK(ecm_func_pow_f32(2.0f, -2.0f) == 0.25f);
    ECM_CHECK(ecm_func_fmod_f32(-7.0f, 3.0f) == -1.0f);
    ECM_CHECK(ecm_func_mod_f32(-7.0f, 3.0f) == 2.0f);
    ECM_CHECK(ecm_func_mod_f32(7.0f, -3.0f) == -2.0f);
    ECM_CHECK(ecm_func_clip_f32(2.0f, 0.0f, 1.0f) == 1.0f);
    ECM_CHECK(ecm_func_clip_f32(0.5f, 2.0f, 1.0f) == 1.0f);
}

/* What must hold for every number. */
static void test_identities(void) {
    float *x = ecm_test_memory;
    uint32_t i;
    ecm_test_noise_f32(11, x, 1024);
    for (i = 0; i < 1024U; i++) {
        float a = 8.0f * x[i], f = ecm_func_floor_f32(a);
        ECM_CHECK(f <= a && a < f + 1.0f);
        ECM_CHECK(ecm_func_ceil_f32(a) == -ecm_func_floor_f32(-a));
        ECM_CHECK(ecm_func_erf_f32(-a) == -ecm_func_erf_f32(a));
        ECM_CHECK(ecm_func_sinh_f32(-a) == -ecm_func_sinh_f32(a));
        ECM_CHECK(ecm_func_cosh_f32(-a) == ecm_func_cosh_f32(a));
        ECM_CHECK(ecm_func_pow_f32(a, 2.0f) == a * a);
        x[i] = ecm_func_softplus_f32(a) + ecm_func_expm1_f32(a);
    }
    ecm_test_array_f32("func noise", x, 1024);
}

void test_ecm_func(void) {
    test_edges();
    test_values();
    test_identities();
}
