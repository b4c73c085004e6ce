/* ecm_fixed.c - see ecm_fixed.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fixed.h"

#include "ecm_bits.h"
#include "ecm_poly.h"

#define FIXED_TOP 0x80000000U
#define FIXED_LOG2E_Q26 0x05c551d9
#define FIXED_INV_PI_Q32 0x517cc1b7U

static int16_t fixed_saturate_q15(int32_t x) {
    x = x < INT16_MIN ? INT16_MIN : x;
    return (int16_t)(x > INT16_MAX ? INT16_MAX : x);
}

static int32_t fixed_saturate_q31(int64_t x) {
    x = x < INT32_MIN ? INT32_MIN : x;
    return (int32_t)(x > INT32_MAX ? INT32_MAX : x);
}

static uint32_t fixed_magnitude(int32_t x) {
    return x < 0 ? 0U - (uint32_t)x : (uint32_t)x;
}

int16_t ecm_fixed_round_q15(int32_t x) {
    /* Half up in 17 bits from the floor, which an offset makes a shift of positives. */
    int32_t high = (int32_t)(((uint32_t)x ^ FIXED_TOP) >> 16) - 0x8000;
    return fixed_saturate_q15(high + (int32_t)(((uint32_t)x >> 15) & 1U));
}

int16_t ecm_fixed_add_q15(int16_t a, int16_t b) {
    return fixed_saturate_q15((int32_t)a + b);
}

int32_t ecm_fixed_add_q31(int32_t a, int32_t b) {
    return fixed_saturate_q31((int64_t)a + b);
}

int16_t ecm_fixed_sub_q15(int16_t a, int16_t b) {
    return fixed_saturate_q15((int32_t)a - b);
}

int32_t ecm_fixed_sub_q31(int32_t a, int32_t b) {
    return fixed_saturate_q31((int64_t)a - b);
}

int16_t ecm_fixed_mul_q15(int16_t a, int16_t b) {
    /* Twice the product is Q31; only -1 times -1 does not fit. */
    int32_t product = (int32_t)a * b;
    return product == 0x40000000 ? INT16_MAX : ecm_fixed_round_q15(product * 2);
}

int32_t ecm_fixed_mul_q31(int32_t a, int32_t b) {
    uint64_t product = (uint64_t)((int64_t)a * b + 0x40000000) >> 31;
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return ecm_bits_to_s32((uint32_t)product);
}

/* +-magnitude in 1 ... 2^31, of which +2^31 saturates. */
static int32_t fixed_signed_q31(uint32_t magnitude, bool negative) {
    if (negative) {
        return ecm_bits_to_s32(0U - magnitude);
    }
    return magnitude > INT32_MAX ? INT32_MAX : (int32_t)magnitude;
}

int16_t ecm_fixed_div_q15(int16_t n, int16_t d) {
    uint32_t un = fixed_magnitude(n), ud = fixed_magnitude(d), q;
    bool negative = (n < 0) != (d < 0);
    if (un >= ud) {
        if (n == 0) {
            return 0;
        }
        return negative ? INT16_MIN : INT16_MAX;
    }
    /* Half up is up for a positive quotient, and down in size for a negative one. */
    q = ((un << 16) + ud - (negative ? 1U : 0U)) / (2U * ud);
    return fixed_saturate_q15(negative ? -(int32_t)q : (int32_t)q);
}

int32_t ecm_fixed_div_q31(int32_t n, int32_t d) {
    uint32_t un = fixed_magnitude(n), ud = fixed_magnitude(d), q, zeros;
    bool negative = (n < 0) != (d < 0);
    if (un >= ud) {
        if (n == 0) {
            return 0;
        }
        return negative ? INT32_MIN : INT32_MAX;
    }
    zeros = ecm_port_clz_u32(ud);
    ud <<= zeros;
    q = ecm_bits_divide_u32(un << zeros, ud);
    /* One bit more than Q31; a tie, where no rest is left, goes up. */
    if ((q & 1U) != 0U && !(negative && q * ud == 0U)) {
        return fixed_signed_q31((q >> 1) + 1U, negative);
    }
    return fixed_signed_q31(q >> 1, negative);
}

