/* ecm_series.c - see ecm_series.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_series.h"
#include "ecm_math.h"
#include "ecm_stats.h"

static float series_ratio(float a, float b) {
    return b > 0.0f ? a / b : 0.0f;
}

static float series_fold(const float *lane) {
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* From variances of the samples, their differences and the differences of these. */
static void series_hjorth(float v0, float v1, float v2, ecm_series_hjorth_t *out) {
    out->activity = v0;
    out->mobility = ecm_math_sqrt_f32(series_ratio(v1, v0));
    out->complexity =
        series_ratio(ecm_math_sqrt_f32(series_ratio(v2, v1)), out->mobility);
}

/* ---- float ------------------------------------------------------------------------
 */

ecm_status_t ecm_series_turning_points_f32(const float *x, uint32_t x_len,
                                           uint32_t *count) {
    uint32_t i, n = 0;
    ECM_REQUIRE(count != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    for (i = 2; i < x_len; i++) {
        float before = x[i - 2U], at = x[i - 1U], after = x[i];
        n += (at > before && at > after) || (at < before && at < after) ? 1U : 0U;
    }
    *count = n;
    return ECM_OK;
}

/* Squares of a sample and of its differences, less their means. */
typedef struct {
    float mean[3];
    float x, next, rise; /* a sample, the one after it, and their difference */
} series_walk_t;

static inline void series_square(series_walk_t *walk, uint32_t order, float value,
                                 float *sum) {
    value -= walk->mean[order];
    *sum += value * value;
}

/* All three orders of a sample; after is the second after it. */
static inline void series_step(series_walk_t *walk, float after, float *sum0,
                               float *sum1, float *sum2) {
    float rise = after - walk->next;
    series_square(walk, 0, walk->x, sum0);
    series_square(walk, 1, walk->rise, sum1);
    series_square(walk, 2, rise - walk->rise, sum2);
    walk->x = walk->next;
    walk->next = after;
    walk->rise = rise;
}

static inline void series_put(float *lane, float l0, float l1, float l2, float l3) {
    lane[0] = l0;
    lane[1] = l1;
    lane[2] = l2;
    lane[3] = l3;
}

/* Samples that have two after them; the others are left. */
static uint32_t series_walk(series_walk_t *walk, const float *x, uint32_t x_len,
                            float (*lane)[4]) {
    float a0 = 0.0f, a1 = 0.0f, a2 = 0.0f, a3 = 0.0f, b0 = 0.0f, b1 = 0.0f, b2 = 0.0f;
    float b3 = 0.0f, c0 = 0.0f, c1 = 0.0f, c2 = 0.0f, c3 = 0.0f;
    uint32_t i = 0;
    for (; x_len - i >= 6U; i += 4U) {
        series_step(walk, x[i + 2U], &a0, &b0, &c0);
        series_step(walk, x[i + 3U], &a1, &b1, &c1);
        series_step(walk, x[i + 4U], &a2, &b2, &c2);
        series_step(walk, x[i + 5U], &a3, &b3, &c3);
    }
    series_put(lane[0], a0, a1, a2, a3);
    series_put(lane[1], b0, b1, b2, b3);
    series_put(lane[2], c0, c1, c2, c3);
    for (; x_len - i >= 3U; i++) {
        series_step(walk, x[i + 2U], &lane[0][i & 3U], &lane[1][i & 3U],
                    &lane[2][i & 3U]);
    }
    return i;
}

ecm_status_t ecm_series_hjorth_f32(const float *x, uint32_t x_len,
                                   ecm_series_hjorth_t *out) {
    float lane[3][4], v[3] = {0.0f, 0.0f, 0.0f};
    series_walk_t walk = {{0.0f, 0.0f, 0.0f}, 0.0f, 0.0f, 0.0f};
    uint32_t i = 0, order;
    ECM_REQUIRE(out != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    memset(lane, 0, sizeof lane);
    walk.mean[0] = ecm_stats_mean_f32(x, x_len);
    /* Differences add up to the last less the first. */
    if (x_len > 1U) {
        walk.mean[1] = (x[x_len - 1U] - x[0]) / (float)(x_len - 1U);
        walk.x = x[0];
        walk.next = x[1];
        walk.rise = x[1] - x[0];
    }
    if (x_len > 2U) {
        walk.mean[2] =
            ((x[x_len - 1U] - x[x_len - 2U]) - (x[1] - x[0])) / (float)(x_len - 2U);
        i = series_walk(&walk, x, x_len, lane);
    }
    for (; i < x_len; i++) {
        series_square(&walk, 0, x[i], &lane[0][i & 3U]);
        if (i + 1U < x_len) {
            series_square(&walk, 1, x[i + 1U] - x[i], &lane[1][i & 3U]);
        }
    }
    for (order = 0; order < 3U; order++) {
        if (x_len > order) {
            v[order] = series_fold(lane[order]) / (float)(x_len - order);
        }
    }
    series_hjorth(v[0], v[1], v[2], out);
    return ECM_OK;
}

static float series_product(const float *x, const float *y, uint32_t n, float x_mean,
                            float y_mean) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i;
    for (i = 0; i < n; i++) {
        lane[i & 3U] += (x[i] - x_mean) * (y[i] - y_mean);
    }
    return series_fold(lane);
}

ecm_status_t ecm_series_autocorrelation_f32(const float *x, uint32_t x_len,
                                            const uint32_t *lags, uint32_t lags_len,
                                            bool unbiased, float *out) {
    float mean, power;
    uint32_t k;
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(lags_len == 0U || (lags != NULL && out != NULL), ECM_ERR_NULL);
    for (k = 0; k < lags_len; k++) {
        ECM_REQUIRE(lags[k] < x_len || x_len == 0U, ECM_ERR_ARG);
    }
    mean = ecm_stats_mean_f32(x, x_len);
    power = series_product(x, x, x_len, mean, mean);
    for (k = 0; k < lags_len; k++) {
        out[k] = 0.0f;
        if (x_len > 0U) {
            uint32_t n = x_len - lags[k];
            out[k] = series_ratio(series_product(x, x + lags[k], n, mean, mean), power);
            out[k] *= unbiased ? (float)x_len / (float)n : 1.0f;
        }
    }
    return ECM_OK;
}

static float series_pearson(float xy, float xx, float yy) {
    float r = series_ratio(xy, ecm_math_sqrt_f32(xx) * ecm_math_sqrt_f32(yy));
    r = r > 1.0f ? 1.0f : r;
    return r < -1.0f ? -1.0f : r;
}

ecm_status_t ecm_series_correlation_f32(const float *x, const float *y, uint32_t x_len,
                                        float *r) {
    float x_mean, y_mean;
    ECM_REQUIRE(r != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && y != NULL), ECM_ERR_NULL);
    x_mean = ecm_stats_mean_f32(x, x_len);
    y_mean = ecm_stats_mean_f32(y, x_len);
    *r = series_pearson(series_product(x, y, x_len, x_mean, y_mean),
                        series_product(x, x, x_len, x_mean, x_mean),
                        series_product(y, y, x_len, y_mean, y_mean));
    return ECM_OK;
}

