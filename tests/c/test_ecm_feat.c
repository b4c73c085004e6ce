/* test_ecm_feat.c - a whole plan: refusals and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_feat(void);

static const ecm_feat_row_t time_rows[] = {
    {ECM_FEAT_MEAN, 0, 0.0f, 0.0f},
    {ECM_FEAT_RMS, 0, 0.0f, 0.0f},
    {ECM_FEAT_KURTOSIS, 0, 0.0f, 0.0f},
    {ECM_FEAT_CLEARANCE, 0, 0.0f, 0.0f},
    {ECM_FEAT_MEAN_CROSSING_RATE, 0, 0.0f, 0.0f}};
static const ecm_feat_row_t spectrum_rows[] = {
    {ECM_FEAT_BAND_RMS, 0, 0.0f, 1500.0f},
    {ECM_FEAT_BAND_FRACTION, 0, 1500.0f, 6000.0f},
    {ECM_FEAT_CENTROID, 0, 0.0f, 0.0f},
    {ECM_FEAT_SPECTRAL_ENTROPY, 0, 0.0f, 0.0f}};
static const ecm_feat_row_t envelope_rows[] = {
    {ECM_FEAT_ENV_ORDER, 0, 3.585f, 0.02f}, {ECM_FEAT_ENV_ORDER, 0, 500.0f, 0.0f},
    {ECM_FEAT_ENV_RMS, 0, 0.0f, 0.0f},      {ECM_FEAT_ENV_KURTOSIS, 0, 0.0f, 0.0f},
    {ECM_FEAT_ENV_SHARE, 0, 3.585f, 0.02f}, {ECM_FEAT_ENV_SHARE, 0, 5.415f, 0.02f}};
static const ecm_feat_block_t blocks[] = {{ecm_feat_time_f32, time_rows, 5},
                                          {ecm_feat_spectrum_f32, spectrum_rows, 4},
                                          {ecm_feat_envelope_f32, envelope_rows, 6}};

#define FEATURES 15U
#define N 1024U

static const ecm_fft_plan_t *const window_plans[] = {
    &test_fft_64, &test_fft_128, &test_fft_256, &test_fft_512, &test_fft_1024};
static const ecm_fft_plan_t *const env_plans[][2] = {
    {&test_env_c2c_16, &test_env_r2c_16},   {&test_env_c2c_32, &test_env_r2c_32},
    {&test_env_c2c_64, &test_env_r2c_64},   {&test_env_c2c_128, &test_env_r2c_128},
    {&test_env_c2c_256, &test_env_r2c_256}, {&test_env_c2c_512, &test_env_r2c_512}};

/* The transforms for the window and the band of a plan; what has none is left as is. */
static void set_transforms(ecm_feat_plan_t *plan) {
    uint32_t i, m = ecm_feat_envelope_len(plan);
    for (i = 0; i < 5U; i++) {
        if (window_plans[i]->len == plan->window_len / 2U) {
            plan->fft = window_plans[i];
        }
    }
    for (i = 0; i < 6U; i++) {
        if (env_plans[i][0]->len == m) {
            plan->env_c2c = env_plans[i][0];
            plan->env_r2c = env_plans[i][1];
        }
    }
}

static ecm_feat_plan_t plan_of(uint32_t window_len) {
    ecm_feat_plan_t plan;
    memset(&plan, 0, sizeof plan);
    plan.fs_hz = 12000.0f;
    plan.window_len = window_len;
    plan.hop_len = window_len / 2U;
    plan.env_lo_hz = 500.0f;
    plan.env_hi_hz = 5500.0f;
    plan.blocks = blocks;
    plan.blocks_len = 3;
    plan.features_len = FEATURES;
    set_transforms(&plan);
    return plan;
}

