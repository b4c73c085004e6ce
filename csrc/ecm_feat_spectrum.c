/* ecm_feat_spectrum.c - see ecm_feat_spectrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_spectrum.h"
#include "ecm_math.h"

/* ---- transform ---------------------------------------------------------------- */

static ecm_status_t feat_transform_check(const ecm_feat_plan_t *plan,
                                         const ecm_feat_step_t *step,
                                         ecm_feat_need_t *need) {
    const ecm_fft_plan_t *fft = (const ecm_fft_plan_t *)step->cfg;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(fft != NULL && fft->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(fft->len * 2U == plan->window_len, ECM_ERR_LENGTH);
    need->work_len = ECM_FEAT_TRANSFORM_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static ecm_status_t feat_transform_run(const ecm_feat_step_t *step,
                                       const ecm_feat_frame_t *frame, float *out) {
    (void)out;
    (void)ecm_fft_r2c_f32((const ecm_fft_plan_t *)step->cfg, frame->x, frame->work);
    if (frame->plan->detrend != (uint32_t)ECM_FEAT_DETREND_NONE) {
        frame->work[0] = 0.0f;
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_transform = {feat_transform_check,
                                                 feat_transform_run};

/* ---- power -------------------------------------------------------------------- */

static ecm_status_t feat_power_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(plan->window_len % 8U == 0U, ECM_ERR_LENGTH);
    need->work_len = ECM_FEAT_TRANSFORM_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static ecm_status_t feat_power_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    float n = (float)frame->plan->window_len;
    (void)step;
    (void)out;
    return ecm_spectrum_hann_power_f32(frame->work, frame->plan->window_len,
                                       8.0f / (3.0f * n * n), frame->x);
}

const ecm_feat_kind_t ecm_feat_kind_power = {feat_power_check, feat_power_run};

static ecm_status_t feat_taper_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    ecm_taper_gain_t gain;
    ecm_status_t status = feat_power_check(plan, step, need);
    ECM_REQUIRE(status == ECM_OK, status);
    status = ecm_spectrum_gain_f32((const ecm_spectrum_taper_t *)step->cfg, &gain);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(gain.energy > 0.0f && ecm_math_isfinite_f32(gain.energy), ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_taper_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const ecm_spectrum_taper_t *taper = (const ecm_spectrum_taper_t *)step->cfg;
    float n = (float)frame->plan->window_len;
    ecm_taper_gain_t gain;
    (void)out;
    (void)ecm_spectrum_gain_f32(taper, &gain);
    return ecm_spectrum_power_f32(taper, frame->work, frame->plan->window_len,
                                  1.0f / (n * n * gain.energy), frame->x);
}

const ecm_feat_kind_t ecm_feat_kind_taper = {feat_taper_check, feat_taper_run};

/* ---- average ------------------------------------------------------------------ */

static ecm_status_t feat_welch_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    const ecm_feat_welch_cfg_t *cfg = (const ecm_feat_welch_cfg_t *)step->cfg;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->span_len >= 1U && cfg->span_len <= 65535U, ECM_ERR_ARG);
    need->state_len = ECM_FEAT_WELCH_STATE_LEN(plan->window_len);
    need->warm_len = cfg->span_len - 1U;
    return ECM_OK;
}

static ecm_status_t feat_welch_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_welch_cfg_t *cfg = (const ecm_feat_welch_cfg_t *)step->cfg;
    uint32_t bins = ECM_FEAT_BINS(frame->plan->window_len);
    uint32_t count = (uint32_t)frame->state[0]; /* a whole number */
    float *mean = frame->state + 1;
    ecm_status_t news =
        ecm_spectrum_average_f32(mean, &count, frame->x, bins, cfg->span_len);
    (void)out;
    frame->state[0] = (float)count;
    memcpy(frame->x, mean, sizeof *mean * bins);
    return news;
}

const ecm_feat_kind_t ecm_feat_kind_welch = {feat_welch_check, feat_welch_run};

/* ---- what is read from the power ---------------------------------------------- */

static float feat_bin_hz(const ecm_feat_frame_t *frame) {
    return frame->plan->fs_hz / (float)frame->plan->window_len;
}

