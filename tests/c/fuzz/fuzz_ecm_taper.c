/* fuzz_ecm_taper.c - tapers of any kind and length: within -0.1 ... 1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fuzz.h"
#include "ecm_taper.h"

void fuzz_ecm_taper(void);

void fuzz_ecm_taper(void) {
    ecm_taper_cfg_t cfg;
    ecm_taper_gain_t gain;
    float *half;
    int16_t *q15;
    uint32_t i, n;
    cfg.x_len = ecm_fuzz_len(300);
    cfg.kind = (uint16_t)ecm_fuzz_below(7);
    cfg.form = (uint16_t)ecm_fuzz_below(2);
    cfg.beta = ecm_fuzz_once_in(2) ? ecm_fuzz_f32() : 0.1f * (float)ecm_fuzz_below(200);
    n = cfg.x_len > 0U ? ECM_TAPER_HALF_LEN(cfg.x_len, (uint32_t)cfg.form) : 1U;
    half = ecm_fuzz_array_f32(n);
    q15 = ecm_fuzz_bytes(2U * n);
    if (ecm_fuzz_once_in(8)) {
        cfg.form = (uint16_t)ecm_fuzz_u32();
        cfg.form = (uint16_t)(cfg.form < 2U ? 2U : cfg.form);
    }
    ecm_fuzz_watch(q15, 2U * n);
    ecm_fuzz_judge(ecm_taper_fill_q15(&cfg, ecm_fuzz_or_null(q15)));
    ecm_fuzz_watch(half, n * sizeof *half);
    if (ecm_taper_fill_f32(&cfg, half) != ECM_OK) {
        ecm_fuzz_judge(ECM_ERR_ARG);
        return;
    }
    for (i = 0; i < n; i++) {
        ECM_FUZZ_CHECK(half[i] >= -0.1f && half[i] <= 1.0f);
        ECM_FUZZ_CHECK(i == 0U || half[i] >= half[i - 1U] || cfg.kind == 4U);
    }
    ECM_FUZZ_CHECK(ecm_taper_gain_f32(&cfg, half, &gain) == ECM_OK);
    ECM_FUZZ_CHECK(gain.energy >= 0.0f && gain.energy <= 1.0f);
}
