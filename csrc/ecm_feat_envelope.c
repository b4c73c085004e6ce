/* ecm_feat_envelope.c - see ecm_feat_envelope.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_envelope.h"
#include "ecm_math.h"
#include "ecm_stats.h"

#define ENV_ORDER_LO 0.5f /* the mean amplitude is taken from these orders */
#define ENV_ORDER_HI 12.0f
#define ENV_HARMONICS 3U   /* of an order that env_share adds */
#define ENV_LEN_MIN 16U    /* samples of the decimated envelope */
#define ENV_SILENCE 1e-20f /* keeps the logarithm finite; amplitudes are near 1 */

/* First bin at or above a frequency, 0 ... limit. */
static uint32_t feat_bin_from(const ecm_feat_plan_t *plan, float f_hz, uint32_t limit) {
    float place = f_hz * (float)plan->window_len / plan->fs_hz;
    uint32_t bin;
    if (!(place > 0.0f)) {
        return 0;
    }
    if (place >= (float)limit) {
        return limit;
    }
    bin = (uint32_t)place;
    return (float)bin < place ? bin + 1U : bin;
}

/* One past the last bin at or below a frequency, 0 ... limit. */
static uint32_t feat_bin_after(const ecm_feat_plan_t *plan, float f_hz,
                               uint32_t limit) {
    float place = f_hz * (float)plan->window_len / plan->fs_hz;
    if (!(place >= 0.0f)) {
        return 0;
    }
    return place >= (float)limit ? limit : (uint32_t)place + 1U;
}

/* Power of bins 0 ... n / 2 of a packed transform after a Hann taper, one-sided: the
 * bins that have a mirror image count twice. Y[k] = X[k]/2 - (X[k-1] + X[k+1])/4. */
static void feat_hann_power(const float *x, uint32_t n, float scale, float *power) {
    uint32_t k, half = n / 2U;
    float before_re = x[0], before_im = 0.0f, re = x[2], im = x[3], y_re, y_im;
    y_re = 0.5f * x[0] - 0.5f * x[2];
    power[0] = y_re * y_re * scale;
    for (k = 1; k < half; k++) {
        bool last = k + 1U == half;
        float after_re = last ? x[1] : x[2U * k + 2U];
        float after_im = last ? 0.0f : x[2U * k + 3U];
        y_re = 0.5f * re - 0.25f * (before_re + after_re);
        y_im = 0.5f * im - 0.25f * (before_im + after_im);
        power[k] = (y_re * y_re + y_im * y_im) * (2.0f * scale);
        before_re = re;
        before_im = im;
        re = after_re;
        im = after_im;
    }
    y_re = 0.5f * x[1] - 0.5f * before_re;
    power[half] = y_re * y_re * scale;
}

/* ---- envelope ----------------------------------------------------------------- */

/* What the rows read. */
typedef struct {
    float rms;
    float kurtosis;
    const float *amplitude; /* of the log envelope */
    uint32_t bins;          /* of amplitude */
    float background;       /* mean amplitude over ENV_ORDER_LO ... ENV_ORDER_HI */
} feat_env_t;

/* Bins k0 ... k1 - 1 of the demodulation band, and how many samples the envelope then
 * has; 0 if there is no band. */
static uint32_t feat_band(const ecm_feat_plan_t *plan, float lo_hz, float hi_hz,
                          uint32_t *k0, uint32_t *k1) {
    uint32_t m = ENV_LEN_MIN, half = plan->window_len / 2U;
    if (!(lo_hz >= 0.0f && hi_hz <= 0.5f * plan->fs_hz)) {
        return 0;
    }
    *k0 = feat_bin_from(plan, lo_hz, half);
    *k0 = *k0 < 1U ? 1U : *k0; /* bin 0 is the mean and shares its place with fs / 2 */
    *k1 = feat_bin_from(plan, hi_hz, half);
    if (*k0 >= *k1) {
        return 0;
    }
    while (m < *k1 - *k0) {
        m *= 2U;
    }
    return 2U * m <= plan->window_len ? m : 0U;
}

