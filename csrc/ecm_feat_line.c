/* ecm_feat_line.c - see ecm_feat_line.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_line.h"
#include "ecm_feat_spectrum.h"
#include "ecm_math.h"

static float feat_bin_hz(const ecm_feat_plan_t *plan) {
    return plan->fs_hz / (float)plan->window_len;
}

/* ---- peaks -------------------------------------------------------------------- */

static ecm_status_t feat_peaks_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    uint32_t i;
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_PEAK_HZ, ECM_FEAT_PEAK_AMPLITUDE),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].n >= 1U && step->rows[i].n <= ECM_LINE_PEAKS_MAX,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_peaks_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_plan_t *plan = frame->plan;
    ecm_line_t peaks[ECM_LINE_PEAKS_MAX];
    uint32_t i, peaks_len = 1;
    for (i = 0; i < step->rows_len; i++) {
        peaks_len = step->rows[i].n > peaks_len ? step->rows[i].n : peaks_len;
    }
    (void)ecm_line_peaks_f32(
        frame->x, ECM_FEAT_BINS(plan->window_len), feat_bin_hz(plan), 0.0f, plan->fs_hz,
        (float)ECM_FEAT_PEAKS_APART * feat_bin_hz(plan), peaks_len, peaks);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_line_t *peak = &peaks[step->rows[i].n - 1U];
        out[i] = step->rows[i].id == (uint16_t)ECM_FEAT_PEAK_HZ ? peak->f_hz
                                                                : peak->amplitude;
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_peaks = {feat_peaks_check, feat_peaks_run};

/* ---- lines -------------------------------------------------------------------- */

/* What a row asks for: the feature in Hz that it stands for, and the factor of a and b,
 * which is the shaft speed for orders. */
static uint16_t feat_line_form(uint16_t id) {
    switch (id) {
    case ECM_FEAT_ORDER_LINE:
        return ECM_FEAT_LINE;
    case ECM_FEAT_ORDER_HARMONICS:
        return ECM_FEAT_HARMONICS;
    case ECM_FEAT_ORDER_THD:
        return ECM_FEAT_THD;
    case ECM_FEAT_ORDER_SIDEBANDS:
        return ECM_FEAT_SIDEBANDS;
    default:
        return id;
    }
}

/* A frequency [Hz], or an order at every speed of the plan. */
static bool feat_line_is_fit(const ecm_feat_plan_t *plan, float f, bool is_order) {
    float lo = is_order ? plan->speed_lo_hz : 1.0f;
    float hi = is_order ? plan->speed_hi_hz : 1.0f;
    return f > 0.0f && f * lo > 0.0f && ecm_math_isfinite_f32(f * hi);
}

bool ecm_feat_line_counts(uint16_t form, uint32_t n) {
    uint32_t least = form == (uint16_t)ECM_FEAT_THD ? 2U : 1U;
    uint32_t most = form == (uint16_t)ECM_FEAT_SIDEBANDS ? ECM_FEAT_PAIRS_MAX
                                                         : ECM_LINE_HARMONICS_MAX;
    return form == (uint16_t)ECM_FEAT_LINE || (n >= least && n <= most);
}

static ecm_status_t feat_line_check(const ecm_feat_plan_t *plan,
                                    const ecm_feat_row_t *row) {
    uint16_t form = feat_line_form(row->id);
    bool is_order = form != row->id;
    ECM_REQUIRE(feat_line_is_fit(plan, row->a, is_order), ECM_ERR_ARG);
    if (form == (uint16_t)ECM_FEAT_SIDEBANDS) {
        ECM_REQUIRE(feat_line_is_fit(plan, row->b, is_order), ECM_ERR_ARG);
    }
    if (form == (uint16_t)ECM_FEAT_SLIP_SIDEBANDS) {
        ECM_REQUIRE(feat_line_is_fit(plan, (float)row->n, true), ECM_ERR_ARG);
    } else {
        ECM_REQUIRE(ecm_feat_line_counts(form, row->n), ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_lines_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    const ecm_feat_line_cfg_t *cfg = (const ecm_feat_line_cfg_t *)step->cfg;
    uint32_t i;
    (void)need;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->halfwidth >= 0.0f && cfg->halfwidth <= 0.5f, ECM_ERR_ARG);
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_LINE, ECM_FEAT_SLIP_SIDEBANDS),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ecm_status_t status = feat_line_check(plan, &step->rows[i]);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    return ECM_OK;
}