ecm_status_t ecm_series_magnitude_f32(const float *x, const float *y, const float *z,
                                      uint32_t x_len, float *out) {
    uint32_t i;
    ECM_REQUIRE(x_len == 0U || (x != NULL && y != NULL && z != NULL && out != NULL),
                ECM_ERR_NULL);
    for (i = 0; i < x_len; i++) {
        out[i] = ecm_port_sqrt_f32((x[i] * x[i] + y[i] * y[i]) + z[i] * z[i]);
    }
    return ECM_OK;
}

/* ---- Q15 --------------------------------------------------------------------------
 */

ecm_status_t ecm_series_turning_points_q15(const int16_t *x, uint32_t x_len,
                                           uint32_t *count) {
    uint32_t i, n = 0;
    ECM_REQUIRE(count != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    for (i = 2; i < x_len; i++) {
        int16_t before = x[i - 2U], at = x[i - 1U], after = x[i];
        n += (at > before && at > after) || (at < before && at < after) ? 1U : 0U;
    }
    *count = n;
    return ECM_OK;
}

/* n sum x^2 - (sum x)^2, n^2 times the variance, of values that come one by one. */
typedef struct {
    int64_t sum;
    uint64_t squares;
} series_exact_t;

static void series_take(series_exact_t *sums, int32_t x) {
    sums->sum += x;
    sums->squares += (uint64_t)((int64_t)x * x);
}

/* Below 2^64: |x| <= 2^17 for differences of differences, n <= 2^15. */
static float series_variance(const series_exact_t *sums, uint32_t n) {
    uint64_t sum = sums->sum < 0 ? (uint64_t)-sums->sum : (uint64_t)sums->sum;
    if (n == 0U) {
        return 0.0f;
    }
    return (float)(n * sums->squares - sum * sum) / (float)n / (float)n * 0x1p-30f;
}

ecm_status_t ecm_series_hjorth_q15(const int16_t *x, uint32_t x_len,
                                   ecm_series_hjorth_t *out) {
    series_exact_t sums[3] = {{0, 0}, {0, 0}, {0, 0}};
    uint32_t i;
    ECM_REQUIRE(out != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_SERIES_Q15_MAX_LEN, ECM_ERR_LENGTH);
    for (i = 0; i < x_len; i++) {
        series_take(&sums[0], x[i]);
        if (i + 1U < x_len) {
            series_take(&sums[1], (int32_t)x[i + 1U] - x[i]);
        }
        if (i + 2U < x_len) {
            series_take(&sums[2], (int32_t)x[i + 2U] - 2 * (int32_t)x[i + 1U] + x[i]);
        }
    }
    series_hjorth(series_variance(&sums[0], x_len),
                  series_variance(&sums[1], x_len > 1U ? x_len - 1U : 0U),
                  series_variance(&sums[2], x_len > 2U ? x_len - 2U : 0U), out);
    return ECM_OK;
}

/* Sums about the integer that is nearest to the mean, and what the mean is beyond it.
 */
typedef struct {
    const int16_t *x;
    uint32_t x_len;
    int32_t about;
    float rest;
} series_window_t;

static series_window_t series_window(const int16_t *x, uint32_t x_len) {
    series_window_t window;
    int32_t sum = 0, n = (int32_t)x_len;
    uint32_t i;
    for (i = 0; i < x_len; i++) {
        sum += x[i];
    }
    window.x = x;
    window.x_len = x_len;
    window.about = (sum + (sum < 0 ? -n : n) / 2) / n;
    window.rest = (float)(sum - window.about * n) / (float)n;
    return window;
}

/* Sum of (x[i] - mean) (x[i + lag] - mean). */
static float series_lagged(const series_window_t *w, uint32_t lag) {
    uint32_t i, n = w->x_len - lag;
    int64_t products = 0, ends = 0;
    for (i = 0; i < n; i++) {
        int32_t a = w->x[i] - w->about, b = w->x[i + lag] - w->about;
        products += (int64_t)a * b;
        ends += a + b;
    }
    return ((float)products - w->rest * (float)ends) + (float)n * w->rest * w->rest;
}

ecm_status_t ecm_series_autocorrelation_q15(const int16_t *x, uint32_t x_len,
                                            const uint32_t *lags, uint32_t lags_len,
                                            bool unbiased, float *out) {
    series_window_t window;
    float power;
    uint32_t k;
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(lags_len == 0U || (lags != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_SERIES_Q15_MAX_LEN, ECM_ERR_LENGTH);
    for (k = 0; k < lags_len; k++) {
        ECM_REQUIRE(lags[k] < x_len || x_len == 0U, ECM_ERR_ARG);
    }
    if (x_len == 0U) {
        for (k = 0; k < lags_len; k++) {
            out[k] = 0.0f;
        }
        return ECM_OK;
    }
    window = series_window(x, x_len);
    power = series_lagged(&window, 0);
    for (k = 0; k < lags_len; k++) {
        out[k] = series_ratio(series_lagged(&window, lags[k]), power);
        out[k] *= unbiased ? (float)x_len / (float)(x_len - lags[k]) : 1.0f;
    }
    return ECM_OK;
}

ecm_status_t ecm_series_correlation_q15(const int16_t *x, const int16_t *y,
                                        uint32_t x_len, float *r) {
    int64_t sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, n = x_len;
    uint32_t i;
    ECM_REQUIRE(r != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x_len == 0U || (x != NULL && y != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= ECM_SERIES_Q15_MAX_LEN, ECM_ERR_LENGTH);
    for (i = 0; i < x_len; i++) {
        sx += x[i];
        sy += y[i];
        sxx += (int32_t)x[i] * x[i];
        syy += (int32_t)y[i] * y[i];
        sxy += (int32_t)x[i] * y[i];
    }
    *r = series_pearson((float)(n * sxy - sx * sy), (float)(n * sxx - sx * sx),
                        (float)(n * syy - sy * sy));
    return ECM_OK;
}
