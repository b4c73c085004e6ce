/* ecm_velocity_q15.c - see ecm_velocity_q15.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_velocity_q15.h"

#include "ecm_fixed.h"
#include "port/ecm_port_q15.h"

#define Q14 ((int32_t)1 << 14)

static uint16_t velocity_q15_up_max(uint16_t factor) {
    return factor == 1U ? 14U : factor == 2U ? 11U : 8U;
}

static bool velocity_q15_is_valid(const ecm_velocity_q15_cfg_t *cfg) {
    int32_t room = Q14 + cfg->a2;
    return cfg->c1 >= Q14 && cfg->c2 >= Q14 && cfg->c1_shift <= 15U &&
           cfg->c2_shift <= 31U && cfg->a2 > -Q14 && cfg->a2 < Q14 && cfg->a1 > -room &&
           cfg->a1 < room &&
           (cfg->factor == 1U || cfg->factor == 2U || cfg->factor == 4U) &&
           cfg->up <= velocity_q15_up_max(cfg->factor) && cfg->settle_len >= 1U &&
           cfg->block_len >= 1U && cfg->block_len <= (uint32_t)1 << 16;
}

ecm_status_t ecm_velocity_q15_init(ecm_velocity_q15_t *st,
                                   const ecm_velocity_q15_cfg_t *cfg) {
    ECM_REQUIRE(st != NULL && cfg != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(velocity_q15_is_valid(cfg), ECM_ERR_ARG);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

/* As if x had been there for ever. */
static void velocity_q15_start(ecm_velocity_q15_t *st,
                               const ecm_velocity_q15_cfg_t *cfg, int32_t x) {
    st->half[0] = x;
    st->half[1] = x;
    st->half[2] = 8 * x;
    st->half[3] = 8 * x;
    st->base = cfg->factor == 1U ? x : cfg->factor == 2U ? 8 * x : 64 * x;
    st->left = cfg->settle_len;
}

/* floor(a b / 2^16) */
static int32_t velocity_q15_mul(int32_t a, int16_t b) {
    return ecm_port_mul_low_q15(a, (uint16_t)b);
}

static int32_t velocity_q15_clamp(int64_t x, int32_t most) {
    return x > most ? most : x < -most ? -most : (int32_t)x;
}

/* The sections and the square, at the lower rate. */
static void velocity_q15_output(ecm_velocity_q15_t *st,
                                const ecm_velocity_q15_cfg_t *cfg, int32_t u) {
    int32_t v = st->v, y;
    uint32_t size;
    int64_t e = (u - st->base) * ((int32_t)1 << cfg->up);
    e -= velocity_q15_mul(v, cfg->c1) >> cfg->c1_shift;
    e -= st->q >> cfg->c2_shift;
    v = velocity_q15_clamp(v + e, INT32_MAX);
    st->q += velocity_q15_mul(v, cfg->c2);
    y = velocity_q15_mul(v, cfg->b0) + velocity_q15_mul(st->v, cfg->b1);
    e = (int64_t)y - velocity_q15_mul(st->y1, cfg->a1) -
        velocity_q15_mul(st->y2, cfg->a2);
    y = 4 * velocity_q15_clamp(e, INT32_MAX / 4);
    st->v = v;
    st->y2 = st->y1;
    st->y1 = y;
    size = ((y < 0 ? 0U - (uint32_t)y : (uint32_t)y) + 128U) >> 8;
    st->sum += (uint64_t)size * size;
    st->left--;
}

static void velocity_q15_end_block(ecm_velocity_q15_t *st,
                                   const ecm_velocity_q15_cfg_t *cfg) {
    if (st->blocks > 0U) { /* not the settling one */
        st->block[st->at] = st->sum;
        st->at = (st->at + 1U) % (uint32_t)ECM_VELOCITY_Q15_BLOCKS;
    }
    if (st->blocks <= (uint32_t)ECM_VELOCITY_Q15_BLOCKS) {
        st->blocks++;
    }
    st->sum = 0;
    st->left = cfg->block_len;
}

/* One output of a halving, of the inputs a and b and the two before them. */
static int32_t velocity_q15_half(int32_t *before, int32_t a, int32_t b) {
    int32_t u = (before[0] + b) + 3 * (before[1] + a);
    before[0] = a;
    before[1] = b;
    return u;
}

/* The samples of one output. */
static void velocity_q15_samples(ecm_velocity_q15_t *st,
                                 const ecm_velocity_q15_cfg_t *cfg, const int16_t *x) {
    int32_t u = x[0];
    if (cfg->factor > 1U) {
        u = velocity_q15_half(st->half, x[0], x[1]);
    }
    if (cfg->factor > 2U) {
        u = velocity_q15_half(st->half + 2, u, velocity_q15_half(st->half, x[2], x[3]));
    }
    velocity_q15_output(st, cfg, u);
    if (st->left == 0U) {
        velocity_q15_end_block(st, cfg);
    }
}

ecm_status_t ecm_velocity_q15_update(ecm_velocity_q15_t *st,
                                     const ecm_velocity_q15_cfg_t *cfg,
                                     const int16_t *x, uint32_t x_len) {
    ECM_REQUIRE(st != NULL && cfg != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    if (x_len > 0U && st->left == 0U) {
        velocity_q15_start(st, cfg, x[0]);
    }
    for (; x_len > 0U && st->wait_len > 0U; x_len--) { /* the rest of a begun output */
        st->wait[st->wait_len++] = *x++;
        if (st->wait_len == cfg->factor) {
            velocity_q15_samples(st, cfg, st->wait);
            st->wait_len = 0;
        }
    }
    for (; x_len >= cfg->factor; x_len -= cfg->factor) {
        velocity_q15_samples(st, cfg, x);
        x += cfg->factor;
    }
    for (; x_len > 0U; x_len--) {
        st->wait[st->wait_len++] = *x++;
    }
    return ECM_OK;
}

ecm_status_t ecm_velocity_q15_rms(const ecm_velocity_q15_t *st,
                                  const ecm_velocity_q15_cfg_t *cfg, uint32_t *rms) {
    uint64_t mean = 0;
    uint32_t i;
    ECM_REQUIRE(st != NULL && cfg != NULL && rms != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(st->blocks > (uint32_t)ECM_VELOCITY_Q15_BLOCKS, ECM_MORE);
    for (i = 0; i < (uint32_t)ECM_VELOCITY_Q15_BLOCKS; i++) {
        mean += st->block[i] / cfg->block_len;
    }
    mean /= (uint64_t)ECM_VELOCITY_Q15_BLOCKS;
    /* Squares of y / 256 below 2^46; their root in counts of y, 2^8 more. */
    *rms = ecm_port_mulhi_u32(ecm_fixed_sqrt_u64(mean << 16), cfg->gain);
    return ECM_OK;
}
