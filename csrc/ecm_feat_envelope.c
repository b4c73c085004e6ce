/* ecm_feat_envelope.c - see ecm_feat_envelope.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_envelope.h"
#include "ecm_math.h"

/* ---- lines -------------------------------------------------------------------- */

static uint32_t feat_div_up(uint32_t a, uint32_t b) {
    return a / b + (a % b != 0U ? 1U : 0U);
}

static bool feat_line_is_valid(const ecm_feat_plan_t *plan, const ecm_feat_row_t *row) {
    bool counts = row->id == (uint16_t)ECM_FEAT_ENV_HARMONICS ||
                  row->id == (uint16_t)ECM_FEAT_ENV_SHARE;
    if (row->id == (uint16_t)ECM_FEAT_ENV_SIDEBANDS) {
        counts = true;
        if (!(row->b > 0.0f && ecm_math_isfinite_f32(row->b * plan->speed_hi_hz))) {
            return false;
        }
    }
    return row->a > 0.0f && ecm_math_isfinite_f32(row->a * plan->speed_hi_hz) &&
           (!counts ||
            (row->n >= 1U && row->n <= (uint16_t)ECM_FEAT_ENVELOPE_LINES_MAX));
}

/* Rows from first to last; a row with an order needs a speed, and turns enough. */
static ecm_status_t feat_lines_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     const ecm_feat_lines_cfg_t *cfg, uint16_t last) {
    uint32_t i;
    ecm_status_t status;
    ECM_REQUIRE(cfg->history.fft != NULL && cfg->history.fft->half != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(cfg->history.len == 2U * cfg->history.fft->len, ECM_ERR_LENGTH);
    if (cfg->history.low.taps != NULL) {
        ECM_REQUIRE(cfg->history.low.taps_len >= 1U &&
                        cfg->history.low.taps_len <= (uint32_t)ECM_DECIMATE_TAPS_MAX,
                    ECM_ERR_LENGTH);
        ECM_REQUIRE(cfg->history.low.factor >= 1U && cfg->history.low.factor <= 65536U,
                    ECM_ERR_ARG);
    }
    ECM_REQUIRE(cfg->bin_hz > 0.0f && cfg->halfwidth >= 0.0f && cfg->halfwidth < 1.0f,
                ECM_ERR_ARG);
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_ENV_LINE, last), ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id != (uint16_t)ECM_FEAT_ENV_KURTOSIS) {
            ECM_REQUIRE(feat_line_is_valid(plan, &step->rows[i]), ECM_ERR_ARG);
            status = ecm_envelope_check_f32(cfg->bin_hz, plan->speed_lo_hz);
            ECM_REQUIRE(status == ECM_OK, status);
        }
    }
    return ECM_OK;
}

/* Samples of the detector that fill the history. */
static uint32_t feat_lines_fill(const ecm_envelope_history_t *history) {
    uint32_t skip;
    if (history->low.taps == NULL) {
        return history->len;
    }
    skip = feat_div_up(history->low.taps_len - 1U, history->low.factor);
    return (history->len + skip - 1U) * history->low.factor + 1U;
}

static float feat_line(const ecm_feat_row_t *row, const ecm_envelope_bins_t *bins,
                       float halfwidth, float speed_hz) {
    float f_hz = row->a * speed_hz;
    switch (row->id) {
    case ECM_FEAT_ENV_HARMONICS:
    case ECM_FEAT_ENV_SHARE:
        return ecm_envelope_harmonics_f32(bins, f_hz, halfwidth, row->n);
    case ECM_FEAT_ENV_SIDEBANDS:
        return ecm_envelope_sidebands_f32(bins, f_hz, row->b * speed_hz, halfwidth,
                                          row->n);
    default:
        return ecm_envelope_line_f32(bins, f_hz, halfwidth);
    }
}

/* Bins that the rows and the background may read, with one to spare for rounding. */
static uint32_t feat_lines_bins(const ecm_feat_step_t *step,
                                const ecm_feat_lines_cfg_t *cfg, float speed_hz) {
    uint32_t i, most = cfg->history.len / 2U + 1U;
    float top = ECM_FEAT_ENVELOPE_ORDER_HI, place;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        float order = row->a;
        if (row->id == (uint16_t)ECM_FEAT_ENV_SIDEBANDS) {
            order += row->b * (float)row->n;
        } else if (row->n > 0U) {
            order *= (float)row->n;
        }
        order *= 1.0f + cfg->halfwidth;
        top = order > top ? order : top;
    }
    place = top * speed_hz / cfg->bin_hz + 3.0f;
    return place < (float)most ? (uint32_t)place : most;
}

