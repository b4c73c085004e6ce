/* fuzz_ecm_drift_ewma.c - weighted means of anything, with any settings.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_ewma.h"
#include "ecm_fuzz.h"

void fuzz_ecm_drift_ewma(void);

void fuzz_ecm_drift_ewma(void) {
    ecm_drift_ewma_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t len = ecm_fuzz_len(200), found = 0, taken = 0, alarm = 0, since = 0, i;
    float *x = ecm_fuzz_array_f32(len);
    ecm_drift_alarm_t alarms[3];
    ecm_drift_ewma_cfg_t cfg;
    ecm_status_t status;
    cfg.lambda = ecm_fuzz_once_in(2) ? 0.1f : ecm_fuzz_f32();
    cfg.limit = ecm_fuzz_f32();
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_drift_ewma_init(ecm_fuzz_or_null(st));
        ECM_FUZZ_CHECK(ecm_drift_ewma_init(st) == ECM_OK);
    }
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(40); i > 0U; i--) {
        status = ecm_drift_ewma_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                           ecm_fuzz_f32(), &alarm, &since);
        ecm_fuzz_judge(status);
    }
    status = ecm_drift_run_f32(&ecm_drift_ewma_kind, st, &cfg, x, len, alarms, 3,
                               &found, &taken);
    ecm_fuzz_judge(status);
    ECM_FUZZ_CHECK(found <= 3U && taken <= len);
    ecm_fuzz_judge(ecm_drift_ewma_check(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg)));
    (void)ecm_drift_ewma_ratio_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg));
}
