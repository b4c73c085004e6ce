/* ecm_error.c - see ecm_error.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_error.h"
#include "ecm_math.h"

static bool error_is_loss(float x) {
    return x == 0.0f || x == 1.0f;
}

/* ---- DDM ------------------------------------------------------------------------- */

ecm_status_t ecm_error_ddm_init(ecm_error_ddm_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    st->low_sd = -1.0f;
    return ECM_OK;
}

static ecm_status_t error_ddm_check(const void *state, const void *settings) {
    const ecm_error_ddm_t *st = (const ecm_error_ddm_t *)state;
    const ecm_error_ddm_cfg_t *cfg = (const ecm_error_ddm_cfg_t *)settings;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->warning > 0.0f && cfg->drift > 0.0f, ECM_ERR_ARG);
    ECM_REQUIRE(st == NULL || (st->rate >= 0.0f && st->rate <= 1.0f &&
                               st->low_rate >= 0.0f && st->low_sd >= -1.0f),
                ECM_ERR_STATE);
    return ECM_OK;
}

/* The rate and its standard deviation together. */
static float error_ddm_level(const ecm_error_ddm_t *st, float *sd) {
    float variance = st->rate * (1.0f - st->rate) / (float)st->n;
    *sd = ecm_math_sqrt_f32(variance > 0.0f ? variance : 0.0f);
    return st->rate + *sd;
}

static uint32_t error_ddm_alarm(const ecm_error_ddm_t *st,
                                const ecm_error_ddm_cfg_t *cfg) {
    float sd, level;
    if (st->low_sd < 0.0f || st->n == 0U) {
        return ECM_DRIFT_NONE;
    }
    level = error_ddm_level(st, &sd);
    if (level > st->low_rate + cfg->drift * st->low_sd) {
        return ECM_DRIFT_UP;
    }
    return level > st->low_rate + cfg->warning * st->low_sd ? ECM_DRIFT_WARNING
                                                            : ECM_DRIFT_NONE;
}

ecm_status_t ecm_error_ddm_update_f32(ecm_error_ddm_t *st,
                                      const ecm_error_ddm_cfg_t *cfg, float x,
                                      uint32_t *alarm, uint32_t *since) {
    float sd, level;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(error_ddm_check(NULL, cfg) == ECM_OK && error_is_loss(x), ECM_ERR_ARG);
    if (error_ddm_alarm(st, cfg) == ECM_DRIFT_UP) {
        uint32_t alarms_n = st->alarms_n;
        (void)ecm_error_ddm_init(st);
        st->alarms_n = alarms_n;
    }
    st->n = st->n == UINT32_MAX ? st->n : st->n + 1U;
    st->rate = st->rate + (x - st->rate) / (float)st->n;
    st->since++;
    level = error_ddm_level(st, &sd);
    if (st->n > cfg->warm_n &&
        (st->low_sd < 0.0f || level <= st->low_rate + st->low_sd)) {
        st->low_rate = st->rate;
        st->low_sd = sd;
        st->since = 0;
    }
    *alarm = error_ddm_alarm(st, cfg);
    st->alarms_n += *alarm == ECM_DRIFT_UP ? 1U : 0U;
    if (since != NULL) {
        *since = *alarm == ECM_DRIFT_UP ? st->since : 0U;
    }
    return ECM_OK;
}

static ecm_status_t error_ddm_init(void *st, const void *cfg) {
    ecm_status_t status = error_ddm_check(NULL, cfg);
    return status < 0 ? status : ecm_error_ddm_init((ecm_error_ddm_t *)st);
}

static ecm_status_t error_ddm_update(void *st, const void *cfg, float x,
                                     uint32_t *alarm, uint32_t *since) {
    return ecm_error_ddm_update_f32((ecm_error_ddm_t *)st,
                                    (const ecm_error_ddm_cfg_t *)cfg, x, alarm, since);
}

/* How far above the lowest level, of the way to the limit. */
static float error_ddm_ratio(const void *state, const void *settings) {
    const ecm_error_ddm_t *st = (const ecm_error_ddm_t *)state;
    const ecm_error_ddm_cfg_t *cfg = (const ecm_error_ddm_cfg_t *)settings;
    float sd, above;
    if (st->low_sd < 0.0f || st->n == 0U) {
        return 0.0f;
    }
    above = error_ddm_level(st, &sd) - st->low_rate;
    if (!(above > 0.0f)) {
        return 0.0f;
    }
    return st->low_sd > 0.0f ? above / (cfg->drift * st->low_sd) : 2.0f;
}

const ecm_drift_kind_t ecm_error_ddm_kind = {error_ddm_check,
                                             error_ddm_init,
                                             error_ddm_update,
                                             NULL,
                                             error_ddm_ratio,
                                             sizeof(ecm_error_ddm_t),
                                             NULL};

