/* ecm_math.c - see ecm_math.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_math.h"

#include "ecm_bits.h"
#include "ecm_poly.h"

/* log2(e) in Q39: 32 bits, and 8 more that weigh 2^-8 of them. */
#define MATH_LOG2E_HIGH 0xb8aa3b29U
#define MATH_LOG2E_LOW 0x5cU
/* Q29 and Q24 of ln(2) are within a thirtieth of their last place. */
#define MATH_LN2_Q29 0x162e42ffU
#define MATH_LN2_Q24 0x00b17218U
#define MATH_LOG2E_1_Q32 0x71547653 /* log2(e) - 1 */
#define MATH_LOG2E_Q29 0x2e2a8eca
#define MATH_LOG2E_Q24 0x01715476
/* Arguments from which exp, logistic and tanh are constant to the last bit. */
#define MATH_EXP_LARGE 0x42d00000U  /* 104 */
#define MATH_EXP_SMALL 0x33000000U  /* 2^-25 */
#define MATH_TANH_LARGE 0x41180000U /* 9.5 */
#define MATH_TANH_SMALL 0x39000000U /* 2^-13 */
#define MATH_BELOW_1 0x3f7c0000U    /* 1 - 1/64 */
#define MATH_ABOVE_1 0x3f840000U    /* 1 + 1/32 */
#define MATH_QUARTER 0x3e800000U

float ecm_math_sqrt_f32(float x) {
    return ecm_port_sqrt_f32(x);
}

/* |x| log2(e) 2^up as whole part and Q32 fraction, for 2^-25 <= |x| 2^up < 2^8. */
static uint32_t math_octaves(uint32_t magnitude, int32_t up, uint32_t *fraction) {
    uint32_t m = (magnitude & 0x007fffffU) | 0x00800000U;
    int32_t exponent = (int32_t)(magnitude >> 23) - 127 + up;
    uint64_t product = (uint64_t)(m << 8) * MATH_LOG2E_HIGH + m * MATH_LOG2E_LOW;
    product >>= (uint32_t)(30 - exponent);
    *fraction = (uint32_t)product;
    return (uint32_t)(product >> 32);
}

/* e^(-|x| 2^up) as y 2^(exponent - 31), y normalised and exponent < 0. */
static uint32_t math_decay(uint32_t magnitude, int32_t up, int32_t *exponent) {
    uint32_t fraction;
    *exponent = -(int32_t)math_octaves(magnitude, up, &fraction);
    if (fraction != 0U) { /* 2^-(k + f) = 2^-(k + 1) 2^(1 - f) */
        fraction = 0U - fraction;
        *exponent -= 1;
    }
    return ecm_poly_exp2_q31(fraction);
}

/* exp or logistic of an x for which it is constant: 0, middle at 0, or high. */
static float math_constant(float x, float middle, float high) {
    uint32_t magnitude = ecm_bits_from_f32(x) & ~ECM_BITS_SIGN;
    if (magnitude > ECM_BITS_INFINITY) {
        return x;
    }
    if (magnitude < MATH_EXP_SMALL) {
        return middle;
    }
    return x > 0.0f ? high : 0.0f;
}

float ecm_math_exp_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x), magnitude = bits & ~ECM_BITS_SIGN, y;
    int32_t exponent;
    if (magnitude - MATH_EXP_SMALL >= MATH_EXP_LARGE - MATH_EXP_SMALL) {
        return math_constant(x, 1.0f, ecm_bits_to_f32(ECM_BITS_INFINITY));
    }
    if (magnitude == bits) {
        exponent = (int32_t)math_octaves(magnitude, 0, &y);
        y = ecm_poly_exp2_q31(y);
    } else {
        y = math_decay(magnitude, 0, &exponent);
    }
    return ecm_bits_to_f32(ecm_bits_join(y, exponent));
}

