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
    ECM_CHECK(ecm_drift_cusum_check(&st, &cfg) == ECM_ERR_ARG);
    cfg.h = 5.0f;
    ECM_CHECK(ecm_drift_cusum_check(&st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_cusum_check(NULL, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_cusum_check(&st, NULL) == ECM_ERR_NULL);
    st.down = -1.0f;
    ECM_CHECK(ecm_drift_cusum_check(&st, &cfg) == ECM_ERR_STATE);
    ECM_CHECK(ecm_drift_cusum_kind.check(&st, &cfg) == ECM_ERR_STATE);
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

/* Blocks give the bits of single values, whatever the room for alarms. */
static void test_run(void) {
    static const ecm_drift_cusum_cfg_t cfg = {0.1f, 1.3f};
    static const ecm_drift_cusum_cfg_t wrong = {0.1f, 0.0f};
    const ecm_drift_kind_t *kinds[2];
    float *z = ecm_test_memory;
    ecm_drift_alarm_t alarms[7];
    ecm_drift_cusum_t one, many;
    uint32_t k, i, at, next, alarm, since, found, taken;
    kinds[0] = &ecm_drift_cusum_kind;
    kinds[1] = &ecm_drift_scale_kind;
    ecm_test_noise_f32(5, z, 1000);
    for (k = 0; k < 2U; k++) {
        ECM_CHECK(kinds[k]->init(&one, &wrong) == ECM_ERR_ARG);
        ECM_CHECK(kinds[k]->init(&one, &cfg) == ECM_OK);
        many = one;
        for (i = 0; i < 1000U; i = next) {
            ecm_status_t status = ecm_drift_run_f32(
                kinds[k], &many, &cfg, z + i, 1000U - i, alarms, 7, &found, &taken);
            next = i + taken;
            ECM_CHECK(status == (next < 1000U ? ECM_MORE : ECM_OK));
            for (at = i; at < next; at++) {
                (void)kinds[k]->update(&one, &cfg, z[at], &alarm, &since);
                if (alarm != ECM_DRIFT_NONE) {
                    const ecm_drift_alarm_t *a = alarms;
                    while (a->at != at - i && a < alarms + found - 1) {
                        a++;
                    }
                    ECM_CHECK(a->at == at - i && a->since == since && a->what == alarm);
                }
            }
            ECM_CHECK(one.up == many.up && one.down == many.down && one.n == many.n);
            ECM_CHECK(one.up_since == many.up_since && one.alarms_n == many.alarms_n);
        }
        ecm_test_bytes("drift run", &many, sizeof many);
    }
    ECM_CHECK(ecm_drift_run_f32(kinds[0], &many, &wrong, z, 9, alarms, 7, &found,
                                &taken) == ECM_ERR_ARG);
    ECM_CHECK(ecm_drift_run_f32(kinds[0], &many, &cfg, z, 9, alarms, 0, &found,
                                &taken) == ECM_ERR_ARG);
    ECM_CHECK(ecm_drift_run_f32(kinds[0], &many, &cfg, NULL, 9, alarms, 7, &found,
                                &taken) == ECM_ERR_NULL);
    ECM_CHECK(ecm_drift_run_f32(kinds[0], &many, &cfg, NULL, 0, alarms, 7, &found,
                                &taken) == ECM_OK);
    ECM_CHECK(found == 0U && taken == 0U);
}

static void test_scale(void) {
    static const ecm_drift_cusum_cfg_t cfg = {0.5f, 3.0f};
    ecm_drift_cusum_t st;
    uint32_t i, alarm = 0, since;
    ECM_CHECK(ecm_drift_cusum_init(&st) == ECM_OK);
    for (i = 0; alarm == 0U; i++) {
        ECM_CHECK(ecm_drift_scale_update_f32(&st, &cfg, (i & 1U) != 0U ? 4.0f : -4.0f,
                                             &alarm, &since) == ECM_OK);
    }
    ECM_CHECK(alarm == ECM_DRIFT_WIDER && since == i);
    for (alarm = 0; alarm == 0U;) {
        ECM_CHECK(ecm_drift_scale_update_f32(&st, &cfg, 0.01f, &alarm, NULL) == ECM_OK);
    }
    ECM_CHECK(alarm == ECM_DRIFT_NARROWER);
    ecm_test_f32("drift scale", ecm_drift_scale_score_f32(-0.7f));
}

void test_ecm_drift(void) {
    test_run();
    test_scale();
    test_by_hand();
    test_extremes();
    test_refusals();
    test_bits();
}
