/* test_ecm_feat.c - a whole plan: refusals, state, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_line.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_feat(void);

static const ecm_feat_row_t time_rows[] = {
    {ECM_FEAT_MEAN, 0, 0.0f, 0.0f},
    {ECM_FEAT_RMS, 0, 0.0f, 0.0f},
    {ECM_FEAT_KURTOSIS, 0, 0.0f, 0.0f},
    {ECM_FEAT_CLEARANCE, 0, 0.0f, 0.0f},
    {ECM_FEAT_MEAN_CROSSING_RATE, 0, 0.0f, 0.0f}};
static const ecm_feat_row_t band_rows[] = {
    {ECM_FEAT_BAND_RMS, 0, 0.0f, 1500.0f},
    {ECM_FEAT_BAND_FRACTION, 0, 1500.0f, 6000.0f}};
static const ecm_feat_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 0, 0.0f, 0.0f}};
static const ecm_feat_row_t entropy_rows[] = {
    {ECM_FEAT_SPECTRAL_ENTROPY, 0, 0.0f, 0.0f}};
static const ecm_feat_row_t envelope_rows[] = {
    {ECM_FEAT_ENV_ORDER, 0, 3.585f, 0.02f}, {ECM_FEAT_ENV_ORDER, 0, 500.0f, 0.0f},
    {ECM_FEAT_ENV_RMS, 0, 0.0f, 0.0f},      {ECM_FEAT_ENV_KURTOSIS, 0, 0.0f, 0.0f},
    {ECM_FEAT_ENV_SHARE, 0, 3.585f, 0.02f}, {ECM_FEAT_ENV_SHARE, 0, 5.415f, 0.02f}};

#define FEATURES 15U
#define STEPS 7U
#define N 1024U

static const ecm_fft_plan_t *const window_plans[] = {
    &test_fft_64,  &test_fft_96,  &test_fft_128, &test_fft_240,
    &test_fft_256, &test_fft_480, &test_fft_512, &test_fft_1024};
static const ecm_fft_plan_t *const env_plans[][2] = {
    {&test_env_c2c_16, &test_env_r2c_16},   {&test_env_c2c_32, &test_env_r2c_32},
    {&test_env_c2c_64, &test_env_r2c_64},   {&test_env_c2c_128, &test_env_r2c_128},
    {&test_env_c2c_256, &test_env_r2c_256}, {&test_env_c2c_512, &test_env_r2c_512}};

/* A plan with all that it points to; it must not move. */
typedef struct {
    ecm_feat_plan_t plan;
    ecm_feat_step_t step[STEPS];
    ecm_feat_envelope_cfg_t envelope;
} full_t;

/* The transforms for the window and the band; what has none is left as is. */
static void set_transforms(full_t *full) {
    const ecm_feat_plan_t *plan = &full->plan;
    uint32_t i, m;
    for (i = 0; i < 8U; i++) {
        if (window_plans[i]->len == plan->window_len / 2U) {
            full->step[1].cfg = window_plans[i];
        }
    }
    m = ecm_feat_envelope_len(plan, full->envelope.lo_hz, full->envelope.hi_hz);
    for (i = 0; i < 6U; i++) {
        if (env_plans[i][0]->len == m) {
            full->envelope.c2c = env_plans[i][0];
            full->envelope.r2c = env_plans[i][1];
        }
    }
}

static void set_step(ecm_feat_step_t *step, const ecm_feat_kind_t *kind,
                     const ecm_feat_row_t *rows, uint32_t rows_len, const void *cfg) {
    step->kind = kind;
    step->rows = rows;
    step->rows_len = rows_len;
    step->cfg = cfg;
    step->state_at = 0;
}

