/* ecm_ram.c - memory of exactly the size that a macro states is enough, and an element
 * less is not: run with seed 0 these pass, with seed 1 the sanitizer must stop them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_commission.h"
#include "ecm_envelope.h"
#include "ecm_feat_cepstrum.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_filter.h"
#include "ecm_feat_rank.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_velocity.h"
#include "ecm_fft_plan.h"
#include "ecm_fuzz.h"

void ram_commission_baseline(void);
void ram_commission_learn(void);
void ram_envelope_analytic(void);
void ram_envelope_history(void);
void ram_envelope_overlap(void);
void ram_feat_cepstrum(void);
void ram_feat_envelope_spectrum(void);
void ram_feat_envelope_state(void);
void ram_feat_envelope_work(void);
void ram_feat_filter(void);
void ram_feat_rank(void);
void ram_feat_rectified_spectrum(void);
void ram_feat_rectified_state(void);
void ram_feat_rectified_work(void);
void ram_feat_transform(void);
void ram_feat_velocity(void);
void ram_feat_welch(void);
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

/* ---- steps of a plan ------------------------------------------------------------ */

/* Two windows through a plan; the memory is what the macros say, less 1 with seed 1. */
static void ram_run(ecm_feat_step_t *steps, uint32_t steps_len, uint32_t work_len,
                    uint32_t state_len, bool less_work) {
    ecm_feat_plan_t plan;
    ecm_feat_need_t need;
    uint32_t less = ecm_fuzz_seed(), windows = 2;
    float out[2];
    float *work = ecm_fuzz_plain_array_f32(work_len - (less_work ? less : 0U));
    float *state = ecm_fuzz_plain_array_f32(state_len - (less_work ? 0U : less));
    memset(&plan, 0, sizeof plan);
    plan.fs_hz = 1000.0f;
    plan.window_len = N;
    plan.hop_len = N / 2U;
    plan.steps = steps;
    plan.steps_len = steps_len;
    plan.features_len = steps[steps_len - 1U].rows_len;
    plan.work_len = work_len;
    plan.state_len = state_len;
    steps[steps_len - 1U].state_at = ECM_FEAT_STATE_HEAD;
    ECM_FUZZ_CHECK(ecm_feat_need(&plan, &need) == ECM_OK);
    ECM_FUZZ_CHECK(need.work_len == work_len && need.state_len == state_len);
    ECM_FUZZ_CHECK(ecm_feat_check(&plan) == ECM_OK);
    for (windows += need.warm_len; windows > 0U; windows--) {
        if (windows == need.warm_len + 2U && state_len > 0U) {
            memset(state, 0, sizeof *state * (state_len - (less_work ? 0U : less)));
        }
        ECM_FUZZ_CHECK(ecm_feat_extract_f32(state, &plan, 0.0f,
                                            ecm_fuzz_plain_array_f32(N), work,
                                            out) >= ECM_OK);
    }
}

static ecm_feat_step_t ram_step(const ecm_feat_kind_t *kind, const void *cfg,
                                const ecm_feat_row_t *row) {
    ecm_feat_step_t step;
    step.kind = kind;
    step.rows = row;
    step.rows_len = row == NULL ? 0U : 1U;
    step.cfg = cfg;
    step.state_at = 0;
    return step;
}

void ram_feat_transform(void) {
    ecm_fft_plan_t fft;
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_transform, &fft, NULL);
    ram_init(&fft, N / 2U, true, ECM_FFT_PLAN_R2C_LEN(N / 2U));
    ram_run(&step, 1, ECM_FEAT_TRANSFORM_WORK_LEN(N), 0, true);
}

void ram_feat_cepstrum(void) {
    static const ecm_feat_row_t row = {ECM_FEAT_CEPSTRAL_PEAK, 0, 0.004f, 0.03f};
    ecm_fft_plan_t fft;
    ecm_feat_cepstrum_cfg_t cfg = {NULL, N};
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_cepstrum, &cfg, &row);
    ram_init(&fft, N / 2U, true, ECM_FFT_PLAN_R2C_LEN(N / 2U));
    cfg.fft = &fft;
    ram_run(&step, 1, ECM_FEAT_CEPSTRUM_WORK_LEN(N, N), 0, true);
}

void ram_feat_rank(void) {
    static const ecm_feat_row_t row = {ECM_FEAT_MAD, 0, 0.0f, 0.0f};
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_median, NULL, &row);
    ram_run(&step, 1, ECM_FEAT_RANK_WORK_LEN(N), 0, true);
}

void ram_feat_filter(void) {
    static const ecm_filter_biquad_f32_t section = {0.5f, 0.0f, 0.0f, -0.5f, 0.0f};
    static const ecm_feat_filter_cfg_t cfg = {&section, 1, 0};
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_filter, &cfg, NULL);
    ram_run(&step, 1, 0, ECM_FEAT_STATE_HEAD + ECM_FEAT_FILTER_STATE_LEN(N, N / 2U, 1U),
            false);
}

