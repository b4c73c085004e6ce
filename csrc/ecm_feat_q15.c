/* ecm_feat_q15.c - see ecm_feat_q15.h: judging plans, and running their steps.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_q15.h"

static ecm_status_t feat_q15_judge_settings(const ecm_feat_q15_plan_t *plan) {
    uint32_t n;
    ECM_REQUIRE(plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->steps != NULL || plan->steps_len == 0U, ECM_ERR_NULL);
    n = plan->window_len;
    ECM_REQUIRE(n >= (uint32_t)ECM_FEAT_Q15_WINDOW_MIN &&
                    n <= (uint32_t)ECM_FEAT_Q15_WINDOW_MAX && (n & (n - 1U)) == 0U,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(plan->hop_len >= 1U && plan->hop_len <= n, ECM_ERR_ARG);
    return ECM_OK;
}

/* Judge one step and add its state; `placed`: that must follow the others'. */
static ecm_status_t feat_q15_judge_step(const ecm_feat_q15_plan_t *plan,
                                        const ecm_feat_q15_step_t *step, bool placed,
                                        uint32_t *state_len) {
    uint32_t own = 0;
    ecm_status_t status;
    ECM_REQUIRE(step->kind != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(step->rows != NULL || step->rows_len == 0U, ECM_ERR_NULL);
    status = step->kind->check(plan, step, &own);
    ECM_REQUIRE(status == ECM_OK, status);
    if (own > 0U) {
        *state_len = *state_len > 0U ? *state_len : ECM_FEAT_Q15_STATE_HEAD;
        ECM_REQUIRE(!placed || step->state_at == *state_len, ECM_ERR_FULL);
        *state_len += own;
    }
    return ECM_OK;
}

static ecm_status_t feat_q15_judge(const ecm_feat_q15_plan_t *plan, bool placed,
                                   uint32_t *state_len) {
    uint32_t i, rows_len = 0;
    ecm_status_t status = feat_q15_judge_settings(plan);
    ECM_REQUIRE(status == ECM_OK, status);
    *state_len = 0;
    for (i = 0; i < plan->steps_len; i++) {
        status = feat_q15_judge_step(plan, &plan->steps[i], placed, state_len);
        ECM_REQUIRE(status == ECM_OK, status);
        rows_len += plan->steps[i].rows_len;
    }
    ECM_REQUIRE(rows_len == plan->features_len, ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_need(const ecm_feat_q15_plan_t *plan, uint32_t *state_len) {
    uint32_t sum;
    ecm_status_t status = feat_q15_judge(plan, false, &sum);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(state_len != NULL, ECM_ERR_NULL);
    *state_len = sum;
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_check(const ecm_feat_q15_plan_t *plan) {
    uint32_t sum;
    ecm_status_t status = feat_q15_judge(plan, true, &sum);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(plan->state_len >= sum, ECM_ERR_FULL);
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_reset(uint32_t *state, const ecm_feat_q15_plan_t *plan) {
    ECM_REQUIRE(plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    if (plan->state_len > 0U) {
        memset(state, 0, sizeof *state * plan->state_len);
    }
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_extract(uint32_t *state, const ecm_feat_q15_plan_t *plan,
                                  const int16_t *x, int32_t *work, int32_t *out) {
    ecm_feat_q15_frame_t frame;
    ecm_status_t news = ECM_OK;
    uint32_t i;
    bool keeps;
    ECM_REQUIRE(plan != NULL && x != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    keeps = plan->state_len > 0U;
    frame.plan = plan;
    frame.x = x;
    frame.work = work;
    frame.fresh_len = keeps && state[0] != 0U ? plan->hop_len : plan->window_len;
    frame.exponent = 0;
    frame.total = 0;
    for (i = 0; i < plan->steps_len; i++) {
        const ecm_feat_q15_step_t *step = &plan->steps[i];
        ecm_status_t status;
        frame.state = keeps ? state + step->state_at : NULL;
        status = step->kind->run(step, &frame, out);
        news = status != ECM_OK ? status : news;
        out += step->rows_len;
    }
    if (keeps) {
        state[0] = 1U;
    }
    return news;
}