static void set_plan(full_t *full, uint32_t window_len) {
    memset(full, 0, sizeof *full);
    full->plan.fs_hz = 12000.0f;
    full->plan.window_len = window_len;
    full->plan.hop_len = window_len / 2U;
    full->plan.detrend = ECM_FEAT_DETREND_MEAN;
    full->plan.speed_lo_hz = 5.0f;
    full->plan.speed_hi_hz = 200.0f;
    full->plan.steps = full->step;
    full->plan.steps_len = STEPS;
    full->plan.features_len = FEATURES;
    full->plan.work_len = window_len;
    full->envelope.lo_hz = 500.0f;
    full->envelope.hi_hz = 5500.0f;
    set_step(&full->step[0], &ecm_feat_kind_time, time_rows, 5, NULL);
    set_step(&full->step[1], &ecm_feat_kind_transform, NULL, 0, NULL);
    set_step(&full->step[2], &ecm_feat_kind_power, NULL, 0, NULL);
    set_step(&full->step[3], &ecm_feat_kind_bands, band_rows, 2, NULL);
    set_step(&full->step[4], &ecm_feat_kind_moments, moment_rows, 1, NULL);
    set_step(&full->step[5], &ecm_feat_kind_entropy, entropy_rows, 1, NULL);
    set_step(&full->step[6], &ecm_feat_kind_envelope, envelope_rows, 6,
             &full->envelope);
    set_transforms(full);
}

/* ---- values ------------------------------------------------------------------- */

static void test_windows(void) {
    static const uint32_t lengths[] = {64, 96, 128, 240, 256, 480, 512, 1024};
    float *x = ecm_test_memory, *work = x + N, *out = work + N, slices[FEATURES];
    uint32_t k, i;
    full_t full;
    for (k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        uint32_t n = lengths[k];
        set_plan(&full, n);
        if ((n & (n - 1U)) != 0U) { /* room for the next power of two */
            full.envelope.hi_hz = 3500.0f;
            set_transforms(&full);
        }
        ECM_CHECK(ecm_feat_check(&full.plan) == ECM_OK);
        ecm_test_noise_f32(n, x, n);
        ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 29.95f, x, work, out) ==
                  ECM_OK);
        for (i = 0; i < FEATURES; i++) {
            ecm_test_f32("feat", out[i]);
        }
        ECM_CHECK(out[10] == 0.0f); /* an order beyond the spectrum */
        ecm_test_noise_f32(n, x, n);
        for (i = 0; i < STEPS; i++) {
            ECM_CHECK(ecm_feat_step_f32(NULL, &full.plan, i, 29.95f, x, work, slices) ==
                      ECM_OK);
        }
        for (i = 0; i < FEATURES; i++) {
            ECM_CHECK(slices[i] == out[i]);
        }
        for (i = 0; i < n; i++) {
            x[i] = 0.1f;
        }
        ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 29.95f, x, work, out) ==
                  ECM_OK);
        ECM_CHECK(out[0] == 0.1f);
        for (i = 1; i < FEATURES; i++) {
            ECM_CHECK(out[i] == 0.0f);
        }
    }
}

/* What is left in x and bin 0 by each way to detrend. */
static void test_detrend(void) {
    float *x = ecm_test_memory, *work = x + N, out[5];
    uint32_t i;
    full_t full;
    set_plan(&full, 64);
    full.plan.detrend = ECM_FEAT_DETREND_NONE;
    full.plan.steps_len = 2;
    full.plan.features_len = 5;
    for (i = 0; i < 64U; i++) {
        x[i] = 3.0f + (float)i;
    }
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 10.0f, x, work, out) == ECM_OK);
    ECM_CHECK(x[0] == 3.0f && work[0] == 64.0f * 34.5f && out[0] == 34.5f);
    full.plan.detrend = ECM_FEAT_DETREND_MEAN;
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 10.0f, x, work, out) == ECM_OK);
    ECM_CHECK(x[0] == -31.5f && work[0] == 0.0f && work[2] != 0.0f);
    full.step[0].kind = &ecm_feat_kind_mean;
    full.step[0].rows_len = 0;
    full.plan.features_len = 0;
    for (i = 0; i < 64U; i++) {
        x[i] = 3.0f + (float)i;
    }
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 10.0f, x, work, out) == ECM_OK);
    ECM_CHECK(x[0] == -31.5f);
    full.plan.detrend = ECM_FEAT_DETREND_LINE;
    full.step[0].kind = &ecm_feat_kind_line;
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 10.0f, x, work, out) == ECM_OK);
    for (i = 0; i < 64U; i++) {
        ECM_CHECK(x[i] == 0.0f && work[i] == 0.0f);
    }
}

