/* test_ecm_feat.c - a whole plan: refusals, state, and the same bits everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_feat_cepstrum.h"
#include "ecm_feat_detrend.h"
#include "ecm_feat_envelope.h"
#include "ecm_feat_filter.h"
#include "ecm_feat_line.h"
#include "ecm_feat_mel.h"
#include "ecm_feat_rank.h"
#include "ecm_feat_scale.h"
#include "ecm_feat_series.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_feat_velocity.h"
#include "ecm_test.h"
#include "ecm_test_plans.h" /* written by the harness */

void test_ecm_feat(void);

/* ---- a plan of all steps ----------------------------------------------------------
 */

static const ecm_feat_row_t velocity_rows[] = {{ECM_FEAT_VELOCITY_RMS, 0, 0, 0}};
static const ecm_feat_row_t line_rows[] = {
    {ECM_FEAT_ENV_LINE, 0, 3.585f, 0},      {ECM_FEAT_ENV_ORDER, 0, 3.585f, 0},
    {ECM_FEAT_ENV_HARMONICS, 2, 5.415f, 0}, {ECM_FEAT_ENV_SIDEBANDS, 2, 5.415f, 1.0f},
    {ECM_FEAT_ENV_SHARE, 2, 3.585f, 0},     {ECM_FEAT_ENV_SHARE, 2, 5.415f, 0},
    {ECM_FEAT_ENV_ORDER, 0, 500.0f, 0},     {ECM_FEAT_ENV_KURTOSIS, 0, 0, 0}};
static const ecm_feat_row_t median_rows[] = {{ECM_FEAT_MEDIAN, 0, 0, 0},
                                             {ECM_FEAT_MAD, 0, 0, 0}};
static const ecm_feat_row_t quantile_rows[] = {
    {ECM_FEAT_QUANTILE, 0, 0.9f, 0}, {ECM_FEAT_QUANTILE_RANGE, 0, 0.25f, 0.75f}};
static const ecm_feat_row_t histogram_rows[] = {{ECM_FEAT_HISTOGRAM_ENTROPY, 20, 0, 0}};
static const ecm_feat_row_t turning_rows[] = {{ECM_FEAT_TURNING_RATE, 0, 0, 0}};
static const ecm_feat_row_t hjorth_rows[] = {{ECM_FEAT_HJORTH_MOBILITY, 0, 0, 0},
                                             {ECM_FEAT_HJORTH_COMPLEXITY, 0, 0, 0}};
static const ecm_feat_row_t lag_rows[] = {{ECM_FEAT_AUTOCORRELATION, 1, 0, 0},
                                          {ECM_FEAT_AUTOCORRELATION, 5, 0, 0}};
static const ecm_feat_row_t time_rows[] = {{ECM_FEAT_MEAN, 0, 0, 0},
                                           {ECM_FEAT_RMS, 0, 0, 0},
                                           {ECM_FEAT_KURTOSIS, 0, 0, 0},
                                           {ECM_FEAT_CLEARANCE, 0, 0, 0},
                                           {ECM_FEAT_MEAN_CROSSING_RATE, 0, 0, 0}};
static const ecm_feat_row_t band_rows[] = {
    {ECM_FEAT_BAND_RMS, 0, 0, 1500.0f}, {ECM_FEAT_BAND_FRACTION, 0, 1500.0f, 6000.0f}};
static const ecm_feat_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 0, 0, 0},
                                             {ECM_FEAT_SPECTRAL_SPREAD, 0, 0, 0},
                                             {ECM_FEAT_SPECTRAL_SKEWNESS, 0, 0, 0},
                                             {ECM_FEAT_SPECTRAL_KURTOSIS, 0, 0, 0}};
static const ecm_feat_row_t entropy_rows[] = {{ECM_FEAT_SPECTRAL_ENTROPY, 0, 0, 0}};
static const ecm_feat_row_t flatness_rows[] = {{ECM_FEAT_SPECTRAL_FLATNESS, 0, 0, 0}};
static const ecm_feat_row_t rolloff_rows[] = {{ECM_FEAT_ROLLOFF, 0, 0.85f, 0}};
static const ecm_feat_row_t crest_rows[] = {{ECM_FEAT_SPECTRAL_CREST, 0, 0, 0}};
static const ecm_feat_row_t peak_rows[] = {{ECM_FEAT_PEAK_HZ, 1, 0, 0},
                                           {ECM_FEAT_PEAK_AMPLITUDE, 1, 0, 0},
                                           {ECM_FEAT_PEAK_HZ, 3, 0, 0}};
