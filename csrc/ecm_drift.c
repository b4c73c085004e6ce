/* ecm_drift.c - see ecm_drift.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift.h"

ecm_status_t ecm_drift_cusum_init(ecm_drift_cusum_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* One side: add, hold at zero, count the values since zero. */
static void drift_accumulate(float *sum, uint32_t *since, float z, float k) {
    *sum = *sum + (z - k);
    if (*sum > 0.0f) {
        (*since)++;
    } else {
        *sum = 0.0f;
        *since = 0;
    }
}

ecm_status_t ecm_drift_cusum_update_f32(ecm_drift_cusum_t *st,
                                        const ecm_drift_cusum_cfg_t *cfg, float z,
                                        uint32_t *alarm, uint32_t *since) {
    uint32_t side = ECM_DRIFT_NONE;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->k >= 0.0f && cfg->h > 0.0f && z == z, ECM_ERR_ARG);
    if (st->up > cfg->h || st->down > cfg->h) { /* the last value raised an alarm */
        st->up = st->down = 0.0f;
        st->up_since = st->down_since = 0;
    }
    drift_accumulate(&st->up, &st->up_since, z, cfg->k);
    drift_accumulate(&st->down, &st->down_since, -z, cfg->k);
    st->n++;
    if (st->up > cfg->h) {
        side = ECM_DRIFT_UP;
    } else if (st->down > cfg->h) {
        side = ECM_DRIFT_DOWN;
    }
    if (side != ECM_DRIFT_NONE) {
        st->alarms_n++;
    }
    *alarm = side;
    if (since != NULL) {
        *since = side == ECM_DRIFT_UP     ? st->up_since
                 : side == ECM_DRIFT_DOWN ? st->down_since
                                          : 0U;
    }
    return ECM_OK;
}

float ecm_drift_cusum_ratio_f32(const ecm_drift_cusum_t *st,
                                const ecm_drift_cusum_cfg_t *cfg) {
    if (st == NULL || cfg == NULL) {
        return 0.0f;
    }
    return (st->up > st->down ? st->up : st->down) / cfg->h;
}
