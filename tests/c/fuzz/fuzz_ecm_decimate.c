/* fuzz_ecm_decimate.c - any taps, factor and chunks: never more than the macro says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_decimate.h"
#include "ecm_fuzz.h"

void fuzz_ecm_decimate(void);

static uint32_t fuzz_out_len(uint32_t n, uint32_t factor) {
    return factor > 0U ? ECM_DECIMATE_OUT_LEN(n, factor) : 0U;
}

static void fuzz_f32(uint32_t taps_len, uint32_t factor) {
    ecm_decimate_cfg_f32_t cfg;
    ecm_decimate_t st;
    uint32_t found, calls;
    float *line = ecm_fuzz_array_f32(ECM_DECIMATE_LINE_LEN(taps_len));
    cfg.taps = ecm_fuzz_array_f32(taps_len);
    cfg.taps_len = taps_len;
    cfg.factor = factor;
    if (ecm_decimate_init_f32(&st, &cfg, line, ecm_fuzz_f32()) != ECM_OK) {
        return;
    }
    for (calls = 0; calls < 4U; calls++) {
        uint32_t n = ecm_fuzz_len(100);
        float *x = ecm_fuzz_array_f32(n);
        float *out = ecm_fuzz_array_f32(fuzz_out_len(n, factor));
        if (ecm_decimate_f32(&st, &cfg, line, ecm_fuzz_or_null(x), n,
                             ecm_fuzz_or_null(out), &found) == ECM_OK) {
            ECM_FUZZ_CHECK(found <= fuzz_out_len(n, factor));
        }
    }
}

static void fuzz_q15(uint32_t taps_len, uint32_t factor) {
    ecm_decimate_cfg_q15_t cfg;
    ecm_decimate_t st;
    uint32_t i, found, calls;
    int16_t *taps = ecm_fuzz_bytes(2U * taps_len);
    int16_t *line = ecm_fuzz_bytes(2U * ECM_DECIMATE_LINE_LEN(taps_len));
    if (taps_len > 2U) {
        for (i = 0; i < taps_len; i++) { /* most of these may pass */
            taps[i] = (int16_t)(taps[i] / (int32_t)taps_len);
        }
    }
    cfg.taps = taps;
    cfg.taps_len = taps_len;
    cfg.factor = factor;
    cfg.bits = 7U + ecm_fuzz_below(10);
    if (ecm_decimate_init_q15(&st, &cfg, line, (int16_t)ecm_fuzz_u32()) != ECM_OK) {
        return;
    }
    for (calls = 0; calls < 4U; calls++) {
        uint32_t n = ecm_fuzz_len(100);
        int16_t *x = ecm_fuzz_bytes(2U * n);
        int16_t *out = ecm_fuzz_bytes(2U * fuzz_out_len(n, factor));
        if (ecm_decimate_q15(&st, &cfg, line, ecm_fuzz_or_null(x), n,
                             ecm_fuzz_or_null(out), &found) == ECM_OK) {
            ECM_FUZZ_CHECK(found <= fuzz_out_len(n, factor));
        }
    }
}

void fuzz_ecm_decimate(void) {
    uint32_t taps_len = ecm_fuzz_len(70), factor = ecm_fuzz_len(40);
    factor = ecm_fuzz_once_in(16) ? 0xffffffffU : factor;
    fuzz_f32(taps_len, factor);
    fuzz_q15(taps_len, factor);
}