static const ecm_feat_row_t spectrum_line_rows[] = {
    {ECM_FEAT_LINE, 0, 1000.0f, 0},
    {ECM_FEAT_ORDER_LINE, 0, 50.0f, 0},
    {ECM_FEAT_HARMONICS, 4, 900.0f, 0},
    {ECM_FEAT_ORDER_HARMONICS, 3, 30.0f, 0},
    {ECM_FEAT_THD, 4, 900.0f, 0},
    {ECM_FEAT_ORDER_THD, 3, 30.0f, 0},
    {ECM_FEAT_SIDEBANDS, 2, 3000.0f, 900.0f},
    {ECM_FEAT_ORDER_SIDEBANDS, 2, 99.0f, 25.0f},
    {ECM_FEAT_SLIP_SIDEBANDS, 40, 1500.0f, 0}};
static const ecm_feat_row_t mel_rows[] = {{ECM_FEAT_MEL_LEVEL, 2, 0, 0},
                                          {ECM_FEAT_MEL_LEVEL, 0, 0, 0}};
static const ecm_feat_row_t cepstrum_rows[] = {
    {ECM_FEAT_CEPSTRAL_PEAK, 0, 0.0005f, 0.002f},
    {ECM_FEAT_CEPSTRAL_PEAK_S, 0, 0.0005f, 0.002f}};

static const ecm_filter_biquad_f32_t sections[] = {{0.9f, -1.8f, 0.9f, -1.8f, 0.81f},
                                                   {0.2f, 0.0f, -0.2f, -0.5f, 0.6f}};
static const float taps[] = {0.25f, 0.5f, 0.25f};
static const float offset[] = {1.0f, -2.0f}, factor[] = {2.0f, 0.5f};
static const ecm_feat_filter_cfg_t filter_cfg = {sections, 1, 100};
static const ecm_velocity_cfg_f32_t velocity_cfg = {0.08f, 0.004f, -0.8f, 0.4f, 0.3f,
                                                    9.8f,  2,      10,    4};
static const ecm_spectrum_taper_t taper_cfg = ECM_SPECTRUM_FLAT_TOP;
static const ecm_feat_welch_cfg_t welch_cfg = {3};
static const ecm_feat_line_cfg_t line_cfg = {0.02f};
static const uint16_t mel_counts[] = {3, 0, 5, 8};
static const float mel_weights[] = {0.25f, 0.5f,  0.75f,  0,     0.2f, 0.4f,
                                    0.6f,  0.8f,  0.125f, 0.25f, 0.5f, 0.5f,
                                    0.5f,  0.75f, 0.75f,  1};
static const float mel_norms[] = {1.0f, 0.5f, 0.25f};
static const ecm_feat_scale_cfg_t scale_cfg = {offset, factor};
static const ecm_feat_rectified_cfg_t rectified_cfg = {
    {{64, &test_fft_64, {taps, 3, 2}}, 1.5f, 0.02f}, {sections + 1, 1, {taps, 3, 4}}};

