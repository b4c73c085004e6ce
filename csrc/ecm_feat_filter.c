/* ecm_feat_filter.c - see ecm_feat_filter.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_filter.h"

/* Windows that start within settle_len. */
static uint32_t feat_filter_warm(const ecm_feat_plan_t *plan,
                                 const ecm_feat_filter_cfg_t *cfg) {
    return cfg->settle_len / plan->hop_len +
           (cfg->settle_len % plan->hop_len != 0U ? 1U : 0U);
}

static ecm_status_t feat_filter_check(const ecm_feat_plan_t *plan,
                                      const ecm_feat_step_t *step,
                                      ecm_feat_need_t *need) {
    const ecm_feat_filter_cfg_t *cfg = (const ecm_feat_filter_cfg_t *)step->cfg;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg != NULL && cfg->sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->sections_len >= 1U, ECM_ERR_ARG);
    /* so many windows are counted in single precision */
    ECM_REQUIRE(cfg->settle_len <= 1U << 24, ECM_ERR_ARG);
    need->state_len =
        ECM_FEAT_FILTER_STATE_LEN(plan->window_len, plan->hop_len, cfg->sections_len);
    need->warm_len = feat_filter_warm(plan, cfg);
    return ECM_OK;
}

static ecm_status_t feat_filter_run(const ecm_feat_step_t *step,
                                    const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_filter_cfg_t *cfg = (const ecm_feat_filter_cfg_t *)step->cfg;
    uint32_t n = frame->plan->window_len, hop = frame->plan->hop_len;
    uint32_t warm = feat_filter_warm(frame->plan, cfg);
    float *seen = frame->state, *kept = seen + 1U + 2U * cfg->sections_len;
    float *fresh = frame->x + (n - frame->fresh_len);
    ecm_filter_biquad_state_f32_t *filter = (ecm_filter_biquad_state_f32_t *)(seen + 1);
    (void)out;
    if (frame->first) {
        (void)ecm_filter_init_f32(filter, cfg->sections, cfg->sections_len, fresh[0]);
    } else {
        memcpy(frame->x, kept, sizeof *kept * (n - hop));
    }
    (void)ecm_filter_biquad_f32(filter, cfg->sections, cfg->sections_len, fresh,
                                frame->fresh_len, fresh);
    memcpy(kept, frame->x + hop, sizeof *kept * (n - hop));
    if (*seen >= (float)warm) {
        return ECM_OK;
    }
    *seen += 1.0f;
    return ECM_MORE;
}

const ecm_feat_kind_t ecm_feat_kind_filter = {feat_filter_check, feat_filter_run};
