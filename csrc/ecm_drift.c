/* ecm_drift.c - see ecm_drift.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_drift.h"

#include "ecm_bits.h"
#include "ecm_math.h"

ecm_status_t ecm_drift_cusum_init(ecm_drift_cusum_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* One side: hold at zero, count the values since zero; the bits of the sum. NaN is not
 * positive. */
static inline uint32_t drift_hold(float *sum, uint32_t *since, float next) {
    uint32_t bits = ecm_bits_from_f32(next), count = *since + 1U;
    if (bits - 1U >= ECM_BITS_INFINITY) {
        bits = count = 0;
    }
    *sum = ecm_bits_to_f32(bits);
    *since = count;
    return bits;
}

/* Sums are not negative, so that their bits have their order. */
ecm_status_t ecm_drift_cusum_update_f32(ecm_drift_cusum_t *st,
                                        const ecm_drift_cusum_cfg_t *cfg, float z,
                                        uint32_t *alarm, uint32_t *since) {
    uint32_t up, down, limit, start = 0, side = ECM_DRIFT_NONE;
    float k;
    ECM_REQUIRE(st != NULL && cfg != NULL && alarm != NULL, ECM_ERR_NULL);
    k = cfg->k;
    limit = ecm_bits_from_f32(cfg->h);
    ECM_REQUIRE(k >= 0.0f && limit - 1U < ECM_BITS_INFINITY && z == z, ECM_ERR_ARG);
    up = ecm_bits_from_f32(st->up);
    down = ecm_bits_from_f32(st->down);
    if (up > limit || down > limit) { /* the last value raised an alarm */
        st->up = st->down = 0.0f;
        st->up_since = st->down_since = 0;
    }
    up = drift_hold(&st->up, &st->up_since, st->up + (z - k));
    down = drift_hold(&st->down, &st->down_since, st->down - (z + k));
    st->n++;
    if (up > limit || down > limit) {
        side = up > limit ? ECM_DRIFT_UP : ECM_DRIFT_DOWN;
        start = up > limit ? st->up_since : st->down_since;
        st->alarms_n++;
    }
    *alarm = side;
    if (since != NULL) {
        *since = start;
    }
    return ECM_OK;
}

float ecm_drift_cusum_ratio_f32(const ecm_drift_cusum_t *st,
                                const ecm_drift_cusum_cfg_t *cfg) {
    if (st == NULL || cfg == NULL) {
        return 0.0f;
    }
    return (st->up > st->down ? st->up : st->down) / cfg->h;
}

ecm_status_t ecm_drift_cusum_check(const ecm_drift_cusum_t *st,
                                   const ecm_drift_cusum_cfg_t *cfg) {
    ECM_REQUIRE(cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->k >= 0.0f && cfg->h > 0.0f, ECM_ERR_ARG);
    ECM_REQUIRE(st == NULL || (st->up >= 0.0f && st->down >= 0.0f), ECM_ERR_STATE);
    return ECM_OK;
}

static ecm_status_t drift_cusum_check(const void *st, const void *cfg) {
    return ecm_drift_cusum_check((const ecm_drift_cusum_t *)st,
                                 (const ecm_drift_cusum_cfg_t *)cfg);
}

static ecm_status_t drift_cusum_init(void *st, const void *cfg) {
    ecm_status_t status = drift_cusum_check(NULL, cfg);
    return status < 0 ? status : ecm_drift_cusum_init((ecm_drift_cusum_t *)st);
}

static ecm_status_t drift_cusum_update(void *st, const void *cfg, float x,
                                       uint32_t *alarm, uint32_t *since) {
    return ecm_drift_cusum_update_f32(
        (ecm_drift_cusum_t *)st, (const ecm_drift_cusum_cfg_t *)cfg, x, alarm, since);
}

/* The two sums are the only chain of operations, and no branch hangs on a value: counts
 * and comparisons go by bits. */
static uint32_t drift_cusum_skip(void *state, const void *settings, const float *x,
                                 uint32_t x_len) {
    ecm_drift_cusum_t *st = (ecm_drift_cusum_t *)state;
    const ecm_drift_cusum_cfg_t *cfg = (const ecm_drift_cusum_cfg_t *)settings;
    volatile float nothing = 0.0f; /* a constant would make maxima into branches */
    const float zero = nothing;
    float k = cfg->k, h = cfg->h, up = st->up, down = st->down;
    uint32_t up_since = st->up_since, down_since = st->down_since, i;
    uint32_t limit = ecm_bits_from_f32(h),
             over = 0;        /* its highest bit: a sum was beyond */
    if (up > h || down > h) { /* the last value raised an alarm */
        up = down = 0.0f;
        up_since = down_since = 0;
    }
    for (i = 0; i < x_len; i++) {
        uint32_t up_bits, down_bits;
        up = up + (x[i] - k);
        down = down - (x[i] + k);
        up = up > zero ? up : zero;
        down = down > zero ? down : zero;
        up_bits = ecm_bits_from_f32(up);
        down_bits = ecm_bits_from_f32(down);
        over |= (limit - up_bits) | (limit - down_bits);
        up_since = (up_since + 1U) & (0U - ((0U - up_bits) >> 31));
        down_since = (down_since + 1U) & (0U - ((0U - down_bits) >> 31));
    }
    if (over >> 31 != 0U) {
        return 0;
    }
    st->up = up;
    st->down = down;
    st->n += x_len;
    st->up_since = up_since;
    st->down_since = down_since;
    return x_len;
}

