/* test_ecm_sketch.c - log histogram, one quantile, top classes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sketch.h"
#include "ecm_test.h"

void test_ecm_sketch(void);

static uint32_t count[96], other_count[64]; /* memory is scarce */

static bool same(const void *a, const void *b, uint32_t bytes) {
    const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
    uint32_t i;
    for (i = 0; i < bytes; i++) {
        if (x[i] != y[i]) {
            return false;
        }
    }
    return true;
}

static void test_log(void) {
    const ecm_sketch_log_cfg_t cfg = {48, 4, -2, 1};
    const float *x = ecm_test_memory;
    ecm_sketch_log_t st;
    float found = 9.0f;
    uint32_t i;
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_quantile_f32(&st, &cfg, count, 0.5f, &found) == ECM_MORE);
    ECM_CHECK(found == 0.0f);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, 1.0f) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, -0.25f) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, 0.24f) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, -0.0f) == ECM_OK);
    ECM_CHECK(count[32] == 1U && count[48] == 1U && st.zeros == 2U);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, 2.0f) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, -5.0f) == ECM_OK);
    ECM_CHECK(st.beyond == 2U && count[47] == 1U && count[95] == 1U && st.n == 6U);
    for (i = 0; i <= 10U; i++) {
        ECM_CHECK(ecm_sketch_log_quantile_f32(&st, &cfg, count, 0.1f * (float)i,
                                              &found) == ECM_OK);
        ecm_test_f32("sketch log quantile", found);
    }
    ecm_test_noise_f32(4, ecm_test_memory, 1000);
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_OK);
    for (i = 0; i < 1000U; i++) {
        ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, x[i]) == ECM_OK);
    }
    ecm_test_bytes("sketch log count", count, 96U * sizeof *count);
    ecm_test_bytes("sketch log state", &st, sizeof st);
}

static void test_log_merge(void) {
    const ecm_sketch_log_cfg_t cfg = {64, 3, -8, 0};
    static uint32_t whole[64];
    const float *x = ecm_test_memory;
    ecm_sketch_log_t a, b, st;
    uint32_t i;
    ecm_test_noise_f32(5, ecm_test_memory, 600);
    ECM_CHECK(ecm_sketch_log_init(&a, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_init(&b, &cfg, other_count) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, whole) == ECM_OK);
    for (i = 0; i < 600U; i++) {
        float y = x[i] * x[i];
        (void)ecm_sketch_log_update_f32(&st, &cfg, whole, y);
        (void)ecm_sketch_log_update_f32(i < 77U ? &a : &b, &cfg,
                                        i < 77U ? count : other_count, y);
    }
    ECM_CHECK(ecm_sketch_log_merge(&a, &cfg, count, &b, other_count) == ECM_OK);
    ECM_CHECK(same(&a, &st, sizeof st) && same(count, whole, sizeof whole));
    b.n = UINT32_MAX;
    ECM_CHECK(ecm_sketch_log_merge(&a, &cfg, count, &b, other_count) == ECM_ERR_FULL);
}

static void test_log_refusals(void) {
    ecm_sketch_log_cfg_t cfg = {96, 5, -2, 0};
    ecm_sketch_log_t st;
    float x = 7.0f;
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_OK);
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, -1.0f) == ECM_ERR_ARG);
    ECM_CHECK(ecm_sketch_log_update_f32(
                  &st, &cfg, count, ecm_test_from_bits(0x7f800000U)) == ECM_ERR_ARG);
    ECM_CHECK(ecm_sketch_log_update_f32(
                  &st, &cfg, count, ecm_test_from_bits(0x7fc00000U)) == ECM_ERR_ARG);
    ECM_CHECK(ecm_sketch_log_quantile_f32(&st, &cfg, count, 1.5f, &x) == ECM_ERR_ARG);
    st.n = UINT32_MAX;
    ECM_CHECK(ecm_sketch_log_update_f32(&st, &cfg, count, 1.0f) == ECM_ERR_FULL);
    cfg.bins = 0;
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_ERR_LENGTH);
    cfg.bins = 96;
    cfg.divisions = 9;
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_ERR_ARG);
    cfg.divisions = 5;
    cfg.exponent = -127;
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_ERR_ARG);
    cfg.exponent = 125; /* three octaves to the end of floats */
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_OK);
    cfg.exponent = 126;
    ECM_CHECK(ecm_sketch_log_init(&st, &cfg, count) == ECM_ERR_ARG);
    ECM_CHECK(x == 7.0f);
}

