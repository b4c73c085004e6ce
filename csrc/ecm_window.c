/* ecm_window.c - see ecm_window.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_window.h"

#include "ecm_stats.h"

#define WINDOW_LEN_MAX 0x1000000U /* indices are exact in single precision */

/* ---- taper ------------------------------------------------------------------------
 */

/* The samples that share a value of the taper are treated together: one load of it. */
ecm_status_t ecm_window_apply_f32(const float *x, uint32_t x_len, float mean,
                                  const float *half, uint32_t form, float *out) {
    uint32_t i = 0, j;
    ECM_REQUIRE(x_len == 0U || (x != NULL && half != NULL && out != NULL),
                ECM_ERR_NULL);
    ECM_REQUIRE(form <= ECM_TAPER_SYMMETRIC, ECM_ERR_ARG);
    if (x_len == 0U) {
        return ECM_OK;
    }
    j = x_len - 1U;
    if (form == ECM_TAPER_PERIODIC) {
        out[0] = (x[0] - mean) * half[0];
        i = 1;
    }
    for (; i < j; i++, j--) {
        float taper = half[i], first = (x[i] - mean) * taper;
        out[j] = (x[j] - mean) * taper;
        out[i] = first;
    }
    if (i == j) {
        out[i] = (x[i] - mean) * half[i];
    }
    return ECM_OK;
}

static int16_t window_saturate(int32_t x) {
    x = x > INT16_MAX ? INT16_MAX : x;
    return (int16_t)(x < INT16_MIN ? INT16_MIN : x);
}

/* d * taper / 2^15 rounded half up; |d| < 2^16, so the product is within 32 bits. The
 * bias makes the shifted number positive: C99 leaves >> of others to the compiler. */
static int16_t window_scale(int32_t d, int32_t taper) {
    uint32_t shifted = (uint32_t)(d * taper) + 0x80000000U;
    /* d * taper = -2^31 ... 2^31 - 2^15: the half does not carry out of 32 bits */
    return window_saturate((int32_t)((shifted + 0x4000U) >> 15) - 0x10000);
}

ecm_status_t ecm_window_apply_q15(const int16_t *x, uint32_t x_len, int16_t mean,
                                  const int16_t *half, uint32_t form, int16_t *out) {
    uint32_t i = 0, j;
    ECM_REQUIRE(x_len == 0U || (x != NULL && half != NULL && out != NULL),
                ECM_ERR_NULL);
    ECM_REQUIRE(form <= ECM_TAPER_SYMMETRIC, ECM_ERR_ARG);
    if (x_len == 0U) {
        return ECM_OK;
    }
    j = x_len - 1U;
    if (form == ECM_TAPER_PERIODIC) {
        out[0] = window_scale((int32_t)x[0] - mean, half[0]);
        i = 1;
    }
    for (; i < j; i++, j--) {
        int32_t taper = half[i];
        int16_t first = window_scale((int32_t)x[i] - mean, taper);
        out[j] = window_scale((int32_t)x[j] - mean, taper);
        out[i] = first;
    }
    if (i == j) {
        out[i] = window_scale((int32_t)x[i] - mean, half[i]);
    }
    return ECM_OK;
}

/* ---- line, single precision -------------------------------------------------------
 */

/* Sums of deviations d from the level, and of t d, over every fourth of n samples. */
typedef struct {
    float sum;
    float moment;
} window_lane_t;

static window_lane_t window_scan_lane(const float *x, uint32_t n, float level,
                                      float t) {
    window_lane_t lane = {0.0f, 0.0f};
    uint32_t i;
    for (i = 0; i < n; i++) {
        float d = x[4U * i] - level;
        lane.sum += d;
        lane.moment += t * d;
        t += 4.0f; /* exact, as all t: multiples of a half below 2^23 */
    }
    return lane;
}

ecm_status_t ecm_window_fit_line_f32(const float *x, uint32_t x_len,
                                     ecm_window_line_t *line) {
    window_lane_t lane[4];
    float n = (float)x_len, level, sum, moment;
    uint32_t j;
    ECM_REQUIRE(line != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= WINDOW_LEN_MAX, ECM_ERR_LENGTH);
    level = ecm_stats_mean_f32(x, x_len);
    line->level = level;
    line->slope = 0.0f;
    if (x_len < 2U) {
        return ECM_OK;
    }
    memset(lane, 0, sizeof lane);
    for (j = 0; j < 4U && j < x_len; j++) {
        float t = (float)j - 0.5f * (n - 1.0f);
        lane[j] = window_scan_lane(x + j, (x_len + 3U - j) / 4U, level, t);
    }
    sum = (lane[0].sum + lane[1].sum) + (lane[2].sum + lane[3].sum);
    moment = (lane[0].moment + lane[1].moment) + (lane[2].moment + lane[3].moment);
    /* The mean of the deviations is what rounding made wrong with the mean. */
    line->level += sum / n;
    /* n (n^2 - 1) / 12 as a product of near numbers: no difference of large ones */
    line->slope = moment * 12.0f / (n + 1.0f) / n / (n - 1.0f);
    return ECM_OK;
}