/* All rows but env_kurtosis. */
static void feat_lines(const ecm_feat_step_t *step, const ecm_feat_lines_cfg_t *cfg,
                       const float *amplitude, float speed_hz, float *out) {
    float background, shares = 0.0f;
    ecm_envelope_bins_t bins;
    uint32_t i;
    bins.amplitude = amplitude;
    bins.bins_len = cfg->history.len / 2U + 1U;
    bins.bin_hz = cfg->bin_hz;
    background =
        ecm_envelope_background_f32(&bins, ECM_FEAT_ENVELOPE_ORDER_LO * speed_hz,
                                    ECM_FEAT_ENVELOPE_ORDER_HI * speed_hz);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        if (row->id == (uint16_t)ECM_FEAT_ENV_KURTOSIS) {
            continue;
        }
        out[i] =
            background > 0.0f ? feat_line(row, &bins, cfg->halfwidth, speed_hz) : 0.0f;
        if (row->id == (uint16_t)ECM_FEAT_ENV_SHARE) {
            shares += out[i];
        } else if (row->id != (uint16_t)ECM_FEAT_ENV_LINE && background > 0.0f) {
            out[i] /= background;
        }
    }
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id == (uint16_t)ECM_FEAT_ENV_SHARE && shares > 0.0f) {
            out[i] /= shares;
        }
    }
}

/* ---- analytic ----------------------------------------------------------------- */

static ecm_status_t feat_envelope_check(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step,
                                        ecm_feat_need_t *need) {
    const ecm_feat_envelope_cfg_t *cfg = (const ecm_feat_envelope_cfg_t *)step->cfg;
    uint32_t n = plan->window_len, m, len, taps_len;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && cfg->detect != NULL && cfg->form != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->band.inverse != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->band.window_len == n && 2U * plan->hop_len == n, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->band.bin >= 2U && cfg->band.bins_len >= 1U &&
                    cfg->band.bins_len < n / 2U &&
                    cfg->band.bin < n / 2U - cfg->band.bins_len,
                ECM_ERR_ARG);
    m = cfg->band.inverse->len;
    ECM_REQUIRE(cfg->band.bins_len + (cfg->band.bin & 1U) <= m && 2U * m <= n,
                ECM_ERR_LENGTH);
    status = feat_lines_check(plan, step, &cfg->lines, ECM_FEAT_ENV_KURTOSIS);
    ECM_REQUIRE(status == ECM_OK, status);
    len = cfg->lines.history.len;
    taps_len =
        cfg->lines.history.low.taps != NULL ? cfg->lines.history.low.taps_len : 0U;
    need->work_len = ECM_FEAT_ENVELOPE_WORK_LEN(n, len);
    need->state_len = ECM_FEAT_ENVELOPE_STATE_LEN(m, len, taps_len);
    /* the first window has no neighbour */
    need->warm_len = feat_div_up(feat_lines_fill(&cfg->lines.history), m / 2U);
    return ECM_OK;
}

/* mean p^2 / (mean p)^2 of p = |z|^2. */
static inline void feat_concentrate(const float *z, float *one, float *two) {
    ecm_port_pair_f32_t x = ecm_port_load2_f32(z);
    float p = x.a * x.a + x.b * x.b;
    *one += p;
    *two += p * p;
}

static float feat_envelope_kurtosis(const float *z, uint32_t z_len) {
    float a0 = 0.0f, a1 = 0.0f, a2 = 0.0f, a3 = 0.0f;
    float b0 = 0.0f, b1 = 0.0f, b2 = 0.0f, b3 = 0.0f, sum, square;
    uint32_t i;
    for (i = 0; i < z_len; i += 4U) { /* a multiple of 4, as all transforms are */
        feat_concentrate(z + 2U * i, &a0, &b0);
        feat_concentrate(z + 2U * i + 2U, &a1, &b1);
        feat_concentrate(z + 2U * i + 4U, &a2, &b2);
        feat_concentrate(z + 2U * i + 6U, &a3, &b3);
    }
    sum = (a0 + a1) + (a2 + a3);
    square = (b0 + b1) + (b2 + b3);
    sum *= sum;
    return sum > 0.0f ? square * (float)z_len / sum : 0.0f;
}