/* ---- EDDM ------------------------------------------------------------------------ */

ecm_status_t ecm_error_eddm_init(ecm_error_eddm_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static ecm_status_t error_eddm_check(const void *state, const void *settings) {
    const ecm_error_eddm_t *st = (const ecm_error_eddm_t *)state;
    const ecm_error_eddm_cfg_t *cfg = (const ecm_error_eddm_cfg_t *)settings;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->warning <= 1.0f && cfg->drift > 0.0f && cfg->drift <= cfg->warning,
                ECM_ERR_ARG);
    ECM_REQUIRE(st == NULL ||
                    (st->mean >= 0.0f && st->squares >= 0.0f && st->longest >= 0.0f &&
                     st->last <= st->n && st->errors_n <= st->n),
                ECM_ERR_STATE);
    return ECM_OK;
}

/* The mean distance and two standard deviations. */
static float error_eddm_level(const ecm_error_eddm_t *st) {
    float variance =
        st->errors_n > 1U ? st->squares / (float)(st->errors_n - 1U) : 0.0f;
    return st->mean + 2.0f * ecm_math_sqrt_f32(variance);
}

/* What the last value told; only an error tells anything, unless it set a record. */
static uint32_t error_eddm_alarm(const ecm_error_eddm_t *st,
                                 const ecm_error_eddm_cfg_t *cfg) {
    float level;
    if (st->last != st->n || st->since == 0U || st->errors_n <= cfg->warm_n ||
        st->n <= cfg->warm_n) {
        return ECM_DRIFT_NONE;
    }
    level = error_eddm_level(st);
    if (level < cfg->drift * st->longest) {
        return ECM_DRIFT_UP;
    }
    return level < cfg->warning * st->longest ? ECM_DRIFT_WARNING : ECM_DRIFT_NONE;
}

ecm_status_t ecm_error_eddm_update_f32(ecm_error_eddm_t *st,
                                       const ecm_error_eddm_cfg_t *cfg, float x,
                                       uint32_t *alarm, uint32_t *since) {
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(error_eddm_check(NULL, cfg) == ECM_OK && error_is_loss(x), ECM_ERR_ARG);
    if (error_eddm_alarm(st, cfg) == ECM_DRIFT_UP) {
        uint32_t alarms_n = st->alarms_n;
        memset(st, 0, sizeof *st);
        st->alarms_n = alarms_n;
    }
    st->n = st->n == UINT32_MAX ? st->n : st->n + 1U;
    st->since++;
    if (x == 1.0f) {
        float distance = (float)(st->n - st->last), d = distance - st->mean, level;
        st->errors_n++;
        st->mean = st->mean + d / (float)st->errors_n;
        st->squares = st->squares + d * (distance - st->mean);
        st->last = st->n;
        level = error_eddm_level(st);
        if (st->n > cfg->warm_n && level > st->longest) {
            st->longest = level;
            st->since = 0;
        }
    }
    *alarm = error_eddm_alarm(st, cfg);
    st->alarms_n += *alarm == ECM_DRIFT_UP ? 1U : 0U;
    if (since != NULL) {
        *since = *alarm == ECM_DRIFT_UP ? st->since : 0U;
    }
    return ECM_OK;
}

static ecm_status_t error_eddm_init(void *st, const void *cfg) {
    ecm_status_t status = error_eddm_check(NULL, cfg);
    return status < 0 ? status : ecm_error_eddm_init((ecm_error_eddm_t *)st);
}

static ecm_status_t error_eddm_update(void *st, const void *cfg, float x,
                                      uint32_t *alarm, uint32_t *since) {
    return ecm_error_eddm_update_f32(
        (ecm_error_eddm_t *)st, (const ecm_error_eddm_cfg_t *)cfg, x, alarm, since);
}

/* The share that is missing of the longest distance, of the share that may. */
static float error_eddm_ratio(const void *state, const void *settings) {
    const ecm_error_eddm_t *st = (const ecm_error_eddm_t *)state;
    const ecm_error_eddm_cfg_t *cfg = (const ecm_error_eddm_cfg_t *)settings;
    float missing;
    if (st->errors_n <= cfg->warm_n || !(st->longest > 0.0f)) {
        return 0.0f;
    }
    missing = 1.0f - error_eddm_level(st) / st->longest;
    return missing > 0.0f ? missing / (1.0f - cfg->drift) : 0.0f;
}

const ecm_drift_kind_t ecm_error_eddm_kind = {error_eddm_check,
                                              error_eddm_init,
                                              error_eddm_update,
                                              NULL,
                                              error_eddm_ratio,
                                              sizeof(ecm_error_eddm_t),
                                              NULL};
