/* ecm_stats.c - see ecm_stats.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_stats.h"
#include "ecm_math.h"

/* Sums of one lane, over its deviations d from the mean. */
typedef struct {
    float d1;   /* |d| */
    float d2;   /* d^2 */
    float d3;   /* d^3 */
    float d4;   /* d^4 */
    float root; /* sqrt |d| */
} stats_lane_t;

typedef struct {
    float mean;
    float lo;
    float hi;
} stats_range_t;

static float stats_ratio(float a, float b) {
    return b > 0.0f ? a / b : 0.0f;
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
        return x[0];
    }
    return ecm_math_sum_f32(x, x_len) / (float)x_len;
}

float ecm_stats_remove_mean_f32(float *x, uint32_t x_len) {
    float mean = ecm_stats_mean_f32(x, x_len);
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        x[i] -= mean;
    }
    return mean;
}

/* By its bits: a branch on the sign of noise is predicted wrong half of the time. */
static inline float stats_abs(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0x7fffffffU;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The second pass over every fourth of x_len >= 1 samples: a single lane at a time
 * stays in registers. */
static void stats_scan_lane(const float *x, uint32_t x_len, stats_range_t *range,
                            stats_lane_t *sum) {
    stats_lane_t lane = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    float mean = range->mean, lo = range->lo, hi = range->hi;
    uint32_t i, n = (x_len - 1U) / 4U + 1U;
    for (i = 0; i < n; i++) {
        float value = x[4U * i], d = value - mean, square = d * d;
        float magnitude = stats_abs(d);
        lane.d1 += magnitude;
        lane.d2 += square;
        lane.d3 += square * d;
        lane.d4 += square * square;
        lane.root += ecm_port_sqrt_f32(magnitude);
        lo = value < lo ? value : lo;
        hi = value > hi ? value : hi;
    }
    range->lo = lo;
    range->hi = hi;
    *sum = lane;
}

static uint32_t stats_crossings(const float *x, uint32_t x_len, float mean) {
    bool was_above = x[0] - mean >= 0.0f;
    uint32_t i, crossings = 0;
    for (i = 1; i < x_len; i++) {
        bool above = x[i] - mean >= 0.0f;
        crossings += above != was_above ? 1U : 0U;
        was_above = above;
    }
    return crossings;
}

static void stats_scan(const float *x, uint32_t x_len, stats_range_t *range,
                       stats_lane_t *sum) {
    stats_lane_t lane[4];
    uint32_t j;
    memset(lane, 0, sizeof lane);
    for (j = 0; j < 4U && j < x_len; j++) {
        stats_scan_lane(x + j, x_len - j, range, &lane[j]);
    }
    sum->d1 = (lane[0].d1 + lane[1].d1) + (lane[2].d1 + lane[3].d1);
    sum->d2 = (lane[0].d2 + lane[1].d2) + (lane[2].d2 + lane[3].d2);
    sum->d3 = (lane[0].d3 + lane[1].d3) + (lane[2].d3 + lane[3].d3);
    sum->d4 = (lane[0].d4 + lane[1].d4) + (lane[2].d4 + lane[3].d4);
    sum->root = (lane[0].root + lane[1].root) + (lane[2].root + lane[3].root);
}

ecm_status_t ecm_stats_time_f32(const float *x, uint32_t x_len, ecm_stats_time_t *out) {
    stats_lane_t sum;
    stats_range_t range;
    float n = (float)x_len, square, root;
    ECM_REQUIRE(out != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    memset(out, 0, sizeof *out);
    if (x_len == 0U) {
        return ECM_OK;
    }
    out->mean = ecm_stats_mean_f32(x, x_len);
    range.mean = out->mean;
    range.lo = x[0];
    range.hi = x[0];
    stats_scan(x, x_len, &range, &sum);
    out->peak_to_peak = range.hi - range.lo;
    /* Rounding is monotonic: the largest |x - mean| is at one of the extremes. */
    out->peak = range.hi - out->mean;
    if (out->mean - range.lo > out->peak) {
        out->peak = out->mean - range.lo;
    }
    out->mean_crossing_rate = (float)stats_crossings(x, x_len, out->mean) / n;
    square = sum.d2 / n;
    root = sum.root / n;
    out->rms = ecm_math_sqrt_f32(square);
    out->mean_abs = sum.d1 / n;
    out->root_amplitude = root * root;
    out->skewness = stats_ratio(sum.d3 / n, square * out->rms);
    out->kurtosis = stats_ratio(sum.d4 / n, square * square);
    out->crest = stats_ratio(out->peak, out->rms);
    out->shape = stats_ratio(out->rms, out->mean_abs);
    out->impulse = stats_ratio(out->peak, out->mean_abs);
    out->clearance = stats_ratio(out->peak, out->root_amplitude);
    return ECM_OK;
}
