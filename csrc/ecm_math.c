/* ecm_math.c - see ecm_math.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_math.h"

/* ln 2 in two parts: the first has 15 bits, so that k * LN2_HI is exact for |k| < 512.
 */
#define LN2_HI 0x1.62e4p-1f
#define LN2_LO 0x1.7f7d1cp-20f

static uint32_t math_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float math_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2 to the power of k, -126 ... 127. */
static float math_pow2(int32_t k) {
    return math_float((uint32_t)(k + 127) << 23);
}

float ecm_math_sqrt_f32(float x) {
    return ecm_port_sqrt_f32(x);
}

float ecm_math_exp_f32(float x) {
    float hi, lo, r, rest, whole, y;
    int32_t k;
    if (x != x) {
        return x;
    }
    if (x > 0x1.62e42ep+6f) {
        return math_float(0x7f800000U);
    }
    if (x < -0x1.9fe368p+6f) {
        return 0.0f;
    }
    /* x = k ln 2 + r + rest, |r| <= ln(2) / 2; rest is what rounding r lost. */
    k = (int32_t)(x * 0x1.715476p+0f + (x < 0.0f ? -0.5f : 0.5f));
    hi = x - (float)k * LN2_HI;
    lo = (float)k * LN2_LO;
    r = hi - lo;
    rest = (hi - r) - lo;
    /* (e^r - 1 - r) / r^2, minimax of degree 4, weighted for the error of e^r. */
    y = 0x1.6db5a2p-10f;
    y = 0x1.123c78p-7f + r * y;
    y = 0x1.55545cp-5f + r * y;
    y = 0x1.55548ep-3f + r * y;
    y = 0.5f + r * y;
    /* 1 + r rounds; what it lost is added to the small term. */
    whole = 1.0f + r;
    rest += (1.0f - whole) + r;
    y = whole + (r * r * y + rest);
    /* Scale so that only the last product can round: a subnormal rounds once. */
    if (k > 127) {
        return y * math_pow2(127) * 2.0f;
    }
    if (k < -125) {
        return y * math_pow2(k + 64) * math_pow2(-64);
    }
    return y * math_pow2(k);
}

float ecm_math_log_f32(float x) {
    uint32_t bits = math_bits(x);
    int32_t k = 0;
    float f, s, z, half, tail;
    if (x != x || bits == 0x7f800000U) {
        return x;
    }
    if ((bits & 0x7fffffffU) == 0U) {
        return math_float(0xff800000U);
    }
    if ((bits >> 31) != 0U) {
        return math_float(0x7fc00000U);
    }
    if (bits < 0x00800000U) {
        bits = math_bits(x * 0x1p+25f);
        k = -25;
    }
    /* x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2): no cancellation near 1. */
    bits += 0x3f800000U - 0x3f3504f3U;
    k += (int32_t)(bits >> 23) - 127;
    f = math_float((bits & 0x007fffffU) + 0x3f3504f3U) - 1.0f;
    /* ln(1 + f) = 2 artanh(s); the series beyond 2 s is a minimax polynomial in s^2,
     * and f - f^2/2 is split off, since f is exact. */
    s = f / (2.0f + f);
    z = s * s;
    tail = z * (0x1.555588p-1f + z * (0x1.99541ep-2f + z * 0x1.32d536p-2f));
    half = 0.5f * f * f;
    tail = s * (half + tail) + (float)k * LN2_LO;
    return (float)k * LN2_HI - ((half - tail) - f);
}

bool ecm_math_isfinite_f32(float x) {
    return (math_bits(x) & 0x7f800000U) != 0x7f800000U;
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