static float drift_cusum_ratio(const void *st, const void *cfg) {
    return ecm_drift_cusum_ratio_f32((const ecm_drift_cusum_t *)st,
                                     (const ecm_drift_cusum_cfg_t *)cfg);
}

const ecm_drift_kind_t ecm_drift_cusum_kind = {drift_cusum_check,
                                               drift_cusum_init,
                                               drift_cusum_update,
                                               drift_cusum_skip,
                                               drift_cusum_ratio,
                                               sizeof(ecm_drift_cusum_t),
                                               NULL};

float ecm_drift_scale_score_f32(float z) {
    float size = z < 0.0f ? -z : z;
    return (ecm_math_sqrt_f32(size) - 0.82217896f) * 2.8640915f;
}

ecm_status_t ecm_drift_scale_update_f32(ecm_drift_cusum_t *st,
                                        const ecm_drift_cusum_cfg_t *cfg, float z,
                                        uint32_t *alarm, uint32_t *since) {
    ecm_status_t status =
        ecm_drift_cusum_update_f32(st, cfg, ecm_drift_scale_score_f32(z), alarm, since);
    if (status == ECM_OK && *alarm != ECM_DRIFT_NONE) {
        *alarm = *alarm == ECM_DRIFT_UP ? ECM_DRIFT_WIDER : ECM_DRIFT_NARROWER;
    }
    return status;
}

static ecm_status_t drift_scale_update(void *st, const void *cfg, float x,
                                       uint32_t *alarm, uint32_t *since) {
    return ecm_drift_scale_update_f32(
        (ecm_drift_cusum_t *)st, (const ecm_drift_cusum_cfg_t *)cfg, x, alarm, since);
}

static uint32_t drift_scale_skip(void *st, const void *cfg, const float *x,
                                 uint32_t x_len) {
    float scores[ECM_DRIFT_BLOCK_LEN];
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        scores[i] = ecm_drift_scale_score_f32(x[i]);
    }
    return drift_cusum_skip(st, cfg, scores, x_len);
}

const ecm_drift_kind_t ecm_drift_scale_kind = {drift_cusum_check,
                                               drift_cusum_init,
                                               drift_scale_update,
                                               drift_scale_skip,
                                               drift_cusum_ratio,
                                               sizeof(ecm_drift_cusum_t),
                                               NULL};

/* A finite number less itself is 0, all others NaN; four sums side by side. */
static bool drift_all_finite(const float *x, uint32_t x_len) {
    float lanes[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i, whole = x_len & ~(uint32_t)3;
    for (i = 0; i < whole; i += 4U) {
        lanes[0] = lanes[0] + (x[i] - x[i]);
        lanes[1] = lanes[1] + (x[i + 1U] - x[i + 1U]);
        lanes[2] = lanes[2] + (x[i + 2U] - x[i + 2U]);
        lanes[3] = lanes[3] + (x[i + 3U] - x[i + 3U]);
    }
    for (; i < x_len; i++) {
        lanes[0] = lanes[0] + (x[i] - x[i]);
    }
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) == 0.0f;
}

ecm_status_t ecm_drift_run_f32(const ecm_drift_kind_t *kind, void *st, const void *cfg,
                               const float *x, uint32_t x_len,
                               ecm_drift_alarm_t *alarms, uint32_t alarms_len,
                               uint32_t *found, uint32_t *taken) {
    uint32_t i = 0, count = 0, what, since;
    ecm_status_t status;
    ECM_REQUIRE(kind != NULL && st != NULL && cfg != NULL && alarms != NULL &&
                    found != NULL && taken != NULL && (x != NULL || x_len == 0U),
                ECM_ERR_NULL);
    status = kind->check(st, cfg);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(alarms_len > 0U && drift_all_finite(x, x_len), ECM_ERR_ARG);
    while (i < x_len && count < alarms_len) {
        uint32_t len =
            x_len - i < ECM_DRIFT_BLOCK_LEN ? x_len - i : ECM_DRIFT_BLOCK_LEN;
        uint32_t end = i + len;
        uint32_t quiet = kind->skip != NULL ? kind->skip(st, cfg, x + i, len) : 0U;
        i += quiet;
        end = quiet > 0U && quiet < len ? i + 1U : end;
        for (what = ECM_DRIFT_NONE; i < end && what == ECM_DRIFT_NONE; i++) {
            (void)kind->update(st, cfg, x[i], &what, &since);
            what = what == ECM_DRIFT_WARNING ? (uint32_t)ECM_DRIFT_NONE : what;
        }
        if (what != ECM_DRIFT_NONE) {
            alarms[count].at = i - 1U;
            alarms[count].since = since;
            alarms[count++].what = what;
        }
    }
    *found = count;
    *taken = i;
    return i < x_len ? ECM_MORE : ECM_OK;
}
