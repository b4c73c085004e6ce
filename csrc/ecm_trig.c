/* ecm_trig.c - see ecm_trig.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_trig.h"

#include "ecm_bits.h"
#include "ecm_poly.h"

#define TRIG_HALF_PI_Q61 0x3243f6a8885a308dU
#define TRIG_SMALL 0x39800000U /* 2^-12: x is the sine nearest to x, 1 the cosine */

/* 2/pi behind 64 zeros, so that the product with any exponent finds its 96 bits. */
static const uint32_t trig_two_over_pi[9] = {
    0x00000000U, 0x00000000U, 0xa2f9836eU, 0x4e441529U, 0xfc2757d1U,
    0xf534ddc0U, 0xdb629599U, 0x3c439041U, 0xfe5163abU};

/* An angle as quadrant and |q| <= 1/2 of a quarter turn: x = pi/2 (quadrant +- q). */
typedef struct {
    uint64_t q; /* Q62 */
    uint32_t z; /* q^2, Q32 */
    uint32_t quadrant;
    bool negative;
} trig_angle_t;

/* Reduce a finite |x| >= 2^-12. Multiples of a whole turn are left out of the product
 * before it is formed, so a huge angle costs no more than a small one. */
static trig_angle_t trig_reduce(uint32_t magnitude) {
    trig_angle_t angle;
    uint32_t m = (magnitude & 0x007fffffU) | 0x00800000U, shift, high, w[3], i;
    uint32_t place = (magnitude >> 23) - 88U;
    const uint32_t *from = trig_two_over_pi + (place >> 5);
    uint64_t q;
    shift = place & 31U;
    for (i = 0; i < 3U; i++) {
        w[i] = (from[i] << shift) | ((from[i + 1U] >> 1) >> (31U - shift));
    }
    /* 2/pi is cut 2^-70 below the quarter turn at the latest. No float is nearer to a
     * multiple of pi/2 than 2^-30 of one, so 40 bits of the difference are right. */
    q = (uint64_t)m * w[1] + (((uint64_t)m * w[2]) >> 32);
    q += (uint64_t)(m * w[0]) << 32;
    angle.quadrant = ((uint32_t)(q >> 32) + 0x20000000U) >> 30;
    q -= (uint64_t)angle.quadrant << 62;
    angle.negative = (q >> 63) != 0U;
    angle.q = angle.negative ? 0U - q : q;
    high = (uint32_t)(angle.q >> 30);
    angle.z = ecm_port_mulhi_u32(high, high);
    return angle;
}

/* Bits of sin(pi/2 q), q > 0. */
static uint32_t trig_sine(const trig_angle_t *angle) {
    uint32_t shift, m = ecm_bits_leading_u64(angle->q, &shift);
    m = ecm_port_mulhi_u32(m, ecm_poly_sin_q31(angle->z));
    /* The factor is sqrt(2) ... pi/2, so at most one place is missing at the top. */
    if (m < ECM_BITS_SIGN) {
        m <<= 1;
        shift++;
    }
    return ecm_bits_join(m, 2 - (int32_t)shift);
}

/* Bits of cos(pi/2 q). */
static uint32_t trig_cosine(const trig_angle_t *angle) {
    uint32_t m = ecm_poly_cos_q31(angle->z);
    /* 0.7 ... 1, so never subnormal; below 1 one place is missing at the top. */
    if (m < ECM_BITS_SIGN) {
        return ECM_BITS_ONE - 0x01000000U + (m >> 7) + ((m >> 6) & 1U);
    }
    return ECM_BITS_ONE;
}

/* Bits of the sine of an angle that lies so many quadrants further on. */
static uint32_t trig_turned(const trig_angle_t *angle, uint32_t further) {
    uint32_t quadrant = angle->quadrant + further;
    uint32_t sign = (quadrant & 2U) << 30;
    if ((quadrant & 1U) != 0U) {
        return sign ^ trig_cosine(angle);
    }
    return sign ^ trig_sine(angle) ^ (angle->negative ? ECM_BITS_SIGN : 0U);
}

float ecm_trig_sin_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x), magnitude = bits & ~ECM_BITS_SIGN;
    trig_angle_t angle;
    if (magnitude < TRIG_SMALL) {
        return x;
    }
    if (magnitude >= ECM_BITS_INFINITY) {
        return ecm_bits_to_f32(ECM_BITS_NAN);
    }
    angle = trig_reduce(magnitude);
    return ecm_bits_to_f32(trig_turned(&angle, 0) ^ (bits & ECM_BITS_SIGN));
}

float ecm_trig_cos_f32(float x) {
    uint32_t magnitude = ecm_bits_from_f32(x) & ~ECM_BITS_SIGN;
    trig_angle_t angle;
    if (magnitude < TRIG_SMALL) {
        return 1.0f;
    }
    if (magnitude >= ECM_BITS_INFINITY) {
        return ecm_bits_to_f32(ECM_BITS_NAN);
    }
    angle = trig_reduce(magnitude);
    return ecm_bits_to_f32(trig_turned(&angle, 1));
}

