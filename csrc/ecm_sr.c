/* ecm_sr.c - see ecm_sr.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sr.h"
#include "ecm_math.h"

#define SR_LIMIT_MAX 0x1p100f

ecm_status_t ecm_sr_init(ecm_sr_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static ecm_status_t sr_check(const void *state, const void *settings) {
    const ecm_sr_t *st = (const ecm_sr_t *)state;
    const ecm_sr_cfg_t *cfg = (const ecm_sr_cfg_t *)settings;
    uint32_t k;
    ECM_REQUIRE(cfg != NULL && cfg->alternatives != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->alternatives_len >= 1U &&
                    cfg->alternatives_len <= ECM_SR_ALTERNATIVES_MAX &&
                    cfg->limit > 1.0f && cfg->limit <= SR_LIMIT_MAX,
                ECM_ERR_ARG);
    for (k = 0; k < ECM_SR_ALTERNATIVES_MAX && st != NULL; k++) {
        ECM_REQUIRE(st->r[k] >= 0.0f, ECM_ERR_STATE);
    }
    ECM_REQUIRE(st == NULL || st->mixture >= 0.0f, ECM_ERR_STATE);
    return ECM_OK;
}

/* Which alternative has the largest share of the mixture? */
static uint32_t sr_largest(const ecm_sr_t *st, const ecm_sr_cfg_t *cfg) {
    uint32_t k, best = 0;
    float most = -1.0f;
    for (k = 0; k < cfg->alternatives_len; k++) {
        float share = cfg->alternatives[k].weight * st->r[k];
        best = share > most ? k : best;
        most = share > most ? share : most;
    }
    return best;
}

static bool sr_alarm(const ecm_sr_t *st, const ecm_sr_cfg_t *cfg) {
    return st->mixture > cfg->limit;
}

/* A ratio that is not a number comes from 0 times infinity only: no evidence. */
static void sr_step(ecm_sr_t *st, const ecm_sr_cfg_t *cfg, float z) {
    float sum = 0.0f;
    uint32_t k;
    if (sr_alarm(st, cfg)) {
        memset(st->r, 0, sizeof st->r);
        st->mixture = 0.0f;
        st->half = 0;
    }
    for (k = 0; k < cfg->alternatives_len; k++) {
        const ecm_sr_alternative_t *alt = cfg->alternatives + k;
        float r =
            (1.0f + st->r[k]) * ecm_math_exp_f32(alt->a + z * (alt->b + alt->c * z));
        st->r[k] = r >= 0.0f ? r : 0.0f;
        sum = sum + alt->weight * st->r[k];
    }
    st->mixture = sum;
    st->n++;
    st->half = sum * sum > cfg->limit ? st->half + 1U : 0U;
}

ecm_status_t ecm_sr_update_f32(ecm_sr_t *st, const ecm_sr_cfg_t *cfg, float z,
                               uint32_t *alarm, uint32_t *since) {
    uint32_t start = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(sr_check(NULL, cfg) == ECM_OK && ecm_math_isfinite_f32(z), ECM_ERR_ARG);
    sr_step(st, cfg, z);
    *alarm = ECM_DRIFT_NONE;
    if (sr_alarm(st, cfg)) {
        *alarm = cfg->alternatives[sr_largest(st, cfg)].what;
        start = 2U * st->half;
        st->alarms_n++;
    }
    if (since != NULL) {
        *since = start;
    }
    return ECM_OK;
}

static ecm_status_t sr_init(void *st, const void *cfg) {
    ecm_status_t status = sr_check(NULL, cfg);
    return status < 0 ? status : ecm_sr_init((ecm_sr_t *)st);
}

static ecm_status_t sr_update(void *st, const void *cfg, float x, uint32_t *alarm,
                              uint32_t *since) {
    return ecm_sr_update_f32((ecm_sr_t *)st, (const ecm_sr_cfg_t *)cfg, x, alarm,
                             since);
}

/* Logarithms, as the statistic grows by factors; 0 while the mixture is below 1. */
static float sr_ratio(const void *state, const void *settings) {
    const ecm_sr_t *st = (const ecm_sr_t *)state;
    const ecm_sr_cfg_t *cfg = (const ecm_sr_cfg_t *)settings;
    return st->mixture > 1.0f
               ? ecm_math_log_f32(st->mixture) / ecm_math_log_f32(cfg->limit)
               : 0.0f;
}

static uint32_t sr_lean(const void *state, const void *settings, uint32_t *since) {
    const ecm_sr_t *st = (const ecm_sr_t *)state;
    const ecm_sr_cfg_t *cfg = (const ecm_sr_cfg_t *)settings;
    *since = 2U * st->half;
    return cfg->alternatives[sr_largest(st, cfg)].what;
}

const ecm_drift_kind_t ecm_sr_kind = {sr_check, sr_init,          sr_update, NULL,
                                      sr_ratio, sizeof(ecm_sr_t), sr_lean};