/* Sum of the amplitudes of pairs of sidebands over that of their carrier. */
static float feat_sidebands(const ecm_feat_lines_of_t *of, float carrier_hz,
                            float carrier_halfwidth_hz, float spacing_hz,
                            float halfwidth_hz, uint32_t pairs_len) {
    float amplitude[2U * ECM_FEAT_PAIRS_MAX], sum = 0.0f;
    uint32_t i;
    ecm_line_t carrier;
    ecm_status_t status;
    (void)ecm_line_at_f32(of->power, of->bins_len, of->bin_hz, carrier_hz,
                          carrier_halfwidth_hz, &carrier);
    if (!(carrier.amplitude > 0.0f)) {
        return carrier.amplitude; /* 0, or NaN */
    }
    /* refuses a slip of 0, which has no sidebands */
    status = ecm_line_sidebands_f32(of->power, of->bins_len, of->bin_hz, carrier.f_hz,
                                    spacing_hz, halfwidth_hz, pairs_len, &carrier,
                                    amplitude);
    if (status != ECM_OK || !(carrier.amplitude > 0.0f)) {
        return 0.0f;
    }
    for (i = 0; i < pairs_len; i++) {
        sum += amplitude[2U * i] + amplitude[2U * i + 1U];
    }
    return sum / carrier.amplitude;
}

/* Supply +- twice the slip frequency; the sign of slip is that of a generator. */
static float feat_slip(const ecm_feat_lines_of_t *of, const ecm_feat_row_t *row,
                       float speed_hz, float halfwidth) {
    float slip_hz = ecm_line_slip_hz_f32(row->a, row->n, speed_hz);
    return feat_sidebands(of, row->a, halfwidth * row->a,
                          2.0f * ecm_port_abs_f32(slip_hz),
                          2.0f * halfwidth * (float)row->n * speed_hz, 1);
}

static float feat_harmonics(const ecm_feat_lines_of_t *of, float f_hz, float halfwidth,
                            uint32_t harmonics_len, bool distortion) {
    float amplitude[ECM_LINE_HARMONICS_MAX], rms = 0.0f;
    (void)ecm_line_harmonics_f32(of->power, of->bins_len, of->bin_hz, f_hz, halfwidth,
                                 harmonics_len, amplitude, &rms);
    return distortion ? ecm_line_thd_f32(amplitude, harmonics_len) : rms;
}

float ecm_feat_line_value_f32(const ecm_feat_lines_of_t *of, uint16_t form, uint32_t n,
                              float a, float b, float halfwidth) {
    ecm_line_t line;
    switch (form) {
    case ECM_FEAT_HARMONICS:
    case ECM_FEAT_THD:
        return feat_harmonics(of, a, halfwidth, n, form == (uint16_t)ECM_FEAT_THD);
    case ECM_FEAT_SIDEBANDS:
        return feat_sidebands(of, a, halfwidth * a, b, halfwidth * b, n);
    default:
        (void)ecm_line_at_f32(of->power, of->bins_len, of->bin_hz, a, halfwidth * a,
                              &line);
        return line.amplitude;
    }
}

static float feat_line(const ecm_feat_lines_of_t *of, const ecm_feat_row_t *row,
                       float speed_hz, float halfwidth) {
    uint16_t form = feat_line_form(row->id);
    float factor = form != row->id ? speed_hz : 1.0f;
    if (form == (uint16_t)ECM_FEAT_SLIP_SIDEBANDS) {
        return feat_slip(of, row, speed_hz, halfwidth);
    }
    return ecm_feat_line_value_f32(of, form, row->n, row->a * factor, row->b * factor,
                                   halfwidth);
}

static ecm_status_t feat_lines_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_line_cfg_t *cfg = (const ecm_feat_line_cfg_t *)step->cfg;
    ecm_feat_lines_of_t of;
    uint32_t i;
    of.power = frame->x;
    of.bins_len = ECM_FEAT_BINS(frame->plan->window_len);
    of.bin_hz = feat_bin_hz(frame->plan);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = feat_line(&of, &step->rows[i], frame->speed_hz, cfg->halfwidth);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_lines = {feat_lines_check, feat_lines_run};
