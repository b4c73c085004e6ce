/* test_ecm_dist.c - counters between quantiles, their spans, and five distances.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"
#include "ecm_test.h"

void test_ecm_dist(void);

static const float edges[7] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f};
static const int32_t edges_s32[7] = {1, 2, 3, 4, 5, 6, 7};
static const float even[8] = {0.125f, 0.125f, 0.125f, 0.125f,
                              0.125f, 0.125f, 0.125f, 0.125f};
static uint16_t count[ECM_DIST_BINS_MAX], other_count[ECM_DIST_BINS_MAX];

static ecm_dist_cfg_t settings(uint16_t form, uint32_t window_len) {
    ecm_dist_cfg_t cfg = {edges, NULL, even, 1000, 8, ECM_DIST_FILL, 1};
    cfg.form = form;
    cfg.window_len = window_len;
    return cfg;
}

static void test_bins(void) {
    ecm_dist_cfg_t cfg = settings(ECM_DIST_FILL, 20), whole = cfg;
    ecm_dist_distances_t found;
    ecm_dist_t st;
    uint32_t b;
    whole.edges = NULL;
    whole.edges_s32 = edges_s32;
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, &found) == ECM_MORE);
    ECM_CHECK(found.ks == 0.0f && found.freedom == 0U);
    for (b = 0; b < 8U; b++) {
        /* an edge belongs to the bin below it */
        ECM_CHECK(ecm_dist_update_f32(&st, &cfg, count, (float)b + 1.0f) == ECM_OK);
        ECM_CHECK(ecm_dist_update_s32(&st, &whole, count, (int32_t)b + 1) == ECM_OK);
        ECM_CHECK(count[b] == 2U);
    }
    ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, &found) == ECM_OK);
    ECM_CHECK(found.ks == 0.0f && found.chi2 == 0.0f && found.wasserstein == 0.0f);
    ECM_CHECK(found.psi == 0.0f && found.jensen_shannon == 0.0f);
    ECM_CHECK(found.n == 16.0f && found.freedom == 7U);
    ECM_CHECK(ecm_dist_update_f32(&st, &cfg, count, ecm_test_from_bits(0x7f800000U)) ==
              ECM_OK);
    ECM_CHECK(ecm_dist_update_f32(&st, &cfg, count, ecm_test_from_bits(0xff800000U)) ==
              ECM_OK);
    ECM_CHECK(ecm_dist_update_s32(&st, &whole, count, INT32_MIN) == ECM_OK);
    ECM_CHECK(count[0] == 4U && count[7] == 3U);
    ECM_CHECK(ecm_dist_update_f32(&st, &cfg, count, ecm_test_from_bits(0x7fc00000U)) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_dist_update_class(&st, &cfg, count, 7) == ECM_DIST_COMPLETE);
    ECM_CHECK(st.left == 0U && count[7] == 4U);
    ECM_CHECK(ecm_dist_update_f32(&st, &cfg, count, 2.5f) == ECM_ERR_FULL);
    ECM_CHECK(ecm_dist_update_class(&st, &cfg, count, 8) == ECM_ERR_ARG);
}

static void test_spans(void) {
    ecm_dist_cfg_t tumbling = settings(ECM_DIST_TUMBLING, 10);
    ecm_dist_cfg_t forgetting = settings(ECM_DIST_FORGETTING, 100);
    ecm_dist_distances_t found;
    ecm_dist_t st;
    uint32_t i;
    ECM_CHECK(ecm_dist_init(&st, &tumbling, count) == ECM_OK);
    for (i = 1; i <= 25U; i++) {
        ECM_CHECK(ecm_dist_update_f32(&st, &tumbling, count, 2.5f) ==
                  (i % 10U == 0U ? ECM_DIST_COMPLETE : ECM_OK));
        ECM_CHECK(count[2] == (i - 1U) % 10U + 1U);
    }
    ECM_CHECK(st.windows == 2U);
    ECM_CHECK(ecm_dist_init(&st, &forgetting, count) == ECM_OK);
    for (i = 1; i <= 2000U; i++) {
        (void)ecm_dist_update_f32(&st, &forgetting, count, (float)(i % 9U));
        ECM_CHECK(ecm_dist_distances_f32(&st, &forgetting, count, &found) == ECM_OK);
        ECM_CHECK(found.n <= 302.0f && (i < 1000U || found.n >= 263.0f));
    }
    ecm_test_f32("dist n", found.n);
    ecm_test_f32("dist chi2", found.chi2);
    ecm_test_bytes("dist forgetting", count, 8U * sizeof *count);
    forgetting.window_len = ECM_DIST_FORGETTING_MAX;
    ECM_CHECK(ecm_dist_init(&st, &forgetting, count) == ECM_OK);
    for (i = 0; i < 7U * 32767U; i++) { /* all in one bin: nothing wraps */
        (void)ecm_dist_update_class(&st, &forgetting, count, 1);
    }
    ECM_CHECK(st.left == 0U && count[1] == st.kept + 32767U && count[1] > 65000U);
}

