/* test_ecm_drift_ph.c - Page-Hinkley by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_ph.h"
#include "ecm_test.h"

void test_ecm_drift_ph(void);

static void test_by_hand(void) {
    static const ecm_drift_ph_cfg_t cfg = {0.5f, 2.0f, 0.0f, 2, ECM_DRIFT_PH_BOTH, 0};
    static const float x[] = {1.0f, 1.0f, 5.0f, 5.0f, 5.0f, -1.0f};
    static const float means[] = {1.0f, 1.0f, 7.0f / 3.0f, 5.0f, 5.0f, 3.0f};
    static const uint32_t alarms[] = {0, 0, ECM_DRIFT_UP, 0, 0, ECM_DRIFT_DOWN};
    ecm_drift_ph_t st;
    uint32_t i, alarm, since;
    ECM_CHECK(ecm_drift_ph_init(&st) == ECM_OK);
    for (i = 0; i < sizeof x / sizeof x[0]; i++) {
        ECM_CHECK(ecm_drift_ph_update_f32(&st, &cfg, x[i], &alarm, &since) == ECM_OK);
        ECM_CHECK(alarm == alarms[i] && since == (alarm != 0U ? 1U : 0U));
        ECM_CHECK(st.mean - means[i] < 1e-6f && means[i] - st.mean < 1e-6f);
        ECM_CHECK((ecm_drift_ph_kind.ratio(&st, &cfg) > 1.0f) == (alarm != 0U));
    }
    ECM_CHECK(st.alarms_n == 2U && st.n == 3U);
}

static void test_refusals(void) {
    ecm_drift_ph_cfg_t cfg = {0.5f, 2.0f, 0.0f, 2, ECM_DRIFT_PH_BOTH, 0};
    ecm_drift_ph_t st;
    uint32_t alarm;
    ECM_CHECK(ecm_drift_ph_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_ph_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_ph_update_f32(&st, &cfg, 0.0f, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_ph_update_f32(&st, NULL, 0.0f, &alarm, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_ph_update_f32(&st, &cfg, ecm_test_from_bits(0x7f800000U),
                                      &alarm, NULL) == ECM_ERR_ARG);
    cfg.leak = 1.5f;
    ECM_CHECK(ecm_drift_ph_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(st.n == 0U);
}

static void test_bits(void) {
    static const ecm_drift_ph_cfg_t cfg = {0.1f, 3.0f, 0.01f, 5, ECM_DRIFT_PH_BOTH, 0};
    float *x = ecm_test_memory;
    ecm_drift_alarm_t alarms[64];
    ecm_drift_ph_t st;
    uint32_t found, taken;
    ecm_test_noise_f32(6, x, 1000);
    ECM_CHECK(ecm_drift_ph_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_run_f32(&ecm_drift_ph_kind, &st, &cfg, x, 1000, alarms, 64,
                                &found, &taken) == ECM_OK);
    ECM_CHECK(found > 5U && taken == 1000U && st.alarms_n == found);
    ecm_test_bytes("drift_ph alarms", alarms, found * (uint32_t)sizeof alarms[0]);
    ecm_test_bytes("drift_ph state", &st, sizeof st);
}

void test_ecm_drift_ph(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
