/* ecm_level.c - see ecm_level.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_level.h"

#include "ecm_math.h"

/* Limits below x, from the first on. */
static uint32_t level_above(const float *limits, uint32_t limits_len, float x) {
    uint32_t zone = 0;
    while (zone < limits_len && x > limits[zone]) {
        zone++;
    }
    return zone;
}

ecm_status_t ecm_level_zone_f32(const float *limits, uint32_t limits_len, float x,
                                uint32_t *zone) {
    ECM_REQUIRE(limits != NULL && zone != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(limits_len >= 1U && limits_len <= (uint32_t)ECM_LEVEL_LIMITS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(x == x, ECM_ERR_ARG);
    *zone = level_above(limits, limits_len, x);
    return ECM_OK;
}

static const float *level_release(const ecm_level_cfg_t *cfg) {
    return cfg->release != NULL ? cfg->release : cfg->limits;
}

ecm_status_t ecm_level_init_f32(ecm_level_t *st, const ecm_level_cfg_t *cfg) {
    const float *limits, *release;
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && cfg->limits != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->limits_len >= 1U &&
                    cfg->limits_len <= (uint32_t)ECM_LEVEL_LIMITS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->hold_up >= 1U && cfg->hold_down >= 1U, ECM_ERR_ARG);
    limits = cfg->limits;
    release = level_release(cfg);
    for (i = 0; i < cfg->limits_len; i++) {
        ECM_REQUIRE(ecm_math_isfinite_f32(limits[i]) &&
                        ecm_math_isfinite_f32(release[i]) && release[i] <= limits[i],
                    ECM_ERR_ARG);
        ECM_REQUIRE(i == 0U ||
                        (limits[i - 1U] < limits[i] && release[i - 1U] <= release[i]),
                    ECM_ERR_ARG);
    }
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_level_update_f32(ecm_level_t *st, const ecm_level_cfg_t *cfg, float x,
                                  uint32_t *zone) {
    uint32_t up, down, at, hold;
    ECM_REQUIRE(st != NULL && cfg != NULL && zone != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x == x, ECM_ERR_ARG);
    up = level_above(cfg->limits, cfg->limits_len, x);
    down = level_above(level_release(cfg), cfg->limits_len, x); /* not below up */
    at = up > st->zone ? up : (down < st->zone ? down : st->zone);
    if (at == st->zone) {
        st->run = 0;
        st->toward = st->zone;
    } else {
        bool rises = at > st->zone;
        if (st->toward == st->zone || rises != (st->toward > st->zone)) {
            st->run = 0; /* the first that points this way */
            st->toward = at;
        }
        st->toward = (at < st->toward) == rises ? at : st->toward;
        hold = rises ? cfg->hold_up : cfg->hold_down;
        st->run++;
        if (st->run >= hold) {
            st->zone = st->toward;
            st->run = 0;
        }
    }
    *zone = st->zone;
    return ECM_OK;
}