static void test_scale(void) {
    static const float mean[] = {1.0f, 2.0f}, inv_sd[] = {2.0f, 0.0f};
    float x[] = {3.0f, 5.0f};
    ECM_CHECK(ecm_feat_scale_f32(x, mean, inv_sd, 2, x) == ECM_OK);
    ECM_CHECK(x[0] == 4.0f && x[1] == 0.0f);
    ECM_CHECK(ecm_feat_scale_f32(NULL, NULL, NULL, 0, NULL) == ECM_OK);
    ECM_CHECK(ecm_feat_scale_f32(x, NULL, inv_sd, 2, x) == ECM_ERR_NULL);
}

/* ---- state: a step that adds up what is fresh, and needs some windows -------------
 */

static ecm_status_t sum_check(const ecm_feat_plan_t *plan, const ecm_feat_step_t *step,
                              ecm_feat_need_t *need) {
    (void)plan;
    need->state_len = 2;
    need->warm_len = *(const uint32_t *)step->cfg;
    return ECM_OK;
}

static ecm_status_t sum_run(const ecm_feat_step_t *step, const ecm_feat_frame_t *frame,
                            float *out) {
    uint32_t i, n = frame->plan->window_len;
    for (i = n - frame->fresh_len; i < n; i++) {
        frame->state[0] += frame->x[i];
    }
    frame->state[1] += 1.0f;
    out[0] = frame->state[0];
    return frame->state[1] > (float)*(const uint32_t *)step->cfg ? ECM_OK : ECM_MORE;
}

static const ecm_feat_kind_t kind_sum = {sum_check, sum_run};

static void test_state(void) {
    static const ecm_feat_row_t row = {ECM_FEAT_MEAN, 0, 0.0f, 0.0f};
    static const uint32_t warm[] = {2, 1};
    ecm_feat_step_t steps[2];
    ecm_feat_plan_t plan;
    ecm_feat_need_t need;
    float *x = ecm_test_memory, state[5], out[2];
    uint32_t i, k;
    memset(&plan, 0, sizeof plan);
    set_step(&steps[0], &kind_sum, &row, 1, &warm[0]);
    set_step(&steps[1], &kind_sum, &row, 1, &warm[1]);
    steps[0].state_at = 1;
    steps[1].state_at = 3;
    plan.fs_hz = 1000.0f;
    plan.window_len = 100;
    plan.hop_len = 30;
    plan.steps = steps;
    plan.steps_len = 2;
    plan.features_len = 2;
    ECM_CHECK(ecm_feat_need(&plan, &need) == ECM_OK);
    ECM_CHECK(need.work_len == 0U && need.state_len == 5U && need.warm_len == 2U);
    ECM_CHECK(ecm_feat_check(&plan) == ECM_ERR_FULL);
    plan.state_len = 5;
    ECM_CHECK(ecm_feat_check(&plan) == ECM_OK);
    steps[1].state_at = 2;
    ECM_CHECK(ecm_feat_check(&plan) == ECM_ERR_FULL);
    steps[1].state_at = 3;
    ECM_CHECK(ecm_feat_reset_f32(NULL, &plan) == ECM_ERR_NULL);
    for (k = 0; k < 5U; k++) {
        /* after a reset in the middle everything is as at the start */
        if (k == 0U || k == 1U) {
            ECM_CHECK(ecm_feat_reset_f32(state, &plan) == ECM_OK);
        }
        for (i = 0; i < 100U; i++) {
            x[i] = 1.0f;
        }
        ECM_CHECK(ecm_feat_extract_f32(state, &plan, 0.0f, x, NULL, out) ==
                  (k < 3U ? ECM_MORE : ECM_OK));
    }
    ECM_CHECK(out[0] == 190.0f && out[1] == 190.0f);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &plan, 0.0f, x, NULL, out) == ECM_ERR_NULL);
}

/* ---- refusals ----------------------------------------------------------------- */

/* A plan of one step with one row. */
static ecm_status_t try_row(const ecm_feat_kind_t *kind, uint16_t id, float a,
                            float b) {
    ecm_feat_row_t row;
    ecm_feat_need_t need;
    full_t full;
    set_plan(&full, 64);
    row.id = id;
    row.n = 0;
    row.a = a;
    row.b = b;
    full.step[6].kind = kind;
    full.step[6].rows = &row;
    full.step[6].rows_len = 1;
    full.plan.steps = &full.step[6];
    full.plan.steps_len = 1;
    full.plan.features_len = 1;
    return ecm_feat_need(&full.plan, &need);
}

