/* fuzz_ecm_velocity.c - any settings that pass, any samples, any chunks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_velocity.h"

void fuzz_ecm_velocity(void);

static float fuzz_near(float x) {
    return ecm_fuzz_once_in(8) ? ecm_fuzz_f32() : x;
}

void fuzz_ecm_velocity(void) {
    ecm_velocity_f32_t *st = ecm_fuzz_bytes(sizeof *st);
    ecm_velocity_cfg_f32_t cfg;
    ecm_status_t status;
    uint32_t calls;
    float rms;
    cfg.c1 = fuzz_near(0.0138f);
    cfg.c2 = fuzz_near(0.0000957f);
    cfg.a1 = fuzz_near(-0.768f);
    cfg.a2 = fuzz_near(0.249f);
    cfg.b1 = fuzz_near(0.017f);
    cfg.gain = fuzz_near(0.0113f);
    cfg.factor = ecm_fuzz_once_in(8) ? ecm_fuzz_u32() : 1U << ecm_fuzz_below(3);
    cfg.settle_len = ecm_fuzz_len(5);
    cfg.block_len = ecm_fuzz_len(5);
    ecm_fuzz_watch(st, sizeof *st);
    status = ecm_velocity_init_f32(ecm_fuzz_or_null(st), &cfg);
    ecm_fuzz_judge(status);
    if (status != ECM_OK) {
        return;
    }
    for (calls = 0; calls < 6U; calls++) {
        uint32_t n = ecm_fuzz_len(100);
        float *x = ecm_fuzz_array_f32(n);
        ecm_fuzz_judge(ecm_velocity_update_f32(ecm_fuzz_or_null(st), &cfg,
                                               ecm_fuzz_or_null(x), n));
        ECM_FUZZ_CHECK(st->wait_len < 2U * cfg.factor);
        ECM_FUZZ_CHECK(st->blocks <= (uint32_t)ECM_VELOCITY_BLOCKS + 1U);
        if (ecm_velocity_rms_f32(st, &cfg, &rms) == ECM_OK) {
            ECM_FUZZ_CHECK(!(rms < 0.0f));
        }
    }
}
