/* test_ecm_feat_line.c - steps of a plan on lines, mel bands and the cepstrum: values
 * and refusals; test_ecm_feat.c has them among all others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_cepstrum.h"
#include "ecm_feat_line.h"
#include "ecm_feat_mel.h"
#include "ecm_feat_spectrum.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_feat_line(void);

#define N 1024U
#define ROWS(rows) rows, (uint32_t)(sizeof rows / sizeof rows[0])
static const ecm_feat_line_cfg_t line_cfg = {0.02f};
static const uint16_t counts[] = {3, 0, 5, 8};
static const float weights[] = {0.25f,  0.5f,  0.75f, 0,    0.2f, 0.4f,  0.6f,  0.8f,
                                0.125f, 0.25f, 0.5f,  0.5f, 0.5f, 0.75f, 0.75f, 1};
static const float norms[] = {1.0f, 0.5f, 0.25f};

/* A plan of one step behind the power; it must not move. */
typedef struct {
    ecm_feat_plan_t plan;
    ecm_feat_step_t step[3];
    ecm_mel_bank_t bank;
    ecm_feat_mel_cfg_t mel;
    ecm_feat_cepstrum_cfg_t cepstrum;
} one_t;

static void set_one(one_t *one, const ecm_feat_kind_t *kind, const ecm_feat_row_t *rows,
                    uint32_t rows_len, const void *cfg) {
    memset(one, 0, sizeof *one);
    one->step[0].kind = &ecm_feat_kind_transform;
    one->step[0].cfg = &test_fft_1024;
    one->step[1].kind = &ecm_feat_kind_power;
    one->step[2].kind = kind;
    one->step[2].rows = rows;
    one->step[2].rows_len = rows_len;
    one->step[2].cfg = cfg;
    one->plan.fs_hz = 12000.0f;
    one->plan.window_len = N;
    one->plan.hop_len = N;
    one->plan.speed_lo_hz = 30.0f;
    one->plan.speed_hi_hz = 60.0f;
    one->plan.steps = one->step;
    one->plan.steps_len = 3;
    one->plan.features_len = rows_len;
    one->plan.work_len = N;
    one->bank.mels_len = 3;
    one->bank.bins_len = N / 2U + 1U;
    one->bank.first = 2;
    one->bank.counts = counts;
    one->bank.weights = weights;
    one->bank.norms = norms;
    one->mel.bank = &one->bank;
    one->mel.scale = 1e3f;
    one->mel.floor = 1e-10f;
    one->cepstrum.fft = &test_fft_1024;
}

/* ---- values ------------------------------------------------------------------- */

/* Lines at 1.5, 3 and 4.5 kHz of amplitude 1. */
static void fill_period(float *x) {
    static const float period[] = {2, 1, 0, -1, -2, 1, 0, -1};
    uint32_t i;
    for (i = 0; i < N; i++) {
        x[i] = period[i % 8U];
    }
}

static void test_lines(void) {
    static const ecm_feat_row_t rows[] = {{ECM_FEAT_LINE, 0, 3000.0f, 0},
                                          {ECM_FEAT_ORDER_LINE, 0, 100.0f, 0},
                                          {ECM_FEAT_HARMONICS, 2, 1500.0f, 0},
                                          {ECM_FEAT_ORDER_HARMONICS, 2, 50.0f, 0},
                                          {ECM_FEAT_THD, 2, 1500.0f, 0},
                                          {ECM_FEAT_ORDER_THD, 2, 50.0f, 0},
                                          {ECM_FEAT_SIDEBANDS, 1, 3000.0f, 1500.0f},
                                          {ECM_FEAT_ORDER_SIDEBANDS, 1, 100.0f, 50.0f},
                                          {ECM_FEAT_SLIP_SIDEBANDS, 75, 3000.0f, 0}};
    float *x = ecm_test_memory, *work = x + N, out[9];
    uint32_t i;
    one_t one;
    set_one(&one, &ecm_feat_kind_lines, ROWS(rows), &line_cfg);
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_OK);
    fill_period(x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &one.plan, 30.0f, x, work, out) == ECM_OK);
    for (i = 0; i < 9U; i++) {
        float value = i < 6U ? out[i] : 0.5f * out[i];
        ecm_test_f32("feat_line lines", out[i]);
        ECM_CHECK(value > 0.99999f && value < 1.00001f);
    }
    ECM_CHECK(out[0] == out[1] && out[2] == out[3] && out[4] == out[5]);
    ECM_CHECK(out[6] == out[7] && out[6] == out[8]);
    /* no slip: there are no sidebands */
    fill_period(x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &one.plan, 40.0f, x, work, out) == ECM_OK);
    ECM_CHECK(out[8] == 0.0f);
}

static void test_peaks(void) {
    static const ecm_feat_row_t rows[] = {{ECM_FEAT_PEAK_AMPLITUDE, 2, 0, 0},
                                          {ECM_FEAT_PEAK_AMPLITUDE, 4, 0, 0},
                                          {ECM_FEAT_PEAK_HZ, 3, 0, 0},
                                          {ECM_FEAT_PEAK_HZ, 1, 0, 0}};
    float *x = ecm_test_memory, *work = x + N, out[4];
    uint32_t i;
    one_t one;
    set_one(&one, &ecm_feat_kind_peaks, ROWS(rows), NULL);
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_OK);
    fill_period(x);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &one.plan, 30.0f, x, work, out) == ECM_OK);
    for (i = 0; i < 4U; i++) {
        ecm_test_f32("feat_line peaks", out[i]);
    }
    ECM_CHECK(out[0] > 0.99999f && out[0] < 1.00001f);
    ECM_CHECK(out[1] < 1e-5f);
    ECM_CHECK(out[2] > 1499.9f && out[2] < 4500.1f && out[3] != out[2]);
}