uint32_t ecm_feat_envelope_len(const ecm_feat_plan_t *plan, float lo_hz, float hi_hz) {
    uint32_t k0, k1;
    return plan == NULL ? 0U : feat_band(plan, lo_hz, hi_hz, &k0, &k1);
}

static bool feat_envelope_row_is_valid(const ecm_feat_plan_t *plan,
                                       const ecm_feat_row_t *row) {
    switch (row->id) {
    case ECM_FEAT_ENV_ORDER:
    case ECM_FEAT_ENV_SHARE:
        return row->a > 0.0f && row->b >= 0.0f && row->b < 1.0f &&
               plan->speed_lo_hz > 0.0f &&
               ecm_math_isfinite_f32(row->a * plan->speed_hi_hz);
    case ECM_FEAT_ENV_RMS:
    case ECM_FEAT_ENV_KURTOSIS:
        return true;
    default:
        return false;
    }
}

static ecm_status_t feat_envelope_check(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step,
                                        ecm_feat_need_t *need) {
    const ecm_feat_envelope_cfg_t *cfg = (const ecm_feat_envelope_cfg_t *)step->cfg;
    uint32_t i, m;
    ECM_REQUIRE(cfg != NULL && cfg->c2c != NULL && cfg->r2c != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->r2c->half != NULL, ECM_ERR_NULL);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(feat_envelope_row_is_valid(plan, &step->rows[i]), ECM_ERR_ARG);
    }
    m = ecm_feat_envelope_len(plan, cfg->lo_hz, cfg->hi_hz);
    ECM_REQUIRE(m > 0U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->c2c->len == m && cfg->r2c->len == m / 2U, ECM_ERR_LENGTH);
    need->work_len = ECM_FEAT_ENVELOPE_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static float feat_sum_squares(const float *x, uint32_t x_len) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        lane[i & 3U] += x[i] * x[i];
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* The bins of the band, each divided by its magnitude; zeros up to m. */
static void feat_whiten(const float *bin, uint32_t bins, uint32_t m, float *white) {
    uint32_t k;
    memset(white, 0, 2U * m * sizeof *white);
    for (k = 0; k < bins; k++) {
        float re = bin[2U * k], im = bin[2U * k + 1U];
        float magnitude = ecm_port_sqrt_f32(re * re + im * im);
        if (magnitude > 0.0f) {
            white[2U * k] = re / magnitude;
            white[2U * k + 1U] = im / magnitude;
        }
    }
}

/* Squared magnitude of the analytic signal: m values in work from m complex bins. */
static void feat_squared_envelope(const ecm_fft_plan_t *c2c, const float *white,
                                  float *work) {
    uint32_t i;
    (void)ecm_fft_c2c_f32(c2c, white, work, true);
    for (i = 0; i < c2c->len; i++) {
        float re = work[2U * i], im = work[2U * i + 1U];
        work[i] = re * re + im * im;
    }
}

static float feat_squared_envelope_kurtosis(const float *p, uint32_t m) {
    float mean = ecm_math_sum_f32(p, m) / (float)m;
    float square = mean * mean;
    return square > 0.0f ? feat_sum_squares(p, m) / (float)m / square : 0.0f;
}

/* The m values in work become the amplitudes of their logarithm: bins 0 ... m / 2. */
static void feat_log_amplitude(const ecm_fft_plan_t *r2c, float *work, float *x) {
    uint32_t k, m = 2U * r2c->len;
    for (k = 0; k < m; k++) {
        work[k] = ecm_math_log_f32(work[k] + ENV_SILENCE);
    }
    (void)ecm_stats_remove_mean_f32(work, m);
    (void)ecm_fft_r2c_f32(r2c, work, x);
    x[0] = 0.0f;
    feat_hann_power(x, m, 1.0f / ((float)m * (float)m), work);
    for (k = 0; k <= m / 2U; k++) {
        work[k] = ecm_port_sqrt_f32(work[k]);
    }
}

