/* ecm_run.c - see ecm_run.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_run.h"
#include "ecm_math.h"

static bool run_is_limit(float x) {
    return x >= 0.0f && ecm_math_isfinite_f32(x);
}

ecm_status_t ecm_run_init(ecm_run_t *st, const ecm_run_cfg_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(run_is_limit(cfg->off_below) && run_is_limit(cfg->change_most),
                ECM_ERR_ARG);
    st->state = ECM_RUN_OFF;
    st->left = 0;
    st->last = 0.0f;
    return ECM_OK;
}

ecm_status_t ecm_run_update_f32(ecm_run_t *st, const ecm_run_cfg_t *cfg, float x,
                                uint32_t *state) {
    float change;
    ECM_REQUIRE(st != NULL && cfg != NULL && state != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ecm_math_isfinite_f32(x), ECM_ERR_ARG);
    change = x > st->last ? x - st->last : st->last - x;
    if (x < cfg->off_below) {
        st->state = ECM_RUN_OFF;
    } else if (st->state == ECM_RUN_OFF || change > cfg->change_most) {
        st->state = ECM_RUN_TRANSIENT;
        st->left = cfg->settle_len;
    } else if (st->left > 0U) {
        st->state = ECM_RUN_TRANSIENT;
        st->left--;
    } else {
        st->state = ECM_RUN_STEADY;
    }
    st->last = x;
    *state = st->state;
    return ECM_OK;
}
