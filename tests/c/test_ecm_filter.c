/* test_ecm_filter.c - biquads: chunking, decay, saturation, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_filter.h"
#include "ecm_math.h"
#include "ecm_test.h"

void test_ecm_filter(void);

enum { FILTER_N = 500 };

/* Butterworth low-pass of fourth order at a tenth of the sampling rate. */
static const ecm_filter_biquad_f32_t filter_low[2] = {
    {0x1.3c2b0cp-8f, 0x1.3c2b0cp-7f, 0x1.3c2b0cp-8f, -0x1.0c7106p+0f, 0x1.2f3f6ap-2f},
    {1.0f, 2.0f, 1.0f, -0x1.522762p+0f, 0x1.43f656p-1f}};

static void test_chunks_f32(void) {
    float *x = ecm_test_memory, *whole = x + FILTER_N, *out = whole + FILTER_N;
    ecm_filter_biquad_state_f32_t st[2], end[2];
    uint32_t chunk, at, i;
    ecm_test_noise_f32(3, x, FILTER_N);
    ECM_CHECK(ecm_filter_init_f32(st, filter_low, 2, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, x, FILTER_N, whole) == ECM_OK);
    memcpy(end, st, sizeof end);
    ecm_test_array_f32("filter low", whole, FILTER_N);
    ecm_test_array_f32("filter state", &st[0].s1, 4);
    for (chunk = 1; chunk < FILTER_N; chunk = 2U * chunk + 1U) {
        memcpy(out, x, FILTER_N * sizeof *x); /* in place */
        ECM_CHECK(ecm_filter_init_f32(st, filter_low, 2, 0.0f) == ECM_OK);
        for (at = 0; at < FILTER_N; at += chunk) {
            uint32_t n = FILTER_N - at < chunk ? FILTER_N - at : chunk;
            ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, out + at, n, out + at) ==
                      ECM_OK);
        }
        for (i = 0; i < FILTER_N; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
        ECM_CHECK(st[0].s1 == end[0].s1 && st[1].s2 == end[1].s2);
    }
}

/* A constant that has always been there passes at once. */
static void test_settled_f32(void) {
    float *out = ecm_test_memory;
    ecm_filter_biquad_state_f32_t st[2];
    uint32_t i;
    ECM_CHECK(ecm_filter_init_f32(st, filter_low, 2, 3.0f) == ECM_OK);
    for (i = 0; i < FILTER_N; i++) {
        out[i] = 3.0f;
    }
    ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, out, FILTER_N, out) == ECM_OK);
    for (i = 0; i < FILTER_N; i++) {
        ECM_CHECK(out[i] > 2.9999f && out[i] < 3.0001f);
    }
    ecm_test_array_f32("filter settled", out, FILTER_N);
}

/* After the signal the state decays into the subnormals, by the same bits everywhere.
 */
static void test_decay_f32(void) {
    float *x = ecm_test_memory;
    ecm_filter_biquad_state_f32_t st[2];
    uint32_t i;
    memset(x, 0, FILTER_N * sizeof *x);
    x[0] = 1.0f;
    ECM_CHECK(ecm_filter_init_f32(st, filter_low, 2, 0.0f) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, x, FILTER_N, x) == ECM_OK);
    ecm_test_array_f32("filter impulse", x, FILTER_N);
    for (i = 0; i < 3U; i++) {
        memset(x, 0, FILTER_N * sizeof *x);
        ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, x, FILTER_N, x) == ECM_OK);
        ecm_test_array_f32("filter decay", x, FILTER_N);
    }
    for (i = 0; i < FILTER_N; i++) {
        ECM_CHECK(x[i] < 1e-42f && x[i] > -1e-42f);
    }
}

/* The same filter in Q31 and Q15 (the second one coarse). */
static const ecm_filter_biquad_q31_t filter_low_q31[2] = {
    {5180099, 10360198, 5180099, -1125925222, 317978288, 30},
    {536870912, 1073741824, 536870912, -709159998, 339699053, 29}};
static const ecm_filter_biquad_q15_t filter_low_q15[2] = {
    {79, 158, 79, -17180, 4852, 14}, {8192, 16384, 8192, -10821, 5183, 13}};