ecm_status_t ecm_fixed_ratio_u32(uint32_t n, uint32_t d, uint32_t *ratio,
                                 int32_t *exponent) {
    uint32_t zeros_n, zeros_d;
    int32_t more;
    ECM_REQUIRE(ratio != NULL && exponent != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(n != 0U && d != 0U, ECM_ERR_ARG);
    zeros_n = ecm_port_clz_u32(n);
    zeros_d = ecm_port_clz_u32(d);
    *ratio = ecm_bits_ratio_u32(n << zeros_n, d << zeros_d, &more);
    *exponent = more + (int32_t)zeros_d - (int32_t)zeros_n;
    return ECM_OK;
}

/* floor(sqrt(x)) for x >= 2^62, and whether the root is nearer to the next integer. */
static uint32_t fixed_root(uint64_t x, bool *up) {
    uint32_t root, odd = (uint32_t)(x >> 63);
    uint32_t bits = ECM_BITS_ONE + odd * 0x00800000U;
    uint64_t rest;
    /* 24 bits by the port's float root, of a number cut to 24 bits and so too small. */
    bits |= (uint32_t)(x >> (39U + odd)) & 0x007fffffU;
    bits = ecm_bits_from_f32(ecm_port_sqrt_f32(ecm_bits_to_f32(bits)));
    root = ((bits << 8) | FIXED_TOP) - 0x100U;
    /* Newton from below: the rest is positive, and its quotient below 2^10. */
    rest = x - (uint64_t)root * root;
    root += (uint32_t)(rest >> 17) / ((root >> 16) + 1U);
    rest = x - (uint64_t)root * root;
    while (rest > 2U * (uint64_t)root) {
        rest -= 2U * (uint64_t)root + 1U;
        root++;
    }
    *up = rest > root;
    return root;
}

uint32_t ecm_fixed_sqrt_u64(uint64_t x) {
    uint32_t shift, half, root;
    bool up;
    if (x == 0U) {
        return 0;
    }
    (void)ecm_bits_leading_u64(x, &shift);
    half = shift >> 1;
    root = fixed_root(x << (2U * half), &up);
    if (half == 0U) {
        return root + (up && root != UINT32_MAX ? 1U : 0U);
    }
    /* The floor is enough to round from, once places are dropped. */
    return (root >> half) + ((root >> (half - 1U)) & 1U);
}

int16_t ecm_fixed_sqrt_q15(int16_t x) {
    return x <= 0 ? 0 : (int16_t)ecm_fixed_sqrt_u64((uint64_t)x << 15);
}

int32_t ecm_fixed_sqrt_q31(int32_t x) {
    return x <= 0 ? 0 : (int32_t)ecm_fixed_sqrt_u64((uint64_t)x << 31);
}

uint32_t ecm_fixed_magnitude_q15(const int16_t *x, uint32_t x_len) {
    uint64_t sum = 0;
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        sum += (uint32_t)((int32_t)x[i] * x[i]);
    }
    return ecm_fixed_sqrt_u64(sum);
}

uint32_t ecm_fixed_magnitude_q31(int32_t re, int32_t im) {
    uint64_t a = fixed_magnitude(re), b = fixed_magnitude(im);
    return ecm_fixed_sqrt_u64(a * a + b * b);
}

int32_t ecm_fixed_sin_q31(uint32_t phase) {
    uint32_t quadrant = (phase + 0x20000000U) >> 30, q = phase - (quadrant << 30), z;
    bool negative = q > 0x7fffffffU;
    q = (negative ? 0U - q : q) << 2; /* Q32 of a quarter turn, at most 1/2 */
    z = ecm_port_mulhi_u32(q, q);
    if ((quadrant & 1U) != 0U) {
        q = ecm_poly_cos_q31(z);
        negative = false;
    } else {
        q = ecm_port_mulhi_u32(q, ecm_poly_sin_q31(z));
    }
    return fixed_signed_q31(q, negative != ((quadrant & 2U) != 0U));
}