static ecm_status_t feat_bands_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    uint32_t i;
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_BAND_RMS, ECM_FEAT_BAND_FRACTION),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        ECM_REQUIRE(row->a >= 0.0f && row->a < row->b, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_bands_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, bins = ECM_FEAT_BINS(frame->plan->window_len);
    float bin_hz = feat_bin_hz(frame), total = 0.0f;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        float band_hz[2];
        band_hz[0] = row->a;
        band_hz[1] = row->b;
        (void)ecm_spectrum_bands_f32(frame->x, bins, bin_hz, band_hz, 1, &out[i]);
        if (row->id == (uint16_t)ECM_FEAT_BAND_RMS) {
            out[i] = ecm_math_sqrt_f32(out[i]);
        } else {
            total = total > 0.0f ? total : ecm_math_sum_f32(frame->x, bins);
            out[i] = total > ECM_SPECTRUM_EMPTY ? out[i] / total : 0.0f;
        }
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_bands = {feat_bands_check, feat_bands_run};

static bool feat_is_moment(uint16_t id) {
    return id == (uint16_t)ECM_FEAT_CENTROID ||
           (id >= (uint16_t)ECM_FEAT_SPECTRAL_SPREAD &&
            id <= (uint16_t)ECM_FEAT_SPECTRAL_KURTOSIS);
}

static ecm_status_t feat_moments_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    uint32_t i;
    (void)plan;
    (void)need;
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(feat_is_moment(step->rows[i].id), ECM_ERR_ARG);
    }
    return ECM_OK;
}

static float feat_moment(const ecm_spectrum_moments_t *moments, uint16_t id) {
    switch (id) {
    case ECM_FEAT_CENTROID:
        return moments->centroid_hz;
    case ECM_FEAT_SPECTRAL_SPREAD:
        return moments->spread_hz;
    case ECM_FEAT_SPECTRAL_SKEWNESS:
        return moments->skewness;
    default:
        return moments->kurtosis;
    }
}

static ecm_status_t feat_moments_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    ecm_spectrum_moments_t moments;
    uint32_t i;
    (void)ecm_spectrum_moments_f32(frame->x, ECM_FEAT_BINS(frame->plan->window_len),
                                   feat_bin_hz(frame), &moments);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = feat_moment(&moments, step->rows[i].id);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_moments = {feat_moments_check, feat_moments_run};

/* ---- one number each ---------------------------------------------------------- */

static ecm_status_t feat_entropy_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_SPECTRAL_ENTROPY,
                                     ECM_FEAT_SPECTRAL_ENTROPY),
                ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_entropy_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, bins = ECM_FEAT_BINS(frame->plan->window_len);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = ecm_spectrum_entropy_f32(frame->x, bins);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_entropy = {feat_entropy_check, feat_entropy_run};

static ecm_status_t feat_flatness_check(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step,
                                        ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_SPECTRAL_FLATNESS,
                                     ECM_FEAT_SPECTRAL_FLATNESS),
                ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_flatness_run(const ecm_feat_step_t *step,
                                      const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, bins = ECM_FEAT_BINS(frame->plan->window_len);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = ecm_spectrum_flatness_f32(frame->x, bins);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_flatness = {feat_flatness_check, feat_flatness_run};

static ecm_status_t feat_crest_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(
        ecm_feat_rows_within(step, ECM_FEAT_SPECTRAL_CREST, ECM_FEAT_SPECTRAL_CREST),
        ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_crest_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, bins = ECM_FEAT_BINS(frame->plan->window_len);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = ecm_spectrum_crest_f32(frame->x, bins);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_spectral_crest = {feat_crest_check, feat_crest_run};

static ecm_status_t feat_rolloff_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    uint32_t i;
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_ROLLOFF, ECM_FEAT_ROLLOFF),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].a >= 0.0f && step->rows[i].a <= 1.0f, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_rolloff_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, bins = ECM_FEAT_BINS(frame->plan->window_len);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = ecm_spectrum_rolloff_f32(frame->x, bins, feat_bin_hz(frame),
                                          step->rows[i].a);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_rolloff = {feat_rolloff_check, feat_rolloff_run};
