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

/* One side: add a deviation; a new minimum makes the excess zero. A minimum matters
 * only to a sum that leaks, and stays 0 otherwise. */
static void ph_add(float *excess, float *least, float leak, float d) {
    if (leak > 0.0f) {
        float next = (1.0f - leak) * *excess + (d - leak * *least);
        *excess = next > 0.0f ? next : 0.0f;
        *least = *least + (next - *excess);
    } else {
        float next = *excess + d;
        *excess = next > 0.0f ? next : 0.0f;
    }
}

static void ph_step(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg, float x) {
    float d = x;
    st->n = st->n == UINT32_MAX ? st->n : st->n + 1U;
    if (cfg->known == 0U) {
        float weight = 1.0f / (float)st->n;
        st->mean = st->mean + (x - st->mean) * weight;
        d = x - st->mean;
    }
    ph_add(&st->up, &st->up_least, cfg->leak, d - cfg->delta);
    ph_add(&st->down, &st->down_least, cfg->leak, -d - cfg->delta);
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

/* The bits of a sum >= 0, as an integer of the same order. */
static uint32_t ph_bits(float sum) {
    uint32_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return bits;
}

/* Deviations from the mean so far, or from 0; their divisions do not wait for each
 * other. */
static void ph_deviations(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg,
                          const float *x, uint32_t x_len, float *d) {
    float mean = s->mean;
    uint32_t i, n = s->n;
    if (cfg->known != 0U) {
        memcpy(d, x, (size_t)x_len * sizeof *d);
        return;
    }
    for (i = 0; i < x_len; i++) {
        n++;
        mean = mean + (x[i] - mean) * (1.0f / (float)n);
        d[i] = x[i] - mean;
    }
    s->mean = mean;
}

/* Whether a side that is looked at has the highest bit set. */
static bool ph_over(const ecm_drift_ph_cfg_t *cfg, uint32_t up, uint32_t down) {
    return ((cfg->sides & ECM_DRIFT_PH_UP) != 0U && up >> 31 != 0U) ||
           ((cfg->sides & ECM_DRIFT_PH_DOWN) != 0U && down >> 31 != 0U);
}

/* Both sides, of which all deviations are known; whether one that is looked at was
 * beyond the limit. No branch hangs on a value: a variable zero keeps maxima from
 * becoming some, and counts and comparisons go by bits. */
static bool ph_walk(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg, const float *d,
                    uint32_t d_len) {
    volatile float nothing = 0.0f;
    const float zero = nothing, delta = cfg->delta;
    float up = s->up, down = s->down;
    uint32_t limit = ph_bits(cfg->threshold), up_over = 0, down_over = 0, i;
    uint32_t up_since = s->up_since, down_since = s->down_since;
    for (i = 0; i < d_len; i++) {
        uint32_t up_bits, down_bits;
        up = up + (d[i] - delta);
        down = down - (d[i] + delta);
        up = up > zero ? up : zero;
        down = down > zero ? down : zero;
        up_bits = ph_bits(up);
        down_bits = ph_bits(down);
        up_over |= limit - up_bits;
        down_over |= limit - down_bits;
        up_since = (up_since + 1U) & (0U - ((0U - up_bits) >> 31));
        down_since = (down_since + 1U) & (0U - ((0U - down_bits) >> 31));
    }
    s->up = up;
    s->down = down;
    s->up_since = up_since;
    s->down_since = down_since;
    return ph_over(cfg, up_over, down_over);
}

/* The same of sums that leak. */
static bool ph_walk_leaking(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg,
                            const float *d, uint32_t d_len) {
    volatile float nothing = 0.0f;
    const float zero = nothing, delta = cfg->delta, leak = cfg->leak,
                keep = 1.0f - leak;
    float up = s->up, down = s->down, up_least = s->up_least,
          down_least = s->down_least;
    uint32_t limit = ph_bits(cfg->threshold), up_over = 0, down_over = 0, i;
    uint32_t up_since = s->up_since, down_since = s->down_since;
    for (i = 0; i < d_len; i++) {
        float up_next = keep * up + ((d[i] - delta) - leak * up_least);
        float down_next = keep * down + ((-d[i] - delta) - leak * down_least);
        uint32_t up_bits, down_bits;
        up = up_next > zero ? up_next : zero;
        down = down_next > zero ? down_next : zero;
        up_least = up_least + (up_next - up);
        down_least = down_least + (down_next - down);
        up_bits = ph_bits(up);
        down_bits = ph_bits(down);
        up_over |= limit - up_bits;
        down_over |= limit - down_bits;
        up_since = (up_since + 1U) & (0U - ((0U - up_bits) >> 31));
        down_since = (down_since + 1U) & (0U - ((0U - down_bits) >> 31));
    }
    s->up = up;
    s->down = down;
    s->up_least = up_least;
    s->down_least = down_least;
    s->up_since = up_since;
    s->down_since = down_since;
    return ph_over(cfg, up_over, down_over);
}

/* Of the sides that are looked at. */
static float ph_larger(const ecm_drift_ph_cfg_t *cfg, float up, float down) {
    up = (cfg->sides & ECM_DRIFT_PH_UP) != 0U ? up : 0.0f;
    down = (cfg->sides & ECM_DRIFT_PH_DOWN) != 0U ? down : 0.0f;
    return up > down ? up : down;
}

static uint32_t ph_skip(void *state, const void *settings, const float *x,
                        uint32_t x_len) {
    ecm_drift_ph_t *st = (ecm_drift_ph_t *)state, s = *st;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    float d[ECM_DRIFT_BLOCK_LEN];
    bool (*walk)(ecm_drift_ph_t *, const ecm_drift_ph_cfg_t *, const float *, uint32_t);
    uint32_t quiet = 0;
    ph_restart(&s, cfg);
    if (s.n > UINT32_MAX - x_len) {
        return 0;
    }
    ph_deviations(&s, cfg, x, x_len, d);
    walk = cfg->leak > 0.0f ? ph_walk_leaking : ph_walk;
    if (s.n + 1U < cfg->min_n) { /* values that raise no alarm yet */
        quiet = cfg->min_n - 1U - s.n;
        quiet = quiet < x_len ? quiet : x_len;
        (void)walk(&s, cfg, d, quiet);
    }
    if (walk(&s, cfg, d + quiet, x_len - quiet)) {
        return 0;
    }
    s.n += x_len;
    *st = s;
    return x_len;
}

static float ph_ratio(const void *state, const void *settings) {
    const ecm_drift_ph_t *st = (const ecm_drift_ph_t *)state;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    return ph_larger(cfg, st->up, st->down) / cfg->threshold;
}

const ecm_drift_kind_t ecm_drift_ph_kind = {ph_check, ph_init,  ph_update,
                                            ph_skip,  ph_ratio, sizeof(ecm_drift_ph_t)};
