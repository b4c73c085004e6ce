/* ecm_poly.h - the approximations that the float and the fixed-point functions share.
 *
 * All in 32-bit fractions, Qn meaning n bits after the point. Coefficients are
 * magnitudes, and signs alternate as written here, so that every product is unsigned.
 * ecm_poly.py calculates them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_POLY_H
#define ECM_POLY_H

#include "ecm_bits.h"

ECM_EXTERN_C_BEGIN

#define ECM_POLY_HALF_PI_Q61 0x3243f6a8885a308dU
#define ECM_POLY_THIRD_Q30 0x15555555

extern const uint32_t ecm_poly_sin[5];         /* Q31, sin(pi/2 q) / q in q^2 */
extern const uint32_t ecm_poly_cos[4];         /* Q31, (1 - cos(pi/2 q)) / q^2 */
extern const uint32_t ecm_poly_exp2[4];        /* Q35, (2^(u/8) - 1) / u */
extern const uint32_t ecm_poly_exp2_step[8];   /* Q31, 2^(i/8) rounded down */
extern const uint32_t ecm_poly_ln[2];          /* (ln(1 + f) - f + f^2/2) / f^3 */
extern const uint32_t ecm_poly_ln_near_1[3];   /* Q30, Q29, Q28 of the same */
extern const uint16_t ecm_poly_ln_inverse[32]; /* 1 / c, Q9; from c > 1 on Q10 */
extern const int32_t ecm_poly_ln_step[32];     /* Q32, ln(c) */
extern const uint32_t ecm_poly_atan[3];        /* Q32, in 16 q^2 */
extern const uint64_t ecm_poly_atan_step[5];   /* Q61, atan(i / 4) */
extern const uint32_t ecm_poly_tanh[4];        /* Q32, in 8 x^2 */

/* sin(pi/2 q) / q in Q31 for 0 <= q <= 1/2, from z = q^2 in Q32. Error 2^-30.4. */
static inline uint32_t ecm_poly_sin_q31(uint32_t z) {
    const uint32_t *c = ecm_poly_sin;
    uint32_t y = c[3] - ecm_port_mulhi_u32(z, c[4]);
    y = c[2] - ecm_port_mulhi_u32(z, y);
    y = c[1] - ecm_port_mulhi_u32(z, y);
    return c[0] - ecm_port_mulhi_u32(z, y);
}

/* cos(pi/2 q) in Q31 for 0 <= q <= 1/2, from z = q^2 in Q32. */
static inline uint32_t ecm_poly_cos_q31(uint32_t z) {
    const uint32_t *c = ecm_poly_cos;
    uint32_t y = c[2] - ecm_port_mulhi_u32(z, c[3]);
    y = c[1] - ecm_port_mulhi_u32(z, y);
    y = c[0] - ecm_port_mulhi_u32(z, y);
    return 0x80000000U - ecm_port_mulhi_u32(z, y);
}

/* 2^f in Q31, so 1 <= y < 2 and normalised, from 0 <= f < 1 in Q32. */
static inline uint32_t ecm_poly_exp2_q31(uint32_t f) {
    const uint32_t *c = ecm_poly_exp2;
    uint32_t step = ecm_poly_exp2_step[f >> 29], u = f << 3;
    uint32_t y = c[2] + ecm_port_mulhi_u32(u, c[3]);
    y = c[1] + ecm_port_mulhi_u32(u, y);
    y = c[0] + ecm_port_mulhi_u32(u, y);
    return step + (ecm_port_mulhi_u32(step, ecm_port_mulhi_u32(u, y)) >> 3);
}

/* A positive normal float is 2^k z with z in 0.6875 ... 1.375, so that nothing cancels
 * around 1: k + 127 is at the top of the bits and this, and z's 32nd of an octave
 * follows. */
#define ECM_POLY_LN_PLACE 0x00500000U

/* z / c = 1 + f for the nearest c of the table, exactly, in Q33: the whole part of the
 * product leaves at the top. |f| <= 2^-6. */
static inline int32_t ecm_poly_ln_rest_q33(uint32_t bits, uint32_t i) {
    uint32_t m = (bits & 0x007fffffU) | 0x00800000U;
    return ecm_bits_to_s32(m * ecm_poly_ln_inverse[i]);
}

static inline uint32_t ecm_poly_ln_index(uint32_t bits) {
    return ((bits + ECM_POLY_LN_PLACE) >> 18) & 31U;
}

/* ln(z) of these bits in Q32. The error is 2^-31. */
static inline int32_t ecm_poly_ln_q32(uint32_t bits) {
    uint32_t i = ecm_poly_ln_index(bits);
    int32_t f = ecm_poly_ln_rest_q33(bits, i), y;
    y = (int32_t)ecm_poly_ln[0] - ecm_port_mulhi_s32(f, (int32_t)ecm_poly_ln[1]);
    y = ecm_port_mulhi_s32(f, y) - 0x40000000;
    f += ecm_port_mulhi_s32(f, ecm_port_mulhi_s32(f, y));
    return ecm_poly_ln_step[i] + ecm_bits_floor_s32(f, 1);
}

