/* fuzz_ecm_run.c - any limits and values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_run.h"

void fuzz_ecm_run(void);

void fuzz_ecm_run(void) {
    ecm_run_cfg_t cfg;
    ecm_run_t *st = ecm_fuzz_bytes(sizeof *st);
    uint32_t round, state = 0;
    cfg.off_below = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 1.0f;
    cfg.change_most = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : 2.0f;
    cfg.settle_len = ecm_fuzz_len(UINT32_MAX);
    if (ecm_run_init(ecm_fuzz_or_null(st), &cfg) != ECM_OK) {
        return;
    }
    for (round = ecm_fuzz_below(50); round > 0U; round--) {
        float x = ecm_fuzz_f32();
        if (ecm_run_update_f32(st, &cfg, x, ecm_fuzz_or_null(&state)) == ECM_OK) {
            ECM_FUZZ_CHECK(st->state == state && state <= ECM_RUN_TRANSIENT);
            ECM_FUZZ_CHECK((x < cfg.off_below) == (state == ECM_RUN_OFF));
        }
    }
}
