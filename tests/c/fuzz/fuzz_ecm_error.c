/* fuzz_ecm_error.c - losses of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_error.h"
#include "ecm_fuzz.h"

void fuzz_ecm_error(void);

/* One by one, then many, from any state. */
static void throw_at(const ecm_drift_kind_t *kind, void *st, const void *cfg,
                     const float *x, uint32_t len) {
    uint32_t found = 0, taken = 0, alarm = 0, since = 0, i;
    ecm_drift_alarm_t alarms[3];
    ecm_status_t status;
    if (ecm_fuzz_once_in(2)) {
        (void)kind->init(st, cfg);
    }
    for (i = ecm_fuzz_below(40); i > 0U; i--) {
        if (kind->check(st, cfg) == ECM_OK) {
            (void)kind->update(st, cfg, ecm_fuzz_f32(), &alarm, &since);
        }
    }
    ecm_fuzz_watch(st, kind->state_bytes);
    status = ecm_drift_run_f32(kind, st, cfg, x, len, alarms, 3, &found, &taken);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(found <= 3U && taken <= len);
    if (kind->check(st, cfg) == ECM_OK) {
        (void)kind->ratio(st, cfg);
    }
}

void fuzz_ecm_error(void) {
    ecm_error_ddm_t *ddm = ecm_fuzz_bytes(sizeof *ddm);
    ecm_error_eddm_t *eddm = ecm_fuzz_bytes(sizeof *eddm);
    uint32_t len = ecm_fuzz_len(200), alarm = 0, since = 0, i;
    float *x = ecm_fuzz_array_f32(len);
    ecm_error_ddm_cfg_t a;
    ecm_error_eddm_cfg_t b;
    for (i = 0; i < len && ecm_fuzz_once_in(9) == false; i++) {
        x[i] = ecm_fuzz_once_in(3) ? 1.0f : 0.0f;
    }
    a.warning = ecm_fuzz_f32();
    a.drift = ecm_fuzz_f32();
    a.warm_n = ecm_fuzz_len(40);
    b.warning = ecm_fuzz_f32();
    b.drift = ecm_fuzz_f32();
    b.warm_n = ecm_fuzz_len(40);
    throw_at(&ecm_error_ddm_kind, ddm, &a, x, len);
    throw_at(&ecm_error_eddm_kind, eddm, &b, x, len);
    ecm_fuzz_watch(ddm, sizeof *ddm);
    ecm_fuzz_judge(ecm_error_ddm_update_f32(ecm_fuzz_or_null(ddm), ecm_fuzz_or_null(&a),
                                            ecm_fuzz_f32(), &alarm, &since));
    ecm_fuzz_watch(eddm, sizeof *eddm);
    ecm_fuzz_judge(ecm_error_eddm_update_f32(
        ecm_fuzz_or_null(eddm), ecm_fuzz_or_null(&b), ecm_fuzz_f32(), &alarm, &since));
    (void)ecm_error_ddm_init(ecm_fuzz_or_null(ddm));
    (void)ecm_error_eddm_init(ecm_fuzz_or_null(eddm));
}
