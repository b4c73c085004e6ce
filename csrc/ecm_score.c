/* ecm_score.c - see ecm_score.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_score.h"
#include "ecm_math.h"

ecm_status_t ecm_score_init(ecm_score_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static bool score_cfg_ok(const ecm_score_cfg_t *cfg) {
    return cfg->order <= ECM_SCORE_ORDER_MAX &&
           (cfg->edges_len == 0U || (cfg->edges != NULL && cfg->scores != NULL));
}

/* Edges below e; the search halves without a branch on the comparison. */
static float score_of(const ecm_score_cfg_t *cfg, float e) {
    const float *edge = cfg->edges;
    uint32_t len = cfg->edges_len, below;
    while (len > 1U) {
        uint32_t half = len / 2U;
        edge = edge[half - 1U] < e ? edge + half : edge;
        len -= half;
    }
    below = (uint32_t)(edge - cfg->edges) + (*edge < e ? 1U : 0U);
    if (below < cfg->edges_len && cfg->edges[below] == e) {
        return cfg->scores[2U * below + 1U];
    }
    return cfg->scores[2U * below];
}

static bool score_step(ecm_score_t *st, const ecm_score_cfg_t *cfg, float x, float *z) {
    float centred = (x - cfg->center) * cfg->scale, foretold = 0.0f, left;
    uint32_t i, order = cfg->order;
    bool known = st->n >= order;
    for (i = 0; i < order; i++) {
        foretold = foretold + cfg->phi[i] * st->last[i];
    }
    left = centred - foretold;
    for (i = order; i > 1U; i--) {
        st->last[i - 1U] = st->last[i - 2U];
    }
    if (order > 0U) {
        st->last[0] = centred;
    }
    st->n = st->n < ECM_SCORE_ORDER_MAX ? st->n + 1U : st->n;
    if (known) {
        *z = cfg->edges_len == 0U ? left : score_of(cfg, left);
    }
    return known;
}

ecm_status_t ecm_score_update_f32(ecm_score_t *st, const ecm_score_cfg_t *cfg, float x,
                                  float *z) {
    ECM_REQUIRE(st != NULL && cfg != NULL && z != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(score_cfg_ok(cfg) && ecm_math_isfinite_f32(x), ECM_ERR_ARG);
    return score_step(st, cfg, x, z) ? ECM_OK : ECM_MORE;
}

ecm_status_t ecm_score_update_many_f32(ecm_score_t *st, const ecm_score_cfg_t *cfg,
                                       const float *x, uint32_t x_len, float *z,
                                       uint32_t *z_len) {
    uint32_t i, count = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && z_len != NULL, ECM_ERR_NULL);
    ECM_REQUIRE((x != NULL && z != NULL) || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(score_cfg_ok(cfg), ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        ECM_REQUIRE(ecm_math_isfinite_f32(x[i]), ECM_ERR_ARG);
    }
    for (i = 0; i < x_len; i++) {
        count += score_step(st, cfg, x[i], z + count) ? 1U : 0U;
    }
    *z_len = count;
    return ECM_OK;
}
