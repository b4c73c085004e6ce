/* ecm_feat_detrend.c - see ecm_feat_detrend.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_detrend.h"
#include "ecm_window.h"

static ecm_status_t feat_detrend_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    (void)plan;
    (void)need;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    return ECM_OK;
}

static ecm_status_t feat_detrend_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    (void)step;
    (void)out;
    return ecm_window_remove_line_f32(frame->x, frame->plan->window_len, frame->x);
}

const ecm_feat_kind_t ecm_feat_kind_detrend = {feat_detrend_check, feat_detrend_run};
