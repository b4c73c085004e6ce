/* ecm_feat_series.c - see ecm_feat_series.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_series.h"

#define LAGS 8U /* rows that share a mean and a variance */

/* ---- turning points ----------------------------------------------------------- */

static ecm_status_t feat_turning_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(
        ecm_feat_rows_within(step, ECM_FEAT_TURNING_RATE, ECM_FEAT_TURNING_RATE),
        ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_turning_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, count = 0, n = frame->plan->window_len;
    (void)ecm_series_turning_points_f32(frame->x, n, &count);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = (float)count / (float)n;
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_turning = {feat_turning_check, feat_turning_run};

/* ---- Hjorth's parameters ------------------------------------------------------ */

static ecm_status_t feat_hjorth_check(const ecm_feat_plan_t *plan,
                                      const ecm_feat_step_t *step,
                                      ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_HJORTH_MOBILITY,
                                     ECM_FEAT_HJORTH_COMPLEXITY),
                ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_hjorth_run(const ecm_feat_step_t *step,
                                    const ecm_feat_frame_t *frame, float *out) {
    ecm_series_hjorth_t hjorth;
    uint32_t i;
    (void)ecm_series_hjorth_f32(frame->x, frame->plan->window_len, &hjorth);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = step->rows[i].id == (uint16_t)ECM_FEAT_HJORTH_MOBILITY
                     ? hjorth.mobility
                     : hjorth.complexity;
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_hjorth = {feat_hjorth_check, feat_hjorth_run};

/* ---- autocorrelation ---------------------------------------------------------- */

static ecm_status_t feat_lag_check(const ecm_feat_plan_t *plan,
                                   const ecm_feat_step_t *step, ecm_feat_need_t *need) {
    uint32_t i;
    (void)need;
    ECM_REQUIRE(
        ecm_feat_rows_within(step, ECM_FEAT_AUTOCORRELATION, ECM_FEAT_AUTOCORRELATION),
        ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].n < plan->window_len, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_lag_run(const ecm_feat_step_t *step,
                                 const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, first, lags[LAGS];
    for (first = 0; first < step->rows_len; first += LAGS) {
        uint32_t left = step->rows_len - first, n = left < LAGS ? left : LAGS;
        for (i = 0; i < n; i++) {
            lags[i] = step->rows[first + i].n;
        }
        (void)ecm_series_autocorrelation_f32(frame->x, frame->plan->window_len, lags, n,
                                             false, out + first);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_lag = {feat_lag_check, feat_lag_run};
