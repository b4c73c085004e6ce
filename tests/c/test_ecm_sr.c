/* test_ecm_sr.c - e-detectors by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sr.h"
#include "ecm_test.h"

void test_ecm_sr(void);

static const ecm_sr_alternative_t mixture[] = {
    {-0.5f, 1.0f, 0.0f, 0.5f, ECM_DRIFT_UP},
    {-0.5f, -1.0f, 0.0f, 0.25f, ECM_DRIFT_DOWN},
    {-0.6931472f, 0.0f, 0.375f, 0.25f, ECM_DRIFT_WIDER},
};
static const ecm_sr_cfg_t cfg = {mixture, 3, 40.0f};

static void test_by_hand(void) {
    static const ecm_sr_alternative_t even = {0.0f, 0.0f, 0.0f, 1.0f, ECM_DRIFT_UP};
    static const ecm_sr_cfg_t plain = {&even, 1, 4.0f};
    ecm_sr_t st;
    uint32_t i, alarm, since;
    ECM_CHECK(ecm_sr_init(&st) == ECM_OK);
    for (i = 1; i <= 6U; i++) { /* a ratio of 1 counts the values */
        ECM_CHECK(ecm_sr_update_f32(&st, &plain, 7.0f, &alarm, &since) == ECM_OK);
        ECM_CHECK(st.mixture == (float)(i < 6U ? i : 1U));
        ECM_CHECK(alarm == (uint32_t)(i == 5U ? ECM_DRIFT_UP : ECM_DRIFT_NONE));
        ECM_CHECK(since == (i == 5U ? 6U : 0U));
    }
    ECM_CHECK(st.alarms_n == 1U && st.n == 6U);
}

static void test_refusals(void) {
    ecm_sr_cfg_t bad = cfg;
    ecm_sr_t st;
    uint32_t alarm;
    ECM_CHECK(ecm_sr_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sr_init(&st) == ECM_OK);
    ECM_CHECK(ecm_sr_update_f32(&st, &cfg, 0.0f, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_sr_update_f32(&st, &cfg, ecm_test_from_bits(0x7f800000U), &alarm,
                                NULL) == ECM_ERR_ARG);
    bad.limit = 1.0f;
    ECM_CHECK(ecm_sr_update_f32(&st, &bad, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    bad.limit = 40.0f;
    bad.alternatives_len = 11;
    ECM_CHECK(ecm_sr_update_f32(&st, &bad, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(st.n == 0U);
}

static void test_bits(void) {
    float *z = ecm_test_memory;
    ecm_drift_alarm_t alarms[64];
    ecm_sr_t st;
    uint32_t i, found, taken;
    ecm_test_noise_f32(9, z, 600);
    for (i = 0; i < 600U; i++) {
        z[i] = (i < 300U ? 1.7f : 3.0f) * z[i];
    }
    ECM_CHECK(ecm_sr_kind.init(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_run_f32(&ecm_sr_kind, &st, &cfg, z, 600, alarms, 64, &found,
                                &taken) == ECM_OK);
    ECM_CHECK(found > 1U && st.alarms_n == found);
    ecm_test_bytes("sr alarms", alarms, found * (uint32_t)sizeof alarms[0]);
    ecm_test_bytes("sr state", &st, sizeof st);
    ecm_test_f32("sr ratio", ecm_sr_kind.ratio(&st, &cfg));
}

void test_ecm_sr(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