/* ln(1 + f) / f - 1 in Q32 for -1/64 <= f <= 1/32 in Q33. */
static inline int32_t ecm_poly_ln_near_1_q32(int32_t f) {
    const uint32_t *c = ecm_poly_ln_near_1;
    int32_t y = (int32_t)c[1] - ecm_port_mulhi_s32(f, (int32_t)c[2]);
    y = (int32_t)c[0] - ecm_port_mulhi_s32(f, y);
    y = ecm_port_mulhi_s32(f, y) - 0x40000000;
    return ecm_port_mulhi_s32(f, y);
}

/* log2 in Q23 of a positive normal float, given by its bits: at most 1.1 2^-23 too
 * small and 0.2 2^-23 too large, which is all that a level or an entropy needs. The
 * series ends with f^3 / 3. */
static inline int32_t ecm_poly_log2_q23(uint32_t bits) {
    int32_t k = (int32_t)((bits + ECM_POLY_LN_PLACE) >> 23) - 127;
    uint32_t i = ecm_poly_ln_index(bits);
    int32_t f = ecm_poly_ln_rest_q33(bits, i);
    int32_t y = ecm_port_mulhi_s32(f, ECM_POLY_THIRD_Q30) - 0x40000000;
    f += ecm_port_mulhi_s32(f, ecm_port_mulhi_s32(f, y));
    f = ecm_poly_ln_step[i] + ecm_bits_floor_s32(f, 1);
    return k * 0x00800000 + ecm_port_mulhi_s32(f, 0x00b8aa3b);
}

/* 1 - atan(q) / q in Q32 for 0 <= q <= 1/8 in Q32. */
static inline uint32_t ecm_poly_atan_q32(uint32_t q) {
    const uint32_t *c = ecm_poly_atan;
    uint32_t z = ecm_port_mulhi_u32(q << 2, q << 2);
    uint32_t y = c[1] - ecm_port_mulhi_u32(z, c[2]);
    return ecm_port_mulhi_u32(z, c[0] - ecm_port_mulhi_u32(z, y)) >> 4;
}

/* An angle below pi/4: atan(i / 4) +- m * 2^(exponent - 31), m normalised or 0. */
typedef struct {
    uint32_t m;
    int32_t exponent;
    uint32_t i;
    bool below;
} ecm_poly_slope_t;

/* atan(n / d * 2^exponent) for n <= d < 2^29. Either the exponent is 0, or the ratio is
 * at most 1/8. The error is 2^-31 of m. */
static inline ecm_poly_slope_t ecm_poly_slope(uint32_t n, uint32_t d,
                                              int32_t exponent) {
    ecm_poly_slope_t slope = {0, 0, 0, false};
    uint32_t n8 = n << 3, turned, zeros, q;
    int32_t more;
    if (exponent == 0) { /* turn by the nearest atan(i / 4) */
        slope.i = (uint32_t)(n8 > d) + (n8 > 3U * d) + (n8 > 5U * d) + (n8 > 7U * d);
        turned = slope.i * d;
        d = 4U * d + slope.i * n;
        n = 4U * n;
        slope.below = n < turned;
        n = slope.below ? turned - n : n - turned;
    }
    if (n == 0U) {
        return slope;
    }
    zeros = ecm_port_clz_u32(n);
    n <<= zeros;
    exponent -= (int32_t)zeros;
    zeros = ecm_port_clz_u32(d);
    exponent += (int32_t)zeros;
    q = ecm_bits_ratio_u32(n, d << zeros, &more);
    exponent += more;
    /* Now the tangent is q * 2^(exponent - 31) <= 1/8. */
    n = exponent > -32 ? q >> (uint32_t)(-1 - exponent) : 0U;
    slope.m = q - ecm_port_mulhi_u32(q, ecm_poly_atan_q32(n));
    slope.exponent = exponent;
    if (slope.m < ECM_BITS_SIGN) {
        slope.m <<= 1;
        slope.exponent--;
    }
    return slope;
}

/* turn + slope, or turn - slope, in Q61. */
static inline uint64_t ecm_poly_angle_q61(const ecm_poly_slope_t *slope, uint64_t turn,
                                          bool minus) {
    uint64_t step = ecm_poly_atan_step[slope->i], part = 0;
    if (slope->exponent > -62) {
        part = ((uint64_t)slope->m << 30) >> (uint32_t)(-slope->exponent);
    }
    step += slope->below ? 0U - part : part;
    return minus ? turn - step : turn + step;
}

/* 1 - tanh(x) / x in Q32 for 0 <= x < 1/4 in Q32. */
static inline uint32_t ecm_poly_tanh_q32(uint32_t x) {
    const uint32_t *c = ecm_poly_tanh;
    uint32_t z = ecm_port_mulhi_u32(x << 1, x << 2);
    uint32_t y = c[2] - ecm_port_mulhi_u32(z, c[3]);
    y = c[1] - ecm_port_mulhi_u32(z, y);
    return ecm_port_mulhi_u32(z, c[0] - ecm_port_mulhi_u32(z, y)) >> 3;
}

ECM_EXTERN_C_END

#endif