/* Steps that may be put together. */
enum {
    FILTER,
    VELOCITY,
    RECTIFIED,
    DETREND,
    MEDIAN,
    QUANTILE,
    HISTOGRAM,
    TURNING,
    HJORTH,
    LAG,
    MEAN,
    TIME,
    TRANSFORM,
    POWER,
    TAPER,
    WELCH,
    BANDS,
    MOMENTS,
    ENTROPY,
    FLATNESS,
    ROLLOFF,
    CREST,
    PEAKS,
    LINES,
    MEL,
    CEPSTRUM,
    ENVELOPE,
    SCALE,
    STEPS
};
#define BIT(step) ((uint32_t)1 << (step))
#define ROWS(rows) rows, (uint32_t)(sizeof rows / sizeof rows[0])
static const ecm_feat_step_t all_steps[STEPS] = {
    {&ecm_feat_kind_filter, NULL, 0, &filter_cfg, 0},
    {&ecm_feat_kind_velocity, ROWS(velocity_rows), &velocity_cfg, 0},
    {&ecm_feat_kind_rectified, line_rows, 7, &rectified_cfg, 0},
    {&ecm_feat_kind_detrend, NULL, 0, NULL, 0},
    {&ecm_feat_kind_median, ROWS(median_rows), NULL, 0},
    {&ecm_feat_kind_quantile, ROWS(quantile_rows), NULL, 0},
    {&ecm_feat_kind_histogram, ROWS(histogram_rows), NULL, 0},
    {&ecm_feat_kind_turning, ROWS(turning_rows), NULL, 0},
    {&ecm_feat_kind_hjorth, ROWS(hjorth_rows), NULL, 0},
    {&ecm_feat_kind_lag, ROWS(lag_rows), NULL, 0},
    {&ecm_feat_kind_mean, NULL, 0, NULL, 0},
    {&ecm_feat_kind_time, ROWS(time_rows), NULL, 0},
    {&ecm_feat_kind_transform, NULL, 0, NULL, 0},
    {&ecm_feat_kind_power, NULL, 0, NULL, 0},
    {&ecm_feat_kind_taper, NULL, 0, &taper_cfg, 0},
    {&ecm_feat_kind_welch, NULL, 0, &welch_cfg, 0},
    {&ecm_feat_kind_bands, ROWS(band_rows), NULL, 0},
    {&ecm_feat_kind_moments, ROWS(moment_rows), NULL, 0},
    {&ecm_feat_kind_entropy, ROWS(entropy_rows), NULL, 0},
    {&ecm_feat_kind_flatness, ROWS(flatness_rows), NULL, 0},
    {&ecm_feat_kind_rolloff, ROWS(rolloff_rows), NULL, 0},
    {&ecm_feat_kind_spectral_crest, ROWS(crest_rows), NULL, 0},
    {&ecm_feat_kind_peaks, ROWS(peak_rows), NULL, 0},
    {&ecm_feat_kind_lines, ROWS(spectrum_line_rows), &line_cfg, 0},
    {&ecm_feat_kind_mel, ROWS(mel_rows), NULL, 0},
    {&ecm_feat_kind_cepstrum, ROWS(cepstrum_rows), NULL, 0},
    {&ecm_feat_kind_envelope, ROWS(line_rows), NULL, 0},
    {&ecm_feat_kind_scale, NULL, 0, &scale_cfg, 0}};
/* What there is in a plan of a single window. */
#define PLAIN                                                                          \
    (BIT(MEDIAN) | BIT(QUANTILE) | BIT(HISTOGRAM) | BIT(TURNING) | BIT(HJORTH) |       \
     BIT(LAG) | BIT(TIME) | BIT(TRANSFORM) | BIT(POWER) | BIT(BANDS) | BIT(MOMENTS) |  \
     BIT(ENTROPY) | BIT(FLATNESS) | BIT(ROLLOFF) | BIT(CREST) | BIT(PEAKS) |           \
     BIT(LINES) | BIT(MEL) | BIT(CEPSTRUM))

#define N 1024U

/* A plan with all that it points to; it must not move. */
typedef struct {
    ecm_feat_plan_t plan;
    ecm_feat_need_t need;
    ecm_feat_step_t step[STEPS];
    ecm_feat_envelope_cfg_t envelope;
    ecm_mel_bank_t bank;
    ecm_feat_mel_cfg_t mel;
    ecm_feat_cepstrum_cfg_t cepstrum;
    float *x;
    float *work;
    float *state;
    float *out;
} full_t;

static const ecm_fft_plan_t *transform_of(uint32_t n) {
    static const ecm_fft_plan_t *const plans[] = {
        &test_fft_64,  &test_fft_96,  &test_fft_128, &test_fft_240,
        &test_fft_256, &test_fft_480, &test_fft_512, &test_fft_1024};
    uint32_t i;
    for (i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        if (2U * plans[i]->len == n) {
            return plans[i];
        }
    }
    return NULL;
}

static void set_envelope(full_t *full, uint32_t n) {
    ecm_feat_envelope_cfg_t *cfg = &full->envelope;
    cfg->lines.history.len = 64;
    cfg->lines.history.fft = &test_fft_64;
    cfg->lines.history.low.taps = taps;
    cfg->lines.history.low.taps_len = 3;
    cfg->lines.history.low.factor = 2;
    cfg->lines.bin_hz = 1.5f;
    cfg->lines.halfwidth = 0.02f;
    cfg->band.window_len = n;
    cfg->band.bin = 3;
    cfg->band.bins_len = 20;
    cfg->band.inverse = &test_env_c2c_32;
    cfg->detect = ecm_envelope_white_f32;
    cfg->form = ecm_envelope_log_f32;
}

