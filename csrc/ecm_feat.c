/* ecm_feat.c - see ecm_feat.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat.h"
#include "ecm_math.h"

/* ---- judging a plan ----------------------------------------------------------- */

static ecm_status_t feat_judge_settings(const ecm_feat_plan_t *plan) {
    float lo, hi;
    ECM_REQUIRE(plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(plan->steps != NULL || plan->steps_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(plan->window_len >= (uint32_t)ECM_FEAT_WINDOW_MIN &&
                    plan->window_len <= (uint32_t)ECM_FEAT_WINDOW_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(plan->hop_len >= 1U && plan->hop_len <= plan->window_len, ECM_ERR_ARG);
    ECM_REQUIRE(plan->fs_hz > 0.0f && ecm_math_isfinite_f32(plan->fs_hz), ECM_ERR_ARG);
    ECM_REQUIRE(plan->detrend <= (uint32_t)ECM_FEAT_DETREND_LINE, ECM_ERR_ARG);
    lo = plan->speed_lo_hz;
    hi = plan->speed_hi_hz;
    ECM_REQUIRE((lo == 0.0f && hi == 0.0f) || (lo > 0.0f && lo <= hi), ECM_ERR_ARG);
    ECM_REQUIRE(ecm_math_isfinite_f32(hi), ECM_ERR_ARG);
    return ECM_OK;
}

/* Judge one step and add what it needs; `placed`: its state must follow the others'. */
static ecm_status_t feat_judge_step(const ecm_feat_plan_t *plan,
                                    const ecm_feat_step_t *step, bool placed,
                                    ecm_feat_need_t *sum) {
    ecm_feat_need_t own = {0, 0, 0, 0};
    ecm_status_t status;
    ECM_REQUIRE(step->kind != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(step->rows != NULL || step->rows_len == 0U, ECM_ERR_NULL);
    status = step->kind->check(plan, step, &own);
    ECM_REQUIRE(status == ECM_OK, status);
    sum->work_len = own.work_len > sum->work_len ? own.work_len : sum->work_len;
    sum->warm_len = own.warm_len > sum->warm_len ? own.warm_len : sum->warm_len;
    sum->sample_bytes = own.sample_bytes > 0U ? own.sample_bytes : sum->sample_bytes;
    if (own.state_len > 0U) {
        sum->state_len = sum->state_len > 0U ? sum->state_len : ECM_FEAT_STATE_HEAD;
        ECM_REQUIRE(!placed || step->state_at == sum->state_len, ECM_ERR_FULL);
        sum->state_len += own.state_len;
    }
    return ECM_OK;
}

static ecm_status_t feat_judge(const ecm_feat_plan_t *plan, bool placed,
                               ecm_feat_need_t *sum) {
    uint32_t i, rows_len = 0;
    ecm_status_t status = feat_judge_settings(plan);
    ECM_REQUIRE(status == ECM_OK, status);
    memset(sum, 0, sizeof *sum);
    sum->sample_bytes = (uint32_t)sizeof(float);
    for (i = 0; i < plan->steps_len; i++) {
        status = feat_judge_step(plan, &plan->steps[i], placed, sum);
        ECM_REQUIRE(status == ECM_OK, status);
        rows_len += plan->steps[i].rows_len;
    }
    ECM_REQUIRE(rows_len == plan->features_len, ECM_ERR_ARG);
    return ECM_OK;
}

ecm_status_t ecm_feat_need(const ecm_feat_plan_t *plan, ecm_feat_need_t *need) {
    ecm_feat_need_t sum;
    ecm_status_t status = feat_judge(plan, false, &sum);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(need != NULL, ECM_ERR_NULL);
    *need = sum;
    return ECM_OK;
}

ecm_status_t ecm_feat_check(const ecm_feat_plan_t *plan) {
    ecm_feat_need_t need;
    ecm_status_t status = feat_judge(plan, true, &need);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(plan->work_len >= need.work_len, ECM_ERR_FULL);
    ECM_REQUIRE(plan->state_len >= need.state_len, ECM_ERR_FULL);
    return ECM_OK;
}

bool ecm_feat_rows_within(const ecm_feat_step_t *step, uint16_t first, uint16_t last) {
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        if (step->rows[i].id < first || step->rows[i].id > last) {
            return false;
        }
    }
    return true;
}

uint32_t ecm_feat_rows_before(const ecm_feat_plan_t *plan,
                              const ecm_feat_step_t *step) {
    const ecm_feat_step_t *one;
    uint32_t rows_len = 0;
    for (one = plan->steps; one != step; one++) {
        rows_len += one->rows_len;
    }
    return rows_len;
}

/* ---- a window ----------------------------------------------------------------- */

ecm_status_t ecm_feat_reset_f32(float *state, const ecm_feat_plan_t *plan) {
    ECM_REQUIRE(plan != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    if (plan->state_len > 0U) {
        memset(state, 0, sizeof *state * plan->state_len);
    }
    return ECM_OK;
}

bool ecm_feat_takes_speed(const ecm_feat_plan_t *plan, float speed_hz) {
    return plan != NULL &&
           (plan->speed_lo_hz == 0.0f ||
            (speed_hz >= plan->speed_lo_hz && speed_hz <= plan->speed_hi_hz));
}

bool ecm_feat_may_stop(const ecm_feat_plan_t *plan, uint32_t index) {
    uint32_t i;
    if (plan == NULL || plan->steps == NULL) {
        return false;
    }
    for (i = index + 1U; i < plan->steps_len; i++) {
        if (plan->steps[i].state_at != 0U) {
            return false;
        }
    }
    return true;
}

/* One step. The head of the state says whether there was a window before this one; it
 * is set behind the last step that keeps one, or lacks it. */
static ecm_status_t feat_run(float *state, uint32_t index, ecm_feat_frame_t *frame,
                             float *out) {
    const ecm_feat_plan_t *plan = frame->plan;
    const ecm_feat_step_t *step = &plan->steps[index];
    bool keeps = plan->state_len > 0U;
    ecm_status_t status;
    frame->state = keeps ? state + step->state_at : NULL;
    frame->first = !keeps || state[0] == 0.0f;
    frame->fresh_len = frame->first ? plan->window_len : plan->hop_len;
    status = step->kind->run(step, frame, out);
    if (keeps && (index + 1U == plan->steps_len ||
                  (status == ECM_MORE && ecm_feat_may_stop(plan, index)))) {
        state[0] = 1.0f;
    }
    return status;
}

static ecm_status_t feat_frame(const float *state, const ecm_feat_plan_t *plan,
                               float speed_hz, float *x, float *work, const float *out,
                               ecm_feat_frame_t *frame) {
    ECM_REQUIRE(plan != NULL && x != NULL && out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(work != NULL || plan->work_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(ecm_feat_takes_speed(plan, speed_hz), ECM_ERR_ARG);
    frame->plan = plan;
    frame->x = x;
    frame->work = work;
    frame->speed_hz = speed_hz;
    return ECM_OK;
}

ecm_status_t ecm_feat_extract_f32(float *state, const ecm_feat_plan_t *plan,
                                  float speed_hz, float *x, float *work, float *out) {
    ecm_feat_frame_t frame;
    uint32_t i;
    ecm_status_t news = ECM_OK;
    ecm_status_t status = feat_frame(state, plan, speed_hz, x, work, out, &frame);
    ECM_REQUIRE(status == ECM_OK, status);
    for (i = 0; i < plan->steps_len; i++) {
        status = feat_run(state, i, &frame, out);
        ECM_REQUIRE(status >= ECM_OK, status);
        news = status != ECM_OK ? status : news;
        out += plan->steps[i].rows_len;
    }
    return news;
}

ecm_status_t ecm_feat_step_f32(float *state, const ecm_feat_plan_t *plan,
                               uint32_t index, float speed_hz, float *x, float *work,
                               float *out) {
    ecm_feat_frame_t frame;
    uint32_t i;
    ecm_status_t status = feat_frame(state, plan, speed_hz, x, work, out, &frame);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(index < plan->steps_len, ECM_ERR_ARG);
    for (i = 0; i < index; i++) {
        out += plan->steps[i].rows_len;
    }
    return feat_run(state, index, &frame, out);
}

ecm_status_t ecm_feat_scale_f32(const float *x, const float *mean, const float *inv_sd,
                                uint32_t x_len, float *out) {
    uint32_t i;
    ECM_REQUIRE(x_len == 0U ||
                    (x != NULL && mean != NULL && inv_sd != NULL && out != NULL),
                ECM_ERR_NULL);
    for (i = 0; i < x_len; i++) {
        out[i] = (x[i] - mean[i]) * inv_sd[i];
    }
    return ECM_OK;
}
