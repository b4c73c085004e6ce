/* test_ecm_adwin.c - windows by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_adwin.h"
#include "ecm_test.h"

void test_ecm_adwin(void);

static void test_by_hand(void) {
    static const ecm_adwin_cfg_t cfg = {0.01f, 1, 2, 1, 2};
    ecm_adwin_t st;
    uint32_t i, alarm, since;
    ECM_CHECK(ecm_adwin_init(&st) == ECM_OK);
    ECM_CHECK(ecm_adwin_mean_f32(&st) == 0.0f);
    for (i = 0; i < 7U; i++) {
        ECM_CHECK(ecm_adwin_update_f32(&st, &cfg, 0.25f, &alarm, &since) == ECM_OK);
        ECM_CHECK(alarm == ECM_DRIFT_NONE && since == 0U && st.width == i + 1U);
    }
    /* 7 = 4 + 2 + 1: two of each size at most */
    ECM_CHECK(st.count[0] == 1U && st.count[1] == 1U && st.count[2] == 1U);
    ECM_CHECK(st.total[2][0] == 1.0f && st.spread[2][0] == 0.0f);
    ECM_CHECK(ecm_adwin_mean_f32(&st) == 0.25f && ecm_adwin_mean_f32(NULL) == 0.0f);
    for (alarm = 0, i = 0; alarm == 0U && i < 20U; i++) {
        ECM_CHECK(ecm_adwin_update_f32(&st, &cfg, 9.0f, &alarm, &since) == ECM_OK);
    }
    ECM_CHECK(alarm == ECM_DRIFT_UP && since == st.width && st.alarms_n == 1U);
}

static void test_refusals(void) {
    ecm_adwin_cfg_t cfg = {0.002f, 32, 5, 5, 10};
    ecm_adwin_t st;
    uint32_t alarm;
    ECM_CHECK(ecm_adwin_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_adwin_init(&st) == ECM_OK);
    ECM_CHECK(ecm_adwin_update_f32(&st, &cfg, 0.0f, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_adwin_update_f32(&st, &cfg, ecm_test_from_bits(0xff800000U), &alarm,
                                   NULL) == ECM_ERR_ARG);
    cfg.buckets = 6;
    ECM_CHECK(ecm_adwin_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    cfg.buckets = 5;
    cfg.clock = 0;
    ECM_CHECK(ecm_adwin_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    cfg.clock = 1;
    st.width = 3; /* and no bucket */
    ECM_CHECK(ecm_adwin_kind.check(&st, &cfg) == ECM_ERR_STATE);
}

static void test_bits(void) {
    static const ecm_adwin_cfg_t cfg = {0.05f, 3, 3, 2, 10};
    float *x = ecm_test_memory;
    ecm_drift_alarm_t alarms[64];
    ecm_adwin_t st;
    uint32_t i, found, taken;
    ecm_test_noise_f32(10, x, 1200);
    for (i = 0; i < 1200U; i++) {
        x[i] = x[i] + (i < 500U ? 0.1f : i < 800U ? 0.8f : -0.3f);
    }
    ECM_CHECK(ecm_adwin_kind.init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_run_f32(&ecm_adwin_kind, &st, &cfg, x, 1200, alarms, 64, &found,
                                &taken) == ECM_OK);
    ECM_CHECK(found > 1U && st.alarms_n == found);
    ecm_test_bytes("adwin alarms", alarms, found * (uint32_t)sizeof alarms[0]);
    ecm_test_bytes("adwin state", &st, sizeof st);
    ecm_test_f32("adwin mean", ecm_adwin_mean_f32(&st));
}

void test_ecm_adwin(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
