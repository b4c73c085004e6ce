/* test_ecm_feat_q15.c - the integer profile: a plan with all of it, refusals, the same
 * bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_q15_spectrum.h"
#include "ecm_feat_q15_time.h"
#include "ecm_test.h"

void test_ecm_feat_q15(void);

#define LEN 256U

static const ecm_feat_q15_row_t velocity_rows[] = {
    {ECM_FEAT_Q15_VELOCITY_RMS, 16, 0, 0}};
static const ecm_feat_q15_row_t time_rows[] = {
    {ECM_FEAT_MEAN, 30, 0, 0},     {ECM_FEAT_RMS, 30, 0, 0},
    {ECM_FEAT_PEAK, 30, 0, 0},     {ECM_FEAT_PEAK_TO_PEAK, 30, 0, 0},
    {ECM_FEAT_SKEWNESS, 16, 0, 0}, {ECM_FEAT_KURTOSIS, 16, 0, 0},
    {ECM_FEAT_CREST, 16, 0, 0},    {ECM_FEAT_SHAPE, 16, 0, 0},
    {ECM_FEAT_IMPULSE, 16, 0, 0},  {ECM_FEAT_CLEARANCE, 16, 0, 0},
    {ECM_FEAT_MINIMUM, 30, 0, 0},  {ECM_FEAT_MAXIMUM, 30, 0, 0},
    {ECM_FEAT_MEAN_ABS, 30, 0, 0}, {ECM_FEAT_RMS_ABOUT_ZERO, 30, 0, 0},
};
static const ecm_feat_q15_row_t band_rows[] = {
    {ECM_FEAT_BAND_RMS, 30, 0, 32},
    {ECM_FEAT_BAND_RMS, 30, 32, 129},
    {ECM_FEAT_BAND_FRACTION, 16, 1, 64},
};
static const ecm_feat_q15_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 16, 0, 0}};

/* Samples at 8 kHz, 40 Hz to 1 kHz. */
static const ecm_velocity_q15_cfg_t velocity = {
    29160, 16582, 0, 3, 7296, 1520, -9362, 1794, 6, 1, 40000000, 96, 40,
};
static const uint32_t bin_hz = 2048000; /* 31.25 Hz */

static const ecm_feat_q15_step_t steps[] = {
    {&ecm_feat_q15_kind_velocity, velocity_rows, 1, ECM_FEAT_Q15_STATE_HEAD, &velocity},
    {&ecm_feat_q15_kind_time, time_rows, 14, 0, NULL},
    {&ecm_feat_q15_kind_transform, NULL, 0, 0, &ecm_fft_q15_plan_256},
    {&ecm_feat_q15_kind_power, NULL, 0, 0, NULL},
    {&ecm_feat_q15_kind_bands, band_rows, 3, 0, NULL},
    {&ecm_feat_q15_kind_moments, moment_rows, 1, 0, &bin_hz},
};
static const ecm_feat_q15_plan_t plan = {steps, 6, LEN, LEN / 2U, 19, 35};

typedef struct {
    int32_t work[ECM_FEAT_Q15_WORK_LEN(LEN)];
    int32_t out[19];
    uint32_t state[35];
    int16_t x[LEN];
} test_memory_t;
ECM_STATIC_ASSERT(sizeof(test_memory_t) <= ECM_TEST_MEMORY_LEN * sizeof(float),
                  test_memory_fits);

static test_memory_t *test_memory(void) {
    return (test_memory_t *)(void *)ecm_test_memory;
}

static void test_noise(int16_t *x, uint32_t seed, int32_t divisor) {
    uint32_t i;
    for (i = 0; i < LEN; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) / divisor);
    }
}

static void test_windows(void) {
    test_memory_t *m = test_memory();
    static const int32_t divisor[] = {1, 1, 7, 300, 20000, 100000};
    uint32_t state_len = 0, i;
    ecm_status_t status;
    ECM_CHECK(ecm_feat_q15_need(&plan, &state_len) == ECM_OK);
    ECM_CHECK(state_len == 35U);
    ECM_CHECK(ecm_feat_q15_check(&plan) == ECM_OK);
    ECM_CHECK(ecm_feat_q15_reset(m->state, &plan) == ECM_OK);
    for (i = 0; i < 6U; i++) {
        test_noise(m->x, i, divisor[i]);
        memset(m->out, 0, sizeof m->out);
        status = ecm_feat_q15_extract(m->state, &plan, m->x, m->work, m->out);
        /* 96 + 8 40 samples are there after the third window */
        ECM_CHECK(status == (i < 2U ? ECM_MORE : ECM_OK));
        ecm_test_s32("feat_q15 velocity", m->out[0]);
        ecm_test_bytes("feat_q15 out", m->out, sizeof m->out);
        ecm_test_bytes("feat_q15 state", m->state, sizeof m->state);
    }
}

static void test_refusals(void) {
    test_memory_t *m = test_memory();
    ecm_feat_q15_plan_t other = plan;
    uint32_t n = 7;
    ECM_CHECK(ecm_feat_q15_need(NULL, &n) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_q15_need(&plan, NULL) == ECM_ERR_NULL);
    other.window_len = 255;
    ECM_CHECK(ecm_feat_q15_need(&other, &n) == ECM_ERR_LENGTH);
    other = plan;
    other.hop_len = 0;
    ECM_CHECK(ecm_feat_q15_need(&other, &n) == ECM_ERR_ARG);
    other = plan;
    other.features_len = 18;
    ECM_CHECK(ecm_feat_q15_need(&other, &n) == ECM_ERR_ARG);
    other = plan;
    other.state_len = 34;
    ECM_CHECK(ecm_feat_q15_check(&other) == ECM_ERR_FULL);
    ECM_CHECK(n == 7U);
    ECM_CHECK(ecm_feat_q15_extract(NULL, &plan, m->x, m->work, m->out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_q15_reset(NULL, &plan) == ECM_ERR_NULL);
}

void test_ecm_feat_q15(void) {
    test_windows();
    test_refusals();
}
