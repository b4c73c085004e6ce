/* ecm_feat_time.c - see ecm_feat_time.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_time.h"
#include "ecm_stats.h"

/* ---- mean --------------------------------------------------------------------- */

static ecm_status_t feat_mean_check(const ecm_feat_plan_t *plan,
                                    const ecm_feat_step_t *step,
                                    ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_mean_run(const ecm_feat_step_t *step,
                                  const ecm_feat_frame_t *frame, float *out) {
    (void)step;
    (void)out;
    (void)ecm_stats_remove_mean_f32(frame->x, frame->plan->window_len);
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_mean = {feat_mean_check, feat_mean_run};

/* ---- time --------------------------------------------------------------------- */

static ecm_status_t feat_time_check(const ecm_feat_plan_t *plan,
                                    const ecm_feat_step_t *step,
                                    ecm_feat_need_t *need) {
    uint32_t i;
    (void)plan;
    (void)need;
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].id >= (uint16_t)ECM_FEAT_MEAN &&
                        step->rows[i].id <= (uint16_t)ECM_FEAT_RMS_ABOUT_ZERO,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static float feat_time_value(const ecm_stats_time_t *stats, uint16_t id) {
    switch (id) {
    case ECM_FEAT_MEAN:
        return stats->mean;
    case ECM_FEAT_RMS:
        return stats->rms;
    case ECM_FEAT_PEAK:
        return stats->peak;
    case ECM_FEAT_PEAK_TO_PEAK:
        return stats->peak_to_peak;
    case ECM_FEAT_MEAN_ABS:
        return stats->mean_abs;
    case ECM_FEAT_SKEWNESS:
        return stats->skewness;
    case ECM_FEAT_KURTOSIS:
        return stats->kurtosis;
    case ECM_FEAT_CREST:
        return stats->crest;
    case ECM_FEAT_SHAPE:
        return stats->shape;
    case ECM_FEAT_IMPULSE:
        return stats->impulse;
    case ECM_FEAT_CLEARANCE:
        return stats->clearance;
    case ECM_FEAT_MEAN_CROSSING_RATE:
        return stats->mean_crossing_rate;
    case ECM_FEAT_ZERO_CROSSING_RATE:
        return stats->zero_crossing_rate;
    case ECM_FEAT_MINIMUM:
        return stats->minimum;
    case ECM_FEAT_MAXIMUM:
        return stats->maximum;
    case ECM_FEAT_VARIANCE:
        return stats->variance;
    default:
        return stats->rms_about_zero;
    }
}

/* Pairs at a time: a quarter of the instructions of the plain loop on a Cortex-M4F. */
static void feat_time_subtract(float *x, uint32_t n, float mean) {
    const float *end = x + (n & ~3U);
    for (; x != end; x += 4) {
        ecm_port_pair_f32_t a = ecm_port_load2_f32(x), b = ecm_port_load2_f32(x + 2);
        a.a -= mean;
        a.b -= mean;
        b.a -= mean;
        b.b -= mean;
        ecm_port_store2_f32(x, a);
        ecm_port_store2_f32(x + 2, b);
    }
    for (n &= 3U; n > 0U; n--, x++) {
        *x -= mean;
    }
}

static ecm_status_t feat_time_run(const ecm_feat_step_t *step,
                                  const ecm_feat_frame_t *frame, float *out) {
    uint32_t i, n = frame->plan->window_len;
    float *x = frame->x;
    ecm_stats_time_t stats;
    (void)ecm_stats_time_f32(x, n, &stats);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = feat_time_value(&stats, step->rows[i].id);
    }
    if (frame->plan->detrend != (uint32_t)ECM_FEAT_DETREND_NONE) {
        feat_time_subtract(x, n, stats.mean);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_time = {feat_time_check, feat_time_run};
