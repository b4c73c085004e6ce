/* ecm_health.c - see ecm_health.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_health.h"

#include "ecm_math.h"

#define HEALTH_BLOCK_MAX 16777216U
#define HEALTH_OF_BLOCKS                                                               \
    ((uint32_t)ECM_HEALTH_DEAD | ECM_HEALTH_OFFSET | ECM_HEALTH_SIGNATURE)

ecm_status_t ecm_health_init(ecm_health_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* What a stretch has brought so far. */
typedef struct {
    uint32_t bits;
    uint32_t clipped;
    uint32_t spikes;
} health_stretch_t;

static bool health_is_allowed(const ecm_health_cfg_t *cfg) {
    return cfg->range > 0.0f && cfg->stuck_len >= 2U && cfg->low <= cfg->high &&
           cfg->spike >= 0.0f && cfg->block_len != 1U &&
           cfg->block_len <= HEALTH_BLOCK_MAX && cfg->dead_band >= 0.0f &&
           cfg->offset_limit >= 0.0f && cfg->signature_low >= 0.0f &&
           cfg->signature_low <= cfg->signature_high && cfg->offset == cfg->offset;
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

/* Was the last sample a spike, now that the step away from it is known? */
static bool health_spike(const ecm_health_t *st, const ecm_health_cfg_t *cfg,
                         float step) {
    return (st->step >= cfg->spike && step <= -cfg->spike) ||
           (st->step <= -cfg->spike && step >= cfg->spike);
}

/* The verdict on a block that is complete stands until the next. */
static void health_judge(ecm_health_t *st, const ecm_health_cfg_t *cfg) {
    const float inv_n = 1.0f / (float)cfg->block_len, mean = st->sum * inv_n;
    const float variance = st->squares * inv_n - mean * mean;
    const float off = st->first + mean - cfg->offset;
    uint32_t bits = 0;
    if (cfg->dead_band > 0.0f && !(st->maximum - st->minimum >= cfg->dead_band)) {
        bits |= ECM_HEALTH_DEAD;
        st->dead_n++;
    }
    if (cfg->signature_high > 0.0f && bits != ECM_HEALTH_DEAD && !(variance <= 0.0f)) {
        float signature = st->steps * inv_n / variance;
        if (!(signature >= cfg->signature_low && signature <= cfg->signature_high)) {
            bits |= ECM_HEALTH_SIGNATURE;
            st->signature_n++;
        }
    }
    if (cfg->offset_limit > 0.0f &&
        !(off <= cfg->offset_limit && off >= -cfg->offset_limit)) {
        bits |= ECM_HEALTH_OFFSET;
        st->offset_n++;
    }
    st->standing = (st->standing & ~HEALTH_OF_BLOCKS) | bits;
    st->block_n = 0;
}

/* A finite sample into its block. */
static void health_block(ecm_health_t *st, const ecm_health_cfg_t *cfg, float x,
                         float step) {
    float d;
    if (st->block_n == 0U) {
        st->first = st->minimum = st->maximum = x;
        st->sum = st->squares = st->steps = 0.0f;
        step = 0.0f;
    }
    d = x - st->first;
    st->minimum = x < st->minimum ? x : st->minimum;
    st->maximum = x > st->maximum ? x : st->maximum;
    st->sum += d;
    st->squares += d * d;
    st->steps += step * step;
    st->block_n++;
    if (st->block_n >= cfg->block_len) {
        health_judge(st, cfg);
    }
}

/* A finite sample. */
static void health_sample(ecm_health_t *st, const ecm_health_cfg_t *cfg, float x,
                          health_stretch_t *found) {
    const float step = st->run == 0U ? 0.0f : x - st->last; /* 0: a new start */
    if (x >= cfg->range || x <= -cfg->range) {
        found->clipped++;
    }
    if (cfg->low < cfg->high && !(x >= cfg->low && x <= cfg->high)) {
        st->outside_n++;
        found->bits |= ECM_HEALTH_OUTSIDE;
    }
    if (cfg->spike > 0.0f && health_spike(st, cfg, step)) {
        found->spikes++;
        st->step = 0.0f; /* the way back is not the start of another */
    } else {
        st->step = step;
    }
    if (health_count(st, cfg, x == st->last)) {
        found->bits |= ECM_HEALTH_STUCK;
    }
    if (cfg->block_len > 0U) {
        health_block(st, cfg, x, step);
        found->bits |= st->standing;
    }
    st->last = x;
}

ecm_status_t ecm_health_update_f32(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const float *x, uint32_t x_len, uint32_t *verdict) {
    health_stretch_t found;
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && verdict != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(health_is_allowed(cfg), ECM_ERR_ARG);
    memset(&found, 0, sizeof found);
    found.bits = st->standing;
    for (i = 0; i < x_len; i++) {
        if (ecm_math_isfinite_f32(x[i])) {
            health_sample(st, cfg, x[i], &found);
        } else {
            st->nonfinite_n++;
            found.bits |= ECM_HEALTH_NONFINITE;
        }
    }
    st->clipped_n += found.clipped;
    st->spikes_n += found.spikes;
    if (found.clipped > cfg->clip_count) {
        found.bits |= ECM_HEALTH_CLIPPED;
    }
    if (found.spikes > cfg->spike_count) {
        found.bits |= ECM_HEALTH_SPIKE;
    }
    *verdict = found.bits;
    return ECM_OK;
}

/* The rate over a span that is complete: both sides in nanoseconds. */
static void health_rate(ecm_health_t *st, const ecm_health_cfg_t *cfg) {
    uint64_t taken = (uint64_t)st->span_us * 1000U;
    uint64_t wanted = (uint64_t)st->span_n * cfg->period_ns;
    uint64_t off = taken > wanted ? taken - wanted : wanted - taken;
    off = off > 2000U ? off - 2000U : 0U; /* two stamps are cut to microseconds */
    while (wanted > UINT32_MAX) {
        wanted >>= 1;
        off >>= 1;
    }
    st->standing &= ~(uint32_t)ECM_HEALTH_RATE;
    if (off * 1000000U > wanted * cfg->rate_ppm) {
        st->standing |= ECM_HEALTH_RATE;
        st->rate_n++;
    }
    st->span_us = 0;
    st->span_n = 0;
}

/* n / d by bits, modulo 2^32: few cores divide 64 bits, and gaps are rare. */
static uint32_t health_quotient(uint64_t n, uint32_t d) {
    uint64_t rest = 0;
    uint32_t i, q = 0;
    for (i = 0; i < 64U; i++) {
        rest = (rest << 1) | (n >> 63);
        n <<= 1;
        q <<= 1;
        if (rest >= d) {
            rest -= d;
            q |= 1U;
        }
    }
    return q;
}

ecm_status_t ecm_health_time(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                             uint32_t t_us, uint32_t x_len, uint32_t *verdict) {
    uint32_t bits = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && verdict != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->period_ns > 0U, ECM_ERR_ARG);
    ECM_REQUIRE(cfg->rate_ppm == 0U || cfg->rate_len > 0U, ECM_ERR_ARG);
    if (st->time_n > 0U) {
        uint32_t passed_us = t_us - st->time_us;
        uint64_t passed = (uint64_t)passed_us * 1000U;
        uint64_t wanted = (uint64_t)st->time_n * cfg->period_ns;
        if (passed >= wanted + wanted / 32U + cfg->period_ns / 2U + 1000U) {
            uint64_t late = passed - wanted + cfg->period_ns / 2U;
            st->lost_n += health_quotient(late, cfg->period_ns);
            bits |= ECM_HEALTH_MISSING;
            (void)ecm_health_gap(st);
            st->span_us = 0; /* a span has no gap in it */
            st->span_n = 0;
        } else {
            st->span_us += passed_us;
            st->span_n += st->time_n;
            if (cfg->rate_ppm > 0U && st->span_n >= cfg->rate_len) {
                health_rate(st, cfg);
            }
        }
    }
    if (x_len > 0U || st->time_n == 0U) {
        st->time_us = t_us;
        st->time_n = x_len;
    }
    *verdict = bits | (st->standing & ECM_HEALTH_RATE);
    return ECM_OK;
}

ecm_status_t ecm_health_update_s16(ecm_health_t *st, const ecm_health_cfg_t *cfg,
                                   const int16_t *x, uint32_t x_len,
                                   uint32_t *verdict) {
    uint32_t i, bits, clipped = 0;
    int32_t last;
    ECM_REQUIRE(st != NULL && cfg != NULL && verdict != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->stuck_len >= 2U, ECM_ERR_ARG);
    bits = st->standing;
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
    st->step = 0.0f;
    st->block_n = 0;
    return ECM_OK;
}
