/* ecm_feat_q15_time.c - see ecm_feat_q15_time.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_q15_time.h"
#include "ecm_stats_q15.h"

static int32_t feat_q15_clamp(uint32_t x) {
    return x > (uint32_t)INT32_MAX ? INT32_MAX : (int32_t)x;
}

/* ---- time --------------------------------------------------------------------- */

/* From Q31 to Q30, half up. */
static int32_t feat_q15_half(uint32_t x) {
    return (int32_t)((x >> 1) + (x & 1U));
}

static int32_t feat_q15_half_signed(int32_t x) {
    return x < 0 ? -(int32_t)((0U - (uint32_t)x) >> 1) : feat_q15_half((uint32_t)x);
}

static bool feat_q15_time_value(const ecm_stats_time_q15_t *stats, uint16_t id,
                                int32_t *value) {
    switch (id) {
    case ECM_FEAT_MEAN:
        *value = feat_q15_half_signed(stats->mean);
        return true;
    case ECM_FEAT_MINIMUM:
        *value = feat_q15_half_signed(stats->minimum);
        return true;
    case ECM_FEAT_MAXIMUM:
        *value = feat_q15_half_signed(stats->maximum);
        return true;
    case ECM_FEAT_RMS:
        *value = feat_q15_half(stats->rms);
        return true;
    case ECM_FEAT_RMS_ABOUT_ZERO:
        *value = feat_q15_half(stats->rms_about_zero);
        return true;
    case ECM_FEAT_PEAK:
        *value = feat_q15_half(stats->peak);
        return true;
    case ECM_FEAT_PEAK_TO_PEAK:
        *value = feat_q15_half(stats->peak_to_peak);
        return true;
    case ECM_FEAT_MEAN_ABS:
        *value = feat_q15_half(stats->mean_abs);
        return true;
    case ECM_FEAT_SKEWNESS:
        *value = stats->skewness;
        return true;
    case ECM_FEAT_KURTOSIS:
        *value = feat_q15_clamp(stats->kurtosis);
        return true;
    case ECM_FEAT_CREST:
        *value = feat_q15_clamp(stats->crest);
        return true;
    case ECM_FEAT_SHAPE:
        *value = feat_q15_clamp(stats->shape);
        return true;
    case ECM_FEAT_IMPULSE:
        *value = feat_q15_clamp(stats->impulse);
        return true;
    case ECM_FEAT_CLEARANCE:
        *value = feat_q15_clamp(stats->clearance);
        return true;
    default:
        return false;
    }
}

static ecm_status_t feat_q15_time_check(const ecm_feat_q15_plan_t *plan,
                                        const ecm_feat_q15_step_t *step,
                                        ecm_feat_q15_need_t *need) {
    ecm_stats_time_q15_t none;
    int32_t ignored;
    uint32_t i;
    (void)plan;
    (void)need;
    memset(&none, 0, sizeof none);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(feat_q15_time_value(&none, step->rows[i].id, &ignored),
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_q15_time_run(const ecm_feat_q15_step_t *step,
                                      ecm_feat_q15_frame_t *frame, int32_t *out) {
    ecm_stats_time_q15_t stats;
    uint32_t i;
    (void)ecm_stats_time_q15(frame->x, frame->plan->window_len, &stats);
    for (i = 0; i < step->rows_len; i++) {
        (void)feat_q15_time_value(&stats, step->rows[i].id, &out[i]);
    }
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_time = {feat_q15_time_check,
                                                    feat_q15_time_run};

/* ---- velocity ----------------------------------------------------------------- */

#define FEAT_Q15_VELOCITY_WORDS (sizeof(ecm_velocity_q15_t) / sizeof(uint32_t))

/* Windows until so many samples have come. */
static uint32_t feat_q15_velocity_warm(const ecm_feat_q15_plan_t *plan,
                                       uint32_t samples) {
    uint32_t n = plan->window_len, hop = plan->hop_len;
    return samples > n ? (samples - n + hop - 1U) / hop : 0U;
}

static ecm_status_t feat_q15_velocity_check(const ecm_feat_q15_plan_t *plan,
                                            const ecm_feat_q15_step_t *step,
                                            ecm_feat_q15_need_t *need) {
    const ecm_velocity_q15_cfg_t *cfg = (const ecm_velocity_q15_cfg_t *)step->cfg;
    ecm_velocity_q15_t none;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(step->rows_len == 1U, ECM_ERR_ARG);
    ECM_REQUIRE(step->rows[0].id == (uint16_t)ECM_FEAT_VELOCITY_RMS, ECM_ERR_ARG);
    status = ecm_velocity_q15_init(&none, cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(cfg->settle_len <= (uint32_t)1 << 27, ECM_ERR_ARG);
    need->state_len = (uint32_t)FEAT_Q15_VELOCITY_WORDS;
    need->warm_len = feat_q15_velocity_warm(
        plan, (cfg->settle_len + ECM_VELOCITY_Q15_BLOCKS * cfg->block_len) *
                  (uint32_t)cfg->factor);
    return ECM_OK;
}

/* Words are copied: they need not lie where a structure of 64 bits may. All zeros are
 * its start. */
static ecm_status_t feat_q15_velocity_run(const ecm_feat_q15_step_t *step,
                                          ecm_feat_q15_frame_t *frame, int32_t *out) {
    const ecm_velocity_q15_cfg_t *cfg = (const ecm_velocity_q15_cfg_t *)step->cfg;
    const int16_t *x = frame->x + (frame->plan->window_len - frame->fresh_len);
    ecm_velocity_q15_t st;
    ecm_status_t status;
    uint32_t rms = 0;
    memcpy(&st, frame->state, sizeof st);
    (void)ecm_velocity_q15_update(&st, cfg, x, frame->fresh_len);
    memcpy(frame->state, &st, sizeof st);
    status = ecm_velocity_q15_rms(&st, cfg, &rms);
    out[0] = feat_q15_clamp(rms);
    return status;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_velocity = {feat_q15_velocity_check,
                                                        feat_q15_velocity_run};