static void set_spectral(full_t *full, uint32_t n, uint32_t steps) {
    full->bank.mels_len = 3;
    full->bank.bins_len = n / 2U + 1U;
    full->bank.first = 2;
    full->bank.counts = mel_counts;
    full->bank.weights = mel_weights;
    full->bank.norms = mel_norms;
    full->mel.bank = &full->bank;
    full->mel.scale = (float)n;
    full->mel.floor = 1e-10f;
    full->cepstrum.fft = transform_of(n);
    full->cepstrum.scratch_at = (steps & BIT(ENVELOPE)) != 0U ? n : 0U;
}

/* Settings that depend on the window. */
static const void *settings_of(const full_t *full, uint32_t n, uint32_t step) {
    switch (step) {
    case TRANSFORM:
        return transform_of(n);
    case MEL:
        return &full->mel;
    case CEPSTRUM:
        return &full->cepstrum;
    case ENVELOPE:
        return &full->envelope;
    default:
        return all_steps[step].cfg;
    }
}

/* Put steps together, and memory behind each other. */
static void set_plan(full_t *full, uint32_t n, uint32_t steps) {
    ecm_feat_plan_t *plan = &full->plan;
    uint32_t i, at = ECM_FEAT_STATE_HEAD;
    memset(full, 0, sizeof *full);
    plan->fs_hz = 12000.0f;
    plan->window_len = n;
    plan->hop_len = n / 2U;
    plan->detrend = ECM_FEAT_DETREND_MEAN;
    plan->speed_lo_hz = 30.0f;
    plan->speed_hi_hz = 60.0f;
    plan->steps = full->step;
    set_envelope(full, n);
    set_spectral(full, n, steps);
    for (i = 0; i < STEPS; i++) {
        ecm_feat_step_t *step = &full->step[plan->steps_len];
        if ((steps & BIT(i)) != 0U) {
            ecm_feat_need_t need = {0, 0, 0, 0};
            *step = all_steps[i];
            step->cfg = settings_of(full, n, i);
            plan->steps_len++;
            plan->features_len += step->rows_len;
            (void)step->kind->check(plan, step, &need);
            step->state_at = need.state_len > 0U ? at : 0U;
            at += need.state_len;
        }
    }
    ECM_CHECK(ecm_feat_need(plan, &full->need) == ECM_OK);
    plan->work_len = full->need.work_len;
    plan->state_len = full->need.state_len;
    full->x = ecm_test_memory;
    full->work = full->x + n;
    full->state = full->work + plan->work_len;
    full->out = full->state + plan->state_len;
    ECM_CHECK(ecm_feat_check(plan) == ECM_OK);
    ECM_CHECK(ecm_feat_reset_f32(full->state, plan) == ECM_OK);
}

static ecm_status_t run_window(full_t *full) {
    return ecm_feat_extract_f32(full->state, &full->plan, 30.0f, full->x, full->work,
                                full->out);
}

static void print_features(const char *label, const full_t *full) {
    uint32_t i;
    for (i = 0; i < full->plan.features_len; i++) {
        ecm_test_f32(label, full->out[i]);
    }
}

/* ---- values ------------------------------------------------------------------- */

static void test_windows(void) {
    static const uint32_t lengths[] = {64, 96, 128, 240, 256, 480, 512, 1024};
    uint32_t k, i;
    full_t full;
    for (k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        uint32_t n = lengths[k];
        float *slices;
        set_plan(&full, n, PLAIN);
        slices = full.out + full.plan.features_len;
        ecm_test_noise_f32(n, full.x, n);
        ECM_CHECK(run_window(&full) == ECM_OK);
        print_features("feat", &full);
        ecm_test_noise_f32(n, full.x, n);
        for (i = 0; i < full.plan.steps_len; i++) {
            ECM_CHECK(ecm_feat_step_f32(NULL, &full.plan, i, 30.0f, full.x, full.work,
                                        slices) == ECM_OK);
        }
        for (i = 0; i < full.plan.features_len; i++) {
            ECM_CHECK(slices[i] == full.out[i]);
        }
    }
}

