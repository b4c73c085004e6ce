/* fuzz_ecm_drift.c - a CUSUM of anything, with any limits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift.h"
#include "ecm_fuzz.h"

void fuzz_ecm_drift(void);

/* Many values of a CUSUM or a scale CUSUM, from any state. */
static void fuzz_run(void) {
    const ecm_drift_kind_t *kind =
        ecm_fuzz_once_in(2) ? &ecm_drift_cusum_kind : &ecm_drift_scale_kind;
    ecm_drift_cusum_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t len = ecm_fuzz_len(300), room = ecm_fuzz_len(9), found = 0, taken = 0;
    float *x =
        ecm_fuzz_once_in(2) ? ecm_fuzz_plain_array_f32(len) : ecm_fuzz_array_f32(len);
    ecm_drift_alarm_t *alarms = ecm_fuzz_bytes(room * sizeof *alarms);
    ecm_drift_cusum_cfg_t cfg;
    ecm_status_t status;
    cfg.k = ecm_fuzz_f32();
    cfg.h = ecm_fuzz_f32();
    if (ecm_fuzz_once_in(2)) {
        (void)kind->init(st, &cfg);
    }
    ecm_fuzz_watch(st, sizeof *st);
    status = ecm_drift_run_f32(kind, ecm_fuzz_or_null(st), &cfg, ecm_fuzz_or_null(x),
                               len, ecm_fuzz_or_null(alarms), room, &found, &taken);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(found <= room && taken <= len);
    ECM_FUZZ_CHECK(status != ECM_MORE || found == room);
    ECM_FUZZ_CHECK(status != ECM_OK || taken == len);
}

void fuzz_ecm_drift(void) {
    ecm_drift_cusum_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_drift_cusum_cfg_t cfg;
    uint32_t alarm = 0, since = 0, i;
    fuzz_run();
    cfg.k = ecm_fuzz_f32();
    cfg.h = ecm_fuzz_f32();
    (void)ecm_drift_cusum_init(ecm_fuzz_or_null(st));
    ECM_FUZZ_CHECK(ecm_drift_cusum_init(st) == ECM_OK);
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(40); i > 0U; i--) {
        ecm_status_t status =
            ecm_drift_cusum_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                       ecm_fuzz_f32(), &alarm, &since);
        ecm_fuzz_judge(status);
        ECM_FUZZ_CHECK(status != ECM_OK || (alarm != ECM_DRIFT_NONE) == (since != 0U));
        status = ecm_drift_scale_update_f32(ecm_fuzz_or_null(st), &cfg, ecm_fuzz_f32(),
                                            &alarm, NULL);
        ecm_fuzz_judge(status);
        (void)ecm_drift_scale_score_f32(ecm_fuzz_f32());
        ECM_FUZZ_CHECK(status != ECM_OK || ecm_drift_cusum_check(st, &cfg) == ECM_OK);
        (void)ecm_drift_cusum_ratio_f32(ecm_fuzz_or_null(st), &cfg);
    }
}