/* ---- refusals ----------------------------------------------------------------- */

static ecm_status_t try_row(const ecm_feat_kind_t *kind, uint16_t id, uint16_t n,
                            float a, float b) {
    ecm_feat_row_t row;
    one_t one;
    row.id = id;
    row.n = n;
    row.a = a;
    row.b = b;
    set_one(&one, kind, &row, 1, NULL);
    one.step[2].cfg = kind == &ecm_feat_kind_lines ? &line_cfg : NULL;
    one.step[2].cfg = kind == &ecm_feat_kind_mel ? &one.mel : one.step[2].cfg;
    one.step[2].cfg = kind == &ecm_feat_kind_cepstrum ? &one.cepstrum : one.step[2].cfg;
    return ecm_feat_check(&one.plan);
}

static void test_row_refusals(void) {
    const ecm_feat_kind_t *peaks = &ecm_feat_kind_peaks, *lines = &ecm_feat_kind_lines;
    const ecm_feat_kind_t *mel = &ecm_feat_kind_mel, *ceps = &ecm_feat_kind_cepstrum;
    float nan = ecm_test_from_bits(0x7fc00000U), inf = ecm_test_from_bits(0x7f800000U);
    ECM_CHECK(try_row(peaks, ECM_FEAT_PEAK_HZ, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(peaks, ECM_FEAT_PEAK_AMPLITUDE, 17, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(peaks, ECM_FEAT_PEAK_AMPLITUDE, 16, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(peaks, ECM_FEAT_LINE, 1, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_LINE, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_ORDER_LINE, 0, inf, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_HARMONICS, 1, 9, 0) == ECM_OK);
    ECM_CHECK(try_row(lines, ECM_FEAT_ORDER_HARMONICS, 65, 9, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_THD, 1, 9, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_SIDEBANDS, 16, 9, 1) == ECM_OK);
    ECM_CHECK(try_row(lines, ECM_FEAT_SIDEBANDS, 17, 9, 1) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_ORDER_SIDEBANDS, 1, 9, nan) == ECM_ERR_ARG);
    ECM_CHECK(try_row(lines, ECM_FEAT_SLIP_SIDEBANDS, 0, 50, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(mel, ECM_FEAT_MEL_LEVEL, 2, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(mel, ECM_FEAT_MEL_LEVEL, 3, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ceps, ECM_FEAT_CEPSTRAL_PEAK, 0, 0, 1e-3f) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ceps, ECM_FEAT_CEPSTRAL_PEAK, 0, 2e-3f, 1e-3f) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ceps, ECM_FEAT_CEPSTRAL_PEAK_S, 0, 1e-3f, 0.05f) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ceps, ECM_FEAT_CEPSTRAL_PEAK_S, 0, 1e-3f, 0.04f) == ECM_OK);
}

static ecm_status_t try_lines(const ecm_feat_line_cfg_t *cfg, float speed_hz) {
    static const ecm_feat_row_t row = {ECM_FEAT_ORDER_LINE, 0, 10.0f, 0};
    one_t one;
    set_one(&one, &ecm_feat_kind_lines, &row, 1, cfg);
    one.plan.speed_lo_hz = one.plan.speed_hi_hz = speed_hz;
    return ecm_feat_check(&one.plan);
}

static void test_settings_refusals(void) {
    ecm_feat_line_cfg_t line = {0.6f};
    one_t one;
    ECM_CHECK(try_lines(&line_cfg, 30.0f) == ECM_OK);
    ECM_CHECK(try_lines(&line_cfg, 0.0f) == ECM_ERR_ARG); /* an order needs a speed */
    ECM_CHECK(try_lines(&line, 30.0f) == ECM_ERR_ARG);
    ECM_CHECK(try_lines(NULL, 30.0f) == ECM_ERR_NULL);
    set_one(&one, &ecm_feat_kind_mel, NULL, 0, NULL);
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_NULL);
    one.step[2].cfg = &one.mel;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_OK);
    one.bank.bins_len = 512;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_LENGTH);
    one.bank.bins_len = 513;
    one.bank.first = 498; /* 16 bins from there are one too many */
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_LENGTH);
    one.bank.first = 497;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_OK);
    one.bank.mels_len = 512;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_LENGTH);
    one.bank.mels_len = 3;
    one.mel.floor = 0.0f;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_ARG);
    one.mel.floor = 1.0f;
    one.mel.scale = 0.0f;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_ARG);
    one.bank.counts = NULL;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_NULL);
    set_one(&one, &ecm_feat_kind_cepstrum, NULL, 0, NULL);
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_NULL);
    one.step[2].cfg = &one.cepstrum;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_OK);
    one.cepstrum.scratch_at = N; /* needs a second window of work */
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_FULL);
    one.cepstrum.scratch_at = 32;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_ARG);
    one.cepstrum.fft = &test_fft_128;
    ECM_CHECK(ecm_feat_check(&one.plan) == ECM_ERR_LENGTH);
}

void test_ecm_feat_line(void) {
    test_lines();
    test_peaks();
    test_row_refusals();
    test_settings_refusals();
}
