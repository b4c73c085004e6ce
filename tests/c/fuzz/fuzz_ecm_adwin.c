/* fuzz_ecm_adwin.c - windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_adwin.h"
#include "ecm_fuzz.h"

void fuzz_ecm_adwin(void);

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

void fuzz_ecm_adwin(void) {
    ecm_adwin_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t len = ecm_fuzz_len(400), alarm = 0, since = 0;
    float *x = ecm_fuzz_array_f32(len);
    ecm_adwin_cfg_t cfg;
    cfg.delta = ecm_fuzz_once_in(2) ? 0.01f : ecm_fuzz_f32();
    cfg.clock = ecm_fuzz_len(70);
    cfg.buckets = ecm_fuzz_below(8);
    cfg.part_n = ecm_fuzz_len(9);
    cfg.grace_n = ecm_fuzz_len(30);
    throw_at(&ecm_adwin_kind, st, &cfg, x, len);
    (void)ecm_adwin_mean_f32(ecm_fuzz_or_null(st));
    if (ecm_adwin_kind.check(st, &cfg) != ECM_OK) {
        return; /* counts of buckets must be true */
    }
    ecm_fuzz_judge(ecm_adwin_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                        ecm_fuzz_f32(), &alarm, &since));
    ECM_FUZZ_CHECK(ecm_adwin_init(st) == ECM_OK);
}
