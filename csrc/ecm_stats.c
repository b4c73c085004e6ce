/* ecm_stats.c - see ecm_stats.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_stats.h"
#include "ecm_math.h"

/* One lane of the sums over deviations d from the mean. */
typedef struct {
    float d1;   /* |d| */
    float d2;   /* d^2 */
    float d3;   /* d^3 */
    float d4;   /* d^4 */
    float root; /* sqrt |d| */
    uint32_t crossings;
} stats_lane_t;

/* The second pass besides its sums. */
typedef struct {
    float minus_mean; /* never -0: then x + minus_mean is never -0 either, and the sign
                       * bit alone says which side of the mean a sample is on */
    float lo;
    float hi;
    uint32_t near; /* twice the bits of the smaller of the largest deviations up and
                    * down: no sample that is nearer to the mean can be an extreme, and
                    * one integer comparison lets it pass */
} stats_pass_t;

static float stats_ratio(float a, float b) {
    return b > 0.0f ? a / b : 0.0f;
}

static inline uint32_t stats_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Rounding makes the mean of equal values differ from them; this keeps it exact. The
 * loop ends at the first difference, at once on a real signal. */
static bool stats_is_constant(const float *x, uint32_t x_len) {
    uint32_t i = 1;
    while (i < x_len && x[i] == x[0]) {
        i++;
    }
    return i >= x_len;
}

float ecm_stats_mean_f32(const float *x, uint32_t x_len) {
    if (x_len == 0U) {
        return 0.0f;
    }
    if (stats_is_constant(x, x_len)) {
        return x[0] + 0.0f;
    }
    return ecm_math_sum_f32(x, x_len) / (float)x_len + 0.0f;
}

float ecm_stats_remove_mean_f32(float *x, uint32_t x_len) {
    float mean = ecm_stats_mean_f32(x, x_len);
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        x[i] -= mean;
    }
    return mean;
}

/* The first pass, x_len >= 1: the sum, and changes of sign. Adding +0 turns -0 into it,
 * so that the sign bit alone says whether a sample is below zero. */
static float stats_sum(const float *x, uint32_t x_len, uint32_t *crossings) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t n[4] = {0, 0, 0, 0}, i, even, odd = stats_bits(x[0] + 0.0f);
    const float *end = x + (x_len & ~3U);
    for (; x != end; x += 4) {
        even = stats_bits(x[0] + 0.0f);
        n[0] += (even ^ odd) >> 31;
        odd = stats_bits(x[1] + 0.0f);
        n[1] += (even ^ odd) >> 31;
        even = stats_bits(x[2] + 0.0f);
        n[2] += (even ^ odd) >> 31;
        odd = stats_bits(x[3] + 0.0f);
        n[3] += (even ^ odd) >> 31;
        lane[0] += x[0];
        lane[1] += x[1];
        lane[2] += x[2];
        lane[3] += x[3];
    }
    for (i = 0; i < (x_len & 3U); i++) {
        even = stats_bits(x[i] + 0.0f);
        n[i] += (even ^ odd) >> 31;
        odd = even;
        lane[i] += x[i];
    }
    *crossings = n[0] + n[1] + n[2] + n[3];
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Take a sample that may be an extreme. Rounding is monotonic: a larger sample never
 * has a smaller deviation. */
static void stats_widen(stats_pass_t *pass, float x) {
    float up, down;
    if (x > pass->hi) {
        pass->hi = x;
    } else if (x < pass->lo) {
        pass->lo = x;
    } else {
        return;
    }
    up = pass->hi + pass->minus_mean;
    down = -(pass->lo + pass->minus_mean);
    up = up < down ? up : down;
    pass->near = up > 0.0f ? stats_bits(up) << 1 : 0U;
}

/* Returns the bits of the deviation; before are those of the sample before. */
static inline uint32_t stats_sample(float x, uint32_t before, stats_pass_t *pass,
                                    stats_lane_t *lane) {
    float d = x + pass->minus_mean, square = d * d, magnitude = ecm_port_abs_f32(d);
    uint32_t bits = stats_bits(d);
    lane->d1 += magnitude;
    lane->d2 += square;
    lane->d3 += square * d;
    lane->d4 += square * square;
    lane->root += ecm_port_sqrt_f32(magnitude);
    lane->crossings += (bits ^ before) >> 31;
    if (ecm_port_rare(bits << 1 >= pass->near)) {
        stats_widen(pass, x);
    }
    return bits;
}

