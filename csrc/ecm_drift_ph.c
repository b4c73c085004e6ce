/* ecm_drift_ph.c - see ecm_drift_ph.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_ph.h"

#include "ecm_bits.h"
#include "ecm_math.h"

ecm_status_t ecm_drift_ph_init(ecm_drift_ph_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* By bits, of which only numbers >= 0 have small ones; but -0 is 0 too. */
static inline bool ph_in_range(const ecm_drift_ph_cfg_t *cfg) {
    return cfg->delta >= 0.0f &&
           ecm_bits_from_f32(cfg->threshold) - 1U < ECM_BITS_INFINITY &&
           ecm_bits_from_f32(cfg->leak + 0.0f) <= ECM_BITS_ONE &&
           cfg->sides - 1U < (uint32_t)ECM_DRIFT_PH_BOTH && cfg->known <= 1U;
}

static ecm_status_t ph_check(const void *state, const void *settings) {
    const ecm_drift_ph_t *st = (const ecm_drift_ph_t *)state;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ph_in_range(cfg), ECM_ERR_ARG);
    if (st != NULL) {
        ECM_REQUIRE(ecm_math_isfinite_f32(st->mean) &&
                        ecm_math_isfinite_f32(st->up_least) &&
                        ecm_math_isfinite_f32(st->down_least) && st->up >= 0.0f &&
                        st->down >= 0.0f,
                    ECM_ERR_STATE);
    }
    return ECM_OK;
}

/* One side: a new minimum makes the excess zero. NaN is not positive. */
static inline void ph_hold(float *excess, uint32_t *since, float next) {
    uint32_t bits = ecm_bits_from_f32(next), count = *since + 1U;
    if (bits - 1U >= ECM_BITS_INFINITY) {
        bits = count = 0;
    }
    *excess = ecm_bits_to_f32(bits);
    *since = count;
}

/* A minimum matters only to a sum that leaks, and stays 0 otherwise. */
static inline void ph_leak(float *excess, float *least, uint32_t *since, float leak,
                           float d) {
    float next = (1.0f - leak) * *excess + (d - leak * *least);
    ph_hold(excess, since, next);
    *least = *least + (next - *excess);
}

static inline void ph_step(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg, float x) {
    const float delta = cfg->delta, leak = cfg->leak;
    float d = x;
    st->n = st->n == UINT32_MAX ? st->n : st->n + 1U;
    if (cfg->known == 0U) {
        float weight = 1.0f / (float)st->n;
        st->mean = st->mean + (x - st->mean) * weight;
        d = x - st->mean;
    }
    if (leak > 0.0f) {
        ph_leak(&st->up, &st->up_least, &st->up_since, leak, d - delta);
        ph_leak(&st->down, &st->down_least, &st->down_since, leak, -d - delta);
    } else {
        ph_hold(&st->up, &st->up_since, st->up + (d - delta));
        ph_hold(&st->down, &st->down_since, st->down - (d + delta));
    }
}

/* Whether a sum, of a side that is looked at or not, is beyond the limit; sums are not
 * negative, so that their bits have their order. */
