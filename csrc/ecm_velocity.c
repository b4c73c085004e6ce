/* ecm_velocity.c - see ecm_velocity.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_velocity.h"

#include "ecm_math.h"

static bool velocity_is_valid(const ecm_velocity_cfg_f32_t *cfg) {
    float room = 1.0f + cfg->a2;
    return cfg->c1 > 0.0f && cfg->c2 > 0.0f && 2.0f * cfg->c1 + cfg->c2 < 4.0f &&
           cfg->a2 > -1.0f && cfg->a2 < 1.0f && cfg->a1 > -room && cfg->a1 < room &&
           ecm_math_isfinite_f32(cfg->b1) && cfg->gain > 0.0f &&
           ecm_math_isfinite_f32(cfg->gain) && cfg->settle_len >= 1U &&
           cfg->block_len >= 1U &&
           (cfg->factor == 1U || cfg->factor == 2U || cfg->factor == 4U);
}

ecm_status_t ecm_velocity_init_f32(ecm_velocity_f32_t *st,
                                   const ecm_velocity_cfg_f32_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(velocity_is_valid(cfg), ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* As if x had been there for ever. */
static void velocity_start(ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg,
                           float x) {
    st->half[0] = x;
    st->half[1] = x;
    st->half[2] = 8.0f * x;
    st->half[3] = 8.0f * x;
    st->base = cfg->factor == 1U ? x : cfg->factor == 2U ? 8.0f * x : 64.0f * x;
    st->left = cfg->settle_len;
}

/* What changes with each output: plain variables, which a compiler keeps in registers.
 */
typedef struct {
    float v, p, s1, s2, sum;
} velocity_sections_t;

/* The sections, at the lower rate. */
static inline void velocity_output(velocity_sections_t *st,
                                   const ecm_velocity_cfg_f32_t *cfg, float u) {
    float y;
    st->v += (u - cfg->c1 * st->v) - cfg->c2 * st->p;
    st->p += st->v;
    y = st->v + st->s1;
    st->s1 = (cfg->b1 * st->v - cfg->a1 * y) + st->s2;
    st->s2 = -(cfg->a2 * y);
    st->sum += y * y;
}

/* One output of a halving, of the inputs a and b and the two before them. */
static inline float velocity_half(float *before_a, float *before_b, float a, float b) {
    float u = (*before_a + b) + 3.0f * (*before_b + a);
    *before_a = a;
    *before_b = b;
    return u;
}

/* Two outputs from the four samples before them, by two halvings each. */
typedef struct {
    float a0, a1, b0, b1; /* last pair before the first, the second halving */
} velocity_half_t;

static inline float velocity_quarter(velocity_half_t *st, const float *x) {
    ecm_port_pair_f32_t first = ecm_port_load2_f32(x);
    ecm_port_pair_f32_t second = ecm_port_load2_f32(x + 2);
    float u = velocity_half(&st->a0, &st->a1, first.a, first.b);
    float w = velocity_half(&st->a0, &st->a1, second.a, second.b);
    return velocity_half(&st->b0, &st->b1, u, w);
}

/* Pairs of outputs: what a loop carries on in other registers need not be moved. */
static ECM_PORT_FLATTEN const float *velocity_run(ecm_velocity_f32_t *st,
                                                  const ecm_velocity_cfg_f32_t *given,
                                                  const float *x, uint32_t pairs) {
    const ecm_velocity_cfg_f32_t cfg = *given;
    velocity_sections_t to = {st->v, st->p, st->s1, st->s2, st->sum};
    velocity_half_t half = {st->half[0], st->half[1], st->half[2], st->half[3]};
    const float base = st->base;
    if (cfg.factor == 4U) {
        for (; pairs > 0U; pairs--) {
            velocity_output(&to, &cfg, velocity_quarter(&half, x) - base);
            velocity_output(&to, &cfg, velocity_quarter(&half, x + 4) - base);
            x += 8;
        }
    } else if (cfg.factor == 2U) {
        for (; pairs > 0U; pairs--) {
            ecm_port_pair_f32_t a = ecm_port_load2_f32(x);
            ecm_port_pair_f32_t b = ecm_port_load2_f32(x + 2);
            float u = velocity_half(&half.a0, &half.a1, a.a, a.b);
            float w = velocity_half(&half.a0, &half.a1, b.a, b.b);
            velocity_output(&to, &cfg, u - base);
            velocity_output(&to, &cfg, w - base);
            x += 4;
        }
    } else {
        for (; pairs > 0U; pairs--) {
            ecm_port_pair_f32_t a = ecm_port_load2_f32(x);
            velocity_output(&to, &cfg, a.a - base);
            velocity_output(&to, &cfg, a.b - base);
            x += 2;
        }
    }
    st->half[0] = half.a0;
    st->half[1] = half.a1;
    st->half[2] = half.b0;
    st->half[3] = half.b1;
    st->v = to.v;
    st->p = to.p;
    st->s1 = to.s1;
    st->s2 = to.s2;
    st->sum = to.sum;
    return x;
}

static void velocity_end_block(ecm_velocity_f32_t *st,
                               const ecm_velocity_cfg_f32_t *cfg) {
    if (st->blocks > 0U) {
        st->block[st->at] = st->sum;
        st->at = (st->at + 1U) % (uint32_t)ECM_VELOCITY_BLOCKS;
    }
    if (st->blocks <= (uint32_t)ECM_VELOCITY_BLOCKS) {
        st->blocks++;
    }
    st->sum = 0.0f;
    st->left = cfg->block_len;
}

static void velocity_pairs(ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg,
                           const float *x, uint32_t pairs) {
    while (pairs > 0U) {
        uint32_t n = pairs < st->left ? pairs : st->left;
        x = velocity_run(st, cfg, x, n);
        pairs -= n;
        st->left -= n;
        if (st->left == 0U) {
            velocity_end_block(st, cfg);
        }
    }
}

ecm_status_t ecm_velocity_update_f32(ecm_velocity_f32_t *st,
                                     const ecm_velocity_cfg_f32_t *cfg, const float *x,
                                     uint32_t x_len) {
    uint32_t pair_len, n;
    ECM_REQUIRE(st != NULL && cfg != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    pair_len = 2U * cfg->factor;
    if (x_len > 0U && st->left == 0U) {
        velocity_start(st, cfg, x[0]);
    }
    while (x_len > 0U) {
        if (st->wait_len == 0U && x_len >= pair_len) {
            n = x_len / pair_len;
            velocity_pairs(st, cfg, x, n);
            n *= pair_len;
        } else { /* a sample that waits for the others of its pair of outputs */
            n = 1;
            st->wait[st->wait_len++] = x[0];
            if (st->wait_len == pair_len) {
                velocity_pairs(st, cfg, st->wait, 1);
                st->wait_len = 0;
            }
        }
        x += n;
        x_len -= n;
    }
    return ECM_OK;
}

ecm_status_t ecm_velocity_rms_f32(const ecm_velocity_f32_t *st,
                                  const ecm_velocity_cfg_f32_t *cfg, float *rms) {
    float sum;
    ECM_REQUIRE(st != NULL && cfg != NULL && rms != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->blocks > (uint32_t)ECM_VELOCITY_BLOCKS, ECM_MORE);
    sum = ecm_math_sum_f32(st->block, ECM_VELOCITY_BLOCKS);
    sum /= 2.0f * (float)ECM_VELOCITY_BLOCKS * (float)cfg->block_len;
    *rms = cfg->gain * ecm_port_sqrt_f32(sum);
    return ECM_OK;
}
