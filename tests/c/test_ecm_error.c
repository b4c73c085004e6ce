/* test_ecm_error.c - errors by hand, refusals, the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_error.h"
#include "ecm_test.h"

void test_ecm_error(void);

static const ecm_error_ddm_cfg_t ddm = {2.0f, 3.0f, 5};
static const ecm_error_eddm_cfg_t eddm = {0.9f, 0.8f, 5};

static void run(const char *label, const ecm_drift_kind_t *kind, void *st,
                const void *cfg) {
    ecm_drift_alarm_t alarms[32];
    float *x = ecm_test_memory;
    uint32_t i, found, taken;
    ecm_test_noise_f32(14, x, 400);
    for (i = 0; i < 400U; i++) { /* a tenth of errors, then half */
        x[i] = x[i] < (i < 200U ? -0.8f : 0.0f) ? 1.0f : 0.0f;
    }
    ECM_CHECK(kind->init(st, cfg) == ECM_OK);
    ECM_CHECK(ecm_drift_run_f32(kind, st, cfg, x, 400, alarms, 32, &found, &taken) ==
              ECM_OK);
    ECM_CHECK(found > 0U && alarms[found - 1U].at > 200U);
    ecm_test_bytes(label, alarms, found * (uint32_t)sizeof alarms[0]);
    ecm_test_bytes(label, st, kind->state_bytes);
    ecm_test_f32(label, kind->ratio(st, cfg));
}

static void test_refusals(void) {
    ecm_error_ddm_t a;
    ecm_error_eddm_t b;
    uint32_t alarm;
    ECM_CHECK(ecm_error_ddm_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_error_eddm_init(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_error_ddm_init(&a) == ECM_OK && ecm_error_eddm_init(&b) == ECM_OK);
    ECM_CHECK(ecm_error_ddm_update_f32(&a, &ddm, 0.5f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_error_eddm_update_f32(&b, &eddm, 2.0f, &alarm, NULL) == ECM_ERR_ARG);
    ECM_CHECK(ecm_error_ddm_update_f32(&a, NULL, 1.0f, &alarm, NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_error_eddm_update_f32(&b, &eddm, 1.0f, NULL, NULL) == ECM_ERR_NULL);
    ECM_CHECK(a.n == 0U && b.n == 0U);
}

void test_ecm_error(void) {
    ecm_error_ddm_t a;
    ecm_error_eddm_t b;
    run("error ddm", &ecm_error_ddm_kind, &a, &ddm);
    run("error eddm", &ecm_error_eddm_kind, &b, &eddm);
    test_refusals();
}