static float feat_background(const ecm_feat_plan_t *plan, const feat_env_t *env,
                             float speed_hz) {
    uint32_t k0 = feat_bin_from(plan, ENV_ORDER_LO * speed_hz, env->bins);
    uint32_t k1 = feat_bin_after(plan, ENV_ORDER_HI * speed_hz, env->bins);
    k0 = k0 < 1U ? 1U : k0;
    if (k1 <= k0) {
        return 0.0f;
    }
    return ecm_math_sum_f32(env->amplitude + k0, k1 - k0) / (float)(k1 - k0);
}

static float feat_env_order(const ecm_feat_plan_t *plan, const feat_env_t *env,
                            float f_hz, float halfwidth) {
    float half_bin_hz = 0.5f * plan->fs_hz / (float)plan->window_len, peak = 0.0f;
    uint32_t k, nearest = feat_bin_from(plan, f_hz - half_bin_hz, env->bins);
    uint32_t k0 = feat_bin_from(plan, f_hz * (1.0f - halfwidth), env->bins);
    uint32_t k1 = feat_bin_after(plan, f_hz * (1.0f + halfwidth), env->bins);
    if (nearest == 0U || nearest >= env->bins || !(env->background > 0.0f)) {
        return 0.0f;
    }
    k0 = k0 < nearest ? k0 : nearest;
    k1 = k1 > nearest ? k1 : nearest + 1U;
    for (k = k0 < 1U ? 1U : k0; k < k1; k++) {
        peak = env->amplitude[k] > peak ? env->amplitude[k] : peak;
    }
    return peak / env->background;
}

static float feat_env_harmonics(const ecm_feat_plan_t *plan, const feat_env_t *env,
                                const ecm_feat_row_t *row, float speed_hz) {
    float sum = 0.0f;
    uint32_t h;
    for (h = 1; h <= ENV_HARMONICS; h++) {
        sum += feat_env_order(plan, env, row->a * speed_hz * (float)h, row->b);
    }
    return sum;
}

static void feat_envelope_rows(const ecm_feat_plan_t *plan, const feat_env_t *env,
                               const ecm_feat_row_t *rows, uint32_t rows_len,
                               float speed_hz, float *out) {
    float shares = 0.0f;
    uint32_t i;
    for (i = 0; i < rows_len; i++) {
        switch (rows[i].id) {
        case ECM_FEAT_ENV_RMS:
            out[i] = env->rms;
            break;
        case ECM_FEAT_ENV_KURTOSIS:
            out[i] = env->kurtosis;
            break;
        case ECM_FEAT_ENV_SHARE:
            out[i] = feat_env_harmonics(plan, env, &rows[i], speed_hz);
            shares += out[i];
            break;
        default:
            out[i] = feat_env_order(plan, env, rows[i].a * speed_hz, rows[i].b);
        }
    }
    for (i = 0; i < rows_len; i++) {
        if (rows[i].id == ECM_FEAT_ENV_SHARE && shares > 0.0f) {
            out[i] /= shares;
        }
    }
}

static ecm_status_t feat_envelope_run(const ecm_feat_step_t *step,
                                      const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_envelope_cfg_t *cfg = (const ecm_feat_envelope_cfg_t *)step->cfg;
    const ecm_feat_plan_t *plan = frame->plan;
    float *work = frame->work;
    feat_env_t env;
    uint32_t k0 = 0, k1 = 0;
    uint32_t m = feat_band(plan, cfg->lo_hz, cfg->hi_hz, &k0, &k1);
    env.rms =
        ecm_math_sqrt_f32(2.0f * feat_sum_squares(work + 2U * k0, 2U * (k1 - k0))) /
        (float)plan->window_len;
    feat_whiten(work + 2U * k0, k1 - k0, m, frame->x);
    feat_squared_envelope(cfg->c2c, frame->x, work);
    env.kurtosis = feat_squared_envelope_kurtosis(work, m);
    feat_log_amplitude(cfg->r2c, work, frame->x);
    env.amplitude = work;
    env.bins = m / 2U + 1U;
    env.background = feat_background(plan, &env, frame->speed_hz);
    feat_envelope_rows(plan, &env, step->rows, step->rows_len, frame->speed_hz, out);
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_envelope = {feat_envelope_check, feat_envelope_run};
