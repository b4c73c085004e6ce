/* fuzz_ecm_tsa.c - averages over turns of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_tsa.h"

void fuzz_ecm_tsa(void);

void fuzz_ecm_tsa(void) {
    ecm_tsa_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_tsa_cfg_t cfg;
    ecm_status_t status;
    uint32_t calls;
    float *mean;
    cfg.per_turn = ecm_fuzz_len(50);
    cfg.weight = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 0.1f;
    mean = ecm_fuzz_array_f32(cfg.per_turn);
    ecm_fuzz_watch(st, sizeof *st);
    ecm_fuzz_watch(mean, cfg.per_turn * sizeof *mean);
    status = ecm_tsa_init(ecm_fuzz_or_null(st), &cfg, ecm_fuzz_or_null(mean));
    ecm_fuzz_judge(status);
    if (status != ECM_OK) {
        return;
    }
    for (calls = 0; calls < 4U; calls++) {
        uint32_t n = ecm_fuzz_len(200);
        float *x = ecm_fuzz_array_f32(n);
        ecm_fuzz_judge(ecm_tsa_update_f32(ecm_fuzz_or_null(st), &cfg, mean,
                                          ecm_fuzz_or_null(x), n));
        ECM_FUZZ_CHECK(st->at < cfg.per_turn);
        ecm_fuzz_judge(ecm_tsa_residual_f32(&cfg, mean, ecm_fuzz_below(51), x, n, x));
    }
}
