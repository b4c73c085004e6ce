/* ecm_feat_spectrum.c - see ecm_feat_spectrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_spectrum.h"
#include "ecm_math.h"

/* ---- transform and power ------------------------------------------------------ */

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

static ecm_status_t feat_power_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(plan->window_len % 2U == 0U, ECM_ERR_LENGTH);
    need->work_len = ECM_FEAT_TRANSFORM_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static ecm_status_t feat_power_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const float *x = frame->work;
    float *power = frame->x;
    uint32_t k, n = frame->plan->window_len, half = n / 2U;
    float length = (float)n, scale = 8.0f / (3.0f * length * length);
    float before_re = x[0], before_im = 0.0f, re = x[2], im = x[3], y_re, y_im;
    (void)step;
    (void)out;
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
    power[half + 1U] = ecm_math_sum_f32(power, half + 1U);
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_power = {feat_power_check, feat_power_run};

/* ---- what is read from the power ---------------------------------------------- */

static uint32_t feat_bins(const ecm_feat_frame_t *frame) {
    return frame->plan->window_len / 2U + 1U;
}

static float feat_total(const ecm_feat_frame_t *frame) {
    return frame->x[feat_bins(frame)];
}

static ecm_status_t feat_bands_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    uint32_t i;
    (void)plan;
    (void)need;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        ECM_REQUIRE(row->id == (uint16_t)ECM_FEAT_BAND_RMS ||
                        row->id == (uint16_t)ECM_FEAT_BAND_FRACTION,
                    ECM_ERR_ARG);
        ECM_REQUIRE(row->a >= 0.0f && row->a < row->b, ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* First bin at or above a frequency, 0 ... limit. */
static uint32_t feat_bin(const ecm_feat_plan_t *plan, float f_hz, uint32_t limit) {
    float place = f_hz * (float)plan->window_len / plan->fs_hz;
    uint32_t bin;
    place *= 0.999999f; /* what rounding put above a bin is on it */
    if (!(place > 0.0f)) {
        return 0;
    }
    if (place >= (float)limit) {
        return limit;
    }
    bin = (uint32_t)place;
    return (float)bin < place ? bin + 1U : bin;
}

static ecm_status_t feat_bands_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    float total = feat_total(frame);
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        uint32_t k0 = feat_bin(frame->plan, row->a, feat_bins(frame));
        uint32_t k1 = feat_bin(frame->plan, row->b, feat_bins(frame));
        float sum = ecm_math_sum_f32(frame->x + k0, k1 - k0);
        out[i] = 0.0f;
        if (total > 0.0f) {
            out[i] = row->id == (uint16_t)ECM_FEAT_BAND_RMS ? ecm_math_sqrt_f32(sum)
                                                            : sum / total;
        }
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_bands = {feat_bands_check, feat_bands_run};

/* Rows of one feature without parameters. */
static ecm_status_t feat_check_one(const ecm_feat_step_t *step, uint16_t id) {
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].id == id, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_moments_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    return feat_check_one(step, ECM_FEAT_CENTROID);
}

static ecm_status_t feat_moments_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f}, sum, total = feat_total(frame);
    uint32_t i, k;
    for (k = 0; k < feat_bins(frame); k++) {
        lane[k & 3U] += (float)k * frame->x[k];
    }
    sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = total > 0.0f
                     ? sum / total * frame->plan->fs_hz / (float)frame->plan->window_len
                     : 0.0f;
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_moments = {feat_moments_check, feat_moments_run};

static ecm_status_t feat_entropy_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    return feat_check_one(step, ECM_FEAT_SPECTRAL_ENTROPY);
}

static ecm_status_t feat_entropy_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f}, sum, total = feat_total(frame);
    uint32_t i, k, bins = feat_bins(frame);
    for (k = 0; k < bins && total > 0.0f; k++) {
        float share = frame->x[k] / total;
        if (share > 0.0f) {
            lane[k & 3U] -= share * ecm_math_log_f32(share);
        }
    }
    sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = sum / ecm_math_log_f32((float)bins);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_entropy = {feat_entropy_check, feat_entropy_run};