ecm_status_t ecm_window_remove_line_f32(const float *x, uint32_t x_len, float *out) {
    ecm_window_line_t line;
    ecm_status_t status;
    float t;
    uint32_t i;
    ECM_REQUIRE(out != NULL || x_len == 0U, ECM_ERR_NULL);
    status = ecm_window_fit_line_f32(x, x_len, &line);
    ECM_REQUIRE(status == ECM_OK, status);
    t = -0.5f * ((float)x_len - 1.0f);
    for (i = 0; i < x_len; i++) {
        out[i] = (x[i] - line.level) - line.slope * t;
        t += 1.0f;
    }
    return ECM_OK;
}

/* ---- mean and line, Q15 -----------------------------------------------------------
 */

/* a / b in Q32, rounded down; 0 < b < 2^46, |a / b| < 2^31. */
static int64_t window_quotient(int64_t a, int64_t b) {
    int64_t whole = a / b, rest = a % b;
    if (rest < 0) {
        rest += b;
        whole--;
    }
    /* 16 bits at a time: the rest times 2^16 is within 64 bits */
    whole = whole * 0x10000 + (rest << 16) / b;
    rest = (rest << 16) % b;
    return whole * 0x10000 + (rest << 16) / b;
}

/* Q32 to an integer, half up, saturated to Q15; |x| < 2^62. */
static int16_t window_round(int64_t x) {
    uint64_t shifted = (uint64_t)x + ((uint64_t)1 << 63) + 0x80000000U;
    int64_t whole = (int64_t)(shifted >> 32) - 0x80000000LL;
    whole = whole > INT16_MAX ? INT16_MAX : whole;
    return (int16_t)(whole < INT16_MIN ? INT16_MIN : whole);
}

static int32_t window_sum(const int16_t *x, uint32_t x_len) {
    int32_t sum = 0; /* 2^15 samples of 2^15 */
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        sum += x[i];
    }
    return sum;
}

int16_t ecm_window_mean_q15(const int16_t *x, uint32_t x_len) {
    x_len = x_len < ECM_WINDOW_Q15_LEN_MAX ? x_len : ECM_WINDOW_Q15_LEN_MAX;
    if (x_len == 0U) {
        return 0;
    }
    return window_round(window_quotient(window_sum(x, x_len), (int64_t)x_len));
}

ecm_status_t ecm_window_remove_mean_q15(const int16_t *x, uint32_t x_len,
                                        int16_t *out) {
    int32_t mean;
    uint32_t i;
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_WINDOW_Q15_LEN_MAX, ECM_ERR_LENGTH);
    mean = ecm_window_mean_q15(x, x_len);
    for (i = 0; i < x_len; i++) {
        out[i] = window_saturate(x[i] - mean);
    }
    return ECM_OK;
}

ecm_status_t ecm_window_remove_line_q15(const int16_t *x, uint32_t x_len,
                                        int16_t *out) {
    int64_t moment = 0, n = x_len, slope, line;
    int32_t t = 1 - (int32_t)x_len; /* twice the distance from the middle */
    uint32_t i;
    ECM_REQUIRE(x_len == 0U || (x != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_WINDOW_Q15_LEN_MAX, ECM_ERR_LENGTH);
    if (x_len < 2U) {
        return ecm_window_remove_mean_q15(x, x_len, out);
    }
    for (i = 0; i < x_len; i++) {
        moment += t * x[i];
        t += 2;
    }
    /* per half a sample: sum t x / sum t^2 */
    slope = window_quotient(moment, n * (n * n - 1) / 3);
    line = window_quotient(window_sum(x, x_len), n) - slope * (n - 1);
    for (i = 0; i < x_len; i++) {
        out[i] = window_round(x[i] * 0x100000000LL - line);
        line += 2 * slope;
    }
    return ECM_OK;
}