int32_t ecm_fixed_cos_q31(uint32_t phase) {
    return ecm_fixed_sin_q31(phase + 0x40000000U);
}

int16_t ecm_fixed_sin_q15(uint32_t phase) {
    return ecm_fixed_round_q15(ecm_fixed_sin_q31(phase));
}

int16_t ecm_fixed_cos_q15(uint32_t phase) {
    return ecm_fixed_round_q15(ecm_fixed_cos_q31(phase));
}

/* Angle of a point as phase. */
static uint32_t fixed_phase(int32_t y, int32_t x) {
    uint32_t uy = fixed_magnitude(y), ux = fixed_magnitude(x), small, large, zeros;
    bool steep = uy > ux;
    uint64_t turn = x < 0 ? 2U * ECM_POLY_HALF_PI_Q61 : 0U;
    ecm_poly_slope_t slope;
    small = steep ? ux : uy;
    large = steep ? uy : ux;
    if (large == 0U) {
        return 0;
    }
    zeros = ecm_port_clz_u32(large);
    if (zeros >= 3U) {
        small <<= zeros - 3U;
        large <<= zeros - 3U;
    } else { /* 29 bits of the larger one are as much as the result shows */
        zeros = 3U - zeros;
        small = (small + ((1U << zeros) >> 1)) >> zeros;
        large >>= zeros;
        small = small > large ? large : small;
    }
    slope = ecm_poly_slope(small, large, 0);
    turn = ecm_poly_angle_q61(&slope, steep ? ECM_POLY_HALF_PI_Q61 : turn,
                              steep != (x < 0));
    /* Q31 of a radian times Q32 of 1/pi, at most 2^63. */
    turn = ((turn >> 30) * FIXED_INV_PI_Q32 + 0x80000000U) >> 32;
    return y < 0 ? 0U - (uint32_t)turn : (uint32_t)turn;
}

int32_t ecm_fixed_atan2_q31(int32_t y, int32_t x) {
    return ecm_bits_to_s32(fixed_phase(y, x));
}

int16_t ecm_fixed_atan2_q15(int16_t y, int16_t x) {
    uint32_t phase = (fixed_phase(y, x) + 0x8000U) >> 16;
    return (int16_t)((int32_t)((phase & 0xffffU) ^ 0x8000U) - 0x8000);
}

int32_t ecm_fixed_log2_q16(uint32_t x) {
    uint32_t zeros, bits;
    int32_t k, log;
    if (x == 0U) {
        return INT32_MIN;
    }
    zeros = ecm_port_clz_u32(x);
    bits = ECM_BITS_ONE | (((x << zeros) >> 8) & 0x007fffffU);
    k = (int32_t)((bits + ECM_POLY_LN_PLACE) >> 23) - 112 - (int32_t)zeros;
    log = ecm_port_mulhi_s32(ecm_poly_ln_q32(bits), FIXED_LOG2E_Q26);
    return ecm_bits_floor_s32(k * ((int32_t)1 << 26) + log + (1 << 9), 10);
}

uint32_t ecm_fixed_exp2_q16(int32_t x) {
    uint32_t y, shift;
    if (x >= 16 * 65536) {
        return UINT32_MAX;
    }
    if (x < -17 * 65536) {
        return 0;
    }
    y = ecm_poly_exp2_q31((uint32_t)x << 16);
    /* 2^(whole part) moves Q31 down to Q16, by 0 ... 32 places. */
    shift = 15U - (((uint32_t)(x + 17 * 65536) >> 16) - 17U);
    if (shift == 0U) {
        return y;
    }
    y >>= shift - 1U;
    return (y >> 1) + (y & 1U);
}