static void test_p2(void) {
    const ecm_sketch_p2_cfg_t cfg = {0.9f}, bad = {1.0f};
    const float *x = ecm_test_memory;
    ecm_sketch_p2_t st;
    float found = 9.0f;
    uint32_t i;
    ecm_test_noise_f32(6, ecm_test_memory, 500);
    ECM_CHECK(ecm_sketch_p2_init(&st) == ECM_OK);
    ECM_CHECK(ecm_sketch_p2_quantile_f32(&st, &cfg, &found) == ECM_MORE);
    for (i = 0; i < 500U; i++) {
        ECM_CHECK(ecm_sketch_p2_update_f32(&st, &cfg, x[i]) == ECM_OK);
        ECM_CHECK(ecm_sketch_p2_quantile_f32(&st, &cfg, &found) == ECM_OK);
        if (i < 6U) {
            ecm_test_f32("sketch p2 first", found);
        }
    }
    ecm_test_bytes("sketch p2 state", &st, sizeof st);
    ecm_test_f32("sketch p2", found);
    for (i = 0; i < 5U; i++) {
        ECM_CHECK(i == 0U || st.height[i] >= st.height[i - 1U]);
    }
    ECM_CHECK(found > 0.75f && found < 0.85f);
    ECM_CHECK(ecm_sketch_p2_update_f32(&st, &bad, 0.0f) == ECM_ERR_ARG);
    ECM_CHECK(ecm_sketch_p2_update_f32(&st, &cfg, ecm_test_from_bits(0x7fc00000U)) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_sketch_p2_quantile_f32(&st, &bad, &found) == ECM_ERR_ARG);
    ECM_CHECK(ecm_sketch_p2_update_f32(NULL, &cfg, 0.0f) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sketch_p2_init(NULL) == ECM_ERR_NULL);
    st.place[4] = UINT32_MAX;
    ECM_CHECK(ecm_sketch_p2_update_f32(&st, &cfg, 0.0f) == ECM_ERR_FULL);
}

static void test_top(void) {
    ecm_sketch_top_entry_t a[4], b[4];
    uint32_t i, seed = 1, true_zero = 0;
    ECM_CHECK(ecm_sketch_top_init(a, 4) == ECM_OK);
    ECM_CHECK(ecm_sketch_top_init(b, 4) == ECM_OK);
    for (i = 0; i < 400U; i++) {
        uint32_t id;
        seed = seed * 1664525U + 1013904223U;
        id = (seed >> 28) * (seed >> 30 & 1U); /* half of them 0 */
        true_zero += id == 0U ? 1U : 0U;
        ECM_CHECK(ecm_sketch_top_update(i < 150U ? a : b, 4, id) == ECM_OK);
    }
    ecm_test_bytes("sketch top", a, sizeof a);
    ECM_CHECK(ecm_sketch_top_merge(a, 4, b) == ECM_OK);
    ecm_test_bytes("sketch top merged", a, sizeof a);
    for (i = 0; i < 4U && a[i].id != 0U; i++) {
    }
    ECM_CHECK(i < 4U && a[i].count >= true_zero &&
              a[i].count - a[i].error <= true_zero);
    ECM_CHECK(ecm_sketch_top_init(a, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_sketch_top_init(NULL, 4) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sketch_top_update(a, ECM_SKETCH_TOP_MAX + 1, 0) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_sketch_top_merge(a, 4, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sketch_top_merge(a, 0, b) == ECM_ERR_LENGTH);
    a[0].count = UINT32_MAX;
    ECM_CHECK(ecm_sketch_top_merge(a, 4, b) == ECM_ERR_FULL);
    ECM_CHECK(ecm_sketch_top_update(a, 4, a[0].id) == ECM_ERR_FULL);
}

void test_ecm_sketch(void) {
    test_log();
    test_log_merge();
    test_log_refusals();
    test_p2();
    test_top();
}
