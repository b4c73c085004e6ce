/* test_ecm_drift.c - a CUSUM by hand, its refusals, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift.h"
#include "ecm_test.h"

void test_ecm_drift(void);

static void test_by_hand(void) {
    static const ecm_drift_cusum_cfg_t cfg = {0.5f, 2.0f};
    static const float z[] = {0.0f, 1.5f, 1.5f, 1.5f, 0.0f, -3.0f, -0.25f};
    static const float up[] = {0.0f, 1.0f, 2.0f, 3.0f, 0.0f, 0.0f, 0.0f};
    static const float down[] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 2.5f, 0.0f};
    static const uint32_t alarms[] = {0, 0, 0, ECM_DRIFT_UP, 0, ECM_DRIFT_DOWN, 0};
    static const uint32_t sinces[] = {0, 0, 0, 3, 0, 1, 0};
    ecm_drift_cusum_t st;
    uint32_t i, alarm, since;
    ECM_CHECK(ecm_drift_cusum_init(&st) == ECM_OK);
    for (i = 0; i < sizeof z / sizeof z[0]; i++) {
        ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, z[i], &alarm, &since) ==
                  ECM_OK);
        ECM_CHECK(st.up == up[i] && st.down == down[i]);
        ECM_CHECK(alarm == alarms[i] && since == sinces[i]);
        ECM_CHECK((ecm_drift_cusum_ratio_f32(&st, &cfg) > 1.0f) == (alarm != 0U));
    }
    ECM_CHECK(st.n == 7U && st.alarms_n == 2U);
}

static void test_extremes(void) {
    static const ecm_drift_cusum_cfg_t cfg = {0.0f, 1.0f};
    float inf = ecm_test_from_bits(0x7f800000U);
    ecm_drift_cusum_t st, before;
    uint32_t alarm = 99, since = 99;
    ECM_CHECK(ecm_drift_cusum_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, inf, &alarm, NULL) == ECM_OK);
    ECM_CHECK(alarm == ECM_DRIFT_UP);
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, -inf, &alarm, &since) == ECM_OK);
    ECM_CHECK(alarm == ECM_DRIFT_DOWN && since == 1U && st.up == 0.0f);
    before = st;
    alarm = 99;
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, inf - inf, &alarm, NULL) ==
              ECM_ERR_ARG);
    ECM_CHECK(alarm == 99U && st.n == before.n && st.down == before.down);
}

static void test_refusals(void) {
    ecm_drift_cusum_cfg_t cfg = {-0.5f, 5.0f};
    ecm_drift_cusum_t st;
    uint32_t alarm;
    ECM_CHECK(ecm_drift_cusum_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_cusum_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    cfg.k = 0.5f;
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, 0.0f, NULL, NULL) == ECM_ERR_NULL);
    cfg.h = 0.0f;
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    cfg.h = ecm_test_from_bits(0x7fc00000U);
    ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_drift_cusum_ratio_f32(NULL, &cfg) == 0.0f);
    ECM_CHECK(st.n == 0U);
}

static void test_bits(void) {
    static const ecm_drift_cusum_cfg_t cfg = {0.1f, 1.3f};
    float *z = ecm_test_memory;
    ecm_drift_cusum_t st;
    uint32_t i, alarm;
    ecm_test_noise_f32(5, z, 1000);
    ECM_CHECK(ecm_drift_cusum_init(&st) == ECM_OK);
    for (i = 0; i < 1000U; i++) {
        ECM_CHECK(ecm_drift_cusum_update_f32(&st, &cfg, z[i], &alarm, NULL) == ECM_OK);
        z[i] = ecm_drift_cusum_ratio_f32(&st, &cfg);
    }
    ECM_CHECK(st.alarms_n > 10U);
    ecm_test_array_f32("drift ratio", z, 1000);
    ecm_test_bytes("drift state", &st, sizeof st);
}

void test_ecm_drift(void) {
    test_by_hand();
    test_extremes();
    test_refusals();
    test_bits();
}
