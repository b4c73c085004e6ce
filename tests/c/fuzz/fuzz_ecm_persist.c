/* fuzz_ecm_persist.c - statistics of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_persist.h"
#include "ecm_fuzz.h"

void fuzz_ecm_persist(void);

void fuzz_ecm_persist(void) {
    ecm_persist_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_persist_cfg_t cfg;
    uint32_t event = 0, i;
    for (i = 0; i < ECM_PERSIST_LEVELS_MAX; i++) {
        cfg.on[i] = ecm_fuzz_once_in(4) ? ecm_fuzz_f32() : (float)i;
    }
    cfg.band = ecm_fuzz_f32();
    cfg.levels_len = ecm_fuzz_below(6);
    cfg.k = ecm_fuzz_len(33);
    cfg.n = ecm_fuzz_len(33);
    cfg.holdoff = ecm_fuzz_len(9);
    if (ecm_fuzz_once_in(2)) {
        (void)ecm_persist_init(ecm_fuzz_or_null(st));
    }
    ecm_fuzz_watch(st, sizeof *st);
    for (i = ecm_fuzz_below(60); i > 0U; i--) {
        ecm_status_t status = ecm_persist_update_f32(
            ecm_fuzz_or_null(st), ecm_fuzz_or_null(&cfg), ecm_fuzz_f32(), &event);
        ecm_fuzz_judge(status);
        ECM_FUZZ_CHECK(status != ECM_OK || st->level <= cfg.levels_len);
    }
}
