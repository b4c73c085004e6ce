/* ecm_feat_velocity.c - see ecm_feat_velocity.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_velocity.h"

/* Windows until so many samples have come. */
static uint32_t feat_velocity_warm(const ecm_feat_plan_t *plan, uint32_t samples) {
    uint32_t more = samples > plan->window_len ? samples - plan->window_len : 0U;
    return more / plan->hop_len + (more % plan->hop_len != 0U ? 1U : 0U);
}

static ecm_status_t feat_velocity_check(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step,
                                        ecm_feat_need_t *need) {
    const ecm_velocity_cfg_f32_t *cfg = (const ecm_velocity_cfg_f32_t *)step->cfg;
    ecm_velocity_f32_t st;
    uint32_t pairs;
    ecm_status_t status = ecm_velocity_init_f32(&st, cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(
        ecm_feat_rows_within(step, ECM_FEAT_VELOCITY_RMS, ECM_FEAT_VELOCITY_RMS),
        ECM_ERR_ARG);
    ECM_REQUIRE(cfg->settle_len <= 1U << 27 && cfg->block_len <= 1U << 24, ECM_ERR_ARG);
    pairs = cfg->settle_len + ECM_VELOCITY_BLOCKS * cfg->block_len;
    need->state_len = ECM_FEAT_VELOCITY_STATE_LEN;
    need->warm_len = feat_velocity_warm(plan, pairs * 2U * cfg->factor);
    return ECM_OK;
}

static ecm_status_t feat_velocity_run(const ecm_feat_step_t *step,
                                      const ecm_feat_frame_t *frame, float *out) {
    const ecm_velocity_cfg_f32_t *cfg = (const ecm_velocity_cfg_f32_t *)step->cfg;
    const float *fresh = frame->x + (frame->plan->window_len - frame->fresh_len);
    ecm_velocity_f32_t st;
    ecm_status_t news;
    float rms = 0.0f;
    uint32_t i;
    if (frame->first) {
        (void)ecm_velocity_init_f32(&st, cfg);
    } else {
        memcpy(&st, frame->state, sizeof st);
    }
    (void)ecm_velocity_update_f32(&st, cfg, fresh, frame->fresh_len);
    news = ecm_velocity_rms_f32(&st, cfg, &rms);
    memcpy(frame->state, &st, sizeof st);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = rms;
    }
    return news;
}

const ecm_feat_kind_t ecm_feat_kind_velocity = {feat_velocity_check, feat_velocity_run};