/* Of a constant window every feature is 0, but the mean, the median, quantiles and
 * levels. */
static void test_constant(void) {
    uint32_t i;
    full_t full;
    set_plan(&full, 256, PLAIN & ~BIT(MEL));
    for (i = 0; i < 256U; i++) {
        full.x[i] = 0.1f;
    }
    ECM_CHECK(run_window(&full) == ECM_OK);
    for (i = 0; i < full.plan.features_len; i++) {
        bool level = i == 0U || i == 2U || i == 9U + 1U;
        ECM_CHECK(full.out[i] == (level ? 0.1f : 0.0f));
    }
}

static void fill_ramp(float *x) {
    uint32_t i;
    for (i = 0; i < 64U; i++) {
        x[i] = 3.0f + (float)i;
    }
}

/* What is left in x and bin 0 by each way to detrend. */
static void test_detrend(void) {
    uint32_t i;
    full_t full;
    set_plan(&full, 64, BIT(TIME) | BIT(TRANSFORM));
    full.plan.detrend = ECM_FEAT_DETREND_NONE;
    fill_ramp(full.x);
    ECM_CHECK(run_window(&full) == ECM_OK);
    ECM_CHECK(full.x[0] == 3.0f && full.work[0] == 64.0f * 34.5f);
    ECM_CHECK(full.out[0] == 34.5f);
    full.plan.detrend = ECM_FEAT_DETREND_MEAN;
    ECM_CHECK(run_window(&full) == ECM_OK);
    ECM_CHECK(full.x[0] == -31.5f && full.work[0] == 0.0f && full.work[2] != 0.0f);
    set_plan(&full, 64, BIT(MEAN) | BIT(TRANSFORM));
    fill_ramp(full.x);
    ECM_CHECK(run_window(&full) == ECM_OK && full.x[0] == -31.5f);
    set_plan(&full, 64, BIT(DETREND) | BIT(TRANSFORM));
    fill_ramp(full.x);
    ECM_CHECK(run_window(&full) == ECM_OK);
    for (i = 0; i < 64U; i++) {
        ECM_CHECK(full.x[i] == 0.0f && full.work[i] == 0.0f);
    }
}

static void test_scale(void) {
    static const float mean[] = {1.0f, 2.0f}, inv_sd[] = {2.0f, 0.0f};
    float x[] = {3.0f, 5.0f}, plain[2];
    full_t full;
    ECM_CHECK(ecm_feat_scale_f32(x, mean, inv_sd, 2, x) == ECM_OK);
    ECM_CHECK(x[0] == 4.0f && x[1] == 0.0f);
    ECM_CHECK(ecm_feat_scale_f32(NULL, NULL, NULL, 0, NULL) == ECM_OK);
    ECM_CHECK(ecm_feat_scale_f32(x, NULL, inv_sd, 2, x) == ECM_ERR_NULL);
    set_plan(&full, 64, BIT(MEDIAN));
    ecm_test_noise_f32(3, full.x, 64);
    ECM_CHECK(run_window(&full) == ECM_OK);
    memcpy(plain, full.out, sizeof plain);
    set_plan(&full, 64, BIT(MEDIAN) | BIT(SCALE));
    ecm_test_noise_f32(3, full.x, 64);
    ECM_CHECK(run_window(&full) == ECM_OK);
    ECM_CHECK(full.out[0] == (plain[0] - 1.0f) * 2.0f);
    ECM_CHECK(full.out[1] == (plain[1] + 2.0f) * 0.5f);
}

/* ---- state -------------------------------------------------------------------------
 */

/* Windows of one signal; behind so many as the plan says come features, and again
 * behind a reset. */
static void check_stream(const char *label, uint32_t steps) {
    float signal[640];
    full_t full;
    uint32_t k, warm;
    set_plan(&full, 128, steps);
    ecm_test_noise_f32(5, signal, 640);
    warm = full.need.warm_len;
    ECM_CHECK(warm > 0U && warm < 40U);
    for (k = 0; k < 2U * warm + 4U; k++) {
        ecm_status_t status;
        if (k == warm + 2U) {
            ECM_CHECK(ecm_feat_reset_f32(full.state, &full.plan) == ECM_OK);
        }
        memcpy(full.x, signal + k % 9U * 64U, 128U * sizeof *signal);
        status = run_window(&full);
        ECM_CHECK(status == (k % (warm + 2U) < warm ? ECM_MORE : ECM_OK));
        if (status == ECM_OK) {
            print_features(label, &full);
        }
    }
}

