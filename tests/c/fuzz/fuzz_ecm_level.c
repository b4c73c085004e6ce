/* fuzz_ecm_level.c - any limits and values: the zone is one of those that there are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_level.h"

void fuzz_ecm_level(void);

static float *fuzz_limits(uint32_t n) {
    float *limits = ecm_fuzz_plain_array_f32(n), at = ecm_fuzz_plain_f32();
    uint32_t i;
    for (i = 0; i < n; i++) { /* most of these rise */
        at += limits[i] < 0.0f ? -limits[i] : limits[i];
        limits[i] = ecm_fuzz_once_in(64) ? ecm_fuzz_f32() : at;
    }
    return limits;
}

void fuzz_ecm_level(void) {
    ecm_level_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_level_cfg_t cfg;
    ecm_status_t status;
    uint32_t i, zone = 0;
    cfg.limits_len = ecm_fuzz_len(ECM_LEVEL_LIMITS_MAX + 1);
    cfg.limits = fuzz_limits(cfg.limits_len);
    cfg.release = ecm_fuzz_once_in(2) ? NULL : fuzz_limits(cfg.limits_len);
    cfg.hold_up = ecm_fuzz_len(4);
    cfg.hold_down = ecm_fuzz_len(4);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_watch(&zone, sizeof zone);
    ecm_fuzz_judge(ecm_level_zone_f32(ecm_fuzz_or_null((void *)(uintptr_t)cfg.limits),
                                      cfg.limits_len, ecm_fuzz_f32(), &zone));
    ECM_FUZZ_CHECK(zone <= cfg.limits_len);
    status = ecm_level_init_f32(ecm_fuzz_or_null(st), &cfg);
    ecm_fuzz_judge(status);
    if (status != ECM_OK) {
        return;
    }
    for (i = 0; i < 50U; i++) {
        float x = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 40.0f * ecm_fuzz_plain_f32();
        ecm_fuzz_judge(ecm_level_update_f32(ecm_fuzz_or_null(st),
                                            ecm_fuzz_or_null(&cfg), x, &zone));
        ECM_FUZZ_CHECK(zone <= cfg.limits_len && st->zone <= cfg.limits_len);
    }
}
