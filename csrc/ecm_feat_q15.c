/* ecm_feat_q15.c - see ecm_feat_q15.h: judging plans, running their steps, and the way
 * to and from physical units.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_q15.h"
#include "ecm_math.h"

/* ---- judging a plan ----------------------------------------------------------- */

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

/* Format of a feature; 0 if the profile does not have it. */
static uint16_t feat_q15_format(uint16_t id) {
#define FEAT_Q15_FORMAT(id, format)                                                    \
    case id:                                                                           \
        return ECM_FEAT_Q15_##format;
    switch (id) {
        ECM_FEAT_Q15_TABLE(FEAT_Q15_FORMAT)
    default:
        return 0;
    }
#undef FEAT_Q15_FORMAT
}

/* Judge one step and add what it needs; `placed`: its state must follow the others'. */
static ecm_status_t feat_q15_judge_step(const ecm_feat_q15_plan_t *plan,
                                        const ecm_feat_q15_step_t *step, bool placed,
                                        ecm_feat_q15_need_t *sum) {
    ecm_feat_q15_need_t own = {0, 0};
    ecm_status_t status;
    uint32_t i;
    ECM_REQUIRE(step->kind != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(step->rows != NULL || step->rows_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < step->rows_len; i++) {
        uint16_t format = feat_q15_format(step->rows[i].id);
        ECM_REQUIRE(format != 0U && step->rows[i].format == format, ECM_ERR_ARG);
    }
    status = step->kind->check(plan, step, &own);
    ECM_REQUIRE(status == ECM_OK, status);
    sum->warm_len = own.warm_len > sum->warm_len ? own.warm_len : sum->warm_len;
    if (own.state_len > 0U) {
        sum->state_len = sum->state_len > 0U ? sum->state_len : ECM_FEAT_Q15_STATE_HEAD;
        ECM_REQUIRE(!placed || step->state_at == sum->state_len, ECM_ERR_FULL);
        sum->state_len += own.state_len;
    }
    return ECM_OK;
}

static ecm_status_t feat_q15_judge(const ecm_feat_q15_plan_t *plan, bool placed,
                                   ecm_feat_q15_need_t *sum) {
    uint32_t i, rows_len = 0;
    ecm_status_t status = feat_q15_judge_settings(plan);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(sum, 0, sizeof *sum);
    for (i = 0; i < plan->steps_len; i++) {
        status = feat_q15_judge_step(plan, &plan->steps[i], placed, sum);
        ECM_REQUIRE(status == ECM_OK, status);
        rows_len += plan->steps[i].rows_len;
    }
    ECM_REQUIRE(rows_len == plan->features_len, ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_need(const ecm_feat_q15_plan_t *plan,
                               ecm_feat_q15_need_t *need) {
    ecm_feat_q15_need_t sum;
    ecm_status_t status = feat_q15_judge(plan, false, &sum);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(need != NULL, ECM_ERR_NULL);
    *need = sum;
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_check(const ecm_feat_q15_plan_t *plan) {
    ecm_feat_q15_need_t sum;
    ecm_status_t status = feat_q15_judge(plan, true, &sum);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(plan->state_len >= sum.state_len, ECM_ERR_FULL);
    return ECM_OK;
}

/* ---- a window ----------------------------------------------------------------- */

ecm_status_t ecm_feat_q15_reset(uint32_t *state, const ecm_feat_q15_plan_t *plan) {
    ECM_REQUIRE(plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    if (plan->state_len > 0U) {
        memset(state, 0, sizeof *state * plan->state_len);
    }
    return ECM_OK;
}

/* One step; what steps hand on besides the bins lies behind these. */
ecm_status_t ecm_feat_q15_run(const ecm_feat_q15_plan_t *plan, uint32_t index,
                              uint32_t *state, uint32_t fresh_len, const int16_t *x,
                              int32_t *work, int32_t *out) {
    const ecm_feat_q15_step_t *step;
    ecm_feat_q15_frame_t frame;
    ecm_status_t status;
    int32_t *handed;
    ECM_REQUIRE(plan != NULL && x != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(index < plan->steps_len, ECM_ERR_ARG);
    ECM_REQUIRE(fresh_len <= plan->window_len, ECM_ERR_ARG);
    step = &plan->steps[index];
    handed = work + plan->window_len;
    memset(&frame, 0, sizeof frame);
    frame.plan = plan;
    frame.x = x;
    frame.work = work;
    frame.state = state;
    frame.fresh_len = fresh_len;
    if (index > 0U) {
        memcpy(&frame.exponent, handed, sizeof frame.exponent);
        memcpy(&frame.total, handed + 1, sizeof frame.total);
    }
    status = step->kind->run(step, &frame, out);
    memcpy(handed, &frame.exponent, sizeof frame.exponent);
    memcpy(handed + 1, &frame.total, sizeof frame.total);
    return status;
}

/* The head of the state says whether there was a window before this one. */
ecm_status_t ecm_feat_q15_extract(uint32_t *state, const ecm_feat_q15_plan_t *plan,
                                  const int16_t *x, int32_t *work, int32_t *out) {
    ecm_status_t news = ECM_OK;
    uint32_t i, fresh_len;
    bool keeps;
    ECM_REQUIRE(plan != NULL && x != NULL && work != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    keeps = plan->state_len > 0U;
    fresh_len = keeps && state[0] != 0U ? plan->hop_len : plan->window_len;
    for (i = 0; i < plan->steps_len; i++) {
        const ecm_feat_q15_step_t *step = &plan->steps[i];
        uint32_t *own = keeps ? state + step->state_at : NULL;
        ecm_status_t status = ecm_feat_q15_run(plan, i, own, fresh_len, x, work, out);
        news = status != ECM_OK ? status : news;
        out += step->rows_len;
    }
    if (keeps) {
        state[0] = 1U;
    }
    return news;
}

/* ---- physical units ----------------------------------------------------------- */

static bool feat_q15_is_range(float range) {
    return range > 0.0f && ecm_math_isfinite_f32(range);
}

ecm_status_t ecm_feat_q15_samples_f32(const float *x, uint32_t x_len, float range,
                                      int16_t *out) {
    uint32_t i;
    float scale;
    ECM_REQUIRE((x != NULL && out != NULL) || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(feat_q15_is_range(range), ECM_ERR_ARG);
    scale = 32768.0f / range;
    ECM_REQUIRE(ecm_math_isfinite_f32(scale), ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        int32_t code = ecm_math_round_s32_f32(x[i] * scale, INT16_MIN, INT16_MAX);
        out[i] = x[i] != x[i] ? INT16_MIN : (int16_t)code;
    }
    return ECM_OK;
}

ecm_status_t ecm_feat_q15_real_f32(const ecm_feat_q15_plan_t *plan, float range,
                                   const int32_t *features, float *out) {
    uint32_t i, k;
    float share = range * 0x1p-30f;
    ECM_REQUIRE(plan != NULL && features != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(feat_q15_is_range(range), ECM_ERR_ARG);
    for (i = 0; i < plan->steps_len; i++) {
        const ecm_feat_q15_step_t *step = &plan->steps[i];
        for (k = 0; k < step->rows_len; k++) {
            bool amplitude = step->rows[k].format == (uint16_t)ECM_FEAT_Q15_Q30;
            *out++ = (float)*features++ * (amplitude ? share : 0x1p-16f);
        }
    }
    return ECM_OK;
}