static ecm_status_t feat_envelope_run(const ecm_feat_step_t *step,
                                      const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_envelope_cfg_t *cfg = (const ecm_feat_envelope_cfg_t *)step->cfg;
    const ecm_envelope_history_t *history = &cfg->lines.history;
    uint32_t i, n = frame->plan->window_len, m = cfg->band.inverse->len;
    float *work = frame->work, *z = work; /* in place of the bins */
    float *held = frame->state + ECM_ENVELOPE_OVERLAP_LEN(m);
    ecm_status_t news = cfg->detect(frame->state, &cfg->band, work, frame->x, z);
    if (news != ECM_OK) {
        return news;
    }
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id == (uint16_t)ECM_FEAT_ENV_KURTOSIS) {
            out[i] = feat_envelope_kurtosis(z, m / 2U);
        }
    }
    (void)cfg->form(z, m / 2U, z);
    news = ecm_envelope_push_f32(held, history, z, m / 2U);
    if (news == ECM_OK) {
        float *scratch = history->len <= n ? frame->x : work + history->len;
        uint32_t bins_len = feat_lines_bins(step, &cfg->lines, frame->speed_hz);
        (void)ecm_envelope_spectrum_f32(held, history, bins_len, scratch, work);
        feat_lines(step, &cfg->lines, work, frame->speed_hz, out);
    }
    return news;
}

const ecm_feat_kind_t ecm_feat_kind_envelope = {feat_envelope_check, feat_envelope_run};

/* ---- rectified ---------------------------------------------------------------- */

static ecm_status_t feat_rectified_check(const ecm_feat_plan_t *plan,
                                         const ecm_feat_step_t *step,
                                         ecm_feat_need_t *need) {
    const ecm_feat_rectified_cfg_t *cfg = (const ecm_feat_rectified_cfg_t *)step->cfg;
    const ecm_decimate_cfg_f32_t *low;
    uint32_t n = plan->window_len, len, taps_len, samples;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && cfg->rectifier.sections != NULL, ECM_ERR_NULL);
    low = &cfg->rectifier.low;
    ECM_REQUIRE(low->taps != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->rectifier.sections_len >= 1U, ECM_ERR_ARG);
    ECM_REQUIRE(low->taps_len >= 1U && low->taps_len <= (uint32_t)ECM_DECIMATE_TAPS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(low->factor >= 1U && low->factor <= 65536U, ECM_ERR_ARG);
    status = feat_lines_check(plan, step, &cfg->lines, ECM_FEAT_ENV_SHARE);
    ECM_REQUIRE(status == ECM_OK, status);
    len = cfg->lines.history.len;
    taps_len =
        cfg->lines.history.low.taps != NULL ? cfg->lines.history.low.taps_len : 0U;
    need->work_len = ECM_FEAT_RECTIFIED_WORK_LEN(n, len);
    need->state_len = ECM_FEAT_RECTIFIED_STATE_LEN(cfg->rectifier.sections_len,
                                                   low->taps_len, len, taps_len);
    samples = feat_lines_fill(&cfg->lines.history) - 1U;
    ECM_REQUIRE(samples <= UINT32_MAX / 2U / low->factor, ECM_ERR_ARG);
    samples = samples * low->factor + 1U;
    need->warm_len = samples > n ? feat_div_up(samples - n, plan->hop_len) : 0U;
    return ECM_OK;
}

static ecm_status_t feat_rectified_run(const ecm_feat_step_t *step,
                                       const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_rectified_cfg_t *cfg = (const ecm_feat_rectified_cfg_t *)step->cfg;
    const ecm_envelope_rectifier_t *rectifier = &cfg->rectifier;
    const ecm_envelope_history_t *history = &cfg->lines.history;
    const float *fresh = frame->x + (frame->plan->window_len - frame->fresh_len);
    float *sections = frame->state + 2, *work = frame->work;
    float *line = sections + 2U * rectifier->sections_len;
    float *held = line + ECM_DECIMATE_LINE_LEN(rectifier->low.taps_len);
    ecm_filter_biquad_state_f32_t *filter = (ecm_filter_biquad_state_f32_t *)sections;
    ecm_decimate_t decimate;
    ecm_status_t news;
    uint32_t n = 0;
    decimate.at = (uint32_t)frame->state[0];
    decimate.wait = (uint32_t)frame->state[1];
    if (frame->first) {
        (void)ecm_filter_init_f32(filter, rectifier->sections, rectifier->sections_len,
                                  fresh[0]);
        (void)ecm_decimate_init_f32(&decimate, &rectifier->low, line, 0.0f);
    }
    (void)ecm_envelope_rectified_f32(filter, &decimate, line, rectifier, fresh,
                                     frame->fresh_len, work, &n);
    frame->state[0] = (float)decimate.at;
    frame->state[1] = (float)decimate.wait;
    news = ecm_envelope_push_f32(held, history, work, n);
    if (news == ECM_OK) {
        uint32_t bins_len = feat_lines_bins(step, &cfg->lines, frame->speed_hz);
        (void)ecm_envelope_spectrum_f32(held, history, bins_len, work + history->len,
                                        work);
        feat_lines(step, &cfg->lines, work, frame->speed_hz, out);
    }
    return news;
}

const ecm_feat_kind_t ecm_feat_kind_rectified = {feat_rectified_check,
                                                 feat_rectified_run};
