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

static const ecm_feat_q15_row_t velocity_rows[] = {{ECM_FEAT_VELOCITY_RMS, 16, 0, 0}};
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
    ecm_feat_q15_need_t need = {0, 0};
    uint32_t i;
    ecm_status_t status;
    ECM_CHECK(ecm_feat_q15_need(&plan, &need) == ECM_OK);
    ECM_CHECK(need.state_len == 35U);
    ECM_CHECK(need.warm_len == 2U);
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

/* Step by step, each with a state of its own and whatever else was in work: the same.
 */
static void test_slices(void) {
    test_memory_t *m = test_memory();
    int32_t whole[19], *out;
    uint32_t own[34], i, k;
    ecm_status_t status, news;
    for (i = 0; i < 5U; i++) {
        test_noise(m->x, i, 3);
        ECM_CHECK(ecm_feat_q15_reset(m->state, &plan) == ECM_OK);
        status = ecm_feat_q15_extract(m->state, &plan, m->x, m->work, m->out);
        memcpy(whole, m->out, sizeof whole);
        memset(m->out, 0, sizeof m->out);
        memset(m->work, 0x55, sizeof m->work);
        memset(own, 0, sizeof own);
        news = ECM_OK;
        out = m->out;
        for (k = 0; k < plan.steps_len; k++) {
            ecm_status_t one = ecm_feat_q15_run(&plan, k, k == 0U ? own : NULL, LEN,
                                                m->x, m->work, out);
            news = one != ECM_OK ? one : news;
            out += steps[k].rows_len;
        }
        ECM_CHECK(news == status);
        for (k = 0; k < 34U; k++) {
            ECM_CHECK(own[k] == m->state[k + 1U]);
        }
        for (k = 0; k < 19U; k++) {
            ECM_CHECK(m->out[k] == whole[k]);
        }
    }
    ECM_CHECK(ecm_feat_q15_run(&plan, 6, NULL, LEN, m->x, m->work, m->out) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_run(&plan, 0, own, LEN + 1U, m->x, m->work, m->out) ==
              ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_run(NULL, 0, own, LEN, m->x, m->work, m->out) ==
              ECM_ERR_NULL);
}

static void test_units(void) {
    test_memory_t *m = test_memory();
    static const float x[] = {0.0f,     16.0f,   -16.0f,         15.9995f, 1.0f,
                              0.00024f, 1e30f,   -1e30f,         0.5f,     -0.5f,
                              1e-38f,   2.0002f, 0.000244140625f};
    const uint32_t nan_bits = 0x7fc00000U, infinity_bits = 0x7f800000U;
    float odd[3], zero = 0.0f, real[19];
    uint32_t i;
    ECM_CHECK(ecm_feat_q15_samples_f32(x, 13, 16.0f, m->x) == ECM_OK);
    ecm_test_bytes("feat_q15 samples", m->x, 13U * sizeof m->x[0]);
    ECM_CHECK(m->x[1] == 32767 && m->x[2] == -32768 && m->x[4] == 2048);
    ECM_CHECK(m->x[6] == 32767 && m->x[7] == -32768);
    ECM_CHECK(m->x[12] == 1); /* half a step, away from zero */
    memcpy(&odd[0], &nan_bits, sizeof nan_bits);
    memcpy(&odd[1], &infinity_bits, sizeof infinity_bits);
    odd[2] = -odd[1];
    ECM_CHECK(ecm_feat_q15_samples_f32(odd, 3, 1.0f, m->x) == ECM_OK);
    ECM_CHECK(m->x[0] == -32768 && m->x[1] == 32767 && m->x[2] == -32768);
    ECM_CHECK(ecm_feat_q15_samples_f32(NULL, 0, 1.0f, NULL) == ECM_OK);
    ECM_CHECK(ecm_feat_q15_samples_f32(NULL, 1, 1.0f, m->x) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_q15_samples_f32(x, 1, zero, m->x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_samples_f32(x, 1, -1.0f, m->x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_samples_f32(x, 1, odd[0], m->x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_samples_f32(x, 1, odd[1], m->x) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_samples_f32(x, 1, 1e-38f, m->x) == ECM_ERR_ARG);
    for (i = 0; i < 19U; i++) {
        m->out[i] = (int32_t)((i + 1U) * 98765431U) >> (i & 15U);
    }
    m->out[0] = 3 * 65536;        /* velocity */
    m->out[2] = (int32_t)1 << 29; /* half of the range */
    m->out[3] = INT32_MAX;        /* rounds up to 2 of it */
    ECM_CHECK(ecm_feat_q15_real_f32(&plan, 16.0f, m->out, real) == ECM_OK);
    ECM_CHECK(real[0] == 3.0f && real[2] == 8.0f && real[3] == 32.0f);
    ecm_test_array_f32("feat_q15 real", real, 19);
    ECM_CHECK(ecm_feat_q15_real_f32(&plan, 16.0f, m->out, (float *)(void *)m->out) ==
              ECM_OK);
    ecm_test_array_f32("feat_q15 in place", (const float *)(const void *)m->out, 19);
    ECM_CHECK(ecm_feat_q15_real_f32(&plan, zero, m->out, real) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_q15_real_f32(NULL, 1.0f, m->out, real) == ECM_ERR_NULL);
}

static void test_refusals(void) {
    test_memory_t *m = test_memory();
    ecm_feat_q15_plan_t other = plan;
    ecm_feat_q15_step_t step = {&ecm_feat_q15_kind_time, time_rows, 1, 0, NULL};
    static const ecm_feat_q15_row_t wrong[] = {{ECM_FEAT_RMS, 16, 0, 0},
                                               {ECM_FEAT_MEDIAN, 30, 0, 0}};
    ecm_feat_q15_need_t n = {7, 7};
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
    other.steps = &step;
    other.steps_len = 1;
    other.features_len = 1;
    other.state_len = 0;
    ECM_CHECK(ecm_feat_q15_check(&other) == ECM_OK);
    step.rows = &wrong[0]; /* in another format than the table has */
    ECM_CHECK(ecm_feat_q15_need(&other, &n) == ECM_ERR_ARG);
    step.rows = &wrong[1]; /* not of the profile */
    ECM_CHECK(ecm_feat_q15_need(&other, &n) == ECM_ERR_ARG);
    step.rows = band_rows; /* without the power that it reads */
    step.kind = &ecm_feat_q15_kind_bands;
    ECM_CHECK(ecm_feat_q15_need(&other, &n) == ECM_ERR_ARG);
    ECM_CHECK(n.state_len == 7U && n.warm_len == 7U);
    ECM_CHECK(ecm_feat_q15_extract(NULL, &plan, m->x, m->work, m->out) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_q15_reset(NULL, &plan) == ECM_ERR_NULL);
}

void test_ecm_feat_q15(void) {
    test_windows();
    test_slices();
    test_units();
    test_refusals();
}
