/* test_ecm_drift_ewma.c - a weighted mean by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_ewma.h"
#include "ecm_test.h"

void test_ecm_drift_ewma(void);

static void test_by_hand(void) {
    static const ecm_drift_ewma_cfg_t cfg = {0.5f, 2.0f};
    static const float z[] = {1.0f, 1.0f, -1.0f, -5.0f, 0.0f};
    static const float means[] = {0.5f, 0.75f, -0.125f, -2.5625f, 0.0f};
    static const uint32_t sinces[] = {1, 2, 1, 2, 1};
    ecm_drift_ewma_t st;
    uint32_t i, alarm, since;
    ECM_CHECK(ecm_drift_ewma_init(&st) == ECM_OK);
    for (i = 0; i < sizeof z / sizeof z[0]; i++) {
        ECM_CHECK(ecm_drift_ewma_update_f32(&st, &cfg, z[i], &alarm, &since) == ECM_OK);
        ECM_CHECK(st.mean == means[i] && st.since == sinces[i]);
        ECM_CHECK(alarm == (uint32_t)(i == 3U ? ECM_DRIFT_DOWN : ECM_DRIFT_NONE));
        ECM_CHECK(since == (i == 3U ? 2U : 0U));
        ECM_CHECK((ecm_drift_ewma_kind.ratio(&st, &cfg) > 1.0f) == (alarm != 0U));
        ECM_CHECK(ecm_drift_ewma_kind.ratio(&st, &cfg) ==
                  ecm_drift_ewma_ratio_f32(&st, &cfg));
    }
    ECM_CHECK(st.n == 1U && st.alarms_n == 1U);
}

static void test_refusals(void) {
    ecm_drift_ewma_cfg_t cfg = {0.5f, 2.0f};
    ecm_drift_ewma_t st;
    uint32_t alarm;
    ECM_CHECK(ecm_drift_ewma_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_ewma_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_ewma_update_f32(&st, &cfg, 0.0f, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_ewma_update_f32(NULL, &cfg, 0.0f, &alarm, NULL) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_ewma_update_f32(&st, &cfg, ecm_test_from_bits(0x7fc00000U),
                                        &alarm, NULL) == ECM_ERR_ARG);
    cfg.lambda = 0.0f;
    ECM_CHECK(ecm_drift_ewma_update_f32(&st, &cfg, 0.0f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(st.n == 0U);
    ECM_CHECK(ecm_drift_ewma_check(&st, &cfg) == ECM_ERR_ARG);
    cfg.lambda = 0.5f;
    ECM_CHECK(ecm_drift_ewma_check(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_ewma_check(NULL, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_ewma_check(&st, NULL) == ECM_ERR_NULL);
    st.decay = 2.0f;
    ECM_CHECK(ecm_drift_ewma_check(&st, &cfg) == ECM_ERR_STATE);
    ECM_CHECK(ecm_drift_ewma_ratio_f32(NULL, &cfg) == 0.0f);
    ECM_CHECK(ecm_drift_ewma_ratio_f32(&st, NULL) == 0.0f);
}

static void test_bits(void) {
    static const ecm_drift_ewma_cfg_t cfg = {0.1f, 2.2f};
    float *z = ecm_test_memory;
    ecm_drift_alarm_t alarms[64];
    ecm_drift_ewma_t st;
    uint32_t found, taken;
    ecm_test_noise_f32(7, z, 1000);
    for (taken = 500; taken < 1000U; taken++) {
        z[taken] = 2.0f * z[taken];
    }
    ECM_CHECK(ecm_drift_ewma_init(&st) == ECM_OK);
    ECM_CHECK(ecm_drift_run_f32(&ecm_drift_ewma_kind, &st, &cfg, z, 1000, alarms, 64,
                                &found, &taken) == ECM_OK);
    ECM_CHECK(found > 1U && taken == 1000U && st.alarms_n == found);
    ecm_test_bytes("drift_ewma alarms", alarms, found * (uint32_t)sizeof alarms[0]);
    ecm_test_bytes("drift_ewma state", &st, sizeof st);
}

void test_ecm_drift_ewma(void) {
    test_by_hand();
    test_refusals();
    test_bits();
}