float ecm_math_logistic_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x), magnitude = bits & ~ECM_BITS_SIGN, y, d;
    int32_t exponent, more;
    if (magnitude - MATH_EXP_SMALL >= MATH_EXP_LARGE - MATH_EXP_SMALL) {
        return math_constant(x, 0.5f, 1.0f);
    }
    /* 1 / (1 + e^-|x|), or e^-|x| times that: no cancellation at either end. */
    y = math_decay(magnitude, 0, &exponent);
    d = ECM_BITS_SIGN + (exponent > -32 ? y >> (uint32_t)(-exponent) : 0U);
    if (magnitude == bits) {
        y = ECM_BITS_SIGN;
        exponent = 0;
    }
    y = ecm_bits_ratio_u32(y, d, &more);
    return ecm_bits_to_f32(ecm_bits_join(y, exponent + more));
}

/* Bits of tanh(|x|) for |x| >= 1/4: (1 - e^-2|x|) / (1 + e^-2|x|). */
static uint32_t math_tanh_ratio(uint32_t magnitude) {
    int32_t exponent, more;
    uint32_t y = math_decay(magnitude, 1, &exponent), n, zeros;
    y >>= (uint32_t)(-1 - exponent);
    n = 0U - y;
    zeros = ecm_port_clz_u32(n);
    n = ecm_bits_ratio_u32(n << zeros, ECM_BITS_SIGN + (y >> 1), &more);
    return ecm_bits_join_normal(n, more - 1 - (int32_t)zeros);
}

/* Bits of tanh(|x|) for 2^-13 <= |x| < 1/4. */
static uint32_t math_tanh_series(uint32_t magnitude) {
    int32_t exponent = (int32_t)(magnitude >> 23) - 127;
    uint32_t m = (magnitude << 8) | ECM_BITS_SIGN;
    uint32_t w = ecm_poly_tanh_q32(m >> (uint32_t)(-1 - exponent));
    m -= ecm_port_mulhi_u32(m, w);
    if (m < ECM_BITS_SIGN) {
        m <<= 1;
        exponent--;
    }
    return ecm_bits_join_normal(m, exponent);
}

float ecm_math_tanh_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x), magnitude = bits & ~ECM_BITS_SIGN;
    if (magnitude < MATH_TANH_SMALL || magnitude > ECM_BITS_INFINITY) {
        return x;
    }
    if (magnitude >= MATH_TANH_LARGE) {
        magnitude = ECM_BITS_ONE;
    } else if (magnitude >= MATH_QUARTER) {
        magnitude = math_tanh_ratio(magnitude);
    } else {
        magnitude = math_tanh_series(magnitude);
    }
    return ecm_bits_to_f32(magnitude | (bits & ECM_BITS_SIGN));
}

/* k octaves and t; k octaves alone may be more than 32 bits hold. */
static inline int32_t math_log_sum(int32_t k, uint32_t octave, int32_t t) {
    return ecm_bits_to_s32((uint32_t)k * octave + (uint32_t)t);
}

/* ln(x) or log2(x) of 0.6875 <= x < 1.375 with ln(x) in Q32: the result may be as small
 * as it likes, so no error of a fixed size may be in it. */
static float math_log_around_1(uint32_t bits, int32_t y, bool binary) {
    uint32_t places = 31, zeros;
    int32_t w = 0;
    if (bits - MATH_BELOW_1 < MATH_ABOVE_1 - MATH_BELOW_1) {
        y = ecm_bits_to_s32((bits | 0x00800000U) << (bits < ECM_BITS_ONE ? 9 : 10));
        w = ecm_poly_ln_near_1_q32(y);
        places = 32;
    }
    if (y == 0) {
        return 0.0f;
    }
    zeros = ecm_port_clz_u32((uint32_t)(y < 0 ? -y : y)) - 1U;
    y = ecm_bits_floor_s32(ecm_bits_to_s32((uint32_t)y << zeros), 1);
    y += ecm_port_mulhi_s32(y, w);
    if (binary) {
        y += ecm_port_mulhi_s32(y, MATH_LOG2E_1_Q32);
    }
    bits = ecm_bits_from_f32(ecm_port_from_fixed_f32(y, 0));
    return ecm_bits_to_f32(bits - ((places + zeros) << 23));
}

