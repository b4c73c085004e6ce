/* test_ecm_score.c - scores by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_score.h"
#include "ecm_test.h"

void test_ecm_score(void);

static const float edges[] = {-1.0f, 0.0f, 2.0f};
static const float scores[] = {-2.0f, -1.5f, -1.0f, 0.0f, 1.0f, 1.5f, 2.0f};

static void test_table(void) {
    static const ecm_score_cfg_t cfg = {
        10.0f, 1.0f, {0.0f, 0.0f, 0.0f, 0.0f}, edges, scores, 0, 3};
    static const float x[] = {8.0f, 9.0f, 9.5f, 10.0f, 11.0f, 12.0f, 13.0f};
    ecm_score_t st;
    float z;
    uint32_t i;
    ECM_CHECK(ecm_score_init(&st) == ECM_OK);
    for (i = 0; i < 7U; i++) {
        ECM_CHECK(ecm_score_update_f32(&st, &cfg, x[i], &z) == ECM_OK);
        ECM_CHECK(z == scores[i]);
    }
}

/* A machine of half the spread about another mean: the same scores. */
static void test_other_unit(void) {
    static const float weights[] = {-0.5f, 0.25f};
    static const float x[] = {8.0f, 9.5f, 9.25f, 10.0f, 11.0f, 12.5f, 13.0f};
    ecm_score_cfg_t cfg = {10.0f, 1.0f, {0.0f, 0.0f, 0.0f, 0.0f}, edges, scores, 2, 3};
    ecm_score_cfg_t other;
    ecm_score_t one, two;
    float a = 0.0f, b = 0.0f;
    uint32_t i;
    memcpy(cfg.phi, weights, sizeof weights);
    other = cfg;
    other.center = -3.0f;
    other.scale = 2.0f;
    ECM_CHECK(ecm_score_init(&one) == ECM_OK && ecm_score_init(&two) == ECM_OK);
    for (i = 0; i < 7U; i++) {
        float y = (x[i] - 10.0f) * 0.5f - 3.0f;
        ECM_CHECK(ecm_score_update_f32(&one, &cfg, x[i], &a) ==
                  ecm_score_update_f32(&two, &other, y, &b));
        ECM_CHECK(a == b);
    }
}

static void test_autoregression(void) {
    static const ecm_score_cfg_t cfg = {
        1.0f, 2.0f, {0.5f, 0.25f, 0.0f, 0.0f}, NULL, NULL, 2, 0};
    ecm_score_t st;
    float z = 99.0f;
    ECM_CHECK(ecm_score_init(&st) == ECM_OK);
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, 3.0f, &z) == ECM_MORE);
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, 5.0f, &z) == ECM_MORE && z == 99.0f);
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, 7.0f, &z) == ECM_OK && z == 7.0f);
    ECM_CHECK(st.last[0] == 12.0f && st.last[1] == 8.0f && st.n == 3U);
}

static void test_refusals(void) {
    ecm_score_cfg_t cfg = {0.0f, 1.0f, {0.0f, 0.0f, 0.0f, 0.0f}, NULL, NULL, 5, 0};
    ecm_score_t st;
    float x = 1.0f, z;
    uint32_t len;
    ECM_CHECK(ecm_score_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_score_init(&st) == ECM_OK);
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, x, &z) == ECM_ERR_ARG);
    cfg.order = 0;
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, x, NULL) == ECM_ERR_NULL);
    cfg.edges_len = 3;
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, x, &z) == ECM_ERR_ARG);
    cfg.edges_len = 0;
    x = ecm_test_from_bits(0xff800000U);
    ECM_CHECK(ecm_score_update_f32(&st, &cfg, x, &z) == ECM_ERR_ARG);
    ECM_CHECK(ecm_score_update_many_f32(&st, &cfg, &x, 1, &z, &len) == ECM_ERR_ARG);
    ECM_CHECK(ecm_score_update_many_f32(&st, &cfg, NULL, 0, NULL, &len) == ECM_OK);
    ECM_CHECK(len == 0U && st.n == 0U);
}

static void test_bits(void) {
    static const ecm_score_cfg_t cfg = {
        0.01f, 1.7f, {0.3f, -0.2f, 0.1f, 0.05f}, NULL, NULL, 4, 0};
    float *x = ecm_test_memory;
    ecm_score_t st;
    uint32_t len;
    ecm_test_noise_f32(8, x, 1000);
    ECM_CHECK(ecm_score_init(&st) == ECM_OK);
    ECM_CHECK(ecm_score_update_many_f32(&st, &cfg, x, 1000, x, &len) == ECM_OK);
    ECM_CHECK(len == 996U);
    ecm_test_array_f32("score values", x, len);
    ecm_test_bytes("score state", &st, sizeof st);
}

void test_ecm_score(void) {
    test_table();
    test_other_unit();
    test_autoregression();
    test_refusals();
    test_bits();
}