static inline bool ph_beyond(const ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg) {
    uint32_t limit = ecm_bits_from_f32(cfg->threshold);
    return ecm_bits_from_f32(st->up) > limit || ecm_bits_from_f32(st->down) > limit;
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
static inline void ph_restart(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg) {
    if (ph_beyond(st, cfg) && ph_alarm(st, cfg) != ECM_DRIFT_NONE) {
        uint32_t alarms_n = st->alarms_n;
        memset(st, 0, sizeof *st);
        st->alarms_n = alarms_n;
    }
}

ecm_status_t ecm_drift_ph_update_f32(ecm_drift_ph_t *st, const ecm_drift_ph_cfg_t *cfg,
                                     float x, uint32_t *alarm, uint32_t *since) {
    uint32_t what = ECM_DRIFT_NONE, start = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ph_in_range(cfg) && ecm_bits_from_f32(x - x) == 0U, ECM_ERR_ARG);
    ph_restart(st, cfg);
    ph_step(st, cfg, x);
    if (ph_beyond(st, cfg)) {
        what = ph_alarm(st, cfg);
    }
    if (what != ECM_DRIFT_NONE) {
        start = what == ECM_DRIFT_UP ? st->up_since : st->down_since;
        st->alarms_n++;
    }
    *alarm = what;
    if (since != NULL) {
        *since = start;
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

/* Whether a side that is looked at has the highest bit set. */
static bool ph_over(const ecm_drift_ph_cfg_t *cfg, uint32_t up, uint32_t down) {
    return ((cfg->sides & ECM_DRIFT_PH_UP) != 0U && up >> 31 != 0U) ||
           ((cfg->sides & ECM_DRIFT_PH_DOWN) != 0U && down >> 31 != 0U);
}

/* Deviations from the mean so far, or from 0; their divisions do not wait for each
 * other. */
static inline float ph_deviation(float *mean, uint32_t *n, float x, bool learn) {
    if (learn) {
        (*n)++;
        *mean = *mean + (x - *mean) * (1.0f / (float)*n);
        return x - *mean;
    }
    return x;
}

/* Both sides; whether one that is looked at was beyond the limit. No branch hangs on a
 * value: signs, counts and comparisons go by bits. A NaN, from values near the largest
 * float, is zero or beyond the limit. */
static inline bool ph_walk(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg,
                           const float *x, uint32_t x_len, bool learn) {
    const float delta = cfg->delta;
    float up = s->up, down = s->down, mean = s->mean;
    uint32_t limit = ecm_bits_from_f32(cfg->threshold), up_over = 0, down_over = 0, i;
    uint32_t up_since = s->up_since, down_since = s->down_since, n = s->n;
    for (i = 0; i < x_len; i++) {
        float d = ph_deviation(&mean, &n, x[i], learn);
        uint32_t up_bits = ecm_bits_from_f32(up + (d - delta));
        uint32_t down_bits = ecm_bits_from_f32(down - (d + delta));
        uint32_t up_none = 0U - ((up_bits - 1U) >> 31); /* all ones: not positive */
        uint32_t down_none = 0U - ((down_bits - 1U) >> 31);
        up_bits &= ~up_none;
        down_bits &= ~down_none;
        up_since = (up_since + 1U) & ~up_none;
        down_since = (down_since + 1U) & ~down_none;
        up_over |= limit - up_bits;
        down_over |= limit - down_bits;
        up = ecm_bits_to_f32(up_bits);
        down = ecm_bits_to_f32(down_bits);
    }
    s->mean = mean;
    s->up = up;
    s->down = down;
    s->n += x_len;
    s->up_since = up_since;
    s->down_since = down_since;
    return ph_over(cfg, up_over, down_over);
}

static bool ph_walk_known(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg,
                          const float *x, uint32_t x_len) {
    return ph_walk(s, cfg, x, x_len, false);
}

static bool ph_walk_learning(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg,
                             const float *x, uint32_t x_len) {
    return ph_walk(s, cfg, x, x_len, true);
}

/* The same of sums that leak. */
static bool ph_walk_leaking(ecm_drift_ph_t *s, const ecm_drift_ph_cfg_t *cfg,
                            const float *x, uint32_t x_len) {
    volatile float nothing = 0.0f; /* a constant would make maxima into branches */
    const float zero = nothing, delta = cfg->delta, leak = cfg->leak,
                keep = 1.0f - leak;
    const bool learn = cfg->known == 0U;
    float up = s->up, down = s->down, up_least = s->up_least,
          down_least = s->down_least, mean = s->mean;
    uint32_t limit = ecm_bits_from_f32(cfg->threshold), up_over = 0, down_over = 0, i;
    uint32_t up_since = s->up_since, down_since = s->down_since, n = s->n;
    for (i = 0; i < x_len; i++) {
        float d = ph_deviation(&mean, &n, x[i], learn);
        float up_next = keep * up + ((d - delta) - leak * up_least);
        float down_next = keep * down + ((-d - delta) - leak * down_least);
        uint32_t up_bits, down_bits;
        up = up_next > zero ? up_next : zero;
        down = down_next > zero ? down_next : zero;
        up_least = up_least + (up_next - up);
        down_least = down_least + (down_next - down);
        up_bits = ecm_bits_from_f32(up);
        down_bits = ecm_bits_from_f32(down);
        up_over |= limit - up_bits;
        down_over |= limit - down_bits;
        up_since = (up_since + 1U) & (0U - ((0U - up_bits) >> 31));
        down_since = (down_since + 1U) & (0U - ((0U - down_bits) >> 31));
    }
    s->mean = mean;
    s->up = up;
    s->down = down;
    s->up_least = up_least;
    s->down_least = down_least;
    s->n += x_len;
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
    bool (*walk)(ecm_drift_ph_t *, const ecm_drift_ph_cfg_t *, const float *, uint32_t);
    uint32_t quiet = 0;
    ph_restart(&s, cfg);
    if (s.n > UINT32_MAX - x_len) {
        return 0;
    }
    walk = cfg->leak > 0.0f   ? ph_walk_leaking
           : cfg->known == 0U ? ph_walk_learning
                              : ph_walk_known;
    if (s.n + 1U < cfg->min_n) { /* values that raise no alarm yet */
        quiet = cfg->min_n - 1U - s.n;
        quiet = quiet < x_len ? quiet : x_len;
        (void)walk(&s, cfg, x, quiet);
    }
    if (walk(&s, cfg, x + quiet, x_len - quiet)) {
        return 0;
    }
    *st = s;
    return x_len;
}

static float ph_ratio(const void *state, const void *settings) {
    const ecm_drift_ph_t *st = (const ecm_drift_ph_t *)state;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    return ph_larger(cfg, st->up, st->down) / cfg->threshold;
}

static uint32_t ph_lean(const void *state, const void *settings, uint32_t *since) {
    const ecm_drift_ph_t *st = (const ecm_drift_ph_t *)state;
    const ecm_drift_ph_cfg_t *cfg = (const ecm_drift_ph_cfg_t *)settings;
    bool rises = cfg->sides == ECM_DRIFT_PH_UP ||
                 (cfg->sides == ECM_DRIFT_PH_BOTH && st->up >= st->down);
    *since = rises ? st->up_since : st->down_since;
    return rises ? ECM_DRIFT_UP : ECM_DRIFT_DOWN;
}

const ecm_drift_kind_t ecm_drift_ph_kind = {
    ph_check, ph_init, ph_update, ph_skip, ph_ratio, sizeof(ecm_drift_ph_t), ph_lean};
