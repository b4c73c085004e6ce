/* ecm_trig.c - see ecm_trig.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_trig.h"

#include "ecm_bits.h"
#include "ecm_poly.h"

#define TRIG_SMALL 0x39800000U /* 2^-12: x is the sine nearest to x, 1 the cosine */

/* 2/pi behind 64 zeros, so that the product with any exponent finds its 96 bits. */
static const uint32_t trig_two_over_pi[9] = {0x00000000U, 0x00000000U, 0xa2f9836eU,
                                             0x4e441529U, 0xfc2757d1U, 0xf534ddc0U,
                                             0xdb629599U, 0x3c439041U, 0xfe5163abU};

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
    uint32_t m = (magnitude & 0x007fffffU) | 0x00800000U, high, w0, w1, w2;
    uint32_t place = (magnitude >> 23) - 88U, left = place & 31U, right = 31U - left;
    const uint32_t *from = trig_two_over_pi + (place >> 5);
    uint64_t q;
    w0 = (from[0] << left) | ((from[1] >> 1) >> right);
    w1 = (from[1] << left) | ((from[2] >> 1) >> right);
    w2 = (from[2] << left) | ((from[3] >> 1) >> right);
    /* 2/pi is cut 2^-70 below the quarter turn at the latest. No float is nearer to a
     * multiple of pi/2 than 2^-30 of one, so 40 bits of the difference are right. */
    q = (uint64_t)m * w1 + ecm_port_mulhi_u32(m, w2);
    q += (uint64_t)(m * w0) << 32;
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
    return ecm_bits_join_normal(m, 2 - (int32_t)shift);
}

/* Bits of cos(pi/2 q). */
static uint32_t trig_cosine(const trig_angle_t *angle) {
    uint32_t m = ecm_poly_cos_q31(angle->z);
    /* 0.7 ... 1, so never subnormal; below 1 one place is missing at the top. */
    if (m < ECM_BITS_SIGN) {
        return ecm_bits_join_normal(m << 1, -1);
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

/* Slope of 0 < y <= x, both finite, given by their bits. */
static ecm_poly_slope_t trig_slope(uint32_t y, uint32_t x) {
    int32_t ey, ex;
    uint32_t n = ecm_bits_split(y, &ey), d = ecm_bits_split(x, &ex);
    if (ex - ey < 4) { /* at a common exponent */
        return ecm_poly_slope(n, d << (uint32_t)(ex - ey), 0);
    }
    return ecm_poly_slope(n, d, ey - ex);
}

float ecm_trig_atan2_f32(float y, float x) {
    uint32_t sign = ecm_bits_from_f32(y) & ECM_BITS_SIGN, m, shift;
    uint32_t uy = ecm_bits_from_f32(y) ^ sign;
    uint32_t ux = ecm_bits_from_f32(x) & ~ECM_BITS_SIGN;
    bool left = (ecm_bits_from_f32(x) & ECM_BITS_SIGN) != 0U, steep = uy > ux;
    uint32_t small = steep ? ux : uy, large = steep ? uy : ux;
    ecm_poly_slope_t slope = {0, 0, 0, false};
    uint64_t turn = left ? 2U * ECM_POLY_HALF_PI_Q61 : 0U;
    if (large > ECM_BITS_INFINITY) {
        return ecm_bits_to_f32(ECM_BITS_NAN);
    }
    if (small == ECM_BITS_INFINITY) {
        slope.i = 4;
    } else if (small != 0U && large != ECM_BITS_INFINITY) {
        slope = trig_slope(small, large);
    }
    if (steep) {
        turn = ECM_POLY_HALF_PI_Q61;
    }
    if (turn == 0U && slope.i == 0U) { /* small angles keep all bits */
        m = slope.m == 0U ? 0U : ecm_bits_join(slope.m, slope.exponent);
        return ecm_bits_to_f32(sign | m);
    }
    turn = ecm_poly_angle_q61(&slope, turn, steep != left);
    m = ecm_bits_leading_u64(turn, &shift);
    return ecm_bits_to_f32(sign | ecm_bits_join_normal(m, 2 - (int32_t)shift));
}
