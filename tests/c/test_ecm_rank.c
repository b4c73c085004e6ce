/* test_ecm_rank.c - order statistics: any order, edges, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_rank.h"
#include "ecm_test.h"

void test_ecm_rank(void);

#define LEN 700U

static int32_t *rank_work(void) {
    return (int32_t *)(void *)(ecm_test_memory + LEN);
}

static void test_float(void) {
    static const float q[] = {0.0f, 0.1f, 0.25f, 0.5f, 0.75f, 0.99f, 1.0f};
    float *x = ecm_test_memory, out[7], median, mad, entropy;
    uint32_t shape, i, n, *count = (uint32_t *)(void *)rank_work();
    for (shape = 0; shape < 5U; shape++) {
        for (n = 1; n <= LEN; n = n * 3U + shape) {
            ecm_test_noise_f32(n, x, n);
            for (i = 0; i < n; i++) {
                x[i] = shape == 1U ? (float)i : x[i];
                x[i] = shape == 2U ? (float)(i % 3U) : x[i];
                x[i] = shape == 3U ? -0.1f : x[i];
                x[i] = shape == 4U && i % 7U == 3U ? ecm_test_from_bits(0x7f800000U)
                                                   : x[i];
            }
            ECM_CHECK(ecm_rank_quantiles_f32(x, n, q, 7, rank_work(), out) == ECM_OK);
            ecm_test_array_f32("rank quantiles", out, 7);
            for (i = 1; i < 7U; i++) {
                ECM_CHECK(out[i - 1U] <= out[i] || shape == 4U);
            }
            ECM_CHECK(ecm_rank_median_f32(x, n, rank_work(), &median, &mad) == ECM_OK);
            ECM_CHECK(median == out[3]);
            ecm_test_f32("rank mad", mad);
            if (shape != 4U) {
                ECM_CHECK(ecm_rank_entropy_f32(x, n, 16, count, &entropy) == ECM_OK);
                ecm_test_f32("rank entropy", entropy);
            }
        }
    }
}

static void test_q15(void) {
    static const uint32_t q[] = {0, 0x10000000U, 0x40000000U, 0x7fffffffU, 0x80000000U};
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    int32_t out[5], median;
    uint32_t mad, n, i, seed = 3, *count = (uint32_t *)(void *)rank_work();
    float entropy;
    for (n = 1; n <= LEN; n = n * 2U + 1U) {
        for (i = 0; i < n; i++) {
            seed = seed * 1664525U + 1013904223U;
            x[i] = (int16_t)((int32_t)(seed >> 16) - 32768);
        }
        ECM_CHECK(ecm_rank_quantiles_q15(x, n, q, 5, rank_work(), out) == ECM_OK);
        ecm_test_bytes("rank quantiles q15", out, sizeof out);
        ECM_CHECK(ecm_rank_median_q15(x, n, rank_work(), &median, &mad) == ECM_OK);
        ECM_CHECK(median == out[2]);
        ecm_test_u32("rank mad q15", mad);
        ECM_CHECK(ecm_rank_entropy_q15(x, n, 100, count, &entropy) == ECM_OK);
        ecm_test_f32("rank entropy q15", entropy);
    }
}

static void test_edges(void) {
    float *x = ecm_test_memory, q = 2.0f, out = 5.0f, mad;
    int16_t k = 3;
    int32_t out_q31;
    uint32_t count[4], q_q31 = 0x80000001U, mad_q31;
    ECM_CHECK(ecm_rank_quantiles_f32(x, 4, &q, 1, rank_work(), &out) == ECM_ERR_ARG);
    ECM_CHECK(out == 5.0f);
    ECM_CHECK(ecm_rank_quantiles_f32(NULL, 4, &q, 1, rank_work(), &out) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_rank_quantiles_f32(x, 4, &q, 1, NULL, &out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_rank_quantiles_f32(x, 4, NULL, 0, rank_work(), NULL) == ECM_OK);
    ECM_CHECK(ecm_rank_median_f32(NULL, 0, NULL, &out, &mad) == ECM_OK);
    ECM_CHECK(out == 0.0f && mad == 0.0f);
    ECM_CHECK(ecm_rank_median_f32(x, 0x80000000U, rank_work(), &out, &mad) ==
              ECM_ERR_LENGTH);
    ECM_CHECK(ecm_rank_median_f32(x, 4, rank_work(), NULL, &mad) == ECM_ERR_NULL);
    ECM_CHECK(ecm_rank_histogram_f32(x, 4, 1.0f, 1.0f, 4, count) == ECM_ERR_ARG);
    ECM_CHECK(ecm_rank_histogram_f32(x, 4, 0.0f, 1.0f, 0, count) == ECM_ERR_ARG);
    ECM_CHECK(ecm_rank_histogram_f32(x, 4, 0.0f, 1.0f, 4, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_rank_entropy_f32(x, 4, 1, count, &out) == ECM_ERR_ARG);
    ECM_CHECK(ecm_rank_quantiles_q15(&k, 1, &q_q31, 1, rank_work(), &out_q31) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_rank_median_q15(&k, 1, rank_work(), &out_q31, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_rank_median_q15(&k, 1, rank_work(), &out_q31, &mad_q31) == ECM_OK);
    ECM_CHECK(out_q31 == 3 * 65536 && mad_q31 == 0U);
    ECM_CHECK(ecm_rank_histogram_q15(&k, 1, 4, 3, 4, count) == ECM_ERR_ARG);
    ECM_CHECK(ecm_rank_histogram_q15(&k, 1, 0, 3, 4, count) == ECM_OK);
    ECM_CHECK(count[3] == 1U && count[0] == 0U);
}

void test_ecm_rank(void) {
    test_float();
    test_q15();
    test_edges();
}
