/* fuzz_ecm_health.c - sensors that say anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_health.h"

void fuzz_ecm_health(void);

void fuzz_ecm_health(void) {
    ecm_health_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_health_cfg_t cfg;
    uint32_t verdict = 0, i;
    memset(&cfg, 0, sizeof cfg);
    cfg.range = ecm_fuzz_f32();
    cfg.stuck_len = ecm_fuzz_len(UINT32_MAX);
    cfg.clip_count = ecm_fuzz_len(UINT32_MAX);
    if (ecm_fuzz_once_in(2)) {
        cfg.range = 1.0f;
        cfg.stuck_len = 5;
        cfg.block_len = ecm_fuzz_len(60);
        cfg.spike = ecm_fuzz_plain_f32();
        cfg.low = -2.0f;
        cfg.high = ecm_fuzz_f32();
        cfg.dead_band = 0.1f;
        cfg.offset = ecm_fuzz_f32();
        cfg.offset_limit = ecm_fuzz_f32();
        cfg.signature_low = ecm_fuzz_plain_f32();
        cfg.signature_high = ecm_fuzz_f32();
    }
    cfg.period_ns = ecm_fuzz_len(UINT32_MAX);
    cfg.rate_ppm = ecm_fuzz_len(UINT32_MAX);
    cfg.rate_len = ecm_fuzz_len(UINT32_MAX);
    (void)ecm_health_init(ecm_fuzz_or_null(st));
    ECM_FUZZ_CHECK(ecm_health_init(st) == ECM_OK);
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(6); i > 0U; i--) {
        uint32_t n = ecm_fuzz_len(300);
        float *x = ecm_fuzz_or_null(ecm_fuzz_array_f32(n));
        ecm_fuzz_judge(ecm_health_update_f32(ecm_fuzz_or_null(st), &cfg, x, n,
                                             ecm_fuzz_or_null(&verdict)));
        ecm_fuzz_judge(
            ecm_health_time(st, ecm_fuzz_or_null(&cfg), ecm_fuzz_u32(), n, &verdict));
        if (ecm_fuzz_once_in(2)) {
            int16_t *codes = ecm_fuzz_bytes((n + 1U) * sizeof *codes);
            ecm_fuzz_judge(ecm_health_update_s16(ecm_fuzz_or_null(st), &cfg,
                                                 ecm_fuzz_or_null(codes), n,
                                                 ecm_fuzz_or_null(&verdict)));
        }
        if (ecm_fuzz_once_in(3)) {
            ecm_fuzz_judge(ecm_health_gap(ecm_fuzz_or_null(st)));
        }
    }
}
