/* test_ecm_moments.c - moments of streams: chunks, merges, edges, the same bits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_moments.h"
#include "ecm_test.h"

void test_ecm_moments(void);

static void moments_print(const char *label, const ecm_moments_result_t *result) {
    ecm_test_array_f32(label, &result->mean, sizeof *result / sizeof(float));
    ecm_test_f32(label, result->mean);
    ecm_test_f32(label, result->kurtosis);
}

static void test_plain(void) {
    static const uint32_t cuts[] = {0, 1, 2, 99, 100, 640};
    float *x = ecm_test_memory;
    ecm_moments_t whole, parts, part, merged;
    ecm_moments_result_t result;
    uint32_t i;
    ecm_test_noise_f32(5, x, 640);
    ECM_CHECK(ecm_moments_init(&whole) == ECM_OK);
    ECM_CHECK(ecm_moments_update_f32(&whole, x, 640) == ECM_OK);
    ECM_CHECK(ecm_moments_init(&parts) == ECM_OK);
    ECM_CHECK(ecm_moments_init(&merged) == ECM_OK);
    for (i = 0; i + 1U < sizeof cuts / sizeof cuts[0]; i++) {
        uint32_t n = cuts[i + 1U] - cuts[i];
        ECM_CHECK(ecm_moments_update_f32(&parts, x + cuts[i], n) == ECM_OK);
        ECM_CHECK(ecm_moments_init(&part) == ECM_OK);
        ECM_CHECK(ecm_moments_update_f32(&part, x + cuts[i], n) == ECM_OK);
        ECM_CHECK(ecm_moments_merge(&merged, &part) == ECM_OK);
    }
    ECM_CHECK(parts.n == 640U && parts.mean == whole.mean && parts.m4 == whole.m4);
    ECM_CHECK(parts.m4_rest == whole.m4_rest && merged.n == 640U);
    ECM_CHECK(ecm_moments_result_f32(&whole, &result) == ECM_OK);
    moments_print("moments plain", &result);
    ECM_CHECK(ecm_moments_result_f32(&merged, &result) == ECM_OK);
    moments_print("moments merged", &result);
    merged.n = UINT32_MAX;
    ECM_CHECK(ecm_moments_update_f32(&merged, x, 1) == ECM_ERR_FULL);
    ECM_CHECK(ecm_moments_merge(&merged, &part) == ECM_ERR_FULL);
    ECM_CHECK(ecm_moments_merge(&part, &merged) == ECM_ERR_FULL);
}

static void test_weighted(void) {
    float *x = ecm_test_memory;
    ecm_moments_ew_t st;
    ecm_moments_ew_cfg_t cfg;
    ecm_moments_result_t result;
    ecm_test_noise_f32(6, x, 300);
    cfg.weight = 0.0625f;
    ECM_CHECK(ecm_moments_ew_init(&st) == ECM_OK);
    ECM_CHECK(ecm_moments_ew_result_f32(&st, &result) == ECM_OK);
    ECM_CHECK(result.mean == 0.0f && result.kurtosis == 0.0f);
    ECM_CHECK(ecm_moments_ew_update_f32(&st, &cfg, x, 300) == ECM_OK);
    ECM_CHECK(ecm_moments_ew_result_f32(&st, &result) == ECM_OK);
    moments_print("moments weighted", &result);
    st.n = UINT32_MAX;
    ECM_CHECK(ecm_moments_ew_update_f32(&st, &cfg, x, 1) == ECM_OK);
    ECM_CHECK(st.n == UINT32_MAX);
    cfg.weight = 1.5f;
    ECM_CHECK(ecm_moments_ew_update_f32(&st, &cfg, x, 1) == ECM_ERR_ARG);
    ECM_CHECK(ecm_moments_ew_update_f32(&st, NULL, x, 1) == ECM_ERR_NULL);
}

static void test_exact(void) {
    int16_t *x = (int16_t *)(void *)ecm_test_memory;
    ecm_moments_q15_t whole, part;
    ecm_moments_result_t result;
    uint32_t i, shape, seed = 1;
    for (shape = 0; shape < 4U; shape++) {
        for (i = 0; i < 1000U; i++) {
            seed = seed * 1664525U + 1013904223U;
            x[i] = (int16_t)((int32_t)(seed >> 16) - 32768);
            if (shape == 1U) {
                x[i] = (int16_t)(30000 + (x[i] & 3));
            } else if (shape == 2U) {
                x[i] = (int16_t)((i & 1U) != 0U ? -32768 : 32767);
            } else if (shape == 3U) {
                x[i] = -32768;
            }
        }
        ECM_CHECK(ecm_moments_q15_init(&whole) == ECM_OK);
        ECM_CHECK(ecm_moments_q15_init(&part) == ECM_OK);
        ECM_CHECK(ecm_moments_q15_update(&part, x, 77) == ECM_OK);
        ECM_CHECK(ecm_moments_q15_update(&whole, x + 77, 923) == ECM_OK);
        ECM_CHECK(ecm_moments_q15_merge(&whole, &part) == ECM_OK);
        ECM_CHECK(ecm_moments_q15_result_f32(&whole, &result) == ECM_OK);
        ecm_test_bytes("moments q15 sums", &whole, sizeof whole);
        moments_print("moments q15", &result);
    }
    ECM_CHECK(result.mean == -1.0f && result.rms == 0.0f && result.kurtosis == 0.0f);
    whole.n = (uint32_t)INT32_MAX;
    ECM_CHECK(ecm_moments_q15_update(&whole, x, 1) == ECM_ERR_FULL);
    ECM_CHECK(ecm_moments_q15_merge(&whole, &part) == ECM_ERR_FULL);
}

static void test_refusals(void) {
    ecm_moments_t st;
    ecm_moments_q15_t exact;
    ecm_moments_result_t result;
    ECM_CHECK(ecm_moments_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_ew_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_q15_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_init(&st) == ECM_OK);
    ECM_CHECK(ecm_moments_q15_init(&exact) == ECM_OK);
    ECM_CHECK(ecm_moments_update_f32(&st, NULL, 0) == ECM_OK);
    ECM_CHECK(ecm_moments_update_f32(&st, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_q15_update(&exact, NULL, 1) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_merge(&st, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_q15_merge(&exact, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_result_f32(&st, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_q15_result_f32(NULL, &result) == ECM_ERR_NULL);
    ECM_CHECK(ecm_moments_result_f32(&st, &result) == ECM_OK);
    ECM_CHECK(result.mean == 0.0f && result.variance == 0.0f);
}

void test_ecm_moments(void) {
    test_plain();
    test_weighted();
    test_exact();
    test_refusals();
}
