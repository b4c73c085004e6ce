/* ecm_tsa.c - see ecm_tsa.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_tsa.h"

ecm_status_t ecm_tsa_init(ecm_tsa_t *st, const ecm_tsa_cfg_t *cfg, float *mean) {
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && mean != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->per_turn >= 1U && cfg->weight >= 0.0f && cfg->weight <= 1.0f,
                ECM_ERR_ARG);
    for (i = 0; i < cfg->per_turn; i++) {
        mean[i] = 0.0f;
    }
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* n samples of one turn. */
static void tsa_part(float *mean, const float *x, uint32_t n, float share) {
    for (; n > 0U; n--) {
        float at = *mean;
        *mean++ = at + (*x++ - at) * share;
    }
}

ecm_status_t ecm_tsa_update_f32(ecm_tsa_t *st, const ecm_tsa_cfg_t *cfg, float *mean,
                                const float *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && mean != NULL && (x != NULL || x_len == 0U),
                ECM_ERR_NULL);
    while (x_len > 0U) {
        uint32_t room = cfg->per_turn - st->at, n = x_len < room ? x_len : room;
        if (st->at == 0U) {
            st->turns += st->turns < UINT32_MAX ? 1U : 0U;
            st->share = 1.0f / (float)st->turns;
            st->share = st->share > cfg->weight ? st->share : cfg->weight;
        }
        tsa_part(mean + st->at, x, n, st->share);
        st->at = n == room ? 0U : st->at + n;
        x += n;
        x_len -= n;
    }
    return ECM_OK;
}

ecm_status_t ecm_tsa_residual_f32(const ecm_tsa_cfg_t *cfg, const float *mean,
                                  uint32_t at, const float *x, uint32_t x_len,
                                  float *out) {
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && mean != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(at < cfg->per_turn, ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        out[i] = x[i] - mean[at];
        at = at + 1U == cfg->per_turn ? 0U : at + 1U;
    }
    return ECM_OK;
}
