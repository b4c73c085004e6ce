/* ecm_stats_q15.c - see ecm_stats_q15.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_stats_q15.h"
#include "ecm_math.h"

/* What is called once a window or from several places: on cores of 8 bits, arithmetic
 * of 64 takes twice the code where it is inlined. */
#define STATS_APART __attribute__((noinline))

/* What both ways need of the first pass. */
typedef struct {
    int32_t sum;
    uint64_t squares;
    int32_t lo;
    int32_t hi;
    uint32_t crossings; /* of zero */
} stats_sums_q15_t;

/* Sums over e = x_len x - sum, the deviation from the mean times x_len, and over f, the
 * magnitude of e shifted so that the largest has 15 bits. */
typedef struct {
    int32_t right;      /* places that f lost; below 0: that it gained */
    uint64_t e1;        /* |e| */
    uint64_t f2;        /* f^2 */
    int64_t f3;         /* f^3, of the sign of e */
    uint64_t f4;        /* (f^2 / 2^14)^2 */
    uint64_t root;      /* sqrt |e|, 12 binary places */
    uint32_t crossings; /* of the mean */
} stats_moments_q15_t;

static void stats_sum_q15(const int16_t *x, uint32_t x_len, stats_sums_q15_t *out) {
    uint32_t i;
    out->sum = 0;
    out->squares = 0;
    out->lo = x[0];
    out->hi = x[0];
    out->crossings = 0;
    for (i = 0; i < x_len; i++) {
        out->sum += x[i];
        out->squares += (uint32_t)((int32_t)x[i] * x[i]);
        out->lo = x[i] < out->lo ? x[i] : out->lo;
        out->hi = x[i] > out->hi ? x[i] : out->hi;
        if (i > 0U && (x[i] < 0) != (x[i - 1U] < 0)) {
            out->crossings++;
        }
    }
}

static uint32_t stats_magnitude(int32_t e) {
    return e < 0 ? 0U - (uint32_t)e : (uint32_t)e;
}

/* The largest |e|: at an extreme, at most 2^31. */
static uint32_t stats_largest(const stats_sums_q15_t *sums, uint32_t x_len) {
    uint32_t up = stats_magnitude((int32_t)x_len * sums->hi - sums->sum);
    uint32_t down = stats_magnitude((int32_t)x_len * sums->lo - sums->sum);
    return up > down ? up : down;
}

/* x_len^2 times the variance: below 2^60. */
static STATS_APART uint64_t stats_spread(const stats_sums_q15_t *sums, uint32_t x_len) {
    uint64_t sum = stats_magnitude(sums->sum);
    return x_len * sums->squares - sum * sum;
}

/* ---- integers ---------------------------------------------------------------------
 */