static void test_streams(void) {
    check_stream("feat filter", BIT(FILTER) | BIT(TIME));
    check_stream("feat velocity", BIT(VELOCITY));
    check_stream("feat rectified", BIT(RECTIFIED));
    check_stream("feat welch", BIT(MEAN) | BIT(TRANSFORM) | BIT(POWER) | BIT(WELCH) |
                                   BIT(BANDS) | BIT(MOMENTS));
    check_stream("feat taper",
                 BIT(MEAN) | BIT(TRANSFORM) | BIT(TAPER) | BIT(WELCH) | BIT(BANDS));
    check_stream("feat envelope", BIT(TIME) | BIT(TRANSFORM) | BIT(ENVELOPE));
    check_stream("feat all",
                 (PLAIN | BIT(FILTER) | BIT(VELOCITY) | BIT(WELCH) | BIT(ENVELOPE)) &
                     ~BIT(HISTOGRAM));
}

/* A filter sees each sample once: windows hold the filtered signal, however long they
 * are. */
static void test_filter(void) {
    ecm_filter_biquad_state_f32_t st;
    float signal[320], expected[320];
    full_t full;
    uint32_t k, i;
    ecm_test_noise_f32(6, signal, 320);
    ECM_CHECK(ecm_filter_init_f32(&st, sections, 1, signal[0]) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_f32(&st, sections, 1, signal, 320, expected) == ECM_OK);
    set_plan(&full, 128, BIT(FILTER));
    for (k = 0; k < 4U; k++) {
        memcpy(full.x, signal + 64U * k, 128U * sizeof *signal);
        ECM_CHECK(run_window(&full) == (k < 2U ? ECM_MORE : ECM_OK));
        for (i = 0; i < 128U; i++) {
            ECM_CHECK(full.x[i] == expected[64U * k + i]);
        }
    }
}

