/* ecm_regime.c - see ecm_regime.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_regime.h"
#include "ecm_math.h"

ecm_status_t ecm_regime_init(ecm_regime_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    st->regime = st->candidate = ECM_REGIME_NONE;
    st->run = 0;
    return ECM_OK;
}

uint32_t ecm_regime_count(const ecm_regime_cfg_t *cfg) {
    if (cfg == NULL) {
        return 0;
    }
    if (cfg->model != NULL) {
        return cfg->model->clusters_len;
    }
    return ((uint32_t)cfg->edges_len[0] + 1U) * ((uint32_t)cfg->edges_len[1] + 1U);
}

/* Edges below a value, by halving. */
static uint32_t regime_bin(const float *edges, uint32_t len, float x) {
    uint32_t low = 0, high = len;
    while (low < high) {
        uint32_t middle = (low + high) / 2U;
        if (edges[middle] < x) {
            low = middle + 1U;
        } else {
            high = middle;
        }
    }
    return low;
}

static ecm_status_t regime_of(const ecm_regime_cfg_t *cfg, const float *x,
                              uint32_t *found) {
    uint32_t c, i;
    if (cfg->model != NULL) {
        float distance = 0.0f;
        ecm_status_t status;
        for (i = 0; i < cfg->model->features_len; i++) {
            ECM_REQUIRE(ecm_math_isfinite_f32(x[i]), ECM_ERR_ARG);
        }
        status = ecm_kmeans_distance_f32(cfg->model, x, &distance, found);
        *found = distance <= cfg->far ? *found : ECM_REGIME_NONE;
        return status;
    }
    *found = 0;
    for (c = 0; c < 2U; c++) {
        ECM_REQUIRE(cfg->edges[c] != NULL || cfg->edges_len[c] == 0U, ECM_ERR_NULL);
        ECM_REQUIRE(cfg->edges_len[c] == 0U || ecm_math_isfinite_f32(x[c]),
                    ECM_ERR_ARG);
        *found *= (uint32_t)cfg->edges_len[c] + 1U;
        if (cfg->edges_len[c] > 0U) {
            *found += regime_bin(cfg->edges[c], cfg->edges_len[c], x[c]);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_regime_update_f32(ecm_regime_t *st, const ecm_regime_cfg_t *cfg,
                                   const float *x, uint32_t *regime) {
    uint32_t found = ECM_REGIME_NONE;
    ecm_status_t status;
    ECM_REQUIRE(st != NULL && cfg != NULL && x != NULL && regime != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->dwell >= 1U, ECM_ERR_ARG);
    status = regime_of(cfg, x, &found);
    ECM_REQUIRE(status == ECM_OK, status);
    if (found != st->candidate) {
        st->candidate = found;
        st->run = 0;
    }
    st->run = st->run == UINT32_MAX ? st->run : st->run + 1U;
    st->regime = st->run >= cfg->dwell ? found : ECM_REGIME_NONE;
    *regime = st->regime;
    return ECM_OK;
}
