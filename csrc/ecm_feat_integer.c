/* ecm_feat_integer.c - see ecm_feat_integer.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_integer.h"
#include "ecm_math.h"

/* ---- integer ------------------------------------------------------------------ */

static ecm_status_t feat_integer_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    const ecm_feat_integer_cfg_t *cfg = (const ecm_feat_integer_cfg_t *)step->cfg;
    const ecm_feat_q15_step_t *own;
    ecm_feat_q15_need_t whole, part = {0, 0};
    uint32_t i;
    ecm_status_t status;
    ECM_REQUIRE(cfg != NULL && cfg->plan != NULL, ECM_ERR_NULL);
    status = ecm_feat_q15_need(cfg->plan, &whole);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(cfg->plan->window_len == plan->window_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->plan->hop_len == plan->hop_len, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->index < cfg->plan->steps_len, ECM_ERR_ARG);
    own = &cfg->plan->steps[cfg->index];
    ECM_REQUIRE(step->rows_len == own->rows_len, ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].id == own->rows[i].id, ECM_ERR_ARG);
    }
    status = own->kind->check(cfg->plan, own, &part);
    ECM_REQUIRE(status == ECM_OK, status);
    need->work_len = ECM_FEAT_Q15_WORK_LEN(plan->window_len);
    need->state_len = part.state_len;
    need->warm_len = part.warm_len;
    need->sample_bytes = (uint32_t)sizeof(int16_t);
    return ECM_OK;
}

static ecm_status_t feat_integer_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_integer_cfg_t *cfg = (const ecm_feat_integer_cfg_t *)step->cfg;
    return ecm_feat_q15_run(cfg->plan, cfg->index, (uint32_t *)(void *)frame->state,
                            frame->fresh_len, (const int16_t *)(const void *)frame->x,
                            (int32_t *)(void *)frame->work, (int32_t *)(void *)out);
}

const ecm_feat_kind_t ecm_feat_kind_integer = {feat_integer_check, feat_integer_run};

/* ---- real --------------------------------------------------------------------- */

static ecm_status_t feat_real_check(const ecm_feat_plan_t *plan,
                                    const ecm_feat_step_t *step,
                                    ecm_feat_need_t *need) {
    const ecm_feat_real_cfg_t *cfg = (const ecm_feat_real_cfg_t *)step->cfg;
    const ecm_feat_step_t *before;
    uint32_t features_len = 0;
    (void)need;
    ECM_REQUIRE(cfg != NULL && cfg->plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->range > 0.0f && ecm_math_isfinite_f32(cfg->range), ECM_ERR_ARG);
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    /* it reaches back over the features of all others, each of which is an integer */
    for (before = plan->steps; before != step; before++) {
        const ecm_feat_integer_cfg_t *own = (const ecm_feat_integer_cfg_t *)before->cfg;
        ECM_REQUIRE(before->kind == &ecm_feat_kind_integer, ECM_ERR_ARG);
        ECM_REQUIRE(own != NULL && own->plan == cfg->plan, ECM_ERR_ARG);
        features_len += before->rows_len;
    }
    ECM_REQUIRE(features_len == plan->features_len, ECM_ERR_ARG);
    ECM_REQUIRE(features_len == cfg->plan->features_len, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_real_run(const ecm_feat_step_t *step,
                                  const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_real_cfg_t *cfg = (const ecm_feat_real_cfg_t *)step->cfg;
    float *first = out - frame->plan->features_len;
    return ecm_feat_q15_real_f32(cfg->plan, cfg->range,
                                 (const int32_t *)(const void *)first, first);
}

const ecm_feat_kind_t ecm_feat_kind_real = {feat_real_check, feat_real_run};
