/* ecm_feat_rank.c - see ecm_feat_rank.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_rank.h"

/* Work memory as words: no other step reads it as floats before it has written it. */
static int32_t *feat_words(const ecm_feat_frame_t *frame) {
    return (int32_t *)(void *)frame->work;
}

/* ---- median ------------------------------------------------------------------- */

static ecm_status_t feat_median_check(const ecm_feat_plan_t *plan,
                                      const ecm_feat_step_t *step,
                                      ecm_feat_need_t *need) {
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_MEDIAN, ECM_FEAT_MAD), ECM_ERR_ARG);
    need->work_len = ECM_FEAT_RANK_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static ecm_status_t feat_median_run(const ecm_feat_step_t *step,
                                    const ecm_feat_frame_t *frame, float *out) {
    float median = 0.0f, mad = 0.0f;
    uint32_t i;
    (void)ecm_rank_median_f32(frame->x, frame->plan->window_len, feat_words(frame),
                              &median, &mad);
    for (i = 0; i < step->rows_len; i++) {
        out[i] = step->rows[i].id == (uint16_t)ECM_FEAT_MEDIAN ? median : mad;
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_median = {feat_median_check, feat_median_run};

/* ---- quantiles ---------------------------------------------------------------- */

static ecm_status_t feat_quantile_check(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step,
                                        ecm_feat_need_t *need) {
    uint32_t i;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_QUANTILE, ECM_FEAT_QUANTILE_RANGE),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        ECM_REQUIRE(row->a >= 0.0f && row->a <= 1.0f, ECM_ERR_ARG);
        ECM_REQUIRE(row->b >= 0.0f && row->b <= 1.0f, ECM_ERR_ARG);
    }
    need->work_len = ECM_FEAT_RANK_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static ecm_status_t feat_quantile_run(const ecm_feat_step_t *step,
                                      const ecm_feat_frame_t *frame, float *out) {
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *row = &step->rows[i];
        bool range = row->id == (uint16_t)ECM_FEAT_QUANTILE_RANGE;
        float q[2], value[2];
        q[0] = row->a;
        q[1] = row->b;
        (void)ecm_rank_quantiles_f32(frame->x, frame->plan->window_len, q,
                                     range ? 2U : 1U, feat_words(frame), value);
        out[i] = range ? value[1] - value[0] : value[0];
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_quantile = {feat_quantile_check, feat_quantile_run};

/* ---- histogram ---------------------------------------------------------------- */

static ecm_status_t feat_histogram_check(const ecm_feat_plan_t *plan,
                                         const ecm_feat_step_t *step,
                                         ecm_feat_need_t *need) {
    uint32_t i;
    ECM_REQUIRE(ecm_feat_rows_within(step, ECM_FEAT_HISTOGRAM_ENTROPY,
                                     ECM_FEAT_HISTOGRAM_ENTROPY),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].n >= 2U && step->rows[i].n <= plan->window_len,
                    ECM_ERR_ARG);
    }
    need->work_len = ECM_FEAT_RANK_WORK_LEN(plan->window_len);
    return ECM_OK;
}

static ecm_status_t feat_histogram_run(const ecm_feat_step_t *step,
                                       const ecm_feat_frame_t *frame, float *out) {
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        out[i] = 0.0f; /* of a range that is not finite there is none */
        (void)ecm_rank_entropy_f32(frame->x, frame->plan->window_len, step->rows[i].n,
                                   (uint32_t *)feat_words(frame), &out[i]);
    }
    return ECM_OK;
}

const ecm_feat_kind_t ecm_feat_kind_histogram = {feat_histogram_check,
                                                 feat_histogram_run};
