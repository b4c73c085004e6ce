/* fuzz_ecm_hddm.c - losses of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_hddm.h"
#include "ecm_fuzz.h"

void fuzz_ecm_hddm(void);

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

void fuzz_ecm_hddm(void) {
    ecm_hddm_a_t *a = ecm_fuzz_bytes(sizeof *a);
    ecm_hddm_w_t *w = ecm_fuzz_bytes(sizeof *w);
    uint32_t len = ecm_fuzz_len(200), alarm = 0, since = 0, i;
    float *x = ecm_fuzz_array_f32(len);
    ecm_hddm_cfg_t cfg;
    for (i = 0; i < len && ecm_fuzz_once_in(9) == false; i++) {
        x[i] = ecm_fuzz_once_in(3) ? 1.0f : 0.0f;
    }
    cfg.drift = ecm_fuzz_once_in(2) ? 0.01f : ecm_fuzz_f32();
    cfg.warning = ecm_fuzz_once_in(2) ? 0.05f : ecm_fuzz_f32();
    cfg.lambda = ecm_fuzz_once_in(2) ? 0.05f : ecm_fuzz_f32();
    cfg.two_sided = ecm_fuzz_below(3);
    throw_at(&ecm_hddm_a_kind, a, &cfg, x, len);
    throw_at(&ecm_hddm_w_kind, w, &cfg, x, len);
    ecm_fuzz_watch(a, sizeof *a);
    ecm_fuzz_judge(ecm_hddm_a_update_f32(ecm_fuzz_or_null(a), ecm_fuzz_or_null(&cfg),
                                         ecm_fuzz_f32(), &alarm, &since));
    ecm_fuzz_watch(w, sizeof *w);
    ecm_fuzz_judge(ecm_hddm_w_update_f32(ecm_fuzz_or_null(w), ecm_fuzz_or_null(&cfg),
                                         ecm_fuzz_f32(), &alarm, &since));
    (void)ecm_hddm_a_init(ecm_fuzz_or_null(a));
    (void)ecm_hddm_w_init(ecm_fuzz_or_null(w));
}