void ram_feat_velocity(void) {
    static const ecm_feat_row_t row = {ECM_FEAT_VELOCITY_RMS, 0, 0.0f, 0.0f};
    static const ecm_velocity_cfg_f32_t cfg = {0.08f, 0.004f, -0.8f, 0.4f, 0.3f,
                                               9.8f,  2,      10,    4};
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_velocity, &cfg, &row);
    ram_run(&step, 1, 0, ECM_FEAT_STATE_HEAD + ECM_FEAT_VELOCITY_STATE_LEN, false);
}

void ram_feat_welch(void) {
    static const ecm_feat_welch_cfg_t cfg = {3};
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_welch, &cfg, NULL);
    ram_run(&step, 1, 0, ECM_FEAT_STATE_HEAD + ECM_FEAT_WELCH_STATE_LEN(N), false);
}

static const float ram_taps[3] = {0.25f, 0.5f, 0.25f};

static void ram_feat_env(uint32_t len, bool less_work) {
    static const ecm_feat_row_t row = {ECM_FEAT_ENV_KURTOSIS, 0, 0.0f, 0.0f};
    ecm_fft_plan_t fft, inverse, history;
    ecm_feat_envelope_cfg_t cfg = {{{len, NULL, {ram_taps, 3, 2}}, 1.0f, 0.02f},
                                   {N, 3, 12, NULL},
                                   ecm_envelope_white_f32,
                                   ecm_envelope_squared_f32};
    ecm_feat_step_t steps[2];
    ram_init(&fft, N / 2U, true, ECM_FFT_PLAN_R2C_LEN(N / 2U));
    ram_init(&inverse, 16, false, ECM_FFT_PLAN_C2C_LEN(16U));
    ram_init(&history, len / 2U, true, ECM_FFT_PLAN_R2C_LEN(len / 2U));
    cfg.lines.history.fft = &history;
    cfg.band.inverse = &inverse;
    steps[0] = ram_step(&ecm_feat_kind_transform, &fft, NULL);
    steps[1] = ram_step(&ecm_feat_kind_envelope, &cfg, &row);
    ram_run(steps, 2, ECM_FEAT_ENVELOPE_WORK_LEN(N, len),
            ECM_FEAT_STATE_HEAD + ECM_FEAT_ENVELOPE_STATE_LEN(16U, len, 3U), less_work);
}

void ram_feat_envelope_work(void) {
    ram_feat_env(32, true);
}

void ram_feat_envelope_spectrum(void) {
    ram_feat_env(128, true);
}

void ram_feat_envelope_state(void) {
    ram_feat_env(32, false);
}

static void ram_feat_rect(uint32_t len, bool less_work) {
    static const ecm_filter_biquad_f32_t section = {0.5f, 0.0f, 0.0f, -0.5f, 0.0f};
    ecm_fft_plan_t history;
    ecm_feat_rectified_cfg_t cfg = {{{len, NULL, {ram_taps, 3, 2}}, 1.0f, 0.02f},
                                    {&section, 1, {ram_taps, 3, 1}}};
    ecm_feat_step_t step = ram_step(&ecm_feat_kind_rectified, &cfg, NULL);
    ram_init(&history, len / 2U, true, ECM_FFT_PLAN_R2C_LEN(len / 2U));
    cfg.lines.history.fft = &history;
    ram_run(&step, 1, ECM_FEAT_RECTIFIED_WORK_LEN(N, len),
            ECM_FEAT_STATE_HEAD + ECM_FEAT_RECTIFIED_STATE_LEN(1U, 3U, len, 3U),
            less_work);
}

void ram_feat_rectified_work(void) {
    ram_feat_rect(16, true);
}

void ram_feat_rectified_spectrum(void) {
    ram_feat_rect(128, true);
}

void ram_feat_rectified_state(void) {
    ram_feat_rect(16, false);
}

/* ---- envelopes ------------------------------------------------------------------ */

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

/* ---- a baseline -------------------------------------------------------------------
 */

/* Learn from as few windows as there may be, and freeze. */
static void ram_commission(uint32_t less_baseline, uint32_t less_learn) {
    static const ecm_commission_cfg_t cfg = {1,    3,   9, ECM_COMMISSION_WINDOWS_MIN,
                                             0.5f, 1.0f};
    float *baseline =
        ecm_fuzz_plain_array_f32(ECM_COMMISSION_BASELINE_WORDS(3U) - less_baseline);
    float *learn = ecm_fuzz_plain_array_f32(
        (uint32_t)ECM_COMMISSION_LEARN_WORDS(3U, 9U) - less_learn);
    ecm_commission_t st;
    ecm_status_t status = ECM_MORE;
    ECM_FUZZ_CHECK(ecm_commission_init(&st, &cfg) == ECM_OK);
    ECM_FUZZ_CHECK(ecm_commission_begin(&st, &cfg, learn, false) == ECM_OK);
    while (status == ECM_MORE) {
        float x[3];
        x[0] = x[1] = x[2] = ecm_fuzz_plain_f32();
        status = ecm_commission_update_f32(&st, &cfg, learn, x);
    }
    ECM_FUZZ_CHECK(status == ECM_OK);
    ECM_FUZZ_CHECK(ecm_commission_finish(&st, &cfg, baseline, learn) == ECM_OK);
}

void ram_commission_baseline(void) {
    ram_commission(ecm_fuzz_seed(), 0);
}

void ram_commission_learn(void) {
    ram_commission(0, ecm_fuzz_seed());
}