/* Root, without its fraction, bit by bit: no division and no float. */
static uint32_t stats_root_u32(uint32_t x) {
    uint32_t root = 0, bit;
    for (bit = (uint32_t)1 << 30; bit != 0U; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return root;
}

/* The same with 12 binary places, as many of which count as give the result 12 bits. */
static uint32_t stats_root_q12(uint32_t x) {
    if (x < (uint32_t)1 << 16) {
        return x < 1U << 8 ? stats_root_u32(x << 24) : stats_root_u32(x << 16) << 4;
    }
    return x < (uint32_t)1 << 24 ? stats_root_u32(x << 8) << 8
                                 : stats_root_u32(x) << 12;
}

/* The nearest root of x < 2^63. */
static STATS_APART uint32_t stats_root_u64(uint64_t x) {
    uint64_t root = 0, bit;
    for (bit = 1ULL << 62; bit != 0U; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root + (x > root ? 1U : 0U);
}

static STATS_APART void stats_scan_q15(const int16_t *x, uint32_t x_len,
                                       const stats_sums_q15_t *sums,
                                       stats_moments_q15_t *out) {
    uint32_t i, largest = stats_largest(sums, x_len);
    int32_t n = (int32_t)x_len;
    bool below = n * x[0] - sums->sum < 0;
    memset(out, 0, sizeof *out);
    for (out->right = -14; largest > 1U; largest >>= 1) {
        out->right++;
    }
    for (i = 0; i < x_len; i++) {
        int32_t e = n * x[i] - sums->sum;
        uint32_t magnitude = stats_magnitude(e), f, square, fourth;
        out->crossings += (e < 0) != below ? 1U : 0U;
        below = e < 0;
        out->e1 += magnitude;
        if (out->right > 0) {
            f = (magnitude + ((uint32_t)1 << (out->right - 1))) >> out->right;
        } else {
            f = magnitude << -out->right;
        }
        square = f * f;
        fourth = (square + (1U << 13)) >> 14;
        out->f2 += square;
        out->f4 += (uint64_t)fourth * fourth;
        out->root += stats_root_q12(magnitude);
        out->f3 += below ? -((int64_t)square * f) : (int64_t)square * f;
    }
}

static STATS_APART uint64_t stats_divide(uint64_t a, uint64_t b) {
    return (a + b / 2U) / b;
}

/* a / b in Q16.16, saturated; 0 where b is. */
static STATS_APART uint32_t stats_ratio_q16(uint32_t a, uint32_t b) {
    uint64_t q;
    if (b == 0U) {
        return 0;
    }
    q = stats_divide((uint64_t)a << 16, b);
    return q < UINT32_MAX ? (uint32_t)q : UINT32_MAX;
}

/* Root of a / b in Q31 of a whole number a / b <= 2^30 in Q30. */
static STATS_APART uint32_t stats_rms_q31(uint64_t a, uint64_t b) {
    return stats_root_u64(((a / b) << 32) + ((a % b) << 32) / b);
}

static STATS_APART void stats_higher_q15(const stats_moments_q15_t *m, uint32_t x_len,
                                         ecm_stats_time_q15_t *out) {
    uint64_t n = x_len, m2 = (m->f2 << 8) / n, root, part;
    uint64_t m3 = (m->f3 < 0 ? (uint64_t)-m->f3 : (uint64_t)m->f3) / n;
    /* Twice over the second moment, which has 8 binary places. */
    part = (((m->f4 << 16) / n) << 15) / m2;
    out->kurtosis = (uint32_t)stats_divide(part << 29, m2);
    part = ((m3 << 16) / m2) << 16;
    part = stats_divide(part, stats_root_u64(m2 << 8));
    out->skewness = m->f3 < 0 ? -(int32_t)part : (int32_t)part;
    /* The mean root has 16 binary places, its square 32, of which Q31 keeps 16. */
    root = (m->root << 4) / n;
    root = (root * root) >> 16;
    out->root_amplitude = (uint32_t)stats_divide(root, n);
}

ecm_status_t ecm_stats_time_q15(const int16_t *x, uint32_t x_len,
                                ecm_stats_time_q15_t *out) {
    stats_sums_q15_t sums;
    stats_moments_q15_t moments;
    uint64_t n = x_len, spread;
    uint32_t mean;
    ECM_REQUIRE(out != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_STATS_Q15_MAX_LEN, ECM_ERR_LENGTH);
    memset(out, 0, sizeof *out);
    if (x_len == 0U) {
        return ECM_OK;
    }
    stats_sum_q15(x, x_len, &sums);
    mean = (uint32_t)stats_divide((uint64_t)stats_magnitude(sums.sum) << 16, n);
    out->mean = sums.sum < 0 ? (int32_t)-(int64_t)mean : (int32_t)mean;
    out->minimum = sums.lo * 65536;
    out->maximum = sums.hi * 65536;
    out->peak_to_peak = (uint32_t)(sums.hi - sums.lo) << 16;
    out->zero_crossings = sums.crossings;
    out->rms_about_zero = stats_rms_q31(sums.squares, n);
    if (sums.lo == sums.hi) {
        return ECM_OK;
    }
    stats_scan_q15(x, x_len, &sums, &moments);
    spread = stats_spread(&sums, x_len);
    out->variance = (uint32_t)stats_divide(2U * spread, n * n);
    out->rms = stats_rms_q31(spread, n * n);
    out->peak = (uint32_t)stats_divide((uint64_t)stats_largest(&sums, x_len) << 16, n);
    out->mean_abs = (uint32_t)stats_divide(moments.e1 << 16, n * n);
    out->mean_crossings = moments.crossings;
    stats_higher_q15(&moments, x_len, out);
    out->crest = stats_ratio_q16(out->peak, out->rms);
    out->shape = stats_ratio_q16(out->rms, out->mean_abs);
    out->impulse = stats_ratio_q16(out->peak, out->mean_abs);
    out->clearance = stats_ratio_q16(out->peak, out->root_amplitude);
    return ECM_OK;
}

/* ---- float ------------------------------------------------------------------------
 */

static float stats_fold_q15(const float *lane) {
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

ecm_status_t ecm_stats_time_q15_f32(const int16_t *x, uint32_t x_len,
                                    ecm_stats_time_t *out) {
    float lane[3][4], scale = 0x1p-15f / (float)(x_len > 0U ? x_len : 1U);
    stats_sums_q15_t sums;
    ecm_stats_sums_t total;
    int32_t n = (int32_t)x_len;
    uint64_t e1 = 0;
    uint32_t i;
    bool below = false;
    ECM_REQUIRE(out != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_STATS_Q15_MAX_LEN, ECM_ERR_LENGTH);
    memset(&total, 0, sizeof total);
    if (x_len == 0U) {
        return ecm_stats_finish_f32(&total, 0, out);
    }
    stats_sum_q15(x, x_len, &sums);
    memset(lane, 0, sizeof lane);
    for (i = 0; i < x_len; i++) {
        int32_t e = n * x[i] - sums.sum;
        float d = (float)e * scale, square = d * d;
        e1 += stats_magnitude(e);
        lane[0][i & 3U] += square * d;
        lane[1][i & 3U] += square * square;
        lane[2][i & 3U] += ecm_port_sqrt_f32(ecm_port_abs_f32(d));
        total.mean_crossings += i > 0U && (e < 0) != below ? 1U : 0U;
        below = e < 0;
    }
    /* All about the mean, which float might not hold; what it does to the rest follows.
     */
    total.minimum = (float)(n * sums.lo - sums.sum) * scale;
    total.maximum = (float)(n * sums.hi - sums.sum) * scale;
    total.zero_crossings = sums.crossings;
    total.d1 = (float)e1 * scale;
    total.d2 = (float)stats_spread(&sums, x_len) / (float)n * 0x1p-30f;
    total.d3 = stats_fold_q15(lane[0]);
    total.d4 = stats_fold_q15(lane[1]);
    total.root = stats_fold_q15(lane[2]);
    (void)ecm_stats_finish_f32(&total, x_len, out);
    out->minimum = (float)sums.lo * 0x1p-15f;
    out->maximum = (float)sums.hi * 0x1p-15f;
    out->mean = (float)sums.sum / (float)n * 0x1p-15f;
    if (sums.lo == sums.hi) {
        out->mean = out->maximum; /* a long sum rounds */
    }
    out->peak_to_peak = (float)(sums.hi - sums.lo) * 0x1p-15f;
    out->rms_about_zero = ecm_math_sqrt_f32((float)sums.squares / (float)n) * 0x1p-15f;
    return ECM_OK;
}
