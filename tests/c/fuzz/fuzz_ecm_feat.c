/* fuzz_ecm_feat.c - plans of any rows and settings over windows of anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void fuzz_ecm_feat(void);

enum { ROWS = 4 };

#define FUZZ_ID(constant, id, name, unit, block, a, b, text) constant,
static const uint16_t ids[] = {ECM_FEAT_TABLE(FUZZ_ID)};
#undef FUZZ_ID

static ecm_feat_row_t *fuzz_rows(void) {
    ecm_feat_row_t *rows = ecm_fuzz_bytes(ROWS * sizeof *rows);
    uint32_t i;
    for (i = 0; i < ROWS; i++) {
        rows[i].id = ids[ecm_fuzz_below(sizeof ids / sizeof ids[0])];
        if (ecm_fuzz_once_in(16)) {
            rows[i].id = (uint16_t)ecm_fuzz_u32();
        }
        rows[i].a = ecm_fuzz_f32();
        rows[i].b = ecm_fuzz_f32();
    }
    return rows;
}

/* A transform of n elements, or NULL where there is none, and now and then else. */
static const ecm_fft_plan_t *fuzz_transform(uint32_t n, bool real) {
    uint32_t len = ecm_fft_plan_len(n, real);
    ecm_fft_plan_t *plan = ecm_fuzz_bytes(sizeof *plan);
    if (len == 0U || ecm_fuzz_once_in(32)) {
        return NULL;
    }
    ECM_FUZZ_CHECK(ecm_fft_plan_init(plan, n, real, ecm_fuzz_array_f32(len), len) ==
                   ECM_OK);
    return plan;
}

void fuzz_ecm_feat(void) {
    static const ecm_feat_block_fn_t runs[] = {ecm_feat_time_f32, ecm_feat_spectrum_f32,
                                               ecm_feat_envelope_f32};
    ecm_feat_block_t blocks[3];
    ecm_feat_plan_t plan;
    uint32_t i, n = ecm_fuzz_once_in(3) ? ecm_fuzz_len(1100) : 64U << ecm_fuzz_below(4);
    float *x = ecm_fuzz_array_f32(n), *out = ecm_fuzz_array_f32(3 * ROWS);
    float *work = ecm_fuzz_array_f32(ECM_FEAT_WORK_LEN(n));
    plan.fs_hz = ecm_fuzz_once_in(3) ? ecm_fuzz_f32() : 1000.0f;
    plan.window_len = n;
    plan.hop_len = n;
    plan.env_lo_hz = ecm_fuzz_once_in(3) ? ecm_fuzz_f32() : 100.0f;
    plan.env_hi_hz = ecm_fuzz_once_in(3) ? ecm_fuzz_f32() : 400.0f;
    plan.fft = fuzz_transform(ecm_fuzz_once_in(32) ? 64U : n / 2U, true);
    i = ecm_feat_envelope_len(&plan);
    i = ecm_fuzz_once_in(32) ? 64U : i;
    plan.env_c2c = fuzz_transform(i, false);
    plan.env_r2c = fuzz_transform(i / 2U, !ecm_fuzz_once_in(32));
    plan.blocks = blocks;
    plan.blocks_len = 3;
    plan.features_len = 0;
    for (i = 0; i < 3U; i++) {
        blocks[i].run = runs[i];
        blocks[i].rows = fuzz_rows();
        blocks[i].rows_len = ecm_fuzz_len(ROWS);
        plan.features_len += blocks[i].rows_len;
    }
    (void)ecm_feat_extract_f32(ecm_fuzz_or_null(&plan), ecm_fuzz_f32(),
                               ecm_fuzz_or_null(x), work, ecm_fuzz_or_null(out));
    i = ecm_fuzz_below(3);
    (void)blocks[i].run(&plan, blocks[i].rows, blocks[i].rows_len, 30.0f, x, work, out);
    n = ecm_fuzz_len(3 * ROWS);
    (void)ecm_feat_scale_f32(ecm_fuzz_or_null(out), ecm_fuzz_array_f32(n),
                             ecm_fuzz_array_f32(n), n, out);
}