/* The features of the average are those of the average of the features' power. */
static void test_welch(void) {
    float power = 0.0f, seen;
    full_t full;
    uint32_t k;
    for (k = 0; k < 3U; k++) {
        set_plan(&full, 128, BIT(MEAN) | BIT(TRANSFORM) | BIT(POWER) | BIT(BANDS));
        ecm_test_noise_f32(k, full.x, 128);
        ECM_CHECK(run_window(&full) == ECM_OK);
        power += full.out[0] * full.out[0] / 3.0f;
    }
    set_plan(&full, 128,
             BIT(MEAN) | BIT(TRANSFORM) | BIT(POWER) | BIT(WELCH) | BIT(BANDS));
    for (k = 0; k < 3U; k++) {
        ecm_test_noise_f32(k, full.x, 128);
        ECM_CHECK(run_window(&full) == (k < 2U ? ECM_MORE : ECM_OK));
    }
    seen = full.out[0] * full.out[0] / power;
    ECM_CHECK(seen > 0.999999f && seen < 1.000001f);
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
    memset(steps, 0, sizeof steps);
    for (i = 0; i < 2U; i++) {
        steps[i].kind = &kind_sum;
        steps[i].rows = &row;
        steps[i].rows_len = 1;
        steps[i].cfg = &warm[i];
        steps[i].state_at = 1U + 2U * i;
    }
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
static ecm_status_t try_row(uint32_t step, uint16_t id, uint16_t n, float a, float b) {
    ecm_feat_row_t row;
    ecm_feat_need_t need;
    full_t full;
    set_plan(&full, 64, BIT(step));
    row.id = id;
    row.n = n;
    row.a = a;
    row.b = b;
    full.step[0].rows = &row;
    full.step[0].rows_len = 1;
    full.plan.features_len = 1;
    return ecm_feat_need(&full.plan, &need);
}

static void test_row_refusals(void) {
    static const uint32_t without[] = {FILTER, DETREND, MEAN,  TRANSFORM,
                                       POWER,  TAPER,   WELCH, SCALE};
    float nan = ecm_test_from_bits(0x7fc00000U), inf = ecm_test_from_bits(0x7f800000U);
    uint32_t i;
    for (i = 0; i < sizeof without / sizeof without[0]; i++) {
        ECM_CHECK(try_row(without[i], ECM_FEAT_RMS, 0, 0, 1) == ECM_ERR_ARG);
    }
    for (i = 0; i < STEPS; i++) {
        ECM_CHECK(try_row(i, 0, 2, 0, 1) == ECM_ERR_ARG);
        ECM_CHECK(try_row(i, 65000, 2, 0, 1) == ECM_ERR_ARG);
    }
    ECM_CHECK(try_row(TIME, ECM_FEAT_RMS, 0, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(TIME, ECM_FEAT_CENTROID, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(QUANTILE, ECM_FEAT_QUANTILE, 0, 1.1f, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(QUANTILE, ECM_FEAT_QUANTILE_RANGE, 0, 0, nan) == ECM_ERR_ARG);
    ECM_CHECK(try_row(HISTOGRAM, ECM_FEAT_HISTOGRAM_ENTROPY, 1, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(HISTOGRAM, ECM_FEAT_HISTOGRAM_ENTROPY, 65, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(HISTOGRAM, ECM_FEAT_HISTOGRAM_ENTROPY, 64, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(LAG, ECM_FEAT_AUTOCORRELATION, 64, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(LAG, ECM_FEAT_AUTOCORRELATION, 63, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(BANDS, ECM_FEAT_BAND_RMS, 0, 9, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(BANDS, ECM_FEAT_BAND_RMS, 0, nan, 9) == ECM_ERR_ARG);
    ECM_CHECK(try_row(BANDS, ECM_FEAT_BAND_RMS, 0, 0, inf) == ECM_OK);
    ECM_CHECK(try_row(MOMENTS, ECM_FEAT_SPECTRAL_ENTROPY, 0, 0, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ROLLOFF, ECM_FEAT_ROLLOFF, 0, nan, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_KURTOSIS, 0, 0, 0) == ECM_OK);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_ORDER, 0, 3, 0) == ECM_OK);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_ORDER, 0, nan, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_HARMONICS, 0, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_SHARE, 65, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_SIDEBANDS, 1, 3, 0) == ECM_ERR_ARG);
    ECM_CHECK(try_row(ENVELOPE, ECM_FEAT_ENV_SIDEBANDS, 1, 3, 1) == ECM_OK);
    ECM_CHECK(try_row(RECTIFIED, ECM_FEAT_ENV_KURTOSIS, 0, 0, 0) == ECM_ERR_ARG);
}

static void test_envelope_refusals(void) {
    full_t full;
    set_plan(&full, 64, BIT(TRANSFORM) | BIT(ENVELOPE));
    full.plan.speed_lo_hz = 29.9f; /* 20 turns in 1 / 1.5 s */
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    full.plan.speed_lo_hz = 0.0f; /* orders need a speed */
    full.plan.speed_hi_hz = 0.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64, BIT(TRANSFORM) | BIT(ENVELOPE));
    full.plan.hop_len = 16;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    set_plan(&full, 64, BIT(TRANSFORM) | BIT(ENVELOPE));
    full.envelope.band.bins_len = 29;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    full.envelope.band.bins_len = 28;
    full.envelope.band.inverse = &test_env_c2c_16;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    full.envelope.band.inverse = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
    set_plan(&full, 64, BIT(TRANSFORM) | BIT(ENVELOPE));
    full.envelope.lines.history.len = 96;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    set_plan(&full, 64, BIT(TRANSFORM) | BIT(ENVELOPE));
    full.envelope.lines.history.low.factor = 0;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64, BIT(TRANSFORM) | BIT(ENVELOPE));
    full.envelope.form = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
}

/* Settings that a step refuses. */
static ecm_status_t try_settings(uint32_t step, const void *cfg) {
    full_t full;
    set_plan(&full, 64, BIT(step));
    full.step[0].cfg = cfg;
    return ecm_feat_check(&full.plan);
}

static void test_settings_refusals(void) {
    ecm_feat_filter_cfg_t filter = filter_cfg;
    ecm_velocity_cfg_f32_t velocity = velocity_cfg;
    ecm_spectrum_taper_t taper = taper_cfg;
    ecm_feat_welch_cfg_t welch = welch_cfg;
    ecm_feat_rectified_cfg_t rectified = rectified_cfg;
    ECM_CHECK(try_settings(FILTER, NULL) == ECM_ERR_NULL);
    filter.sections_len = 0;
    ECM_CHECK(try_settings(FILTER, &filter) == ECM_ERR_ARG);
    ECM_CHECK(try_settings(VELOCITY, NULL) == ECM_ERR_NULL);
    velocity.factor = 3;
    ECM_CHECK(try_settings(VELOCITY, &velocity) == ECM_ERR_ARG);
    ECM_CHECK(try_settings(TRANSFORM, NULL) == ECM_ERR_NULL);
    ECM_CHECK(try_settings(TRANSFORM, &test_fft_128) == ECM_ERR_LENGTH);
    taper.terms_len = 6;
    ECM_CHECK(try_settings(TAPER, &taper) == ECM_ERR_ARG);
    taper.terms_len = 1;
    taper.weight[0] = 0.0f;
    ECM_CHECK(try_settings(TAPER, &taper) == ECM_ERR_ARG);
    welch.span_len = 0;
    ECM_CHECK(try_settings(WELCH, &welch) == ECM_ERR_ARG);
    rectified.rectifier.low.factor = 0;
    ECM_CHECK(try_settings(RECTIFIED, &rectified) == ECM_ERR_ARG);
    ECM_CHECK(try_settings(SCALE, NULL) == ECM_ERR_NULL);
}

static void test_plan_refusals(void) {
    full_t full;
    ecm_feat_need_t need;
    set_plan(&full, 64, PLAIN);
    full.plan.window_len = 32;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    full.plan.window_len = 16385;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_LENGTH);
    set_plan(&full, 64, PLAIN);
    full.plan.fs_hz = 0.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64, PLAIN);
    full.plan.hop_len = 65;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    full.plan.hop_len = 0;
    ECM_CHECK(ecm_feat_need(&full.plan, &need) == ECM_ERR_ARG);
    set_plan(&full, 64, PLAIN);
    full.plan.detrend = 3;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64, PLAIN);
    full.plan.speed_hi_hz = 4.0f;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64, PLAIN);
    full.plan.features_len--;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_ARG);
    set_plan(&full, 64, PLAIN);
    full.plan.work_len--;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_FULL);
    set_plan(&full, 64, BIT(VELOCITY));
    full.plan.state_len--;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_FULL);
    full.plan.steps = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_check(NULL) == ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_need(&full.plan, NULL) == ECM_ERR_NULL);
    set_plan(&full, 64, BIT(TIME));
    full.step[0].kind = NULL;
    ECM_CHECK(ecm_feat_check(&full.plan) == ECM_ERR_NULL);
}