static void test_merge(void) {
    ecm_dist_cfg_t cfg = settings(ECM_DIST_FILL, 600);
    ecm_dist_t a, b;
    uint32_t i;
    static uint16_t whole[8];
    ecm_dist_t st;
    float *x = ecm_test_memory;
    ecm_test_noise_f32(3, x, 500);
    ECM_CHECK(ecm_dist_init(&a, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_init(&b, &cfg, other_count) == ECM_OK);
    ECM_CHECK(ecm_dist_init(&st, &cfg, whole) == ECM_OK);
    for (i = 0; i < 500U; i++) {
        (void)ecm_dist_update_f32(&st, &cfg, whole, 4.0f + 4.0f * x[i]);
        (void)ecm_dist_update_f32(i < 123U ? &a : &b, &cfg,
                                  i < 123U ? count : other_count, 4.0f + 4.0f * x[i]);
    }
    ECM_CHECK(ecm_dist_merge(&a, &cfg, count, &b, other_count) == ECM_OK);
    for (i = 0; i < 8U; i++) {
        ECM_CHECK(count[i] == whole[i]);
    }
    ECM_CHECK(a.left == st.left && a.kept == st.kept && a.squares == st.squares);
    ECM_CHECK(ecm_dist_merge(&a, &cfg, count, &b, other_count) == ECM_ERR_FULL);
    cfg = settings(ECM_DIST_TUMBLING, 40000);
    ECM_CHECK(ecm_dist_init(&a, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_init(&b, &cfg, other_count) == ECM_OK);
    for (i = 0; i < 30000U; i++) {
        (void)ecm_dist_update_class(&b, &cfg, other_count, 2);
    }
    ECM_CHECK(ecm_dist_merge(&a, &cfg, count, &b, other_count) == ECM_ERR_FULL);
    ECM_CHECK(count[2] == 0U && a.kept == 0U);
}

static void test_refusals(void) {
    ecm_dist_cfg_t cfg = settings(ECM_DIST_FILL, 9), bad = cfg;
    ecm_dist_distances_t found;
    ecm_dist_t st;
    ECM_CHECK(ecm_dist_init(NULL, &cfg, count) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_init(&st, &cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_dist_update_f32(NULL, &cfg, count, 0.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_update_s32(&st, &cfg, count, 0) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_dist_merge(&st, &cfg, count, NULL, count) == ECM_ERR_NULL);
    bad.reference_n = 0;
    ECM_CHECK(ecm_dist_distances_f32(&st, &bad, count, &found) == ECM_ERR_ARG);
    bad.reference = NULL;
    ECM_CHECK(ecm_dist_distances_f32(&st, &bad, count, &found) == ECM_ERR_NULL);
    bad.bins = 12;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_ERR_LENGTH);
    bad.edges = NULL;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_OK);
    ECM_CHECK(ecm_dist_update_f32(&st, &bad, count, 0.0f) == ECM_ERR_NULL);
    bad.bins = 65;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_ERR_LENGTH);
    bad = cfg;
    bad.edges_s32 = edges_s32;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_ERR_ARG);
    bad = cfg;
    bad.form = ECM_DIST_FORGETTING + 1;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_ERR_ARG);
    bad.form = ECM_DIST_FORGETTING;
    bad.window_len = ECM_DIST_FORGETTING_MAX + 1U;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_ERR_ARG);
    bad.window_len = 0;
    ECM_CHECK(ecm_dist_init(&st, &bad, count) == ECM_ERR_ARG);
}

/* Numbers of all sizes, and classes. */
static void test_bits(void) {
    float *x = ecm_test_memory, *edge = x + 500, *share = edge + 64;
    ecm_dist_distances_t found;
    ecm_dist_t st;
    uint32_t i, bins;
    ecm_test_noise_f32(8, x, 500);
    for (bins = 2; bins <= 64U; bins *= 2U) {
        ecm_dist_cfg_t cfg = {edge, NULL, share, 700, 0, ECM_DIST_TUMBLING, 400};
        cfg.bins = (uint16_t)bins;
        for (i = 0; i < bins; i++) {
            share[i] = (float)(2U * i + 1U) / (float)(bins * bins);
            edge[i] = 2.0f * (float)(i + 1U) / (float)bins - 1.0f;
        }
        ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
        for (i = 0; i < 500U; i++) {
            ECM_CHECK(ecm_dist_update_f32(&st, &cfg, count, x[i]) >= ECM_OK);
        }
        ecm_test_bytes("dist count", count, bins * sizeof *count);
        ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, &found) == ECM_OK);
        ecm_test_f32("dist ks", found.ks);
        ecm_test_f32("dist chi2", found.chi2);
        ecm_test_f32("dist wasserstein", found.wasserstein);
        ecm_test_f32("dist js", found.jensen_shannon);
        ecm_test_f32("dist psi", found.psi);
        ecm_test_u32("dist freedom", found.freedom);
        cfg.edges = NULL;
        ECM_CHECK(ecm_dist_distances_f32(&st, &cfg, count, &found) == ECM_OK);
        ecm_test_f32("dist classes", found.wasserstein);
    }
}

void test_ecm_dist(void) {
    test_bins();
    test_spans();
    test_merge();
    test_refusals();
    test_bits();
}
