/* ecm_feat_scale.c - see ecm_feat_scale.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_scale.h"

static ecm_status_t feat_scale_check(const ecm_feat_plan_t *plan,
                                     const ecm_feat_step_t *step,
                                     ecm_feat_need_t *need) {
    const ecm_feat_scale_cfg_t *cfg = (const ecm_feat_scale_cfg_t *)step->cfg;
    (void)plan;
    (void)need;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg != NULL && cfg->offset != NULL && cfg->factor != NULL,
                ECM_ERR_NULL);
    return ECM_OK;
}

static ecm_status_t feat_scale_run(const ecm_feat_step_t *step,
                                   const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_scale_cfg_t *cfg = (const ecm_feat_scale_cfg_t *)step->cfg;
    uint32_t n = ecm_feat_rows_before(frame->plan, step);
    return ecm_feat_scale_f32(out - n, cfg->offset, cfg->factor, n, out - n);
}

const ecm_feat_kind_t ecm_feat_kind_scale = {feat_scale_check, feat_scale_run};
