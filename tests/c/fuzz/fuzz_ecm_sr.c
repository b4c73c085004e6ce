/* fuzz_ecm_sr.c - mixtures of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sr.h"
#include "ecm_fuzz.h"

void fuzz_ecm_sr(void);

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

void fuzz_ecm_sr(void) {
    ecm_sr_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t k = ecm_fuzz_len(12), len = ecm_fuzz_len(60), alarm = 0, since = 0, i;
    float *x = ecm_fuzz_array_f32(len);
    ecm_sr_alternative_t *alternatives = ecm_fuzz_bytes(k * sizeof *alternatives);
    ecm_sr_cfg_t cfg;
    for (i = 0; i < k; i++) {
        alternatives[i].a = ecm_fuzz_f32();
        alternatives[i].b = ecm_fuzz_f32();
        alternatives[i].c = ecm_fuzz_f32();
        alternatives[i].weight = ecm_fuzz_f32();
    }
    cfg.alternatives = ecm_fuzz_or_null(alternatives);
    cfg.alternatives_len = k;
    cfg.limit = ecm_fuzz_f32();
    throw_at(&ecm_sr_kind, st, &cfg, x, len);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_judge(ecm_sr_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                     ecm_fuzz_f32(), &alarm, &since));
    (void)ecm_sr_init(ecm_fuzz_or_null(st));
}
