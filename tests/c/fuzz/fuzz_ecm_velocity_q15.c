/* fuzz_ecm_velocity_q15.c - any settings that pass, any samples: no sum runs over.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_velocity_q15.h"

void fuzz_ecm_velocity_q15(void);

void fuzz_ecm_velocity_q15(void) {
    ecm_velocity_q15_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_velocity_q15_cfg_t cfg;
    ecm_status_t status;
    uint32_t calls, rms;
    cfg.c1 = (int16_t)(16384U + ecm_fuzz_below(16384));
    cfg.c2 = (int16_t)(16384U + ecm_fuzz_below(16384));
    cfg.c1_shift = (uint16_t)ecm_fuzz_len(16);
    cfg.c2_shift = (uint16_t)ecm_fuzz_len(32);
    cfg.b0 = (int16_t)ecm_fuzz_u32();
    cfg.b1 = (int16_t)ecm_fuzz_u32();
    cfg.a1 = (int16_t)ecm_fuzz_u32();
    cfg.a2 = (int16_t)ecm_fuzz_u32();
    cfg.up = (uint16_t)ecm_fuzz_len(14);
    cfg.factor = (uint16_t)(1U << ecm_fuzz_below(3));
    cfg.gain = ecm_fuzz_u32();
    cfg.settle_len = ecm_fuzz_len(5);
    cfg.block_len = ecm_fuzz_len(5);
    ecm_fuzz_watch(st, sizeof *st);
    status = ecm_velocity_q15_init(ecm_fuzz_or_null(st), &cfg);
    ecm_fuzz_judge(status);
    if (status != ECM_OK) {
        return;
    }
    for (calls = 0; calls < 6U; calls++) {
        uint32_t n = ecm_fuzz_len(300), i;
        int16_t *x = ecm_fuzz_bytes(n * sizeof *x);
        for (i = 0; i < n && calls > 2U; i++) {
            x[i] = (i & 64U) != 0U ? INT16_MAX : INT16_MIN;
        }
        ecm_fuzz_judge(ecm_velocity_q15_update(ecm_fuzz_or_null(st), &cfg,
                                               ecm_fuzz_or_null(x), n));
        ECM_FUZZ_CHECK(st->wait_len < cfg.factor);
        (void)ecm_velocity_q15_rms(st, &cfg, &rms);
    }
}
