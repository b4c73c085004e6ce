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
    (void)plan;
    (void)need;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_MEAN, ECM_FEAT_RMS_ABOUT_ZERO),
                ECM_ERR_ARG);
    return ECM_OK;
}

/* One load instead of a case for each field. */
static float feat_time_value(const ecm_stats_time_t *stats, uint16_t id) {
    const unsigned char *fields = (const unsigned char *)stats;
    float value;
    memcpy(&value, fields + (id - (uint16_t)ECM_FEAT_MEAN) * sizeof value,
           sizeof value);
    return value;
}

#define FEAT_TIME_IS_AT(field, id)                                                     \
    ECM_STATIC_ASSERT(offsetof(ecm_stats_time_t, field) ==                             \
                          ((id) - ECM_FEAT_MEAN) * sizeof(float),                      \
                      field##_place)
FEAT_TIME_IS_AT(mean, ECM_FEAT_MEAN);
FEAT_TIME_IS_AT(rms, ECM_FEAT_RMS);
FEAT_TIME_IS_AT(peak, ECM_FEAT_PEAK);
FEAT_TIME_IS_AT(peak_to_peak, ECM_FEAT_PEAK_TO_PEAK);
FEAT_TIME_IS_AT(mean_abs, ECM_FEAT_MEAN_ABS);
FEAT_TIME_IS_AT(skewness, ECM_FEAT_SKEWNESS);
FEAT_TIME_IS_AT(kurtosis, ECM_FEAT_KURTOSIS);
FEAT_TIME_IS_AT(crest, ECM_FEAT_CREST);
FEAT_TIME_IS_AT(shape, ECM_FEAT_SHAPE);
FEAT_TIME_IS_AT(impulse, ECM_FEAT_IMPULSE);
FEAT_TIME_IS_AT(clearance, ECM_FEAT_CLEARANCE);
FEAT_TIME_IS_AT(mean_crossing_rate, ECM_FEAT_MEAN_CROSSING_RATE);
FEAT_TIME_IS_AT(zero_crossing_rate, ECM_FEAT_ZERO_CROSSING_RATE);
FEAT_TIME_IS_AT(minimum, ECM_FEAT_MINIMUM);
FEAT_TIME_IS_AT(maximum, ECM_FEAT_MAXIMUM);
FEAT_TIME_IS_AT(variance, ECM_FEAT_VARIANCE);
FEAT_TIME_IS_AT(rms_about_zero, ECM_FEAT_RMS_ABOUT_ZERO);
#undef FEAT_TIME_IS_AT

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