static void test_chunks_q31(void) {
    int32_t *x = (int32_t *)(void *)ecm_test_memory;
    int32_t *whole = x + FILTER_N, *out = whole + FILTER_N;
    ecm_filter_biquad_state_q31_t st[2];
    uint32_t chunk, at, i, seed = 7;
    for (i = 0; i < FILTER_N; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int32_t)(seed >> 1) - 0x40000000;
    }
    ECM_CHECK(ecm_filter_init_q31(st, filter_low_q31, 2) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_q31(st, filter_low_q31, 2, x, FILTER_N, whole) ==
              ECM_OK);
    ecm_test_bytes("filter q31", whole, FILTER_N * 4U);
    ecm_test_bytes("filter q31 state", st, sizeof st);
    for (chunk = 1; chunk < FILTER_N; chunk = 2U * chunk + 1U) {
        memcpy(out, x, FILTER_N * sizeof *x);
        ECM_CHECK(ecm_filter_init_q31(st, filter_low_q31, 2) == ECM_OK);
        for (at = 0; at < FILTER_N; at += chunk) {
            uint32_t n = FILTER_N - at < chunk ? FILTER_N - at : chunk;
            ECM_CHECK(ecm_filter_biquad_q31(st, filter_low_q31, 2, out + at, n,
                                            out + at) == ECM_OK);
        }
        for (i = 0; i < FILTER_N; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
}

static void test_chunks_q15(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    int16_t *whole = x + FILTER_N, *out = whole + FILTER_N;
    ecm_filter_biquad_state_q15_t st[2];
    uint32_t chunk, at, i, seed = 8;
    for (i = 0; i < FILTER_N; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)((int32_t)(seed >> 17) - 0x4000);
    }
    ECM_CHECK(ecm_filter_init_q15(st, filter_low_q15, 2) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_q15(st, filter_low_q15, 2, x, FILTER_N, whole) ==
              ECM_OK);
    ecm_test_bytes("filter q15", whole, FILTER_N * 2U);
    ecm_test_bytes("filter q15 state", st, sizeof st);
    for (chunk = 1; chunk < FILTER_N; chunk = 2U * chunk + 1U) {
        memcpy(out, x, FILTER_N * sizeof *x);
        ECM_CHECK(ecm_filter_init_q15(st, filter_low_q15, 2) == ECM_OK);
        for (at = 0; at < FILTER_N; at += chunk) {
            uint32_t n = FILTER_N - at < chunk ? FILTER_N - at : chunk;
            ECM_CHECK(ecm_filter_biquad_q15(st, filter_low_q15, 2, out + at, n,
                                            out + at) == ECM_OK);
        }
        for (i = 0; i < FILTER_N; i++) {
            ECM_CHECK(out[i] == whole[i]);
        }
    }
}

/* Coefficients at the limit of what init allows, and samples that drive them there. */
static void test_saturation(void) {
    static const ecm_filter_biquad_q31_t wide = {INT32_MAX, INT32_MIN, 0, 0, 0, 16};
    static const ecm_filter_biquad_q15_t wide16 = {32767, -32768, 0, 0, 0, 8};
    static const int32_t swing[4] = {INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX};
    static const int16_t swing16[4] = {-32768, 32767, -32768, 32767};
    ecm_filter_biquad_state_q31_t st;
    ecm_filter_biquad_state_q15_t st16;
    int32_t out[4];
    int16_t out16[4];
    ECM_CHECK(ecm_filter_init_q31(&st, &wide, 1) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_q31(&st, &wide, 1, swing, 4, out) == ECM_OK);
    ECM_CHECK(out[0] == INT32_MIN && out[1] == INT32_MAX && out[2] == INT32_MIN);
    ecm_test_bytes("filter q31 clamped", &st, sizeof st);
    ECM_CHECK(ecm_filter_init_q15(&st16, &wide16, 1) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_q15(&st16, &wide16, 1, swing16, 4, out16) == ECM_OK);
    ECM_CHECK(out16[0] == -32768 && out16[1] == 32767 && out16[2] == -32768);
    ecm_test_bytes("filter q15 clamped", &st16, sizeof st16);
}

static void test_refusals(void) {
    float *x = ecm_test_memory;
    ecm_filter_biquad_state_f32_t st[2];
    ecm_filter_biquad_state_q31_t st31;
    ecm_filter_biquad_state_q15_t st15;
    ecm_filter_biquad_q31_t q31 = {INT32_MAX, INT32_MAX, 2, 0, 0, 30};
    ecm_filter_biquad_q15_t q15 = {32767, 32767, 2, 0, 0, 14};
    ECM_CHECK(ecm_filter_init_f32(NULL, filter_low, 2, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_filter_init_f32(st, filter_low, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(ecm_filter_init_f32(st, filter_low, 2, ecm_test_from_bits(0x7f800000U)) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_filter_init_f32(st, filter_low, 2, 0) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, NULL, 1, x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 2, NULL, 0, NULL) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_f32(st, filter_low, 0, x, 1, x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_filter_init_q31(&st31, &q31, 1) == ECM_ERR_ARG); /* the sum */
    q31.b2 = 1;
    ECM_CHECK(ecm_filter_init_q31(&st31, &q31, 1) == ECM_OK);
    q31.bits = 31;
    ECM_CHECK(ecm_filter_init_q31(&st31, &q31, 1) == ECM_ERR_ARG);
    q31.bits = 15;
    ECM_CHECK(ecm_filter_init_q31(&st31, &q31, 1) == ECM_ERR_ARG);
    q31.bits = 30;
    q31.b1 = q31.b2 = 0;
    q31.a1 = INT32_MIN;
    ECM_CHECK(ecm_filter_init_q31(&st31, &q31, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_filter_init_q15(&st15, &q15, 1) == ECM_ERR_ARG);
    q15.b2 = 1;
    ECM_CHECK(ecm_filter_init_q15(&st15, &q15, 1) == ECM_OK);
    q15.bits = 15;
    ECM_CHECK(ecm_filter_init_q15(&st15, &q15, 1) == ECM_ERR_ARG);
    q15.bits = 7;
    ECM_CHECK(ecm_filter_init_q15(&st15, &q15, 1) == ECM_ERR_ARG);
}

void test_ecm_filter(void) {
    test_chunks_f32();
    test_settled_f32();
    test_decay_f32();
    test_chunks_q31();
    test_chunks_q15();
    test_saturation();
    test_refusals();
}
