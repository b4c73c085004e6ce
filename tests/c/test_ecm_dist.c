/* test_ecm_dist.c - counters between quantiles.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"
#include "ecm_test.h"

void test_ecm_dist(void);

static const float edges[ECM_DIST_EDGES] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f};
static const float even[ECM_DIST_BINS] = {0.125f, 0.125f, 0.125f, 0.125f,
                                          0.125f, 0.125f, 0.125f, 0.125f};

static void test_bins(void) {
    ecm_dist_t st;
    float ks = 9.0f;
    uint32_t b, n = 9;
    ECM_CHECK(ecm_dist_init(&st) == ECM_OK);
    ECM_CHECK(ecm_dist_ks_f32(&st, even, &ks, &n) == ECM_MORE);
    ECM_CHECK(ks == 0.0f && n == 0U);
    for (b = 0; b < ECM_DIST_BINS; b++) {
        /* an edge belongs to the bin below it */
        ECM_CHECK(ecm_dist_update_f32(&st, edges, (float)b + 1.0f) == ECM_OK);
        ECM_CHECK(ecm_dist_update_f32(&st, edges, (float)b + 0.5f) == ECM_OK);
        ECM_CHECK(st.count[b] == 2U);
    }
    ECM_CHECK(ecm_dist_ks_f32(&st, even, &ks, &n) == ECM_OK);
    ECM_CHECK(ks == 0.0f && n == 16U);
    ECM_CHECK(ecm_dist_update_f32(&st, edges, ecm_test_from_bits(0x7f800000U)) ==
              ECM_OK);
    ECM_CHECK(ecm_dist_update_f32(&st, edges, ecm_test_from_bits(0xff800000U)) ==
              ECM_OK);
    ECM_CHECK(st.count[0] == 3U && st.count[7] == 3U);
    ECM_CHECK(ecm_dist_update_f32(&st, edges, ecm_test_from_bits(0x7fc00000U)) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_dist_ks_f32(&st, even, &ks, &n) == ECM_OK && n == 18U);
    ecm_test_f32("dist ks", ks);
}

static void test_full(void) {
    ecm_dist_t st;
    uint32_t i;
    ECM_CHECK(ecm_dist_init(&st) == ECM_OK);
    for (i = 0; i < ECM_DIST_COUNT_MAX; i++) {
        ECM_CHECK(ecm_dist_update_f32(&st, edges, 2.5f) == ECM_OK);
    }
    ECM_CHECK(ecm_dist_update_f32(&st, edges, 2.5f) == ECM_ERR_FULL);
    ECM_CHECK(ecm_dist_update_f32(&st, edges, 9.0f) == ECM_ERR_FULL); /* any bin */
    ECM_CHECK(st.count[2] == ECM_DIST_COUNT_MAX && st.count[7] == 0U);
}

static void test_refusals(void) {
    ecm_dist_t st;
    float ks;
    uint32_t n;
    ECM_CHECK(ecm_dist_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_init(&st) == ECM_OK);
    ECM_CHECK(ecm_dist_update_f32(&st, NULL, 0.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_update_f32(NULL, edges, 0.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_ks_f32(&st, NULL, &ks, &n) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_ks_f32(&st, even, &ks, NULL) == ECM_ERR_NULL);
}

static void test_bits(void) {
    static const float uneven[ECM_DIST_BINS] = {0.1f, 0.2f, 0.05f, 0.15f,
                                                0.1f, 0.1f, 0.2f,  0.1f};
    ecm_dist_t st;
    float ks;
    uint32_t i, n;
    ecm_test_noise_f32(8, ecm_test_memory, 1000);
    ECM_CHECK(ecm_dist_init(&st) == ECM_OK);
    for (i = 0; i < 1000U; i++) {
        float x = 4.0f * ecm_test_memory[i] + 4.0f;
        ECM_CHECK(ecm_dist_update_f32(&st, edges, x) == ECM_OK);
    }
    ECM_CHECK(ecm_dist_ks_f32(&st, uneven, &ks, &n) == ECM_OK && n == 1000U);
    ecm_test_f32("dist ks", ks);
    for (i = 0; i < ECM_DIST_BINS; i++) {
        ecm_test_u32("dist count", st.count[i]);
    }
}

void test_ecm_dist(void) {
    test_bins();
    test_full();
    test_refusals();
    test_bits();
}