ecm_status_t ecm_trig_sincos_f32(float x, float *s, float *c) {
    uint32_t bits = ecm_bits_from_f32(x), magnitude = bits & ~ECM_BITS_SIGN;
    trig_angle_t angle;
    ECM_REQUIRE(s != NULL && c != NULL, ECM_ERR_NULL);
    if (magnitude < TRIG_SMALL) {
        *s = x;
        *c = 1.0f;
    } else if (magnitude >= ECM_BITS_INFINITY) {
        *s = ecm_bits_to_f32(ECM_BITS_NAN);
        *c = ecm_bits_to_f32(ECM_BITS_NAN);
    } else {
        angle = trig_reduce(magnitude);
        *s = ecm_bits_to_f32(trig_turned(&angle, 0) ^ (bits & ECM_BITS_SIGN));
        *c = ecm_bits_to_f32(trig_turned(&angle, 1));
    }
    return ECM_OK;
}

/* atan(y / x) = atan(i / 4) +- m * 2^(exponent - 31), m normalised or 0. */
typedef struct {
    uint32_t m;
    int32_t exponent;
    uint32_t i;
    bool below;
} trig_slope_t;

/* Slope of 0 < y <= x, both finite, given by their bits. */
static trig_slope_t trig_slope(uint32_t y, uint32_t x) {
    trig_slope_t slope;
    int32_t ey, ex;
    uint32_t n = ecm_bits_split(y, &ey), d = ecm_bits_split(x, &ex), zeros, q;
    slope.i = 0;
    slope.below = false;
    slope.exponent = ey - ex;
    if (slope.exponent > -4) {
        /* At a common exponent, turn by the nearest atan(i / 4). All below 2^30. */
        uint32_t y4 = n << 2, wide = d << (uint32_t)(-slope.exponent);
        slope.i = (y4 * 2U > wide) + (y4 * 2U > 3U * wide) + (y4 * 2U > 5U * wide) +
                  (y4 * 2U > 7U * wide);
        slope.below = y4 < slope.i * wide;
        d = 4U * wide + slope.i * n;
        n = slope.below ? slope.i * wide - y4 : y4 - slope.i * wide;
        slope.exponent = 0;
        if (n == 0U) {
            slope.m = 0;
            return slope;
        }
    }
    zeros = ecm_port_clz_u32(d);
    d <<= zeros;
    slope.exponent += (int32_t)zeros;
    zeros = ecm_port_clz_u32(n);
    n <<= zeros;
    slope.exponent -= (int32_t)zeros;
    q = ecm_bits_ratio_u32(n, d, &ey);
    slope.exponent += ey;
    /* Now |y / x| = q * 2^(exponent - 31) <= 1/8. */
    n = slope.exponent > -32 ? q >> (uint32_t)(-1 - slope.exponent) : 0U;
    slope.m = q - ecm_port_mulhi_u32(q, ecm_poly_atan_q32(n));
    if (slope.m < ECM_BITS_SIGN) {
        slope.m <<= 1;
        slope.exponent--;
    }
    return slope;
}

/* Bits of the angle turn + sign * slope, turn a multiple of pi/2 in Q61. */
static uint32_t trig_angle(const trig_slope_t *slope, uint64_t turn, bool minus) {
    uint64_t sum = turn, part = 0;
    uint32_t shift, m;
    if (turn == 0U && slope->i == 0U) {
        return slope->m == 0U ? 0U : ecm_bits_join(slope->m, slope->exponent);
    }
    sum += minus ? 0U - ecm_poly_atan_step[slope->i] : ecm_poly_atan_step[slope->i];
    if (slope->exponent > -62) {
        part = ((uint64_t)slope->m << 30) >> (uint32_t)(-slope->exponent);
    }
    sum += minus != slope->below ? 0U - part : part;
    m = ecm_bits_leading_u64(sum, &shift);
    return ecm_bits_join(m, 2 - (int32_t)shift);
}

float ecm_trig_atan2_f32(float y, float x) {
    uint32_t sign = ecm_bits_from_f32(y) & ECM_BITS_SIGN;
    uint32_t uy = ecm_bits_from_f32(y) ^ sign;
    uint32_t ux = ecm_bits_from_f32(x) & ~ECM_BITS_SIGN;
    bool left = (ecm_bits_from_f32(x) & ECM_BITS_SIGN) != 0U, steep = uy > ux;
    uint32_t small = steep ? ux : uy, large = steep ? uy : ux;
    trig_slope_t slope = {0, 0, 0, false};
    uint64_t turn = 0;
    if (large > ECM_BITS_INFINITY) {
        return ecm_bits_to_f32(ECM_BITS_NAN);
    }
    if (small == ECM_BITS_INFINITY) {
        slope.i = 4;
    } else if (small != 0U && large != ECM_BITS_INFINITY) {
        slope = trig_slope(small, large);
    }
    if (steep) {
        turn = TRIG_HALF_PI_Q61;
    } else if (left) {
        turn = 2U * TRIG_HALF_PI_Q61;
    }
    return ecm_bits_to_f32(sign | trig_angle(&slope, turn, steep != left));
}
