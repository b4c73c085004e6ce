/* ecm_drift_q15.c - see ecm_drift_q15.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift_q15.h"

#include "ecm_bits.h"

#define Q15_K_MAX ((int32_t)1 << 20)
#define Q15_H_MAX ((int32_t)1 << 30)
#define Q15_N_MAX ((uint32_t)1 << 30)
#define Q15_ONE ((uint32_t)1 << 15)
#define Q15_PLACES 18U
#define Q15_INVERSE ((uint32_t)1 << Q15_PLACES)
#define Q15_N_SHORT 16U /* from here on products of 1/n have 32 bits */

ecm_status_t ecm_drift_q15_cusum_init(ecm_drift_q15_cusum_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_drift_q15_cusum_update(ecm_drift_q15_cusum_t *st,
                                        const ecm_drift_q15_cusum_cfg_t *cfg, int16_t z,
                                        uint32_t *alarm, uint32_t *since) {
    int32_t up, down;
    uint32_t up_since, down_since, what = ECM_DRIFT_NONE, start = 0;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    ECM_REQUIRE((uint32_t)cfg->k <= (uint32_t)Q15_K_MAX && cfg->h > 0 &&
                    cfg->h <= Q15_H_MAX,
                ECM_ERR_ARG);
    up = st->up;
    down = st->down;
    up_since = st->up_since;
    down_since = st->down_since;
    if (up > cfg->h || down > cfg->h) { /* the last value raised an alarm */
        up = down = 0;
        up_since = down_since = 0;
    }
    up += (int32_t)z - cfg->k;
    down -= (int32_t)z + cfg->k;
    up_since++;
    down_since++;
    if (up <= 0) {
        up = 0;
        up_since = 0;
    }
    if (down <= 0) {
        down = 0;
        down_since = 0;
    }
    if (up > cfg->h) {
        what = ECM_DRIFT_UP;
        start = up_since;
        st->alarms_n++;
    } else if (down > cfg->h) {
        what = ECM_DRIFT_DOWN;
        start = down_since;
        st->alarms_n++;
    }
    st->up = up;
    st->down = down;
    st->n++;
    st->up_since = up_since;
    st->down_since = down_since;
    *alarm = what;
    if (since != NULL) {
        *since = start;
    }
    return ECM_OK;
}

ecm_status_t ecm_drift_q15_ph_init(ecm_drift_q15_ph_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* A side that is beyond the limit, once there are enough values. */
static uint32_t q15_ph_alarm(const ecm_drift_q15_ph_t *st,
                             const ecm_drift_q15_ph_cfg_t *cfg) {
    if (st->n < cfg->min_n) {
        return ECM_DRIFT_NONE;
    }
    if ((cfg->sides & 1U) != 0U && st->up > cfg->threshold) {
        return ECM_DRIFT_UP;
    }
    if ((cfg->sides & 2U) != 0U && st->down > cfg->threshold) {
        return ECM_DRIFT_DOWN;
    }
    return ECM_DRIFT_NONE;
}

/* What few values take is called, so that a core of few registers keeps all that the
 * others need. This starts again if the last value raised an alarm. */
static ECM_PORT_APART void q15_ph_restart(ecm_drift_q15_ph_t *st,
                                          const ecm_drift_q15_ph_cfg_t *cfg) {
    uint32_t alarms_n = st->alarms_n;
    if (q15_ph_alarm(st, cfg) != ECM_DRIFT_NONE) {
        memset(st, 0, sizeof *st);
        st->alarms_n = alarms_n;
    }
}

/* The same by a division: for the first few values, and where 1/n is not known well. */
static ECM_PORT_APART int32_t q15_ph_divide(ecm_drift_q15_ph_t *st, uint32_t rest) {
    uint32_t n = st->n, steps;
    steps = rest >= ECM_BITS_SIGN ? ~(~rest / n) : rest / n;
    st->rest = rest - steps * n;
    st->mean = ecm_bits_to_s32((uint32_t)st->mean + steps);
    if (n >= Q15_N_SHORT) {
        st->inverse = Q15_INVERSE / n;
    }
    return st->mean;
}

/* A mean that `rest` moves by more than it can hold. One over the last n becomes that
 * of this one by a step of Newton's; whether it was good enough is seen by what is
 * left: below 2^18 values steps * n is within 2^31, whatever the inverse had become
 * while the mean stood still, so that only the right steps leave less than n. */
static ECM_PORT_APART int32_t q15_ph_move(ecm_drift_q15_ph_t *st, uint32_t rest) {
    uint32_t n = st->n, inverse = st->inverse, steps, left;
    if ((n >> Q15_PLACES) != 0U) {
        return q15_ph_divide(st, rest);
    }
    steps = inverse * (Q15_INVERSE - n * inverse);
    inverse += (uint32_t)ecm_bits_floor_s32(ecm_bits_to_s32(steps), Q15_PLACES);
    st->inverse = inverse;
    steps = (uint32_t)ecm_bits_floor_s32(ecm_bits_to_s32(rest * inverse), Q15_PLACES);
    left = rest - steps * n;
    if (left >= n) {
        return q15_ph_divide(st, rest);
    }
    st->rest = left;
    st->mean = ecm_bits_to_s32((uint32_t)st->mean + steps);
    return st->mean;
}

/* Mean with one more value: n times it is the sum, n/2 and less `rest` below n. */
static inline int32_t q15_ph_mean(ecm_drift_q15_ph_t *st, int32_t value) {
    uint32_t n = st->n, rest;
    int32_t mean = st->mean;
    if ((n & Q15_N_MAX) != 0U) { /* the mean of as many values as can be counted */
        return mean;
    }
    st->n = ++n;
    rest = st->rest + (uint32_t)(value - mean) + (~n & 1U);
    if (rest >= n) {
        return q15_ph_move(st, rest);
    }
    st->rest = rest;
    return mean;
}

/* A sum is beyond the limit: an alarm, unless nobody asked for it. */
static ECM_PORT_APART ecm_status_t q15_ph_beyond(ecm_drift_q15_ph_t *st,
                                                 const ecm_drift_q15_ph_cfg_t *cfg,
                                                 uint32_t *alarm, uint32_t *since) {
    *alarm = q15_ph_alarm(st, cfg);
    if (*alarm != ECM_DRIFT_NONE) {
        st->alarms_n++;
        if (since != NULL) {
            *since = *alarm == ECM_DRIFT_UP ? st->up_since : st->down_since;
        }
    }
    return ECM_OK;
}

/* One side: hold at zero, count the values since. */
static inline int32_t q15_hold(uint32_t *since, int32_t next) {
    uint32_t count = *since + 1U;
    if (next <= 0) {
        next = 0;
        count = 0;
    }
    *since = count;
    return next;
}

ecm_status_t ecm_drift_q15_ph_update(ecm_drift_q15_ph_t *st,
                                     const ecm_drift_q15_ph_cfg_t *cfg, int16_t x,
                                     uint32_t *alarm, uint32_t *since) {
    int32_t d, threshold;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    threshold = cfg->threshold;
    ECM_REQUIRE((uint32_t)cfg->delta <= (uint32_t)Q15_K_MAX &&
                    (uint32_t)threshold - 1U < (uint32_t)Q15_H_MAX &&
                    cfg->sides - 1U < 3U,
                ECM_ERR_ARG);
    *alarm = ECM_DRIFT_NONE;
    if (since != NULL) {
        *since = 0;
    }
    if (st->up > threshold || st->down > threshold) {
        q15_ph_restart(st, cfg);
    }
    d = (int32_t)x - q15_ph_mean(st, x);
    st->up = q15_hold(&st->up_since, st->up + (d - cfg->delta));
    st->down = q15_hold(&st->down_since, st->down - (d + cfg->delta));
    if (st->up > cfg->threshold || st->down > cfg->threshold) {
        return q15_ph_beyond(st, cfg, alarm, since);
    }
    return ECM_OK;
}

ecm_status_t ecm_drift_q15_ewma_init(ecm_drift_q15_ewma_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    st->decay = 0xffffffffU;
    return ECM_OK;
}

/* Is the mean beyond the limit? */
static bool q15_ewma_beyond(int32_t mean, uint32_t decay, uint32_t ceiling) {
    int32_t short_mean = mean >> 15;
    uint32_t square = (uint32_t)(short_mean * short_mean), limit = ceiling;
    if (decay != 0U) { /* 1 - decay, to 16 bits; the parts of the product by halves */
        uint32_t part = ((uint32_t)1 << 16) - (decay >> 16);
        limit = (ceiling >> 16) * part + (((ceiling & 0xffffU) * part) >> 16);
    }
    return square > limit;
}

/* decay (1 - lambda)^2; what is below 2^-16 is 0. */
static uint32_t q15_decayed(uint32_t decay, uint32_t lambda) {
    uint32_t keep = Q15_ONE - lambda, i;
    for (i = 0; i < 2U; i++) {
        decay = (decay >> 15) * keep + (((decay & 0x7fffU) * keep) >> 15);
    }
    return decay < ((uint32_t)1 << 16) ? 0U : decay;
}

ecm_status_t ecm_drift_q15_ewma_update(ecm_drift_q15_ewma_t *st,
                                       const ecm_drift_q15_ewma_cfg_t *cfg, int16_t z,
                                       uint32_t *alarm, uint32_t *since) {
    int32_t before, mean, d;
    uint32_t lambda, decay;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    lambda = cfg->lambda;
    ECM_REQUIRE(lambda - 1U < Q15_ONE && cfg->ceiling - 1U < (uint32_t)Q15_H_MAX,
                ECM_ERR_ARG);
    before = st->mean;
    decay = st->decay;
    if (q15_ewma_beyond(before, decay, cfg->ceiling)) {
        before = 0;
        decay = 0xffffffffU;
        st->n = st->since = 0;
    }
    d = (int32_t)z * (int32_t)Q15_ONE - before;
    mean = before + (d >> 15) * (int32_t)lambda +
           (int32_t)(((uint32_t)d & 0x7fffU) * lambda >> 15);
    decay = decay != 0U ? q15_decayed(decay, lambda) : 0U;
    st->since = (before ^ mean) < 0 ? 1U : st->since + 1U;
    st->mean = mean;
    st->decay = decay;
    st->n++;
    *alarm = ECM_DRIFT_NONE;
    if (q15_ewma_beyond(mean, decay, cfg->ceiling)) {
        *alarm = mean > 0 ? ECM_DRIFT_UP : ECM_DRIFT_DOWN;
        st->alarms_n++;
    }
    if (since != NULL) {
        *since = *alarm != ECM_DRIFT_NONE ? st->since : 0U;
    }
    return ECM_OK;
}
