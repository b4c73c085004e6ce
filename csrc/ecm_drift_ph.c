/* ecm_drift_ph.c - see ecm_drift_ph.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_ph.h"
#include "ecm_math.h"

ecm_status_t ecm_drift_ph_init(ecm_drift_ph_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

static ecm_status_t ph_check(const void *state, const void *settings) {
    const ecm_drift_ph_t *st = (const ecm_drift_ph_t *)state;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->delta >= 0.0f && cfg->threshold > 0.0f && cfg->leak >= 0.0f &&
                    cfg->leak <= 1.0f && cfg->sides >= ECM_DRIFT_PH_UP &&
                    cfg->sides <= ECM_DRIFT_PH_BOTH && cfg->known <= 1U,
                ECM_ERR_ARG);
    if (st != NULL) {
        ECM_REQUIRE(ecm_math_isfinite_f32(st->mean) &&
                        ecm_math_isfinite_f32(st->up_least) &&
                        ecm_math_isfinite_f32(st->down_least) && st->up >= 0.0f &&
                        st->down >= 0.0f,
                    ECM_ERR_STATE);
    }
    return ECM_OK;
}

/* One side: add a deviation; a new minimum makes the excess zero. */
static void ph_add(float *excess, float *least, float zero, float leak, float d) {
    float next = (1.0f - leak) * *excess + (d - leak * *least);
    *least = *least + (next < zero ? next : zero);
    *excess = next > zero ? next : zero;
}

static void ph_step(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg, float x) {
    float d = x;
    st->n = st->n == UINT32_MAX ? st->n : st->n + 1U;
    if (cfg->known == 0U) {
        float weight = 1.0f / (float)st->n;
        st->mean = st->mean + (x - st->mean) * weight;
        d = x - st->mean;
    }
    ph_add(&st->up, &st->up_least, 0.0f, cfg->leak, d - cfg->delta);
    ph_add(&st->down, &st->down_least, 0.0f, cfg->leak, -d - cfg->delta);
    st->up_since = st->up > 0.0f ? st->up_since + 1U : 0U;
    st->down_since = st->down > 0.0f ? st->down_since + 1U : 0U;
}

static uint32_t ph_alarm(const ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg) {
    if (st->n < cfg->min_n) {
        return ECM_DRIFT_NONE;
    }
    if ((cfg->sides & ECM_DRIFT_PH_UP) != 0U && st->up > cfg->threshold) {
        return ECM_DRIFT_UP;
    }
    if ((cfg->sides & ECM_DRIFT_PH_DOWN) != 0U && st->down > cfg->threshold) {
        return ECM_DRIFT_DOWN;
    }
    return ECM_DRIFT_NONE;
}

/* Start again if the last value raised an alarm. */
static void ph_restart(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg) {
    if (ph_alarm(st, cfg) != ECM_DRIFT_NONE) {
        uint32_t alarms_n = st->alarms_n;
        memset(st, 0, sizeof *st);
        st->alarms_n = alarms_n;
    }
}

ecm_status_t ecm_drift_ph_update_f32(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg,
                                     float x, uint32_t *alarm, uint32_t *since) {
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ph_check(NULL, cfg) == ECM_OK && x - x == 0.0f, ECM_ERR_ARG);
    ph_restart(st, cfg);
    ph_step(st, cfg, x);
    *alarm = ph_alarm(st, cfg);
    st->alarms_n += *alarm != ECM_DRIFT_NONE ? 1U : 0U;
    if (since != NULL) {
        *since = *alarm == ECM_DRIFT_UP     ? st->up_since
                 : *alarm == ECM_DRIFT_DOWN ? st->down_since
                                            : 0U;
    }
    return ECM_OK;
}

static ecm_status_t ph_init(void *st, const void *cfg) {
    ecm_status_t status = ph_check(NULL, cfg);
    return status < 0 ? status : ecm_drift_ph_init((ecm_drift_ph_t *)st);
}

static ecm_status_t ph_update(void *st, const void *cfg, float x, uint32_t *alarm,
                              uint32_t *since) {
    return ecm_drift_ph_update_f32((ecm_drift_ph_t *)st,
                                   (const ecm_drift_ph_cfg_t *)cfg, x, alarm, since);
}

/* One more value since the sum was zero: by the bits of a sum >= 0, without a branch.
 */
static uint32_t ph_count(uint32_t since, float sum) {
    uint32_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return (since + 1U) & (0U - ((0U - bits) >> 31));
}

/* Of the sides that are looked at. */
static float ph_larger(const ecm_drift_ph_cfg_t *cfg, float up, float down) {
    up = (cfg->sides & ECM_DRIFT_PH_UP) != 0U ? up : 0.0f;
    down = (cfg->sides & ECM_DRIFT_PH_DOWN) != 0U ? down : 0.0f;
    return up > down ? up : down;
}

static bool ph_skip(void *state, const void *settings, const float *x, uint32_t x_len) {
    ecm_drift_ph_t *st = (ecm_drift_ph_t *)state, s = *st;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    float leak = cfg->leak, peak_up = 0.0f, peak_down = 0.0f, d;
    volatile float nothing = 0.0f; /* a constant would make maxima into branches */
    const float zero = nothing;
    uint32_t i;
    ph_restart(&s, cfg);
    if (s.n < cfg->min_n || s.n > UINT32_MAX - x_len) {
        return false;
    }
    for (i = 0; i < x_len; i++) {
        d = x[i];
        if (cfg->known == 0U) {
            s.mean = s.mean + (x[i] - s.mean) * (1.0f / (float)(s.n + 1U + i));
            d = x[i] - s.mean;
        }
        ph_add(&s.up, &s.up_least, zero, leak, d - cfg->delta);
        ph_add(&s.down, &s.down_least, zero, leak, -d - cfg->delta);
        s.up_since = ph_count(s.up_since, s.up);
        s.down_since = ph_count(s.down_since, s.down);
        peak_up = s.up > peak_up ? s.up : peak_up;
        peak_down = s.down > peak_down ? s.down : peak_down;
    }
    if (ph_larger(cfg, peak_up, peak_down) > cfg->threshold) {
        return false;
    }
    s.n += x_len;
    *st = s;
    return true;
}

static float ph_ratio(const void *state, const void *settings) {
    const ecm_drift_ph_t *st = (const ecm_drift_ph_t *)state;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    return ph_larger(cfg, st->up, st->down) / cfg->threshold;
}

const ecm_drift_kind_t ecm_drift_ph_kind = {ph_check, ph_init,  ph_update,
                                            ph_skip,  ph_ratio, sizeof(ecm_drift_ph_t)};
