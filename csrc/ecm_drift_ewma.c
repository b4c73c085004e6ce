/* ecm_drift_ewma.c - see ecm_drift_ewma.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_ewma.h"

#include "ecm_bits.h"
#include "ecm_math.h"

#define EWMA_DECAY_LEAST 0x1p-26f /* 1 minus less is 1 */

ecm_status_t ecm_drift_ewma_init(ecm_drift_ewma_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    st->decay = 1.0f;
    return ECM_OK;
}

/* By bits, of which only numbers >= 0 have small ones. */
static inline bool ewma_in_range(const ecm_drift_ewma_cfg_t *cfg) {
    return ecm_bits_from_f32(cfg->lambda) - 1U < ECM_BITS_ONE &&
           ecm_bits_from_f32(cfg->limit) - 1U < ECM_BITS_INFINITY;
}

ecm_status_t ecm_drift_ewma_check(const ecm_drift_ewma_t *st,
                                  const ecm_drift_ewma_cfg_t *cfg) {
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ewma_in_range(cfg), ECM_ERR_ARG);
    ECM_REQUIRE(st == NULL || (ecm_math_isfinite_f32(st->mean) && st->decay >= 0.0f &&
                               st->decay <= 1.0f),
                ECM_ERR_STATE);
    return ECM_OK;
}

static ecm_status_t ewma_check(const void *st, const void *cfg) {
    return ecm_drift_ewma_check((const ecm_drift_ewma_t *)st,
                                (const ecm_drift_ewma_cfg_t *)cfg);
}

/* The square of the limit, once the start is forgotten. */
static float ewma_ceiling(const ecm_drift_ewma_cfg_t *cfg) {
    return cfg->limit * cfg->limit * (cfg->lambda / (2.0f - cfg->lambda));
}

/* Is the mean beyond the limit? Not at the start, where both are 0. */
static bool ewma_beyond(const ecm_drift_ewma_t *st, float ceiling) {
    return st->mean * st->mean > ceiling * (1.0f - st->decay);
}

static void ewma_restart(ecm_drift_ewma_t *st, float ceiling) {
    if (ewma_beyond(st, ceiling)) {
        st->mean = 0.0f;
        st->decay = 1.0f;
        st->n = st->since = 0;
    }
}

/* Values since the sign changed, of which the highest bit of `change` tells. */
static uint32_t ewma_since(uint32_t since, uint32_t change) {
    return (since & ((change >> 31) - 1U)) + 1U;
}

/* What both ways of taking values do with one. */
static void ewma_step(ecm_drift_ewma_t *st, float keep, float lambda, float z) {
    float next = keep * st->mean + lambda * z;
    st->since =
        ewma_since(st->since, ecm_bits_from_f32(next) ^ ecm_bits_from_f32(st->mean));
    st->mean = next;
    st->decay = st->decay * (keep * keep);
    st->decay = st->decay < EWMA_DECAY_LEAST ? 0.0f : st->decay;
    st->n++;
}

ecm_status_t ecm_drift_ewma_update_f32(ecm_drift_ewma_t *st,
                                       const ecm_drift_ewma_cfg_t *cfg, float z,
                                       uint32_t *alarm, uint32_t *since) {
    uint32_t what = ECM_DRIFT_NONE, start = 0;
    float ceiling;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ewma_in_range(cfg) && ecm_bits_from_f32(z - z) == 0U, ECM_ERR_ARG);
    ceiling = ewma_ceiling(cfg);
    ewma_restart(st, ceiling);
    ewma_step(st, 1.0f - cfg->lambda, cfg->lambda, z);
    if (ewma_beyond(st, ceiling)) {
        what = st->mean > 0.0f ? ECM_DRIFT_UP : ECM_DRIFT_DOWN;
        start = st->since;
        st->alarms_n++;
    }
    *alarm = what;
    if (since != NULL) {
        *since = start;
    }
    return ECM_OK;
}

static ecm_status_t ewma_init(void *st, const void *cfg) {
    ecm_status_t status = ewma_check(NULL, cfg);
    return status < 0 ? status : ecm_drift_ewma_init((ecm_drift_ewma_t *)st);
}

static ecm_status_t ewma_update(void *st, const void *cfg, float x, uint32_t *alarm,
                                uint32_t *since) {
    return ecm_drift_ewma_update_f32(
        (ecm_drift_ewma_t *)st, (const ecm_drift_ewma_cfg_t *)cfg, x, alarm, since);
}

/* While the limit still moves. */
static bool ewma_skip_early(ecm_drift_ewma_t *s, float ceiling, float keep,
                            float lambda, const float *x, uint32_t x_len) {
    uint32_t i;
    bool beyond = false;
    for (i = 0; i < x_len; i++) {
        ewma_step(s, keep, lambda, x[i]);
        beyond |= ewma_beyond(s, ceiling);
    }
    return !beyond;
}

/* Squares keep the order of sizes, and sizes that of their bits, so that the largest
 * tells of all. */
static bool ewma_skip_late(ecm_drift_ewma_t *s, float ceiling, float keep, float lambda,
                           const float *x, uint32_t x_len) {
    float mean = s->mean, peak;
    uint32_t since = s->since, last = ecm_bits_from_f32(mean), largest = 0, i;
    for (i = 0; i < x_len; i++) {
        uint32_t bits, size;
        mean = keep * mean + lambda * x[i];
        bits = ecm_bits_from_f32(mean);
        since = ewma_since(since, bits ^ last);
        size = bits & 0x7fffffffU;
        largest = size > largest ? size : largest;
        last = bits;
    }
    peak = ecm_bits_to_f32(largest);
    s->mean = mean;
    s->since = since;
    s->n += x_len;
    return !(peak * peak > ceiling);
}

static uint32_t ewma_skip(void *state, const void *settings, const float *x,
                          uint32_t x_len) {
    ecm_drift_ewma_t *st = (ecm_drift_ewma_t *)state, s = *st;
    const ecm_drift_ewma_cfg_t *cfg = (const ecm_drift_ewma_cfg_t *)settings;
    float ceiling = ewma_ceiling(cfg), keep = 1.0f - cfg->lambda;
    bool done;
    ewma_restart(&s, ceiling);
    done = s.decay == 0.0f ? ewma_skip_late(&s, ceiling, keep, cfg->lambda, x, x_len)
                           : ewma_skip_early(&s, ceiling, keep, cfg->lambda, x, x_len);
    if (done) {
        *st = s;
    }
    return done ? x_len : 0U;
}

/* Squared in the formula; the ratio of sizes is the root. */
float ecm_drift_ewma_ratio_f32(const ecm_drift_ewma_t *st,
                               const ecm_drift_ewma_cfg_t *cfg) {
    float limit;
    if (st == NULL || cfg == NULL) {
        return 0.0f;
    }
    limit = ewma_ceiling(cfg) * (1.0f - st->decay);
    return limit > 0.0f ? ecm_math_sqrt_f32(st->mean * st->mean / limit) : 0.0f;
}

static float ewma_ratio(const void *st, const void *cfg) {
    return ecm_drift_ewma_ratio_f32((const ecm_drift_ewma_t *)st,
                                    (const ecm_drift_ewma_cfg_t *)cfg);
}

const ecm_drift_kind_t ecm_drift_ewma_kind = {
    ewma_check, ewma_init, ewma_update, ewma_skip, ewma_ratio, sizeof(ecm_drift_ewma_t),
    NULL};
