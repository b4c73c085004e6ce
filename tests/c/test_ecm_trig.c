/* test_ecm_trig.c - sine, cosine and angles: identities, edges, the same bits
 * everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_test.h"
#include "ecm_trig.h"

void test_ecm_trig(void);

static const uint32_t edges[] = {
    0x00000000U, 0x80000000U, 0x00000001U, 0x80000001U, 0x007fffffU, 0x00800000U,
    0x397fffffU, 0x39800000U, 0x3f490fdbU, 0x3f490fdcU, 0x3f800000U, 0x3fc90fdaU,
    0x3fc90fdbU, 0x40490fdbU, 0xc0490fdbU, 0x40c90fdbU, 0x43b18000U, 0x4f800000U,
    0x6a1976f1U, 0x7f7fffffU, 0xff7fffffU, 0x7f800000U, 0xff800000U, 0x7fc00000U};
#define EDGES_LEN (sizeof edges / sizeof edges[0])

static void test_edges(void) {
    uint32_t i, j;
    for (i = 0; i < EDGES_LEN; i++) {
        float x = ecm_test_from_bits(edges[i]);
        ecm_test_u32("trig edge", edges[i]);
        ecm_test_f32("  sin", ecm_trig_sin_f32(x));
        ecm_test_f32("  cos", ecm_trig_cos_f32(x));
        for (j = 0; j < EDGES_LEN; j++) {
            ecm_test_memory[j] = ecm_trig_atan2_f32(x, ecm_test_from_bits(edges[j]));
        }
        ecm_test_array_f32("  atan2", ecm_test_memory, EDGES_LEN);
    }
    ECM_CHECK(ecm_trig_cos_f32(0.0f) == 1.0f);
    ECM_CHECK(ecm_trig_atan2_f32(0.0f, -1.0f) == 0x1.921fb6p+1f);
    ECM_CHECK(ecm_trig_atan2_f32(1.0f, 0.0f) == 0x1.921fb6p+0f);
    ECM_CHECK(ecm_trig_atan2_f32(-1.0f, 1.0f) == -0x1.921fb6p-1f);
}

/* Bit patterns that visit all exponents and both signs. */
static void test_sweep(void) {
    float *s = ecm_test_memory, *c = ecm_test_memory + 1024;
    uint32_t i, bits = 0x1234567U;
    for (i = 0; i < 1024U; i++, bits += 0x183129bU) {
        float x = ecm_test_from_bits(bits), s1 = ecm_trig_sin_f32(x);
        ECM_CHECK(ecm_trig_sincos_f32(x, s + i, c + i) == ECM_OK);
        ECM_CHECK(s1 != s1 || (s[i] == s1 && c[i] == ecm_trig_cos_f32(x)));
    }
    ecm_test_array_f32("trig sin", s, 1024);
    ecm_test_array_f32("trig cos", c, 1024);
    for (i = 0; i < 1024U; i++, bits += 0x283129bU) {
        s[i] = ecm_trig_atan2_f32(ecm_test_from_bits(bits),
                                  ecm_test_from_bits(bits * 0x9e3779b1U));
    }
    ecm_test_array_f32("trig atan2 far", s, 1024);
    ecm_test_noise_f32(7, s, 2048);
    for (i = 0; i < 1024U; i++) {
        s[i] = ecm_trig_atan2_f32(s[i], c[i]);
    }
    ecm_test_array_f32("trig atan2", s, 1024);
}

static void test_null(void) {
    float y = 0.0f;
    ECM_CHECK(ecm_trig_sincos_f32(1.0f, NULL, &y) == ECM_ERR_NULL);
    ECM_CHECK(ecm_trig_sincos_f32(1.0f, &y, NULL) == ECM_ERR_NULL);
    ECM_CHECK(y == 0.0f);
}

void test_ecm_trig(void) {
    test_edges();
    test_sweep();
    test_null();
}