static void test_windows(void) {
    float *x = ecm_test_memory, *work = x + N, *out = work + ECM_FEAT_WORK_LEN(N);
    uint32_t n, i;
    for (n = 64; n <= N; n *= 2U) {
        ecm_feat_plan_t plan = plan_of(n);
        ecm_test_noise_f32(n, x, n);
        ECM_CHECK(ecm_feat_extract_f32(&plan, 29.95f, x, work, out) == ECM_OK);
        for (i = 0; i < FEATURES; i++) {
            ecm_test_f32("feat", out[i]);
        }
        ECM_CHECK(out[10] == 0.0f); /* an order beyond the spectrum */
        for (i = 0; i < n; i++) {
            x[i] = 0.1f;
        }
        ECM_CHECK(ecm_feat_extract_f32(&plan, 29.95f, x, work, out) == ECM_OK);
        ECM_CHECK(out[0] == 0.1f);
        for (i = 1; i < FEATURES; i++) {
            ECM_CHECK(out[i] == 0.0f);
        }
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

/* A plan of one block with one row. */
static ecm_status_t try_row(ecm_feat_block_fn_t run, uint16_t id, float a, float b,
                            float speed_hz) {
    float *x = ecm_test_memory, *work = x + N, *out = work + N;
    ecm_feat_plan_t plan = plan_of(64);
    ecm_feat_row_t row;
    ecm_status_t status;
    row.id = id;
    row.reserved = 0;
    row.a = a;
    row.b = b;
    memset(x, 0, N * sizeof *x);
    out[0] = 7.0f;
    status = run(&plan, &row, 1, speed_hz, x, work, out);
    ECM_CHECK((status < 0) == (out[0] == 7.0f)); /* a refusal writes no output */
    return status;
}

static void test_row_refusals(void) {
    float nan = ecm_test_from_bits(0x7fc00000U), inf = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(try_row(ecm_feat_time_f32, ECM_FEAT_RMS, 0, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(ecm_feat_time_f32, ECM_FEAT_CENTROID, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_time_f32, 0, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_spectrum_f32, ECM_FEAT_RMS, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_spectrum_f32, ECM_FEAT_BAND_RMS, 9, 9, 0) ==
              ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_spectrum_f32, ECM_FEAT_BAND_RMS, nan, 9, 0) ==
              ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_spectrum_f32, ECM_FEAT_BAND_RMS, 0, inf, 0) == ECM_OK);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_ENV_RMS, 0, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_RMS, 0, 0, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_ENV_ORDER, 3, 0, 9) == ECM_OK);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_ENV_ORDER, 3, 0, 0) ==
              ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_ENV_ORDER, 0, 0, 9) ==
              ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_ENV_ORDER, 3, 1, 9) ==
              ECM_ERR_ARG);
    ECM_CHECK(try_row(ecm_feat_envelope_f32, ECM_FEAT_ENV_SHARE, 3, 0, nan) ==
              ECM_ERR_ARG);
}

static ecm_status_t try_plan(const ecm_feat_plan_t *plan) {
    float *x = ecm_test_memory, *work = x + N, *out = work + N;
    memset(x, 0, N * sizeof *x);
    return ecm_feat_extract_f32(plan, 30.0f, x, work, out);
}

static void test_plan_refusals(void) {
    ecm_feat_plan_t plan = plan_of(96);
    ECM_CHECK(try_plan(&plan) == ECM_ERR_LENGTH);
    plan = plan_of(32);
    ECM_CHECK(try_plan(&plan) == ECM_ERR_LENGTH);
    plan = plan_of(64);
    plan.fs_hz = 0.0f;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_ARG);
    plan = plan_of(64);
    plan.env_hi_hz = 6001.0f;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_ARG);
    plan.env_lo_hz = 501.0f; /* bins lie 187.5 Hz apart */
    plan.env_hi_hz = 550.0f;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_ARG);
    plan.env_lo_hz = 0.0f; /* the widest band */
    plan.env_hi_hz = 6000.0f;
    set_transforms(&plan);
    ECM_CHECK(try_plan(&plan) == ECM_OK);
    plan.env_c2c = &test_env_c2c_64;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_LENGTH);
    plan.env_c2c = NULL;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_NULL);
    plan.fft = &test_fft_128;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_LENGTH);
    plan.fft = NULL;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_NULL);
    plan.blocks = NULL;
    ECM_CHECK(try_plan(&plan) == ECM_ERR_NULL);
    ECM_CHECK(try_plan(NULL) == ECM_ERR_NULL);
}

void test_ecm_feat(void) {
    test_windows();
    test_scale();
    test_row_refusals();
    test_plan_refusals();
}
