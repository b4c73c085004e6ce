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
#define MATH_LN2_Q32 0xb17217f8U
/* Arguments from which exp, logistic and tanh are constant to the last bit. */
#define MATH_EXP_LARGE 0x42d00000U  /* 104 */
#define MATH_EXP_SMALL 0x33000000U  /* 2^-25 */
#define MATH_TANH_LARGE 0x41180000U /* 9.5 */
#define MATH_TANH_SMALL 0x39000000U /* 2^-13 */
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

/* The logarithm where there is nothing to calculate. */
static uint32_t math_log_constant(uint32_t bits) {
    if (bits == ECM_BITS_ONE) {
        return 0;
    }
    if ((bits & ~ECM_BITS_SIGN) == 0U) {
        return ECM_BITS_SIGN | ECM_BITS_INFINITY;
    }
    return bits == ECM_BITS_INFINITY ? bits : ECM_BITS_NAN;
}

/* log2(x) times a factor in Q32; factor 0 means 1. */
static float math_log(float x, uint32_t factor) {
    uint32_t bits = ecm_bits_from_f32(x), sign = 0, shift = 0, m;
    int64_t sum;
    if (bits - 0x00800000U >= 0x7f000000U || bits == ECM_BITS_ONE) {
        if (bits - 1U >= 0x007fffffU) {
            return ecm_bits_to_f32(math_log_constant(bits));
        }
        shift = ecm_port_clz_u32(bits) - 8U; /* subnormal */
        bits <<= shift;
    }
    sum = ecm_poly_log2_q55(bits, -(int32_t)shift);
    if (sum < 0) {
        sum = -sum;
        sign = ECM_BITS_SIGN;
    }
    m = ecm_bits_leading_u64((uint64_t)sum, &shift);
    if (factor != 0U) {
        m = ecm_port_mulhi_u32(m, factor);
        if (m < ECM_BITS_SIGN) { /* the factor is 1/2 at least */
            m <<= 1;
            shift++;
        }
    }
    return ecm_bits_to_f32(sign | ecm_bits_join_normal(m, 8 - (int32_t)shift));
}

float ecm_math_log_f32(float x) {
    return math_log(x, MATH_LN2_Q32);
}

float ecm_math_log2_f32(float x) {
    return math_log(x, 0);
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