/* The second pass, x_len >= 1. */
static void stats_scan(const float *x, uint32_t x_len, ecm_stats_sums_t *sums) {
    stats_lane_t lane[4], l0 = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0U}, l1 = l0, l2 = l0,
                          l3 = l0;
    stats_pass_t pass;
    const float *end = x + (x_len & ~3U);
    uint32_t i, bits;
    pass.minus_mean = 0.0f - sums->mean;
    pass.lo = x[0];
    pass.hi = x[0];
    pass.near = 0;
    bits = stats_bits(x[0] + pass.minus_mean);
    for (; x != end; x += 4) {
        bits = stats_sample(x[0], bits, &pass, &l0);
        bits = stats_sample(x[1], bits, &pass, &l1);
        bits = stats_sample(x[2], bits, &pass, &l2);
        bits = stats_sample(x[3], bits, &pass, &l3);
    }
    lane[0] = l0;
    lane[1] = l1;
    lane[2] = l2;
    lane[3] = l3;
    for (i = 0; i < (x_len & 3U); i++) {
        bits = stats_sample(x[i], bits, &pass, &lane[i]);
    }
    sums->minimum = pass.lo + 0.0f;
    sums->maximum = pass.hi + 0.0f;
    sums->mean_crossings =
        lane[0].crossings + lane[1].crossings + lane[2].crossings + lane[3].crossings;
    sums->d1 = (lane[0].d1 + lane[1].d1) + (lane[2].d1 + lane[3].d1);
    sums->d2 = (lane[0].d2 + lane[1].d2) + (lane[2].d2 + lane[3].d2);
    sums->d3 = (lane[0].d3 + lane[1].d3) + (lane[2].d3 + lane[3].d3);
    sums->d4 = (lane[0].d4 + lane[1].d4) + (lane[2].d4 + lane[3].d4);
    sums->root = (lane[0].root + lane[1].root) + (lane[2].root + lane[3].root);
}

/* A constant window: the rounding of its mean is no spread. */
static void stats_flatten(ecm_stats_sums_t *sums) {
    sums->mean = sums->maximum;
    sums->d1 = 0.0f;
    sums->d2 = 0.0f;
    sums->d3 = 0.0f;
    sums->d4 = 0.0f;
    sums->root = 0.0f;
    sums->mean_crossings = 0;
}

ecm_status_t ecm_stats_time_f32(const float *x, uint32_t x_len, ecm_stats_time_t *out) {
    ecm_stats_sums_t sums;
    float sum;
    ECM_REQUIRE(out != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    memset(&sums, 0, sizeof sums);
    if (x_len > 0U) {
        sum = stats_sum(x, x_len, &sums.zero_crossings);
        sums.mean = sum / (float)x_len + 0.0f;
        stats_scan(x, x_len, &sums);
    }
    return ecm_stats_finish_f32(&sums, x_len, out);
}

ecm_status_t ecm_stats_finish_f32(const ecm_stats_sums_t *sums, uint32_t x_len,
                                  ecm_stats_time_t *out) {
    ecm_stats_sums_t s;
    float n = (float)x_len, below, root, *field;
    uint32_t i;
    ECM_REQUIRE(sums != NULL && out != NULL, ECM_ERR_NULL);
    memset(out, 0, sizeof *out);
    if (x_len == 0U) {
        return ECM_OK;
    }
    s = *sums;
    if (s.minimum == s.maximum && s.mean == s.mean) {
        stats_flatten(&s);
    }
    if (!ecm_math_isfinite_f32(s.mean)) {
        field = (float *)(void *)out; /* nothing else is in it */
        for (i = 0; i < sizeof *out / sizeof *field; i++) {
            field[i] = s.mean - s.mean; /* NaN */
        }
        return ECM_OK;
    }
    below = s.mean - s.minimum;
    root = s.root / n;
    out->mean = s.mean;
    out->minimum = s.minimum;
    out->maximum = s.maximum;
    out->peak_to_peak = s.maximum - s.minimum;
    out->peak = s.maximum - s.mean;
    out->peak = below > out->peak ? below : out->peak;
    out->mean_abs = s.d1 / n;
    out->root_amplitude = root * root;
    out->variance = s.d2 / n;
    out->rms = ecm_math_sqrt_f32(out->variance);
    out->rms_about_zero = ecm_port_abs_f32(s.mean);
    if (s.d2 > 0.0f) {
        out->rms_about_zero = ecm_math_sqrt_f32(s.mean * s.mean + out->variance);
    }
    out->skewness = stats_ratio(s.d3 / n, out->variance * out->rms);
    out->kurtosis = stats_ratio(s.d4 / n, out->variance * out->variance);
    out->crest = stats_ratio(out->peak, out->rms);
    out->shape = stats_ratio(out->rms, out->mean_abs);
    out->impulse = stats_ratio(out->peak, out->mean_abs);
    out->clearance = stats_ratio(out->peak, out->root_amplitude);
    out->mean_crossing_rate = (float)s.mean_crossings / n;
    out->zero_crossing_rate = (float)s.zero_crossings / n;
    return ECM_OK;
}