static void test_row_refusals(void) {
    float nan = ecm_test_from_bits(0x7fc00000U), inf = ecm_test_from_bits(0x7f800000U);
    const ecm_feat_kind_t *time = &ecm_feat_kind_time, *bands = &ecm_feat_kind_bands;
    const ecm_feat_kind_t *envelope = &ecm_feat_kind_envelope;
    ECM_CHECK(try_row(time, ECM_FEAT_RMS, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(time, ECM_FEAT_CENTROID, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(time, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(&ecm_feat_kind_mean, ECM_FEAT_MEAN, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(&ecm_feat_kind_line, ECM_FEAT_MEAN, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(&ecm_feat_kind_transform, ECM_FEAT_MEAN, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(&ecm_feat_kind_power, ECM_FEAT_BAND_RMS, 0, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(bands, ECM_FEAT_RMS, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(bands, ECM_FEAT_BAND_RMS, 9, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(bands, ECM_FEAT_BAND_RMS, nan, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(bands, ECM_FEAT_BAND_RMS, 0, inf) == ECM_OK);
    ECM_CHECK(try_row(&ecm_feat_kind_moments, ECM_FEAT_BAND_RMS, 0, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(&ecm_feat_kind_entropy, ECM_FEAT_CENTROID, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(envelope, ECM_FEAT_ENV_RMS, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(envelope, ECM_FEAT_RMS, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(envelope, ECM_FEAT_ENV_ORDER, 3, 0) == ECM_OK);
    ECM_CHECK(try_row(envelope, ECM_FEAT_ENV_ORDER, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(envelope, ECM_FEAT_ENV_ORDER, 3, 1) == ECM_ERR_ARG);
    ECM_CHECK(try_row(envelope, ECM_FEAT_ENV_SHARE, nan, 0) == ECM_ERR_ARG);
}

static void test_step_refusals(void) {
    full_t full;
    set_plan(&full, 64);
    full.envelope.hi_hz = 6001.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    full.envelope.lo_hz = 501.0f; /* bins lie 187.5 Hz apart */
    full.envelope.hi_hz = 550.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    full.envelope.lo_hz = 0.0f; /* the widest band */
    full.envelope.hi_hz = 6000.0f;
    set_transforms(&full);
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_OK);
    full.plan.speed_lo_hz = 0.0f; /* orders need a speed */
    full.plan.speed_hi_hz = 0.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64);
    full.envelope.c2c = &test_env_c2c_128;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    full.envelope.c2c = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
    full.step[1].cfg = &test_fft_128;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    full.step[1].cfg = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
    full.step[1].kind = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
}

static void test_plan_refusals(void) {
    float *x = ecm_test_memory, *work = x + N, out[FEATURES];
    full_t full;
    set_plan(&full, 32);
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    set_plan(&full, 64);
    full.plan.fs_hz = 0.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64);
    full.plan.hop_len = 65;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64);
    full.plan.detrend = 3;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64);
    full.plan.speed_hi_hz = 4.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64);
    full.plan.features_len--;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64);
    full.plan.work_len--;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_FULL);
    set_plan(&full, 64);
    full.plan.steps = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_check(NULL) == ECM_ERR_NULL);
    set_plan(&full, 64);
    out[0] = 7.0f;
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 4.0f, x, work, out) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 201.0f, x, work, out) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 9.0f, x, NULL, out) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_step_f32(NULL, &full.plan, STEPS, 9.0f, x, work, out) ==
              ECM_ERR_ARG);
    ECM_CHECK(out[0] == 7.0f);
    ECM_CHECK(!ecm_feat_takes_speed(&full.plan, ecm_test_from_bits(0x7fc00000U)));
    ECM_CHECK(!ecm_feat_takes_speed(NULL, 9.0f));
    ECM_CHECK(ecm_feat_reset_f32(NULL, &full.plan) == ECM_OK);
}

void test_ecm_feat(void) {
    test_windows();
    test_detrend();
    test_scale();
    test_state();
    test_row_refusals();
    test_step_refusals();
    test_plan_refusals();
}