/* ln(x) or log2(x) of what is no positive normal float. */
static float math_log_odd(uint32_t bits, bool binary) {
    uint32_t shift;
    int32_t k, t;
    if (bits - 1U >= 0x007fffffU) {
        if ((bits & ~ECM_BITS_SIGN) == 0U) {
            bits = ECM_BITS_SIGN | ECM_BITS_INFINITY;
        } else if (bits != ECM_BITS_INFINITY) {
            bits = ECM_BITS_NAN;
        }
        return ecm_bits_to_f32(bits);
    }
    shift = ecm_port_clz_u32(bits) - 8U;
    bits <<= shift;
    k = (int32_t)((bits + ECM_POLY_LN_PLACE) >> 23) - 127 - (int32_t)shift;
    t = ecm_poly_ln_q32(bits);
    if (binary) { /* down to -149.5: Q23 */
        t = math_log_sum(k, (uint32_t)1 << 23,
                         ecm_port_mulhi_s32(t, MATH_LOG2E_Q24 >> 1));
        return ecm_port_from_fixed_f32(t, 23);
    }
    t = math_log_sum(k, MATH_LN2_Q24, ecm_bits_floor_s32(t, 8));
    return ecm_port_from_fixed_f32(t, 24);
}

float ecm_math_log_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x);
    int32_t k, t;
    if (bits - 0x00800000U >= 0x7f000000U) {
        return math_log_odd(bits, false);
    }
    k = (int32_t)((bits + ECM_POLY_LN_PLACE) >> 23) - 127;
    t = ecm_poly_ln_q32(bits);
    if (k == 0) {
        return math_log_around_1(bits, t, false);
    }
    if (k >= -5 && k <= 5) { /* below 4: five places more */
        t = math_log_sum(k, MATH_LN2_Q29, ecm_bits_floor_s32(t, 3));
        return ecm_port_from_fixed_f32(t, 29);
    }
    t = math_log_sum(k, MATH_LN2_Q24, ecm_bits_floor_s32(t + 0x80, 8));
    return ecm_port_from_fixed_f32(t, 24);
}

float ecm_math_log2_f32(float x) {
    uint32_t bits = ecm_bits_from_f32(x);
    int32_t k, t;
    if (bits - 0x00800000U >= 0x7f000000U) {
        return math_log_odd(bits, true);
    }
    k = (int32_t)((bits + ECM_POLY_LN_PLACE) >> 23) - 127;
    t = ecm_poly_ln_q32(bits);
    if (k == 0) {
        return math_log_around_1(bits, t, true);
    }
    if (k >= -3 && k <= 3) {
        t = math_log_sum(k, (uint32_t)1 << 29, ecm_port_mulhi_s32(t, MATH_LOG2E_Q29));
        return ecm_port_from_fixed_f32(t, 29);
    }
    t = math_log_sum(k, (uint32_t)1 << 24,
                     ecm_port_mulhi_s32(t + 0x58, MATH_LOG2E_Q24));
    return ecm_port_from_fixed_f32(t, 24);
}

bool ecm_math_isfinite_f32(float x) {
    return (ecm_bits_from_f32(x) & ECM_BITS_INFINITY) != ECM_BITS_INFINITY;
}

int32_t ecm_math_round_s32_f32(float x, int32_t lo, int32_t hi) {
    int32_t whole;
    float rest;
    if (x != x) {
        return 0;
    }
    if (x >= (float)hi) {
        return hi;
    }
    if (x <= (float)lo) {
        return lo;
    }
    whole = (int32_t)x;
    rest = x - (float)whole; /* exact below 2^24 */
    if (rest >= 0.5f) {
        whole++;
    } else if (rest <= -0.5f) {
        whole--;
    }
    return whole;
}

float ecm_math_sum_f32(const float *x, uint32_t x_len) {
    float l0 = 0.0f, l1 = 0.0f, l2 = 0.0f, l3 = 0.0f;
    uint32_t i = 0;
    for (; x_len - i >= 4U; i += 4U) {
        l0 += x[i];
        l1 += x[i + 1U];
        l2 += x[i + 2U];
        l3 += x[i + 3U];
    }
    if (i < x_len) {
        l0 += x[i];
    }
    if (i + 1U < x_len) {
        l1 += x[i + 1U];
    }
    if (i + 2U < x_len) {
        l2 += x[i + 2U];
    }
    return (l0 + l1) + (l2 + l3);
}

float ecm_math_sum_sq_diff_f32(const float *x, const float *y, uint32_t x_len) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        float difference = x[i] - y[i];
        lane[i & 3U] += difference * difference;
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}
