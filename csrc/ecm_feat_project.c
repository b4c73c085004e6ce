/* ecm_feat_project.c - see ecm_feat_project.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_project.h"

static ecm_status_t feat_project_check(const ecm_feat_plan_t *plan,
                                       const ecm_feat_step_t *step,
                                       ecm_feat_need_t *need) {
    const ecm_project_t *map = (const ecm_project_t *)step->cfg;
    uint32_t i;
    (void)need;
    ECM_REQUIRE(map != NULL && map->mean != NULL && map->components != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(map->features_len >= 1U && step->rows_len >= 1U, ECM_ERR_LENGTH);
    ECM_REQUIRE(map->components_len == step->rows_len, ECM_ERR_LENGTH);
    ECM_REQUIRE(map->features_len <= ecm_feat_rows_before(plan, step), ECM_ERR_LENGTH);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].id == ECM_FEAT_COMPONENT && step->rows[i].n == i,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_project_run(const ecm_feat_step_t *step,
                                     const ecm_feat_frame_t *frame, float *out) {
    const ecm_project_t *map = (const ecm_project_t *)step->cfg;
    return ecm_project_f32(map, out - ecm_feat_rows_before(frame->plan, step), out);
}

const ecm_feat_kind_t ecm_feat_kind_project = {feat_project_check, feat_project_run};
