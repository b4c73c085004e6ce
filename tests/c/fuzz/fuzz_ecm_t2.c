/* fuzz_ecm_t2.c - vectors of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_t2.h"
#include "ecm_fuzz.h"

void fuzz_ecm_t2(void);

void fuzz_ecm_t2(void) {
    ecm_t2_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t n = ecm_fuzz_len(66), alarm = 0, since = 0, i;
    float *mean = ecm_fuzz_array_f32(n),
          *whiten = ecm_fuzz_array_f32(n * (n + 1U) / 2U);
    float *means = ecm_fuzz_array_f32(n), *x;
    ecm_t2_cfg_t cfg;
    cfg.mean = ecm_fuzz_or_null(mean);
    cfg.whiten = ecm_fuzz_or_null(whiten);
    cfg.features_len = n;
    cfg.lambda = ecm_fuzz_once_in(2) ? 0.1f : ecm_fuzz_f32();
    cfg.limit = ecm_fuzz_f32();
    ecm_fuzz_watch(means, n * sizeof *means);
    ecm_fuzz_judge(ecm_t2_init(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg), means));
    for (i = ecm_fuzz_below(9); i > 0U; i--) {
        x = ecm_fuzz_array_f32(n);
        ecm_fuzz_judge(ecm_t2_update_f32(ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg),
                                         means, ecm_fuzz_or_null(x), &alarm, &since));
    }
}
