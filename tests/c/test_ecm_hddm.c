/* test_ecm_hddm.c - losses by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_hddm.h"
#include "ecm_test.h"

void test_ecm_hddm(void);

static const ecm_hddm_cfg_t cfg = {0.001f, 0.005f, 0.05f, 1};

static void run(const char *label, const ecm_drift_kind_t *kind, void *st) {
    ecm_drift_alarm_t alarms[32];
    float *x = ecm_test_memory;
    uint32_t i, found, taken;
    for (i = 0; i < 400U; i++) { /* few, many, few */
        x[i] = (i >= 150U && i < 250U ? i % 4U != 0U : i % 8U == 0U) ? 1.0f : 0.0f;
    }
    ECM_CHECK(kind->init(st, &cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_run_f32(kind, st, &cfg, x, 400, alarms, 32, &found, &taken) ==
              ECM_OK);
    ECM_CHECK(found > 1U && alarms[0].what == ECM_DRIFT_UP && alarms[0].at > 150U);
    ECM_CHECK(alarms[1].what == ECM_DRIFT_DOWN && alarms[1].at > 250U);
    ecm_test_bytes(label, alarms, found * (uint32_t)sizeof alarms[0]);
    ecm_test_bytes(label, st, kind->state_bytes);
    ecm_test_f32(label, kind->ratio(st, &cfg));
}

static void test_refusals(void) {
    ecm_hddm_cfg_t bad = cfg;
    ecm_hddm_a_t a;
    ecm_hddm_w_t b;
    uint32_t alarm;
    ECM_CHECK(ecm_hddm_a_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hddm_w_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hddm_a_init(&a) == ECM_OK && ecm_hddm_w_init(&b) == ECM_OK);
    ECM_CHECK(ecm_hddm_a_update_f32(&a, &cfg, 1.5f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_hddm_w_update_f32(&b, &cfg, -0.5f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_hddm_a_update_f32(&a, NULL, 1.0f, &alarm, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_hddm_w_update_f32(&b, &cfg, 1.0f, NULL, NULL) == ECM_ERR_NULL);
    bad.warning = 0.0005f;
    ECM_CHECK(ecm_hddm_a_update_f32(&a, &bad, 1.0f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(a.n == 0U && b.total.n == 0U);
}

void test_ecm_hddm(void) {
    ecm_hddm_a_t a;
    ecm_hddm_w_t b;
    run("hddm a", &ecm_hddm_a_kind, &a);
    run("hddm w", &ecm_hddm_w_kind, &b);
    test_refusals();
}
