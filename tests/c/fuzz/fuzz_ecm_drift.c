/* fuzz_ecm_drift.c - a CUSUM of anything, with any limits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift.h"
#include "ecm_fuzz.h"

void fuzz_ecm_drift(void);

void fuzz_ecm_drift(void) {
    ecm_drift_cusum_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_drift_cusum_cfg_t cfg;
    uint32_t alarm = 0, since = 0, i;
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
        (void)ecm_drift_cusum_ratio_f32(ecm_fuzz_or_null(st), &cfg);
    }
}
