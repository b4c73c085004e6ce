/* ecm_ram.c - memory of exactly the size that a macro states is enough, and an element
 * less is not: run with seed 0 these pass, with seed 1 the sanitizer must stop them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_envelope.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_spectrum.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void ram_envelope_analytic(void);
void ram_envelope_history(void);
void ram_envelope_overlap(void);
void ram_feat_envelope(void);
void ram_feat_transform(void);
void ram_fft_plan_c2c(void);
void ram_fft_plan_r2c(void);

enum { N = 64 };

static void ram_make(ecm_fft_plan_t *plan, uint32_t n, bool real, uint32_t len,
                     uint32_t less) {
    float *memory = ecm_fuzz_plain_array_f32(len - less);
    ECM_FUZZ_CHECK(ecm_fft_plan_len(n, real) == len);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(plan, n, real, memory, len) == ECM_OK);
}

static void ram_init(ecm_fft_plan_t *plan, uint32_t n, bool real, uint32_t len) {
    ram_make(plan, n, real, len, 0);
}

static void ram_plan(ecm_fft_plan_t *plan, uint32_t n, bool real, uint32_t len) {
    ram_make(plan, n, real, len, ecm_fuzz_seed());
}

void ram_fft_plan_c2c(void) {
    ecm_fft_plan_t plan;
    ram_plan(&plan, N, false, ECM_FFT_PLAN_C2C_LEN(N));
}

void ram_fft_plan_r2c(void) {
    ecm_fft_plan_t plan;
    ram_plan(&plan, N, true, ECM_FFT_PLAN_R2C_LEN(N));
}

/* A window through a transform, or that and a whole envelope. */
static void ram_feat(uint32_t work_len, uint32_t steps_len) {
    static const ecm_feat_row_t row = {ECM_FEAT_ENV_KURTOSIS, 0, 0.0f, 0.0f};
    ecm_fft_plan_t fft, c2c, r2c;
    ecm_feat_envelope_cfg_t envelope = {100.0f, 400.0f, NULL, NULL};
    ecm_feat_step_t steps[2];
    ecm_feat_plan_t plan;
    float *x = ecm_fuzz_plain_array_f32(N), out;
    float *work = ecm_fuzz_plain_array_f32(work_len - ecm_fuzz_seed());
    memset(&plan, 0, sizeof plan);
    memset(steps, 0, sizeof steps);
    plan.fs_hz = 1000.0f;
    plan.window_len = N;
    plan.hop_len = N;
    plan.steps = steps;
    plan.steps_len = steps_len;
    plan.features_len = steps_len - 1U;
    plan.work_len = work_len;
    ram_init(&fft, N / 2U, true, ECM_FFT_PLAN_R2C_LEN(N / 2U));
    ram_init(&c2c, 32, false, ECM_FFT_PLAN_C2C_LEN(32U));
    ram_init(&r2c, 16, true, ECM_FFT_PLAN_R2C_LEN(16U));
    envelope.c2c = &c2c;
    envelope.r2c = &r2c;
    steps[0].kind = &ecm_feat_kind_transform;
    steps[0].cfg = &fft;
    steps[1].kind = &ecm_feat_kind_envelope;
    steps[1].cfg = &envelope;
    steps[1].rows = &row;
    steps[1].rows_len = 1;
    ECM_FUZZ_CHECK(ecm_feat_check(&plan) == ECM_OK);
    ECM_FUZZ_CHECK(ecm_feat_extract_f32(NULL, &plan, 0.0f, x, work, &out) == ECM_OK);
}

void ram_feat_transform(void) {
    ram_feat(ECM_FEAT_TRANSFORM_WORK_LEN(N), 1);
}

void ram_feat_envelope(void) {
    ram_feat(ECM_FEAT_ENVELOPE_WORK_LEN(N), 2);
}

/* The analytic detector, and by how much the overlap and z are too short. */
static void ram_analytic(uint32_t overlap_less, uint32_t z_less) {
    ecm_fft_plan_t inverse;
    ecm_envelope_band_t cfg = {N, 3, 7, NULL};
    uint32_t len = ECM_FFT_PLAN_C2C_LEN(8U), overlap_len = ECM_ENVELOPE_OVERLAP_LEN(8U);
    uint32_t z_len = ECM_ENVELOPE_ANALYTIC_LEN(8U);
    float *overlap = ecm_fuzz_plain_array_f32(overlap_len - overlap_less);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(&inverse, 8, false, ecm_fuzz_plain_array_f32(len),
                                     len) == ECM_OK);
    cfg.inverse = &inverse;
    ECM_FUZZ_CHECK(
        ecm_envelope_analytic_f32(overlap, &cfg, ecm_fuzz_plain_array_f32(N),
                                  ecm_fuzz_plain_array_f32(z_len),
                                  ecm_fuzz_plain_array_f32(z_len - z_less)) >= ECM_OK);
}

void ram_envelope_overlap(void) {
    ram_analytic(ecm_fuzz_seed(), 0);
}

void ram_envelope_analytic(void) {
    ram_analytic(0, ecm_fuzz_seed());
}

void ram_envelope_history(void) {
    static const float taps[3] = {0.25f, 0.5f, 0.25f};
    ecm_fft_plan_t fft;
    ecm_envelope_history_t cfg = {N, NULL, {taps, 3, 2}};
    uint32_t len = ECM_FFT_PLAN_R2C_LEN(N / 2U);
    uint32_t st_len = ECM_ENVELOPE_HISTORY_LEN(N, 3U) - ecm_fuzz_seed();
    float *st = ecm_fuzz_plain_array_f32(st_len);
    memset(st, 0, st_len * sizeof *st);
    ECM_FUZZ_CHECK(ecm_fft_plan_init(&fft, N / 2U, true, ecm_fuzz_plain_array_f32(len),
                                     len) == ECM_OK);
    cfg.fft = &fft;
    ECM_FUZZ_CHECK(
        ecm_envelope_push_f32(st, &cfg, ecm_fuzz_plain_array_f32(200), 200) == ECM_OK);
}
