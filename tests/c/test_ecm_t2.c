/* test_ecm_t2.c - vectors by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_t2.h"
#include "ecm_test.h"

void test_ecm_t2(void);

static const float mean[] = {1.0f, -1.0f, 0.5f};
static const float whiten[] = {2.0f, 0.5f, 1.0f, -0.25f, 0.75f, 4.0f};

static void test_by_hand(void) {
    static const ecm_t2_cfg_t cfg = {mean, whiten, 3, 1.0f, 10.0f};
    static const float x[] = {2.0f, 0.0f, 0.5f}; /* y = 2, 1.5, 0.5 */
    ecm_t2_t st;
    float means[3];
    uint32_t alarm, since;
    ECM_CHECK(ecm_t2_init(&st, &cfg, means) == ECM_OK);
    ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, mean, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.statistic == 0.0f && alarm == ECM_DRIFT_NONE && since == 0U);
    ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, x, &alarm, &since) == ECM_OK);
    ECM_CHECK(means[0] == 2.0f && means[1] == 1.5f && means[2] == 0.5f);
    ECM_CHECK(st.statistic == 6.5f && alarm == ECM_DRIFT_NONE && st.since == 1U);
    {
        static const float far[] = {3.0f, -1.0f, 0.5f}; /* y = 4, 1, -0.5 */
        ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, far, &alarm, &since) == ECM_OK);
    }
    ECM_CHECK(st.statistic == 17.25f && alarm == ECM_DRIFT_SHIFT && since == 2U);
    ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, mean, &alarm, &since) == ECM_OK);
    ECM_CHECK(st.n == 1U && st.alarms_n == 1U && alarm == ECM_DRIFT_NONE);
}

static void test_refusals(void) {
    ecm_t2_cfg_t cfg = {mean, whiten, 3, 0.5f, 10.0f};
    ecm_t2_t st;
    float means[3], x[3] = {0.0f, 0.0f, 0.0f};
    uint32_t alarm;
    ECM_CHECK(ecm_t2_init(&st, &cfg, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_t2_init(&st, NULL, means) == ECM_ERR_NULL);
    ECM_CHECK(ecm_t2_init(&st, &cfg, means) == ECM_OK);
    ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, NULL, &alarm, NULL) == ECM_ERR_NULL);
    x[2] = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, x, &alarm, NULL) == ECM_ERR_ARG);
    cfg.features_len = 0;
    ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, x, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(st.n == 0U);
}

static void test_bits(void) {
    static const ecm_t2_cfg_t cfg = {mean, whiten, 3, 0.1f, 9.0f};
    float *x = ecm_test_memory, means[3];
    ecm_t2_t st;
    uint32_t i, alarm;
    ecm_test_noise_f32(11, x, 900);
    ECM_CHECK(ecm_t2_init(&st, &cfg, means) == ECM_OK);
    for (i = 0; i < 300U; i++) {
        ECM_CHECK(ecm_t2_update_f32(&st, &cfg, means, x + 3U * i, &alarm, NULL) ==
                  ECM_OK);
        x[i] = st.statistic;
    }
    ECM_CHECK(st.alarms_n > 3U);
    ecm_test_array_f32("t2 statistic", x, 300);
    ecm_test_bytes("t2 state", &st, sizeof st);
}

void test_ecm_t2(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
