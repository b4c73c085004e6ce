/* ecm_health.c - see ecm_health.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_health.h"

#include "ecm_math.h"

ecm_status_t ecm_health_init(ecm_health_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* Count a sample into the run of equal ones; true while the run is suspect. */
static bool health_count(ecm_health_t *st, const ecm_health_cfg_t *cfg, bool same) {
    if (st->run == 0U || !same) {
        st->run = 1;
        return false; /* stuck_len is at least 2 */
    }
    if (st->run < UINT32_MAX) {
        st->run++;
        st->stuck_n += st->run == cfg->stuck_len ? 1U : 0U;
    }
    return st->run >= cfg->stuck_len;
}

ecm_status_t ecm_health_update_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const float *x, uint32_t x_len, uint32_t *verdict) {
    uint32_t i, bits = 0, clipped = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && verdict != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->range > 0.0f && cfg->stuck_len >= 2U, ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        if (!ecm_math_isfinite_f32(x[i])) {
            st->nonfinite_n++;
            bits |= ECM_HEALTH_NONFINITE;
            continue;
        }
        if (x[i] >= cfg->range || x[i] <= -cfg->range) {
            clipped++;
        }
        if (health_count(st, cfg, x[i] == st->last)) {
            bits |= ECM_HEALTH_STUCK;
        }
        if (st->run == 1U) {
            st->last = x[i];
        }
    }
    st->clipped_n += clipped;
    if (clipped > cfg->clip_count) {
        bits |= ECM_HEALTH_CLIPPED;
    }
    *verdict = bits;
    return ECM_OK;
}

ecm_status_t ecm_health_update_s16(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const int16_t *x, uint32_t x_len,
                                   uint32_t *verdict) {
    uint32_t i, bits = 0, clipped = 0;
    int32_t last;
    ECM_REQUIRE(st != NULL && cfg != NULL && verdict != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->stuck_len >= 2U, ECM_ERR_ARG);
    last = ecm_math_round_s32_f32(st->last, INT16_MIN, INT16_MAX);
    for (i = 0; i < x_len; i++) {
        if (x[i] == INT16_MAX || x[i] == INT16_MIN) {
            clipped++;
        }
        if (health_count(st, cfg, x[i] == last)) {
            bits |= ECM_HEALTH_STUCK;
        }
        last = x[i];
    }
    st->last = (float)last;
    st->clipped_n += clipped;
    if (clipped > cfg->clip_count) {
        bits |= ECM_HEALTH_CLIPPED;
    }
    *verdict = bits;
    return ECM_OK;
}

ecm_status_t ecm_health_gap(ecm_health_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    st->missing_n++;
    st->run = 0;
    return ECM_OK;
}