static void test_call_refusals(void) {
    full_t full;
    set_plan(&full, 64, BIT(TIME) | BIT(TRANSFORM));
    full.out[0] = 7.0f;
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 4.0f, full.x, full.work,
                                   full.out) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 61.0f, full.x, full.work,
                                   full.out) == ECM_ERR_ARG);
    ECM_CHECK(ecm_feat_extract_f32(NULL, &full.plan, 30.0f, full.x, NULL, full.out) ==
              ECM_ERR_NULL);
    ECM_CHECK(ecm_feat_step_f32(NULL, &full.plan, 2, 30.0f, full.x, full.work,
                                full.out) == ECM_ERR_ARG);
    ECM_CHECK(full.out[0] == 7.0f);
    ECM_CHECK(!ecm_feat_takes_speed(&full.plan, ecm_test_from_bits(0x7fc00000U)));
    ECM_CHECK(!ecm_feat_takes_speed(NULL, 30.0f));
    ECM_CHECK(ecm_feat_reset_f32(NULL, &full.plan) == ECM_OK);
    ECM_CHECK(ecm_feat_rows_within(&full.step[0], ECM_FEAT_MEAN, ECM_FEAT_CLEARANCE) ==
              false);
    ECM_CHECK(ecm_feat_rows_within(&full.step[1], 1, 0));
}

void test_ecm_feat(void) {
    test_windows();
    test_constant();
    test_detrend();
    test_scale();
    test_streams();
    test_filter();
    test_welch();
    test_state();
    test_row_refusals();
    test_envelope_refusals();
    test_settings_refusals();
    test_plan_refusals();
    test_call_refusals();
}
